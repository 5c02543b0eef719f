"""The child process in which films are taken apart.

Films come from phones, strangers and broken cards, and decoders are written in C. So nothing of a
film is parsed in the process that holds the patient's data: this file is run as a script by
:mod:`clinigait.io.video`, with the film as its standard input and its standard output as the way
back. It is started by its path, not as a module, so that it loads nothing but the decoder.

Everything on the way back is a ``RECORD`` (kind, payload bytes, frame index, time in s) and its
payload: one ``HEADER`` (JSON), then ``FRAME`` after ``FRAME`` (raw RGB, no padding), then one
``REPORT`` (JSON). An ``ERROR`` (JSON with a code) takes the place of whatever could not be done.
Where frames are glanced at, a ``GLANCE`` takes the place of every ``FRAME``: raw RGB of a small
picture, and now and then that of the whole one right behind it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import struct
import sys
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, BinaryIO, ClassVar, NamedTuple, NoReturn

import av
import av.error
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Disposition
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream

#: As :mod:`clinigait.core.synthetic` has it, which this process does without.
SYNTHETIC_MARK = "synthetic: true"

Bytes = bytes | memoryview
RECORD = struct.Struct("<cIqd")
HEADER, GLANCE, FRAME, REPORT, ERROR = b"H", b"G", b"F", b"R", b"E"

#: Elementary streams: no container, so no timestamps and at best a rate of their own.
BARE_STREAMS = frozenset({"h264", "hevc"})
#: Demuxers that may be used. None of them opens a second file, none of them reads still pictures.
FORMATS = ("mov", "matroska", "avi", "mpegts", "mpeg", "asf", "flv", "ogg", *BARE_STREAMS)
#: Decoders that may be used: what cameras, phones and editors have written, and nothing exotic.
CODECS = (
    *("h264", "hevc", "vvc", "libdav1d", "av1", "vp8", "vp9", "libvpx", "libvpx-vp9", "theora"),
    *("mpeg1video", "mpeg2video", "mpeg4", "h263", "h263i", "h263p", "flv", "svq1", "svq3"),
    *("msmpeg4v1", "msmpeg4", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "vp6", "vp6f"),
    *("mjpeg", "prores", "dnxhd", "dvvideo", "cinepak", "rawvideo", "ffv1", "huffyuv"),
    *("ffvhuff", "utvideo", "magicyuv", "cfhd"),
)
#: Brands of still pictures that live in the same boxes as MP4 films.
STILL_BRANDS = frozenset({"avif", "mif1", "heic", "heix", "heim", "heis"})
#: How the containers above begin: (offset, bytes). Used only to word an error.
FILM_MARKS = (
    *((4, mark) for mark in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")),
    *((0, mark) for mark in (b"\x1a\x45\xdf\xa3", b"RIFF", b"OggS", b"FLV", b"\x00\x00\x01\xba")),
    (0, b"\x30\x26\xb2\x75"),
    (188, b"\x47"),
)
#: How PNG, JPEG, BMP and TIFF pictures begin.
STILL_MARKS = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*")
#: FFmpeg's AVFMT_FLAG_GENPTS.
GENERATE_TIMES = 1
#: FFmpeg's own limit of pixels.
ANY_SIZE = 2**31 - 1
#: FFmpeg's AVCOL_SPC_UNSPECIFIED.
COLOUR_MATRIX_UNSPECIFIED = 2
#: Frames wider or higher than this are high definition, and their colours BT.709.
STANDARD_DEFINITION_PX = (1279, 576)
#: A pixel more than this many times wider than high, or higher than wide, is a damaged header.
MOST_STRETCH = 10
#: A frame of another size is taken if its shape differs by no more than this fraction.
SHAPE_TOLERANCE = 0.02


@dataclass(frozen=True)
class Job:
    """What the parent asks for, as JSON on the command line."""

    first_frame_only: bool
    memory_bytes: int
    cpu_s: int
    max_pixels: int
    max_frames: int
    max_long_side_px: int
    decode_threads: int
    depth: bool = False
    #: Increasing times near which frames are wanted, and how near; None for all frames.
    near_s: list[float] | None = None
    within_s: float = 0.0
    #: Frames are glanced at, and wanted at least so far apart; None for all frames. A glance takes
    #: one pixel of ``glance_step_px`` along and across.
    every_s: float | None = None
    glance_step_px: int = 1

    def wants(self, time_s: float) -> bool:
        """Tell whether a frame of this time is to be sent."""
        times_s = self.near_s or [time_s]
        first = bisect_left(times_s, time_s - self.within_s)
        return first < len(times_s) and times_s[first] <= time_s + self.within_s


class FilmError(Exception):
    """The film cannot be used, for the reason that ``code`` names."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass
