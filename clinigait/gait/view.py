"""From which side the camera sees the walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Side, ViewName, Walk, assumed_focal_px
from clinigait.gait.filtering import EvenWalk, derivative

#: Apparent shoulder breadth over trunk length in a front view (Drillis & Contini 1966: 0.259 and
#: 0.288 of body height; shoulder joints lie a little inside the breadth).
_FRONTAL_BREADTH = 0.8
#: Up to this angle a view counts as sagittal, from 90 minus this as frontal.
_PURE_DEG = 30.0
#: A shorter way, in body heights, has no direction.
_STANDING_BH = 0.5


@dataclass(frozen=True)
class Viewed:
    """How the camera sees the walk.

    Parameters
    ----------
    name
        Sagittal, oblique, frontal; spatial for walks in three dimensions.
    angle_deg
        0 for a pure side view, 90 for a front or back view.
    near_side
        The side of the body that is turned to the camera; None in a frontal view.
    """

    name: ViewName
    angle_deg: float
    near_side: Side | None


def viewed(walk: Walk, even: EvenWalk, height_px: NDArray[np.float64]) -> Viewed:
    """Estimate the view from the way through space and from how the body is turned.

    Two independent estimates are averaged: the direction of the way (across the picture by
    position, away from the camera by change of size) and the turn of the trunk (by the pose
    model's depth where it gives one, else by the apparent breadth of the shoulders).
    """
    path_deg = _path_angle_deg(walk, even, height_px)
    body_deg = _body_angle_deg(walk, even)
    angle_deg = (
        float(np.nanmean([path_deg, body_deg])) if np.isfinite([path_deg, body_deg]).any() else 0.0
    )
    name: ViewName = "sagittal" if angle_deg <= _PURE_DEG else "oblique"
    if angle_deg >= 90 - _PURE_DEG:
        name = "frontal"
    return Viewed(name, angle_deg, None if name == "frontal" else _near_side(even))


def facing(even: EvenWalk) -> float:
    """Return which way the feet point in the picture: +1 right, -1 left, 0 unknown."""
    if not all(f"{side}_{point}" in even.layout for side in SIDES for point in ("heel", "toe")):
        return 0.0
    lengths = [even.point("toe", side)[:, 0] - even.point("heel", side)[:, 0] for side in SIDES]
    known = np.concatenate(lengths)
    known = known[np.isfinite(known)]
    return float(np.sign(np.median(known))) if len(known) else 0.0


def stance_facing(even: EvenWalk) -> float:
    """Return which way somebody without feet walks on a treadmill: +1 right, -1 left, 0 unknown.

    Standing feet move slowly backwards for most of the cycle, swinging feet fast forwards.
    """
    hips = even.middle("hip")[:, 0]
    ways = [even.point("ankle", side)[:, 0] - hips for side in ("left", "right")]
    speeds = np.concatenate([derivative(way, even.rate_hz) for way in ways])
    known = speeds[np.isfinite(speeds)]
    return -float(np.sign(np.median(known))) if len(known) else 0.0


def _near_side(even: EvenWalk) -> Side | None:
    """Who walks to the left shows the left side, facing the way the feet point."""
    direction = facing(even)
    if direction == 0:
        pelvis = even.middle("hip")[:, 0]
        known = pelvis[np.isfinite(pelvis)]
        direction = float(np.sign(known[-1] - known[0])) if len(known) > 1 else 0.0
    if direction == 0:
        return None
    return "left" if direction < 0 else "right"


def _path_angle_deg(walk: Walk, even: EvenWalk, height_px: NDArray[np.float64]) -> float:
    """Direction of the way by its extent across the picture and along the line of sight."""
    if walk.image_size_px is None:
        return np.nan
    pelvis = even.middle("hip")[:, 0]
    known = np.isfinite(pelvis)
    if known.sum() < 2:
        return np.nan
    across = np.ptp((pelvis[known] - walk.image_size_px[0] / 2) / height_px[known])
    away = np.ptp(assumed_focal_px(walk.image_size_px) / height_px[known])
    if np.hypot(across, away) < _STANDING_BH:
        return np.nan
    return float(np.degrees(np.arctan2(away, across)))


def _body_angle_deg(walk: Walk, even: EvenWalk) -> float:
    if walk.body_yaw_deg is not None and np.isfinite(walk.body_yaw_deg).any():
        return float(np.nanmedian(walk.body_yaw_deg))
    if not all(f"{side}_shoulder" in even.layout for side in SIDES):
        return np.nan
    breadth = np.abs(even.point("shoulder", "left")[:, 0] - even.point("shoulder", "right")[:, 0])
    trunk = np.linalg.norm(even.middle("shoulder") - even.middle("hip"), axis=1)
    known = np.isfinite(breadth) & (trunk > 0)
    if not known.any():
        return np.nan
    ratio = float(np.median(breadth[known] / trunk[known])) / _FRONTAL_BREADTH
    return float(np.degrees(np.arcsin(min(ratio, 1.0))))
