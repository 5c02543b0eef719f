"""Where the keypoints put the body in the masks of its silhouettes."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Side, Silhouettes, Walk, body_height, limbs_of

#: cv2 draws in whole pixels; so many bits of the coordinates are fractions.
_SHIFT = 4
#: A point that goes missing for no longer than this is where a line between its neighbours says.
_BRIDGED_S = 0.25


class BodyInMasks:
    """The limbs of a walk as capsules, in mask pixels of each frame.

    Parameters
    ----------
    walk
        A walk in a picture.
    silhouettes
        Its silhouettes.
    """

    def __init__(self, walk: Walk, silhouettes: Silhouettes) -> None:
        self._size = (silhouettes.bits.shape[1], silhouettes.width)
        points = bridged(walk.time_s, walk.keypoints)
        self.affine = silhouettes.affine
        #: (T,) mask pixels in an image pixel.
        self.scale = np.sqrt(np.abs(np.linalg.det(self.affine[:, :, :2])))
        #: (T,) body height in mask pixels, NaN where it is never seen.
        self.height = body_height(points, walk.layout) * self.scale
        self._limbs = limbs_of(walk.layout)
        in_masks = _moved(points, self.affine)
        layout = walk.layout
        #: (T, limbs, 2, 2) ends of every limb.
        self.ends = np.stack([limb.ends(in_masks, layout) for limb in self._limbs], axis=1)
        self._radii = np.array([limb.radius_bh for limb in self._limbs])
        self._legs = [limb.part in ("thigh", "shank", "foot") for limb in self._limbs]
        self._wrists = {
            side: in_masks[:, layout.index("wrist", side)]
            for side in SIDES
            if f"{side}_wrist" in layout
        }

    def legs_known(self, frame: int) -> bool:
        """Whether both legs are known whole: only then is what lies beside them no leg."""
        ends = self.ends[frame, self._legs]
        return bool(len(ends) and np.isfinite(ends).all() and np.isfinite(self.height[frame]))

    def all_known(self, frame: int) -> bool:
        """Whether every limb is known."""
        return bool(np.isfinite(self.ends[frame]).all() and np.isfinite(self.height[frame]))

    def drawn(self, frame: int, factor: float, more_bh: float) -> NDArray[np.uint8]:
        """Return a mask of the known limbs, their radii times ``factor`` plus ``more_bh``."""
        mask = np.zeros(self._size, np.uint8)
        if not np.isfinite(self.height[frame]):
            return mask
        breadth = 2 * self.height[frame] * (factor * self._radii + more_bh)
        known = np.isfinite(self.ends[frame]).all(axis=(1, 2))
        ends = np.clip(self.ends[frame][known], -1e4, 1e4) * 2**_SHIFT
        pens = np.maximum(breadth[known].round(), 1).astype(int)
        for ((x0, y0), (x1, y1)), pen in zip(
            ends.round().astype(int).tolist(), pens.tolist(), strict=True
        ):
            cv2.line(mask, (x0, y0), (x1, y1), 1, pen, cv2.LINE_8, _SHIFT)
        return mask

    def hands(self, frame: int) -> dict[Side, NDArray[np.float64]]:
        """Return the wrists that are known, in mask pixels."""
        found = {side: places[frame] for side, places in self._wrists.items()}
        return {side: place for side, place in found.items() if np.isfinite(place).all()}

    def lowest(self, frame: int) -> float:
        """Return the row of the lowest end of a limb: about the floor; NaN where none is known."""
        rows = self.ends[frame, :, :, 1]
        return float(rows[np.isfinite(rows)].max()) if np.isfinite(rows).any() else np.nan


def bridged(time_s: NDArray[np.float64], keypoints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T, K, 2) points with short gaps bridged by a line."""
    filled = keypoints.copy()
    for point in range(keypoints.shape[1]):
        known = np.flatnonzero(np.isfinite(keypoints[:, point, 0]))
        for before, after in pairwise(known):
            if after - before > 1 and time_s[after] - time_s[before] <= _BRIDGED_S:
                gap = slice(before + 1, after)
                share = (time_s[gap] - time_s[before]) / (time_s[after] - time_s[before])
                ends = keypoints[[before, after], point]
                filled[gap, point] = ends[0] + share[:, None] * (ends[1] - ends[0])
    return filled


def _moved(points: NDArray[np.float64], affine: NDArray[np.float64]) -> NDArray[np.float64]:
    turned = np.einsum("tij,tkj->tki", affine[:, :, :2], points)
    return np.asarray(turned + affine[:, None, :, 2])
