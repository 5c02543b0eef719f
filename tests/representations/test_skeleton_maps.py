"""Skeleton maps: spots and lines where the joints are, both channels in one crop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BLAZEPOSE_33, COCO_17, LAYOUTS, BadInputError
from clinigait.representations.skeleton_maps import (
    CANVAS_PX,
    LIMBS,
    _drawn,
    impute,
    skeleton_maps,
)
from support.walker import Gait, synthetic_space_walk, synthetic_walk

GAIT = Gait(duration_s=0.8, rate_hz=30, start_x_m=-0.5)


def _slowly(joints: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """Both maps pixel by pixel, from the words of the recipe."""
    maps = np.zeros((CANVAS_PX, CANVAS_PX, 2))
    pixels = np.stack(np.meshgrid(np.arange(CANVAS_PX), np.arange(CANVAS_PX)), axis=2).astype(float)
    for place, peak in zip(joints, peaks, strict=True):
        squared = ((pixels - place) ** 2).sum(axis=2)
        maps[..., 0] = np.maximum(maps[..., 0], peak * np.exp(-squared / (2 * 8.0**2)))
    for a, b in LIMBS:
        way = joints[b] - joints[a]
        share = np.clip(((pixels - joints[a]) @ way) / max(way @ way, 1e-9), 0, 1)
        squared = ((pixels - joints[a] - share[..., None] * way) ** 2).sum(axis=2)
        peak = min(peaks[a], peaks[b])
        maps[..., 1] = np.maximum(maps[..., 1], peak * np.exp(-squared / (2 * 8.0**2)))
    return maps


def test_the_fast_drawing_is_the_slow_one() -> None:
    rng = np.random.default_rng(0)
    joints, peaks = rng.uniform(20, 108, (3, 17, 2)), rng.uniform(0.1, 1, (3, 17))
    fast = _drawn(joints, peaks)
    for frame in range(3):
        slow = _slowly(joints[frame], peaks[frame])
        # What is below one grey value of 255 is not drawn: it would be cut to 0 anyway.
        drawn = slow >= 1 / 255
        np.testing.assert_allclose(fast[frame][drawn], slow[drawn], atol=2e-4)
        assert (fast[frame][~drawn] < 1 / 255 + 2e-4).all()


def test_joints_far_outside_of_the_canvas_are_not_drawn() -> None:
    joints, peaks = np.full((1, 17, 2), 500.0), np.ones((1, 17))
    assert not _drawn(joints, peaks).any()
    joints[0, 0] = -20.0, 64.0  # its edge reaches the first columns
    columns = np.flatnonzero((_drawn(joints, peaks)[0, :, :, 0] >= 1 / 255).any(axis=0))
    np.testing.assert_array_equal(columns, np.arange(7))


def test_there_are_17_limbs_and_each_joint_has_one() -> None:
    assert len(LIMBS) == len(set(LIMBS)) == 17
    assert {joint for limb in LIMBS for joint in limb} == set(range(17))


def test_joints_lie_where_the_affine_says() -> None:
    walk = synthetic_walk(GAIT, COCO_17)
    found = skeleton_maps(walk, size=128)
    assert found.images.shape == (len(walk), 2, 128, 128)
    ankle = COCO_17.index("left_ankle")
    for frame in range(0, len(walk), 5):
        places = walk.keypoints[frame] @ found.affine[frame][:, :2].T + found.affine[frame][:, 2]
        for joint in ("left_ankle", "right_ankle", "nose"):
            x, y = np.round(places[COCO_17.index(joint)]).astype(int)
            assert found.images[frame, 0, y, x] >= 0.95 * 0.95 * 255
        shin = (places[ankle] + places[COCO_17.index("left_knee")]) / 2
        x, y = np.round(shin).astype(int)
        assert found.images[frame, 1, y, x] >= 0.95 * 0.95 * 255


@pytest.mark.parametrize("scale_of", ["frame", "sequence"])
def test_bodies_are_85_of_128_high_and_hips_in_the_middle(scale_of) -> None:
    walk = synthetic_walk(GAIT, COCO_17)
    found = skeleton_maps(walk, size=128, scale_of=scale_of)
    placed = np.einsum("tij,tkj->tki", found.affine[:, :, :2], walk.keypoints)
    placed += found.affine[:, None, :, 2]
    tall = np.ptp(placed[:, :, 1], axis=1)
    # The crop is nearly the whole canvas: spots reach 26 px beyond the joints.
    if scale_of == "frame":
        np.testing.assert_allclose(tall, 85, rtol=0.06)
    else:
        raw = np.ptp(walk.keypoints[:, :, 1], axis=1)
        scale = found.affine[:, 0, 0] * np.median(raw)
        np.testing.assert_allclose(scale, 85, rtol=0.06)
    hips = placed[:, [COCO_17.index("left_hip"), COCO_17.index("right_hip")]].mean(axis=1)
    np.testing.assert_allclose(hips[:, 0], 64, atol=1)


def test_both_channels_share_one_crop() -> None:
    """A joint's spot lies on the end of its limb after cropping and resizing as before."""
    walk = synthetic_walk(GAIT, COCO_17)
    for image in skeleton_maps(walk, size=64).images:
        joints, limbs = image.astype(float)
        strong = joints >= 0.9 * joints.max()
        assert (limbs[strong] >= 0.85 * joints[strong]).all()


