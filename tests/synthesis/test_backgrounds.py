"""Backgrounds: from packages, with their licences, or drawn; never of a person."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from clinigait.synthesis.backgrounds import (
    SOURCES,
    Background,
    Backgrounds,
    found_backgrounds,
    keep_panoramas,
)


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """Return a folder with a photograph and a panorama where packages would have them."""
    rng = np.random.default_rng(0)
    photograph = tmp_path / "skimage" / "data" / "brick.png"
    photograph.parent.mkdir(parents=True)
    cv2.imwrite(str(photograph), rng.integers(0, 256, (40, 60, 3), np.uint8))
    (tmp_path / "hdri").mkdir()
    cv2.imwrite(str(tmp_path / "hdri" / "hall.hdr"), rng.random((32, 64, 3), np.float32))
    return tmp_path


def test_every_source_allows_any_use() -> None:
    assert {source.licence for source in SOURCES} <= {"CC0", "CC-BY-2.0", "public domain"}
    assert all(source.by and source.package for source in SOURCES)
    shown = {name for source in SOURCES for name in source.files}
    assert not shown & {"data/astronaut.png", "data/camera.png"}, "they show people"


def test_pictures_are_found_where_packages_lie_unpacked(unpacked: Path) -> None:
    found = found_backgrounds([unpacked])
    names = [picture.name for picture in found.pictures]
    assert "brick.png" in names
    assert "hall.exr.js" in names, "by the name in its package, whatever the file"
    assert {source.package for source in found.sources} >= {"npm @pmndrs/assets 1.7.0"}
    for picture in found.pictures:
        assert picture.light.dtype == np.float32
        assert picture.light.shape[2] == 3


def test_panoramas_are_kept_for_machines_without_their_decoder(unpacked: Path, tmp_path) -> None:
    found = found_backgrounds([unpacked])
    keep_panoramas(found, tmp_path / "kept")
    again = found_backgrounds([tmp_path / "kept"])
    (first,) = [picture for picture in found.pictures if picture.source.panorama]
    (second,) = [picture for picture in again.pictures if picture.source.panorama]
    assert second.light == pytest.approx(first.light, abs=0.02)
    assert second.name == first.name


def test_a_damaged_panorama_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "hdri").mkdir()
    for name, text in (("hall", "export default 'data:;base64,AAAA'"), ("lab", "nothing")):
        (tmp_path / "hdri" / f"{name}.exr.js").write_text(text)
    assert not [p for p in found_backgrounds([tmp_path]).pictures if p.source.panorama]


def test_without_any_picture_they_are_drawn() -> None:
    light = Backgrounds().drawn(np.random.default_rng(1), (48, 64))
    assert light.shape == (64, 48, 3)
    assert light.dtype == np.float32
    assert light.std() > 0


def test_the_same_chance_draws_the_same(unpacked: Path) -> None:
    found = found_backgrounds([unpacked])
    one, two = ([found.drawn(np.random.default_rng(k), (48, 64)) for k in range(9)] for _ in "ab")
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert len({picture.tobytes() for picture in one}) == 9


def test_a_panorama_is_seen_the_right_way_up() -> None:
    """The sky is above, and looking around changes what is seen."""
    light = np.zeros((64, 128, 3), np.float32)
    light[:32] = 1
    source = next(one for one in SOURCES if one.panorama)
    found = Backgrounds((Background(light, source, "sky"),))
    rng = np.random.default_rng(2)
    views = [found.drawn(rng, (48, 64)) for _ in range(40)]
    upright = [view[:8].mean() > view[-8:].mean() for view in views if np.ptp(view.mean(2)) > 0.2]
    assert np.mean(upright) > 0.6


def test_no_package_of_pictures_is_imported() -> None:
    before = set(sys.modules)
    found_backgrounds()
    assert not {"skimage", "sklearn"} & (set(sys.modules) - before)
