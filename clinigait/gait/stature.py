"""How tall the person stands in the picture, and so how long a length in the picture is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import theilslopes

from clinigait.core import SIDES, BadInputError, RefusedError, Scale, Walk
from clinigait.gait.filtering import EvenWalk

#: Height of the eyes and of the ankles over the floor as fractions of body height
#: (Drillis & Contini 1966, in Winter, Biomechanics and Motor Control, doi 10.1002/9780470549148).
_EYE_HEIGHT = 0.936
_ANKLE_HEIGHT = 0.039
#: Body heights that occur.
_BODY_HEIGHTS_M = (0.4, 2.6)
#: The envelope of standing height is taken over windows about as long as a step.
_WINDOW_S = 0.6
#: Standard uncertainty of stature from eye height: proportions differ between people by about
#: 1 %, a walking body is 1 to 2 % shorter than a standing one (inference).
_STATURE_UNCERTAINTY = 0.02


@dataclass(frozen=True)
class KnownLength:
    """Two points in the picture whose distance in the walking plane is known.

    Parameters
    ----------
    length_m
        Their distance in m.
    start_px, end_px
        The points (x, y), in pixels of the analysed frames.
    """

    length_m: float
    start_px: tuple[float, float]
    end_px: tuple[float, float]

    @property
    def length_px(self) -> float:
        """Their distance in pixels."""
        return math.dist(self.start_px, self.end_px)


def stature_px(even: EvenWalk) -> NDArray[np.float64]:
    """Return (T,) body height in pixels: the upper envelope of eye height, as a line over time.

    Raises
    ------
    RefusedError
        If head and feet are never seen together.
    """
    eyes_px = _first_known(even, ("eye", "ear", "nose"))
    floor_px, ground = _lowest_foot(even)
    standing = (floor_px - eyes_px) / (_EYE_HEIGHT - ground)
    middles, heights = _envelope(even.time_s, standing)
    if not len(middles):
        raise RefusedError(
            "cut_by_border",
            "Head and feet are never seen together.",
            "Film from further away, so that the whole body fits with room above and below.",
        )
    if len(middles) == 1:
        return np.full(len(even.time_s), max(heights[0], 1.0))
    slope, intercept, _, _ = theilslopes(heights, middles)
    line = intercept + slope * even.time_s
    return np.asarray(np.clip(line, heights.min() * 0.9, heights.max() * 1.1).clip(1.0))


def silhouette_stature_px(walk: Walk) -> float | None:
    """Return the upper envelope of the silhouettes' height in pixels, to check the eyes against."""
    if walk.silhouettes is None or not len(walk):
        return None
    heights = []
    for frame in range(len(walk)):
        rows = np.flatnonzero(walk.silhouettes.mask(frame).sum(axis=1) > 2)
        if len(rows):
            scale = walk.silhouettes.affine[frame, 1, 1]
            heights.append((rows[-1] - rows[0] + 1) / scale)
    return float(np.percentile(heights, 75)) if heights else None


def lengths_scale(
    walk: Walk, height_px: NDArray[np.float64], known: KnownLength | None
) -> tuple[Scale, NDArray[np.float64]]:
    """Return how pixels become lengths, and (T,) pixels per unit of length.

    Parameters
    ----------
    walk
        The walk; its subject's height makes metres.
    height_px
        (T,) stature in pixels.
    known
        A known length in the walking plane; it goes before the body height.
    """
    median_px = float(np.median(height_px))
    by_silhouette = silhouette_stature_px(walk)
    spread = abs(by_silhouette / median_px - 1) / 2 if by_silhouette else 0.0
    uncertainty = float(np.hypot(_STATURE_UNCERTAINTY, min(spread, 0.1)))
    if known is not None:
        # Only the walker's distance changes along the way: the stature line carries that.
        px_per_m = known.length_px / known.length_m * height_px / median_px
        _check_implied_height(median_px * known.length_m / known.length_px, walk.subject.height_m)
        return Scale("m", "known length", float(np.median(px_per_m)), 0.02), px_per_m
    if walk.subject.height_m is not None:
        px_per_m = height_px / walk.subject.height_m
        return Scale("m", "body height", float(np.median(px_per_m)), uncertainty), px_per_m
    return Scale("BH", "none", median_px, uncertainty), height_px


def _check_implied_height(implied_m: float, height_m: float | None) -> None:
    """Refuse a known length that makes a dwarf, a giant or somebody else of the person.

    Raises
    ------
    BadInputError
        If the body height that follows is impossible, or far from the one that was given.
    """
    low_m, high_m = _BODY_HEIGHTS_M if height_m is None else (0.8 * height_m, 1.25 * height_m)
    if not low_m <= implied_m <= high_m:
        raise BadInputError(
            f"By the known length the person would be {implied_m:.2f} m tall.",
            "Mark two points in the plane of the walk, in pixels of the video's own frames.",
        )


def _first_known(even: EvenWalk, points: tuple[str, ...]) -> NDArray[np.float64]:
    """Vertical position of the first of the points that is seen at all."""
    for name in points:
        pair = [f"{side}_{name}" for side in SIDES]
        names = [n for n in (*pair, name) if n in even.layout]
        if not names:
            continue
        vertical = np.stack([even.point(n)[:, 1] for n in names])
        if np.isfinite(vertical).any():
            known = np.isfinite(vertical)
            total = np.where(known, vertical, 0).sum(axis=0)
            count = known.sum(axis=0)
            return np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return np.full(len(even.time_s), np.nan)


def _lowest_foot(even: EvenWalk) -> tuple[NDArray[np.float64], float]:
    """Vertical position of the lower foot, and that point's height over the floor."""
    name, ground = ("heel", 0.0) if "left_heel" in even.layout else ("ankle", _ANKLE_HEIGHT)
    both = np.stack([even.point(name, side)[:, 1] for side in SIDES])
    lowest = np.where(np.isfinite(both), both, -np.inf).max(axis=0)
    return np.where(np.isfinite(lowest), lowest, np.nan), ground


def _envelope(
    time_s: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    windows = np.floor((time_s - time_s[0]) / _WINDOW_S).astype(int)
    middles, heights = [], []
    for window in np.unique(windows):
        inside = (windows == window) & np.isfinite(values)
        if inside.sum() >= 5:
            middles.append(time_s[inside].mean())
            heights.append(np.percentile(values[inside], 90))
    return np.array(middles), np.array(heights)
