"""Depth pictures as the colour camera would have taken them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Extrinsics, Intrinsics

_UNKNOWN = np.iinfo(np.uint16).max


class Aligner:
    """Moves depth pictures into the colour camera; what is in front hides what is behind.

    Everything that does not change from frame to frame is computed once.

    Parameters
    ----------
    depth, colour
        The cameras; ``colour`` at the size of the pictures that are wanted.
    place
        Where the depth camera stands as the colour camera sees it.
    """

    def __init__(self, depth: Intrinsics, colour: Intrinsics, place: Extrinsics) -> None:
        width_px, height_px = depth.size_px
        grid = np.stack(np.meshgrid(np.arange(width_px), np.arange(height_px)), axis=-1)
        rays = depth.rays(grid.reshape(-1, 2).astype(np.float64))
        self._rays = (rays @ np.array(place.rotation).T).astype(np.float32)
        self._origin_mm = 1000 * np.array(place.translation_m, dtype=np.float32)
        self._colour = colour
        # A pixel of a coarser depth picture covers several of the colour: no gaps in surfaces.
        self._footprint = max(1, int(np.ceil(colour.fx_px / depth.fx_px - 0.05)))

    def aligned(self, depth_mm: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """Return (height, width) depth in mm for the pixels of the colour picture, 0 unknown.

        Parameters
        ----------
        depth_mm
            (height, width) of the depth camera, 0 where unknown.
        """
        z = depth_mm.ravel()
        known = np.flatnonzero(z)
        points = self._rays[known] * z[known, None].astype(np.float32) + self._origin_mm
        before = (points[:, 2] >= 1) & (points[:, 2] < _UNKNOWN)
        points = points[before]
        width_px, height_px = self._colour.size_px
        places = self._colour.project(points.astype(np.float64))
        nearest = np.full(width_px * height_px, _UNKNOWN, np.uint16)
        new_mm = np.rint(points[:, 2]).astype(np.uint16)
        first = np.rint(places - (self._footprint - 1) / 2).astype(np.int64)
        for row in range(self._footprint):
            for column in range(self._footprint):
                x, y = first[:, 0] + column, first[:, 1] + row
                inside = (x >= 0) & (x < width_px) & (y >= 0) & (y < height_px)
                np.minimum.at(nearest, y[inside] * width_px + x[inside], new_mm[inside])
        nearest[nearest == _UNKNOWN] = 0
        return nearest.reshape(height_px, width_px)
