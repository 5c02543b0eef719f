"""Variations of a skeleton: other bodies, the same gait."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from clinigait.core import COCO_17, WHOLEBODY_23
from clinigait.representations import Skeleton, gait_angles, skeleton
from clinigait.training.augment_skeletons import SkeletonVariation, varied
from support.walker import Gait, synthetic_space_walk

BODY = skeleton(synthetic_space_walk(Gait(duration_s=4.0), WHOLEBODY_23))
NOTHING = SkeletonVariation(**{f.name: 0.0 for f in fields(SkeletonVariation)})


def _varied(variation: SkeletonVariation | None = None, seed: int = 1) -> Skeleton:
    return varied(BODY, np.random.default_rng(seed), variation)


def test_no_variation_changes_nothing() -> None:
    same = _varied(NOTHING)
    np.testing.assert_allclose(same.joints, BODY.joints, atol=1e-12)
    np.testing.assert_allclose(same.speed, BODY.speed, atol=1e-12)


def test_the_same_chance_gives_the_same_skeleton_and_leaves_the_old_one() -> None:
    before = BODY.joints.copy()
    one, other = _varied(), _varied()
    np.testing.assert_array_equal(one.joints, other.joints)
    np.testing.assert_array_equal(BODY.joints, before)
    assert len(_varied(seed=2)) != len(one) or np.abs(_varied(seed=2).joints - one.joints).max() > 0


def test_limbs_change_and_angles_stay() -> None:
    longer = _varied(SkeletonVariation(0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    was, now = gait_angles(BODY), gait_angles(longer)
    for name in ("left_knee_deg", "right_thigh_deg", "trunk_pitch_deg", "left_arm_deg"):
        np.testing.assert_allclose(now[name], was[name], atol=1e-6)
    assert np.abs(now["left_ankle_ahead_pct"] - was["left_ankle_ahead_pct"]).max() > 0.1


def test_tempo_keeps_the_way() -> None:
    """Half the time, twice the speed: the way is the same."""
    quicker = _varied(SkeletonVariation(0, 0, 0, 0, 0, 0, tempo=0.5))
    way = BODY.speed.mean() * len(BODY)
    assert len(quicker) != len(BODY)
    np.testing.assert_allclose(quicker.speed.mean() * len(quicker), way, rtol=0.02)


def test_what_is_absent_stays_absent() -> None:
    footless = skeleton(synthetic_space_walk(Gait(duration_s=4.0), COCO_17))
    other = varied(footless, np.random.default_rng(1))
    np.testing.assert_array_equal(other.known, footless.known)
