"""Left legs that the pose model called right, found and mended over time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from clinigait.core import SIDES, KeypointLayout

#: Points that move as one side of the body, in the order of preference.
_LEG = ("hip", "knee", "ankle", "heel", "toe", "small_toe")
_ARM = ("elbow", "wrist", "pinky", "index", "thumb")
#: Longest gap over which motion still tells the sides apart.
_MAX_GAP_S = 0.2
#: Labels are sought at this rate at most; frames between take those that fit their neighbours.
_RATE_HZ = 32.0
#: Straight motion is asked for over one and over three frames: a model often blends the legs for
#: a frame or two before it comes out with the sides exchanged, and the long lag sees past that.
_LAGS = (1, 3)
#: No point costs more than this in leg lengths: a blended frame says little, however far off.
_MAX_MISS = 0.3
#: Cost of changing one's mind between two frames, in units of the median cost of a frame:
#: without evidence the model's own labels stand.
_CHANGE_PENALTY = 3.0
#: Cost, in leg lengths per frame, of calling the leg the far one that is seen better by a
#: confidence of 1. A swing that is labelled wrongly as a whole costs no acceleration but at its
#: ends, where the model may blend the legs over a few frames; a dozen frames of this outweigh it.
_NEAR_SEEN_WORSE = 0.5
#: Cost, in leg lengths per frame, of hips or elbows that lie the other way round than the shoulders
#: of somebody seen from the front or from behind. In a turn the legs truly pass each other, and may
#: be out of the picture: a labelling that runs smoothly through it would be wrong on one of its
#: sides as a whole, which no acceleration tells.
_AGAINST_SHOULDERS = 0.1
#: Distance of the shoulders, hips or elbows in the picture over that of the leg: nothing of a view
#: from the front or from behind, all of one.
_FRONT_VIEW = (0.1, 0.2)
#: Length of the foot in the picture over that of the leg: nothing of a side view, all of one.
_SIDE_VIEW = (0.1, 0.25)


def mend_sides(
    time_s: NDArray[np.float64],
    keypoints: NDArray[np.float64],
    confidence: NDArray[np.float64],
    layout: KeypointLayout,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Exchange left and right where that makes the limbs move more smoothly.

    A foot that stands and a foot that swings cross in every step; a model that looks at one
    picture at a time may come out of the crossing with the sides exchanged. Limbs cannot jump,
    and from the side the near leg hides the far one, never the other way round: of the two
    labellings of every frame, the sequence is taken that accelerates least and has the better
    seen leg on the near side (dynamic programming over all frames). Seen from the front or from
    behind, hips and elbows lie as the shoulders do. Where that does not tell either, the labelling
    that the model gave to most frames decides which leg is the left one.

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
    leg_px = _leg_length(keypoints, layout)
    near = _near_side(time_s, keypoints, layout, leg_px)
    for limb in (_LEG, _ARM):
        points = [point for point in limb if f"left_{point}" in layout]
        if not points:
            continue
        left = [layout.index(point, "left") for point in points]
        right = [layout.index(point, "right") for point in points]
        swapped = np.zeros(len(time_s), bool)
        as_shoulders = _AGAINST_SHOULDERS * _as_shoulders(keypoints, layout, points[0])
        better_left = (confidence[:, left] - confidence[:, right]).mean(axis=1)
        for stretch in _stretches(time_s, keypoints[:, left + right]):
            pair = np.stack([keypoints[stretch][:, left], keypoints[stretch][:, right]], axis=1)
            favour = _NEAR_SEEN_WORSE * near[stretch] * better_left[stretch]
            trunk = as_shoulders[stretch]
            swapped[stretch] = _best_labels(time_s[stretch], pair / leg_px, favour, trunk)
        for array in (keypoints, confidence):
            rows = np.flatnonzero(swapped)[:, None]
            array[rows, left], array[rows, right] = array[rows, right], array[rows, left]
        if limb is _LEG:
            swapped_legs = swapped
    return keypoints, confidence, swapped_legs


def _stretches(time_s: NDArray[np.float64], points: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Frames with any of the points, split where they are missing for too long."""
    known = np.asarray(np.isfinite(points).all(axis=2))
    seen = np.flatnonzero(known.any(axis=1))
    breaks = np.flatnonzero(np.diff(time_s[seen]) > _MAX_GAP_S) + 1
    return [part for part in np.split(seen, breaks) if len(part) >= 4]


