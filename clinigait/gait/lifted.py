"""Corrections for 3-D joints that a pose model guessed from one picture, without feet.

Such joints shrink the movement of the feet, tremble along the line of sight and have no heel or
toe. What that does to foot offs, to the sides and to speed was learned against body-worn sensors
(``lifted.json`` says from whom) and is taken out here:

* *double support*: the share of the cycle by the coordinate method, the distance from it to the
  fastest rise of the ankle, and the speed together predict it; foot offs move so that the walk
  has it. Time within a walk stays as it was seen.
* *sides*: differences between left and right are part noise; they shrink by their reliability,
  large ones hardly.
* *speed*: the guessed size is a constant error of a person, and slow walks are guessed too fast.

People whose walks the numbers were learned from are measured by numbers learned without them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Event, EventKind, Side, Stride, Walk
from clinigait.gait.detectors import COORDINATE, VELOCITY
from clinigait.gait.events import detect_events
from clinigait.gait.filtering import evened
from clinigait.gait.ground import smoothed_path
from clinigait.gait.oriented import Oriented
from clinigait.gait.scene import Scene, scene_of

#: Double support outside this range (percent of the cycle) is not walking.
_DOUBLE_SUPPORT_PCT = (4.0, 60.0)
_USUAL_STANCE_PCT = 62.0
_LENGTHS = (
    *("stride_length_m", "step_length_m", "speed_mps"),
    *("stride_length_bh", "step_length_bh", "speed_bhps"),
)


@dataclass(frozen=True)
class Features:
    """What the corrections start from, over all bouts of a walk.

    Parameters
    ----------
    stride_time_s
        Mean stride time.
    stance_pct
        Stance share of each side by the coordinate method.
    rise_pct
        From the coordinate method's foot off to the fastest rise of the ankle, in percent of the
        stride time, over both sides.
    speed_mps
        Speed of the guessed path, sized by the body height; in the model's own metres where the
        body height is not known.
    guessed_mps
        The same in the model's own metres.
    step_difference_s
        Half the difference of left and right step time.
    """

    stride_time_s: float
    stance_pct: Mapping[Side, float]
    rise_pct: float
    speed_mps: float
    step_difference_s: float
    guessed_mps: float = np.nan

    def double_support(self) -> NDArray[np.float64]:
        """Return the (3,) predictors of double support."""
        both = (self.stance_pct["left"] + self.stance_pct["right"]) / 2
        return np.array([both, self.rise_pct, self.speed_mps])

    def speed(self) -> NDArray[np.float64]:
        """Return the (1,) predictor of the logarithm of speed."""
        return np.asarray(np.log([self.speed_mps]))


@dataclass(frozen=True)
class Line:
    """A linear prediction: ``offset + weights · (x - centre)``."""

    offset: float
    weights: tuple[float, ...]
    centre: tuple[float, ...]

    def at(self, x: NDArray[np.float64]) -> float:
        """Return the prediction."""
        return self.offset + float(np.array(self.weights) @ (x - np.array(self.centre)))


@dataclass(frozen=True)
class Calibration:
    """What was learned against sensors.

    Parameters
    ----------
    double_support_pct, log_speed
        Predictions from :class:`Features`.
    stance_difference
        Share of a difference in stance between the sides that is real.
    side_noise_s
        Standard deviation of the noise in half the difference of the step times.
    speeds_mps
        Lowest and highest guessed speed that was learned from.
    """

    double_support_pct: Line
    log_speed: Line
    stance_difference: float
    side_noise_s: float
    speeds_mps: tuple[float, float]

    def within_reach(self, seen: Features) -> Features:
        """Return features whose speed is no farther out than any that was learned from.

        Outside, the corrections stay what they are at the border.
        """
        low, high = self.speeds_mps
        return replace(seen, speed_mps=min(max(seen.speed_mps, low), high))

    def real_step_difference_s(self, seen_s: float) -> float:
        """Return the part of a step time difference that is not noise; large ones stay."""
        return seen_s * seen_s**2 / (seen_s**2 + self.side_noise_s**2) if seen_s else 0.0


@cache
def _learned() -> dict:  # type: ignore[type-arg]
    table = files("clinigait.gait").joinpath("lifted.json")
    return dict(json.loads(table.read_text(encoding="utf-8")))


def calibration_for(data_set: str | None, code: str | None) -> Calibration:
    """Return the calibration, for a person whom it was learned from the one without that person.

    Parameters
    ----------
    data_set, code
        Name of the data set and code of the person in it, if the walk comes from one.
    """
    learned = _learned()
    own = learned["without"].get(code) if data_set == learned["data_set"] else None
    return calibration_of(own or learned["all"])


def calibration_of(numbers: dict) -> Calibration:  # type: ignore[type-arg]
    """Return the calibration that plain numbers describe."""
    lines = {
        name: Line(n["offset"], tuple(n["weights"]), tuple(n["centre"]))
        for name, n in numbers.items()
        if isinstance(n, dict)
    }
    return Calibration(
        lines["double_support_pct"],
        lines["log_speed"],
        numbers["stance_difference"],
        numbers["side_noise_s"],
        (numbers["speeds_mps"][0], numbers["speeds_mps"][1]),
    )


@dataclass(frozen=True)
class Corrected:
    """Events of every bout after the corrections, and what lengths along the way are times."""

    events: list[tuple[Event, ...]]
    length_factor: float = 1.0

    def with_true_lengths(self, stride: Stride) -> Stride:
        """Return a stride whose lengths along the way are corrected."""
        if self.length_factor == 1.0 or not stride.values:
            return stride
        values = {
            name: value * (self.length_factor if name in _LENGTHS else 1.0)
            for name, value in stride.values.items()
        }
        return replace(stride, values=values)


def applies_to(scene: Scene) -> bool:
    """Return whether a walk is of the kind that the corrections were learned for."""
    return scene.is_guessed and not scene.has_feet and scene.surface == "overground"


def corrected(
    scene: Scene, parts: tuple[Oriented, ...], events: list[tuple[Event, ...]]
) -> Corrected:
    """Correct events and lengths of a walk; walks of other kinds come back as they are."""
    in_metres = scene.scale.unit == "m"
    seen = features(parts, events, in_metres=in_metres) if applies_to(scene) else None
    if seen is None:
        return Corrected(events)
    walk = scene.walk
    learned = calibration_for(walk.provenance.get("data set"), walk.subject.code)
    seen = learned.within_reach(seen)
    low, high = _DOUBLE_SUPPORT_PCT
    double_pct = min(max(learned.double_support_pct.at(seen.double_support()), low), high)
    moved = _with_real_steps(events, seen, learned)
    moved = _with_double_support(moved, seen, learned, double_pct)
    factor = float(np.exp(learned.log_speed.at(seen.speed()) - seen.speed()[0]))
    return Corrected(moved, factor)


def features_of(walk: Walk) -> Features | None:
    """Return what the corrections of a walk start from; None where they do not apply.

    Raises
    ------
    RefusedError
        If the body is never seen whole, or is of an impossible size.
    """
    scene = scene_of(walk, evened(walk), None, "overground")
    if not applies_to(scene):
        return None
    parts = tuple(scene.oriented(bout) for bout in scene.bouts(steady=False))
    events = [detect_events(part) for part in parts]
    return features(parts, events, in_metres=scene.scale.unit == "m")


def features(
    parts: tuple[Oriented, ...], events: list[tuple[Event, ...]], *, in_metres: bool
) -> Features | None:
    """Return what the corrections start from; None where too little was seen.

    Parameters
    ----------
    parts, events
        The bouts and their events.
    in_metres
        Whether the unit of lengths is the metre, else the body height.
    """
    strides_s, rises_s, units, way, way_s = [], [], [], 0.0, 0.0
    stances_s: dict[Side, list[float]] = {"left": [], "right": []}
    differences: list[float] = []
    for part, own in zip(parts, events, strict=True):
        contacts = {side: _times(own, EventKind.INITIAL_CONTACT, side) for side in SIDES}
        if min(map(len, contacts.values())) < 2:
            continue
        for side in SIDES:
            strides_s += list(np.diff(contacts[side]))
            stances_s[side] += _stances_s(own, side)
        rises_s += [
            e.by_method[VELOCITY] - e.by_method[COORDINATE]
            for e in own
            if e.kind is EventKind.FOOT_OFF and len(e.by_method) > 1
        ]
        differences.append(_step_difference_s(contacts))
        first, last = min(map(min, contacts.values())), max(map(max, contacts.values()))
        path = smoothed_path(part) / part.per_unit
        units.append(float(np.median(part.per_unit)))
        way += abs(float(path[part.nearest(last)] - path[part.nearest(first)]))
        way_s += last - first
    if not strides_s or not rises_s or not all(stances_s.values()) or not way > 0:
        return None
    period_s = float(np.mean(strides_s))
    return Features(
        stride_time_s=period_s,
        stance_pct={side: 100 * float(np.mean(stances_s[side])) / period_s for side in SIDES},
        rise_pct=100 * float(np.median(rises_s)) / period_s,
        speed_mps=way / way_s * (1.0 if in_metres else float(np.mean(units))),
        step_difference_s=float(np.mean(differences)),
        guessed_mps=way / way_s * float(np.mean(units)),
    )


def _times(events: tuple[Event, ...], kind: EventKind, side: Side) -> list[float]:
    return [e.time_s for e in events if e.kind is kind and e.side == side]


def _stances_s(events: tuple[Event, ...], side: Side) -> list[float]:
    """Stance times by the coordinate method alone."""
    own = {
        kind: [
            e.by_method[COORDINATE]
            for e in events
            if e.side == side and e.kind is kind and COORDINATE in e.by_method
        ]
        for kind in EventKind
    }
    offs = np.array(own[EventKind.FOOT_OFF])
    found = []
    for contact_s in own[EventKind.INITIAL_CONTACT]:
        later = offs[(offs > contact_s) & (offs < contact_s + 1.5)]
        found += [float(later[0] - contact_s)] if len(later) else []
    return found


def _step_difference_s(contacts: Mapping[Side, list[float]]) -> float:
    """Half of left minus right mean step time."""
    in_order = sorted((t, side) for side, times in contacts.items() for t in times)
    steps: dict[Side, list[float]] = {"left": [], "right": []}
    for (before_s, before), (after_s, after) in pairwise(in_order):
        if before != after:
            steps[after].append(after_s - before_s)
    if not all(steps.values()):
        return 0.0
    return float(np.mean(steps["left"]) - np.mean(steps["right"])) / 2


def _with_real_steps(
    events: list[tuple[Event, ...]], seen: Features, learned: Calibration
) -> list[tuple[Event, ...]]:
    """Move the contacts of the sides against each other until the steps differ as believed."""
    noise_s = seen.step_difference_s - learned.real_step_difference_s(seen.step_difference_s)
    shift_s = {"left": -noise_s / 2, "right": noise_s / 2}
    return [
        tuple(
            replace(e, time_s=e.time_s + shift_s[e.side])
            if e.kind is EventKind.INITIAL_CONTACT
            else e
            for e in own
        )
        for own in events
    ]


def _with_double_support(
    events: list[tuple[Event, ...]], seen: Features, learned: Calibration, double_pct: float
) -> list[tuple[Event, ...]]:
    """Move the foot offs of each side until stance has the share that it should."""
    difference = (seen.stance_pct["left"] - seen.stance_pct["right"]) / 2
    half = learned.stance_difference * difference
    wanted_pct = {"left": 50 + double_pct / 2 + half, "right": 50 + double_pct / 2 - half}
    shifts_s = {
        side: (wanted_pct[side] - _stance_pct(events, side)) / 100 * seen.stride_time_s
        for side in SIDES
    }
    return [
        tuple(
            sorted(
                (
                    replace(e, time_s=e.time_s + shifts_s[e.side])
                    if e.kind is EventKind.FOOT_OFF
                    else e
                    for e in own
                ),
                key=lambda e: e.time_s,
            )
        )
        for own in events
    ]


def _stance_pct(events: list[tuple[Event, ...]], side: Side) -> float:
    """Mean stance of one side's whole strides in percent of each."""
    shares = []
    for own in events:
        contacts_s = _times(own, EventKind.INITIAL_CONTACT, side)
        offs_s = np.array(_times(own, EventKind.FOOT_OFF, side))
        for start_s, end_s in pairwise(contacts_s):
            inside = offs_s[(offs_s > start_s) & (offs_s < end_s)]
            if len(inside) == 1:
                shares.append(100 * (float(inside[0]) - start_s) / (end_s - start_s))
    return float(np.mean(shares)) if shares else _USUAL_STANCE_PCT
