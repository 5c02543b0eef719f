"""Depth cleaned and read at the keypoints of a walk, while the frames stream by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import Frame, Progress, Recording, Walk
from clinigait.perception.skin import SkinColour

#: Depth cameras for rooms know nothing nearer, and little farther (m).
RANGE_M = (0.3, 8.0)
#: Neighbouring pixels of one surface differ by no more than this, and this share of the depth.
_JUMP_MM, _JUMP_SHARE = 30.0, 0.02
#: A hole is filled where so much of the 5 x 5 pixels around it is one surface.
_FILLED_FROM = 0.6
#: Half the side of the patch that is read at a point, as a share of the person's height in the
#: picture (2.4 cm of an adult: inside of an ankle), and its bounds in pixels.
_PATCH = 0.014
_PATCH_PX = (1, 12)
#: No point of a body is farther than this along the line of sight from the middle of its points.
_REACH_M = 0.9
#: A surface counts from so many pixels, and such a share of the known ones of the patch.
_LEAST_PX, _LEAST_SHARE = 3, 0.15
#: What surrounds a person's box and still counts as near, in box heights.
_MARGIN = 0.15
#: From MAD to standard deviation.
_SD_OF_MAD = 1.4826


@dataclass(frozen=True, eq=False)
class DepthSamples:
    """The distance of the surface at every keypoint.

    Parameters
    ----------
    z_m
        (T, K) distance along the line of sight of the skin or clothes at the point; NaN unknown.
    patch_sd_m
        (T, K) robust standard deviation of the depths of its patch.
    has_depth
        (T,) whether the frame came with depth at all.
    red_over_blue
        Of the skin in the colour that came with it; None where it is not known.
    """

    z_m: NDArray[np.float64]
    patch_sd_m: NDArray[np.float64]
    has_depth: NDArray[np.bool_]
    red_over_blue: float | None = None


def sample_depth(recording: Recording, walk: Walk, progress: Progress) -> DepthSamples:
    """Play a recording once and read the depth at a walk's keypoints.

    Of each frame only two numbers a point are kept.

    Parameters
    ----------
    recording
        With depth.
    walk
        In its picture: keypoints, boxes and, where known, silhouettes.
    progress
        Called with the fraction of the work done.
    """
    shape = walk.confidence.shape
    samples = DepthSamples(
        np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(len(walk), bool)
    )
    skin = SkinColour(walk)
    index_of = {time_s: index for index, time_s in enumerate(walk.time_s)}
    for frame in recording.frames():
        index = index_of.get(frame.time_s)
        if index is None:
            continue
        if frame.depth_mm is not None:
            samples.has_depth[index] = True
            samples.z_m[index], samples.patch_sd_m[index] = _sampled(frame.depth_mm, walk, index)
        skin.look(frame.image, index)
        progress((index + 1) / len(walk))
        if index == len(walk) - 1:
            break
    return replace(samples, red_over_blue=skin.red_over_blue())


def cleaned(depth_mm: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return depth without what no surface gives: out of range, flying pixels, small holes.

    A flying pixel mixes two surfaces: it is farther than one neighbour and nearer than another,
    both by a jump.

    Parameters
    ----------
    depth_mm
        (height, width), 0 where unknown.
    """
    low_mm, high_mm = (1000 * limit for limit in RANGE_M)
    depth = np.where((depth_mm >= low_mm) & (depth_mm <= high_mm), depth_mm, 0).astype(np.float32)
    nearest, farthest = _extremes(depth)
    jump = _JUMP_MM + _JUMP_SHARE * depth
    depth[(depth - nearest > jump) & (farthest - depth > jump)] = 0
    return _without_holes(depth)


def _extremes(depth: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the nearest and the farthest known depth of the 3 x 3 pixels around each."""
    kernel = np.ones((3, 3), np.uint8)
    nearest = cv2.erode(np.where(depth > 0, depth, np.float32(1e6)), kernel)
    return np.asarray(nearest, np.float32), np.asarray(cv2.dilate(depth, kernel), np.float32)


def _without_holes(depth: NDArray[np.float32]) -> NDArray[np.uint16]:
    known = (depth > 0).astype(np.float32)
    window = (5, 5)
    share = cv2.boxFilter(known, -1, window, borderType=cv2.BORDER_CONSTANT)
    total = cv2.boxFilter(depth, -1, window, borderType=cv2.BORDER_CONSTANT)
    nearest, farthest = _extremes(depth)
    mean = total / np.maximum(share, 1e-6)
    one_surface = (share >= _FILLED_FROM) & (farthest - nearest <= _JUMP_MM + _JUMP_SHARE * mean)
    filled = np.where((depth == 0) & one_surface, mean, depth)
    return np.asarray(np.rint(filled), np.uint16)


def _sampled(
    depth_mm: NDArray[np.uint16], walk: Walk, index: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (K,) distance and spread in m at the points of one frame."""
    points = walk.keypoints[index]
    seen = np.flatnonzero(np.isfinite(points).all(axis=1))
    z_m, sd_m = np.full(len(points), np.nan), np.full(len(points), np.nan)
    if not len(seen):
        return z_m, sd_m
    box = _box(walk, index, points[seen])
    radius_px = int(np.clip(round(_PATCH * (box[3] - box[1])), *_PATCH_PX))
    corner, crop = _crop(depth_mm, box, radius_px)
    if not crop.size:
        return z_m, sd_m
    patches = _patches(cleaned(crop), points[seen] - corner, radius_px)
    on_body = _on_body(walk, index, points[seen], radius_px)
    patches = np.where(_believed_mask(patches, on_body), patches, 0)
    first = np.array([_surface(patch[patch > 0])[0] for patch in patches])
    if np.isfinite(first).any():
        middle = float(np.nanmedian(first))
        patches[np.abs(patches - middle) > 1000 * _REACH_M] = 0
        found = np.array([_surface(patch[patch > 0]) for patch in patches])
        z_m[seen], sd_m[seen] = found.T / 1000
    return z_m, sd_m


def _box(walk: Walk, index: int, seen: NDArray[np.float64]) -> NDArray[np.float64]:
    if walk.boxes_px is not None and np.isfinite(walk.boxes_px[index]).all():
        return np.asarray(walk.boxes_px[index])
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)])


