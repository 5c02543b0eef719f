"""Skeleton maps: joints and limbs drawn as soft spots and lines, as SkeletonGait takes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import COCO_17, SIDES, BadInputError, Walk
from clinigait.representations.points import in_layout
from clinigait.representations.silhouettes import check_size, cut_with_affine

#: Side of the canvas, height of a body on it (128 // 1.5) and spread of spots and lines, in px.
CANVAS_PX = 128
BODY_PX = 85
SPREAD_PX = 8.0
#: Further out than this a spot or line of full height is below one grey value of 255.
_REACH_PX = int(np.ceil(SPREAD_PX * np.sqrt(2 * np.log(255))))
#: Neighbours that a missing joint is filled from.
NEIGHBOURS = 4
#: A frame with fewer believed joints than this share of those that the layout has is dropped:
#: it would be drawn mostly from other frames.
_LEAST_SHARE = 0.5
#: So many frames are drawn at a time: their canvases stay in a processor's cache (368 frames a CPU
#: second against 222 with 32 at a time).
_BATCH = 4


def _limbs() -> tuple[tuple[int, int], ...]:
    """Return the 17 lines of the field's COCO skeleton: no line joins the shoulders."""
    pairs = [("left_hip", "right_hip")]
    for side in SIDES:
        chain = ("eye", "ear")
        pairs += [("nose", f"{side}_eye"), (f"{side}_{chain[0]}", f"{side}_{chain[1]}")]
        pairs += [("nose", f"{side}_shoulder"), (f"{side}_shoulder", f"{side}_hip")]
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")):
            pairs.append((f"{side}_{a}", f"{side}_{b}"))
    return tuple((COCO_17.index(a), COCO_17.index(b)) for a, b in pairs)


LIMBS = _limbs()


@dataclass(frozen=True, eq=False)
class SkeletonMaps:
    """Skeleton maps of one walk.

    Parameters
    ----------
    images
        (N, 2, size, size) uint8 of the N frames that were kept: channel 0 the joints, 1 the
        limbs; after :meth:`cut` narrower.
    frames
        (N,) numbers of the kept frames in the walk.
    time_s
        (N,) their times.
    kept
        (T,) whether each frame of the walk was kept.
    imputed
        (N, 17) joints of COCO-17 that were filled from other frames.
    affine
        (N, 2, 3) matrices that take points of the walk to pixels of the map.
    """

    images: NDArray[np.uint8]
    frames: NDArray[np.intp]
    time_s: NDArray[np.float64]
    kept: NDArray[np.bool_]
    imputed: NDArray[np.bool_]
    affine: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.images)

    def cut(self) -> SkeletonMaps:
        """Return the maps without their empty sides; see :func:`silhouettes.cut`."""
        images, affine = cut_with_affine(self.images, self.affine)
        return replace(self, images=images, affine=affine)


