"""Gait angles as networks take them: an even clock, a mirror, gaps where a joint is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import COCO_17, WHOLEBODY_23, BadInputError, KeypointLayout, RefusedError, Space
from clinigait.representations import skeleton
from clinigait.representations.gait_angles import ACROSS, CHANNELS
from clinigait.representations.skeleton_inputs import (
    ANGLE_GROUPS,
    GAIT_ANGLES,
    angles_of,
    mirror_angles,
    prepare_gait_angles,
)
from support.walker import Gait, synthetic_space_walk

WALK = synthetic_space_walk(Gait(step_share=0.46, duration_s=4.0), WHOLEBODY_23)
BODY = skeleton(WALK)


def test_the_mirror_of_the_mirror_is_the_clip() -> None:
    frames = prepare_gait_angles(WALK, {}).frames[GAIT_ANGLES]
    assert frames.shape[1:] == (len(CHANNELS), 1)
    assert frames.dtype == np.float32
    np.testing.assert_array_equal(mirror_angles(mirror_angles(frames)), frames)
    assert np.abs(mirror_angles(frames) - frames).max() > 0.1


def test_the_mirror_of_the_walk_gives_the_mirror_of_the_clip() -> None:
    of_the_walk = angles_of(BODY.mirrored(), {}).frames[GAIT_ANGLES]
    np.testing.assert_allclose(
        of_the_walk, mirror_angles(angles_of(BODY, {}).frames[GAIT_ANGLES]), atol=1e-4
    )


@pytest.mark.parametrize("rate_hz", [30, 15, 10])
def test_a_clip_has_the_rate_that_is_asked_for(rate_hz: int) -> None:
    clip, whole = angles_of(BODY, {"rate_hz": rate_hz}), angles_of(BODY, {"rate_hz": 30})
    np.testing.assert_allclose(np.diff(clip.time_s), 1 / rate_hz)
    assert clip.time_s[-1] == pytest.approx(whole.time_s[-1], abs=1 / rate_hz)
    assert len(clip) == len(clip.frames[GAIT_ANGLES])


@pytest.mark.parametrize("options", [{"rate_hz": 25}, {"rate_hz": "fast"}, {"speed": 1}])
def test_an_impossible_option_is_one_sentence(options: dict[str, object]) -> None:
    with pytest.raises(BadInputError, match=next(iter(options))) as caught:
        angles_of(BODY, options)
    assert "\n" not in str(caught.value)


def test_without_arms_their_channels_alone_are_not_known() -> None:
    kept = np.array([not p.endswith(("elbow", "wrist")) for p in WALK.layout.points])
    names = tuple(p for p, keep in zip(WALK.layout.points, kept, strict=True) if keep)
    armless = WALK.with_points(kept, KeypointLayout("armless", names))
    frames = prepare_gait_angles(armless, {}).frames[GAIT_ANGLES][:, :, 0]
    unknown = {name for name, gone in zip(CHANNELS, np.isnan(frames).all(0), strict=True) if gone}
    assert unknown
    assert all(any(part in name for part in ("arm", "elbow", "wrist", "hand")) for name in unknown)
    known = [i for i, name in enumerate(CHANNELS) if name not in unknown]
    assert np.isfinite(frames[:, known]).all()
    whole = prepare_gait_angles(WALK, {}).frames[GAIT_ANGLES][:, known, 0]
    np.testing.assert_allclose(frames[:, known], whole, atol=1e-4)


def test_without_feet_gaps_survive_the_mirror() -> None:
    footless = synthetic_space_walk(Gait(duration_s=4.0), COCO_17)
    frames = prepare_gait_angles(footless, {}).frames[GAIT_ANGLES]
    assert np.isnan(frames).any()
    np.testing.assert_array_equal(np.isnan(mirror_angles(frames)), np.isnan(frames))


def test_groups_are_alike_on_both_sides_and_share_no_channel() -> None:
    listed = [i for group in ANGLE_GROUPS for i in group]
    assert all(ANGLE_GROUPS)
    assert len(set(listed)) == len(listed)
    names = {CHANNELS[i] for i in listed}
    for name in names:
        if name.startswith("left_"):
            assert f"right_{name.removeprefix('left_')}" in names


def test_the_level_of_a_centred_channel_is_taken_out_and_its_movement_kept() -> None:
    number = CHANNELS.index("pelvis_yaw_deg")
    plain = angles_of(BODY, {}).frames[GAIT_ANGLES]
    centred = angles_of(BODY, {"centred": ["pelvis_yaw_deg"]}).frames[GAIT_ANGLES]
    assert centred[:, number].mean() == pytest.approx(0, abs=1e-4)
    moved = plain[:, number] - plain[:, number].mean()
    np.testing.assert_allclose(centred[:, number], moved, atol=1e-4)
    np.testing.assert_array_equal(np.delete(centred, number, 1), np.delete(plain, number, 1))


def test_a_channel_that_is_none_is_named() -> None:
    with pytest.raises(BadInputError, match="no channel pelvis_yaw"):
        angles_of(BODY, {"centred": ["pelvis_yaw"]})


def test_somebody_who_stands_is_refused() -> None:
    standing = replace(WALK, keypoints=np.repeat(WALK.keypoints[:1], len(WALK), axis=0))
    with pytest.raises(RefusedError, match="nobody walks"):
        prepare_gait_angles(standing, {})


def test_a_walk_in_a_picture_is_refused_not_faulty() -> None:
    """The measurement of such a walk goes on; only the model has to pass."""
    flat = replace(WALK, keypoints=WALK.keypoints[..., :2], space=Space.IMAGE_PX)
    with pytest.raises(RefusedError, match="picture") as refused:
        prepare_gait_angles(flat, {})
    assert refused.value.refused.code == "no_skeleton"


def test_a_film_from_the_side_gives_the_channels_of_the_room_in_its_plane() -> None:
    px = np.stack([400 + 150 * WALK.keypoints[..., 0], 600 - 150 * WALK.keypoints[..., 2]], axis=2)
    film = replace(WALK, keypoints=px, space=Space.IMAGE_PX)
    options = {"plane": "sagittal"}
    room, seen = (prepare_gait_angles(w, options).frames[GAIT_ANGLES][..., 0] for w in (WALK, film))
    across = [CHANNELS.index(name) for name in ACROSS]
    assert np.isnan(seen[:, across]).all()
    assert np.isnan(room[:, across]).all()
    along = np.delete(np.arange(len(CHANNELS)), across)
    assert np.isfinite(seen[:, along]).all()
    np.testing.assert_allclose(seen[:, along], room[:, along], atol=2.5)
    angles = [i for i in along if CHANNELS[i].endswith("_deg")]
    np.testing.assert_allclose(seen[:, angles], room[:, angles], atol=0.1)


def test_a_film_shows_no_three_dimensions() -> None:
    film = replace(WALK, keypoints=WALK.keypoints[..., :2], space=Space.IMAGE_PX)
    with pytest.raises(RefusedError) as caught:
        prepare_gait_angles(film, {})
    assert caught.value.refused.code == "no_skeleton"
