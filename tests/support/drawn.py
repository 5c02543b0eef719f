"""A walker with silhouettes: the stick figure, its limbs drawn as capsules into moving crops."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import KeypointLayout, Silhouettes, Walk, body_height, limbs_of
from clinigait.core.layout import BLAZEPOSE_33
from support.walker import Gait, synthetic_walk

MASK_PX = 256


def drawn_walk(gait: Gait | None = None, layout: KeypointLayout = BLAZEPOSE_33) -> Walk:
    """Return a walk whose masks hold the figure's limbs, as thick as limbs are.

    The crops follow the body; their size goes up and down by a tenth, so that no two frames have
    the same affine.
    """
    walk = synthetic_walk(gait or Gait(duration_s=1.5, rate_hz=30, start_x_m=-1.0), layout)
    knuckles = {f"{s}_{p}" for s in ("left", "right") for p in ("index", "pinky", "thumb")}
    for name in knuckles & set(layout.points):
        side = name.split("_")[0]
        elbow, wrist = (walk.keypoints[:, layout.index(p, side)] for p in ("elbow", "wrist"))
        walk.keypoints[:, layout.index(name)] = wrist + 0.3 * (wrist - elbow)
        walk.confidence[:, layout.index(name)] = 0.95
    middle = walk.keypoints[:, layout.index("left_hip")]
    side_px = 600 * (1 + 0.1 * np.sin(np.arange(len(walk))))
    scale = MASK_PX / side_px
    affine = np.zeros((len(walk), 2, 3))
    affine[:, 0, 0] = affine[:, 1, 1] = scale
    affine[:, :, 2] = MASK_PX / 2 - scale[:, None] * middle
    masks = np.stack([draw(walk, frame, affine[frame]) for frame in range(len(walk))])
    return with_masks(walk, masks, affine)


def draw(walk: Walk, frame: int, affine: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return the (256, 256) mask of the figure's limbs in one frame."""
    mask = np.zeros((MASK_PX, MASK_PX), np.uint8)
    height = body_height(walk.keypoints, walk.layout)[frame] * affine[0, 0]
    for limb in limbs_of(walk.layout):
        ends = limb.ends(walk.keypoints, walk.layout)[frame] @ affine[:, :2].T + affine[:, 2]
        if np.isfinite(ends).all():
            start, end = (tuple(int(v) for v in np.round(16 * end)) for end in ends)
            cv2.line(mask, start, end, 1, round(2 * limb.radius_bh * height), cv2.LINE_8, 4)
    return mask > 0


def with_masks(walk: Walk, masks: NDArray[np.bool_], affine: NDArray[np.float64]) -> Walk:
    """Return the walk with other masks."""
    bits = np.stack([Silhouettes.pack(mask) for mask in masks])
    return replace(walk, silhouettes=Silhouettes(bits, masks.shape[2], affine))


def masks_of(walk: Walk) -> NDArray[np.bool_]:
    """Return (T, height, width) masks."""
    assert walk.silhouettes is not None
    return np.stack([walk.silhouettes.mask(frame) for frame in range(len(walk))])
