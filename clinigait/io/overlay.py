"""Writing films to look at: the overlay, and the plain one for browsers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.io.film import Encoding, StreamWriter, encoder_name

MAX_HEIGHT_PX = 720
#: What is asked of each encoder: quick rather than fine.
_SETTINGS: dict[str, dict[str, str]] = {
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "36", "b": "0"},
    "libsvtav1": {"preset": "12", "crf": "40"},
    "mpeg4": {"qscale": "5"},
}


class OverlayWriter(StreamWriter):
    """Writes upright RGB frames with their presentation times to an MP4 of at most 720 lines.

    Parameters
    ----------
    path
        The file to write.
    width_px, height_px
        Size of the frames that will come; larger ones are scaled down.
    rate_hz
        Nominal frame rate; the frames keep their own times.
    threads
        Threads of the encoder.
    comment
        Goes into the film's tags.
    """

    def __init__(
        self,
        path: Path,
        width_px: int,
        height_px: int,
        rate_hz: float,
        threads: int,
        comment: str = "",
    ) -> None:
        size_px = _size_px(width_px, height_px)
        name = encoder_name()
        encoding = Encoding("mp4", name, _SETTINGS[name], "yuv420p", {})
        super().__init__(path, encoding, size_px, rate_hz, comment, threads)

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append a frame; times must increase."""
        self._append_rgb(image, time_s)


#: Encoders whose films browsers play, with container: H.264 plays everywhere, the others nearly.
_BROWSERS = (("libopenh264", "mp4"), ("libvpx-vp9", "webm"), ("libsvtav1", "webm"))
#: Frames from one that stands for itself to the next: a browser that jumps decodes no more.
_JUMP_FRAMES = "12"
_BROWSER_SETTINGS: dict[str, dict[str, str]] = {
    "libopenh264": {"b": "2500000", "g": _JUMP_FRAMES},
    "libvpx-vp9": {**_SETTINGS["libvpx-vp9"], "g": _JUMP_FRAMES},
    "libsvtav1": {**_SETTINGS["libsvtav1"], "g": _JUMP_FRAMES},
}


class BrowserWriter(StreamWriter):
    """Writes ``film.mp4`` or ``film.webm``, whichever encoder there is, of at most 720 lines.

    Parameters
    ----------
    folder
        Where to write.
    width_px, height_px, rate_hz, threads, comment
        As of :class:`OverlayWriter`. The first time becomes 0.
    """

    def __init__(
        self,
        folder: Path,
        width_px: int,
        height_px: int,
        rate_hz: float,
        threads: int,
        comment: str = "",
    ) -> None:
        name = encoder_name([encoder for encoder, _ in _BROWSERS])
        container = dict(_BROWSERS)[name]
        encoding = Encoding(container, name, _BROWSER_SETTINGS[name], "yuv420p", {})
        size_px = _size_px(width_px, height_px)
        path = folder / f"film.{container}"
        super().__init__(path, encoding, size_px, rate_hz, comment, threads)

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append a frame; times must increase."""
        self._append_rgb(image, time_s)


def _size_px(width_px: int, height_px: int) -> tuple[int, int]:
    scale = min(1.0, MAX_HEIGHT_PX / min(width_px, height_px))
    return _even(width_px * scale), _even(height_px * scale)


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
