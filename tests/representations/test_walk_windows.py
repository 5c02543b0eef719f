"""Windows of walks: a skeleton goes in and comes out, and moves over the floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import COCO_17, Space
from clinigait.representations.skeletons import skeleton
from clinigait.representations.walk_windows import (
    CHANNELS,
    DURATION,
    FRAMES,
    LONGEST_S,
    mirrored_windows,
    skeleton_of,
    walk_of,
    windows_of,
)
from support.generated import body
from support.walker import Gait, synthetic_space_walk


def test_a_short_walk_is_one_window_and_comes_out_of_it() -> None:
    was = body()
    (window,) = windows_of(was)
    assert window.shape == (CHANNELS, FRAMES)
    now = skeleton_of(window, was.size_m)
    assert len(now) == len(was)
    np.testing.assert_allclose(now.joints, was.joints, atol=0.003)
    np.testing.assert_allclose(now.speed, was.speed, atol=0.02)


def test_a_long_walk_is_covered_by_windows_of_the_greatest_length() -> None:
    made = windows_of(body(duration_s=10.0))
    assert len(made) == 3
    np.testing.assert_allclose(np.exp(made[:, DURATION]), LONGEST_S, rtol=1e-5)
    np.testing.assert_allclose(made[0, :, 0][:51], body(10.0).joints[0].ravel(), atol=1e-6)
    np.testing.assert_allclose(made[-1, :, -1][:51], body(10.0).joints[-1].ravel(), atol=1e-6)


def test_the_mirror_image_of_the_mirror_image_is_the_walk() -> None:
    made = windows_of(body())
    assert np.abs(mirrored_windows(made) - made).max() > 0.05
    np.testing.assert_allclose(mirrored_windows(mirrored_windows(made)), made, atol=1e-6)


def test_a_walk_moves_over_the_floor_and_stands_on_it() -> None:
    walk = walk_of(body())
    assert walk.space is Space.WORLD_M
    pelvis = walk.keypoints[:, 0]
    way = body().speed.mean() * body().size_m * walk.duration_s
    assert pelvis[-1, 0] - pelvis[0, 0] == pytest.approx(way, rel=0.02)
    assert -0.02 < walk.keypoints[:, :, 2].min() < 0.01
    again = skeleton(walk)
    np.testing.assert_allclose(again.joints[10:-10], body().joints[10:-10], atol=0.02)


@pytest.mark.parametrize("duration", [-50.0, 50.0])
def test_a_duration_that_nobody_walks_is_brought_to_one(duration: float) -> None:
    window = windows_of(body())[0].copy()
    window[DURATION] = duration
    assert 30 < len(skeleton_of(window, 1.2)) <= 128


def test_another_rate_or_a_missing_joint_is_no_window() -> None:
    with pytest.raises(ValueError, match="30 Hz"):
        windows_of(replace(body(), rate_hz=15.0))
    footless = skeleton(synthetic_space_walk(Gait(duration_s=3.0), COCO_17))
    with pytest.raises(ValueError, match="all joints"):
        windows_of(footless)