def _leg_lengths(
    keypoints: NDArray[np.float64], layout: KeypointLayout
) -> list[NDArray[np.float64]]:
    """Distances from hip to ankle of both sides in pixels, (T,) each."""
    return [
        np.linalg.norm(
            keypoints[:, layout.index("hip", side)] - keypoints[:, layout.index("ankle", side)],
            axis=1,
        )
        for side in SIDES
    ]


def _leg_length(keypoints: NDArray[np.float64], layout: KeypointLayout) -> float:
    """Median distance from hip to ankle in pixels, 1 where it is not known."""
    known = np.concatenate(_leg_lengths(keypoints, layout))
    known = known[np.isfinite(known)]
    return max(float(np.median(known)), 1.0) if len(known) else 1.0


def _near_side(
    time_s: NDArray[np.float64],
    keypoints: NDArray[np.float64],
    layout: KeypointLayout,
    leg_px: float,
) -> NDArray[np.float64]:
    """+1 where the left side is near, -1 where the right is, 0 where the view is not from a side.

    Who faces the left of the picture shows the left side; both feet tell, whichever is which.
    """
    if "left_toe" not in layout or not len(time_s):
        return np.zeros(len(time_s))
    ahead = np.stack(
        [
            keypoints[:, layout.index("toe", side), 0] - keypoints[:, layout.index("heel", side), 0]
            for side in SIDES
        ],
        axis=1,
    )
    known = np.isfinite(ahead)
    mean = np.where(known, ahead, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    half_window = (
        max(1, round(0.5 / max(float(np.median(np.diff(time_s))), 1e-3))) if len(time_s) > 1 else 1
    )
    smooth = median_filter(mean, 2 * half_window + 1, mode="nearest")
    low, high = _SIDE_VIEW
    weight = np.clip((np.abs(smooth) / leg_px - low) / (high - low), 0, 1)
    return np.asarray(-np.sign(smooth) * weight)


def _as_shoulders(
    keypoints: NDArray[np.float64], layout: KeypointLayout, point: str
) -> NDArray[np.float64]:
    """+1 where a pair of points lies as the shoulders do, -1 where the other way round.

    0 where one of the two pairs is not seen from the front or from behind, or not known.
    """
    if "left_shoulder" not in layout:
        return np.zeros(len(keypoints))
    low, high = _FRONT_VIEW
    sides = np.ones(len(keypoints))
    leg_px = np.fmax(*_leg_lengths(keypoints, layout))  # who comes nearer grows
    for name in ("shoulder", point):
        left, right = (keypoints[:, layout.index(name, side), 0] for side in SIDES)
        apart = np.nan_to_num((left - right) / np.fmax(leg_px, 1.0))
        sides *= np.sign(apart) * np.clip((np.abs(apart) - low) / (high - low), 0, 1)
    return sides


def _best_labels(
    time_s: NDArray[np.float64],
    pair: NDArray[np.float64],
    favour: NDArray[np.float64],
    trunk: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return which frames to exchange.

    ``pair`` is (T, 2 sides, points, 2) in leg lengths; ``favour`` and ``trunk`` (T,) are what the
    model's own labels of a frame have in their favour; most labels are right unless the trunk
    objects.
    """
    rate_hz = 1 / float(np.median(np.diff(time_s)))
    every = max(1, round(rate_hz / _RATE_HZ))
    chosen = np.arange(0, len(time_s), every)
    if len(chosen) <= 2 * max(_LAGS):
        return np.zeros(len(time_s), bool)
    labels = _cheapest_path(time_s[chosen], pair[chosen], (favour + trunk)[chosen] * every)
    swapped = labels[np.arange(len(time_s)) // every]
    if every > 1:
        swapped = _fitted_between(pair, swapped, chosen)
    objected = trunk[~swapped].sum() > trunk[swapped].sum()
    return ~swapped if swapped.mean() > 0.5 and not objected else swapped


def _cheapest_path(
    time_s: NDArray[np.float64], pair: NDArray[np.float64], favour: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Dynamic programming; a state is the labels of the last six frames, the oldest first."""
    memory = 2 * max(_LAGS)
    states = np.arange(2**memory)
    bits = (states[:, None] >> np.arange(memory - 1, -1, -1)) & 1
    costs = {lag: _bend_costs(time_s, pair, lag) for lag in _LAGS}
    usual = float(np.median(costs[1].min(axis=(1, 2, 3))))
    penalty = _CHANGE_PENALTY * max(usual, 1e-9)
    changes = np.abs(np.diff(bits, axis=1)).sum(axis=1)
    best = penalty * changes + (bits * favour[:memory]).sum(axis=1)
    came_from = np.zeros((len(time_s), len(states)), np.intp)
    new_states = ((states[:, None] << 1) | np.arange(2)) & (len(states) - 1)
    for frame in range(memory, len(time_s)):
        total = np.repeat(best[:, None], 2, axis=1)
        total[:, 1] += favour[frame]
        total += penalty * np.abs(bits[:, -1:] - np.arange(2))
        for lag, cost in costs.items():
            first, middle = bits[:, memory - 2 * lag], bits[:, memory - lag]
            total += cost[frame - 2 * lag][first, middle]
        order = np.argsort(total, axis=None)[::-1]
        best = np.full(len(states), np.inf)
        best[new_states.ravel()[order]] = total.ravel()[order]
        came_from[frame][new_states.ravel()[order]] = np.repeat(states, 2)[order]
    return _traced_back(best, came_from, bits, memory)


def _traced_back(
    best: NDArray[np.float64],
    came_from: NDArray[np.intp],
    bits: NDArray[np.intp],
    memory: int,
) -> NDArray[np.bool_]:
    state = int(best.argmin())
    labels = np.zeros(len(came_from), bool)
    for frame in range(len(came_from) - 1, memory - 1, -1):
        labels[frame] = bits[state, -1]
        state = int(came_from[frame, state])
    labels[:memory] = bits[state]
    return labels


def _bend_costs(
    time_s: NDArray[np.float64], pair: NDArray[np.float64], lag: int
) -> NDArray[np.float64]:
    """(T - 2 lag, 2, 2, 2): departure from straight motion by the labels of three frames."""
    both = np.stack([pair, pair[:, ::-1]], axis=1)  # (T, label, side, point, xy)
    before, now, after = both[: -2 * lag], both[lag:-lag], both[2 * lag :]
    first_s = time_s[lag:-lag] - time_s[: -2 * lag]
    second_s = time_s[2 * lag :] - time_s[lag:-lag]
    forward = (second_s / first_s)[:, None, None, None]
    costs = np.empty((len(before), 2, 2, 2))
    for a in (0, 1):
        for b in (0, 1):
            expected = now[:, b] + (now[:, b] - before[:, a]) * forward
            for c in (0, 1):
                miss = np.linalg.norm(after[:, c] - expected, axis=-1) / lag
                costs[:, a, b, c] = np.nansum(np.minimum(miss, _MAX_MISS), axis=(1, 2))
    return costs


def _fitted_between(
    pair: NDArray[np.float64], swapped: NDArray[np.bool_], chosen: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Give each frame between labelled ones the label that lies nearer to their straight line."""
    labelled = np.where(swapped[chosen][:, None, None, None], pair[chosen][:, ::-1], pair[chosen])
    swapped = swapped.copy()
    for frame in np.setdiff1d(np.arange(len(pair)), chosen):
        after = int(np.searchsorted(chosen, frame))
        if after == len(chosen):
            continue
        share = (frame - chosen[after - 1]) / (chosen[after] - chosen[after - 1])
        line = (1 - share) * labelled[after - 1] + share * labelled[after]
        misses = [
            np.nansum(np.abs(candidate - line)) for candidate in (pair[frame], pair[frame][::-1])
        ]
        swapped[frame] = misses[1] < misses[0]
    return swapped
