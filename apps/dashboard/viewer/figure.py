"""The skeleton of a walk as the viewer draws it: points in a picture, and the lines between."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Assessment, Bout, KeypointLayout, Space, Walk
from clinigait.perception.annotate import LIMBS

_ALONG = (*LIMBS, ("ankle", "foot"))
_HEADS = ("head_top", "head", "nose")
_FEET = ("ankle", "heel", "toe", "small_toe", "foot")
_MISSING = -32768
_LARGEST = 32767
#: A figure without a picture stands in one of this size, so tall, so far from its lower edge.
_STAGE_PX = (960, 540)
_FIGURE_PX, _FLOOR_PX = 400.0, 480.0
#: Ticks of the ground that passes under it, in heights of the figure.
_TICK = 0.25


def figure_of(walk: Walk, assessment: Assessment) -> dict[str, Any]:
    """Return the skeleton as plain data: see ``stage.js``.

    Parameters
    ----------
    walk
        The walk, with legs exchanged where that was corrected.
    assessment
        What was measured of it: the way that a walk in metres goes.

    Returns
    -------
    dict
        ``points`` are 16-bit whole numbers, ``per_px`` of them a pixel, in a picture of ``size``.
        A walk without a picture stands in the middle of one while the ground passes by.
    """
    pictured = walk.pictured()
    ground: dict[str, Any] = {}
    if pictured.space is Space.IMAGE_PX and pictured.image_size_px is not None:
        points, size = pictured.keypoints, pictured.image_size_px
    else:
        bouts = assessment.measurement.bouts if assessment.measurement else ()
        points, ground = _staged(_flattened(pictured, bouts), pictured.layout)
        size = _STAGE_PX
    per_px = min(16.0, _LARGEST / (2 * max(size)))
    layout = pictured.layout
    head = _head(points, layout)
    return {
        "points": _packed(np.concatenate([points, head], axis=1) * per_px),
        "per_px": per_px,
        "n_points": len(layout) + 2,
        "head": [len(layout), len(layout) + 1],
        "size": list(size),
        "limbs": _limbs(layout),
        "feet": [layout.points.index(p) for p in _named(layout, _FEET)],
        "sides": [_side(point) if _is_joint(point) else "" for point in layout.points],
        **ground,
    }


def _flattened(walk: Walk, bouts: tuple[Bout, ...]) -> NDArray[np.float64]:
    """Return (T, K, 2) points, x to the right and y down; of a walk in space from its right."""
    if walk.space is Space.IMAGE_PX:
        return walk.keypoints
    x, y, z = np.moveaxis(walk.keypoints, 2, 0)
    across, deep, up = (x, y, z) if walk.space is Space.WORLD_M else (x, z, -y)
    heading = np.zeros(len(walk))
    for bout in bouts:
        inside = (walk.time_s >= bout.start_s) & (walk.time_s <= bout.end_s)
        heading[inside] = np.radians(bout.heading_deg or 0.0)
    along = across * np.cos(heading)[:, None] + deep * np.sin(heading)[:, None]
    return np.stack([along, -up], axis=2)


def _staged(
    points: NDArray[np.float64], layout: KeypointLayout
) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Put the figure into the middle of the stage, on a ground that passes under it."""
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(points).all(axis=2))
    there = seen.any(axis=1)
    if not there.any():
        return points, {}
    heights = np.where(seen, points[:, :, 1], np.nan)[there]
    lowest, highest = np.nanmax(heights, axis=1), np.nanmin(heights, axis=1)
    scale = _FIGURE_PX / max(float(np.median(lowest - highest)), 1e-9)
    floor = float(np.median(lowest))
    hips = [layout.points.index(f"{side}_hip") for side in SIDES if f"{side}_hip" in layout]
    middle = _carried(points[:, hips, 0].mean(axis=1) if hips else points[:, :, 0].mean(axis=1))
    placed = np.empty_like(points)
    placed[:, :, 0] = (points[:, :, 0] - middle[:, None]) * scale + _STAGE_PX[0] / 2
    placed[:, :, 1] = (points[:, :, 1] - floor) * scale + _FLOOR_PX
    ground = {
        "ground_px": _FLOOR_PX,
        "ground_step_px": _TICK * _FIGURE_PX,
        "ground_at_px": [round(float(at), 1) for at in (middle - middle[0]) * scale],
    }
    return placed, ground


def _carried(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values))
    return np.interp(np.arange(len(values)), np.flatnonzero(known), values[known])


def _head(points: NDArray[np.float64], layout: KeypointLayout) -> NDArray[np.float64]:
    """Return (T, 2, 2) the neck and the lower end of the head, for a figure without a film."""
    unknown = np.full((len(points), 2), np.nan)
    shoulders = [layout.index("shoulder", side) for side in SIDES if f"{side}_shoulder" in layout]
    neck = points[:, shoulders].mean(axis=1) if shoulders else unknown
    name = next((head for head in _HEADS if head in layout), None)
    top = unknown if name is None else points[:, layout.index(name)]
    # The nose, or the top of the head: the circle sits a little above the neck towards it.
    return np.stack([neck, neck + 0.4 * (top - neck)], axis=1)


def _packed(points: NDArray[np.float64]) -> str:
    seen = np.isfinite(points).all(axis=2, keepdims=True)
    whole = np.where(seen, np.clip(np.round(points), -_LARGEST, _LARGEST), _MISSING)
    return base64.b64encode(whole.astype("<i2").tobytes()).decode()


def _limbs(layout: KeypointLayout) -> list[list[int | str]]:
    across: list[list[int | str]] = [
        [*(layout.index(name, side) for side in SIDES), ""]
        for name in ("shoulder", "hip")
        if all(f"{side}_{name}" in layout for side in SIDES)
    ]
    along: list[list[int | str]] = [
        [layout.index(first, side), layout.index(second, side), side]
        for side in SIDES
        for first, second in _ALONG
        if f"{side}_{first}" in layout and f"{side}_{second}" in layout
    ]
    return across + along


def _named(layout: KeypointLayout, names: tuple[str, ...]) -> list[str]:
    return [f"{side}_{name}" for side in SIDES for name in names if f"{side}_{name}" in layout]


def _side(point: str) -> str:
    return next((side for side in SIDES if point.startswith(f"{side}_")), "")


def _is_joint(point: str) -> bool:
    return point.partition("_")[2] in ("hip", "knee", "ankle", "heel", "toe", "foot")