def _crop(
    depth_mm: NDArray[np.uint16], box: NDArray[np.float64], radius_px: int
) -> tuple[NDArray[np.float64], NDArray[np.uint16]]:
    """Return the upper left corner (x, y) of the person's surroundings, and their depth."""
    margin = _MARGIN * (box[3] - box[1]) + radius_px + 2
    x0, y0 = (max(0, int(side - margin)) for side in box[:2])
    x1, y1 = (max(0, int(side + margin) + 1) for side in box[2:])
    return np.array([x0, y0], np.float64), depth_mm[y0:y1, x0:x1]


def _patches(
    depth: NDArray[np.uint16], points: NDArray[np.float64], radius_px: int
) -> NDArray[np.float64]:
    """Return (N, pixels) depths in mm around each point; 0 outside of the picture."""
    x, y = _pixels(points, radius_px)
    height, width = depth.shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    values = depth[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.where(inside, values, 0).astype(np.float64)


def _pixels(
    points: NDArray[np.float64], radius_px: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    steps = np.arange(-radius_px, radius_px + 1)
    dx, dy = (grid.ravel() for grid in np.meshgrid(steps, steps))
    middle = np.rint(points).astype(np.int64)
    return middle[:, :1] + dx, middle[:, 1:] + dy


def _on_body(
    walk: Walk, index: int, points: NDArray[np.float64], radius_px: int
) -> NDArray[np.bool_]:
    """Return (N, pixels) which pixels of the patches the silhouette holds; all without one."""
    x, y = _pixels(points, radius_px)
    if walk.silhouettes is None:
        return np.ones(x.shape, bool)
    mask = walk.silhouettes.mask(index)
    affine = walk.silhouettes.affine[index]
    column = np.rint(affine[0, 0] * x + affine[0, 1] * y + affine[0, 2]).astype(np.int64)
    row = np.rint(affine[1, 0] * x + affine[1, 1] * y + affine[1, 2]).astype(np.int64)
    height, width = mask.shape
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    found = mask[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return np.asarray(inside & found)


def _believed_mask(patches: NDArray[np.float64], on_body: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep to the silhouette, but where it misses a limb altogether."""
    enough = ((patches > 0) & on_body).sum(axis=1) >= _LEAST_PX
    return np.asarray(on_body | ~enough[:, None])


def _surface(depths_mm: NDArray[np.float64]) -> tuple[float, float]:
    """Return depth and spread of the nearest surface in a patch: the limb, not what is behind."""
    if len(depths_mm) < _LEAST_PX:
        return np.nan, np.nan
    depths = np.sort(depths_mm)
    ends = np.flatnonzero(np.diff(depths) > _JUMP_MM + _JUMP_SHARE * depths[:-1]) + 1
    bounds = np.concatenate([[0], ends, [len(depths)]])
    least = max(_LEAST_PX, _LEAST_SHARE * len(depths))
    first = int(np.argmax(np.diff(bounds) >= least))
    surface = depths[bounds[first] : bounds[first + 1]]
    if len(surface) < _LEAST_PX:
        return np.nan, np.nan
    middle = float(np.median(surface))
    return middle, _SD_OF_MAD * float(np.median(np.abs(surface - middle)))


def crops(
    frame: Frame, affine: NDArray[np.float64], size_px: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint16] | None]:
    """Cut the same piece out of the colour and the depth of a frame, for what learns from both.

    Parameters
    ----------
    frame
        The frame.
    affine
        (2, 3) matrix that takes image pixels to pixels of the piece.
    size_px
        (width, height) of the piece.

    Returns
    -------
    colour, depth_mm
        (height, width, 3) and (height, width), the depth by the nearest pixel: never between two
        surfaces; None where the frame has no depth.
    """
    colour = np.asarray(cv2.warpAffine(frame.image, affine, size_px), np.uint8)
    if frame.depth_mm is None:
        return colour, None
    depth = cv2.warpAffine(frame.depth_mm, affine, size_px, flags=cv2.INTER_NEAREST)
    return colour, np.asarray(depth, np.uint16)
