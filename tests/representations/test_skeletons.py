"""Skeletons: the same whatever the place, heading, size, layout, rate or side of the camera."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import (
    COCO_17,
    WHOLEBODY_23,
    BadInputError,
    KeypointLayout,
    RefusedError,
    Space,
    Walk,
)
from clinigait.core.layout import KINECT_25
from clinigait.datasets import pathological_gait
from clinigait.representations import BODY_17, PARENTS, Skeleton, mirrored_joints, skeleton
from clinigait.representations.skeletons import picture_skeleton, seen_from_the_side
from support.walker import Gait, synthetic_space_walk

ACTED = Path(__file__).parents[3] / "shared" / "data" / "pathological_gait"
GAIT = Gait(step_share=0.46, duration_s=5.0)


def _walk(gait: Gait = GAIT, heading_deg: float = 0.0, space: Space = Space.WORLD_M) -> Walk:
    return synthetic_space_walk(gait, WHOLEBODY_23, heading_deg=heading_deg, space=space)


def _turned(walk: Walk, angle_deg: float) -> Walk:
    cos, sin = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    return replace(walk, keypoints=walk.keypoints @ turn.T)


def _without(walk: Walk, *points: str) -> Walk:
    kept = np.array([name not in points for name in walk.layout.points])
    names = tuple(name for name in walk.layout.points if name not in points)
    return walk.with_points(kept, KeypointLayout("fewer", names))


def _same(one: Skeleton, other: Skeleton, within: float = 1e-9) -> None:
    assert len(one) == len(other)
    np.testing.assert_allclose(one.joints, other.joints, atol=within)
    np.testing.assert_allclose(one.speed, other.speed, atol=within)


@settings(max_examples=15, deadline=None)
@given(
    angle_deg=st.floats(-180, 180),
    shift_m=st.tuples(*[st.floats(-20, 20)] * 3),
    scale=st.floats(0.5, 1.4),
)
def test_place_heading_and_size_do_not_count(
    angle_deg: float, shift_m: tuple[float, float, float], scale: float
) -> None:
    walk = _walk()
    turned = _turned(walk, angle_deg)
    moved = replace(walk, keypoints=turned.keypoints * scale + np.array(shift_m))
    _same(skeleton(moved), skeleton(walk), 1e-7)
    assert skeleton(moved).size_m == pytest.approx(scale * skeleton(walk).size_m)


@pytest.mark.parametrize("direction", [1, -1])
def test_the_walking_direction_does_not_count(direction: int) -> None:
    """Away from the camera and towards it the same gait is the same skeleton."""
    there = skeleton(_walk())
    _same(skeleton(_walk(replace(GAIT, direction=direction), heading_deg=90)), there, 1e-7)


def test_a_level_camera_sees_what_the_room_sees() -> None:
    _same(skeleton(_walk(space=Space.CAMERA_M)), skeleton(_walk()), 1e-7)


@pytest.mark.parametrize("rate_hz", [25.0, 50.0, 120.0])
def test_the_frame_rate_hardly_counts(rate_hz: float) -> None:
    """A hundredth of the body's size away from the ends, where filters know less."""
    there = skeleton(_walk(replace(GAIT, rate_hz=60.0)))
    here = skeleton(_walk(replace(GAIT, rate_hz=rate_hz)))
    shared = slice(10, min(len(there), len(here)) - 10)
    assert np.nanmax(np.abs(there.joints[shared] - here.joints[shared])) < 0.01
    assert np.abs(there.speed[shared] - here.speed[shared]).max() < 0.1


def test_another_clock_gives_the_wanted_rate() -> None:
    body = skeleton(_walk(), rate_hz=15.0)
    assert body.rate_hz == 15.0
    assert len(body) == pytest.approx(15 * GAIT.duration_s, abs=1)


def test_what_is_forward_left_and_up() -> None:
    body = skeleton(_walk())
    np.testing.assert_allclose(body["pelvis"][:, :2], 0, atol=1e-9)
    assert (body["left_hip"][:, 1] > body["right_hip"][:, 1]).all()
    assert (body["thorax"][:, 2] > body["pelvis"][:, 2]).all()
    assert (body["left_foot"][:, 0] - body["left_ankle"][:, 0]).mean() > 0
    assert body.speed.mean() * body.size_m == pytest.approx(GAIT.speed_mps, rel=0.02)
    lowest = np.minimum(body["left_ankle"][:, 2], body["right_ankle"][:, 2])
    assert abs(np.percentile(lowest, 5)) < 1e-9


