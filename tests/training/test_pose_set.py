"""Sets of crops on the disk: whole or not there, read by number."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.training.pose_set import (
    PosePart,
    PoseSet,
    joined,
    parts_there,
    read_part,
    read_set,
    write_part,
)
from support.poses import part


def test_a_part_comes_back_as_it_was(tmp_path) -> None:
    one = part(5, seed=1)
    write_part(tmp_path, 3, one)
    again = read_part(tmp_path, 3)
    assert isinstance(again.crops, np.memmap), "mapped, not read"
    for name in ("crops", "keypoints_px", "weight", "visible", "stature_px", "person"):
        assert np.array_equal(getattr(again, name), getattr(one, name), equal_nan=True)
    assert parts_there(tmp_path) == (3,)


def test_crops_are_found_by_their_number_in_the_whole() -> None:
    parts = [part(n, seed=n) for n in (3, 4, 2)]
    both = joined([PoseSet(tuple(parts[:1])), PoseSet(tuple(parts[1:]))])
    assert len(both) == 9
    rows = both.rows(np.array([8, 0, 3, 3, 6]))
    expected = [parts[2].crops[1], parts[0].crops[0], parts[1].crops[0], parts[1].crops[0]]
    for k, crop in enumerate([*expected, parts[1].crops[3]]):
        assert np.array_equal(rows.crops[k], crop)


def test_a_part_without_labels_is_not_there(tmp_path) -> None:
    write_part(tmp_path, 0, part(2))
    (tmp_path / "00000.labels.npz").unlink()
    assert parts_there(tmp_path) == ()
    with pytest.raises(BadInputError, match="missing or damaged"):
        read_part(tmp_path, 0)


@pytest.mark.parametrize("name", ["00000.labels.npz", "00000.crops.npy"])
@pytest.mark.parametrize("length", [0, 50])
def test_a_damaged_part_is_one_sentence(tmp_path, name, length) -> None:
    write_part(tmp_path, 0, part(2))
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:length])
    with pytest.raises(BadInputError, match="missing or damaged"):
        read_part(tmp_path, 0)


def test_no_parts_are_no_set(tmp_path) -> None:
    with pytest.raises(BadInputError, match="no pictures"):
        read_set(tmp_path, ())


def test_a_folder_that_is_gone_is_one_sentence(tmp_path) -> None:
    with pytest.raises(BadInputError, match="cannot be written"):
        write_part(tmp_path / "gone", 0, part(1))
    assert not list(tmp_path.iterdir())


def test_labels_belong_to_crops() -> None:
    one = part(3)
    with pytest.raises(ValueError, match="do not belong together"):
        PosePart(
            one.crops[:2], one.keypoints_px, one.weight, one.visible, one.stature_px, one.person
        )
