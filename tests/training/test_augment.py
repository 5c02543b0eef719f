"""Clips are changed at random, and nothing is changed that a label stands on."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from clinigait.core import BadInputError
from clinigait.training.augment import AUGMENTATIONS, augmented, check_augmentations
from clinigait.training.plan import Augmentation


@pytest.fixture
def frames():
    picture = np.zeros((64, 44), np.uint8)
    picture[10:60, 15:28] = 255
    still = np.broadcast_to(picture, (12, 1, 64, 44)).copy()
    return {"silhouettes": still, "skeleton_maps": np.repeat(still, 2, 1)}


def _changed(frames, name, seed=0, **options):
    return augmented(frames, [Augmentation(name, 1.0, options)], np.random.default_rng(seed))


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_shapes_and_kinds_stay_and_the_original_is_left_alone(name, frames):
    before = {kind: array.copy() for kind, array in frames.items()}
    for seed in range(5):
        after = _changed(frames, name, seed)
        for kind, array in before.items():
            assert after[kind].shape == array.shape
            assert after[kind].dtype == np.uint8
            assert_array_equal(frames[kind], array)
    again = _changed(frames, name, 4)
    assert_array_equal(again["silhouettes"], after["silhouettes"])


@pytest.mark.parametrize("name", ["rotate", "perspective", "erase", "clothing", "mirror"])
def test_geometry_is_the_same_in_all_frames_and_in_all_pictures(name, frames):
    after = _changed(frames, name, 3)
    for array in after.values():
        assert (array == array[:1]).all()
    if name != "clothing":  # which is of silhouettes only
        assert_array_equal(after["skeleton_maps"][:, :1], after["silhouettes"])


def test_noise_of_masks_differs_from_frame_to_frame_and_keeps_the_body(frames):
    for seed in range(10):
        after = _changed(frames, "mask_noise", seed)["silhouettes"]
        assert not (after == after[:1]).all()
        body = after[:, 0, 14:56, 18:25].mean() / 255
        assert body > 0.8
        assert after[:, 0, :5].mean() < 10
        assert_array_equal(
            _changed(frames, "mask_noise", seed)["skeleton_maps"], frames["skeleton_maps"]
        )


def test_turns_are_as_small_as_they_are_told(frames):
    turned = _changed(frames, "rotate", 1, degrees=0.0)
    assert_array_equal(turned["silhouettes"], frames["silhouettes"])


def test_a_box_of_5_to_20_percent_is_erased():
    white = {"silhouettes": np.full((3, 1, 64, 44), 255, np.uint8)}
    for seed in range(20):
        gone = (_changed(white, "erase", seed)["silhouettes"] == 0).mean()
        assert 0.02 < gone < 0.22


def test_probability_zero_one_and_between(frames):
    rng = np.random.default_rng(0)
    chosen = [Augmentation("mirror", 0.3)]
    frames["silhouettes"][:, :, 30, 30] = 255  # left and right differ
    changed = sum(
        not (augmented(frames, chosen, rng)["silhouettes"] == frames["silhouettes"]).all()
        for _ in range(500)
    )
    assert 110 < changed < 190


@pytest.mark.parametrize(
    ("chosen", "kinds", "sided", "named"),
    [
        (Augmentation("glitter"), ["silhouettes"], False, "no augmentation glitter"),
        (Augmentation("rotate", options={"speed": 1}), ["silhouettes"], False, "knows no speed"),
        (Augmentation("mirror"), ["silhouettes"], True, "another label"),
        (Augmentation("mirror"), ["posture_of_nothing"], False, "no mirror image"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(chosen, kinds, sided, named):
    with pytest.raises(BadInputError, match=named):
        check_augmentations([chosen], kinds, sided=sided)
