"""People in films become labels only where two models agree, and never films that judge."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from clinigait.core import BLAZEPOSE_33, COCO_17, WHOLEBODY_23, BadInputError
from clinigait.io.film import FilmWriter
from clinigait.io.sample import JUDGING
from clinigait.perception.pose import PoseSample
from clinigait.training import pose_films
from clinigait.training.pose_films import (
    Labeller,
    agreement,
    check_films,
    in_wholebody,
    labelled,
)

BOX = np.array([60.0, 20, 120, 220, 0.9])


def standing() -> np.ndarray:
    """Return (33, 2) places of somebody who stands in the box."""
    rng = np.random.default_rng(0)
    return rng.uniform((64, 24), (116, 216), (33, 2))


class Pose:
    """Says of everybody that they stand there."""

    layout, name, precision = BLAZEPOSE_33, "standing", "f32"

    def __init__(self, score: float = 0.99) -> None:
        self._score, self._keys = score, []

    def submit(self, key, image, box) -> None:
        self._keys.append(key)

    def results(self):
        keys, self._keys = self._keys, []
        sample = PoseSample(standing(), np.linspace(0.4, 1, 33), self._score)
        return dict.fromkeys(keys, sample)


class Detector:
    name = "one person"

    def detect(self, image):
        return BOX[None]


class Second:
    """Says the same, moved."""

    def __init__(self, move=(0.0, 0.0), exchanged: bool = False) -> None:
        self._move, self._exchanged = move, exchanged

    def points(self, image, box):
        places, _ = in_wholebody(standing(), np.ones(33))
        order = list(COCO_17.mirrored()) if self._exchanged else list(range(17))
        return places[:17][order] + self._move, np.full(17, 0.9)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "walk.mp4"
    with FilmWriter(path, (180, 240), 25) as writer:
        for k in range(10):
            writer.write(np.full((240, 180, 3), 20 * k, np.uint8), k / 25)
    return path


def test_blazepose_becomes_body_and_feet() -> None:
    points, sure = in_wholebody(standing(), np.arange(33) / 33)
    for name in ("nose", "left_wrist", "right_heel", "left_toe"):
        assert points[WHOLEBODY_23.index(name)] == pytest.approx(
            standing()[BLAZEPOSE_33.index(name)]
        )
    small = [WHOLEBODY_23.index("small_toe", side) for side in ("left", "right")]
    assert np.isnan(sure[small]).all()
    assert np.isfinite(np.delete(sure, small)).all()


def test_a_film_becomes_crops_with_labels(film) -> None:
    (part,) = labelled([film], Labeller(Detector(), Pose(), Second()))
    assert 3 <= len(part) <= 5, "not every frame: neighbours teach the same"
    assert part.crops.shape[1:] == (256, 192, 3)
    assert part.person.tolist() == [-1] * len(part)
    small = WHOLEBODY_23.index("small_toe", "left")
    assert (part.weight[:, small] == 0).all()
    assert np.isnan(part.visible[:, small]).all()
    # The box takes 4/5 of the crop's height.
    assert part.stature_px[0] == pytest.approx(204, abs=1)
    x, y = part.keypoints_px[0].T
    assert ((x > 0) & (x < 192) & (y > 0) & (y < 256))[: len(COCO_17)].all()


def test_a_photograph_will_do_too(tmp_path: Path) -> None:
    path = tmp_path / "somebody.PNG"
    cv2.imwrite(str(path), np.dstack([np.full((240, 180), k, np.uint8) for k in (10, 20, 30)]))
    (part,) = labelled([path], Labeller(Detector(), Pose(), Second()))
    assert part.crops.shape == (1, 256, 192, 3)
    assert part.crops[0, 128, 96].tolist() == [30, 20, 10], "red first"


def test_a_broken_photograph_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "somebody.jpg"
    path.write_bytes(b"no picture")
    with pytest.raises(BadInputError, match=r"somebody\.jpg is damaged"):
        list(labelled([path], Labeller(Detector(), Pose())))


def test_confidence_is_the_weight(film) -> None:
    part = next(labelled([film], Labeller(Detector(), Pose())))
    nose = WHOLEBODY_23.index("nose")
    assert part.weight[0, nose] == part.visible[0, nose] == pytest.approx(0.4)


def test_hips_of_another_definition_are_not_learned(film) -> None:
    part = next(labelled([film], Labeller(Detector(), Pose())))
    hips = [WHOLEBODY_23.index("hip", side) for side in ("left", "right")]
    assert (part.weight[:, hips] == 0).all()
    assert (part.visible[:, hips] > 0).all()


@pytest.mark.parametrize(
    "second", [Second(move=(30, 0)), Second(exchanged=True)], ids=["elsewhere", "exchanged"]
)
def test_what_another_model_contradicts_is_left_out(film, second) -> None:
    assert not list(labelled([film], Labeller(Detector(), Pose(), second)))


def test_who_is_hardly_there_is_left_out(film) -> None:
    assert not list(labelled([film], Labeller(Detector(), Pose(score=0.3))))


def test_one_point_elsewhere_is_left_out_alone() -> None:
    places, sure = in_wholebody(standing(), np.ones(33))
    other = places[:17].copy()
    wrist = WHOLEBODY_23.index("wrist", "left")
    other[wrist] += 40
    found = agreement(places, sure, (other, np.ones(17)), 200.0)
    assert found is not None
    assert found[wrist] == 0
    assert found.sum() == 22


def test_too_little_to_compare_is_doubtful() -> None:
    places, sure = in_wholebody(standing(), np.ones(33))
    assert agreement(places, sure, (places[:17], np.zeros(17)), 200.0) is None


@pytest.mark.parametrize("judging", JUDGING, ids=lambda asset: asset.name)
def test_films_that_judge_are_refused(film, monkeypatch, judging) -> None:
    monkeypatch.setattr(pose_films, "sha256_of", lambda _: judging.sha256)
    with pytest.raises(BadInputError, match="films that judge networks"):
        check_films([film])


def test_a_film_that_is_not_there_is_one_sentence(tmp_path) -> None:
    with pytest.raises(BadInputError, match="no film gone"):
        list(labelled([tmp_path / "gone.mp4"], Labeller(Detector(), Pose())))
