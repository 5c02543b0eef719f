"""Joints with their loads as networks take them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import COCO_17, WHOLEBODY_23, BadInputError, RefusedError, Space
from clinigait.core.card import InputSpec
from clinigait.gait.loads.moved import GRAVITY_MPS2 as G
from clinigait.gait.loads.segments import inertia_of
from clinigait.models.network_inputs import network_frames
from clinigait.representations import BODY_17, skeleton
from clinigait.representations.inputs import prepare
from clinigait.representations.joint_loads import (
    JOINT_LOADS,
    dynamics_of,
    joint_loads,
    prepare_joint_loads,
)
from clinigait.representations.joints import mirror_joints
from support.walker import Gait, synthetic_space_walk

WALK = synthetic_space_walk(Gait(step_share=0.46, duration_s=4.0), WHOLEBODY_23)
BODY = skeleton(WALK)


def test_a_clip_holds_places_velocities_and_loads_of_every_joint() -> None:
    frames = prepare(WALK, [InputSpec(JOINT_LOADS, {})]).frames[JOINT_LOADS]
    assert frames.shape[1:] == (9, 17)
    assert frames.dtype == np.float32
    np.testing.assert_allclose(frames[:, :3], BODY.joints.swapaxes(1, 2), atol=1e-6)
    np.testing.assert_allclose(frames[:, 3:6], BODY.velocities().swapaxes(1, 2), atol=1e-6)
    loads = joint_loads(BODY).swapaxes(1, 2) / G
    np.testing.assert_allclose(frames[:, 6:], np.clip(loads, -3, 3), atol=1e-6)


def test_the_floor_bears_the_body_and_the_feet_share_it() -> None:
    loads = joint_loads(BODY)
    floor = loads[:, BODY_17.index("pelvis")]
    feet = loads[:, BODY_17.index("left_foot")] + loads[:, BODY_17.index("right_foot")]
    np.testing.assert_allclose(feet, floor, atol=1e-9)
    assert floor[15:-15, 2].mean() == pytest.approx(G, rel=0.1)


def test_above_a_joint_less_is_borne_by_what_hangs_below() -> None:
    """In the mean over a walk what is beyond a joint is at rest: the difference is its weight."""
    loads = joint_loads(BODY)[15:-15, :, 2].mean(axis=0)
    for side in ("left", "right"):
        foot, ankle, knee = (loads[BODY_17.index(j, side)] for j in ("foot", "ankle", "knee"))
        assert foot - ankle == pytest.approx(inertia_of("foot", None).mass * G, rel=0.3)
        assert ankle - knee == pytest.approx(inertia_of("shank", None).mass * G, rel=0.2)


def test_the_mirror_of_the_walk_gives_the_mirror_of_the_clip() -> None:
    here, there = (dynamics_of(b, {}).frames[JOINT_LOADS] for b in (BODY, BODY.mirrored()))
    np.testing.assert_allclose(there, mirror_joints(here), atol=1e-4)
    np.testing.assert_array_equal(mirror_joints(mirror_joints(here)), here)
    clip = prepare_joint_loads(WALK, {})
    np.testing.assert_allclose(
        network_frames(clip, [JOINT_LOADS], mirror=True), there.swapaxes(0, 1), atol=1e-4
    )


@pytest.mark.parametrize("rate_hz", [30, 15, 10])
def test_a_slower_clip_is_every_nth_frame_of_the_same_loads(rate_hz: int) -> None:
    whole = dynamics_of(BODY, {})
    clip = dynamics_of(BODY, {"rate_hz": rate_hz})
    np.testing.assert_array_equal(
        clip.frames[JOINT_LOADS], whole.frames[JOINT_LOADS][:: 30 // rate_hz]
    )


def test_joints_that_a_layout_does_not_know_have_no_loads_and_the_walk_is_refused() -> None:
    walk = synthetic_space_walk(Gait(duration_s=4.0), COCO_17)
    clip = prepare_joint_loads(walk, {})
    foot = clip.frames[JOINT_LOADS][:, :, BODY_17.index("left_foot")]
    assert np.isnan(foot).all()
    with pytest.raises(RefusedError, match="missing"):
        network_frames(clip, [JOINT_LOADS])


def test_a_lost_joint_makes_no_load_beyond_three_body_weights() -> None:
    torn = BODY.joints.copy()
    torn[60, BODY_17.index("left_shoulder"), 2] += 2.0
    frames = dynamics_of(replace(BODY, joints=torn), {}).frames[JOINT_LOADS]
    assert np.abs(frames[:, 6:]).max() == pytest.approx(3.0)


@pytest.mark.parametrize("options", [{"rate_hz": 25}, {"mass_kg": 70}])
def test_an_impossible_option_is_one_sentence(options: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        prepare_joint_loads(WALK, options)


def test_a_picture_is_refused() -> None:
    flat = replace(WALK, space=Space.IMAGE_PX, keypoints=WALK.keypoints[..., :2])
    with pytest.raises(RefusedError, match="metres"):
        prepare_joint_loads(flat, {})