def test_the_mirror_of_the_mirror_is_the_walk() -> None:
    body = skeleton(_walk())
    _same(body.mirrored().mirrored(), body, 0)
    assert np.abs(body.mirrored().joints - body.joints).max() > 0.01
    assert body.known.all()
    np.testing.assert_array_equal(body.mirrored()["left_knee"][:, 0], body["right_knee"][:, 0])
    np.testing.assert_array_equal(body.mirrored()["left_knee"][:, 1], -body["right_knee"][:, 1])


def test_streams_of_the_mirror_are_mirrored_streams() -> None:
    body = skeleton(_walk())
    np.testing.assert_allclose(body.mirrored().bones(), mirrored_joints(body.bones()), atol=1e-12)
    there = body.mirrored().velocities()
    np.testing.assert_allclose(there, mirrored_joints(body.velocities()), atol=1e-9)


def test_bones_add_up_to_joints_and_velocities_to_ways() -> None:
    body = skeleton(_walk())
    added = body.bones()
    for index in (1, *range(2, len(BODY_17))):
        if PARENTS[index]:
            added[:, index] += body.joints[:, PARENTS[index]]
        else:
            added[:, index] += body.joints[:, 0]
    np.testing.assert_allclose(added, body.joints, atol=1e-12)
    walked = body.velocities()[:, BODY_17.index("pelvis"), 0].sum() / body.rate_hz
    assert walked * body.size_m == pytest.approx(GAIT.speed_mps * GAIT.duration_s, rel=0.03)


def test_exchanged_sides_are_set_right() -> None:
    walk = _walk()
    exchanged = replace(walk, keypoints=walk.keypoints[:, walk.layout.mirrored()])
    body = skeleton(exchanged)
    assert body.sides_exchanged
    _same(body, skeleton(walk), 1e-9)


def test_a_layout_without_feet_arms_or_head_leaves_them_absent() -> None:
    whole = skeleton(_walk())
    part = skeleton(synthetic_space_walk(GAIT, COCO_17))
    absent = [name for name, known in zip(BODY_17.points, part.known, strict=True) if not known]
    assert absent == ["left_foot", "right_foot"]
    np.testing.assert_allclose(part["left_knee"], whole["left_knee"], atol=1e-9)
    few = skeleton(_without(_walk(), "left_ear", "right_ear", "nose", "left_elbow"))
    assert not few.known[BODY_17.index("head")]
    assert not few.known[BODY_17.index("left_elbow")]


def test_kinect_joints_are_named_alike() -> None:
    walk = synthetic_space_walk(GAIT, KINECT_25)
    np.testing.assert_allclose(
        skeleton(walk)["left_knee"], skeleton(_walk())["left_knee"], atol=1e-9
    )


def test_gaps_and_torn_frames_are_bridged() -> None:
    walk = _walk()
    holes = walk.keypoints.copy()
    holes[100:106, walk.layout.index("left_knee")] = np.nan
    holes[150:152] += np.array([0.0, 0.0, -0.8])
    body = skeleton(replace(walk, keypoints=holes))
    assert np.nanmax(np.abs(body.joints - skeleton(walk).joints)) < 0.05


def test_torn_ends_are_cut_off() -> None:
    walk = _walk()
    torn = walk.keypoints.copy()
    torn[-12:] = torn[-12:] * 0.3
    body = skeleton(replace(walk, keypoints=torn))
    whole = skeleton(walk)
    assert len(whole) - 8 <= len(body) <= len(whole) - 5
    assert np.nanmax(np.abs(body.joints[:-10] - whole.joints[: len(body) - 10])) < 0.02


def test_on_a_treadmill_the_hips_face_forward() -> None:
    walk = _walk(heading_deg=35.0)
    way = np.radians(35.0)
    along = np.array([np.cos(way), np.sin(way), 0.0])
    back = (GAIT.speed_mps * walk.time_s)[:, None, None] * along
    body = skeleton(replace(walk, keypoints=walk.keypoints - back))
    assert np.abs(body["left_ankle"][:, 0]).max() * body.size_m > 0.2
    assert (body["left_hip"][:, 1] > 0).all()
    assert (body["left_foot"][:, 0] - body["left_ankle"][:, 0]).mean() > 0


