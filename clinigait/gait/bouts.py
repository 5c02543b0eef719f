"""When the person walks steadily one way."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Bout
from clinigait.gait.filtering import EvenWalk, derivative, low_passed

#: Steady walking is at least this fraction of the median walking speed.
_STEADY_FRACTION = 0.5
#: Slower than this (body heights per second) is standing.
_STANDING_BHPS = 0.08
#: Shorter bouts hold no stride.
_MIN_BOUT_S = 1.0
#: The pelvis speeds up and slows down in every step; heading is read below that.
_HEADING_CUTOFF_HZ = 1.0


def walking_velocity_bhps(even: EvenWalk, height_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T,) smoothed velocity of the pelvis across the picture, body heights per second."""
    pelvis = even.middle("hip")[:, 0]
    velocity = np.full(len(pelvis), np.nan)
    for stretch in finite_stretches(pelvis):
        smooth = low_passed(pelvis[stretch], even.rate_hz, _HEADING_CUTOFF_HZ)
        velocity[stretch] = derivative(smooth, even.rate_hz)
    return velocity / height_px


def find_bouts(even: EvenWalk, height_px: NDArray[np.float64]) -> tuple[Bout, ...]:
    """Find stretches of steady walking in one direction.

    A bout ends where the person stops (slower than half the median speed), turns round, or is
    not seen for more than 0.2 s. So starting, stopping and turning are left out of it.
    """
    velocity = walking_velocity_bhps(even, height_px)
    speed = np.abs(velocity)
    moving = speed[speed > _STANDING_BHPS]
    if not len(moving):
        return ()
    steady = speed >= max(_STANDING_BHPS, _STEADY_FRACTION * float(np.median(moving)))
    bouts = []
    for direction, sign in (("left", -1), ("right", 1)):
        heading = np.where(steady & (np.sign(velocity) == sign), 1.0, np.nan)
        for stretch in finite_stretches(heading):
            start_s, end_s = even.time_s[stretch.start], even.time_s[stretch.stop - 1]
            if end_s - start_s >= _MIN_BOUT_S:
                bouts.append(Bout(float(start_s), float(end_s), direction))  # type: ignore[arg-type]
    return tuple(sorted(bouts, key=lambda bout: bout.start_s))


def finite_stretches(signal: NDArray[np.float64]) -> list[slice]:
    """Return the runs of finite samples of a (T,) signal."""
    finite = np.concatenate([[False], np.isfinite(signal), [False]]).astype(int)
    edges = np.flatnonzero(np.diff(finite))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