def test_any_layout_gives_the_same_map_by_name() -> None:
    there = {"blazepose33", "wholebody23", "body25", "halpe26"}
    wanted = skeleton_maps(synthetic_walk(GAIT, COCO_17)).images
    for name in there:
        np.testing.assert_array_equal(
            skeleton_maps(synthetic_walk(GAIT, LAYOUTS[name])).images, wanted
        )


def test_cut_maps_are_64_by_44() -> None:
    found = skeleton_maps(synthetic_walk(GAIT)).cut()
    assert found.images.shape[1:] == (2, 64, 44)


def test_the_mirrored_body_has_the_mirrored_map() -> None:
    walk = synthetic_walk(replace(GAIT, noise_px=3.0), COCO_17)
    keypoints = walk.keypoints.copy()
    keypoints[:, :, 0] = 2500 - keypoints[:, :, 0]
    mirrored = replace(walk, keypoints=keypoints)
    images, flipped = skeleton_maps(walk).images, skeleton_maps(mirrored).images[..., ::-1]
    # Hips come to column 64 of 0..127, half a pixel off the middle of the canvas.
    assert np.abs(images.astype(int) - flipped.astype(int)).mean() < 6


# ---------------------------------------------------------------- what is missing


def test_a_missing_joint_comes_from_the_four_nearest_frames() -> None:
    """By hand: distances 1, 2, 3, 4 in the one other value, the fifth is too far."""
    values = np.array([[0.0, np.nan], [1, 10], [2, 20], [3, 30], [4, 40], [50, 500]])
    filled = impute(values[:, :, None])
    weights = 1 / np.array([1, 2, 3, 4])
    assert filled[0, 1, 0] == pytest.approx((weights @ [10, 20, 30, 40]) / weights.sum())
    np.testing.assert_array_equal(filled[1:], values[1:, :, None])


def test_an_equal_frame_gives_its_value() -> None:
    values = np.array([[5.0, np.nan], [5, 10], [6, 20], [7, 30]])
    assert impute(values[:, :, None])[0, 1, 0] == 10


def test_what_no_frame_has_stays_missing() -> None:
    values = np.array([[1.0, np.nan], [2, np.nan]])[:, :, None]
    np.testing.assert_array_equal(impute(values), values)


@given(seed=st.integers(0, 500))
@settings(max_examples=25)
def test_filled_values_lie_among_those_of_other_frames(seed) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(12, 5, 2))
    values[rng.random(values.shape) < 0.2] = np.nan
    filled = impute(values)
    known = np.isfinite(values)
    np.testing.assert_array_equal(filled[known], values[known])
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    inside = (filled >= low - 1e-9) & (filled <= high + 1e-9)
    assert (inside | ~np.isfinite(filled)).all()


def test_filled_joints_are_named_and_near_the_truth() -> None:
    whole = synthetic_walk(GAIT, BLAZEPOSE_33)
    keypoints, confidence = whole.keypoints.copy(), whole.confidence.copy()
    knee = BLAZEPOSE_33.index("left_knee")
    keypoints[8, knee], confidence[8, knee] = np.nan, 0
    found = skeleton_maps(replace(whole, keypoints=keypoints, confidence=confidence))
    assert found.imputed.sum() == 1
    assert found.imputed[8, COCO_17.index("left_knee")]
    wanted = skeleton_maps(whole).images
    assert np.abs(found.images[8].astype(int) - wanted[8].astype(int)).max() < 80
    np.testing.assert_array_equal(np.delete(found.images, 8, 0), np.delete(wanted, 8, 0))


def test_frames_with_few_joints_are_dropped() -> None:
    walk = synthetic_walk(GAIT, COCO_17)
    walk.keypoints[3], walk.confidence[3] = np.nan, 0
    walk.keypoints[5, :10], walk.confidence[5, :10] = np.nan, 0
    found = skeleton_maps(walk)
    assert np.flatnonzero(~found.kept).tolist() == [3, 5]
    assert len(found.images) == len(found.frames) == len(walk) - 2


def test_joints_that_the_layout_lacks_are_not_drawn() -> None:
    """Kinect has no eyes, ears or nose: nothing appears above the shoulders' spots."""
    walk = synthetic_walk(GAIT, LAYOUTS["kinect25"])
    found = skeleton_maps(walk)
    assert len(found) == len(walk)
    assert not found.imputed.any()


def test_no_hips_and_no_camera_are_refused() -> None:
    walk = synthetic_walk(GAIT, COCO_17)
    walk.keypoints[:, COCO_17.index("left_hip")] = np.nan
    with pytest.raises(BadInputError, match="hips"):
        skeleton_maps(walk)
    with pytest.raises(BadInputError, match="space of a room"):
        skeleton_maps(synthetic_space_walk(GAIT))
