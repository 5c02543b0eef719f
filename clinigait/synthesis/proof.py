"""Is the virtual clinic honest: what a walk was commanded, against what can be measured of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    SIDES,
    Event,
    EventKind,
    KeypointLayout,
    Measurement,
    Protocol,
    Side,
    opposite,
)
from clinigait.core.layout import KINECT_25, MARKERS_22
from clinigait.gait.measure import measure
from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.acted import Name, acted_statistics, walking_points
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.motion import Motion, SyntheticWalk, Truth
from clinigait.synthesis.sensors.keypoints_3d import keypoints_3d
from clinigait.synthesis.skinning import Skin

Array = NDArray[np.float64]
#: Skin lower than this stands on the floor.
TOUCHING_M = 0.002
#: A foot that is lower than this has come down: toes leave the floor slowly, and hardly anything
#: of the walk is lower in between.
_TOUCH_M = 0.00015
SLIDE_LIMIT_M, PENETRATION_LIMIT_M, STATURE_LIMIT_M = 0.005, 0.001, 0.001
EVENT_LIMIT_FRAMES, SPEED_LIMIT = 0.5, 0.01
#: Measured and true events are one event up to this distance.
_SAME_EVENT_S = 0.2


# ---------------------------------------------------------------- feet on the floor


@dataclass(frozen=True)
class FloorContact:
    """How well feet stay where they stand.

    Parameters
    ----------
    slide_m
        Farthest way over the floor of a point of the skin while it lay lower than 2 mm and its
        foot stood, over all points and stays.
    slide_p95_m
        95 % of the points and stays slide less.
    penetration_m
        Deepest point below the floor, at any time.
    stays
        Stays that were seen from contact to foot off.
    touches
        When each foot came down and left, by the height of its skin alone: kind, side, time.
    """

    slide_m: float
    slide_p95_m: float
    penetration_m: float
    stays: int
    touches: tuple[tuple[EventKind, Side, float], ...] = ()

    @property
    def passes(self) -> bool:
        """Whether both limits hold."""
        return self.slide_m < SLIDE_LIMIT_M and self.penetration_m < PENETRATION_LIMIT_M


class _Sole:
    """The points of one foot, and where those that touch the floor came down."""

    def __init__(self, body: Body, side: Side) -> None:
        self._own = np.flatnonzero(body.part_of_point == PARTS.index(f"{side}_foot"))
        self._points = np.ascontiguousarray(body.points_m[self._own])
        model = body.model
        self._skin = Skin.of(model.skin_bones[self._own], model.skin_weights[self._own])
        self._start = np.full((len(self._own), 2), np.nan)
        self._slid = np.zeros(len(self._own))
        self.deepest_m = 0.0
        self.lowest_m: list[float] = []
        self.slides: list[Array] = []

    def see(self, bones: NDArray[np.float32], *, stands: bool) -> None:
        """Take one moment."""
        places = self._skin.placed(bones, self._points).astype(np.float64)
        self.lowest_m.append(float(places[:, 2].min()))
        self.deepest_m = max(self.deepest_m, -self.lowest_m[-1])
        touching = places[:, 2] < TOUCHING_M if stands else np.zeros(len(places), bool)
        fresh = touching & np.isnan(self._start[:, 0])
        self._start[fresh] = places[fresh, :2]
        way = np.linalg.norm(places[:, :2] - self._start, axis=1)
        self._slid[touching] = np.maximum(self._slid, way)[touching]
        left = ~touching & ~np.isnan(self._start[:, 0])
        self._finish(left)

    def _finish(self, which: NDArray[np.bool_]) -> None:
        if which.any():
            self.slides.append(self._slid[which].copy())
            self._slid[which] = 0.0
            self._start[which] = np.nan

    def close(self) -> None:
        """End what still touches."""
        self._finish(~np.isnan(self._start[:, 0]))


def floor_contact(walk: SyntheticWalk) -> FloorContact:
    """Return how far the feet of a walk slide and sink; the film is seen frame by frame."""
    soles = {side: _Sole(walk.body, side) for side in SIDES}
    times = []
    for motion in walk:
        times.append(motion.time_s)
        standing = {side: stands(walk.truth, side, motion.time_s) for side in SIDES}
        for frame in range(len(motion)):
            for side, sole in soles.items():
                sole.see(motion.bones[frame], stands=bool(standing[side][frame]))
    for sole in soles.values():
        sole.close()
    slides = np.concatenate([s for sole in soles.values() for s in sole.slides] or [np.zeros(1)])
    time_s = np.concatenate(times)
    whole = [s for s in walk.truth.steps if time_s[0] <= s.contact_s and s.off_s <= time_s[-1]]
    return FloorContact(
        slide_m=float(slides.max()),
        slide_p95_m=float(np.percentile(slides, 95)),
        penetration_m=max(sole.deepest_m for sole in soles.values()),
        stays=len(whole),
        touches=tuple(t for side in SIDES for t in _touches(side, time_s, soles[side].lowest_m)),
    )


def _touches(
    side: Side, time_s: Array, lowest_m: list[float]
) -> list[tuple[EventKind, Side, float]]:
    """Return when the lowest point of a foot comes to the floor and leaves it, between frames."""
    above = np.array(lowest_m) - _TOUCH_M
    found = []
    for frame in np.flatnonzero(np.signbit(above[1:]) != np.signbit(above[:-1])):
        share = above[frame] / (above[frame] - above[frame + 1])
        moment = float(time_s[frame] + share * (time_s[frame + 1] - time_s[frame]))
        down = above[frame] > 0
        found.append((EventKind.INITIAL_CONTACT if down else EventKind.FOOT_OFF, side, moment))
    return found


def touch_errors_s(contact: FloorContact, truth: Truth) -> dict[EventKind, Array]:
    """Return by how much feet come down and leave late, against the true events."""
    errors: dict[EventKind, list[float]] = {kind: [] for kind in EventKind}
    for kind, side, time_s in contact.touches:
        same = [e.time_s for e in truth.events if (e.kind, e.side) == (kind, side)]
        gaps = np.array(same) - time_s
        if len(gaps) and np.abs(gaps).min() <= _SAME_EVENT_S:
            errors[kind].append(-float(gaps[np.abs(gaps).argmin()]))
    return {kind: np.array(found) for kind, found in errors.items()}


def stands(truth: Truth, side: Side, time_s: Array) -> NDArray[np.bool_]:
    """Return (T,) whether a foot is on the floor."""
    found = np.zeros(len(time_s), bool)
    for step in truth.steps:
        if step.side == side:
            found |= (time_s >= step.contact_s) & (time_s <= step.off_s)
    return found


def standing_height_m(motion: Motion, frame: int) -> float:
    """Return the height of the skin's highest point above the floor at a moment."""
    model = motion.body.model
    skin = Skin.of(model.skin_bones, model.skin_weights)
    return float(skin.placed(motion.bones[frame], motion.body.points_m)[:, 2].max())


