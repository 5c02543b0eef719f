"""Small films for tests, written with PyAV; every frame carries its number and its corners.

A picture is grey, with the number as eight black or white blocks across the middle, and corners
of four colours: red top left, green top right, blue bottom left, white bottom right. So a test
can ask of any decoded frame which one it is and which way up.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

UPRIGHT = ("red", "green", "blue", "white")
COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "white": (255, 255, 255),
}
ONE = 1 << 16


def picture(number: int, width_px: int, height_px: int) -> Image:
    """Draw one marked picture."""
    image = np.full((height_px, width_px, 3), 128, np.uint8)
    quarter_x, quarter_y = width_px // 4, height_px // 4
    rows = (slice(0, quarter_y), slice(height_px - quarter_y, None))
    columns = (slice(0, quarter_x), slice(width_px - quarter_x, None))
    places = [(row, column) for row in rows for column in columns]
    for colour, (row, column) in zip(UPRIGHT, places, strict=True):
        image[row, column] = COLOURS[colour]
    band = slice(height_px * 3 // 8, height_px * 5 // 8)
    edges = [width_px * bit // 8 for bit in range(9)]
    for bit in range(8):
        image[band, edges[bit] : edges[bit + 1]] = 255 * (number >> bit & 1)
    return image


def number_in(image: Image) -> int:
    """Read the number of a picture."""
    height_px, width_px = image.shape[:2]
    bits = (image[height_px // 2, width_px * (2 * bit + 1) // 16].mean() > 128 for bit in range(8))
    return sum(1 << place for place, bit in enumerate(bits) if bit)


def corners_of(image: Image) -> tuple[str, ...]:
    """Name the colours of the corners: top left, top right, bottom left, bottom right."""
    height_px, width_px = image.shape[:2]
    rows, columns = (height_px // 8, -1 - height_px // 8), (width_px // 8, -1 - width_px // 8)
    return tuple(_colour_name(image[row, column]) for row in rows for column in columns)


def _colour_name(pixel: Image) -> str:
    distances = {
        name: int(np.abs(pixel.astype(int) - colour).sum()) for name, colour in COLOURS.items()
    }
    name = min(distances, key=distances.__getitem__)
    return name if distances[name] < 120 else f"none {tuple(pixel)}"


@dataclass(frozen=True)
class Film:
    """What a film is to be like.

    Parameters
    ----------
    times_s
        Presentation times; by default one frame every 1 / rate from 0.
    matrix
        Display matrix: nine numbers in FFmpeg's order.
    pixel_aspect
        Width over height of a stored pixel.
    """

    n_frames: int = 12
    width_px: int = 96
    height_px: int = 64
    codec: str = "mpeg4"
    pixel_format: str = "yuv420p"
    rate_hz: int = 25
    times_s: Sequence[float] | None = None
    matrix: Sequence[int] | None = None
    pixel_aspect: Fraction | None = None
    container_format: str | None = None
    with_sound: bool = False
    codec_options: dict[str, str] = field(default_factory=dict)
    muxer_options: dict[str, str] = field(default_factory=dict)


#: Every frame a key frame of good quality, the index in front: what fuzzing and cutting need.
INTRA = {"g": "1", "qmin": "2", "qmax": "4"}
INDEX_FIRST = {"movflags": "+faststart"}


def write_film(path: Path, film: Film = Film(), pictures: Sequence[Image] | None = None) -> Path:
    """Write a film of marked pictures (or of the given ones) and return its path."""
    if pictures is None:
        size = film.width_px, film.height_px
        pictures = [picture(number, *size) for number in range(film.n_frames)]
    tick_s = Fraction(1, 1000) if film.times_s else Fraction(1, film.rate_hz)
    times_s = film.times_s or [number * float(tick_s) for number in range(len(pictures))]
    with path.open("wb") as file:
        options = film.muxer_options
        form = film.container_format or _format_of(path)
        with av.open(file, "w", format=form, options=options) as container:
            stream = container.add_stream(film.codec, rate=film.rate_hz)
            assert isinstance(stream, av.VideoStream)
            stream.codec_context.options = film.codec_options
            stream.height, stream.width = pictures[0].shape[:2]
            stream.pix_fmt = film.pixel_format
            stream.codec_context.time_base = tick_s
            if film.pixel_aspect is not None:
                stream.codec_context.sample_aspect_ratio = film.pixel_aspect
            if film.matrix is not None:
                stream.set_display_matrix(film.matrix)
            if film.with_sound:
                _add_silence(container)
            for image, time_s in zip(pictures, times_s, strict=True):
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                frame.time_base, frame.pts = tick_s, round(time_s / tick_s)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    return path


def _add_silence(container: av.container.OutputContainer) -> None:
    stream = container.add_stream("aac", rate=8000)
    assert isinstance(stream, av.AudioStream)
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), "fltp", "mono")
    frame.sample_rate = 8000
    container.mux(stream.encode(frame))
    container.mux(stream.encode())


def _format_of(path: Path) -> str:
    return {
        ".mkv": "matroska",
        ".mpg": "mpeg",
        ".ts": "mpegts",
        ".wmv": "asf",
        ".3gp": "3gp",
        ".ogv": "ogg",
    }.get(path.suffix, path.suffix[1:])


def write_sound(path: Path) -> Path:
    """Write a second of sound without any picture."""
    with av.open(str(path), "w", format="mp4") as container:
        _add_silence(container)
    return path


def write_still(path: Path, codec: str, pixel_format: str) -> Path:
    """Write one still picture in its own file format, whatever the name of the file says."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 96, 64, pixel_format
    encoder.time_base = Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(picture(0, 96, 64), format="rgb24").reformat(
        format=pixel_format
    )
    packets = encoder.encode(frame) + encoder.encode(None)
    path.write_bytes(b"".join(bytes(packet) for packet in packets))
    return path


