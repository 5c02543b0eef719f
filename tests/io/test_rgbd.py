"""Recordings with depth: all layouts play alike, depth comes to the bit, bad ones are named."""

from __future__ import annotations

import json
import shutil
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.io.rgbd import is_rgbd_folder, open_rgbd
from clinigait.io.rgbd_folder import read_folder
from support import rgbd
from support.rgbd import FEET_RGBD

_N = 8
_SIZE = (96, 64)
_ABOUT = {"schema": "clinigait-rgbd-1", "rate_hz": 30}


def _pictures(n: int = _N) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(1)
    colours = [np.full((_SIZE[1], _SIZE[0], 3), 20 * i, np.uint8) for i in range(n)]
    depths = [rng.integers(0, 6000, _SIZE[::-1]).astype(np.uint16) for _ in range(n)]
    return list(zip(colours, depths, strict=True))


@pytest.fixture
def pictures() -> list[tuple[np.ndarray, np.ndarray]]:
    return _pictures()


def _played(folder: Path) -> tuple[list[float], list[np.ndarray | None]]:
    frames = list(open_rgbd(folder).frames())
    return [f.time_s for f in frames], [f.depth_mm for f in frames]


@pytest.mark.parametrize("colour_as", ["png", "film"])
@pytest.mark.parametrize("depth_as", ["png", "film"])
def test_every_layout_gives_the_same_depth_to_the_bit(
    tmp_path, pictures, colour_as, depth_as
) -> None:
    folder = rgbd.write_folder(
        tmp_path / "walk", pictures, _ABOUT, colour_as=colour_as, depth_as=depth_as
    )
    assert is_rgbd_folder(folder)
    recording = open_rgbd(folder)
    assert recording.has_depth
    assert (recording.width_px, recording.height_px) == _SIZE
    assert recording.camera.assumed
    for _ in range(2):  # as often as asked
        frames = list(recording.frames())
        assert [f.index for f in frames] == list(range(_N))
        assert [f.time_s for f in frames] == pytest.approx([i / 30 for i in range(_N)], abs=1e-3)
        for frame, (colour, depth) in zip(frames, pictures, strict=True):
            assert frame.depth_mm.dtype == np.uint16
            assert (frame.depth_mm == depth).all()
            assert np.abs(frame.image.astype(int) - colour).max() <= 3


def test_names_of_other_systems_are_known(tmp_path, pictures) -> None:
    folder = rgbd.write_folder(tmp_path / "walk", pictures, None, colour_as="film")
    (folder / "colour.mkv").rename(folder / "gait_RGB_60frames.mkv")
    (folder / "depth").rename(folder / "Gait_Depth")
    (folder / "truth.csv").write_text("a,b\n")
    assert is_rgbd_folder(folder)
    assert len(_played(folder)[0]) == _N


def test_the_unit_becomes_millimetres_and_all_ones_are_unknown(tmp_path, pictures) -> None:
    depth = np.full(_SIZE[::-1], 8000, np.uint16)
    depth[0] = 65_535
    pictures = [(colour, depth) for colour, _ in pictures]
    folder = rgbd.write_folder(tmp_path / "walk", pictures, _ABOUT | {"depth_unit_mm": 0.25})
    assert (_played(folder)[1][0][1:] == 2000).all()
    assert (_played(folder)[1][0][0] == 0).all()


def test_times_pair_the_nearest_within_half_a_frame(tmp_path, pictures) -> None:
    """Depth at half the rate of the colour, on the same clock, a little later."""
    folder = rgbd.write_folder(tmp_path / "walk", pictures, _ABOUT)
    for file in sorted((folder / "depth").iterdir())[4:]:
        file.unlink()
    colour_s = [0.04 * i for i in range(_N)]
    depth_s = [0.08 * i + 0.005 for i in range(4)]
    rows = [f"{c},{d}" for c, d in zip(colour_s, [*depth_s, "", "", "", ""], strict=True)]
    (folder / "times.csv").write_text("colour_time_s,depth_time_s\n" + "\n".join(rows) + "\n")
    times_s, depths = _played(folder)
    assert times_s == pytest.approx(colour_s)
    assert [d is not None for d in depths] == [True, False] * 4
    for index in range(4):
        assert (depths[2 * index] == pictures[index][1]).all()


