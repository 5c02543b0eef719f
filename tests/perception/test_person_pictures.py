"""The walker alone in small pictures: steady, whole, true to its distance, and none too many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import SIDES, Frame, Moments, PersonPictures, Recording, Space, Walk
from clinigait.io.rgbd import open_rgbd
from clinigait.io.video import open_recording
from clinigait.perception.person_pictures import Cut, cut_pictures, person_places
from support import rgbd
from support.rgbd import CAMERA, FEET_RGBD
from support.walker import Gait

_GAIT = Gait(rate_hz=30, start_x_m=-1.0, duration_s=1.6)


class _Plays:
    """Plays pictures, and counts how often."""

    def __init__(self, frames: list[Frame]) -> None:
        self._frames = frames
        self.times = 0

    def frames(self) -> Iterator[Frame]:
        self.times += 1
        yield from self._frames


def _recording(frames: list[Frame], depth: bool = True) -> Recording:
    height, width = frames[0].image.shape[:2]
    return Recording(
        path=Path("walk"), sha256="", width_px=width, height_px=height, native_width_px=width,
        native_height_px=height, rotation_deg=0, mirrored=False, codec="", source=_Plays(frames),
        has_depth=depth,
    )  # fmt: skip


def _quiet(share: float) -> None:
    assert 0 < share <= 1


@pytest.fixture(scope="module")
def space() -> Walk:
    return rgbd.walker(_GAIT)


@pytest.fixture(scope="module")
def frames(space) -> list[Frame]:
    return list(rgbd.scene(space).frames())


@pytest.fixture(scope="module")
def walk(space) -> Walk:
    return rgbd.pictured(space)


@pytest.fixture(scope="module")
def pictures(frames, walk) -> PersonPictures:
    found = cut_pictures(_recording(frames), walk, Cut(rate_hz=10), _quiet)
    assert found is not None
    return found


def test_one_pass_gives_ten_pictures_a_second_of_the_asked_size(frames, walk) -> None:
    recording = _recording(frames)
    found = cut_pictures(recording, walk, Cut(10, 64, 48), _quiet)
    assert recording.source.times == 1
    assert found.colour.shape == (len(found), 64, 48, 3)
    assert found.depth_mm.shape == (len(found), 64, 48)
    assert (found.colour.dtype, found.depth_mm.dtype) == (np.uint8, np.uint16)
    np.testing.assert_allclose(np.diff(found.time_s), 0.1, atol=1e-6)
    assert set(found.time_s) <= set(walk.time_s)


def test_the_person_fills_its_share_and_stands_in_the_middle(pictures) -> None:
    body = (pictures.colour.max(axis=3) != pictures.colour.min(axis=3)) & (
        np.ptp(pictures.colour.astype(int), axis=3) > 40
    )
    for mask in body:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        assert 0.75 <= (rows[-1] - rows[0]) / 128 <= 0.92
        assert abs((columns[0] + columns[-1]) / 2 - 48) < 12
        assert columns[0] > 0
        assert columns[-1] < 95


def test_depths_are_those_that_were_measured_and_none_between(frames, pictures) -> None:
    there = set(np.unique(np.concatenate([np.unique(f.depth_mm) for f in frames]))) | {0}
    assert set(np.unique(pictures.depth_mm)) <= there
    middle = pictures.depth_mm[:, 40:70, 46:50]
    assert np.median(middle) < 4000  # the body, not the wall at 5.5 m


def test_the_distance_is_that_of_the_trunk(space, pictures) -> None:
    names = [space.layout.index(name, side) for name in ("shoulder", "hip") for side in SIDES]
    trunk_m = space.keypoints[:, names, 2].mean(axis=1)
    at = [int(np.abs(space.time_s - t).argmin()) for t in pictures.time_s]
    # Skin and limbs lie before the middle of the joints, the wall behind.
    away = pictures.person_mm / 1000 - trunk_m[at]
    known = np.isfinite(away)
    assert known.mean() > 0.5
    assert (np.abs(away[known]) < 0.25).all()


def test_a_film_without_depth_gives_colour_alone(frames, walk) -> None:
    plain = [replace(frame, depth_mm=None) for frame in frames]
    found = cut_pictures(_recording(plain, depth=False), walk, Cut(), _quiet)
    assert found.depth_mm is None
    assert found.colour is not None
    assert np.isnan(found.person_mm).all()


def test_frames_that_lost_their_depth_have_none(frames, walk) -> None:
    some = [replace(f, depth_mm=None) if f.index < 20 else f for f in frames]
    found = cut_pictures(_recording(some), walk, Cut(), _quiet)
    early = found.time_s < walk.time_s[20]
    assert not found.depth_mm[early].any()
    assert np.isnan(found.person_mm[early]).all()
    assert found.depth_mm[~early].any(axis=(1, 2)).all()


def test_outside_of_the_frame_is_nothing(frames, walk) -> None:
    moved = replace(walk, keypoints=walk.keypoints - np.array([0.0, 180.0]), boxes_px=None)
    found = cut_pictures(_recording(frames), moved, Cut(), _quiet)
    assert not found.colour[:, :20].any()
    assert not found.depth_mm[:, :20].any()
    assert found.colour[:, -20:].any()


def test_points_in_metres_and_hidden_people_give_none(frames, space, walk) -> None:
    assert cut_pictures(_recording(frames), space, Cut(), _quiet) is None
    hidden = replace(walk, keypoints=np.full_like(walk.keypoints, np.nan))
    assert cut_pictures(_recording(frames), hidden, Cut(), _quiet) is None


def test_a_person_hidden_for_a_while_is_not_cut_then(frames, walk) -> None:
    keypoints = walk.keypoints.copy()
    keypoints[10:20] = np.nan
    found = cut_pictures(_recording(frames), replace(walk, keypoints=keypoints), Cut(), _quiet)
    assert not ((found.time_s >= walk.time_s[10]) & (found.time_s <= walk.time_s[19])).any()


def test_noise_of_the_points_does_not_shake_the_crop(walk) -> None:
    rng = np.random.default_rng(2)
    noisy = replace(walk, keypoints=walk.keypoints + rng.normal(0, 3.0, walk.keypoints.shape))
    exact, found = person_places(walk), person_places(noisy)
    # The outermost of noisy points lie outwards.
    assert np.abs(found - exact).max() < 12
    assert np.abs(np.diff(found[:, 2])).mean() < 1.0


def test_feet_out_of_the_picture_leave_the_size_as_it_was(walk) -> None:
    keypoints = walk.keypoints.copy()
    low = [i for i, name in enumerate(walk.layout.points) if "ankle" in name or "heel" in name
           or "toe" in name or "foot" in name]  # fmt: skip
    keypoints[25:, low] = np.nan
    cut, whole = person_places(replace(walk, keypoints=keypoints)), person_places(walk)
    np.testing.assert_allclose(cut[:, 2], whole[:, 2], rtol=0.06)
    np.testing.assert_allclose(cut[:, 1], whole[:, 1], atol=0.05 * whole[:, 2].max())


def test_boxes_stand_in_where_the_points_do_not_tell(walk) -> None:
    some = np.full_like(walk.keypoints, np.nan)
    wrist = walk.layout.index("wrist", "left")
    some[:, wrist] = walk.keypoints[:, wrist]
    places = person_places(replace(walk, keypoints=some))
    assert np.isfinite(places).all()
    np.testing.assert_allclose(places[:, 2], np.diff(walk.boxes_px[:, 1::2])[:, 0], rtol=0.1)
    assert walk.space is Space.IMAGE_PX


# ---------------------------------------------------------------- only what is wanted


@pytest.mark.parametrize("colour_as", ["png", "film"])
@pytest.mark.parametrize("depth_as", ["png", "film"])
def test_some_moments_of_a_recording_are_the_frames_of_all(
    tmp_path, frames, colour_as, depth_as
) -> None:
    small = [(f.image[::4, ::4].copy(), f.depth_mm[::4, ::4].copy()) for f in frames[:20]]
    about = {"schema": "clinigait-rgbd-1", "rate_hz": 30}
    recording = open_rgbd(rgbd.write_folder(
        tmp_path / "walk", small, about, colour_as=colour_as, depth_as=depth_as
    ))  # fmt: skip
    every = list(recording.frames())
    wanted = Moments([every[i].time_s for i in (3, 4, 11, 19)], 0.25 / 30)
    some = list(recording.frames_near(wanted))
    assert [f.index for f in some] == [3, 4, 11, 19]
    for frame in some:
        same = every[frame.index]
        assert frame.time_s == same.time_s
        np.testing.assert_array_equal(frame.image, same.image)
        np.testing.assert_array_equal(frame.depth_mm, same.depth_mm)


def test_any_source_gives_some_moments(frames) -> None:
    times_s = np.array([frame.time_s for frame in frames])
    recording = _recording(frames)
    for chosen in (np.array([2, 7]), np.isin(np.arange(len(times_s)), [2, 7])):
        wanted = Moments.of_frames(times_s, chosen)
        assert [f.index for f in recording.frames_near(wanted)] == [2, 7]
    assert Moments.of_frames(times_s[:1], np.array([0])).has(times_s[0])


def test_more_moments_than_a_command_line_holds(tmp_path) -> None:
    from support import media

    recording = open_recording(media.write_film(tmp_path / "walk.mp4", media.Film(n_frames=12)))
    wanted = Moments((np.arange(6000) / 1000).tolist(), 0.01)
    assert len(list(recording.frames_near(wanted))) == 12


@pytest.mark.skipif(not FEET_RGBD.is_dir(), reason="the feet data set is not here")
def test_a_real_recording_is_cut() -> None:
    """Feet alone are filmed: a box around them stands for the person."""
    recording = open_rgbd(FEET_RGBD)
    time_s = np.array([frame.time_s for frame in recording.frames()])
    walk = rgbd.pictured(rgbd.walker(_GAIT), CAMERA).part(slice(0, 1))
    n = len(time_s)
    places = np.full((n, len(walk.layout), 2), np.nan)
    places[:, walk.layout.index("ankle", "left")] = 320.0, 300.0
    filmed = Walk(
        time_s=time_s, keypoints=places, confidence=np.isfinite(places[..., 0]).astype(float),
        layout=walk.layout, space=Space.IMAGE_PX,
        boxes_px=np.tile([200.0, 100.0, 440.0, 420.0], (n, 1)),
    )  # fmt: skip
    found = cut_pictures(recording, filmed, Cut(), _quiet)
    assert len(found) >= 15
    assert (found.depth_mm > 0).mean() > 0.3
