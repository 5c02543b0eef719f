"""Depth pictures with what depth cameras do to them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.synthesis.backdrop import seen
from clinigait.synthesis.compiled import compiled
from clinigait.synthesis.figure import AID_MATERIAL, Figure
from clinigait.synthesis.scene import Shot

#: Neighbours that differ more than this, and this share of the distance, are of two things, and
#: pixels between them are mixed.
_EDGE_M, _EDGE_SHARE = 0.08, 0.04
#: Cloth drops out in patches of about so many pixels.
_PATCH_PX = 4
_MM = 1000.0
_FARTHEST_MM = 65_534.0


@dataclass(frozen=True)
class Depth:
    """(H, W) uint16 mm along the line of sight; 0 where nothing is known.

    Parameters
    ----------
    noise_m
        Standard deviation at 1 m; it grows with the square of the distance, as for cameras that
        triangulate: 1.4 mm at 1 m, 2.3 cm at 4 m (``docs/rgbd.md``).
    range_m
        Nearest and farthest that is measured.
    flying_share, hole_share
        Shares of the pixels at edges that lie between the two things, and that are lost.
    baseline_m
        Distance to the second camera (or the projector) on the right: what it does not see is
        lost; 0 for none.
    dark_grey, dark_share
        Surfaces darker than this grey, 0 to 1, lose up to this share of their pixels.
    step_mm
        Depths are multiples of it.
    """

    noise_m: float = 0.0014
    range_m: tuple[float, float] = (0.3, 8.0)
    flying_share: float = 0.25
    hole_share: float = 0.35
    baseline_m: float = 0.05
    dark_grey: float = 0.20
    dark_share: float = 0.5
    step_mm: int = 1
    name: str = "depth"

    def __post_init__(self) -> None:
        low, high = self.range_m
        shares = (self.flying_share, self.hole_share, self.dark_share)
        if not (0 <= low < high and self.noise_m >= 0 and self.step_mm >= 1):
            raise BadInputError(
                "A depth camera has a range from near to far, noise of 0 or more, and steps of "
                "1 mm or more.",
                "Correct range_m, noise_m or step_mm.",
            )
        if not all(0 <= share <= 1 for share in shares) or sum(shares[:2]) > 1:
            raise BadInputError(
                "Shares of lost pixels are 0 to 1, those at edges 1 at most together.",
                "Correct flying_share, hole_share or dark_share.",
            )

    def take(self, shot: Shot, rng: np.random.Generator) -> NDArray[np.uint16]:
        """Return the depth picture of one moment."""
        depth, grey = _exact(shot)
        shape = depth.shape
        lost = np.zeros(shape, np.bool_)
        if self.dark_share > 0:
            patches = (-(-shape[0] // _PATCH_PX), -(-shape[1] // _PATCH_PX))
            coarse = rng.random(patches, dtype=np.float32)
            smooth = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
            fine = np.asarray(0.6 * smooth + 0.4 * rng.random(shape, dtype=np.float32))
            darkness = np.clip(1 - grey / max(self.dark_grey, 1e-6), 0, 1)
            # Half of the values are below 0.5: patches go first.
            lost |= fine < 0.5 + (self.dark_share * darkness - 0.5) * 0.8
            lost &= darkness > 0
        if self.baseline_m > 0:
            _mark_unseen(depth, shot.lens.fx_px * self.baseline_m, lost)
        mixed = depth.copy()
        chance = rng.random((2, *shape), dtype=np.float32)
        _mix_edges(depth, chance, np.array([self.flying_share, self.hole_share]), mixed, lost)
        noise = rng.standard_normal(shape, dtype=np.float32)
        mixed += np.float32(self.noise_m) * mixed * mixed * noise
        lost |= ~((mixed >= self.range_m[0]) & (mixed <= self.range_m[1]))
        steps = np.round(mixed * np.float32(_MM / self.step_mm)) * self.step_mm
        return np.where(lost | (steps > _FARTHEST_MM), 0, steps).astype(np.uint16)


def exact_depth_m(shot: Shot) -> NDArray[np.float32]:
    """Return (H, W) float32 m of the person and the room, without noise; 0 where nothing is."""
    return _exact(shot)[0]


def _exact(shot: Shot) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the distance of every pixel, and how bright what it shows is, 0 to 1."""
    depth = shot.raster.depth_m()
    n_aid = len(shot.surface.faces) - shot.surface.n_figure
    greys = np.concatenate([_greys(shot.figure), np.full(n_aid, 128, np.uint8)])
    grey = shot.raster.labels(greys).astype(np.float32) / np.float32(255)
    if shot.backdrop is not None:
        room = seen(shot.backdrop, shot.lens, shot.place)
        behind = (depth == 0) | (room.depth_m < depth)
        depth = np.where(behind, room.depth_m, depth)
        light = room.albedo.mean(axis=2)
        grey = np.where(behind, np.sqrt(light), grey)
    return depth, grey


@lru_cache(maxsize=4)
def _greys(figure: Figure) -> NDArray[np.uint8]:
    """Return (F,) how bright every triangle is, 0 to 255."""
    inside = figure.fields[figure.faces].mean(axis=1) > 0
    uppermost = (inside * np.arange(1, AID_MATERIAL)).max(axis=1)
    layer = np.where(figure.layer_of_face > 0, figure.layer_of_face, uppermost)
    cloth = np.array([material.colour for material in figure.materials]).mean(axis=1)
    skin = figure.albedo[figure.faces].mean(axis=(1, 2))
    return np.asarray(np.clip(255 * np.where(layer > 0, cloth[layer], skin), 0, 255), np.uint8)


@compiled
def _mark_unseen(depth: NDArray[np.float32], scale: float, lost: NDArray[np.bool_]) -> None:
    """Mark what a second camera on the right does not see, since something nearer hides it."""
    for row in range(depth.shape[0]):
        least = np.inf
        for column in range(depth.shape[1] - 1, -1, -1):
            if depth[row, column] <= 0:
                continue
            there = column - scale / depth[row, column]
            # Neighbours on one surface come out in order, but for the roundness of a body.
            if there > least + 0.5:
                lost[row, column] = True
            least = min(least, there)


@compiled
def _mix_edges(
    depth: NDArray[np.float32],
    chance: NDArray[np.float32],
    shares: NDArray[np.float64],
    mixed: NDArray[np.float32],
    lost: NDArray[np.bool_],
) -> None:
    """Put pixels at edges between the two things that they show, or lose them."""
    height, width = depth.shape
    for row in range(height):
        for column in range(width):
            here = depth[row, column]
            if here <= 0:
                continue
            other = here
            for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                y, x = row + dy, column + dx
                if not (0 <= y < height and 0 <= x < width) or depth[y, x] <= 0:
                    continue
                if abs(depth[y, x] - here) > abs(other - here):
                    other = depth[y, x]
            is_edge = abs(other - here) >= max(_EDGE_M, _EDGE_SHARE * here)
            if is_edge and chance[0, row, column] < shares[0]:
                mixed[row, column] = here + (other - here) * chance[1, row, column]
            elif is_edge and chance[0, row, column] < shares[0] + shares[1]:
                lost[row, column] = True
