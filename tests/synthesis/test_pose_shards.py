"""Parts of made pictures: the same by seed, made once, never mixed with others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.synthesis import pose_shards
from clinigait.synthesis.backgrounds import Backgrounds
from clinigait.synthesis.pose_pictures import MadePicture, State
from clinigait.synthesis.pose_shards import PictureOrder, drawn_part, make_pictures, part_of
from clinigait.training.pose_set import parts_there, read_part, read_set
from support.walkers import need_bodies


@pytest.fixture
def order(tmp_path) -> PictureOrder:
    need_bodies()
    return PictureOrder(tmp_path / "pictures", parts=2, seed=3, people=1, moments=2)


def test_parts_are_made_and_told(order) -> None:
    told: list[float] = []
    make_pictures(order, told.append)
    assert told == [0.5, 1.0]
    assert parts_there(order.folder) == (0, 1)
    found = read_set(order.folder, (0, 1))
    assert len(found) == 2 * order.part_size == 4
    part = found.rows(np.arange(4))
    assert part.person.tolist() == [0, 0, 1, 1], "nobody is in two parts"
    assert part.crops.shape == (4, 256, 192, 3)


def test_what_is_there_is_not_made_again(order, monkeypatch) -> None:
    make_pictures(replace(order, parts=1))
    before = read_part(order.folder, 0)
    made: list[int] = []
    monkeypatch.setattr(pose_shards, "make_part", lambda _, number: made.append(number))
    make_pictures(order)
    assert made == [1]
    expected = drawn_part(order, 0, pose_shards.found_backgrounds())
    assert np.array_equal(before.crops, expected.crops), "the same by seed"
    assert np.array_equal(before.keypoints_px, expected.keypoints_px)


def test_a_folder_of_other_pictures_is_refused(order) -> None:
    make_pictures(replace(order, parts=1))
    with pytest.raises(BadInputError, match="made in another way"):
        make_pictures(replace(order, seed=4))


def test_a_file_is_no_folder(order, tmp_path) -> None:
    (tmp_path / "pictures").write_text("here already")
    with pytest.raises(BadInputError, match="cannot be used"):
        make_pictures(order)


def test_states_become_weights_and_visibilities() -> None:
    states = np.array([State.OUTSIDE, State.HIDDEN, State.BEHIND_SELF, State.SEEN] * 6)[:23]
    crop = np.zeros((256, 192, 3), np.uint8)
    picture = MadePicture(crop, np.ones((23, 2), np.float32), states.astype(np.uint8), 150.0, 90.0)
    part = part_of([picture, picture], 7)
    assert part.weight[0, :4] == pytest.approx([0, 0.3, 1, 1])
    assert part.visible[1, :4] == pytest.approx([0, 0, 0.6, 1])
    assert part.person.tolist() == [7, 7]
    assert isinstance(Backgrounds().sources, tuple)


@pytest.mark.slow
def test_processes_make_the_same_as_one(order, tmp_path) -> None:
    make_pictures(order)
    many = replace(order, folder=tmp_path / "many", jobs=2)
    make_pictures(many)
    for number in range(2):
        one, other = read_part(order.folder, number), read_part(many.folder, number)
        assert np.array_equal(one.crops, other.crops)
