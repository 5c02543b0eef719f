"""Films: opened, checked and played by a child process that cannot harm this one.

:func:`open_recording` starts :mod:`clinigait.io._decoder` to read the container and decode one
frame; each call of :meth:`Recording.frames <clinigait.core.Recording.frames>` starts it again to
play the whole film. The pipe between the two holds the child back, so that never more than a few
frames are in memory. A film that makes the child crash, hang or eat memory ends as a
:class:`~clinigait.core.BadInputError` here.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, NoReturn, Self, cast

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    GLANCE_STEP_PX,
    BadInputError,
    Frame,
    Glance,
    Moments,
    Recording,
)
from clinigait.io import _decoder
from clinigait.io._complaints import Complaints

#: glibc gives large blocks back to the system at once, and frames are large: keep some instead.
CHILD_MEMORY_HABITS = {
    "MALLOC_TOP_PAD_": str(64 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(256 << 20),
}
PIPE_BYTES = 1 << 20
MOST_JSON_BYTES = 1 << 16
MOST_NAME_LETTERS = 80
#: Moments that fit on a command line with room to spare.
MOST_MOMENTS = 5000
#: How long a child whose output has ended may take to die, so that its own exit status is seen.
LAST_BREATH_S = 5.0


@dataclass(frozen=True)
class DecodeLimits:
    """What a film may cost before it is given up.

    Parameters
    ----------
    memory_bytes
        Address space of the child process (where the system can bound it).
    cpu_s
        Processor time of the child process (where the system can bound it).
    stall_s
        Longest wait for anything to come from the child.
    total_wait_s
        Longest wait for the child altogether; the time that frames are worked on does not count.
    max_pixels
        Pixels of a stored frame, checked on what the header claims before anything is decoded.
    max_frames
        Frames of a film.
    max_long_side_px
        Frames with a longer side are scaled down to it.
    decode_threads
        Threads of the decoder and of the scaler.
    """

    memory_bytes: int = 2 << 30
    cpu_s: int = 7200
    stall_s: float = 60.0
    total_wait_s: float = 3600.0
    max_pixels: int = 36_000_000
    max_frames: int = 200_000
    max_long_side_px: int = 1920
    decode_threads: int = 2


@dataclass(frozen=True)
class DecodeReport:
    """What went on while a film was played to its end.

    Parameters
    ----------
    n_frames
        Frames that were yielded.
    n_dropped
        Frames left out because their timestamp was not after the one before.
    damaged
        Packets that could not be decoded, frames that the decoder calls corrupt, and frames of
        another shape.
    timestamps_estimated
        Whether the film has no timestamps, so that times come from the rate that it states.
    """

    n_frames: int
    n_dropped: int
    damaged: int
    timestamps_estimated: bool


DEFAULT_LIMITS = DecodeLimits()


def open_recording(
    path: Path, limits: DecodeLimits = DEFAULT_LIMITS, *, depth: bool = False
) -> Recording:
    """Open a film: check it, read its header and decode its first frame.

    Parameters
    ----------
    path
        A film in MP4, MOV, 3GP, Matroska, WebM, AVI, MPEG, ASF (WMV), FLV or Ogg; a bare H.264 or
        HEVC stream too, if it states its frame rate.
    limits
        What the film may cost.
    depth
        Whether it is a film of depth: 16-bit grey, not to be scaled or turned.

    Returns
    -------
    Recording
        Its ``source`` is a :class:`VideoSource`.

    Raises
    ------
    BadInputError
        If the file cannot be read, is no film, or cannot be decoded within the limits.
    """
    with _open_film(path) as film:
        identity = _identity(film)
        sha256 = hashlib.file_digest(film, "sha256").hexdigest()
    header = VideoSource(path, limits, identity, None, depth).probe()
    return Recording(
        path=path,
        sha256=sha256,
        width_px=header.size_px[0],
        height_px=header.size_px[1],
        native_width_px=header.native_size_px[0],
        native_height_px=header.native_size_px[1],
        rotation_deg=header.rotation_deg,
        mirrored=header.mirrored,
        codec=header.codec,
        source=VideoSource(path, limits, identity, header, depth),
        duration_hint_s=header.duration_hint_s,
        synthetic=header.synthetic,
    )


class Header(NamedTuple):
    """What the child says of a film before the frames."""

    size_px: tuple[int, int]
    native_size_px: tuple[int, int]
    rotation_deg: int
    mirrored: bool
    codec: str
    duration_hint_s: float | None
    synthetic: bool


class VideoSource:
    """Plays a film, each time in a process of its own.

    A film of depth has its high bytes in red and its low bytes in green.

    Attributes
    ----------
    report
        What happened when the film was last played to its end; None before that.
    """

    def __init__(
        self,
        path: Path,
        limits: DecodeLimits,
        identity: tuple[int, int],
        header: Header | None,
        depth: bool = False,
    ) -> None:
        self.report: DecodeReport | None = None
        self._depth = depth
        self._path = path
        self._limits = limits
        self._identity = identity
        self._header = header

    def probe(self) -> Header:
        """Read the header; a film that gives no frame fails here."""
        with self._child(first_frame_only=True) as child:
            return child.header()

    def frames(self) -> Iterator[Frame]:
        """Yield every frame in the order of presentation.

        Closing the iterator early ends the child process.

        Raises
        ------
        BadInputError
            If the film goes beyond a limit, brings the decoder down, or has changed on disk.
        """
        return self._played(None)

    def frames_near(self, wanted: Moments) -> Iterator[Frame]:
        """Yield the frames of some moments; others are decoded, but no pictures are made of them.

        Raises
        ------
        BadInputError
            As of :meth:`frames`.
        """
        if len(wanted.times_s) > MOST_MOMENTS:
            return (frame for frame in self._played(None) if wanted.has(frame.time_s))
        return self._played(wanted)

    def glances(self, every_s: float) -> Iterator[Glance]:
        """Yield every frame in passing, and whole ones at least so far apart.

        Raises
        ------
        BadInputError
            As of :meth:`frames`.
        """
        with self._playing(every_s=every_s, glance_step_px=GLANCE_STEP_PX) as (child, header):
            yield from child.glances(header.size_px)
            self.report = child.report

    def _played(self, wanted: Moments | None) -> Iterator[Frame]:
        asked: dict[str, Any] = {}
        if wanted is not None:
            near_s = [round(float(time_s), 5) for time_s in wanted.times_s]
            asked = {"near_s": near_s, "within_s": float(wanted.within_s)}
        with self._playing(**asked) as (child, header):
            yield from child.frames(header.size_px)
            self.report = child.report

    @contextlib.contextmanager
    def _playing(self, **asked: Any) -> Iterator[tuple[_Child, Header]]:  # noqa: ANN401
        with self._child(first_frame_only=False, **asked) as child:
            header = child.header()
            if self._header not in {None, header}:
                raise _film_error("changed", self._path)
            yield child, header

    def _child(self, **asked: Any) -> _Child:  # noqa: ANN401
        film = _open_film(self._path)
        if _identity(film) != self._identity:
            film.close()
            raise _film_error("changed", self._path)
        with film:
            command = _command(self._limits, asked | {"depth": self._depth})
            return _Child(film, self._path, self._limits, command)


# ---------------------------------------------------------------- the file


def _open_film(path: Path) -> FileIO:
    """Open a regular file that is not empty."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise _film_error("directory", path)
        if not stat.S_ISREG(status.st_mode):
            raise _film_error("special", path)
        if status.st_size == 0:
            raise _film_error("empty", path)
        return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise _film_error("missing", path) from error
    except PermissionError as error:
        raise _film_error("permission", path) from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _film_error("unreadable", path, reason or "unknown reason") from error


