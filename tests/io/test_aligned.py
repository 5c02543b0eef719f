"""Silhouettes that came aligned become a walk that hides nothing that is lost or guessed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from clinigait.core import BadInputError, Space
from clinigait.core.card import InputSpec
from clinigait.io.aligned import read_aligned, read_pictures
from clinigait.io.walk import read_walk, write_walk
from clinigait.representations import align
from clinigait.representations.inputs import prepare
from support.pickled import body, pose, put


@pytest.mark.parametrize(("height", "width"), [(64, 64), (64, 44), (128, 128), (128, 88)])
@pytest.mark.parametrize("kind", ["array", "list", "ones", "truth values", "one channel"])
def test_pictures_come_back_as_they_were(
    tmp_path: Path, height: int, width: int, kind: str
) -> None:
    pictures = body(height=height, width=width)
    content = {
        "array": pictures,
        "list": list(pictures),
        "ones": pictures // 255,
        "truth values": pictures > 0,
        "one channel": pictures[:, None],
    }[kind]
    walk = read_aligned([put(tmp_path / "sils.pkl", content)])
    found = np.stack([walk.silhouettes.mask(frame) for frame in range(len(walk))])
    np.testing.assert_array_equal(found, pictures > 0)
    again = align(walk.silhouettes, walk.time_s, size=height)
    if width < height:
        again = again.cut()
    np.testing.assert_array_equal(again.images, pictures)


def test_what_is_lost_or_assumed_is_said(tmp_path: Path) -> None:
    walk = read_aligned([put(tmp_path / "sils.pkl", body())])
    assert np.isnan(walk.silhouettes.affine).all()
    assert np.isnan(walk.keypoints).all()
    assert not walk.confidence.any()
    assert walk.silhouettes.aid_bits is None
    assert walk.provenance["frame rate"] == "30 Hz, assumed"
    assert "not known" in walk.provenance["silhouettes"]
    given = read_aligned([tmp_path / "sils.pkl"], 25.0)
    assert given.provenance["frame rate"] == "25 Hz, as given"
    assert given.time_s[-1] == pytest.approx(19 / 25)


def test_a_network_sees_them(tmp_path: Path) -> None:
    walk = read_aligned([put(tmp_path / "sils.pkl", body())])
    clip = prepare(walk, [InputSpec("silhouettes")])
    np.testing.assert_array_equal(clip.frames["silhouettes"][:, 0], body()[:, :, 10:54])


def test_such_a_walk_can_be_kept(tmp_path: Path) -> None:
    walk = read_aligned([put(tmp_path / "sils.pkl", body())])
    write_walk(walk, tmp_path / "walk.npz")
    again = read_walk(tmp_path / "walk.npz")
    np.testing.assert_array_equal(again.silhouettes.bits, walk.silhouettes.bits)
    assert np.isnan(again.silhouettes.affine).all()


def test_poses_are_points_in_pixels(tmp_path: Path) -> None:
    points = pose()
    points[3, 5] = 0
    points[4, 6, 2] = 0
    points[5, 7, 0] = np.nan
    walk = read_aligned([put(tmp_path / "pose.pkl", points)])
    assert walk.space is Space.IMAGE_PX
    assert walk.silhouettes is None
    np.testing.assert_allclose(walk.keypoints[0], points[0, :, :2])
    for frame, point in ((3, 5), (4, 6), (5, 7)):
        assert np.isnan(walk.keypoints[frame, point]).all()
        assert walk.confidence[frame, point] == 0
    flat = read_aligned([put(tmp_path / "pose.pkl", pose()[:, :, :2])])
    assert (flat.confidence == 1).all()


def test_both_come_together_and_others_stay_out(tmp_path: Path) -> None:
    files = [
        put(tmp_path / "0_heatmap.pkl", np.zeros((20, 64, 64), np.uint8)),
        put(tmp_path / "1_sil.pkl", body()),
        put(tmp_path / "2_pose.pkl", pose()),
        put(tmp_path / "3_pars.pkl", body(seed=1)),
        put(tmp_path / "4_unknown.pkl", np.zeros((20, 3, 64, 64))),
    ]
    walk = read_aligned(files)
    assert walk.silhouettes is not None
    assert walk.confidence.any()
    assert walk.provenance["file"] == "1_sil.pkl, 2_pose.pkl"
    assert read_aligned(files, record="pose").silhouettes is None
    assert not read_aligned(files, record="silhouettes").confidence.any()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (np.zeros((20, 3, 64, 64), np.uint8), "There are no"),
        (np.zeros((20, 60, 60), np.uint8), "There are no"),
        (np.zeros((20, 64, 64), np.float32), "There are no"),
        (np.zeros((20, 18, 3)), "There are no"),
        (np.zeros((64, 64), np.uint8), "There are no"),
        (np.zeros((20, 64, 64), np.uint8), "are empty"),
        (body(1), "holds 1 frames"),
        (np.zeros((0, 64, 64), np.uint8), "holds 0 frames"),
        (np.zeros((20, 17, 3)), "no position"),
        (np.full((20, 17, 3), np.nan), "no position"),
        ({"a": body()}, "neither one array"),
    ],
)
def test_what_is_no_walk_is_refused(tmp_path: Path, content: object, why: str) -> None:
    with pytest.raises(BadInputError, match=why):
        read_aligned([put(tmp_path / "sils.pkl", content)])


def test_files_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    a, b = put(tmp_path / "a.pkl", body(20)), put(tmp_path / "b.pkl", body(21))
    with pytest.raises(BadInputError, match="both hold"):
        read_aligned([a, b])
    c = put(tmp_path / "c.pkl", pose(19))
    with pytest.raises(BadInputError, match="not of the same frames"):
        read_aligned([a, c])
    assert len(read_aligned([a, c], record="pose")) == 19
    with pytest.raises(BadInputError, match="no pose"):
        read_aligned([a], record="pose")
    with pytest.raises(BadInputError, match="There are no"):
        read_aligned([])
    with pytest.raises(BadInputError, match="cannot be"):
        read_aligned([a], 0.0)


# ---------------------------------------------------------------- pictures


def _pictures(folder: Path, pictures: np.ndarray, skip: int | None = None) -> Path:
    folder.mkdir()
    for number, picture in enumerate(pictures):
        if number != skip:
            cv2.imwrite(str(folder / f"{number:03d}.png"), picture)
    return folder


def test_a_folder_of_pictures_is_a_walk(tmp_path: Path) -> None:
    walk = read_pictures(_pictures(tmp_path / "walk", body(), skip=7), 25.0)
    assert len(walk) == 19
    assert walk.time_s[7] == pytest.approx(8 / 25)
    np.testing.assert_array_equal(walk.silhouettes.mask(18), body()[19] > 0)


def test_pictures_of_another_kind_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no numbered PNG"):
        read_pictures(_pictures(tmp_path / "none", body(0)))
    film = _pictures(tmp_path / "film", np.zeros((3, 480, 640), np.uint8))
    with pytest.raises(BadInputError, match="480 x 640"):
        read_pictures(film)
    mixed = _pictures(tmp_path / "mixed", body(3))
    cv2.imwrite(str(mixed / "003.png"), body(1, 128)[0])
    with pytest.raises(BadInputError, match=r"003\.png"):
        read_pictures(mixed)
    (mixed / "003.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(BadInputError, match=r"003\.png is damaged"):
        read_pictures(mixed)
