"""Writing the overlay video."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import av.error
import numpy as np
from numpy.typing import NDArray

MAX_HEIGHT_PX = 720
#: Encoders in the order of preference: free of patents and of the GPL, and fast.
_ENCODERS: dict[str, dict[str, str]] = {
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "row-mt": "1", "crf": "36", "b": "0"},
    "libsvtav1": {"preset": "12", "crf": "40"},
    "mpeg4": {"qscale": "5"},
}
_TIME_BASE = Fraction(1, 90_000)


class OverlayWriter:
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
        scale = min(1.0, MAX_HEIGHT_PX / min(width_px, height_px))
        self.size_px = (_even(width_px * scale), _even(height_px * scale))
        self._container = av.open(str(path), "w", format="mp4")
        if comment:
            self._container.metadata["comment"] = comment
        name = encoder_name()
        rate = Fraction(max(rate_hz, 1.0)).limit_denominator(1000)
        stream = self._container.add_stream(name, rate=rate, options=_ENCODERS[name])
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{name} is not a video encoder")
        stream.width, stream.height = self.size_px
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.thread_count = threads
        self._stream = stream
        self._first_s: float | None = None

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append a frame; times must increase."""
        if self._first_s is None:
            self._first_s = time_s
        width_px, height_px = self.size_px
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
            width=width_px, height=height_px, format="yuv420p", interpolation="BILINEAR"
        )
        frame.pts = round((time_s - self._first_s) / _TIME_BASE)
        frame.time_base = _TIME_BASE
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> OverlayWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()


def encoder_name() -> str:
    """Return the first encoder of the list that the video library was built with."""
    for name in _ENCODERS:
        try:
            av.Codec(name, "w")
        except av.error.FFmpegError:
            continue
        return name
    raise RuntimeError("the video library has no encoder that clinigait can use")


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