def _identity(film: FileIO) -> tuple[int, int]:
    """Return what tells that the file is still the one that was hashed."""
    status = os.fstat(film.fileno())
    return status.st_size, status.st_mtime_ns


# ---------------------------------------------------------------- the child process


class _ChildEndedError(Exception):
    """The child's output ended."""


class _Child:
    """A running decoder and what it sends."""

    def __init__(self, film: FileIO, path: Path, limits: DecodeLimits, command: list[str]) -> None:
        self.report: DecodeReport | None = None
        self._path = path
        self._limits = limits
        self._process = subprocess.Popen(
            command,
            stdin=film,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=os.environ | CHILD_MEMORY_HABITS,
        )
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._complaints = Complaints(cast("IO[bytes]", self._process.stderr))
        self._watchdog = _Watchdog(self._process, limits)
        _widen(self._stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        """Kill and reap the child; does nothing the second time."""
        self._watchdog.stop()
        self._process.kill()
        self._process.wait()
        self._stdout.close()
        self._complaints.stop()

    def header(self) -> Header:
        """Read the record that comes first."""
        record = self._record()
        if record.kind != _decoder.HEADER:
            self._garbled()
        content = self._json(record)
        try:
            header = Header(
                size_px=_size(content["size_px"]),
                native_size_px=_size(content["native_size_px"]),
                rotation_deg=int(content["rotation_deg"]),
                mirrored=bool(content["mirrored"]),
                codec=_shown(str(content["codec"])),
                duration_hint_s=_positive(content["duration_hint_s"]),
                synthetic=content["synthetic"] is True,
            )
        except (KeyError, TypeError, ValueError):
            self._garbled()
        if max(header.size_px) > self._limits.max_long_side_px:
            self._garbled()
        return header

    def frames(self, size_px: tuple[int, int]) -> Iterator[Frame]:
        """Yield frames until the report comes."""
        width_px, height_px = size_px
        for record in self._records(_decoder.FRAME):
            image = np.empty((height_px, width_px, 3), np.uint8)
            self._fill_with(record, image)
            yield Frame(record.number, record.time_s, image)

    def glances(self, size_px: tuple[int, int]) -> Iterator[Glance]:
        """Yield every frame in passing until the report comes."""
        width_px, height_px = size_px
        n_pixels = math.prod(-(-side // GLANCE_STEP_PX) for side in size_px)
        for record in self._records(_decoder.GLANCE):
            pixels = np.empty((n_pixels, 3), np.uint8)
            if record.n_bytes == pixels.nbytes:
                self._fill_with(record, pixels)
                yield Glance(record.time_s, pixels, None)
                continue
            image = np.empty((height_px, width_px, 3), np.uint8)
            self._fill_with(record, pixels, image)
            yield Glance(record.time_s, pixels, Frame(record.number, record.time_s, image))

    def _records(self, kind: bytes) -> Iterator[_Record]:
        """Yield what stands before each picture, until the report comes."""
        last_s, last = -math.inf, -1
        for _ in range(self._limits.max_frames + 1):
            record = self._record()
            if record.kind == _decoder.REPORT:
                self.report = self._report(record)
                return
            in_order = last < record.number < self._limits.max_frames
            if record.kind != kind or not in_order or not last_s < record.time_s < math.inf:
                self._garbled()
            last_s, last = record.time_s, record.number
            yield record
        self._garbled()

    def _fill_with(self, record: _Record, *pictures: NDArray[np.uint8]) -> None:
        """Read pictures of which the record must tell the size."""
        if record.n_bytes != sum(picture.nbytes for picture in pictures):
            self._garbled()
        for picture in pictures:
            self._fill(picture.data.cast("B"))

    def _report(self, record: _Record) -> DecodeReport:
        content = self._json(record)
        try:
            return DecodeReport(
                n_frames=int(content["n_frames"]),
                n_dropped=int(content["n_dropped"]),
                damaged=int(content["damaged"]),
                timestamps_estimated=bool(content["timestamps_estimated"]),
            )
        except (KeyError, TypeError, ValueError):
            self._garbled()

    def _record(self) -> _Record:
        """Read what stands before each payload; an error record is raised."""
        head = bytearray(_decoder.RECORD.size)
        self._fill(memoryview(head))
        record = _Record(*_decoder.RECORD.unpack(head))
        if record.kind == _decoder.ERROR:
            content = self._json(record)
            code, detail = str(content.get("code")), str(content.get("detail"))
            raise _film_error(code, self._path, detail, self._limits)
        return record

    def _json(self, record: _Record) -> dict[str, Any]:
        if record.n_bytes > MOST_JSON_BYTES:
            self._garbled()
        payload = bytearray(record.n_bytes)
        self._fill(memoryview(payload))
        try:
            content = json.loads(payload)
        except ValueError:
            self._garbled()
        if not isinstance(content, dict):
            self._garbled()
        return content

    def _fill(self, view: memoryview) -> None:
        """Read exactly as many bytes as the view holds."""
        try:
            with self._watchdog.waiting():
                _read_exactly(self._stdout, view)
        except _ChildEndedError:
            self._raise_end()

    def _raise_end(self) -> NoReturn:
        """Say why the child ended without saying why itself."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=LAST_BREATH_S)
        self._end()
        status = self._process.returncode
        if self._watchdog.verdict is not None:
            code, detail = self._watchdog.verdict, ""
        elif status == -getattr(signal, "SIGXCPU", 0):
            code, detail = "cpu", ""
        elif status < 0:
            code, detail = "crashed", _signal_name(-status)
        else:
            code, detail = "failed", self._complaints.last_line() or f"exit status {status}"
        raise _film_error(code, self._path, detail, self._limits)

    def _garbled(self) -> NoReturn:
        """Refuse to believe a child that sends what no sound decoder sends."""
        raise _film_error("crashed", self._path, "its output makes no sense", self._limits)


class _Record(NamedTuple):
    kind: bytes
    n_bytes: int
    number: int
    time_s: float


def _command(limits: DecodeLimits, asked: dict[str, Any]) -> list[str]:
    """Build the child's command line; the film's name is not on it (names can be personal)."""
    said = asdict(limits) | asked
    job = {name: said[name] for name in _decoder.Job.__dataclass_fields__ if name in said}
    # -P: the folder of the script must not shadow other modules; -B: it writes no files.
    options = ["-P", "-B", "-X", "utf8"]
    return [sys.executable, *options, str(Path(_decoder.__file__)), json.dumps(job)]


def _widen(pipe: IO[bytes]) -> None:
    """Let the pipe hold more than the 64 KiB of old, where the system allows it."""
    if sys.platform == "linux":
        import fcntl  # noqa: PLC0415

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _read_exactly(stream: IO[bytes], view: memoryview) -> None:
    """Fill the view from an unbuffered stream."""
    while view:
        n_bytes: int | None = stream.readinto(view)  # type: ignore[attr-defined]
        if not n_bytes:
            raise _ChildEndedError
        view = view[n_bytes:]


def _size(pair: object) -> tuple[int, int]:
    """Check a (width, height) from the child."""
    match pair:
        case [int(width_px), int(height_px)] if width_px > 0 and height_px > 0:
            return width_px, height_px
    raise ValueError


def _positive(number: object) -> float | None:
    """Take a number from the child only where it can be a duration."""
    return number if isinstance(number, float) and 0 < number < math.inf else None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class _Watchdog:
    """Kills a child that keeps its reader waiting too long.

    A thread, not a timeout on the read: pipes cannot be waited for with a timeout everywhere.
    """

    def __init__(self, process: subprocess.Popen[bytes], limits: DecodeLimits) -> None:
        self.verdict: str | None = None
        self._process = process
        self._limits = limits
        self._waited_s = 0.0
        self._since_s: float | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Mark a wait for the child."""
        started_s = self._since_s = time.monotonic()
        try:
            yield
        finally:
            self._since_s = None
            self._waited_s += time.monotonic() - started_s

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        look_every_s = min(0.25, self._limits.stall_s / 4, self._limits.total_wait_s / 4)
        while not self._stopped.wait(look_every_s):
            since_s = self._since_s
            if since_s is None:
                continue
            waiting_s = time.monotonic() - since_s
            if waiting_s > self._limits.stall_s:
                self.verdict = "stalled"
            elif self._waited_s + waiting_s > self._limits.total_wait_s:
                self.verdict = "slow"
            if self.verdict is not None:
                self._process.kill()
                return


# ---------------------------------------------------------------- what to say

_CAMERA_COPY = "Copy it from the camera or phone again and try with the new copy."
_CONVERT = "Convert it to MP4 (H.264) with a video program, and try with the converted file."
_SMALLER = "Export it at a smaller size (1920 x 1080 is enough), and try with that file."

#: code -> (what is wrong, what to do); ``{name}`` is the file, ``{detail}`` what was found.
_MESSAGES = {
    "missing": ("There is no file {name}.", "Check the name and the folder."),
    "directory": ("{name} is a folder, not a video.", "Give one video file, or colour with depth."),
    "special": ("{name} is not an ordinary file.", "Save the video to disk and give that file."),
    "permission": ("{name} cannot be opened: permission denied.", "Ask for the right to read it."),
    "unreadable": ("{name} cannot be read: {detail}.", "Check the disk and the name."),
    "empty": ("{name} is empty (0 bytes).", _CAMERA_COPY),
    "changed": ("{name} has changed since it was opened.", "Start again with the finished file."),
    "not_a_film": (
        "{name} is not a video that clinigait reads.",
        "Give a film in MP4, MOV, MKV, WebM, AVI, MPEG, WMV, FLV or Ogg format.",
    ),
    "still_picture": ("{name} is a still picture, not a video.", "Give a film of the walk."),
    "no_video": ("{name} holds no pictures, only sound or data.", "Give a film of the walk."),
    "codec": ("{name} is coded as {detail}, which clinigait does not decode.", _CONVERT),
    "not_depth": (
        "{name} is no depth film: {detail}.",
        "Store depth as FFV1 with 16-bit grey pixels in MKV, or as 16-bit PNG pictures.",
    ),
    "damaged": ("{name} is damaged or cut short: no frame can be decoded.", _CAMERA_COPY),
    "too_many_pixels": (
        "{name} has frames of {detail} pixels, more than the limit of {limits.max_pixels}.",
        _SMALLER,
    ),
    "too_many_frames": (
        "{name} has too many frames: {detail}, and the limit is {limits.max_frames}.",
        "Cut the walk out of the film, and try with that part.",
    ),
    "no_times": (
        "{name} carries neither timestamps nor a frame rate.",
        "Give the film as the camera saved it, before anything converted it.",
    ),
    "memory": (
        "{name} needs more than {memory_mib} MiB of memory to decode.",
        _SMALLER,
    ),
    "cpu": ("{name} took more than {limits.cpu_s} s of processor time to decode.", _SMALLER),
    "stalled": ("Decoding {name} stood still for {limits.stall_s} s.", _CONVERT),
    "slow": ("Decoding {name} took more than {limits.total_wait_s} s.", _SMALLER),
    "crashed": ("{name} made the video decoder crash ({detail}).", _CONVERT),
    "failed": ("The video decoder could not work on {name} ({detail}).", _CONVERT),
}


def _film_error(
    code: str, path: Path, detail: str = "", limits: DecodeLimits = DEFAULT_LIMITS
) -> BadInputError:
    """Build the error for a code; a code that nobody knows counts as a crash."""
    message, remedy = _MESSAGES.get(code, _MESSAGES["crashed"])
    shown = message.format(
        name=_shown(path.name),
        detail=_shown(detail),
        limits=limits,
        memory_mib=limits.memory_bytes >> 20,
    )
    return BadInputError(shown, remedy)


def _shown(text: str) -> str:
    """Make a name or a message from outside fit for one line of the screen."""
    clean = "".join(letter if letter.isprintable() else "?" for letter in text)
    return clean if len(clean) <= MOST_NAME_LETTERS else clean[:MOST_NAME_LETTERS] + "..."
