"""What a person looks like: colours of the upper and of the lower body."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

#: Rows of the box, as fractions of its height, that show head and trunk, and the legs. Feet and
#: what is beside the body are left out: they show the floor more than the person.
_HALVES = ((0.04, 0.5), (0.5, 0.94))
_INSET = 0.2
_SAMPLES = (24, 16)
#: Bins of lightness and of the two colour axes of CIELAB, and their widths on 8-bit values.
#: Lightness counts: most people in a clinic differ by dark and bright, not by hue.
_BINS = 6
_LIGHTNESS_STEP, _COLOUR_STEP = 256 / _BINS, 12.0
_LENGTH = len(_HALVES) * _BINS**3


def looks_of(image: NDArray[np.uint8], box: NDArray[np.float64]) -> NDArray[np.float16]:
    """Return the looks of what is in a box.

    Parameters
    ----------
    image
        (H, W, 3) RGB picture.
    box
        x0, y0, x1, y1, … in pixels; it may leave the picture.

    Returns
    -------
    (432,)
        Square roots of the CIELAB histograms of upper and lower body, of length 1: the product
        of two such is the Bhattacharyya coefficient. All zero where nothing is in the picture.
    """
    height, width = image.shape[:2]
    x0, y0, x1, y1 = box[:4]
    inset = _INSET * (x1 - x0)
    columns = _within(x0 + inset, x1 - inset, _SAMPLES[1], width)
    halves = []
    for top, bottom in _HALVES:
        rows = _within(y0 + top * (y1 - y0), y0 + bottom * (y1 - y0), _SAMPLES[0], height)
        if len(rows) and len(columns):
            halves.append(_histogram(image[np.ix_(rows, columns)]))
        else:
            halves.append(np.zeros(_BINS**3))
    roots = np.sqrt(np.concatenate(halves))
    return (roots / max(float(np.linalg.norm(roots)), 1e-9)).astype(np.float16)


def _within(low: float, high: float, count: int, size: int) -> NDArray[np.intp]:
    places = np.linspace(low, high, count).astype(np.intp)
    return places[(places >= 0) & (places < size)]


def _histogram(patch: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the (216,) histogram; every pixel counts in the bins on both sides of its values.

    Without that a little more light would move whole clothes from one bin to the next.
    """
    lab = cv2.cvtColor(np.ascontiguousarray(patch), cv2.COLOR_RGB2LAB).reshape(-1, 3)
    level = lab[:, 0] / _LIGHTNESS_STEP - 0.5
    colour = (lab[:, 1:] - 128.0) / _COLOUR_STEP + _BINS / 2 - 0.5
    place = np.clip(np.column_stack([level, colour]), 0, _BINS - 1)
    low = np.minimum(place.astype(np.intp), _BINS - 2)
    share = place - low
    weight = np.ones((1, len(place)))
    index = np.zeros((1, len(place)), np.intp)
    for axis in range(3):
        both = np.stack([1 - share[:, axis], share[:, axis]])
        bins = np.stack([low[:, axis], low[:, axis] + 1])
        weight = (weight[:, None] * both).reshape(-1, len(place))
        index = (index[:, None] * _BINS + bins).reshape(-1, len(place))
    counts = np.bincount(index.ravel(), weight.ravel(), _BINS**3)
    return np.asarray(counts / max(float(counts.sum()), 1.0), np.float64)


def mean_looks(looks: Sequence[NDArray[np.float16]]) -> NDArray[np.float64]:
    """Return the mean of several looks, of length 1; all zero without any."""
    if not len(looks):
        return np.zeros(_LENGTH)
    mean = np.mean(np.asarray(looks, np.float64), axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9))


def difference(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return how much two looks differ: 0 for the same, 1 for nothing in common."""
    return float(min(max(1 - float(a @ b), 0.0), 1.0))