def skeleton_maps(
    walk: Walk, *, size: int = 64, scale_of: Literal["frame", "sequence"] = "frame"
) -> SkeletonMaps:
    """Draw the skeleton maps of a walk.

    The 17 joints of COCO are taken by name from any layout. A missing joint is filled, with its
    confidence, from the four frames most alike in all other joints, weighted by one over the
    distance. The middle of the hips comes to the middle of a canvas of 128 x 128 pixels and the
    skeleton, from its highest to its lowest joint, to 85 pixels. Joints become Gaussian spots as
    high as their confidence, limbs Gaussian ridges as high as the lower confidence of their two
    ends, both with a standard deviation of 8 pixels; where several meet the highest counts. Both
    channels are cropped to the rows that either of them touches, square about the middle column,
    and resized by area: one crop for both, since channels cropped each by itself do not fit onto
    each other.

    Parameters
    ----------
    walk
        A walk in a picture or in the space of a camera.
    size
        Rows and columns of the maps, 64 or 128.
    scale_of
        Whether every frame is scaled by its own height, as the field does, or all by their median.

    Returns
    -------
    SkeletonMaps
        Of the frames in which at least half of the layout's joints are believed.

    Raises
    ------
    BadInputError
        If the walk is in the space of a room, has no hips at all, or the size is another one.

    Notes
    -----
    Fan et al. 2024, SkeletonGait: Gait Recognition Using Skeleton Maps, arXiv 2311.13444.
    """
    check_size(size)
    points, confidence = in_layout(walk, COCO_17)
    seen = np.asarray(np.isfinite(points[:, :, 0]))
    there = np.asarray(seen.any(axis=0))
    if not there[[COCO_17.index("hip", side) for side in SIDES]].all():
        raise BadInputError(
            "Skeleton maps need both hips, which are never seen.", "Give keypoints with hips."
        )
    kept = seen.sum(axis=1) >= max(_LEAST_SHARE * there.sum(), 1)
    imputed = ~seen[kept] & there
    filled = impute(np.dstack([points, np.where(seen, confidence, np.nan)])[kept])
    joints, to_canvas = _on_canvas(filled[:, :, :2], scale_of)
    height = np.nan_to_num(filled[:, :, 2])
    images = np.zeros((len(joints), 2, size, size), np.uint8)
    affine = np.zeros((len(joints), 2, 3))
    for start in range(0, len(joints), _BATCH):
        batch = slice(start, start + _BATCH)
        for frame, canvas in enumerate(_drawn(joints[batch], height[batch]), start):
            images[frame], crop = _cropped(canvas, size)
            affine[frame] = crop @ np.vstack([to_canvas[frame], [0.0, 0.0, 1.0]])
    frames = np.flatnonzero(kept)
    return SkeletonMaps(images, frames, walk.time_s[frames], kept, imputed, affine)


def impute(values: NDArray[np.float64], neighbours: int = NEIGHBOURS) -> NDArray[np.float64]:
    """Fill what is missing from the frames most alike, weighted by one over the distance.

    Parameters
    ----------
    values
        (T, K, C), NaN where missing.
    neighbours
        How many frames to take; fewer where fewer have the value.

    Returns
    -------
    (T, K, C) array
        Filled; NaN where no frame has the value, or the frame has nothing to be compared by.

    Notes
    -----
    The distance of two frames is the Euclidean one over what both have, made larger by the share
    of what is missing: Troyanskaya et al. 2001, doi 10.1093/bioinformatics/17.6.520.
    """
    flat = values.reshape(len(values), -1)
    known = np.isfinite(flat)
    plain = np.where(known, flat, 0.0)
    filled = flat.copy()
    for frame in np.flatnonzero(~known.all(axis=1)):
        both = known & known[frame]
        apart = np.where(both, plain - plain[frame], 0.0)
        count = both.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            distance = np.sqrt((apart**2).sum(axis=1) * flat.shape[1] / count)
        distance[count == 0] = np.inf
        distance[frame] = np.inf
        for column in np.flatnonzero(~known[frame] & known.any(axis=0)):
            filled[frame, column] = _weighted(
                distance[known[:, column]], flat[known[:, column], column], neighbours
            )
    return filled.reshape(values.shape)


def _weighted(distance: NDArray[np.float64], values: NDArray[np.float64], neighbours: int) -> float:
    nearest = np.argsort(distance, kind="stable")[:neighbours]
    distance, values = distance[nearest], values[nearest]
    if (distance == 0).any():
        return float(values[distance == 0].mean())
    near = np.isfinite(distance)
    return float(np.average(values[near], weights=1 / distance[near])) if near.any() else np.nan


