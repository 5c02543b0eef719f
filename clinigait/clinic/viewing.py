"""A copy for browsers of a film that they cannot play: for who may see it as it was filmed."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from pathlib import Path

from clinigait.core import BadInputError, RecordingFacts
from clinigait.io.overlay import BrowserWriter
from clinigait.io.video import open_recording

MATROSKA = b"\x1a\x45\xdf\xa3"
#: What MP4 and QuickTime files begin with, after four bytes of size.
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_FREE_CODECS = frozenset({"vp8", "vp9", "av1"})
#: Profiles of H.264 that every browser decodes: 8 bits, half the colours (ISO/IEC 14496-10, A.2).
_PROFILES = frozenset({66, 77, 88, 100})
_CONFIGURATION = b"avcC"


def plays_in_browsers(path: Path, codec: str | None) -> bool:
    """Tell by its first bytes and its codec whether browsers play a film.

    Parameters
    ----------
    path
        The film.
    codec
        As the decoder named it.
    """
    with path.open("rb") as film:
        head = film.read(64)
        if head.startswith(MATROSKA):  # of Matroska, browsers play the part called WebM
            return b"webm" in head and codec in _FREE_CODECS
        if head[4:8] not in _BOXES:
            return False
        return codec in _FREE_CODECS or (codec == "h264" and _has_plain_profile(film.fileno()))


def _has_plain_profile(handle: int) -> bool:
    with mmap.mmap(handle, 0, access=mmap.ACCESS_READ) as content:
        profile = content.find(_CONFIGURATION) + len(_CONFIGURATION) + 1
        return len(_CONFIGURATION) < profile < len(content) and content[profile] in _PROFILES


def write_copy(
    path: Path, facts: RecordingFacts, folder: Path, tell: Callable[[float], None]
) -> bool:
    """Write a copy of a film that browsers play, where they do not play the film itself.

    Every frame keeps its time, to a millisecond and counted from the first; at most 720 lines,
    without sound.

    Parameters
    ----------
    path
        The film.
    facts
        What the assessment found of it.
    folder
        Where it is written, as ``film.webm`` or ``film.mp4``.
    tell
        Called with the share of the work that is done.

    Returns
    -------
    bool
        Whether there is one: not of what browsers play, nor of what cannot be played a second time.
    """
    if facts.source != "film" or plays_in_browsers(path, facts.codec):
        return False
    folder.mkdir(parents=True)
    try:
        film = open_recording(path)
        size_px = (film.width_px, film.height_px)
        with BrowserWriter(folder, *size_px, facts.rate_hz, threads=1) as copy:
            for frame in film.frames():
                copy.write(frame.image, frame.time_s)
                tell(min(1.0, (frame.index + 1) / max(facts.n_frames, 1)))
    except BadInputError:
        for part in folder.iterdir():
            part.unlink()
        return False
    return True
