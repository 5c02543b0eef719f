"""From where made people are looked at, and which part of the picture a network gets to see."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Extrinsics, Intrinsics
from clinigait.perception.hrnet.topdown import Window, window
from clinigait.synthesis.cameras import Lens, Placement, oblique

#: A picture that is never drawn, in which the person's box is found.
_WHOLE = Lens((1000, 1000), 1000.0)
#: Clinics film from these angles.
_USUAL_DEG = (0.0, 90.0, 180.0, 270.0)
#: A box that the picture's edge leaves so little of is nobody that a detector finds.
_LEAST_LEFT = 0.35
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PoseView:
    """A camera that shows what a crop shows.

    Parameters
    ----------
    lens
        Of the crop; width and height are the crop's.
    place
        Where the world lies as the camera sees it.
    angle_deg
        From which side: 0 is in front, for somebody who walks along x.
    edges_px
        x0, y0, x1, y1: where the picture ends, in pixels of the crop; beyond it is nothing.
    """

    lens: Intrinsics
    place: Extrinsics
    angle_deg: float
    edges_px: tuple[float, float, float, float]

    @property
    def eye_m(self) -> Floats:
        """(3,) where the camera stands."""
        return np.asarray(-np.array(self.place.rotation).T @ np.array(self.place.translation_m))

    def inside(self, pixels: Floats) -> NDArray[np.bool_]:
        """Return (K,) which of (K, 2) pixels of the crop the picture shows."""
        low = np.maximum(np.array(self.edges_px[:2]), 0) - 0.5
        high = np.minimum(np.array(self.edges_px[2:]), np.array(self.lens.size_px) - 1) + 0.5
        with np.errstate(invalid="ignore"):
            return np.asarray(((pixels >= low) & (pixels < high)).all(axis=1))

    def cut(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a crop that is black where the picture has ended."""
        x0, y0, x1, y1 = (math.ceil(edge - 0.5) for edge in self.edges_px)
        height, width = picture.shape[:2]
        if x0 <= 0 and y0 <= 0 and x1 >= width - 1 and y1 >= height - 1:
            return picture
        kept = np.zeros_like(picture)
        rows = slice(max(y0, 0), max(min(y1 + 1, height), 0))
        columns = slice(max(x0, 0), max(min(x1 + 1, width), 0))
        kept[rows, columns] = picture[rows, columns]
        return kept


def drawn_view(
    rng: np.random.Generator, points_m: NDArray[np.float32], size_px: tuple[int, int]
) -> PoseView:
    """Draw a camera, the edges of its picture, and a box that a detector might find.

    Parameters
    ----------
    rng
        Chance.
    points_m
        (V, 3) the person's surface, over the origin.
    size_px
        Width and height of the crop.
    """
    angle_deg = _drawn_angle_deg(rng)
    height_m = float(np.clip(rng.normal(1.2, 0.45), 0.25, 2.35))
    distance_m = float(np.exp(rng.uniform(math.log(1.9), math.log(11.0))))
    middle = float(points_m[:, 2].max()) / 2
    roll_deg = float(rng.normal(0, 12 if rng.random() < 0.1 else 3))
    looking = Placement(
        distance_m=distance_m,
        height_m=height_m,
        tilt_deg=math.degrees(math.atan2(height_m - middle, distance_m)) + float(rng.normal(0, 6)),
        roll_deg=roll_deg,
        # Beside the middle of the picture everything is seen a little from the side.
        middle_m=(float(rng.normal(0, 0.12) * distance_m), float(rng.normal(0, 0.12) * distance_m)),
    )
    place = oblique(_WHOLE, looking, angle_deg=angle_deg).at(0.0)
    pixels = _WHOLE.intrinsics().project(place.apply(points_m[::7].astype(np.float64)))
    box = np.concatenate([np.nanmin(pixels, axis=0), np.nanmax(pixels, axis=0)])
    edges = _drawn_edges(rng, box)
    kept = np.concatenate([np.maximum(box[:2], edges[:2]), np.minimum(box[2:], edges[2:])])
    view = window(_loose(rng, kept), size_px, 1.25)
    lens = lens_of(view, size_px, _WHOLE.intrinsics())
    x0, y0, x1, y1 = (float(v) for v in in_window(edges.reshape(2, 2), view, size_px).ravel())
    return PoseView(lens, place, angle_deg, (x0, y0, x1, y1))


def in_window(pixels: Floats, view: Window, size_px: tuple[int, int]) -> Floats:
    """Take (..., 2) pixels of a picture to those of a crop, as UDP counts them."""
    scale = (np.array(size_px) - 1) / view.size
    return np.asarray((pixels - view.centre + view.size / 2) * scale)


def lens_of(view: Window, size_px: tuple[int, int], whole: Intrinsics) -> Intrinsics:
    """Return the lens that draws the window of a picture as a crop."""
    x, y = ((side - 1) / extent for side, extent in zip(size_px, view.size, strict=True))
    middle = in_window(np.array([whole.cx_px, whole.cy_px]), view, size_px)
    return Intrinsics(
        size_px, x * whole.fx_px, y * whole.fy_px, float(middle[0]), float(middle[1]),
        source="synthesis",
    )  # fmt: skip


def _drawn_angle_deg(rng: np.random.Generator) -> float:
    if rng.random() < 0.45:
        return _USUAL_DEG[int(rng.integers(len(_USUAL_DEG)))] + float(rng.normal(0, 10))
    return float(rng.uniform(0, 360))


def _drawn_edges(rng: np.random.Generator, box: Floats) -> Floats:
    """Draw where the picture ends: mostly far away, sometimes in the middle of the person."""
    edges = np.array([-np.inf, -np.inf, np.inf, np.inf])
    size = np.tile(box[2:] - box[:2], 2)
    outward = np.array([-1, -1, 1, 1])
    if rng.random() < 0.28:
        side = int(rng.choice(4, p=[0.2, 0.15, 0.2, 0.45]))
        way = float(rng.uniform(-0.45 if side == 3 else -0.25, 0.2))
        edges[side] = box[side] + outward[side] * way * size[side]
    low, high = np.maximum(box[:2], edges[:2]), np.minimum(box[2:], edges[2:])
    if np.prod(np.maximum(high - low, 0)) < _LEAST_LEFT * np.prod(box[2:] - box[:2]):
        return np.array([-1e6, -1e6, 1e6, 1e6])
    return np.asarray(np.clip(edges, -1e6, 1e6))


def _loose(rng: np.random.Generator, box: Floats) -> Floats:
    """Return a box as a detector or a tracker gives it: never quite the person's."""
    size, middle = box[2:] - box[:2], (box[:2] + box[2:]) / 2
    grown = size * np.exp(rng.normal(0.04, 0.09)) * np.exp(rng.normal(0, 0.05, 2))
    moved = middle + rng.normal(0, 0.04, 2) * size
    return np.concatenate([moved - grown / 2, moved + grown / 2])