# ---------------------------------------------------------------- measured again


@dataclass(frozen=True)
class Recovered:
    """What the toolkit measures of a walk, against the truth.

    Parameters
    ----------
    parameters
        Name and side to (measured, true).
    contact_errors_s, off_errors_s
        Measured less true time of every event that both have.
    missed, invented
        True events that were not found between the first and the last found one; found events
        that are none.
    rate_hz
        Frames a second of what was measured.
    strides
        Name to (N, 2): measured and true values of the strides that were used, both of the same
        strides.
    """

    parameters: Mapping[Name, tuple[float, float]]
    contact_errors_s: tuple[float, ...]
    off_errors_s: tuple[float, ...]
    missed: int
    invented: int
    rate_hz: float
    strides: Mapping[str, Array]

    @property
    def events_within(self) -> float:
        """Share of the contacts and foot offs that are within half a frame."""
        errors = np.abs([*self.contact_errors_s, *self.off_errors_s]) * self.rate_hz
        return float((errors <= EVENT_LIMIT_FRAMES).mean()) if len(errors) else 0.0

    @property
    def speed_error(self) -> float | None:
        """Relative error of the speed; None where there is no speed."""
        return self.relative("speed_mps")

    def relative(self, name: str) -> float | None:
        """Return the relative error of the median over the same strides; None without any."""
        pairs = self.strides.get(name)
        if pairs is None or not len(pairs):
            return None
        measured, true = np.median(pairs, axis=0)
        return float(measured / true - 1)