def cut(path: Path, fraction: float) -> Path:
    """Keep only the first part of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * fraction)])
    return path


def cut_media(path: Path, fraction: float) -> Path:
    """Keep the index of an MP4 file (written first) and the first part of its frames."""
    data = path.read_bytes()
    start = data.index(b"mdat")
    path.write_bytes(data[: start + int((len(data) - start) * fraction)])
    return path


def patch(path: Path, old: bytes, new: bytes) -> Path:
    """Replace bytes that must be there, all of them."""
    data = path.read_bytes()
    if old not in data:
        raise AssertionError(f"{old.hex()} is not in the file")
    path.write_bytes(data.replace(old, new))
    return path


def claim_jpeg_size(path: Path, old: tuple[int, int], new: tuple[int, int]) -> Path:
    """Make every JPEG frame of a film, and the film's own header, claim another (width, height)."""
    data = path.read_bytes()
    for order in ("<II", "<ii", ">HH"):
        data = data.replace(struct.pack(order, *old), struct.pack(order, *new))
    old_header = b"\x00\x11\x08" + struct.pack(">HH", *old[::-1])
    new_header = b"\x00\x11\x08" + struct.pack(">HH", *new[::-1])
    if old_header not in data:
        raise AssertionError("no JPEG frame header of that size")
    path.write_bytes(data.replace(old_header, new_header))
    return path


def set_edit(path: Path, media_start: int, duration_ms: int) -> Path:
    """Rewrite the one edit of an MP4 file: where in the media it starts, and how long it lasts."""
    data = bytearray(path.read_bytes())
    start = data.index(b"elst") + 12
    struct.pack_into(">Ii", data, start, duration_ms, media_start)
    path.write_bytes(bytes(data))
    return path


def flip_bytes(data: bytes, n_flips: int, generator: np.random.Generator) -> bytes:
    """Change some bytes at random places."""
    changed = np.frombuffer(data, np.uint8).copy()
    places = generator.integers(0, len(changed), n_flips)
    changed[places] = generator.integers(0, 256, n_flips)
    return changed.tobytes()
