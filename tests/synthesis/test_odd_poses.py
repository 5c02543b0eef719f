"""Odd poses: limbs keep their lengths, hinges bend one way, feet stay on the floor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.synthesis.bodies import Build, body_of
from clinigait.synthesis.motion import Motion
from clinigait.synthesis.odd_poses import Oddness, bent, drawn_oddness
from support.walkers import need_bodies

LIMBS = (
    ("upperleg01", "lowerleg01"), ("lowerleg01", "foot"), ("foot", "toe2-1"),
    ("upperarm01", "lowerarm01"), ("lowerarm01", "wrist"),
)  # fmt: skip
MOMENTS = 6


@pytest.fixture(scope="module")
def standing() -> Motion:
    """Return somebody who stands as the body rests, facing x."""
    need_bodies()
    body = body_of(Build(40, "female", 1.68, 66))
    bones = np.tile(np.eye(3, 4, dtype=np.float32), (MOMENTS, len(body.model.bones), 1, 1))
    return Motion(body, np.arange(MOMENTS) / 30, bones, np.zeros((MOMENTS, 0, 3)))


def length_m(motion: Motion, one: str, other: str) -> np.ndarray:
    return np.linalg.norm(motion.joint_m(one) - motion.joint_m(other), axis=1)


def only(moments: int, joint: int, degrees: tuple[float, float, float]) -> Oddness:
    found = drawn_oddness(np.random.default_rng(0), moments, 0.0)
    found.degrees[:, joint] = degrees
    return found


def number_of(motion: Motion, bone: str) -> int:
    """Return which joint a bone begins at, found by bending each a little."""
    n_joints = drawn_oddness(np.random.default_rng(0), 1, 0.0).degrees.shape[1]
    for joint in range(n_joints):
        moved = bent(motion, only(MOMENTS, joint, (0, 20, 0))).bones - motion.bones
        turned = np.abs(moved[0, :, :, :3]).max(axis=(1, 2)) > 1e-3
        if motion.body.model.bones[int(np.flatnonzero(turned)[0])] == bone:
            return joint
    raise AssertionError(bone)


def test_no_oddness_changes_nothing(standing) -> None:
    still = drawn_oddness(np.random.default_rng(3), MOMENTS, share=0.0)
    assert not still.degrees.any()
    assert bent(standing, still).bones == pytest.approx(standing.bones, abs=1e-6)


def test_the_share_is_that_of_the_moments() -> None:
    odd = drawn_oddness(np.random.default_rng(4), 4000, share=0.3)
    assert odd.degrees.any(axis=(1, 2)).mean() == pytest.approx(0.3, abs=0.03)
    assert odd.every(5).degrees == pytest.approx(odd.degrees[::5])


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_limbs_keep_their_lengths_and_feet_the_floor(standing, seed) -> None:
    found = bent(standing, drawn_oddness(np.random.default_rng(seed), MOMENTS, share=1.0))
    for one, other in LIMBS:
        for side in "LR":
            names = f"{one}.{side}", f"{other}.{side}"
            assert length_m(found, *names) == pytest.approx(length_m(standing, *names), abs=1e-4)
    lowest = [
        np.min([m.joint_m(f"{b}.{s}")[:, 2] for b in ("foot", "toe2-1") for s in "LR"], axis=0)
        for m in (standing, found)
    ]
    assert lowest[1] == pytest.approx(lowest[0], abs=1e-4)
    rotations = found.bones[:, :, :, :3].astype(np.float64)
    assert rotations @ rotations.transpose(0, 1, 3, 2) == pytest.approx(
        np.broadcast_to(np.eye(3), rotations.shape), abs=1e-4
    )


@pytest.mark.parametrize("side", ["L", "R"])
def test_a_knee_takes_the_foot_backwards(standing, side) -> None:
    joint = number_of(standing, f"lowerleg01.{side}")
    found = bent(standing, only(MOMENTS, joint, (0, 60, 0)))
    knee, foot = (found.joint_m(f"{bone}.{side}") for bone in ("lowerleg01", "foot"))
    assert (foot[:, 0] < knee[:, 0] - 0.2).all()


@pytest.mark.parametrize("side", ["L", "R"])
def test_an_elbow_takes_the_hand_forwards(standing, side) -> None:
    joint = number_of(standing, f"lowerarm01.{side}")
    found = bent(standing, only(MOMENTS, joint, (0, 60, 0)))
    elbow, wrist = (found.joint_m(f"{bone}.{side}") for bone in ("lowerarm01", "wrist"))
    assert (wrist[:, 0] > elbow[:, 0] + 0.15).all()


def test_bending_forwards_takes_the_head_along(standing) -> None:
    found = bent(standing, only(MOMENTS, number_of(standing, "spine05"), (0, 40, 0)))
    assert (found.joint_m("head")[:, 0] > standing.joint_m("head")[:, 0] + 0.2).all()
    assert found.joint_m("foot.L") == pytest.approx(standing.joint_m("foot.L"), abs=1e-5)


def test_axes_go_along_with_whoever_turns(standing) -> None:
    joint = number_of(standing, "lowerleg01.L")
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    turned = replace(standing, bones=(turn @ standing.bones).astype(np.float32))
    one, other = (bent(m, only(MOMENTS, joint, (0, 50, 0))) for m in (standing, turned))
    assert other.joint_m("foot.L") == pytest.approx(one.joint_m("foot.L") @ turn.T, abs=1e-4)
