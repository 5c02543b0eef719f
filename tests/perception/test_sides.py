"""Sides that a pose model exchanged are found and mended; what it got right is left alone."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinigait.core import BLAZEPOSE_33
from clinigait.perception.sides import mend_sides
from support.walker import Gait, synthetic_space_walk, synthetic_walk

_LEG = ("hip", "knee", "ankle", "heel", "toe")


def _exchanged(walk, frames):
    keypoints = walk.keypoints.copy()
    left, right = ([walk.layout.index(p, s) for p in _LEG] for s in ("left", "right"))
    rows = np.asarray(frames)[:, None]
    keypoints[rows, left], keypoints[rows, right] = keypoints[rows, right], keypoints[rows, left]
    return keypoints


def _mend(walk, keypoints):
    return mend_sides(walk.time_s, keypoints, walk.confidence, walk.layout)


@pytest.mark.parametrize("rate_hz", [25, 30, 60])
def test_clean_walks_are_left_alone(rate_hz: float) -> None:
    walk = synthetic_walk(Gait(rate_hz=rate_hz, noise_px=1.5))
    keypoints, _, swapped = _mend(walk, walk.keypoints)
    assert not swapped.any()
    np.testing.assert_array_equal(keypoints, walk.keypoints)


@pytest.mark.parametrize("start", [40, 61, 100])
@pytest.mark.parametrize("length", [1, 2, 5, 12, 40])
def test_exchanged_stretches_are_mended(start: int, length: int) -> None:
    walk = synthetic_walk(Gait(rate_hz=30, noise_px=1.0))
    broken = _exchanged(walk, range(start, start + length))
    keypoints, _, swapped = _mend(walk, broken)
    ankle = walk.layout.index("ankle", "left")
    wrong = np.abs(keypoints[:, ankle] - walk.keypoints[:, ankle]).max(axis=1) > 1e-9
    # Where both feet pass each other either labelling is as good: a frame or two may stay.
    assert wrong.sum() <= 2
    assert abs(swapped.sum() - length) <= 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(5, 230), min_size=1, max_size=12, unique=True), st.integers(0, 99))
def test_single_frames_anywhere(frames: list[int], seed: int) -> None:
    walk = synthetic_walk(Gait(rate_hz=30, noise_px=1.0, seed=seed))
    keypoints, _, _ = _mend(walk, _exchanged(walk, frames))
    knee = walk.layout.index("knee", "right")
    wrong = np.abs(keypoints[:, knee] - walk.keypoints[:, knee]).max(axis=1) > 1e-9
    assert wrong.sum() <= max(2, len(frames) // 3)


def test_confidence_goes_with_its_leg() -> None:
    walk = synthetic_walk(Gait(rate_hz=30))
    broken = _exchanged(walk, range(50, 60))
    confidence = walk.confidence.copy()
    left, right = walk.layout.index("ankle", "left"), walk.layout.index("ankle", "right")
    confidence[50:60, left], confidence[50:60, right] = 0.2, 0.9
    _, mended, swapped = mend_sides(walk.time_s, broken, confidence, walk.layout)
    assert (mended[swapped, left] == 0.9).all()


def test_gaps_do_not_carry_a_labelling_across() -> None:
    walk = synthetic_walk(Gait(rate_hz=30))
    keypoints = walk.keypoints.copy()
    keypoints[100:120] = np.nan
    mended, _, swapped = _mend(walk, keypoints)
    assert not swapped.any()
    assert np.isnan(mended[100:120]).all()


@pytest.mark.parametrize("n_frames", [0, 1, 2, 3])
def test_hardly_any_frames(n_frames: int) -> None:
    walk = synthetic_walk(Gait(rate_hz=30))
    keypoints, _, swapped = mend_sides(
        walk.time_s[:n_frames],
        walk.keypoints[:n_frames],
        walk.confidence[:n_frames],
        walk.layout,
    )
    assert len(keypoints) == len(swapped) == n_frames


@pytest.mark.parametrize("rate_hz", [30, 60])
def test_a_stride_long_exchange_with_blended_ends_is_mended(rate_hz: int) -> None:
    """As models do it: where the feet pass, the legs melt together and come out exchanged."""
    walk = synthetic_walk(Gait(rate_hz=rate_hz, noise_px=1.0))
    left, right = ([walk.layout.index(p, s) for p in _LEG] for s in ("left", "right"))
    knees = walk.keypoints[:, walk.layout.index("knee", "left"), 0]
    apart = np.abs(knees - walk.keypoints[:, walk.layout.index("knee", "right"), 0])
    passing = [i for i in range(1, len(walk) - 1) if apart[i] <= min(apart[i - 1], apart[i + 1])]
    start, end = passing[3], passing[5]
    broken = _exchanged(walk, range(start, end))
    for frame in (start, end):
        middle = (broken[frame, left] + broken[frame, right]) / 2
        broken[frame, left] = broken[frame, right] = middle
    keypoints, _, swapped = _mend(walk, broken)
    ankle = walk.layout.index("ankle", "left")
    wrong = np.abs(keypoints[:, ankle] - walk.keypoints[:, ankle]).max(axis=1) > 1e-9
    assert swapped[start + 2 : end - 2].all()
    assert wrong.sum() <= 4


@pytest.mark.parametrize("towards", [0.3, 0.5, 0.7])
def test_whoever_turns_round_keeps_the_left_leg_on_the_left(towards: float) -> None:
    """From the front the left is on the right of the picture, from behind on the left.

    The turn takes one frame here, as where somebody turns at the edge of the picture: legs that
    stayed on one side of it would move smoothly, and be wrong before the turn or after it.
    """
    space = synthetic_space_walk(Gait(rate_hz=30), BLAZEPOSE_33)
    turned = np.where(np.arange(len(space)) < towards * len(space), 1.0, -1.0)
    across, up = space.keypoints[:, :, 1], space.keypoints[:, :, 2]
    pictured = 200 * np.stack([turned[:, None] * across, 2 - up], axis=2)
    keypoints, _, swapped = mend_sides(space.time_s, pictured, space.confidence, space.layout)
    assert not swapped.any()
    np.testing.assert_array_equal(keypoints, pictured)
    legs = [space.layout.index(p, s) for s in ("left", "right") for p in _LEG]
    wrong = pictured.copy()
    wrong[:, legs] = pictured[:, legs[5:] + legs[:5]]  # all legs exchanged: shoulders tell
    keypoints, _, swapped = mend_sides(space.time_s, wrong, space.confidence, space.layout)
    assert swapped.all()
    np.testing.assert_array_equal(keypoints, pictured)