class Tally:
    """What went on while the film was played."""

    n_frames: int = 0
    n_dropped: int = 0
    damaged: int = 0
    timestamps_estimated: bool = False


def limit_process(job: Job) -> None:
    """Bound what this process can take, where the system knows such bounds."""
    try:
        import resource  # noqa: PLC0415
    except ImportError:  # Windows
        return
    bounds = {
        resource.RLIMIT_AS: job.memory_bytes,
        resource.RLIMIT_CPU: job.cpu_s,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for kind, bound in bounds.items():
        hard = resource.getrlimit(kind)[1]
        value = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        # One second of processor time more for the hard limit: the soft one sends SIGXCPU, which
        # says what happened, the hard one SIGKILL. And macOS does not let RLIMIT_AS be set.
        grace = kind == resource.RLIMIT_CPU and value != hard
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value + grace))


# ---------------------------------------------------------------- opening


def refuse_other_files(url: str, _flags: int, _options: dict[str, str]) -> NoReturn:
    """Stand in the way of a film that names a second file."""
    raise PermissionError(url)


def open_film(film: BinaryIO, job: Job) -> InputContainer:
    """Probe the container; only the formats of the list, and never a second file."""
    head = film.read(192)
    try:
        container = probe(film, CODECS, job.max_pixels)
    except MemoryError:
        raise
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise FilmError(code_of_unopened(head)) from error
    # Without this FFmpeg makes up timestamps for containers that store decoding times only (AVI),
    # and gets the order of B-frames wrong; see Clock.
    container.flags &= ~GENERATE_TIMES
    return container


def probe(film: BinaryIO, codecs: tuple[str, ...], max_pixels: int) -> InputContainer:
    """Open the container, with these decoders to look into the first packets."""
    film.seek(0)
    options = {
        "format_whitelist": ",".join(FORMATS),
        "codec_whitelist": ",".join(codecs),
        "protocol_whitelist": "file",
        "max_pixels": str(max_pixels),
        "threads": "1",
    }
    return av.open(
        film, "r", options=options, metadata_errors="replace", buffer_size=1 << 20,
        io_open=refuse_other_files,
    )  # fmt: skip


def check_claimed_size(film: BinaryIO, job: Job) -> None:
    """Refuse a film whose header, read without any decoder, claims frames that are too large."""
    with contextlib.suppress(av.error.FFmpegError, OSError, ValueError):
        container = probe(film, ("none",), ANY_SIZE)
        for stream in container.streams.video:
            if stream.codec_context is not None:
                check_pixels(stream.codec_context.width, stream.codec_context.height, job)


def code_of_unopened(head: bytes) -> str:
    """Tell by its first bytes what kind of file could not be opened."""
    if any(head.startswith(mark, offset) for offset, mark in FILM_MARKS):
        return "damaged"
    return "still_picture" if head.startswith(STILL_MARKS) else "not_a_film"


def video_stream(container: InputContainer, job: Job) -> VideoStream:
    """Choose the picture track and get its decoder ready, or say why there is none."""
    if container.metadata.get("major_brand", "").strip() in STILL_BRANDS:
        raise FilmError("still_picture")
    stream = container.streams.best("video")
    if not isinstance(stream, VideoStream) or stream.disposition & Disposition.attached_pic:
        raise FilmError("no_video" if container.streams else "damaged")
    if stream.codec_context is None:
        raise FilmError("codec", "an unknown codec")
    if stream.codec_context.name not in CODECS:
        raise FilmError("codec", stream.codec_context.name)
    check_pixels(stream.codec_context.width, stream.codec_context.height, job)
    if stream.frames > job.max_frames:
        raise FilmError("too_many_frames", str(stream.frames))
    stream.codec_context.options = {"max_pixels": str(job.max_pixels)}
    # Slice threads, not frame threads: what comes out of a damaged film is then always the same.
    stream.thread_type = "SLICE"
    stream.codec_context.thread_count = job.decode_threads
    return stream


