"""Stretches of a walk, all of one size: what a generator of walks learns from and makes.

A window has 64 frames of 53 channels: places of the 17 joints of a :class:`Skeleton` (along the
walker's own axes, in body sizes; joint by joint forward, left, up), the forward speed of the pelvis
in body sizes a second, and the logarithm of the stretch's duration in s, the same in every frame.
Forward follows the way of the pelvis, so speed is all there is of the root's velocity on the floor;
its height is among the places. Both ways are here: a skeleton to windows, a window to a skeleton
and to a walk that moves over the floor.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_trapezoid
from scipy.interpolate import CubicSpline

from clinigait.core import Depth, Space, Subject, Walk
from clinigait.representations.skeletons import (
    BODY_17,
    MIN_DURATION_S,
    RATE_HZ,
    Skeleton,
    mirrored_joints,
)

FRAMES = 64
PLACES = 3 * len(BODY_17)
#: Number of the channel of the forward speed, and of the logarithm of the duration.
SPEED, DURATION = PLACES, PLACES + 1
CHANNELS = PLACES + 2
#: Longest stretch of one window in frames of a skeleton: 4.2 s, two cycles of a slow gait.
_LONGEST = 128
LONGEST_S = (_LONGEST - 1) / RATE_HZ
#: The lowest joint stands on the floor in this per cent of the frames.
_FLOOR_PERCENTILE = 5

_Floats = NDArray[np.float64]


def windows_of(body: Skeleton) -> NDArray[np.float32]:
    """Return (W, 53, 64) windows of a skeleton at 30 Hz.

    A walk of up to 4.2 s is one window as a whole; a longer one is covered by as few windows of
    that length as can be.

    Raises
    ------
    ValueError
        If the skeleton has another rate, or lacks a joint.
    """
    if body.rate_hz != RATE_HZ or not body.known.all():
        raise ValueError(f"windows are of all joints at {RATE_HZ:g} Hz")
    length = min(len(body), _LONGEST)
    count = -(-len(body) // _LONGEST)
    starts = np.linspace(0, len(body) - length, count).round().astype(int)
    places = body.joints.reshape(len(body), PLACES)
    frames = np.concatenate([places, body.speed[:, None]], axis=1)
    found = np.empty((count, CHANNELS, FRAMES), np.float32)
    found[:, DURATION] = np.log((length - 1) / RATE_HZ)
    for window, start in zip(found, starts, strict=True):
        window[:DURATION] = _at(frames[start : start + length], FRAMES).T
    return found


def skeleton_of(window: NDArray[np.floating], size_m: float) -> Skeleton:
    """Return the skeleton at 30 Hz of one (53, 64) window, for a body of a size in m."""
    duration_s = np.exp(np.mean(window[DURATION], dtype=float))
    duration_s = float(np.clip(duration_s, MIN_DURATION_S, LONGEST_S))
    frames = _at(np.asarray(window[:DURATION], float).T, round(duration_s * RATE_HZ) + 1)
    joints = frames[:, :PLACES].reshape(len(frames), len(BODY_17), 3)
    return Skeleton(joints, frames[:, SPEED], RATE_HZ, size_m)


def walk_of(
    body: Skeleton, subject: Subject | None = None, provenance: Mapping[str, str] | None = None
) -> Walk:
    """Return a skeleton as a walk in world metres: along x, the lowest joint on the floor."""
    way = cumulative_trapezoid(body.speed, dx=1 / body.rate_hz, initial=0)
    points = body.joints.copy()
    points[:, :, 0] += way[:, None]
    points[:, :, 2] -= np.percentile(np.nanmin(points[:, :, 2], axis=1), _FLOOR_PERCENTILE)
    return Walk(
        time_s=np.arange(len(body)) / body.rate_hz,
        keypoints=points * body.size_m,
        confidence=np.tile(body.known.astype(float), (len(body), 1)),
        layout=BODY_17,
        space=Space.WORLD_M,
        depth=Depth.MEASURED,
        subject=subject or Subject(),
        provenance=provenance or {},
    )


def mirrored_windows(windows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return (W, 53, 64) windows of the mirror images: left and right exchanged."""
    found = np.array(windows, np.float32)
    joints = found[:, :PLACES].reshape(len(found), len(BODY_17), 3, FRAMES)
    mirrored = mirrored_joints(np.moveaxis(joints, 3, 1).astype(float))
    found[:, :PLACES] = np.moveaxis(mirrored, 1, 3).reshape(len(found), PLACES, FRAMES)
    return found


def _at(frames: _Floats, count: int) -> _Floats:
    """Return (count, C) frames evenly over the same time as (T, C) even frames."""
    spline = CubicSpline(np.linspace(0, 1, len(frames)), frames)
    return np.asarray(spline(np.linspace(0, 1, count)))
