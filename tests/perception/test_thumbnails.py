"""Everybody gets a small picture, at their best, in little memory, without a face."""

import cv2
import numpy as np
import pytest

from clinigait.core import COCO_17
from clinigait.perception.pose import PoseSample
from clinigait.perception.thumbnails import Album, write_thumbnails

BOX = np.array([300.0, 100, 460, 500, 0.9])


def _noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (720, 1280, 3), dtype=np.uint8)


def _album(*offers: tuple[float, np.ndarray, list[np.ndarray]]) -> Album:
    album = Album()
    for time_s, box, others in offers:
        album.offer(time_s, _noise(), box, others)
    return album


def _detail(image: np.ndarray) -> float:
    return float(np.abs(np.diff(image.astype(float), axis=1)).mean())


def _stored(album: Album, folder, pose=None) -> np.ndarray:
    names = write_thumbnails(folder, {3: album.best(0, 99)}, pose)
    assert names == {3: "frames/person-3.jpg"}
    return cv2.imread(str(folder / names[3]))


class _Pose:
    """Finds every head at one place."""

    name, layout = "fixed", COCO_17

    def __init__(self, at: tuple[float, float]) -> None:
        self._at, self._keys = at, []

    def submit(self, key: int, image: np.ndarray, box: np.ndarray) -> None:
        self._keys.append(key)

    def results(self) -> dict[int, PoseSample]:
        points = np.tile(np.array(self._at, float), (len(COCO_17), 1))
        nothing = np.zeros((256, 32), np.uint8), np.zeros((2, 3))
        return {k: PoseSample(points, np.ones(17), 0.9, 0.0, *nothing) for k in self._keys}


def test_the_largest_unhidden_look_is_kept() -> None:
    small = np.array([300.0, 100, 380, 300, 0.9])
    cut = np.array([1200.0, 100, 1279, 600, 0.9])
    album = _album((0.0, small, []), (0.1, BOX, []), (0.2, cut, []), (0.3, BOX, [BOX]))
    assert album.best(0, 1).time_s == 0.1


def test_a_picture_is_of_the_time_that_is_asked_for() -> None:
    album = _album(*((float(second), BOX, []) for second in range(6)))
    assert album.best(2.9, 4.1).time_s in {3.0, 4.0}
    assert album.best(6.5, 9) is None


def test_memory_stays_small_however_long_somebody_stays() -> None:
    album = Album()
    image = _noise()
    for step in range(0, 6000, 20):
        album.offer(step / 10, image, BOX, [])
    assert len(album) <= 16
    assert album.best(550, 600) is not None
    assert max(len(p.jpeg) for p in (album.best(0, 100), album.best(500, 600))) < 40_000


def test_the_picture_is_small_and_shows_the_body(tmp_path) -> None:
    picture = _stored(_album((0.0, BOX, [])), tmp_path)
    assert 100 <= picture.shape[0] <= 160
    assert _detail(picture[80:140, 20:50]) > 10


def test_head_and_surroundings_are_hidden(tmp_path) -> None:
    picture = _stored(_album((0.0, BOX, [])), tmp_path)
    assert _detail(picture[:40]) < 5
    assert _detail(picture[:, :4]) < 5


def test_the_head_is_hidden_where_the_pose_finds_it(tmp_path) -> None:
    """Somebody who bows: the head is not at the top of the box."""
    album = _album((0.0, BOX, []))
    picture = _stored(album, tmp_path, _Pose((40, 100)))
    assert _detail(picture[90:110, 30:50]) < 5
    assert _detail(picture[130:145, 20:50]) > 10


def test_a_head_that_the_pose_does_not_find_is_hidden_all_the_same(tmp_path) -> None:
    picture = _stored(_album((0.0, BOX, [])), tmp_path, _Pose((np.nan, np.nan)))
    assert _detail(picture[:40]) < 5


@pytest.mark.parametrize("left", [280.0, 340.0, 420.0])
def test_heads_of_others_in_the_picture_are_hidden(left: float, tmp_path) -> None:
    other = np.array([left, 220, left + 120, 560])
    picture = _stored(_album((0.0, BOX, [other])), tmp_path)
    scale = picture.shape[0] / (400 * 1.16)
    x, y = (left + 60 - 268) * scale, (220 + 0.1 * 340 - 68) * scale
    patch = picture[int(y) - 8 : int(y) + 8, max(int(x) - 8, 0) : int(x) + 8]
    assert patch.size == 0 or _detail(patch) < 8


def test_who_is_outside_of_the_picture_has_none(tmp_path) -> None:
    album = _album((0.0, np.array([-300.0, 100, -100, 400, 0.9]), []))
    assert album.best(0, 1) is None
    assert write_thumbnails(tmp_path, {1: album.best(0, 1)}, None) == {}
    assert list(tmp_path.iterdir()) == []