def recovered_from_truth(
    walk: SyntheticWalk, protocol: Protocol, layout: KeypointLayout = MARKERS_22
) -> Recovered:
    """Measure the true keypoints of a walk and hold the result against its truth.

    Raises
    ------
    RefusedError
        If the toolkit refuses the walk.
    """
    return against_truth(measure(keypoints_3d(walk, layout), protocol), walk)


def against_truth(measured: Measurement, walk: SyntheticWalk, shift_s: float = 0.0) -> Recovered:
    """Hold a measurement against the truth.

    Parameters
    ----------
    measured
        Of the walk.
    walk
        With its truth.
    shift_s
        The clock of the measurement is ahead by this.
    """
    pairs: dict[Name, tuple[float, float]] = {}
    for parameter in measured.parameters:
        side: Side | None = None if parameter.side == "both" else parameter.side
        true = walk.truth.parameters.get((parameter.name, side))
        if parameter.value is not None and true is not None:
            pairs[parameter.name, side] = (parameter.value, true)
    contacts, offs, missed, invented = _paired(measured.events, walk.truth.events, shift_s)
    return Recovered(
        pairs, tuple(contacts), tuple(offs), missed, invented, walk.rate_hz,
        _same_strides(measured, walk.truth, shift_s),
    )  # fmt: skip


def _same_strides(measured: Measurement, truth: Truth, shift_s: float) -> dict[str, Array]:
    """Pair the values of every used stride with what is true of that stride."""
    rows: dict[str, list[tuple[float, float]]] = {}
    for stride in (stride for stride in measured.strides if stride.used):
        steps = [step for step in truth.steps if step.side == stride.side]
        contacts = np.array([step.contact_s for step in steps])
        ends = [
            int(np.abs(contacts + shift_s - t).argmin()) for t in (stride.start_s, stride.end_s)
        ]
        if ends[1] != ends[0] + 1:
            continue
        first, last = (steps[i] for i in ends)
        time_s = last.contact_s - first.contact_s
        length_m = float(np.hypot(*np.subtract(last.heel_m, first.heel_m)))
        true = {"speed_mps": length_m / time_s, "stride_length_m": length_m,
                "stride_time_s": time_s}  # fmt: skip
        for name, value in true.items():
            if name in stride.values:
                rows.setdefault(name, []).append((stride.values[name], value))
    return {name: np.array(pairs) for name, pairs in rows.items()}


def _paired(
    found: tuple[Event, ...], true: tuple[Event, ...], shift_s: float
) -> tuple[list[float], list[float], int, int]:
    errors: dict[EventKind, list[float]] = {kind: [] for kind in EventKind}
    missed, invented = 0, 0
    for kind in EventKind:
        for side in SIDES:
            ours = np.array([e.time_s - shift_s for e in found if (e.kind, e.side) == (kind, side)])
            theirs = np.array([e.time_s for e in true if (e.kind, e.side) == (kind, side)])
            if not len(ours) or not len(theirs):
                continue
            gaps = ours[:, None] - theirs
            nearest = np.abs(gaps).argmin(axis=1)
            own = gaps[np.arange(len(ours)), nearest]
            same = np.abs(own) <= _SAME_EVENT_S
            errors[kind] += own[same].tolist()
            invented += int((~same).sum())
            inside = (theirs > ours.min() + 0.01) & (theirs < ours.max() - 0.01)
            missed += int((np.abs(gaps).min(axis=0)[inside] > _SAME_EVENT_S).sum())
    return errors[EventKind.INITIAL_CONTACT], errors[EventKind.FOOT_OFF], missed, invented


# ---------------------------------------------------------------- gaits


