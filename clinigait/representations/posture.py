"""Postural asymmetry: how the left of the body differs from the right, seen from front or back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import COCO_17, SIDES, Walk, body_height
from clinigait.representations.points import in_layout, picture_points

#: The eight pairs of COCO-17 and the three measures of each, in the order of the arrays.
PAIRS = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
MEASURES = ("vertical", "midline", "angular")
_LEFT = [COCO_17.index(pair, "left") for pair in PAIRS]
_RIGHT = [COCO_17.index(pair, "right") for pair in PAIRS]
_TRUNK = [COCO_17.index(pair, side) for pair in ("shoulder", "hip") for side in SIDES]
#: Values further out than this many ranges between the quartiles are outliers (Tukey).
_TUKEY = 1.5


@dataclass(frozen=True, eq=False)
class PostureFrames:
    """Asymmetries of every frame; NaN where a point of the pair, the trunk or the size is missing.

    Parameters
    ----------
    signed
        (T, 8, 3) over :data:`PAIRS` and :data:`MEASURES`. Vertical, in body heights: positive
        where the left point is the higher one. Midline, in body heights: positive where the left
        point is further from the midline, which is the mean of the middles of shoulders and hips.
        Angular, in degrees, -90 to 90: the slope of the line between the two, positive where its
        left end is the higher one.
    """

    signed: NDArray[np.float64]

    @property
    def unsigned(self) -> NDArray[np.float64]:
        """(T, 8, 3) sizes without direction, as the postural asymmetry vector has them."""
        return np.abs(self.signed)

    def summary(self) -> Posture:
        """Return the means over the frames, outliers left out; of both forms separately."""
        signed, _ = _mean_without_outliers(self.signed)
        unsigned, n_frames = _mean_without_outliers(self.unsigned)
        return Posture(signed, unsigned, n_frames)


@dataclass(frozen=True, eq=False)
class Posture:
    """Mean asymmetries of a walk.

    Parameters
    ----------
    signed, unsigned
        (8, 3) over :data:`PAIRS` and :data:`MEASURES`; NaN where no frame has the pair, never 0.
    n_frames
        (8, 3) frames behind the unsigned values.
    """

    signed: NDArray[np.float64]
    unsigned: NDArray[np.float64]
    n_frames: NDArray[np.intp]

    @property
    def seen(self) -> NDArray[np.bool_]:
        """(8, 3) whether there is a value."""
        return np.asarray(self.n_frames > 0)


def posture_frames(walk: Walk, height: NDArray[np.float64] | float | None = None) -> PostureFrames:
    """Measure the asymmetry of eight pairs of points in every frame.

    Only front and back views show left and right apart: from the side these numbers are the
    movement of the legs and arms, not posture.

    Parameters
    ----------
    walk
        A walk in a picture or in the space of a camera.
    height
        Body height in the unit of the points, one or (T,); None takes that of the points, see
        :func:`clinigait.core.body_height`.

    Returns
    -------
    PostureFrames
        One row a frame.

    Raises
    ------
    BadInputError
        If the walk is in the space of a room.

    Notes
    -----
    Eight pairs by three measures after "Pose as Clinical Prior" (2025), arXiv 2509.00872; the
    formulas are clinigait's own reading of it.
    """
    points, _ = in_layout(walk, COCO_17)
    if height is None:
        height = body_height(picture_points(walk), walk.layout)
    tall = np.broadcast_to(np.asarray(height, float), len(points))
    tall = np.where(tall > 0, tall, np.nan)
    left, right = points[:, _LEFT], points[:, _RIGHT]
    midline = points[:, _TRUNK, 0].mean(axis=1)[:, None]
    lower = right[:, :, 1] - left[:, :, 1]
    breadth = np.abs(right[:, :, 0] - left[:, :, 0])
    away = np.abs(left[:, :, 0] - midline) - np.abs(right[:, :, 0] - midline)
    slope_deg = np.degrees(np.arctan2(lower, breadth))
    signed = np.stack([lower / tall[:, None], away / tall[:, None], slope_deg], axis=2)
    return PostureFrames(signed)


def _mean_without_outliers(
    values: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """(8, 3) mean over the frames and how many are behind it; NaN and 0 where there are none."""
    mean = np.full(values.shape[1:], np.nan)
    count = np.zeros(values.shape[1:], np.intp)
    for pair, measure in np.ndindex(*values.shape[1:]):
        known = values[:, pair, measure]
        known = known[np.isfinite(known)]
        if len(known):
            first, third = np.percentile(known, [25, 75])
            reach = _TUKEY * (third - first)
            inside = known[(known >= first - reach) & (known <= third + reach)]
            mean[pair, measure], count[pair, measure] = inside.mean(), len(inside)
    return mean, count
