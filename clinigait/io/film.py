"""Writing films: colour in MP4, depth without loss in Matroska. Equal frames give equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import av
import av.codec.codec
import av.error
import numpy as np
from numpy.typing import NDArray

_TIME_BASE = Fraction(1, 90_000)
#: Encoders in the order of preference: free of patents and of the GPL, and fast.
_ENCODERS = ("libvpx-vp9", "libsvtav1", "mpeg4")
#: Settings under which keypoints of a film are those of its uncompressed frames.
_QUALITY: dict[str, dict[str, str]] = {
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "6", "crf": "24", "b": "0"},
    "libsvtav1": {"preset": "10", "crf": "28"},
    "mpeg4": {"qscale": "2"},
}
#: Nothing of chance and no date goes into the file.
_BIT_EXACT = {"fflags": "+bitexact"}


def encoder_name(names: Sequence[str] = _ENCODERS) -> str:
    """Return the first encoder of a list that the video library was built with."""
    for name in names:
        try:
            av.Codec(name, "w")
        except (av.codec.codec.UnknownCodecError, av.error.FFmpegError):
            continue
        return name
    raise RuntimeError("the video library has no encoder that clinigait can use")


class Encoding(NamedTuple):
    """How a stream is written: container, encoder, its settings, its pixels, the container's."""

    container: str
    codec: str
    options: dict[str, str]
    pixels: str
    container_options: dict[str, str]


class StreamWriter:
    """One stream of pictures in a container; the first time becomes 0.

    Parameters
    ----------
    path
        The file.
    encoding
        How it is written.
    size_px
        (width, height), even numbers.
    rate_hz
        Nominal frame rate; the frames keep their own times.
    comment
        Goes into the film's tags.
    threads
        Threads of the encoder.
    """

    def __init__(
        self,
        path: Path,
        encoding: Encoding,
        size_px: tuple[int, int],
        rate_hz: float,
        comment: str,
        threads: int = 1,
    ) -> None:
        self.size_px = size_px
        self._container = av.open(
            str(path), "w", format=encoding.container, container_options=encoding.container_options
        )
        if comment:
            self._container.metadata["comment"] = comment
        rate = Fraction(max(rate_hz, 1.0)).limit_denominator(1000)
        stream = self._container.add_stream(encoding.codec, rate=rate, options=encoding.options)
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{encoding.codec} is not a video encoder")
        stream.width, stream.height = size_px
        stream.pix_fmt = encoding.pixels
        stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.thread_count = threads
        self._stream = stream
        self._first_s: float | None = None

    def _append_rgb(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append an RGB frame, scaled to the stream's size; times must increase."""
        width_px, height_px = self.size_px
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(
            width=width_px, height=height_px, format="yuv420p", interpolation="BILINEAR"
        )
        self._append(frame, time_s)

    def _append(self, frame: av.VideoFrame, time_s: float) -> None:
        if self._first_s is None:
            self._first_s = time_s
        frame.pts = round((time_s - self._first_s) / _TIME_BASE)
        frame.time_base = _TIME_BASE
        self._container.mux(self._stream.encode(frame))

    def __enter__(self) -> Self:
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


class FilmWriter(StreamWriter):
    """Writes upright RGB frames with their times to an MP4; the first time becomes 0.

    Parameters
    ----------
    path
        The file.
    size_px
        (width, height), even numbers.
    rate_hz
        Nominal frame rate; the frames keep their own times.
    comment
        Goes into the film's tags.
    """

    def __init__(
        self, path: Path, size_px: tuple[int, int], rate_hz: float, comment: str = ""
    ) -> None:
        name = encoder_name()
        encoding = Encoding("mp4", name, _QUALITY[name], "yuv420p", _BIT_EXACT)
        super().__init__(path, encoding, size_px, rate_hz, comment)

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append a (height, width, 3) frame; times must increase."""
        self._append_rgb(image, time_s)


class DepthWriter(StreamWriter):
    """Writes pictures of depth without loss: FFV1 of 16-bit grey in Matroska.

    Parameters
    ----------
    path, size_px, rate_hz, comment
        As of :class:`FilmWriter`.
    """

    def __init__(
        self, path: Path, size_px: tuple[int, int], rate_hz: float, comment: str = ""
    ) -> None:
        # Every frame by itself costs 2 % and lets who wants some of them pass over the others.
        options = {"level": "3", "slicecrc": "1", "g": "1"}
        encoding = Encoding("matroska", "ffv1", options, "gray16le", _BIT_EXACT)
        super().__init__(path, encoding, size_px, rate_hz, comment)

    def write(self, depth_mm: NDArray[np.uint16], time_s: float) -> None:
        """Append a (height, width) picture; times must increase."""
        self._append(av.VideoFrame.from_ndarray(depth_mm, format="gray16le"), time_s)
