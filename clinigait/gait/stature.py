"""How tall the person stands in the picture, and so how long a length in the picture is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import theilslopes

from clinigait.core import SIDES, BadInputError, Depth, RefusedError, Scale, Walk
from clinigait.gait.filtering import EvenWalk

#: Height of points of the head and of the ankles over the floor as fractions of body height
#: (Drillis & Contini 1966, in Winter, Biomechanics and Motor Control, doi 10.1002/9780470549148).
#: The head joint of depth cameras lies at about the height of the eyes.
_HEAD_POINTS = {"head_top": 1.0, "eye": 0.936, "ear": 0.936, "nose": 0.936, "head": 0.936}
_ANKLE_HEIGHT = 0.039
#: Body heights that occur.
_BODY_HEIGHTS_M = (0.4, 2.6)
#: Relative standard uncertainty of lengths by motion capture or a depth camera (inference).
_CALIBRATED = 0.005
#: The envelope of standing height is taken over windows about as long as a step.
_WINDOW_S = 0.6
#: On a shorter way, in body heights, the size does not change.
_LEAST_WAY_BH = 0.3
#: So few samples make no window.
_FEWEST = 5
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


@dataclass(frozen=True, eq=False)
class Stature:
    """How tall the person stands in the walk's own space, over time.

    Parameters
    ----------
    steady
        (T,) body height on a straight way: in a picture the size is a line over the place in the
        picture, whatever the speed and however often the way is walked; in metres it is constant.
    local
        (T,) body height as seen from step to step, for views in which the size changes a lot.
    """

    steady: NDArray[np.float64]
    local: NDArray[np.float64]


def stature(even: EvenWalk, up: NDArray[np.float64], across: NDArray[np.float64] | None) -> Stature:
    """Return the body height: the upper envelope of the height of the head over the feet.

    Parameters
    ----------
    even
        The walk.
    up
        Unit vector of the walk's space that points upwards.
    across
        (T,) place of the pelvis across a picture; None for a walk in metres.

    Raises
    ------
    RefusedError
        If head and feet are never seen together.
    """
    height = even.points @ up
    head, share = _head(even, height)
    floor, ground = _lowest_foot(even, height)
    middles, heights = _envelope(even.time_s, (head - floor) / (share - ground))
    if not len(middles) or heights.max() <= 0:
        raise RefusedError(
            "cut_by_border",
            "Head and feet are never seen together.",
            "Film from further away, so that the whole body fits with room above and below.",
        )
    heights = np.maximum(heights, heights.max() / 100)
    local = np.interp(even.time_s, middles, heights)
    if across is None:
        return Stature(np.full(len(local), float(np.median(heights))), local)
    return Stature(_along_a_line(even.time_s, across, middles, heights), local)


def _along_a_line(
    time_s: NDArray[np.float64],
    across: NDArray[np.float64],
    middles: NDArray[np.float64],
    heights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return (T,) sizes as a line over the place in the picture.

    On a straight way the distance to the camera is a line over the way; by the laws of the pinhole
    the size is then a line over the place in the picture.
    """
    known = np.isfinite(across)
    if not known.any():
        return np.full(len(time_s), float(np.median(heights)))
    place = np.interp(time_s, time_s[known], across[known])
    places = np.interp(middles, time_s, place)
    if np.ptp(places) < _LEAST_WAY_BH * heights.min():
        return np.full(len(time_s), float(np.median(heights)))
    slope, intercept, _, _ = theilslopes(heights, places)
    line = intercept + slope * place
    return np.asarray(np.clip(line, 0.9 * heights.min(), 1.1 * heights.max()))


def silhouette_stature_px(walk: Walk) -> float | None:
    """Return the upper envelope of the silhouettes' height in pixels, to check the eyes against."""
    if walk.silhouettes is None or not len(walk):
        return None
    heights = []
    for frame in range(len(walk)):
        rows = np.flatnonzero(walk.silhouettes.mask(frame).sum(axis=1) > 2)
        scale = walk.silhouettes.affine[frame, 1, 1]
        if len(rows) and scale > 0:
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


def space_scale(walk: Walk, height: NDArray[np.float64]) -> tuple[Scale, NDArray[np.float64]]:
    """Return how lengths of a walk in metres are reported, and (T,) metres per unit of length.

    Measured metres are taken as they are. A pose model that guessed the third dimension has
    guessed the size too: there the body height decides.

    Raises
    ------
    RefusedError
        If the body is of an impossible size: the file is not in metres.
    """
    tall = float(np.median(height))
    low_m, high_m = _BODY_HEIGHTS_M
    if not low_m <= tall <= high_m:
        raise RefusedError(
            "wrong_unit",
            f"By the file the person is {tall:.3g} m tall.",
            "Give positions in metres, or name the unit of the file.",
        )
    height_m = walk.subject.height_m
    if walk.depth is Depth.MEASURED:
        _check_measured_height(tall, height_m)
        own = walk.scale_uncertainty
        source, sd = ("calibration", _CALIBRATED) if own is None else ("depth camera", own)
        return Scale("m", source, 1.0, sd), np.ones(len(height))
    if height_m is None:
        return Scale("BH", "none", tall, _STATURE_UNCERTAINTY), np.full(len(height), tall)
    per_m = np.full(len(height), tall / height_m)
    return Scale("m", "body height", tall / height_m, _STATURE_UNCERTAINTY), per_m


def _check_measured_height(tall: float, height_m: float | None) -> None:
    if height_m is not None and not 0.8 <= tall / height_m <= 1.25:
        raise RefusedError(
            "wrong_unit",
            f"By the file the person is {tall:.2f} m tall, by the body height {height_m:.2f} m.",
            "Check the unit of the file and the body height.",
        )


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


def _head(even: EvenWalk, height: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Height of the first head point that is seen at all, and its share of the body height."""
    for name, share in _HEAD_POINTS.items():
        names = [n for n in (*(f"{side}_{name}" for side in SIDES), name) if n in even.layout]
        if not names:
            continue
        places = height[:, [even.layout.index(n) for n in names]]
        known = np.isfinite(places)
        if known.any():
            count = known.sum(axis=1)
            total = np.where(known, places, 0).sum(axis=1)
            return np.where(count > 0, total / np.maximum(count, 1), np.nan), share
    return np.full(len(even.time_s), np.nan), 1.0


def _lowest_foot(even: EvenWalk, height: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Height of the lower foot, and that point's share of the body height over the floor."""
    has_heel = "left_heel" in even.layout
    name, ground = ("heel", 0.0) if has_heel else ("ankle", _ANKLE_HEIGHT)
    both = height[:, [even.layout.index(name, side) for side in SIDES]]
    return np.fmin(both[:, 0], both[:, 1]), ground


def _envelope(
    time_s: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middle time and 90th percentile of the values in windows about as long as a step."""
    known = np.isfinite(values)
    time_s, values = time_s[known], values[known]
    if not len(values):
        return np.zeros(0), np.zeros(0)
    windows = np.floor((time_s - time_s[0]) / _WINDOW_S).astype(int)
    bounds = np.flatnonzero(np.diff(windows)) + 1
    parts = zip(np.split(time_s, bounds), np.split(values, bounds), strict=True)
    found = [(t.mean(), np.percentile(v, 90)) for t, v in parts if len(v) >= _FEWEST]
    middles, heights = np.array(found).reshape(-1, 2).T
    return middles, heights