@pytest.mark.parametrize("depth_as", ["png", "film"])
def test_times_for_films(tmp_path, pictures, depth_as) -> None:
    folder = rgbd.write_folder(
        tmp_path / "walk", pictures, _ABOUT, colour_as="film", depth_as=depth_as
    )
    rows = "".join(f"{5 + 0.1 * i},{5.01 + 0.1 * i}\n" for i in range(_N))
    (folder / "times.csv").write_text("colour_time_s,depth_time_s\n" + rows)
    times_s, depths = _played(folder)
    assert times_s == pytest.approx([5 + 0.1 * i for i in range(_N)])
    assert all((d == p[1]).all() for d, p in zip(depths, pictures, strict=True))
    (folder / "times.csv").write_text(
        "colour_time_s,depth_time_s\n" + "".join(f"{i},{i}\n" for i in range(_N + 1))
    )
    with pytest.raises(BadInputError, match="another number"):
        _played(folder)


def test_times_of_a_spreadsheet_are_read(tmp_path, pictures) -> None:
    folder = rgbd.write_folder(tmp_path / "walk", pictures, _ABOUT)
    rows = "".join(f"{i / 10},{i / 10}\n" for i in range(_N))
    text = "colour_time_s,depth_time_s\n" + rows
    (folder / "times.csv").write_text(text, encoding="utf-8-sig")
    assert [frame.time_s for frame in open_rgbd(folder).frames()] == [i / 10 for i in range(_N)]


def test_the_hash_changes_with_any_file_that_counts(tmp_path, pictures) -> None:
    folder = rgbd.write_folder(tmp_path / "walk", pictures, _ABOUT)
    first = open_rgbd(folder).sha256
    (folder / "notes.txt").write_text("nothing")
    assert open_rgbd(folder).sha256 == first
    cv2.imwrite(str(folder / "depth" / "00003.png"), pictures[0][1])
    assert open_rgbd(folder).sha256 != first


def test_a_calibrated_camera_is_scaled_with_its_pictures(tmp_path) -> None:
    wide = rgbd.Intrinsics((2400, 160), 2000.0, 2000.0, 1199.5, 79.5)
    depth = np.full((160, 2400), 2000, np.uint16)
    depth[:, :1200] = 1000
    pictures = [(np.zeros((160, 2400, 3), np.uint8), depth)]
    about = rgbd.calibration(wide, rate_hz=30)
    recording = open_rgbd(rgbd.write_folder(tmp_path / "walk", pictures, about))
    assert recording.camera.size_px == (recording.width_px, recording.height_px) == (1920, 128)
    assert recording.camera.fx_px == pytest.approx(1600)
    assert not recording.camera.assumed
    (frame,) = recording.frames()
    assert set(np.unique(frame.depth_mm)) == {1000, 2000}


