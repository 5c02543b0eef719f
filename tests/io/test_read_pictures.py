"""Photographs and animations: upright, of 8 bits, timed; what is broken or huge is a sentence."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from clinigait.core import BadInputError
from clinigait.io.stills import read_pictures


def picture(size_px: tuple[int, int] = (40, 60)) -> Image.Image:
    """Return a picture whose left upper corner is red and the rest blue."""
    pixels = np.zeros((size_px[1], size_px[0], 3), np.uint8)
    pixels[..., 2] = 250
    pixels[:10, :10] = (250, 0, 0)
    return Image.fromarray(pixels)


def only(path: Path) -> np.ndarray:
    ((time_s, image),) = read_pictures(path)
    assert time_s == 0
    return image.astype(int)


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
def test_a_photograph_is_one_picture(tmp_path, ending) -> None:
    path = tmp_path / f"one.{ending}"
    picture().save(path)
    image = only(path)
    assert image.shape == (60, 40, 3)
    assert image[4, 4] == pytest.approx((250, 0, 0), abs=30)


def test_what_the_camera_held_upright_is_upright(tmp_path) -> None:
    path, exif = tmp_path / "turned.jpg", Image.Exif()
    exif[0x0112] = 6
    picture().save(path, exif=exif, quality=95)
    image = only(path)
    assert image.shape == (40, 60, 3)
    assert image[4, 56] == pytest.approx((250, 0, 0), abs=30)


def test_pictures_of_an_animation_have_their_times(tmp_path) -> None:
    path = tmp_path / "many.gif"
    frames = [Image.new("L", (30, 20), 60 * k) for k in range(4)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=50)
    found = list(read_pictures(path))
    assert [round(time_s, 3) for time_s, _ in found] == [0, 0.05, 0.1, 0.15]
    assert [int(image.mean()) for _, image in found] == pytest.approx([0, 60, 120, 180], abs=3)


def test_transparent_pixels_lie_before_grey(tmp_path) -> None:
    path = tmp_path / "cut.png"
    Image.new("RGBA", (8, 8), (200, 0, 0, 0)).save(path)
    assert (only(path) == 128).all()


def test_other_depths_are_refused(tmp_path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8)).save(path)
    with pytest.raises(BadInputError, match=r"pixels of the kind I.*8 bits"):
        list(read_pictures(path))


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path) -> None:
    path = tmp_path / "huge.png"
    Image.new("1", (12_000, 10_000)).save(path)
    with pytest.raises(BadInputError, match="more than the limit"):
        list(read_pictures(path))


_GIF = io.BytesIO()
picture().convert("P").save(
    _GIF, "GIF", save_all=True, append_images=[picture().rotate(9).convert("P")], duration=40
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(at=st.integers(0, len(_GIF.getvalue()) - 1), value=st.integers(0, 255), cut=st.booleans())
def test_damage_is_a_sentence_or_a_picture(tmp_path, at, value, cut) -> None:
    content = bytearray(_GIF.getvalue())
    content[at] = value
    path = tmp_path / "broken.gif"
    path.write_bytes(content[:at] if cut else content)
    # Any other error would come through.
    with suppress(BadInputError):
        for _, image in read_pictures(path):
            assert image.dtype == np.uint8
