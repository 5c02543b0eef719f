"""How the line of shoulders and hips turns: in space, and in a picture from the side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import assumed_focal_px
from clinigait.gait.filtering import derivative, low_passed
from clinigait.gait.runs import finite_stretches
from clinigait.gait.scene import Scene

#: The trunk's turning is read below this: the turn is kept, trembling is not.
CUTOFF_HZ = 1.5
#: A turn begins and ends where the body turns at this rate. El-Gohary 2014
#: (doi 10.3390/s140100356) takes 5 for a sensor on the pelvis; but every stride turns shoulders
#: and hips to and fro by about 15, so that the bound here is higher.
TURNING_DEGPS = 15.0
#: The shortest and the longest duration of a turn (El-Gohary 2014).
SHORTEST_S, LONGEST_S = 0.5, 10.0
#: Shoulders and hips added are at least so broad when they face the camera, and hips alone, in
#: body heights: half of what is usual.
_LEAST_BREADTH = {True: 0.16, False: 0.05}
#: The body is seen for at least this share of the time around a turn.
_SEEN_SHARE = 0.8


@dataclass(frozen=True)
class HalfTurn:
    """A turn by 180 degrees as a picture shows it.

    Parameters
    ----------
    start_s, end_s
        When the body turns faster than :data:`TURNING_DEGPS`.
    middle_degps
        Rate over the middle 90 degrees.
    """

    start_s: float
    end_s: float
    middle_degps: float


def yaw_deg(scene: Scene) -> NDArray[np.float64]:
    """Return (T,) heading of shoulders and hips in space, without jumps, NaN in gaps."""
    across = _across(scene)
    yaw = np.full(len(across), np.nan)
    for stretch in finite_stretches(across[:, 0]):
        yaw[stretch] = np.unwrap(np.arctan2(-across[stretch, 0], across[stretch, 1]))
    return np.asarray(np.degrees(yaw))


def _across(scene: Scene) -> NDArray[np.float64]:
    """(T, D) from the right to the left hip and shoulder, added; of the hips alone if need be."""
    even = scene.even
    points = ["hip", *(["shoulder"] if "left_shoulder" in even.layout else [])]
    lines = [even.point(name, "left") - even.point(name, "right") for name in points]
    across = lines[0].copy()
    for line in lines[1:]:
        across += np.where(np.isfinite(line), line, 0.0)
    return np.asarray(across @ scene.axes.T)


def half_turn(scene: Scene, start_s: float, end_s: float) -> HalfTurn | None:
    """Return the half turn that a body seen from the side makes in a stretch of time.

    Parameters
    ----------
    scene
        A picture of the walk.
    start_s, end_s
        Where to look; the person faces across the picture at both ends.

    Returns
    -------
    HalfTurn or None
        None where the body is not seen to face the camera or to turn its back on it.
    """
    inside = scene.even.between(start_s, end_s)
    time_s, turned_deg = scene.even.time_s[inside], _turned_deg(scene, inside)
    if turned_deg is None:
        return None
    early, late = np.flatnonzero(turned_deg > 45), np.flatnonzero(turned_deg < 135)
    if not len(early) or not len(late) or early[0] >= late[-1]:
        return None
    slow = np.flatnonzero(derivative(turned_deg, scene.even.rate_hz) < TURNING_DEGPS)
    before, after = slow[slow <= early[0]], slow[slow >= late[-1]]
    first = int(before[-1]) if len(before) else 0
    last = int(after[0]) if len(after) else len(time_s) - 1
    turned = np.maximum.accumulate(turned_deg[first : last + 1])
    quarter_s = float(np.diff(np.interp([45, 135], turned, time_s[first : last + 1]))[0])
    duration_s = float(time_s[last] - time_s[first])
    if not SHORTEST_S <= duration_s <= LONGEST_S or quarter_s <= 0:
        return None
    return HalfTurn(float(time_s[first]), float(time_s[last]), 90 / quarter_s)


def _turned_deg(scene: Scene, inside: slice) -> NDArray[np.float64] | None:
    """(T,) turn of the body from 0 to 180, by its breadth; None where that does not show it.

    Shoulders and hips are narrow from the side and broad half-way round: their breadth over the
    greatest one is the sine of the angle between them and the line of sight, which itself turns
    while the person walks through the picture.
    """
    breadth = _breadth(scene, inside)
    if breadth is None:
        return None
    turns_right = float(np.sign(breadth[np.abs(breadth).argmax()]))
    breadth *= turns_right
    if breadth.max() < _LEAST_BREADTH["left_shoulder" in scene.even.layout]:
        return None
    angle_deg = np.degrees(np.arcsin(np.maximum(breadth / breadth.max(), -1)))
    broad = np.flatnonzero(angle_deg > 45)
    samples = np.arange(len(angle_deg))
    angle_deg = np.where(samples < (broad[0] + broad[-1]) // 2, angle_deg, 180 - angle_deg)
    sight_deg, goes_right = _line_of_sight(scene, inside)
    return low_passed(
        angle_deg + turns_right * goes_right * sight_deg, scene.even.rate_hz, CUTOFF_HZ
    )


def _breadth(scene: Scene, inside: slice) -> NDArray[np.float64] | None:
    """(T,) from the right to the left shoulder and hip across the picture, in body heights."""
    breadth = _across(scene)[inside, 0] / scene.height[inside]
    known, samples = np.isfinite(breadth), np.arange(len(breadth))
    if known.sum() < max(3, _SEEN_SHARE * len(breadth)):
        return None
    breadth = np.interp(samples, samples[known], breadth[known])
    return low_passed(breadth, scene.even.rate_hz, 2 * CUTOFF_HZ)


def _line_of_sight(scene: Scene, inside: slice) -> tuple[NDArray[np.float64], float]:
    """(T,) angle of the person off the camera's axis, right positive; and 1 or -1 by the way."""
    place_px = scene.even.middle("hip")[inside, 0]
    samples, known = np.arange(len(place_px)), np.isfinite(place_px)
    place_px = np.interp(samples, samples[known], place_px[known])
    size_px = scene.walk.image_size_px
    if size_px is None:
        return np.zeros(len(place_px)), 1.0
    furthest = int(np.abs(place_px - place_px[0]).argmax())
    goes_right = float(np.sign(place_px[furthest] - place_px[0]))
    angle = np.arctan2(place_px - size_px[0] / 2, assumed_focal_px(size_px))
    return np.asarray(np.degrees(angle)), goes_right