class TestBadInput:
    @pytest.fixture
    def folder(self, tmp_path, pictures) -> Path:
        return rgbd.write_folder(tmp_path / "walk", pictures, _ABOUT)

    @staticmethod
    def _refused(folder: Path, said: str) -> None:
        with pytest.raises(BadInputError, match=said) as caught:
            _played(folder)
        assert "\n" not in str(caught.value)

    def test_folders_that_are_none(self, tmp_path) -> None:
        assert not is_rgbd_folder(tmp_path)
        assert not is_rgbd_folder(tmp_path / "missing")
        (tmp_path / "depth.txt").write_text("")
        assert not is_rgbd_folder(tmp_path)

    def test_no_depth(self, folder) -> None:
        shutil.rmtree(folder / "depth")
        self._refused(folder, "has no depth")

    def test_no_colour(self, folder) -> None:
        shutil.rmtree(folder / "colour")
        self._refused(folder, "has no colour")

    def test_two_depths(self, folder) -> None:
        shutil.copytree(folder / "depth", folder / "depth_raw")
        self._refused(folder, "2 candidates for depth")

    @pytest.mark.parametrize("part", ["colour", "depth"])
    def test_no_pictures(self, folder, part) -> None:
        for file in (folder / part).iterdir():
            file.unlink()
        self._refused(folder, "holds no numbered")

    def test_no_rate(self, folder) -> None:
        (folder / "calibration.json").unlink()
        self._refused(folder, "does not say when")

    @pytest.mark.parametrize(("part", "word"), [("depth", "more"), ("colour", "fewer")])
    def test_counts_that_differ(self, folder, part, word) -> None:
        (folder / part / "00007.png").unlink()
        self._refused(folder, f"{word} colour frames than depth frames: number 7 of the {part} is")
        (folder / part / "00003.png").unlink()
        self._refused(folder, f"number 3 and 1 more of the {part} is missing")

    def test_counts_that_differ_from_a_film(self, tmp_path, pictures) -> None:
        folder = rgbd.write_folder(tmp_path / "walk", pictures, None, colour_as="film")
        (folder / "depth" / "00007.png").unlink()
        self._refused(folder, "more colour frames")

    @pytest.mark.parametrize(
        "picture",
        [np.full(_SIZE[::-1], 200, np.uint8), np.full((*_SIZE[::-1], 3), 200, np.uint8)],
        ids=["grey", "colours"],
    )
    def test_eight_bits(self, folder, picture) -> None:
        rgbd.write_pictures(folder / "depth", [picture] * _N)
        self._refused(folder, "no 16-bit grey")

    def test_an_ordinary_film_for_depth(self, tmp_path, pictures) -> None:
        folder = rgbd.write_folder(tmp_path / "walk", pictures, _ABOUT)
        shutil.rmtree(folder / "depth")
        rgbd.write_film(folder / "depth.mkv", [c for c, _ in pictures], "rgb24")
        self._refused(folder, "no depth film: its pixels are bgr0")

    @pytest.mark.parametrize(
        ("values", "unit"),
        [
            (3, "metres"),
            (np.arange(1, 11), "metres"),
            (150, "centimetres"),
            (33_000, "tenths of a millimetre"),
        ],
    )
    def test_another_unit(self, folder, values, unit) -> None:
        picture = np.resize(values, _SIZE[::-1]).astype(np.uint16)
        rgbd.write_pictures(folder / "depth", [picture] * _N)
        self._refused(folder, f"median of .* unit is another, perhaps {unit}")

    def test_metres_as_numbers_with_a_point_are_no_depth(self, folder) -> None:
        """Floating-point depth is written as TIFF, or rounded to eight bits."""
        (folder / "depth" / "00000.png").unlink()
        cv2.imwrite(str(folder / "depth" / "00000.tiff"), np.full(_SIZE[::-1], 2.5, np.float32))
        self._refused(folder, "more|fewer|numbered")

    def test_nothing_measured(self, folder) -> None:
        rgbd.write_pictures(folder / "depth", [np.zeros(_SIZE[::-1], np.uint16)] * _N)
        self._refused(folder, "0 everywhere")

    def test_sizes_that_differ(self, folder) -> None:
        rgbd.write_pictures(folder / "depth", [np.full((48, 64), 2000, np.uint16)] * _N)
        self._refused(folder, "no calibration says how they lie")

    def test_a_size_that_changes(self, folder) -> None:
        cv2.imwrite(str(folder / "depth" / "00005.png"), np.full((48, 64), 2000, np.uint16))
        self._refused(folder, "00005.png has 64 x 48")
        cv2.imwrite(str(folder / "colour" / "00002.png"), np.zeros((48, 64, 3), np.uint8))
        self._refused(folder, "00002.png has 64 x 48")

    def test_a_calibration_of_another_mode(self, folder) -> None:
        (folder / "calibration.json").write_text(json.dumps(rgbd.calibration(rate_hz=30)))
        self._refused(folder, "its calibration is for 848 x 480")

    @pytest.mark.parametrize("part", ["colour", "depth"])
    @pytest.mark.parametrize("kept", [0, 30, 0.5, 0.9])
    def test_pictures_cut_short(self, folder, part, kept) -> None:
        file = folder / part / "00004.png"
        content = file.read_bytes()
        file.write_bytes(content[: int(kept if kept >= 1 else kept * len(content))])
        self._refused(folder, "00004.png is damaged")

    def test_a_picture_that_claims_to_be_huge(self, folder) -> None:
        (folder / "depth" / "00000.png").write_bytes(_png_header(100_000, 100_000))
        self._refused(folder, "(100000 x 100000 pixels, more than the limit|damaged)")
        (folder / "depth" / "00000.png").write_bytes(_png_header(9000, 9000))
        self._refused(folder, "9000 x 9000 pixels, more than the limit")

    def test_no_picture_at_all(self, folder) -> None:
        (folder / "depth" / "00000.png").write_bytes(b"GIF89a" + bytes(100))
        self._refused(folder, "damaged")

    def test_two_pictures_of_one_number(self, folder) -> None:
        shutil.copy(folder / "depth" / "00004.png", folder / "depth" / "other_4.png")
        self._refused(folder, "same number")

    def test_numbers_that_start_anew_every_second(self, folder) -> None:
        for part in ("colour", "depth"):
            for index, file in enumerate(sorted((folder / part).iterdir())):
                file.rename(folder / part / f"{100 + index // 5}.{(index * 200_000) % 999_999}.png")
        self._refused(folder, "another order")

    def test_as_many_missing_of_both_but_others(self, folder) -> None:
        (folder / "colour" / "00002.png").unlink()
        (folder / "depth" / "00005.png").unlink()
        self._refused(folder, "numbered differently")

    def test_a_turned_film(self, tmp_path, pictures) -> None:
        from support import media

        folder = rgbd.write_folder(tmp_path / "walk", pictures, _ABOUT)
        shutil.rmtree(folder / "colour")
        turned = (0, media.ONE, 0, -media.ONE, 0, 0, 0, 0, 1 << 30)
        media.write_film(folder / "rgb.mp4", media.Film(matrix=turned, n_frames=_N))
        self._refused(folder, "asks to be turned")

    @pytest.mark.parametrize(
        ("table", "said"),
        [
            ("", "columns|empty"),
            ("a,b\n1,2\n", "columns"),
            ("colour_time_s,depth_time_s\n" + "".join(f"{-i},{i}\n" for i in range(_N)), "increas"),
            ("colour_time_s,depth_time_s\n" + "".join(f"x,{i}\n" for i in range(_N)), "increasing"),
            ("colour_time_s,depth_time_s\n0,0\n1,1\n", "another number"),
            ("colour_time_s,depth_time_s\n" + 200_000 * "1", "no table|not a table"),
        ],
    )
    def test_times_that_cannot_be(self, folder, table, said) -> None:
        (folder / "times.csv").write_text(table)
        self._refused(folder, said)

    def test_a_part_that_cannot_be_read(self, folder) -> None:
        parts = replace(read_folder(folder), depth=folder / "depth.mkv")
        with pytest.raises(BadInputError, match=r"depth\.mkv cannot be read"):
            parts.sha256()

    def test_clocks_that_never_meet(self, folder) -> None:
        rows = "".join(f"{i},{i + 1000}\n" for i in range(_N))
        (folder / "times.csv").write_text("colour_time_s,depth_time_s\n" + rows)
        self._refused(folder, "within half a frame")


def _png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.skipif(not FEET_RGBD.is_dir(), reason="the feet data set is not here")
def test_a_real_recording_is_read() -> None:
    recording = open_rgbd(FEET_RGBD)
    frames = list(recording.frames())
    assert len(frames) == 60
    assert all(f.depth_mm.shape == f.image.shape[:2] == (480, 640) for f in frames)
    assert 500 < np.median(frames[0].depth_mm[frames[0].depth_mm > 0]) < 3000
