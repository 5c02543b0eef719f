"""What the reading of films promises: the right frames, the right times, upright."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.io import _decoder, video
from clinigait.io.video import DecodeLimits, open_recording
from support import media
from support.media import INDEX_FIRST, ONE, UPRIGHT, Film, write_film
from support.playing import numbers, play, refusal, source_of


def need_encoder(name: str) -> None:
    try:
        av.Codec(name, "w")
    except ValueError:
        pytest.skip(f"this PyAV has no encoder {name}")


# ---------------------------------------------------------------- frames and times

KINDS = {
    "mp4": Film(),
    "mov": Film(codec="mjpeg", pixel_format="yuvj420p"),
    "3gp": Film(codec="mpeg4"),
    "avi": Film(codec="mjpeg", pixel_format="yuvj422p"),
    "mkv": Film(codec="ffv1"),
    "webm": Film(codec="libvpx"),
    "ts": Film(codec="mpeg2video"),
    "mpg": Film(codec="mpeg2video"),
    "wmv": Film(codec="wmv2"),
    "flv": Film(codec="flv"),
}


@pytest.mark.parametrize("suffix", KINDS)
def test_every_container_gives_its_frames_in_order(tmp_path: Path, suffix: str) -> None:
    recording = open_recording(write_film(tmp_path / f"walk.{suffix}", KINDS[suffix]))
    frames = play(recording)
    assert numbers(frames) == list(range(12))
    assert [frame.index for frame in frames] == list(range(12))
    steps_s = np.diff([frame.time_s for frame in frames])
    np.testing.assert_allclose(steps_s, 0.04, atol=1e-6)
    report = source_of(recording).report
    assert report == video.DecodeReport(12, 0, damaged=0, timestamps_estimated=False)


@pytest.mark.parametrize("suffix", ["mp4", "ts"])
def test_sound_is_passed_over(tmp_path: Path, suffix: str) -> None:
    film = Film(codec="mpeg2video", with_sound=True)
    recording = open_recording(write_film(tmp_path / f"walk.{suffix}", film))
    assert numbers(play(recording)) == list(range(12))
    assert source_of(recording).report == video.DecodeReport(12, 0, 0, timestamps_estimated=False)


def test_the_recording_describes_the_file(tmp_path: Path) -> None:
    path = write_film(tmp_path / "walk.mp4")
    recording = open_recording(path)
    assert recording.path == path
    assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert recording.codec == "mpeg4"
    assert (recording.width_px, recording.height_px) == (96, 64)
    assert (recording.native_width_px, recording.native_height_px) == (96, 64)
    assert (recording.rotation_deg, recording.mirrored) == (0, False)
    assert recording.duration_hint_s == pytest.approx(0.48)


def test_a_film_can_be_played_twice_and_frames_can_be_kept(tmp_path: Path) -> None:
    recording = open_recording(write_film(tmp_path / "walk.mkv", KINDS["mkv"]))
    first, second = play(recording), play(recording)
    for one, other in zip(first, second, strict=True):
        assert one.time_s == other.time_s
        np.testing.assert_array_equal(one.image, other.image)
    assert first[0].image.dtype == np.uint8
    assert first[0].image.flags.c_contiguous


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_time_is_the_timestamp_of_a_film_with_a_varying_rate(tmp_path: Path, suffix: str) -> None:
    times_s = [0.0, 0.04, 0.1, 0.11, 0.3, 0.5, 0.52, 0.6, 0.61, 0.7, 0.8, 1.2]
    path = write_film(tmp_path / f"walk.{suffix}", Film(times_s=times_s))
    assert [frame.time_s for frame in play(open_recording(path))] == pytest.approx(times_s)


def test_an_edit_list_cuts_frames_off_and_time_begins_at_what_is_shown(tmp_path: Path) -> None:
    path = write_film(tmp_path / "walk.mp4", Film(n_frames=20))
    media.set_edit(path, media_start=5 * 512, duration_ms=400)
    frames = play(open_recording(path))
    assert numbers(frames) == list(range(5, 15))
    assert frames[0].time_s == pytest.approx(0.0)
    assert frames[-1].time_s == pytest.approx(9 * 0.04)


@pytest.mark.parametrize(
    ("name", "film"),
    [
        ("walk.mp4", Film(codec="libx264", codec_options={"bf": "2"})),
        ("walk.avi", Film(codec="libx264", codec_options={"bf": "2"})),
        ("walk.avi", Film(codec="mpeg4", codec_options={"bf": "2"})),
        ("walk.ts", Film(codec="mpeg2video", codec_options={"bf": "2"})),
    ],
)
def test_frames_stored_out_of_order_come_in_order(tmp_path: Path, name: str, film: Film) -> None:
    need_encoder(film.codec)
    recording = open_recording(write_film(tmp_path / name, film))
    frames = play(recording)
    assert numbers(frames) == list(range(12))
    np.testing.assert_allclose(np.diff([frame.time_s for frame in frames]), 0.04, atol=1e-6)
    report = source_of(recording).report
    assert report is not None
    assert report.n_dropped == 0


def test_a_bare_stream_takes_the_rate_of_its_own_header_and_says_so(tmp_path: Path) -> None:
    need_encoder("libx264")
    path = write_film(tmp_path / "walk.h264", Film(codec="libx264", rate_hz=50))
    recording = open_recording(path)
    times_s = [frame.time_s for frame in play(recording)]
    assert times_s == pytest.approx([number / 50 for number in range(12)])
    report = source_of(recording).report
    assert report is not None
    assert report.timestamps_estimated


def test_a_stream_without_times_and_rate_is_refused(tmp_path: Path) -> None:
    need_encoder("libx265")
    options = {"x265-params": "vui-timing-info=0:log-level=none"}
    path = write_film(tmp_path / "walk.hevc", Film(codec="libx265", codec_options=options))
    assert "neither timestamps nor a frame rate" in refusal(path).message


def test_frames_whose_time_runs_backwards_are_dropped_and_counted() -> None:
    clock = _decoder.Clock(Fraction(1, 10), None)
    frames = [av.VideoFrame(16, 16) for _ in range(6)]
    for frame, tick in zip(frames, [0, 1, 1, 0, 2, 3], strict=True):
        frame.pts = tick
    times_s = [clock.time_s(frame) for frame in frames]
    assert times_s == [0, Fraction(1, 10), None, None, Fraction(2, 10), Fraction(3, 10)]
    assert not clock.estimated


# ---------------------------------------------------------------- in passing

GLANCED_AT = {
    "as usual": Film(n_frames=20, width_px=97, height_px=63, codec="ffv1", rate_hz=40),
    "turned": Film(
        n_frames=20, width_px=96, height_px=64, matrix=(0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30)
    ),
    "wide pixels": Film(n_frames=20, pixel_aspect=Fraction(3, 2)),
    "deep colours": Film(n_frames=20, pixel_format="yuv444p16le", codec="ffv1"),
}


@pytest.mark.parametrize("name", GLANCED_AT)
def test_a_glance_at_every_frame_and_a_look_now_and_then(tmp_path: Path, name: str) -> None:
    recording = open_recording(write_film(tmp_path / "walk.mkv", GLANCED_AT[name]))
    frames = play(recording)
    glances = list(recording.glances(0.1))
    assert [glance.time_s for glance in glances] == [frame.time_s for frame in frames]
    due_s = -1.0
    for frame, glance in zip(frames, glances, strict=True):
        assert (glance.frame is not None) == (frame.time_s >= due_s)
        if glance.frame is not None:
            due_s = frame.time_s + 0.1
            assert glance.frame.index == frame.index
            assert np.array_equal(glance.frame.image, frame.image)
        assert glance.pixels.shape == frame.image[::8, ::8].reshape(-1, 3).shape
        apart = np.abs(glance.pixels[:, None].astype(int) - frame.image.reshape(1, -1, 3))
        nearest = apart.max(2).min(1)
        assert np.quantile(nearest, 0.8) <= 12, "colours of the picture, but on edges"
        assert len(np.unique(glance.pixels // 64, axis=0)) > 4, "from all over it"
    report = source_of(recording).report
    assert report is not None
    assert report.n_frames == len(frames)


def test_a_glance_tells_a_picture_that_is_shown_again(tmp_path: Path) -> None:
    pictures = [media.picture(n // 3, 96, 64) for n in range(12)]
    recording = open_recording(write_film(tmp_path / "walk.mp4", Film(), pictures))
    pixels = np.array([glance.pixels for glance in recording.glances(0.1)], int)
    moved = np.abs(np.diff(pixels, axis=0)).max((1, 2))
    assert list(moved > 30) == [n % 3 == 0 for n in range(1, 12)]


def test_a_source_that_cannot_glance_gives_the_same_in_passing(tmp_path: Path) -> None:
    recording = open_recording(write_film(tmp_path / "walk.mp4"))
    plain = SimpleNamespace(frames=recording.frames)
    glances = list(replace(recording, source=plain).glances(0.1))
    for glance, other in zip(glances, recording.glances(0.1), strict=True):
        assert glance.time_s == other.time_s
        assert glance.pixels.shape == other.pixels.shape
        assert (glance.frame is None) == (other.frame is None)


# ---------------------------------------------------------------- upright, square, right colours

#: name -> (a, b, c, d) of the display matrix, turn, mirrored, and how an upright picture is stored
TURNS = {
    "as stored": ((1, 0, 0, 1), 0, False, lambda image: image),
    "a quarter": ((0, 1, -1, 0), 90, False, lambda image: np.rot90(image, 1)),
    "upside down": ((-1, 0, 0, -1), 180, False, lambda image: np.rot90(image, 2)),
    "three quarters": ((0, -1, 1, 0), 270, False, lambda image: np.rot90(image, -1)),
    "mirrored": ((-1, 0, 0, 1), 0, True, lambda image: image[:, ::-1]),
    "mirrored, a quarter": (
        (0, -1, -1, 0),
        90,
        True,
        lambda image: image[::-1, ::-1].transpose(1, 0, 2),
    ),
    "top to bottom": ((1, 0, 0, -1), 180, True, lambda image: image[::-1]),
    "transposed": ((0, 1, 1, 0), 270, True, lambda image: image.transpose(1, 0, 2)),
}


@pytest.mark.parametrize(
    ("suffix", "turn"),
    [*(("mp4", turn) for turn in TURNS), ("mkv", "a quarter"), ("mkv", "mirrored")],
)
def test_frames_are_upright_as_a_player_shows_them(tmp_path: Path, suffix: str, turn: str) -> None:
    (a, b, c, d), rotation_deg, mirrored, stored = TURNS[turn]
    matrix = (a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30)
    pictures = [np.ascontiguousarray(stored(media.picture(n, 64, 112))) for n in range(3)]
    path = write_film(tmp_path / f"walk.{suffix}", Film(matrix=matrix), pictures)
    recording = open_recording(path)
    assert (recording.rotation_deg, recording.mirrored) == (rotation_deg, mirrored)
    assert (recording.width_px, recording.height_px) == (64, 112)
    assert (recording.native_width_px, recording.native_height_px) == (64, 112)
    frames = play(recording)
    assert numbers(frames) == [0, 1, 2]
    assert all(media.corners_of(frame.image) == UPRIGHT for frame in frames)


@given(
    quarter=st.integers(0, 3),
    mirrored=st.booleans(),
    off_deg=st.floats(-20, 20),
    size=st.floats(0.1, 9),
)
def test_a_matrix_that_is_nearly_a_quarter_turn_counts_as_one(
    quarter: int, mirrored: bool, off_deg: float, size: float
) -> None:
    angle = np.deg2rad(90 * quarter + off_deg)
    cosine, sine = size * np.cos(angle), size * np.sin(angle)
    flip = -1 if mirrored else 1
    # Clockwise on a screen whose y goes down, after a flip of x.
    rows = (cosine * flip, sine * flip, -sine, cosine)
    a, b, c, d = (round(ONE * value) for value in rows)
    matrix = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
    assert _decoder.orientation(matrix) == (90 * quarter, mirrored)


@pytest.mark.parametrize(("aspect", "width_px"), [((3, 2), 144), ((1, 2), 48), ((200, 1), 96)])
def test_pixels_become_square_by_scaling_the_width(
    tmp_path: Path, aspect: tuple[int, int], width_px: int
) -> None:
    film = Film(pixel_aspect=Fraction(*aspect))
    recording = open_recording(write_film(tmp_path / "walk.mkv", film))
    assert (recording.width_px, recording.height_px) == (width_px, 64)
    assert (recording.native_width_px, recording.native_height_px) == (width_px, 64)
    frames = play(recording)
    assert frames[0].image.shape == (64, width_px, 3)
    assert numbers(frames) == list(range(12))
    assert media.corners_of(frames[0].image) == UPRIGHT


@pytest.mark.parametrize(
    ("size_px", "most_px", "scaled_px"),
    [((640, 360), 320, (320, 180)), ((90, 640), 200, (28, 200)), ((96, 64), 96, (96, 64))],
)
def test_large_frames_are_scaled_down(
    tmp_path: Path, size_px: tuple[int, int], most_px: int, scaled_px: tuple[int, int]
) -> None:
    film = Film(n_frames=3, width_px=size_px[0], height_px=size_px[1], codec="ffv1")
    path = write_film(tmp_path / "walk.mkv", film)
    recording = open_recording(path, DecodeLimits(max_long_side_px=most_px))
    assert (recording.width_px, recording.height_px) == scaled_px
    assert (recording.native_width_px, recording.native_height_px) == size_px
    frames = play(recording)
    assert {frame.image.shape for frame in frames} == {(scaled_px[1], scaled_px[0], 3)}
    assert numbers(frames) == [0, 1, 2]


@pytest.mark.parametrize(
    ("pixel_format", "size_px"),
    [
        ("yuv420p", (97, 63)),
        ("yuv420p", (33, 48)),
        ("yuv422p", (97, 64)),
        ("yuv444p", (33, 17)),
        ("yuv420p10le", (97, 63)),
        ("yuv444p16le", (64, 48)),
        ("bgr0", (97, 63)),
        ("gbrp12le", (97, 63)),
    ],
)
def test_odd_sizes_and_deep_colours_arrive_as_rgb(
    tmp_path: Path, pixel_format: str, size_px: tuple[int, int]
) -> None:
    width_px, height_px = size_px
    film = Film(3, width_px, height_px, "ffv1", pixel_format)
    frames = play(open_recording(write_film(tmp_path / "walk.mkv", film)))
    assert numbers(frames) == [0, 1, 2]
    assert media.corners_of(frames[0].image) == UPRIGHT
    wanted = media.picture(2, width_px, height_px).astype(int)
    error = np.abs(frames[2].image.astype(int) - wanted)
    assert np.median(error) <= 3
    assert error[-height_px // 4 :, -width_px // 8 :].max() <= 6, "to the last row and column"


@pytest.mark.parametrize("name", ["walk.avi", "walk.mov"])
def test_uncompressed_pictures_that_are_stored_upside_down(tmp_path: Path, name: str) -> None:
    pixel_format = "bgr24" if name.endswith("avi") else "rgb24"
    film = Film(3, 97, 63, "rawvideo", pixel_format)
    frames = play(open_recording(write_film(tmp_path / name, film)))
    for number, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.image, media.picture(number, 97, 63))


# ---------------------------------------------------------------- names and places of files


@pytest.mark.parametrize(
    "name", ["Gäng an der Wand 步态.mp4", "walk%03d.mp4", "-i.mp4", 'a\'b "c".mp4', "http:x.mp4"]
)
def test_any_file_name_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    write_film(tmp_path / "walk.mp4").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert len(play(open_recording(Path(name)))) == 12


def test_a_path_longer_than_260_letters(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["a folder with a rather long name " * 3] * 4)
    folder.mkdir(parents=True)
    path = write_film(folder / "walk.mp4")
    assert len(str(path)) > 260
    assert len(play(open_recording(path))) == 12


def test_a_name_cannot_break_the_message(tmp_path: Path) -> None:
    path = tmp_path / "two\nlines\x1b[2J {0} {detail}.mp4"
    path.write_text("no film")
    message = refusal(path).message
    assert "{0} {detail}" in message
    assert message.isprintable()


# ---------------------------------------------------------------- what is not a film


def test_no_such_file(tmp_path: Path) -> None:
    assert "no file" in refusal(tmp_path / "walk.mp4").message


def test_a_folder(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path).message


def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "walk.mp4"
    path.touch()
    assert "0 bytes" in refusal(path).message


def test_a_name_with_a_zero_byte() -> None:
    assert "cannot be read" in refusal(Path("walk\0.mp4")).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_named_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "walk.mp4")
    assert "not an ordinary file" in refusal(tmp_path / "walk.mp4").message


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write_film(tmp_path / "walk.mp4")
    path.chmod(0)
    assert "permission" in refusal(path).message


def test_a_text(tmp_path: Path) -> None:
    path = tmp_path / "walk.mp4"
    path.write_text("this is no film\n" * 100)
    assert "not a video" in refusal(path).message


@pytest.mark.parametrize(
    ("codec", "pixel_format"), [("png", "rgb24"), ("mjpeg", "yuvj420p"), ("bmp", "bgr24")]
)
def test_a_picture_under_the_name_of_a_film(tmp_path: Path, codec: str, pixel_format: str) -> None:
    path = media.write_still(tmp_path / "walk.mp4", codec, pixel_format)
    assert "still picture" in refusal(path).message


def test_a_still_picture_in_the_boxes_of_a_film(tmp_path: Path) -> None:
    path = media.patch(write_film(tmp_path / "walk.mp4"), b"ftypisom", b"ftypavif")
    assert "still picture" in refusal(path).message


def test_an_animated_picture(tmp_path: Path) -> None:
    path = write_film(tmp_path / "walk.gif", Film(codec="gif", pixel_format="rgb8"))
    assert "not a video" in refusal(path).message


def test_sound_alone(tmp_path: Path) -> None:
    assert "no pictures" in refusal(media.write_sound(tmp_path / "walk.mp4")).message


def test_a_film_whose_index_is_cut_off(tmp_path: Path) -> None:
    path = media.cut(write_film(tmp_path / "walk.mp4", Film(n_frames=40)), 0.5)
    assert "cut short" in refusal(path).message


def test_a_film_without_its_frames(tmp_path: Path) -> None:
    path = write_film(tmp_path / "walk.mp4", Film(muxer_options=INDEX_FIRST))
    assert "cut short" in refusal(media.cut_media(path, 0.001)).message


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile 'secret.mp4'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.mp4\n#EXT-X-ENDLIST\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet>'
        "<BaseURL>secret.mp4</BaseURL></AdaptationSet></Period></MPD>",
        "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nm=video 1 RTP/AVP 96\r\n",
    ],
    ids=["concat", "hls", "dash", "sdp"],
)
def test_a_list_cannot_make_other_files_be_opened(tmp_path: Path, text: str) -> None:
    write_film(tmp_path / "secret.mp4")
    for name in ("walk.mp4", "walk.m3u8"):
        path = tmp_path / name
        path.write_text(text)
        assert "not a video" in refusal(path).message
