"""A course of known length: the time for it, and the speed over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Bout, Parameter, Protocol, assumed_focal_px
from clinigait.gait.bouts import smooth_velocity
from clinigait.gait.runs import finite_stretches, runs
from clinigait.gait.scene import Scene
from clinigait.gait.stature import KnownLength
from clinigait.gait.symmetry import Absent
from clinigait.gait.walked import WalkedBouts
from clinigait.stats import mean_interval

#: Slower than this share of the walking speed the person stands still: from the beginning of the
#: film for at least so long; between two passes, not to take a turn for it, for longer (ours).
_STARTED_SHARE = 0.1
_STILL_S = 0.3
_STILL_BETWEEN_S = 2.0
#: The pelvis is seen to pass a line with this standard uncertainty in m; the first movement is
#: seen with this one in s (ours).
_PLACE_M = 0.03
_START_S = 0.10
#: A known length of the course itself, within this share, marks its ends in the picture; marks
#: are drawn with this relative standard uncertainty.
_SAME_LENGTH = 0.01
_MARKS_SHARE = 0.005


@dataclass(frozen=True)
class Pass:
    """One walk over the course.

    Parameters
    ----------
    start_s, end_s
        When the timed way begins and ends.
    speed_mps
        Walking speed of the pelvis in its bout.
    """

    start_s: float
    end_s: float
    speed_mps: float


@dataclass(frozen=True, eq=False)
class _Way:
    """The way of the pelvis along one bout.

    Parameters
    ----------
    time_s, way
        (T,) times and way forward of the stretch in which the pelvis is seen, before, in and
        after the bout.
    speed
        (T,) smooth forward speed.
    inside
        The samples of the bout.
    """

    time_s: NDArray[np.float64]
    way: NDArray[np.float64]
    speed: NDArray[np.float64]
    inside: slice

    @property
    def walking(self) -> float:
        return float(np.median(self.speed[self.inside]))


def course_parameters(
    walked: WalkedBouts, protocol: Protocol, known: KnownLength | None
) -> dict[str, Parameter]:
    """Time the course of a protocol.

    Parameters
    ----------
    walked
        The bouts of the walk.
    protocol
        Length of the course and how it starts.
    known
        A known length in the picture; one of the length of the course marks its two ends.

    Returns
    -------
    dict
        Time and speed by name: the mean over the passes with its interval, or the reason why
        there is none.
    """
    passes = passes_of(walked, protocol, known)
    if isinstance(passes, Absent):
        return {
            name: Parameter(name, "both", None, unit, 0, reason=passes.reason)
            for name, unit in (("course_time_s", "s"), ("course_speed_mps", "m/s"))
        }
    course_m = protocol.course_m or 0.0
    times_s = np.array([one.end_s - one.start_s for one in passes])
    mean_s = float(times_s.mean())
    walking = float(np.mean([one.speed_mps for one in passes]))
    single = float(np.sqrt(2)) * _PLACE_M / walking / mean_s
    started = _START_S / mean_s if protocol.start == "standing" else 0.0
    are_marks = _are_marks(known, protocol, walked.scene)
    scale = _MARKS_SHARE if are_marks else walked.scene.scale.relative_uncertainty
    shared = float(np.hypot(scale, started))
    return {
        "course_time_s": _mean("course_time_s", "s", times_s, shared, single),
        "course_speed_mps": _mean("course_speed_mps", "m/s", course_m / times_s, shared, single),
    }


def _mean(
    name: str, unit: str, values: NDArray[np.float64], shared: float, single: float
) -> Parameter:
    """Return the mean of the passes; ``shared`` and ``single`` are shares of it."""
    mean = float(values.mean())
    found = mean_interval(values, shared * mean, single * mean)
    return Parameter(name, "both", found.value, unit, found.n, found.low, found.high, found.sd)


def _are_marks(known: KnownLength | None, protocol: Protocol, scene: Scene) -> bool:
    """Whether the known length marks the ends of the course that the person walks through."""
    if known is None or protocol.course_m is None or protocol.start == "standing":
        return False
    return scene.in_picture and abs(known.length_m / protocol.course_m - 1) <= _SAME_LENGTH


def passes_of(
    walked: WalkedBouts, protocol: Protocol, known: KnownLength | None
) -> tuple[Pass, ...] | Absent:
    """Find the passes over the course in a walk.

    Started from standing, the timed way begins where the forward speed of the pelvis passes a
    tenth of the walking speed, after it stood still. Else it is the middle of the way of a bout,
    or the way between two marks in the picture.

    Returns
    -------
    tuple of Pass or Absent
        At least one; else the reason and what to do.
    """
    if protocol.course_m is None:
        return Absent("the protocol has no course")
    places = _places(walked.scene)
    if isinstance(places, Absent):
        return places
    course_m, passes, reasons = protocol.course_m, [], []
    for bout in walked.bouts:
        way = _way_of(places, bout, walked.scene)
        if protocol.start == "standing":
            found = _from_standing(way, course_m)
        elif known is not None and _are_marks(known, protocol, walked.scene):
            found = _between_marks(way, bout, walked.scene, known)
        else:
            found = _in_the_middle(way, course_m)
        if isinstance(found, Absent):
            reasons.append(found)
        else:
            passes.append(found)
    if passes:
        return tuple(passes)
    return reasons[0] if reasons else Absent("no steady walking was seen")


def _places(scene: Scene) -> NDArray[np.float64] | Absent:
    """(T, 2) places of the pelvis on the floor in m."""
    if scene.surface == "treadmill":
        return Absent("a course is walked over the floor, not on a treadmill")
    if scene.is_frontal:
        return Absent("one camera in front cannot see the way: film from the side")
    if scene.is_guessed:
        return Absent("the way was guessed from one picture: film from the side, in two dimensions")
    if scene.scale.unit != "m":
        return Absent("no scale was known: give the body height or a known length")
    pelvis = scene.even.middle("hip") @ scene.axes.T
    if not scene.in_picture:
        return np.asarray(pelvis[:, :2])
    size_px = scene.walk.image_size_px or (0, 0)
    across = (pelvis[:, 0] - size_px[0] / 2) / scene.per_unit
    return np.column_stack([across, assumed_focal_px(size_px) / scene.per_unit])


def _way_of(places: NDArray[np.float64], bout: Bout, scene: Scene) -> _Way:
    even = scene.even
    inside = even.between(bout.start_s, bout.end_s)
    stretches = finite_stretches(places[:, 0])
    seen = next((s for s in stretches if s.start <= inside.start < s.stop), inside)
    inside = slice(inside.start, min(inside.stop, seen.stop))
    net = places[inside.stop - 1] - places[inside.start]
    way = (places[seen] - places[inside.start]) @ (net / np.linalg.norm(net))
    speed = smooth_velocity(way, even.rate_hz)
    within = slice(inside.start - seen.start, inside.stop - seen.start)
    return _Way(even.time_s[seen], way, speed, within)


def _in_the_middle(way: _Way, course_m: float) -> Pass | Absent:
    """Time the middle of the way of a bout."""
    time_s, place = way.time_s[way.inside], way.way[way.inside]
    seen_m = float(place[-1] - place[0])
    if seen_m < course_m:
        return _too_short(seen_m, course_m, "of steady walking")
    middle = (float(place[0]) + float(place[-1])) / 2
    start_s = _passing_s(time_s, place, middle - course_m / 2)
    return Pass(start_s, _passing_s(time_s, place, middle + course_m / 2), way.walking)


def _from_standing(way: _Way, course_m: float) -> Pass | Absent:
    """Time the first part of the way, from the first movement on."""
    start = _first_movement(way)
    if start is None:
        return Absent(
            "the start from standing was not seen: film the person standing still before the walk"
        )
    time_s, place = way.time_s[start:], np.maximum.accumulate(way.way[start:] - way.way[start])
    seen_m = float(place[-1])
    if seen_m < course_m:
        return _too_short(seen_m, course_m, "from the first movement on")
    return Pass(float(time_s[0]), _passing_s(time_s, place, course_m), way.walking)


def _first_movement(way: _Way) -> int | None:
    """Return the sample in which the pelvis starts from standing; None where it did not stand."""
    is_still = np.abs(way.speed[: way.inside.start + 1]) < _STARTED_SHARE * way.walking
    stretches = runs(is_still)
    if not stretches:
        return None
    still = stretches[-1]
    still_s = float(way.time_s[still.stop - 1] - way.time_s[still.start])
    is_first = way.time_s[still.start] - way.time_s[0] < _STILL_S
    return still.stop - 1 if still_s >= (_STILL_S if is_first else _STILL_BETWEEN_S) else None


def _between_marks(way: _Way, bout: Bout, scene: Scene, known: KnownLength) -> Pass | Absent:
    """Time the way between two marks in the picture."""
    sign = -1.0 if bout.direction == "left" else 1.0
    marks_px = sorted((sign * known.start_px[0], sign * known.end_px[0]))
    first = int(np.searchsorted(scene.even.time_s, way.time_s[0] - 1e-9))
    seen = slice(first, first + len(way.time_s))
    x = sign * (scene.even.middle("hip") @ scene.axes.T)[seen, 0]
    start, stop = way.inside.start, way.inside.stop
    # The marks may lie a little outside the steady part: look on while the person goes one way.
    while start > 0 and x[start - 1] < x[start]:
        start -= 1
    while stop < len(x) and x[stop] > x[stop - 1]:
        stop += 1
    if x[start] > marks_px[0] or x[stop - 1] < marks_px[1]:
        return Absent("the person is not seen to pass both marks: film the whole course")
    time_s = way.time_s[start:stop]
    times_s = [_passing_s(time_s, x[start:stop], mark) for mark in marks_px]
    return Pass(times_s[0], times_s[1], way.walking)


def _passing_s(time_s: NDArray[np.float64], place: NDArray[np.float64], level: float) -> float:
    """Return when the pelvis first passes a place, between samples."""
    furthest = np.maximum.accumulate(place)
    after = min(max(int(np.searchsorted(furthest, level)), 1), len(place) - 1)
    low, high = furthest[after - 1], furthest[after]
    share = (level - low) / (high - low) if high > low else 0.0
    return float(time_s[after - 1] + share * (time_s[after] - time_s[after - 1]))


def _too_short(seen_m: float, course_m: float, of_what: str) -> Absent:
    return Absent(
        f"{seen_m:.1f} m {of_what} were seen, the course is {course_m:g} m long: film all of it, "
        "with a metre more at both ends"
    )
