"""Timed up and go: rise, walk out, turn, walk back, turn and sit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Bout, Parameter
from clinigait.gait.filtering import derivative, low_passed
from clinigait.gait.runs import finite_stretches, runs
from clinigait.gait.scene import Scene
from clinigait.gait.symmetry import Absent
from clinigait.gait.turned_body import half_turn
from clinigait.gait.turns import Turn, turns_of
from clinigait.gait.walked import WalkedBouts

#: Rising and sitting down are slow: what is faster is noise.
_CUTOFF_HZ = 2.0
#: Below this share of its height in walking the pelvis is on a seat, for at least so long.
_SEATED_SHARE = 0.8
_SEATED_S = 0.3
#: Shares of the way between seat and standing: up from the first, the rise begins; from the
#: second, it is done. Nine tenths, as steps move the pelvis by the rest.
_OFF, _UP, _DOWN = 0.15, 0.9, 0.1
#: A trunk that is so many times as fast as on the seat moves, within these bounds of the speed
#: in body heights per second; halts up to so long belong to it, as in a second attempt to rise.
_OVER_STILL = 4.0
_TRUNK_BHPS = (0.05, 0.12)
_HALT_S = 0.5
#: Standard uncertainty of the six moments in s, from synthetic figures with noise (ours).
_START_S, _UP_S, _SIT_S, _SEATED_END_S = 0.12, 0.08, 0.15, 0.08
#: Turning to sit ends after sitting down at the latest.
_MARGIN_S = 1.0

Moment = float | Absent


@dataclass(frozen=True)
class Moments:
    """When the phases of a timed up and go begin and end.

    Parameters
    ----------
    start_s, up_s
        The trunk begins to move; the person stands.
    turn_s, back_s
        The turn at the far end begins and ends.
    sit_s, seated_s
        The person turns to sit, or lowers the pelvis; the pelvis is on the seat.
    turn_bound_s
        Standard uncertainty of the bounds of the turn.

    A moment that was not seen is absent, with the reason.
    """

    start_s: Moment
    up_s: Moment
    turn_s: Moment
    back_s: Moment
    sit_s: Moment
    seated_s: Moment
    turn_bound_s: float


def tug_parameters(walked: WalkedBouts) -> dict[str, Parameter]:
    """Return the time of a timed up and go and of its phases, by name.

    A phase with a bound that was not seen is absent with the reason.
    """
    found = moments_of(walked)
    bound_s = found.turn_bound_s
    pairs = {
        "time": ((found.start_s, _START_S), (found.seated_s, _SEATED_END_S)),
        "rise": ((found.start_s, _START_S), (found.up_s, _UP_S)),
        "walk_out": ((found.up_s, _UP_S), (found.turn_s, bound_s)),
        "turn": ((found.turn_s, bound_s), (found.back_s, bound_s)),
        "walk_back": ((found.back_s, bound_s), (found.sit_s, _SIT_S)),
        "sit": ((found.sit_s, _SIT_S), (found.seated_s, _SEATED_END_S)),
    }
    return {f"tug_{name}_s": _phase(f"tug_{name}_s", *bounds) for name, bounds in pairs.items()}


def _phase(name: str, first: tuple[Moment, float], last: tuple[Moment, float]) -> Parameter:
    start_s, end_s = first[0], last[0]
    if isinstance(start_s, Absent):
        return Parameter(name, "both", None, "s", 0, reason=start_s.reason)
    if isinstance(end_s, Absent):
        return Parameter(name, "both", None, "s", 0, reason=end_s.reason)
    value, half = end_s - start_s, 1.96 * float(np.hypot(first[1], last[1]))
    if value < 0:
        reason = "its end was seen before its beginning: check the film"
        return Parameter(name, "both", None, "s", 0, reason=reason)
    return Parameter(name, "both", value, "s", 1, max(value - half, 0.0), value + half)


def moments_of(walked: WalkedBouts) -> Moments:
    """Find the bounds of the phases.

    The height of the pelvis over the lower foot tells sitting from standing, the trunk's movement
    the beginning, and the turns of the body (:mod:`clinigait.gait.turns`) the rest.
    """
    if walked.scene.is_guessed:
        return _nothing(Absent("the depth was guessed from one picture: film from the side"))
    if walked.scene.is_frontal:
        return _nothing(Absent("one camera in front cannot see the phases: film from the side"))
    if not walked.bouts:
        return _nothing(Absent("no steady walking was seen between rising and sitting down"))
    lift = _lift(walked.scene)
    start_s, up_s = _rise(walked, lift)
    lowered_s, seated_s = _descent(walked, lift)
    turns = turns_of(walked)
    sit_s = _turns_to_sit(turns, walked, lowered_s, seated_s)
    turn = _far_turn(turns, walked, up_s)
    if isinstance(turn, Absent):
        return Moments(start_s, up_s, turn, turn, sit_s, seated_s, 0.0)
    return Moments(start_s, up_s, turn.start_s, turn.end_s, sit_s, seated_s, turn.bound_s)


def _nothing(reason: Absent) -> Moments:
    return Moments(reason, reason, reason, reason, reason, reason, 0.0)


def _lift(scene: Scene) -> NDArray[np.float64]:
    """(T,) height of the hips over the lower ankle in units of the space, NaN in gaps."""
    even, up = scene.even, scene.axes[-1]
    left, right = (even.point("ankle", side) @ up for side in SIDES)
    return _smooth(even.middle("hip") @ up - np.fmin(left, right), scene)


def _smooth(values: NDArray[np.float64], scene: Scene) -> NDArray[np.float64]:
    smooth = np.full(values.shape, np.nan)
    for stretch in finite_stretches(values if values.ndim == 1 else values[:, 0]):
        smooth[stretch] = low_passed(values[stretch], scene.even.rate_hz, _CUTOFF_HZ)
    return smooth


def _standing_lift(walked: WalkedBouts, bout: Bout, lift: NDArray[np.float64]) -> float:
    """Return the height of the pelvis in a bout of walking: near by, it is seen alike."""
    return float(np.nanmedian(lift[walked.scene.even.between(bout.start_s, bout.end_s)]))


def _seat_lift(lift: NDArray[np.float64], standing: float, rate_hz: float) -> float | None:
    """Return the height of the pelvis on the seat; None where nobody sits."""
    low = lift[lift < _SEATED_SHARE * standing]
    return float(np.percentile(low, 25)) if len(low) >= _SEATED_S * rate_hz else None


def _rise(walked: WalkedBouts, lift: NDArray[np.float64]) -> tuple[Moment, Moment]:
    """Return when the trunk begins to move on the seat, and when the person stands."""
    even = walked.scene.even
    standing = _standing_lift(walked, walked.bouts[0], lift)
    before = lift[: even.nearest(walked.bouts[0].start_s) + 1]
    seat = _seat_lift(before, standing, even.rate_hz)
    if seat is None:
        reason = Absent("nobody is seen to rise: start filming while the person sits still")
        return reason, reason
    level = (before - seat) / (standing - seat)
    off = int(np.flatnonzero(level < _OFF)[-1])
    risen = np.flatnonzero(level[off:] >= _UP)
    if not len(risen):
        reason = Absent("the end of the rise was not seen")
        return reason, reason
    return _first_movement(walked.scene, off), float(even.time_s[off + risen[0]])


def _first_movement(scene: Scene, off: int) -> Moment:
    """Return when the trunk begins the movement in which the pelvis leaves the seat."""
    name = "shoulder" if "left_shoulder" in scene.even.layout else "hip"
    trunk = _smooth(scene.even.middle(name) / float(np.median(scene.height)), scene)
    rate_hz = scene.even.rate_hz
    speed = np.linalg.norm(derivative(trunk, rate_hz), axis=1)[: off + 1]
    still = np.percentile(speed[np.isfinite(speed)], 30) if np.isfinite(speed).any() else 0.0
    moves = speed > np.clip(_OVER_STILL * still, *_TRUNK_BHPS)
    start = off
    for part in reversed(runs(moves)):
        if start - part.stop > _HALT_S * rate_hz:
            break
        start = part.start
    if start < _SEATED_S * rate_hz / 2:
        return Absent("the first movement was not seen: start filming while the person sits still")
    return float(scene.even.time_s[start])


def _descent(walked: WalkedBouts, lift: NDArray[np.float64]) -> tuple[Moment, Moment]:
    """Return when the pelvis begins to go down to the seat, and when it is there."""
    even = walked.scene.even
    first = even.nearest(walked.bouts[-1].end_s)
    standing, after = _standing_lift(walked, walked.bouts[-1], lift), lift[first:]
    seat = _seat_lift(after, standing, even.rate_hz)
    if seat is None:
        reason = Absent("nobody is seen to sit down: film until the person sits still")
        return reason, reason
    level = (after - seat) / (standing - seat)
    down = int(np.flatnonzero(level <= _DOWN)[0])
    high = np.flatnonzero(level[:down] >= _UP)
    if not len(high):
        return Absent("the beginning of sitting down was not seen"), float(
            even.time_s[first + down]
        )
    return float(even.time_s[first + high[-1]]), float(even.time_s[first + down])


def _far_turn(turns: tuple[Turn, ...] | Absent, walked: WalkedBouts, up_s: Moment) -> Turn | Absent:
    """Return the first about-turn after the rise that is followed by walking."""
    if isinstance(turns, Absent):
        return turns
    risen_s = -np.inf if isinstance(up_s, Absent) else up_s
    last_s = walked.bouts[-1].start_s
    for turn in turns:
        if turn.is_about and turn.start_s > risen_s and turn.start_s < last_s:
            return turn
    return Absent("no turn with a way back was seen: film the whole way from and to the chair")


def _turns_to_sit(
    turns: tuple[Turn, ...] | Absent, walked: WalkedBouts, lowered_s: Moment, seated_s: Moment
) -> Moment:
    """Return when the person turns to sit; or lowers the pelvis, if that is earlier."""
    if isinstance(lowered_s, Absent) or isinstance(seated_s, Absent):
        return lowered_s
    last = walked.bouts[-1]
    if walked.scene.in_picture:
        from_s = max((last.start_s + last.end_s) / 2, last.end_s - _MARGIN_S)
        seen = half_turn(walked.scene, from_s, seated_s + _MARGIN_S)
        own = [(seen.start_s, seen.end_s)] if seen else []
    else:
        own = [] if isinstance(turns, Absent) else [(turn.start_s, turn.end_s) for turn in turns]
    starts_s = [start_s for start_s, end_s in own if start_s < seated_s and end_s > last.end_s]
    return min([*starts_s[-1:], lowered_s])
