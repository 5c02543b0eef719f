"""Channels of a gait: angles of a body posed by hand, and of its mirror image."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import COCO_17, WHOLEBODY_23
from clinigait.representations import (
    BODY_17,
    CHANNELS,
    MIRROR_ORDER,
    MIRROR_SIGN,
    GaitAngles,
    Skeleton,
    gait_angles,
    skeleton,
)
from support.walker import Gait, synthetic_space_walk

#: Upright, arms hanging; forward, left, up in body sizes.
STANDING = {
    "pelvis": (0, 0, 0.6), "thorax": (0, 0, 1.0), "head": (0, 0, 1.2),
    "left_shoulder": (0, 0.14, 1.0), "right_shoulder": (0, -0.14, 1.0),
    "left_elbow": (0, 0.14, 0.8), "right_elbow": (0, -0.14, 0.8),
    "left_wrist": (0, 0.14, 0.62), "right_wrist": (0, -0.14, 0.62),
    "left_hip": (0, 0.07, 0.6), "right_hip": (0, -0.07, 0.6),
    "left_knee": (0, 0.07, 0.3), "right_knee": (0, -0.07, 0.3),
    "left_ankle": (0, 0.07, 0.0), "right_ankle": (0, -0.07, 0.0),
    "left_foot": (0.1, 0.07, 0.0), "right_foot": (0.1, -0.07, 0.0),
}  # fmt: skip


def _posed(**moved: tuple[float, float, float]) -> GaitAngles:
    pose = {**STANDING, **moved}
    joints = np.array([[pose[name] for name in BODY_17.points]] * 3, float)
    return gait_angles(Skeleton(joints, np.full(3, 0.8), 30.0, 1.25))


def test_who_stands_upright_has_no_angles_but_right_ones() -> None:
    angles = _posed()
    for name in CHANNELS:
        if name.endswith("_deg"):
            right = 90.0 if name.endswith("ankle_deg") else 0.0
            assert angles[name][0] == pytest.approx(right, abs=1e-9), name
    assert angles["pelvis_height_pct"][0] == pytest.approx(60)
    assert angles["speed_pctps"][0] == pytest.approx(80)
    assert angles["left_hand_knee_pct"][0] == pytest.approx(100 * np.hypot(0.07, 0.32))


def test_a_lifted_knee() -> None:
    """Thigh level, shank down: hip and knee at right angles, the foot level."""
    angles = _posed(
        left_knee=(0.3, 0.07, 0.6), left_ankle=(0.3, 0.07, 0.3), left_foot=(0.4, 0.07, 0.3)
    )
    assert angles["left_thigh_deg"][0] == pytest.approx(90)
    assert angles["left_knee_deg"][0] == pytest.approx(90)
    assert angles["left_foot_deg"][0] == pytest.approx(0)
    assert angles["left_ankle_height_pct"][0] == pytest.approx(30)
    assert angles["left_ankle_ahead_pct"][0] == pytest.approx(30)
    assert angles["right_thigh_deg"][0] == pytest.approx(0)


@pytest.mark.parametrize(
    ("moved", "channel", "expected"),
    [
        ({"thorax": (0.4, 0, 1.0)}, "trunk_pitch_deg", 45),
        ({"thorax": (0, 0.4, 1.0)}, "trunk_lean_deg", 45),
        ({"left_hip": (0, 0.07, 0.74)}, "pelvis_tilt_deg", 45),
        ({"left_shoulder": (-0.28, 0.14, 1.0)}, "shoulder_yaw_deg", 45),
        ({"left_knee": (0, 0.37, 0.3)}, "left_thigh_out_deg", 45),
        ({"right_knee": (0, -0.37, 0.3)}, "right_thigh_out_deg", 45),
        ({"left_foot": (0.1, 0.07, -0.1)}, "left_foot_deg", -45),
        ({"right_elbow": (-0.2, -0.14, 0.8)}, "right_arm_deg", -45),
        ({"right_ankle": (0, -0.2, 0.0)}, "right_ankle_out_pct", 20),
    ],
)
def test_one_joint_moved(
    moved: dict[str, tuple[float, float, float]], channel: str, expected: float
) -> None:
    assert _posed(**moved)[channel][0] == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_channels_of_the_mirror_image_are_mirrored_channels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joints = np.array([[STANDING[name] for name in BODY_17.points]] * 4)
    body = Skeleton(joints + rng.normal(0, 0.05, joints.shape), rng.normal(1, 0.1, 4), 30.0, 1.2)
    there, here = gait_angles(body.mirrored()), gait_angles(body).mirrored()
    np.testing.assert_allclose(there.values, here.values, atol=1e-9)
    np.testing.assert_array_equal(here.mirrored().values, gait_angles(body).values)


def test_the_mirror_exchanges_pairs() -> None:
    assert sorted(MIRROR_ORDER) == list(range(len(CHANNELS)))
    assert CHANNELS[MIRROR_ORDER[CHANNELS.index("left_knee_deg")]] == "right_knee_deg"
    turned = {name for name, sign in zip(CHANNELS, MIRROR_SIGN, strict=True) if sign < 0}
    assert "trunk_lean_deg" in turned
    assert not turned & {"trunk_pitch_deg", "left_knee_deg", "speed_pctps", "pelvis_height_pct"}


def test_channels_of_unknown_joints_are_absent() -> None:
    angles = gait_angles(skeleton(synthetic_space_walk(Gait(duration_s=4.0), COCO_17)))
    absent = [name for name in CHANNELS if np.isnan(angles[name]).all()]
    assert absent == [f"{s}_{n}" for s in ("left", "right") for n in ("foot_deg", "ankle_deg")]
    assert np.isfinite(np.delete(angles.values, [CHANNELS.index(n) for n in absent], 1)).all()


def test_tall_and_short_people_have_the_same_channels() -> None:
    walk = synthetic_space_walk(Gait(duration_s=4.0), WHOLEBODY_23)
    small = replace(walk, keypoints=walk.keypoints * 0.6)
    one, other = gait_angles(skeleton(walk)), gait_angles(skeleton(small))
    np.testing.assert_allclose(one.values, other.values, atol=1e-4)


def test_all_channels_are_asked_for() -> None:
    with pytest.raises(ValueError, match="44"):
        GaitAngles(np.zeros((3, 43)), 30.0)


def test_fewer_frames_at_a_lower_rate() -> None:
    angles = _posed()
    assert angles.every(2).rate_hz == 15.0
    assert len(angles.every(2).values) == 2
