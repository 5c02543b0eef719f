"""Light and what is hidden change as they are told; what is missing stays missing."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from clinigait.synthesis.sensors.rgb import _curve as camera_curve
from clinigait.training.augment import augmented
from clinigait.training.plan import Augmentation


@pytest.fixture
def frames():
    rng = np.random.default_rng(7)
    array = rng.integers(1, 256, (6, 4, 64, 48), dtype=np.uint8)
    return {"rgbd": array}


def _changed(frames, name, seed=0, **options):
    chosen = [Augmentation(name, 1.0, options)]
    return augmented(frames, chosen, np.random.default_rng(seed))["rgbd"]


def test_the_dark_is_that_of_the_virtual_camera(frames) -> None:
    dark = _changed(frames, "darken", darkest=0.3, brightest=0.3, noise=0)
    # A screen shows light to the power of 1 / 2.2: both ways from there to the dark are one.
    of_camera = camera_curve(0.3)
    light = np.linspace(0, 1, len(of_camera))
    shown = 255 * light ** (1 / 2.2)
    expected = np.interp(frames["rgbd"][:, :3], shown, of_camera)
    assert np.abs(dark[:, :3] - expected).max() <= 1
    assert_array_equal(dark[:, 3], frames["rgbd"][:, 3])


def test_in_the_dark_noise_stays_so_that_brightening_does_not_bring_it_back(frames) -> None:
    dark = _changed(frames, "darken", darkest=0.2, brightest=0.2)
    assert dark[:, :3].mean() < 0.35 * frames["rgbd"][:, :3].mean()
    brightened = 255 * (dark[:, :3] / 255.0) ** 0.2
    middle = (frames["rgbd"][:, :3] > 90) & (frames["rgbd"][:, :3] < 110)
    assert np.abs(brightened - frames["rgbd"][:, :3])[middle].mean() > 10


def test_other_light_bends_all_pictures_alike_and_keeps_their_order(frames) -> None:
    for seed in range(5):
        after = _changed(frames, "relight", seed)
        for channel in range(3):
            before = frames["rgbd"][:, channel].ravel()
            order = np.argsort(before, kind="stable")
            assert (np.diff(after[:, channel].ravel()[order].astype(int)) >= 0).all()
        assert_array_equal(after[:, 3], frames["rgbd"][:, 3])


def test_legs_are_hidden_by_something_nearer_in_the_same_place_of_all_pictures(frames) -> None:
    frames["rgbd"][:, 3] = 128  # as far as the trunk
    hidden = _changed(frames, "hide_legs", highest=0.5, lowest=0.5)
    assert_array_equal(hidden[:, :, :32], frames["rgbd"][:, :, :32])
    below = hidden[:, 3, 32:]
    assert len(np.unique(below)) == 1
    assert 1 <= below[0, 0, 0] < 128
    assert hidden[:, :3, 32:].std(axis=(0, 2, 3)).max() < 4


@pytest.mark.parametrize("name", ["darken", "relight", "hide_legs"])
def test_a_missing_modality_stays_missing(name, frames) -> None:
    without_depth = frames["rgbd"].copy()
    without_depth[:, 3] = 0
    assert not _changed({"rgbd": without_depth}, name, 3)[:, 3].any()
    without_colour = frames["rgbd"].copy()
    without_colour[:, :3] = 0
    assert not _changed({"rgbd": without_colour}, name, 3)[:, :3].any()


@pytest.mark.parametrize("name", ["darken", "relight", "hide_legs"])
def test_draws_are_repeated_and_the_walk_is_left_alone(name, frames) -> None:
    before = frames["rgbd"].copy()
    assert_array_equal(_changed(frames, name, 5), _changed(frames, name, 5))
    assert (_changed(frames, name, 5) != _changed(frames, name, 6)).any()
    assert_array_equal(frames["rgbd"], before)
