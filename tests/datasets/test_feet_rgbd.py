"""The motion-suit legs where they stand, and small copies of their layout."""

from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.datasets.feet_rgbd import TRUTH, read_suit_film
from support import rgbd
from support.rgbd import FEET_RGBD

_HEADER = "Time," + ",".join(f"{side}_foot_{axis}" for side in ("left", "right") for axis in "xyz")


def _folder(tmp_path: Path, truth: str | None) -> Path:
    depth = np.full((48, 64), 1500, np.uint16)
    pictures = [(np.full((48, 64, 3), 90, np.uint8), depth)] * 2
    folder = rgbd.write_folder(tmp_path / "feet", pictures, None, colour_as="film")
    if truth is not None:
        (folder / TRUTH).write_text(truth)
    return folder


def test_pixels_are_counted_from_the_lower_right_corner(tmp_path) -> None:
    film = read_suit_film(_folder(tmp_path, f"{_HEADER}\n0,10,8,0,30,20,0\n\n0,11,8,0,30,21,0\n"))
    assert film.ankles_px["left"].tolist() == [[54, 40], [53, 40]]
    assert film.ankles_px["right"].tolist() == [[34, 28], [34, 27]]


@pytest.mark.parametrize(
    "truth", [None, "", "a,b\n1,2\n", _HEADER, f"{_HEADER}\n0,x,8,0,30,20,0\n"]
)
def test_another_folder_is_refused(tmp_path, truth) -> None:
    with pytest.raises(BadInputError):
        read_suit_film(_folder(tmp_path, truth))


@pytest.mark.skipif(not FEET_RGBD.is_dir(), reason="the feet data set is not here")
def test_the_published_files_are_read() -> None:
    film = read_suit_film(FEET_RGBD)
    assert all(places.shape == (60, 2) for places in film.ankles_px.values())
    # The person faces the camera: the left foot is on the right of the picture.
    assert (film.ankles_px["left"] - film.ankles_px["right"])[:, 0].min() > 0