@dataclass(frozen=True)
class Gate:
    """Something that a gait must show against the same person's normal gait.

    Parameters
    ----------
    name
        Of :func:`clinigait.synthesis.acted.acted_statistics`.
    side
        ``affected``, ``other`` or ``both``.
    least
        The difference is at least this, or, below 0, at most.
    """

    name: str
    side: str
    least: float

    def holds(self, difference: float) -> bool:
        """Whether a difference from normal passes."""
        return difference >= self.least if self.least > 0 else difference <= self.least


#: Signs are those of the clinic; the sizes are about half of what real actors of the gaits showed
#: (``pathologies.json``).
GATES: Mapping[str, tuple[Gate, ...]] = {
    "antalgic": (
        Gate("stance_less_other_pct", "affected", -5.0),
        Gate("speed_mps", "both", -0.1),
    ),
    "lurch": (Gate("lean_back_in_stance_deg", "affected", 3.0),),
    "steppage": (
        Gate("knee_peak_flexion_deg", "affected", 10.0),
        Gate("ankle_lift_m", "affected", 0.03),
    ),
    "stiff_legged": (
        Gate("knee_peak_flexion_deg", "affected", -15.0),
        Gate("circumduction_m", "affected", 0.04),
    ),
    "trendelenburg": (
        Gate("pelvis_drop_deg", "affected", 2.0),
        Gate("trunk_sway_deg", "both", 2.0),
    ),
}


@dataclass(frozen=True)
class Gated:
    """What a gait showed at a gate.

    Parameters
    ----------
    gait, gate
        Which.
    difference
        From the same person's normal gait.
    real, real_sd
        What the actors showed, mean and standard deviation over people; None where not measured.
    """

    gait: str
    gate: Gate
    difference: float
    real: float | None
    real_sd: float | None

    @property
    def passes(self) -> bool:
        """Whether the gate is passed."""
        return self.gate.holds(self.difference)


def gated(
    gait: str, own: Sequence[Mapping[Name, float]], normal: Sequence[Mapping[Name, float]]
) -> list[Gated]:
    """Return how a gait passes its gates.

    Parameters
    ----------
    gait
        One of :data:`GATES`.
    own, normal
        Of each walker of the gait, and of each normal one, :func:`gait_statistics`.
    """
    found = []
    for gate in GATES[gait]:
        means = [
            float(np.mean([row[key] for row in rows if (key := _key(gate)) in row]))
            for rows in (own, normal)
        ]
        found.append(Gated(gait, gate, means[0] - means[1], *_real(gait, gate)))
    return found


def gait_statistics(walk: SyntheticWalk, affected: Side) -> dict[Name, float]:
    """Return what parts gaits, measured on the true joints as on real ones.

    What belongs to the affected side is told as that of the right, as in the real walks.
    """
    points = walking_points(keypoints_3d(walk, KINECT_25))
    found = acted_statistics(points) if points is not None else {}
    if affected == "left":
        found = {
            (name, None if side is None else opposite(side)): value
            for (name, side), value in found.items()
        }
    both: list[Name] = [("stance_pct", side) for side in ("right", "left")]
    if all(key in found for key in both):
        found["stance_less_other_pct", "right"] = found[both[0]] - found[both[1]]
    return found


def _key(gate: Gate) -> Name:
    sides: dict[str, Side | None] = {"affected": "right", "other": "left", "both": None}
    return gate.name, sides[gate.side]


def _real(gait: str, gate: Gate) -> tuple[float | None, float | None]:
    """Return what the actors showed; the side that they acted was the right."""
    table = acted_gaits()[gait]
    if gate.name == "stance_less_other_pct":
        own, other = (table[f"stance_pct.{s}"]["difference_mean"] for s in ("right", "left"))
        return own - other, None
    name, side = _key(gate)
    row = table.get(f"{name}.{side}" if side else name)
    return (row["difference_mean"], row["difference_sd"]) if row else (None, None)


@cache
def acted_gaits() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """Return what real actors of the gaits showed, by gait and statistic; see the fit."""
    text = files("clinigait.synthesis").joinpath("pathologies.json").read_text(encoding="utf-8")
    gaits: Mapping[str, Mapping[str, Mapping[str, float]]] = json.loads(text)["gaits"]
    return gaits
