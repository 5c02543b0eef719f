"""Turns: when the body turns round, how fast, and in how many steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Bout, Parameter, Side
from clinigait.gait.filtering import derivative, low_passed
from clinigait.gait.runs import finite_stretches, runs
from clinigait.gait.scene import Scene
from clinigait.gait.symmetry import Absent
from clinigait.gait.turned_body import (
    CUTOFF_HZ,
    LONGEST_S,
    SHORTEST_S,
    TURNING_DEGPS,
    half_turn,
    yaw_deg,
)
from clinigait.gait.walked import WalkedBouts
from clinigait.stats import mean_interval

#: A stretch of turning with a peak above this is a turn; El-Gohary 2014 (doi 10.3390/s140100356)
#: takes 15 for a sensor on the pelvis, and the same least angle.
_PEAK_DEGPS = 30.0
_LEAST_DEG = 45.0
#: Turning that halts for less than this is one turn: turns in steps do (our choice).
_HALT_S = 0.3
#: A turn by at least this goes back where the person came from.
ABOUT_DEG = 120.0
#: A turn begins and ends so near to the walking before and after it.
_MARGIN_S = 1.0
#: A foot faster than this (body heights per second) takes a step, if it gets so far.
_FOOT_BHPS = 0.15
_FOOT_CUTOFF_HZ = 4.0
_STEP_BH = 0.03
#: Standard uncertainty of one bound of a turn in s, and of angle and rate: in three dimensions
#: and in a picture of 60 frames per second, from synthetic turns with and without noise (ours).
_BOUND_S = (0.06, 0.12)
_USUAL_HZ = 60.0
_UNSEEN_BOUND_S = 0.30
_ANGLE_DEG = (5.0, 10.0)
_RATE_SHARE = (0.05, 0.10)


@dataclass(frozen=True)
class Turn:
    """One turn.

    Parameters
    ----------
    start_s, end_s
        Its bounds.
    bound_s
        Standard uncertainty of each of them.
    angle_deg
        Its angle, without a sign.
    peak_degps
        Its greatest rate; None where shoulders and hips did not show it.
    steps, fewest_steps, most_steps
        Movements of a foot with their middle in the turn; wholly in it for certain; and touching
        it perhaps.
    """

    start_s: float
    end_s: float
    bound_s: float
    angle_deg: float
    peak_degps: float | None
    steps: int = 0
    fewest_steps: int = 0
    most_steps: int = 0

    @property
    def duration_s(self) -> float:
        """How long it takes."""
        return self.end_s - self.start_s

    @property
    def is_about(self) -> bool:
        """Whether the person turns back."""
        return self.angle_deg >= ABOUT_DEG


def turns_of(walked: WalkedBouts) -> tuple[Turn, ...] | Absent:
    """Find the turns of a walk, in order of time.

    In three dimensions a turn is a stretch in which the line of shoulders and hips turns faster
    than 15 degrees per second, at its peak faster than 30, by 45 degrees or more in 0.5 to 10 s;
    its beginning and its end must be seen. In a picture from the side it is a reversal of the
    walking direction.

    Returns
    -------
    tuple of Turn or Absent
        Empty where nobody turned; absent where a turn could not be seen.
    """
    scene = walked.scene
    if scene.is_frontal:
        return Absent("one camera in front cannot see the turn: film from the side")
    if scene.is_guessed:
        return Absent("the depth was guessed from one picture: it does not show turns")
    found = _picture_turns(scene, walked.bouts) if scene.in_picture else _space_turns(scene)
    return tuple(_with_steps(turn, scene) for turn in found)


def _space_turns(scene: Scene) -> list[Turn]:
    heading_deg, time_s = yaw_deg(scene), scene.even.time_s
    turns: list[Turn] = []
    for stretch in finite_stretches(heading_deg):
        smooth = low_passed(heading_deg[stretch], scene.even.rate_hz, CUTOFF_HZ)
        rate = derivative(smooth, scene.even.rate_hz)
        for sign in (-1, 1):
            for part in _joined(runs(sign * rate > TURNING_DEGPS), _HALT_S * scene.even.rate_hz):
                turn = _space_turn(part, stretch.start, smooth, rate, time_s)
                turns += [turn] if turn else []
    return sorted(turns, key=lambda turn: turn.start_s)


def _space_turn(
    part: slice,
    offset: int,
    smooth_deg: NDArray[np.float64],
    rate: NDArray[np.float64],
    time_s: NDArray[np.float64],
) -> Turn | None:
    angle_deg = abs(float(smooth_deg[part.stop - 1] - smooth_deg[part.start]))
    peak_degps = float(np.abs(rate[part]).max())
    start_s = float(time_s[offset + part.start])
    end_s = float(time_s[offset + part.stop - 1])
    is_whole = part.start > 0 and part.stop < len(rate)
    is_turn = is_whole and peak_degps >= _PEAK_DEGPS and angle_deg >= _LEAST_DEG
    if not is_turn or not SHORTEST_S <= end_s - start_s <= LONGEST_S:
        return None
    return Turn(start_s, end_s, _BOUND_S[0], angle_deg, peak_degps)


def _joined(parts: list[slice], gap: float) -> list[slice]:
    """Join runs of samples between which there are not more than ``gap`` of them."""
    joined: list[slice] = []
    for part in parts:
        if joined and part.start - joined[-1].stop <= gap:
            joined[-1] = slice(joined[-1].start, part.stop)
        else:
            joined.append(part)
    return joined


def _picture_turns(scene: Scene, bouts: tuple[Bout, ...]) -> list[Turn]:
    turns: list[Turn] = []
    for before, after in pairwise(bouts):
        if before.direction == after.direction:
            continue
        window = (
            max(before.end_s - _MARGIN_S, (before.start_s + before.end_s) / 2),
            min(after.start_s + _MARGIN_S, (after.start_s + after.end_s) / 2),
        )
        seen = half_turn(scene, *window)
        if seen:
            bounds = (seen.start_s, seen.end_s)
            turns.append(Turn(*bounds, _picture_bound_s(scene), 180.0, seen.middle_degps))
        elif after.start_s - before.end_s <= LONGEST_S:
            turns.append(Turn(before.end_s, after.start_s, _UNSEEN_BOUND_S, 180.0, None))
    return turns


def _picture_bound_s(scene: Scene) -> float:
    """Return the standard uncertainty of a bound; fewer frames leave more of the noise."""
    return _BOUND_S[1] * max(1.0, float(np.sqrt(_USUAL_HZ / scene.even.rate_hz)))


def _with_steps(turn: Turn, scene: Scene) -> Turn:
    """Count the movements of the feet in a turn."""
    moves = [move for side in SIDES for move in _moves(scene, side)]
    start_s, end_s = turn.start_s, turn.end_s
    middles = [start_s <= (a + b) / 2 <= end_s for a, b in moves]
    sure_s, widest_s = start_s + turn.bound_s, start_s - turn.bound_s
    within = [sure_s <= a and b <= end_s - turn.bound_s for a, b in moves]
    touching = [a <= end_s + turn.bound_s and widest_s <= b for a, b in moves]
    return replace(turn, steps=sum(middles), fewest_steps=sum(within), most_steps=sum(touching))


def _moves(scene: Scene, side: Side) -> list[tuple[float, float]]:
    """Return when a foot leaves its place for another: (start, end) of every step."""
    even = scene.even
    names = [n for n in (f"{side}_{p}" for p in ("ankle", "heel", "toe")) if n in even.layout]
    points = even.points[:, [even.layout.index(name) for name in names]].mean(axis=1)
    place = points / float(np.median(scene.height))
    for stretch in finite_stretches(place[:, 0]):
        place[stretch] = low_passed(place[stretch], even.rate_hz, _FOOT_CUTOFF_HZ)
    speed = np.linalg.norm(derivative(place, even.rate_hz), axis=1)
    return [
        (float(even.time_s[part.start]), float(even.time_s[part.stop - 1]))
        for part in runs(speed > _FOOT_BHPS)
        if np.linalg.norm(place[part.stop - 1] - place[part.start]) > _STEP_BH
    ]


def turn_parameters(turns: tuple[Turn, ...] | Absent) -> dict[str, Parameter]:
    """Summarise the about-turns of a walk.

    Returns
    -------
    dict
        Every turn parameter by name: the mean over the turns with its interval, or the reason
        why there is none.
    """
    units = {
        "turn_duration_s": "s",
        "turn_steps": "steps",
        "turn_peak_velocity_degps": "deg/s",
        "turn_angle_deg": "deg",
    }
    reason = turns.reason if isinstance(turns, Absent) else "nobody turned round in what was seen"
    about = () if isinstance(turns, Absent) else tuple(t for t in turns if t.is_about)
    if not about:
        return {n: Parameter(n, "both", None, u, 0, reason=reason) for n, u in units.items()}
    in_picture = int(any(turn.bound_s > _BOUND_S[0] for turn in about))
    return {
        "turn_duration_s": _duration(about),
        "turn_steps": _steps(about),
        "turn_peak_velocity_degps": _peak(about, in_picture),
        "turn_angle_deg": _angle(about, in_picture),
    }


def _duration(turns: tuple[Turn, ...]) -> Parameter:
    values = np.array([turn.duration_s for turn in turns])
    bound_s = float(np.mean([turn.bound_s for turn in turns]))
    found = mean_interval(values, bound_s, bound_s / 2)
    unseen = any(turn.bound_s == _UNSEEN_BOUND_S for turn in turns)
    return Parameter(
        "turn_duration_s", "both", found.value, "s", found.n, max(found.low or 0.0, 0.0),
        found.high, found.sd,
        reason="the body is not seen to turn: by the walking before and after" if unseen else None,
    )  # fmt: skip


def _steps(turns: tuple[Turn, ...]) -> Parameter:
    counts = np.array([(t.steps, t.fewest_steps, t.most_steps) for t in turns], dtype=float)
    value, low, high = (float(mean) for mean in counts.mean(axis=0))
    sd = float(counts[:, 0].std(ddof=1)) if len(turns) > 1 else None
    return Parameter("turn_steps", "both", value, "steps", len(turns), low, high, sd)


def _peak(turns: tuple[Turn, ...], in_picture: int) -> Parameter:
    name, unit = "turn_peak_velocity_degps", "deg/s"
    values = np.array([turn.peak_degps for turn in turns if turn.peak_degps is not None])
    if not len(values):
        reason = "shoulders and hips are not seen while the body turns"
        return Parameter(name, "both", None, unit, 0, reason=reason)
    error = _RATE_SHARE[in_picture] * float(values.mean())
    found = mean_interval(values, error, error / 2)
    return Parameter(name, "both", found.value, unit, found.n, found.low, found.high, found.sd)


def _angle(turns: tuple[Turn, ...], in_picture: int) -> Parameter:
    values = np.array([turn.angle_deg for turn in turns])
    error = _ANGLE_DEG[in_picture]
    found = mean_interval(values, error, 0.0 if in_picture else error / 2)
    reason = "a reversal of the way seen from the side: 180 deg by definition"
    return Parameter(
        "turn_angle_deg", "both", found.value, "deg", found.n, found.low, found.high, found.sd,
        reason=reason if in_picture else None,
    )  # fmt: skip
