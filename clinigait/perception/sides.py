"""Left legs that the pose model called right, found and mended over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import KeypointLayout

#: Points that move as one side of the body, in the order of preference.
_LEG = ("hip", "knee", "ankle", "heel", "toe")
_ARM = ("elbow", "wrist", "pinky", "index", "thumb")
#: Longest gap over which motion still tells the sides apart.
_MAX_GAP_S = 0.2
#: Cost of changing one's mind between two frames, in units of the median cost of a frame:
#: without evidence the model's own labels stand.
_CHANGE_PENALTY = 3.0


def mend_sides(
    time_s: NDArray[np.float64],
    keypoints: NDArray[np.float64],
    confidence: NDArray[np.float64],
    layout: KeypointLayout,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Exchange left and right where that makes the limbs move more smoothly.

    A foot that stands and a foot that swings cross in every step; a model that looks at one
    picture at a time may come out of the crossing with the sides exchanged. Limbs cannot jump:
    of the two labellings of every frame, the sequence with the least acceleration is taken
    (dynamic programming over all frames), and the labelling that the model gave to most frames
    decides which leg is the left one.

    Parameters
    ----------
    time_s
        (T,) increasing times.
    keypoints
        (T, K, 2) positions; NaN where unknown.
    confidence
        (T, K).
    layout
        Names of the K points.

    Returns
    -------
    keypoints, confidence
        With sides mended.
    swapped
        (T,) frames in which the legs were exchanged.
    """
    keypoints, confidence = keypoints.copy(), confidence.copy()
    swapped_legs = np.zeros(len(time_s), bool)
    for limb in (_LEG, _ARM):
        points = [point for point in limb if f"left_{point}" in layout]
        if not points:
            continue
        left = [layout.index(point, "left") for point in points]
        right = [layout.index(point, "right") for point in points]
        swapped = np.zeros(len(time_s), bool)
        for stretch in _stretches(time_s, keypoints[:, left + right]):
            pair = np.stack([keypoints[stretch][:, left], keypoints[stretch][:, right]], axis=1)
            swapped[stretch] = _least_accelerated(time_s[stretch], pair)
        for array in (keypoints, confidence):
            rows = np.flatnonzero(swapped)[:, None]
            array[rows, left], array[rows, right] = array[rows, right], array[rows, left]
        if limb is _LEG:
            swapped_legs = swapped
    return keypoints, confidence, swapped_legs


def _stretches(
    time_s: NDArray[np.float64], points: NDArray[np.float64]
) -> list[NDArray[np.intp]]:
    """Frames with any of the points, split where they are missing for too long."""
    seen = np.flatnonzero(np.isfinite(points).all(axis=2).any(axis=1))
    breaks = np.flatnonzero(np.diff(time_s[seen]) > _MAX_GAP_S) + 1
    return [part for part in np.split(seen, breaks) if len(part) >= 4]


def _least_accelerated(
    time_s: NDArray[np.float64], pair: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which frames to exchange; ``pair`` is (T, 2 sides, points, 2)."""
    cost = _acceleration_costs(time_s, pair)
    penalty = _CHANGE_PENALTY * max(float(np.median(cost.min(axis=(1, 2, 3)))), 1e-9)
    change = np.array([[0.0, penalty], [penalty, 0.0]])
    # best[a, b]: least cost of everything so far that ends with labels a, b of the last two frames
    best = change.copy()
    came_from = np.zeros((len(cost), 2, 2), np.intp)
    for step, frame_cost in enumerate(cost):
        total = best[:, :, None] + frame_cost + change[None]
        came_from[step] = total.argmin(axis=0)
        best = total.min(axis=0)
    labels = np.zeros(len(time_s), np.intp)
    labels[-2], labels[-1] = np.unravel_index(best.argmin(), best.shape)
    for step in range(len(cost) - 1, -1, -1):
        labels[step] = came_from[step, labels[step + 1], labels[step + 2]]
    swapped = labels.astype(bool)
    return ~swapped if swapped.mean() > 0.5 else swapped


def _acceleration_costs(
    time_s: NDArray[np.float64], pair: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(T - 2, 2, 2, 2): departure from straight motion for the labels of three frames in a row."""
    both = np.stack([pair, pair[:, ::-1]], axis=1)  # (T, label, side, point, xy)
    step_s = np.diff(time_s)
    forward = (step_s[1:] / step_s[:-1])[:, None, None, None, None]
    before, now, after = both[:-2], both[1:-1], both[2:]
    costs = np.empty((len(before), 2, 2, 2))
    for a in (0, 1):
        for b in (0, 1):
            expected = now[:, b] + (now[:, b] - before[:, a]) * forward[:, 0]
            for c in (0, 1):
                miss = np.linalg.norm(after[:, c] - expected, axis=-1)
                costs[:, a, b, c] = np.nansum(miss, axis=(1, 2))
    return costs