def check_pixels(width_px: int, height_px: int, job: Job) -> None:
    """Refuse frames that are too large to be held."""
    if width_px * height_px > job.max_pixels:
        raise FilmError("too_many_pixels", f"{width_px} x {height_px}")


# ---------------------------------------------------------------- decoding


def packets(
    container: InputContainer, stream: VideoStream, tally: Tally
) -> Iterator[Packet[VideoStream] | None]:
    """Yield the packets of the track, and None at the end to empty the decoder."""
    try:
        # The empty packet with which PyAV ends is left out: it does not come after an error.
        yield from (packet for packet in container.demux(stream) if packet.size)
    except MemoryError:
        raise
    except (av.error.FFmpegError, OSError):
        tally.damaged += 1
    yield None


def without_spare(
    found: Iterator[Packet[VideoStream] | None], job: Job
) -> Iterator[Packet[VideoStream] | None]:
    """Leave out packets of unwanted depth that no other frame needs: FFV1 takes its time."""
    last, wanted = next(found, None), True  # the first one tells what the film is
    for packet in found:
        if wanted or last is None or not last.is_keyframe or (packet and not packet.is_keyframe):
            yield last
        last, wanted = packet, True
        if packet is not None and packet.pts is not None and packet.time_base is not None:
            wanted = job.wants(float(packet.pts * packet.time_base))
    yield last


def decoded(
    container: InputContainer, stream: VideoStream, tally: Tally, job: Job
) -> Iterator[VideoFrame]:
    """Yield every frame that can be decoded, in the order of presentation; count the damage."""
    found = packets(container, stream, tally)
    for packet in without_spare(found, job) if job.depth else found:
        try:
            frames = stream.codec_context.decode(packet)
        except MemoryError:
            raise
        except (av.error.FFmpegError, OSError):
            tally.damaged += 1
            continue
        for frame in frames:
            tally.damaged += frame.is_corrupt
            yield frame


class Clock:
    """Gives each frame its presentation time, from the container and never from a count.

    A container that stores decoding times only (AVI) hands out one time per packet; the decoder
    then marks each frame with the time of the packet that completed it: but for a constant delay
    that is it. Frames that leave the decoder after the last packet follow at the track's rate.
    """

    def __init__(self, tick_s: Fraction, period_s: Fraction | None) -> None:
        self.tick_s = tick_s
        self.period_s = period_s
        self.last_s: Fraction | None = None
        self.estimated = False

    def time_s(self, frame: VideoFrame) -> Fraction | None:
        """Return the frame's time, or None where it is not after that of the frame before."""
        tick = frame.pts if frame.pts is not None else frame.dts
        time_s = self._next_s() if tick is None else tick * self.tick_s
        if self.last_s is not None and time_s <= self.last_s:
            return None
        self.last_s = time_s
        return time_s

    def _next_s(self) -> Fraction:
        if self.period_s is None:
            raise FilmError("no_times")
        if self.last_s is None:
            self.estimated = True
            return Fraction(0)
        return self.last_s + self.period_s


def clock_of(container: InputContainer, stream: VideoStream) -> Clock:
    """Make the clock of a track."""
    if container.format.name in BARE_STREAMS:
        # The demuxer would say 25 per second of any bare stream; the codec's own header knows.
        rate: Fraction | None = stream.codec_context.framerate
    else:
        rate = stream.average_rate or stream.guessed_rate
    return Clock(stream.time_base or Fraction(0), 1 / rate if rate else None)


def timed(
    container: InputContainer, stream: VideoStream, tally: Tally, job: Job
) -> Iterator[tuple[float, VideoFrame]]:
    """Yield (presentation time in s, frame) with strictly increasing times."""
    clock = clock_of(container, stream)
    for frame in decoded(container, stream, tally, job):
        time_s = clock.time_s(frame)
        tally.timestamps_estimated = clock.estimated
        if time_s is None:
            tally.n_dropped += 1
        else:
            yield float(time_s), frame


