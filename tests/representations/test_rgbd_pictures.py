"""Colour and depth as a network sees them: what is missing is nothing, and said to be missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import COCO_17, BadInputError, PersonPictures, RefusedError, Space, Walk
from clinigait.core.card import InputSpec
from clinigait.representations.inputs import PREPARATIONS, prepare

RGBD = InputSpec("rgbd")


def _pictures(n: int = 40, rate_hz: float = 10.0, size: tuple[int, int] = (128, 96)):
    rng = np.random.default_rng(4)
    depth = np.full((n, *size), 3000, np.uint16)
    depth[:, : size[0] // 2] = 5000
    depth[:, :, 0] = 0
    return PersonPictures(
        np.arange(n) / rate_hz,
        rng.integers(0, 256, (n, *size, 3)).astype(np.uint8),
        depth,
        np.full(n, 3000.0),
    )


def _walk(pictures: PersonPictures | None, n: int = 120) -> Walk:
    keypoints = np.full((n, 17, 2), 100.0)
    return Walk(
        np.arange(n) / 30, keypoints, np.ones((n, 17)), COCO_17, Space.IMAGE_PX, pictures=pictures
    )


def _clip(pictures: PersonPictures, **options: object):
    return prepare(_walk(pictures), [InputSpec("rgbd", options)])


def test_four_channels_on_an_even_clock() -> None:
    pictures = _pictures()
    clip = _clip(pictures)
    frames = clip.frames["rgbd"]
    assert (frames.shape, frames.dtype) == ((40, 4, 128, 96), np.uint8)
    np.testing.assert_array_equal(frames[:, :3], pictures.colour.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(clip.vectors["modalities"], [1, 1])
    assert clip.vectors["modalities"].dtype == np.float32
    assert set(clip.vectors) == {"modalities"}
    np.testing.assert_allclose(np.diff(clip.time_s), 0.1)


def test_depth_is_told_from_the_trunk() -> None:
    depth = _clip(_pictures(), depth_range_m=1.0).frames["rgbd"][:, 3]
    assert (depth[:, :, 0] == 0).all()  # unknown
    assert (depth[:, 64:, 1:] == 128).all()  # as far as the trunk
    assert (depth[:, :64, 1:] == 255).all()  # the wall, 2 m behind, clipped


@given(st.integers(1, 8000), st.floats(500, 6000), st.floats(0.2, 3.0))
@settings(max_examples=60, deadline=None)
def test_levels_grow_with_the_distance_and_never_say_unknown(
    depth_mm: int, person_mm: float, range_m: float
) -> None:
    pictures = _pictures(16, size=(16, 16))
    pictures = replace(
        pictures,
        depth_mm=np.full((16, 16, 16), depth_mm, np.uint16),
        person_mm=np.full(16, person_mm),
    )
    options = {"height_px": 16, "width_px": 16, "depth_range_m": range_m}
    level = float(_clip(pictures, **options).frames["rgbd"][0, 3, 0, 0])
    assert 1 <= level <= 255
    away = np.clip((depth_mm - person_mm) / (1000 * range_m), -1, 1)
    assert level == pytest.approx(128 + 127 * away, abs=0.51)


@pytest.mark.parametrize("missing", ["colour", "depth_mm"])
def test_a_missing_modality_is_nothing_and_said_to_be_missing(missing: str) -> None:
    clip = _clip(replace(_pictures(), **{missing: None}))
    frames = clip.frames["rgbd"]
    colour = missing != "colour"
    np.testing.assert_array_equal(clip.vectors["modalities"], [colour, not colour])
    gone = frames[:, :3] if missing == "colour" else frames[:, 3]
    assert not gone.any()
    assert frames.any()


def test_what_is_black_and_what_was_not_measured_count_as_missing() -> None:
    pictures = _pictures()
    dark = replace(pictures, colour=np.ones_like(pictures.colour))
    np.testing.assert_array_equal(_clip(dark).vectors["modalities"], [0, 1])
    far = replace(pictures, person_mm=np.full(40, np.nan))
    np.testing.assert_array_equal(_clip(far).vectors["modalities"], [1, 0])
    assert not _clip(far).frames["rgbd"][:, 3].any()
    with pytest.raises(RefusedError) as caught:
        _clip(replace(far, colour=None))
    assert caught.value.refused.code == "empty_pictures"


def test_a_distance_lost_for_a_moment_is_bridged() -> None:
    pictures = _pictures()
    person = np.linspace(3000, 2500, 40)
    holed = person.copy()
    holed[10:14] = np.nan
    found = _clip(replace(pictures, person_mm=holed)).frames["rgbd"]
    np.testing.assert_array_equal(found, _clip(replace(pictures, person_mm=person)).frames["rgbd"])


def test_other_sizes_are_fitted_and_depths_never_mixed() -> None:
    clip = _clip(_pictures(), height_px=64, width_px=48, depth_range_m=1.0)
    assert clip.frames["rgbd"].shape == (40, 4, 64, 48)
    assert set(np.unique(clip.frames["rgbd"][:, 3])) <= {0, 128, 255}


def test_every_time_gets_the_nearest_picture_and_the_middle_of_a_long_walk_counts() -> None:
    pictures = _pictures(60)
    half = _clip(pictures, rate_hz=5)
    np.testing.assert_array_equal(
        half.frames["rgbd"][:, :3], _clip(pictures).frames["rgbd"][::2, :3]
    )
    middle = _clip(pictures, max_frames=20)
    np.testing.assert_allclose(middle.time_s, pictures.time_s[20:40])


def test_the_longest_part_without_a_gap_counts() -> None:
    pictures = _pictures(60)
    kept = np.r_[0:20, 35:60]
    holed = PersonPictures(
        pictures.time_s[kept], pictures.colour[kept], pictures.depth_mm[kept],
        pictures.person_mm[kept],
    )  # fmt: skip
    clip = _clip(holed)
    assert clip.time_s[0] == pytest.approx(3.5)
    np.testing.assert_array_equal(
        clip.frames["rgbd"][:, :3], pictures.colour[35:].transpose(0, 3, 1, 2)
    )


@pytest.mark.parametrize(
    ("pictures", "code"),
    [
        (None, "no_pictures"),
        (_pictures(14), "too_few_pictures"),
        (_pictures(0), "too_few_pictures"),
    ],
)
def test_why_a_walk_cannot_be_seen(pictures: PersonPictures | None, code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        prepare(_walk(pictures), [RGBD])
    assert caught.value.refused.code == code
    assert caught.value.refused.remedy


@pytest.mark.parametrize(
    "options", [{"rate": 5}, {"rate_hz": 0}, {"height_px": 7}, {"depth_range_m": "far"}]
)
def test_options_that_cannot_be(options: dict[str, object]) -> None:
    with pytest.raises(BadInputError, match="The option"):
        prepare(_walk(_pictures()), [InputSpec("rgbd", options)])


def test_it_is_registered() -> None:
    assert PREPARATIONS["rgbd"][0] == "1"
