"""When the person walks steadily one way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Bout, Direction
from clinigait.gait.filtering import EvenWalk, derivative, low_passed
from clinigait.gait.runs import finite_stretches, runs

#: Steady walking is at least this fraction of the median walking speed.
_STEADY_FRACTION = 0.5
#: Slower than this (body heights per second) is standing.
_STANDING_BHPS = 0.08
#: Shorter bouts hold no stride.
_MIN_BOUT_S = 1.0
#: The pelvis speeds up and slows down in every step; heading is read below that.
_HEADING_CUTOFF_HZ = 1.0
#: The pelvis also sways from side to side with every stride; turning is read below that.
_TURNING_CUTOFF_HZ = 0.4
#: Faster turning than this is not walking straight on.
_TURNING_DEGPS = 30.0
_TURN_DEG = 45.0
#: The extent of a path that goes one way is at most this multiple of its net way (ours).
_MOST_BACK = 1.25
#: Directions by axis of the picture or of the camera: negative, positive.
_ACROSS: tuple[Direction, Direction] = ("left", "right")
_ALONG_SIGHT: tuple[Direction, Direction] = ("towards", "away")


def smooth_velocity(
    path: NDArray[np.float64], rate_hz: float, cutoff_hz: float = _HEADING_CUTOFF_HZ
) -> NDArray[np.float64]:
    """Return (T, …) velocity of the pelvis below the rhythm of the steps, NaN in gaps."""
    velocity = np.full(path.shape, np.nan)
    for stretch in finite_stretches(path if path.ndim == 1 else path[:, 0]):
        smooth = low_passed(path[stretch], rate_hz, cutoff_hz)
        velocity[stretch] = derivative(smooth, rate_hz)
    return velocity


def picture_bouts(even: EvenWalk, height_px: NDArray[np.float64]) -> tuple[Bout, ...]:
    """Find steady walking across the picture.

    A bout ends where the person stops (slower than half the median speed), turns round, or is
    not seen for more than 0.2 s. So starting, stopping and turning are left out of it.
    """
    velocity = smooth_velocity(even.middle("hip")[:, 0], even.rate_hz) / height_px
    return _one_way_bouts(even, velocity, _ACROSS)


def sight_bouts(even: EvenWalk, distance_bh: NDArray[np.float64]) -> tuple[Bout, ...]:
    """Find steady walking towards the camera or away from it.

    Parameters
    ----------
    even
        The walk.
    distance_bh
        (T,) distance to the camera in body heights, up to a constant factor.
    """
    known = np.isfinite(even.middle("hip")[:, 0])
    velocity = smooth_velocity(np.where(known, distance_bh, np.nan), even.rate_hz)
    return _one_way_bouts(even, velocity, _ALONG_SIGHT)


def _one_way_bouts(
    even: EvenWalk, velocity: NDArray[np.float64], directions: tuple[Direction, Direction]
) -> tuple[Bout, ...]:
    steady = _steady(np.abs(velocity))
    bouts = []
    for direction, sign in zip(directions, (-1, 1), strict=True):
        for stretch in runs(steady & (np.sign(velocity) == sign)):
            start_s, end_s = even.time_s[stretch.start], even.time_s[stretch.stop - 1]
            if end_s - start_s >= _MIN_BOUT_S:
                bouts.append(Bout(float(start_s), float(end_s), direction))
    return tuple(sorted(bouts, key=lambda bout: bout.start_s))


def _steady(speed_bhps: NDArray[np.float64]) -> NDArray[np.bool_]:
    moving = speed_bhps[speed_bhps > _STANDING_BHPS]
    if not len(moving):
        return np.zeros(len(speed_bhps), bool)
    least = max(_STANDING_BHPS, _STEADY_FRACTION * float(np.median(moving)))
    return np.asarray(speed_bhps >= least)


def floor_bouts(
    time_s: NDArray[np.float64], rate_hz: float, path: NDArray[np.float64], height: float
) -> tuple[Bout, ...]:
    """Find steady, straight walking on a floor.

    Parameters
    ----------
    time_s
        (T,) times.
    rate_hz
        Their rate.
    path
        (T, 2) pelvis on the floor, in m; NaN in gaps.
    height
        Body height in the same unit.
    """
    speed = np.linalg.norm(smooth_velocity(path, rate_hz), axis=1)
    steady = _steady(speed / height)
    turning = _turns(turning_degps(path, rate_hz), rate_hz)
    bouts = []
    for stretch in runs(steady & ~turning):
        start_s, end_s = time_s[stretch.start], time_s[stretch.stop - 1]
        if end_s - start_s >= _MIN_BOUT_S:
            bouts.append(straight_bout(time_s[stretch], path[stretch]))
    return tuple(bouts)


def _turns(rate_degps: NDArray[np.float64], rate_hz: float) -> NDArray[np.bool_]:
    """Return the (T,) samples of true turns; a body that sways turns to and fro by less."""
    found = ~np.isfinite(rate_degps)
    for stretch in runs(np.abs(rate_degps) > _TURNING_DEGPS):
        found[stretch] |= abs(rate_degps[stretch].sum()) / rate_hz >= _TURN_DEG
    return np.asarray(found)


def turning_degps(path: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return (T,) rate of turn of a (T, 2) path on the floor, anticlockwise positive."""
    velocity = smooth_velocity(path, rate_hz, _TURNING_CUTOFF_HZ)
    heading = np.full(len(path), np.nan)
    for stretch in finite_stretches(velocity[:, 0]):
        heading[stretch] = np.unwrap(np.arctan2(velocity[stretch, 1], velocity[stretch, 0]))
    return np.degrees(derivative(heading, rate_hz))


def straight_bouts(
    time_s: NDArray[np.float64], path: NDArray[np.float64], height: float
) -> tuple[Bout, ...]:
    """Return every seen stretch of a (T, 2) path on the floor as one bout along its net way.

    Who stands, or turns and comes back, has no such way: its heading would be chance. ``height``
    is the body height in the unit of the path.
    """
    return tuple(
        straight_bout(time_s[stretch], path[stretch])
        for stretch in finite_stretches(path[:, 0])
        if time_s[stretch.stop - 1] - time_s[stretch.start] >= _MIN_BOUT_S
        and _goes_one_way(time_s[stretch], path[stretch] / height)
    )


def _goes_one_way(time_s: NDArray[np.float64], path_bh: NDArray[np.float64]) -> bool:
    """Return whether a path is faster than standing, and ends where it is farthest."""
    way = path_bh[-1] - path_bh[0]
    net = float(np.linalg.norm(way))
    if net < _STANDING_BHPS * (time_s[-1] - time_s[0]):
        return False
    return float(np.ptp(path_bh @ way)) <= _MOST_BACK * net**2


def straight_bout(time_s: NDArray[np.float64], path: NDArray[np.float64]) -> Bout:
    """Return one bout whose heading is the net way of a (T, 2) path without gaps."""
    way = path[-1] - path[0]
    heading_deg = float(np.degrees(np.arctan2(way[1], way[0])))
    return Bout(float(time_s[0]), float(time_s[-1]), "along", heading_deg)
