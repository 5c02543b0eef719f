"""Stick figures of a walk that came as keypoints, without a film."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import Bout, Measurement, Space, StoredFrame, Walk
from clinigait.perception.annotate import draw_skeleton
from clinigait.perception.depict import moments, store_picture

_SIDE_PX = 480
_LINE_PX = 5
_HEADS = ("head_top", "head", "nose")
#: The figure takes this share of the picture.
_FILLED = 0.82
_GREY = 90
_WHITE = (255, 255, 255)


def draw_stick_figures(
    folder: Path, walk: Walk, measurement: Measurement
) -> tuple[StoredFrame, ...]:
    """Write the report's ``frames/*.jpg`` of a walk without a film: contact, mid-stance, foot off.

    A walk in three dimensions is shown from its right side.

    Parameters
    ----------
    folder
        Where to write.
    walk, measurement
        The walk and what was measured of it.
    """
    (folder / "frames").mkdir()
    stored: list[StoredFrame] = []
    for index, caption in sorted(moments(walk, measurement).items()):
        points = _in_picture(walk, measurement.bouts, index)
        shown = replace(
            walk,
            time_s=walk.time_s[index : index + 1],
            keypoints=points[None],
            confidence=walk.confidence[index : index + 1],
            space=Space.IMAGE_PX,
            boxes_px=None,
            body_yaw_deg=None,
            silhouettes=None,
        )
        image = np.full((_SIDE_PX, _SIDE_PX, 3), _GREY, np.uint8)
        _draw_head(image, shown)
        draw_skeleton(image, shown, 0, width=_LINE_PX)
        stored.append(
            store_picture(folder, image, float(walk.time_s[index]), caption, len(stored) + 1)
        )
    return tuple(stored)


def _in_picture(walk: Walk, bouts: tuple[Bout, ...], index: int) -> NDArray[np.float64]:
    """Return the (K, 2) points of one frame, fitted into the picture."""
    flat = _flattened(walk, bouts, index)
    known = flat[np.isfinite(flat).all(axis=1)]
    if not len(known):
        return flat
    low, high = known.min(axis=0), known.max(axis=0)
    scale = _FILLED * _SIDE_PX / max(float((high - low).max()), 1e-6)
    return np.asarray((flat - (low + high) / 2) * scale + _SIDE_PX / 2)


def _flattened(walk: Walk, bouts: tuple[Bout, ...], index: int) -> NDArray[np.float64]:
    """Return (K, 2) points, x to the right and y down; of a walk in space, seen from its right."""
    points = walk.keypoints[index]
    if walk.space is Space.IMAGE_PX:
        return np.asarray(points)
    x, y, z = points.T
    floor, up = ((x, y), z) if walk.space is Space.WORLD_M else ((x, z), -y)
    time_s = walk.time_s[index]
    headings = [b.heading_deg or 0.0 for b in bouts if b.start_s <= time_s <= b.end_s]
    heading = np.radians(headings[0] if headings else 0.0)
    return np.column_stack([floor[0] * np.cos(heading) + floor[1] * np.sin(heading), -up])


def _draw_head(image: NDArray[np.uint8], walk: Walk) -> None:
    """Draw neck and head, where the layout has them."""
    name = next((head for head in _HEADS if head in walk.layout), None)
    if name is None or "left_shoulder" not in walk.layout:
        return
    points = walk.keypoints[0]
    shoulders = (
        points[walk.layout.index("shoulder", "left")]
        + points[walk.layout.index("shoulder", "right")]
    ) / 2
    head = points[walk.layout.index(name)]
    if np.isfinite(head).all() and np.isfinite(shoulders).all():
        ends = [(round(float(p[0])), round(float(p[1]))) for p in (shoulders, head)]
        cv2.line(image, ends[0], ends[1], _WHITE, _LINE_PX, cv2.LINE_AA)
        cv2.circle(image, ends[1], 3 * _LINE_PX, _WHITE, _LINE_PX, cv2.LINE_AA)
