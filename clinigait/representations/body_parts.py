"""Which part of the body every pixel belongs to, from keypoints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, BadInputError, Limb, Side, Space, Walk, body_height, limbs_of
from clinigait.representations.silhouettes import AlignedSilhouettes

_SIDED = ("upper_arm", "forearm", "hand", "thigh", "shank", "foot")
#: What the labels mean. ``unknown`` is body of which no known limb is near.
PARTS = (
    "background",
    "head",
    "torso",
    *(f"{side}_{part}" for part in _SIDED for side in SIDES),
    "unknown",
)
UNKNOWN = len(PARTS) - 1
#: The field's eleven groups, in its usual order after the background. ``dress`` is never given:
#: keypoints know nothing of clothes.
GROUPS = (
    "background", "head", "torso", "left_arm", "right_arm", "left_hand", "right_hand",
    "left_leg", "right_leg", "left_foot", "right_foot", "dress",
)  # fmt: skip
_GROUP = {"upper_arm": "arm", "forearm": "arm", "thigh": "leg", "shank": "leg"}
_ARM = ("upper_arm", "forearm", "hand")
#: Pixels of a silhouette further than this beyond all known limbs belong to one that is not
#: known: clothes and the fat of a body reach less far from its limbs.
_BEYOND_BH = 0.06
#: Pixels from this grey on are body.
_BODY_GREY = 128
#: Of limbs that are equally near, up to so many pixels a layer, the one in front counts.
_TIE_PX = 0.01
#: So many pixels times limbs are worked on at a time: they stay in a processor's cache.
_AT_A_TIME = 300_000


@dataclass(frozen=True, eq=False)
class BodyParts:
    """Labels of one walk.

    Parameters
    ----------
    labels
        (N, height, width) uint8 numbers of :data:`PARTS`.
    known
        (N, len(PARTS)) whether the frame's keypoints show the part at all.
    """

    labels: NDArray[np.uint8]
    known: NDArray[np.bool_]

    def groups(self) -> NDArray[np.uint8]:
        """Return (N, height, width) uint8 numbers of :data:`GROUPS`; unknown is background."""
        return _GROUP_OF_PART[self.labels]


def body_parts(walk: Walk, aligned: AlignedSilhouettes, near_side: Side | None = None) -> BodyParts:
    """Label every pixel of aligned silhouettes; see :func:`label_parts`."""
    return label_parts(
        walk,
        aligned.frames,
        aligned.affine,
        aligned.images >= _BODY_GREY,
        near_side=near_side,
    )


def label_parts(
    walk: Walk,
    frames: NDArray[np.intp],
    affine: NDArray[np.float64],
    body: NDArray[np.bool_] | tuple[int, int],
    *,
    near_side: Side | None = None,
) -> BodyParts:
    """Label pixels by the limb that they belong to.

    Every limb is a capsule around the way between its keypoints, as thick as such limbs are in
    body heights (:mod:`clinigait.core.limbs`). A pixel inside several takes the one in front: arms
    before the trunk, and where it is known which side is near the camera, near limbs before far
    ones and the trunk before the far arm and leg; within a layer the one that it is deepest in.
    Where the silhouette is given, body outside of all capsules takes the limb whose surface is
    nearest, and is ``unknown`` far from all known ones; background gets no label.

    Left out: clothes (``dress``) have no keypoints, hair and neck count as head or trunk by what
    is nearer, and layouts without heels and toes give no feet, whose pixels then count as shank.

    Parameters
    ----------
    walk
        A walk in a picture.
    frames
        (N,) which frames of it.
    affine
        (N, 2, 3) matrices that take image pixels to pixels of the labels.
    body
        (N, height, width) silhouettes in those pixels; or (height, width) where there are none:
        then only the capsules themselves are labelled.
    near_side
        Side of the body near the camera, where it is seen from the side.

    Returns
    -------
    BodyParts
        Labels of the frames.

    Raises
    ------
    BadInputError
        If the walk is not in a picture.
    """
    if walk.space is not Space.IMAGE_PX:
        raise BadInputError(
            "Body parts are drawn into a picture, but these points are in metres.",
            "Give keypoints in the picture.",
        )
    limbs = limbs_of(walk.layout)
    numbers = np.array([PARTS.index(_name(limb)) for limb in limbs])
    layers = np.array([_layer(limb, near_side) for limb in limbs])
    scale = np.sqrt(np.abs(np.linalg.det(affine[:, :, :2])))
    height = body_height(walk.keypoints, walk.layout)[frames] * scale
    ends = np.stack([limb.ends(walk.keypoints, walk.layout)[frames] for limb in limbs], axis=1)
    ends = np.einsum("nij,nlej->nlei", affine[:, :, :2], ends) + affine[:, None, None, :, 2]
    radii = np.array([limb.radius_bh for limb in limbs]) * height[:, None]
    shape = body if isinstance(body, tuple) else (body.shape[1], body.shape[2])
    labels = np.zeros((len(frames), *shape), np.uint8)
    step = max(1, _AT_A_TIME // (len(limbs) * shape[0] * shape[1]))
    for start in range(0, len(frames), step):
        batch = slice(start, start + step)
        depth = _depth(ends[batch], radii[batch], shape)
        inside = None if isinstance(body, tuple) else body[batch]
        beyond = _BEYOND_BH * height[batch]
        labels[batch] = _labelled(depth, layers, numbers, inside, beyond)
    known = np.zeros((len(frames), len(PARTS)), bool)
    for column, number in enumerate(numbers):
        known[:, number] |= np.isfinite(ends[:, column]).all(axis=(1, 2)) & np.isfinite(height)
    return BodyParts(labels, known)


def _name(limb: Limb) -> str:
    return limb.part if limb.side is None else f"{limb.side}_{limb.part}"


def _layer(limb: Limb, near_side: Side | None) -> int:
    """Layers from the back to the front."""
    if near_side is not None and limb.side not in (None, near_side):
        return 0 if limb.part in _ARM else 1
    return 3 if limb.part in _ARM else 2


def _depth(
    ends: NDArray[np.float64], radii: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """(N, limbs, H, W) depth of every pixel inside of every capsule, negative outside.

    Minus infinity for limbs that are not known.
    """
    rows, columns = (np.arange(n, dtype=np.float32) for n in shape)
    known = np.isfinite(ends).all(axis=(2, 3)) & np.isfinite(radii)
    placed = np.where(known[:, :, None, None], ends, 0.0).astype(np.float32)
    start, way = placed[:, :, 0], placed[:, :, 1] - placed[:, :, 0]
    dx = columns - start[:, :, 0, None, None]
    dy = rows[:, None] - start[:, :, 1, None, None]
    way_x, way_y = way[:, :, 0, None, None], way[:, :, 1, None, None]
    share = (way_x * dx + way_y * dy) / np.maximum(way_x**2 + way_y**2, np.float32(1e-6))
    np.clip(share, 0.0, 1.0, out=share)
    away = np.sqrt((dx - share * way_x) ** 2 + (dy - share * way_y) ** 2)
    thick = np.where(known, radii, 0.0).astype(np.float32)[:, :, None, None]
    depth = thick - away
    depth[~known] = -np.inf
    return np.asarray(depth, np.float32)


def _labelled(
    depth: NDArray[np.float32],
    layers: NDArray[np.intp],
    numbers: NDArray[np.intp],
    body: NDArray[np.bool_] | None,
    beyond: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """(N, H, W) labels from the depths in the capsules."""
    in_front = (layers * _TIE_PX).astype(np.float32)[:, None, None]
    deepest = (depth + in_front).argmax(axis=1)
    best = np.take_along_axis(depth, deepest[:, None], axis=1)[:, 0]
    labels = numbers[deepest]
    for layer in np.unique(layers):
        these = np.flatnonzero(layers == layer)
        inner = depth[:, these].argmax(axis=1)
        covered = np.take_along_axis(depth[:, these], inner[:, None], axis=1)[:, 0] >= 0
        labels = np.where(covered, numbers[these[inner]], labels)
    if body is None:
        return np.where(best >= 0, labels, 0).astype(np.uint8)
    # A body of unknown height has no known limb: the comparison with NaN is false, as it should be.
    near = best >= -beyond[:, None, None]
    return np.where(body, np.where(near, labels, UNKNOWN), 0).astype(np.uint8)


def _group_of_part() -> NDArray[np.uint8]:
    groups = []
    for name in PARTS:
        side, _, part = name.partition("_")
        group = f"{side}_{_GROUP.get(part, part)}" if part else name
        groups.append(GROUPS.index(group) if group in GROUPS else 0)
    return np.array(groups, np.uint8)


_GROUP_OF_PART = _group_of_part()