def test_what_cannot_be_a_skeleton_is_refused_in_one_sentence() -> None:
    walk = _walk()
    with pytest.raises(BadInputError, match="picture"):
        skeleton(Walk(walk.time_s, walk.keypoints[:, :, :2], walk.confidence, walk.layout,
                      Space.IMAGE_PX))  # fmt: skip
    with pytest.raises(BadInputError, match="no left knee"):
        skeleton(_without(walk, "left_knee"))
    hidden = walk.keypoints.copy()
    hidden[:200, walk.layout.index("right_ankle")] = np.nan
    for code, wrong in (
        ("too_short", walk.part(slice(0, 40))),
        ("joint_unseen", replace(walk, keypoints=hidden)),
        ("no_person", replace(walk, keypoints=walk.keypoints * 1000)),
        ("no_person", replace(walk, keypoints=walk.keypoints * 0)),
    ):
        with pytest.raises(RefusedError) as refused:
            skeleton(wrong)
        assert refused.value.refused.code == code


def test_a_skeleton_is_of_seventeen_joints() -> None:
    with pytest.raises(ValueError, match="17"):
        Skeleton(np.zeros((5, 16, 3)), np.zeros(5), 30.0, 1.2)
    with pytest.raises(ValueError, match="speed"):
        Skeleton(np.zeros((5, 17, 3)), np.zeros(4), 30.0, 1.2)


@pytest.mark.skipif(not ACTED.exists(), reason="needs the walks of the acted gaits")
def test_two_sensors_see_the_same_body() -> None:
    """Of one walk: sizes within 6 %, speeds alike, nobody's sides exchanged."""
    seen = [t for t in pathological_gait.trials(ACTED, "human1") if t.walk == 1]
    pairs = [(a, b) for a, b in itertools.pairwise(seen) if a.gait == b.gait]
    assert len(pairs) == len(pathological_gait.GAITS)
    for pair in pairs:
        one, other = (skeleton(pathological_gait.read_trial(trial)) for trial in pair)
        assert other.size_m == pytest.approx(one.size_m, rel=0.06)
        assert not one.sides_exchanged
        assert not other.sides_exchanged
        assert np.median(other.speed) == pytest.approx(np.median(one.speed), rel=0.2)


# ---------------------------------------------------------------- from the side


def _filmed(walk: Walk, pixels_per_m: float = 200.0, *, to_the_right: bool = True) -> Walk:
    """Return a walk along x in the room as a far camera at the side sees it."""
    across = walk.keypoints[..., 0] * (1 if to_the_right else -1)
    px = np.stack([900 + pixels_per_m * across, 700 - pixels_per_m * walk.keypoints[..., 2]], 2)
    return replace(walk, keypoints=px, space=Space.IMAGE_PX)


@pytest.mark.parametrize("to_the_right", [True, False])
def test_a_picture_from_the_side_shows_what_the_room_has_forward_and_up(to_the_right: bool) -> None:
    walk = _walk()
    filmed = picture_skeleton(_filmed(walk, to_the_right=to_the_right))
    known = seen_from_the_side(skeleton(walk))
    assert np.all(filmed.joints[:, :, 1] == 0)
    # Bones that lean towards the camera are shortened: the body is a little smaller in the picture.
    size = np.median(filmed["head"][:, 2] / known["head"][:, 2])
    assert size == pytest.approx(1, abs=0.03)
    np.testing.assert_allclose(filmed.joints, known.joints * size, atol=0.005)
    np.testing.assert_allclose(filmed.speed, known.speed * size, rtol=0.01)


@given(scale=st.floats(40, 900))
@settings(max_examples=5, deadline=None)
def test_how_large_the_person_is_in_the_picture_does_not_count(scale: float) -> None:
    walk = _walk()
    _same(picture_skeleton(_filmed(walk)), picture_skeleton(_filmed(walk, scale)), 1e-9)


def test_a_film_that_is_not_from_the_side_is_refused() -> None:
    filmed = _filmed(_walk())
    nearer = np.linspace(1, 1.6, len(filmed))[:, None, None]
    standing = filmed.keypoints - filmed.keypoints[:, :1] * (1, 0)
    for keypoints, code in (
        (filmed.keypoints * nearer, "not_from_the_side"),
        (standing, "no_way"),
        (np.full_like(filmed.keypoints, np.nan), "joint_unseen"),
    ):
        with pytest.raises(RefusedError) as caught:
            picture_skeleton(replace(filmed, keypoints=keypoints))
        assert caught.value.refused.code == code