# ---------------------------------------------------------------- upright pictures


def orientation(matrix: tuple[int, ...]) -> tuple[int, bool]:
    """Read a display matrix: (clockwise turn in degrees, mirrored left to right before the turn).

    Its rows (a, b, u), (c, d, v), (x, y, w) take the stored pixel (p, q) to the shown one,
    p' = a p + c q + x and q' = b p + d q + y.
    """
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return round(math.degrees(math.atan2(b, a)) / 90) % 4 * 90, mirrored


def display_matrix(frame: VideoFrame) -> tuple[int, ...]:
    """Return the frame's display matrix, or that of a frame which is shown as it is stored."""
    side_data: Any = frame.side_data  # a mapping whose iterator yields the items, not the keys
    found = [bytes(item) for item in side_data if item.type.name == "DISPLAYMATRIX"]
    return struct.unpack("=9i", found[0][:36]) if found else (1, 0, 0, 0, 1, 0, 0, 0, 1)


class Geometry(NamedTuple):
    """How stored frames become upright ones with square pixels."""

    stored_px: tuple[int, int]  #: width, height as decoded
    square_px: tuple[int, int]  #: the same with square pixels
    scaled_px: tuple[int, int]  #: the same, no longer than asked for
    turn_deg: int
    mirrored: bool

    def upright(self, size_px: tuple[int, int]) -> tuple[int, int]:
        """Return the size after the turn."""
        return size_px[::-1] if self.turn_deg in {90, 270} else size_px

    def glanced_at(self, step_px: int) -> Geometry:
        """Return the geometry of small pictures, which are not turned."""
        width_px, height_px = (-(-side // step_px) for side in self.scaled_px)
        return self._replace(scaled_px=(width_px, height_px), turn_deg=0, mirrored=False)

    def fits(self, frame: VideoFrame) -> bool:
        """Tell whether a frame has the shape of the first one (its size may differ)."""
        stretch = frame.width * self.stored_px[1] / (frame.height * self.stored_px[0])
        return abs(stretch - 1) <= SHAPE_TOLERANCE


def geometry_of(frame: VideoFrame, pixel_aspect: Fraction | None, job: Job) -> Geometry:
    """Derive the geometry of a film from its first frame."""
    aspect = pixel_aspect or Fraction(1)
    if not 1 / MOST_STRETCH <= aspect <= MOST_STRETCH:
        aspect = Fraction(1)
    width_px, height_px = max(1, round(frame.width * aspect)), frame.height
    scale = min(Fraction(1), Fraction(job.max_long_side_px, max(width_px, height_px)))
    scaled_px = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    turn_deg, mirrored = orientation(display_matrix(frame))
    stored_px = (frame.width, frame.height)
    return Geometry(stored_px, (width_px, height_px), scaled_px, turn_deg, mirrored)


class Painter:
    """Turns decoded frames into upright RGB pictures of one size.

    ``interpolation`` is FFmpeg's name of a way to scale; None chooses by the sizes.
    """

    #: (turn, mirrored) -> (FFmpeg filter, its argument), and whether rows go from the bottom up.
    STEPS: ClassVar[dict[tuple[int, bool], tuple[tuple[str, str | None] | None, bool]]] = {
        (0, False): (None, False),
        (90, False): (("transpose", "clock"), False),
        (180, False): (("hflip", None), True),
        (270, False): (("transpose", "cclock"), False),
        (0, True): (("hflip", None), False),
        (90, True): (("transpose", "clock_flip"), False),
        (180, True): (None, True),
        (270, True): (("transpose", "cclock_flip"), False),
    }

    def __init__(self, geometry: Geometry, job: Job, interpolation: str | None = None) -> None:
        self.geometry = geometry
        self.interpolation = interpolation
        self.threads = job.decode_threads
        self.reformatter = VideoReformatter()
        step, self.bottom_up = self.STEPS[geometry.turn_deg, geometry.mirrored]
        self.graph = self._graph(*step) if step else None

    def _graph(self, name: str, argument: str | None) -> Graph:
        width_px, height_px = self.geometry.scaled_px
        graph = Graph()
        graph.threads = self.threads
        rgb, tick_s = VideoFormat("rgb24"), Fraction(1, 1000)
        source = graph.add_buffer(width=width_px, height=height_px, format=rgb, time_base=tick_s)
        graph.link_nodes(source, graph.add(name, argument), graph.add("buffersink")).configure()
        return graph

    def paint(self, frame: VideoFrame) -> Bytes | None:
        """Return the upright picture's bytes, rows without padding; None where that fails."""
        try:
            picture = self._scaled(frame)
            if self.graph is not None:
                self.graph.vpush(picture)
                picture = self.graph.vpull()
        except MemoryError:
            raise
        except (av.error.FFmpegError, OSError, ValueError):
            return None
        return packed_rows(picture, self.bottom_up)

    def _scaled(self, frame: VideoFrame) -> VideoFrame:
        width_px, height_px = self.geometry.scaled_px
        shrinks = width_px * height_px < frame.width * frame.height
        interpolation = self.interpolation or ("AREA" if shrinks else "BICUBIC")
        return self.reformatter.reformat(
            frame, width=width_px, height=height_px, format="rgb24", threads=self.threads,
            src_colorspace=colour_matrix(frame), interpolation=interpolation,
        )  # fmt: skip


class DepthPainter:
    """Hands on 16-bit depth to the bit: the high byte of a pixel as its red, the low as its green.

    So depth travels as any picture does; blue stays 0.
    """

    #: FFmpeg's names, and the place of the high byte.
    FORMATS: ClassVar[dict[str, int]] = {"gray16le": 1, "gray16be": 0}

    def __init__(self, geometry: Geometry, frame: VideoFrame) -> None:
        if frame.format.name not in self.FORMATS:
            raise FilmError("not_depth", f"its pixels are {frame.format.name}, not 16-bit grey")
        if geometry.turn_deg or geometry.mirrored or geometry.scaled_px != geometry.stored_px:
            raise FilmError("not_depth", "its frames are turned, stretched or too large")
        self.geometry = geometry

    def paint(self, frame: VideoFrame) -> Bytes | None:
        """Return red, green and blue of every pixel; None where the frame is of another kind."""
        stored_px = (frame.width, frame.height)
        if frame.format.name not in self.FORMATS or stored_px != self.geometry.stored_px:
            return None
        plane = frame.planes[0]
        row_bytes = 2 * frame.width
        view = memoryview(plane).cast("B")
        starts = range(0, plane.line_size * frame.height, plane.line_size)
        grey = b"".join(view[start : start + row_bytes] for start in starts)
        high = self.FORMATS[frame.format.name]
        picture = bytearray(3 * frame.width * frame.height)
        picture[0::3], picture[1::3] = grey[high::2], grey[1 - high :: 2]
        return bytes(picture)


class Gaze:
    """Paints what is wanted of each frame: the whole, a glance, both, or nothing."""

    def __init__(self, job: Job, painter: Painter | DepthPainter) -> None:
        self.job = job
        self.painter = painter
        small = painter.geometry.glanced_at(job.glance_step_px)
        self.glancer = Painter(small, job, "POINT")
        self.kind = FRAME if job.every_s is None else GLANCE
        self.due_s = -math.inf

    def pictures(self, time_s: float, frame: VideoFrame) -> list[Bytes | None]:
        """Return the bytes of the pictures in the order of sending; None where that fails."""
        if self.job.every_s is None:
            return [self.painter.paint(frame)] if self.job.wants(time_s) else []
        glance = self.glancer.paint(frame)
        if glance is None or time_s < self.due_s:
            return [glance]
        whole = self.painter.paint(frame)
        if whole is not None:
            self.due_s = time_s + self.job.every_s
        return [glance, whole]


def packed_rows(picture: VideoFrame, bottom_up: bool) -> Bytes:
    """Return the bytes of an RGB picture without the padding at the end of its rows."""
    plane = picture.planes[0]
    row_bytes, line_bytes = 3 * picture.width, abs(plane.line_size)
    view = memoryview(plane)
    bottom_up ^= plane.line_size < 0  # PyAV's view begins at the lowest address
    if row_bytes == line_bytes and not bottom_up:
        return view[: row_bytes * picture.height]
    starts = range(0, line_bytes * picture.height, line_bytes)
    rows = [view[start : start + row_bytes] for start in starts]
    return b"".join(reversed(rows) if bottom_up else rows)


def colour_matrix(frame: VideoFrame) -> int | None:
    """Name the YUV matrix of a frame that does not; players take BT.709 for high definition."""
    most_width_px, most_height_px = STANDARD_DEFINITION_PX
    high_definition = frame.width > most_width_px or frame.height > most_height_px
    unnamed = frame.colorspace == COLOUR_MATRIX_UNSPECIFIED
    return int(Colorspace.ITU709) if unnamed and high_definition else None


# ---------------------------------------------------------------- the way back


class Place(NamedTuple):
    """Where a frame stands in the film."""

    number: int
    time_s: float


def send(out: BinaryIO, kind: bytes, place: Place, *payload: Bytes) -> None:
    """Write one record; its payload may come in parts."""
    out.write(RECORD.pack(kind, sum(map(len, payload)), place.number, place.time_s))
    for part in payload:
        out.write(part)


def send_json(out: BinaryIO, kind: bytes, content: object) -> None:
    """Write one record of JSON."""
    send(out, kind, Place(0, 0.0), json.dumps(content).encode())
    out.flush()


def header(container: InputContainer, stream: VideoStream, geometry: Geometry) -> dict[str, object]:
    """Describe the film for the parent."""
    return {
        "size_px": geometry.upright(geometry.scaled_px),
        "native_size_px": geometry.upright(geometry.square_px),
        "rotation_deg": geometry.turn_deg,
        "mirrored": geometry.mirrored,
        "codec": stream.codec_context.codec.canonical_name,
        "duration_hint_s": duration_hint_s(container, stream),
        "synthetic": SYNTHETIC_MARK in container.metadata.get("comment", ""),
    }


def duration_hint_s(container: InputContainer, stream: VideoStream) -> float | None:
    """Return how long the header says that the film is."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration is not None else None


def play(job: Job, film: BinaryIO, out: BinaryIO) -> None:
    """Send the header, then the frames and the report, unless only the header is asked for."""
    tally = Tally()
    container = open_film(film, job)
    stream = video_stream(container, job)
    frames = timed(container, stream, tally, job)
    first = next(frames, None)
    if first is None:
        raise FilmError("damaged")
    geometry = geometry_of(first[1], stream.sample_aspect_ratio, job)
    painter = DepthPainter(geometry, first[1]) if job.depth else Painter(geometry, job)
    if painter.paint(first[1]) is None:
        raise FilmError("codec", f"{stream.codec_context.name} in {first[1].format.name}")
    send_json(out, HEADER, header(container, stream, geometry))
    if job.first_frame_only:
        return
    gaze = Gaze(job, painter)
    for time_s, frame in chain([first], frames):
        check_pixels(frame.width, frame.height, job)
        fits = geometry.fits(frame)
        pictures = gaze.pictures(time_s, frame) if fits else [None]
        if None in pictures:
            tally.damaged += 1
            continue
        if tally.n_frames >= job.max_frames:
            raise FilmError("too_many_frames", f"more than {job.max_frames}")
        if pictures:
            send(out, gaze.kind, Place(tally.n_frames, time_s), *pictures)
        tally.n_frames += 1
    send_json(out, REPORT, asdict(tally))


def play_or_explain(job: Job, film: BinaryIO, out: BinaryIO) -> None:
    """Play the film; where nothing decodes, see whether it is because of the size it claims."""
    try:
        play(job, film, out)
    except FilmError as error:
        if error.code == "damaged":
            check_claimed_size(film, job)
        raise


def main() -> int:
    """Do the job that the command line describes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    job = Job(**json.loads(sys.argv[1]))
    film = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    try:
        limit_process(job)
        play_or_explain(job, film, out)
        out.flush()
    except FilmError as error:
        send_json(out, ERROR, {"code": error.code, "detail": error.detail})
    except (MemoryError, ImportError):
        # What PyAV loads late and cannot map under the memory limit shows as an ImportError.
        send_json(out, ERROR, {"code": "memory", "detail": ""})
    except BrokenPipeError:
        os._exit(0)  # the parent has seen enough; there is nobody to flush to
    return 0


if __name__ == "__main__":
    sys.exit(main())