def _on_canvas(
    points: NDArray[np.float64], scale_of: Literal["frame", "sequence"]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (N, 17, 2) joints on the canvas and the (N, 2, 3) matrices that took them there."""
    rows = points[:, :, 1]
    tall = np.nanmax(rows, axis=1) - np.nanmin(rows, axis=1) if len(rows) else np.zeros(0)
    if scale_of == "sequence" and len(tall):
        tall = np.full(len(tall), np.median(tall))
    scale = BODY_PX / np.maximum(tall, 1e-9)
    hips = points[:, [COCO_17.index("hip", side) for side in SIDES]].mean(axis=1)
    matrix = np.zeros((len(points), 2, 3))
    matrix[:, 0, 0] = matrix[:, 1, 1] = scale
    matrix[:, :, 2] = CANVAS_PX / 2 - scale[:, None] * hips
    return points * scale[:, None, None] + matrix[:, None, :, 2], matrix


def _drawn(joints: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (N, 128, 128, 2) joint and limb maps, 0 to 1.

    The highest of several Gaussians is the Gaussian of the highest exponent, so one exponential a
    pixel is enough. Spots and lines are drawn where they reach a grey value, and nowhere else.
    """
    x = y = np.arange(CANVAS_PX, dtype=np.float32)
    ends = joints.astype(np.float32)
    logs = np.log(np.maximum(height, 1e-12)).astype(np.float32)
    logs = np.where(np.isfinite(ends).all(axis=2), logs, np.float32(-np.inf))
    ends = np.nan_to_num(ends)
    exponents = np.full((len(joints), 2, CANVAS_PX, CANVAS_PX), -np.inf, np.float32)
    halved = np.float32(1 / (2 * SPREAD_PX**2))
    across = x[None, None, :] - ends[:, :, 0, None]
    down = y[None, None, :] - ends[:, :, 1, None]
    for joint in range(ends.shape[1]):
        if (box := _box(ends[:, [joint]], logs[:, [joint]])) is None:
            continue
        rows, columns = box
        squared = down[:, joint, rows, None] ** 2 + across[:, joint, None, columns] ** 2
        spot = logs[:, joint, None, None] - halved * squared
        drawn = exponents[:, 0, rows, columns]
        np.maximum(drawn, spot, out=drawn)
    for first, second in LIMBS:
        peak = np.minimum(logs[:, first], logs[:, second])
        if (box := _box(ends[:, [first, second]], peak[:, None])) is None:
            continue
        rows, columns = box
        way = ends[:, second] - ends[:, first]
        squared = _squared_from_line(across[:, first, columns], down[:, first, rows], way)
        ridge = peak[:, None, None] - halved * squared
        drawn = exponents[:, 1, rows, columns]
        np.maximum(drawn, ridge, out=drawn)
    return np.moveaxis(np.exp(exponents), 1, 3)


def _box(ends: NDArray[np.float32], logs: NDArray[np.float32]) -> tuple[slice, slice] | None:
    """Return the rows and columns that hold (N, E, 2) ends with all that they reach, in any frame.

    None where no frame has them, or all that they reach lies outside of the canvas.
    """
    seen = ends[np.isfinite(logs).all(axis=1)]
    if not len(seen):
        return None
    low = np.maximum(np.floor(seen.min(axis=(0, 1))) - _REACH_PX, 0).astype(int)
    high = np.minimum(np.ceil(seen.max(axis=(0, 1))) + _REACH_PX + 1, CANVAS_PX).astype(int)
    if (high <= low).any():
        return None
    return slice(low[1], high[1]), slice(low[0], high[0])


def _squared_from_line(
    across: NDArray[np.float32], down: NDArray[np.float32], way: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(N, H, W) squared distance of every pixel from a line, given where its start is."""
    length2 = np.maximum((way**2).sum(axis=1), np.float32(1e-6))[:, None, None]
    dx, dy = across[:, None, :], down[:, :, None]
    share = (way[:, 0, None, None] * dx + way[:, 1, None, None] * dy) / length2
    np.clip(share, 0.0, 1.0, out=share)
    off_x = dx - share * way[:, 0, None, None]
    off_y = dy - share * way[:, 1, None, None]
    return np.asarray(off_x**2 + off_y**2)


def _cropped(
    canvas: NDArray[np.float32], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the (2, size, size) crop of both channels together, and its matrix."""
    grey = (255 * canvas).astype(np.uint8)
    rows = np.flatnonzero(grey.any(axis=(1, 2)))
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, CANVAS_PX)
    left = CANVAS_PX // 2 - (bottom - top) // 2
    square = grey[top:bottom, left : left + bottom - top]
    scale = size / (bottom - top)
    small = cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)
    matrix = np.array(
        [[scale, 0.0, (scale - 1) / 2 - scale * left], [0.0, scale, (scale - 1) / 2 - scale * top]]
    )
    return np.asarray(np.moveaxis(small, 2, 0), np.uint8), matrix
