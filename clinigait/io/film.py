"""Writing films: colour in MP4, depth without loss in Matroska. Equal frames give equal bytes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from numpy.typing import NDArray

from clinigait.io.overlay import encoder_name

_TIME_BASE = Fraction(1, 90_000)
#: Settings under which keypoints of a film are those of its uncompressed frames.
_QUALITY: dict[str, dict[str, str]] = {
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "6", "crf": "24", "b": "0"},
    "libsvtav1": {"preset": "10", "crf": "28"},
    "mpeg4": {"qscale": "2"},
}
#: Nothing of chance and no date goes into the file.
_BIT_EXACT = {"fflags": "+bitexact"}


class _Writer:
    """One stream of pictures in a container."""

    def __init__(
        self, path: Path, kind: tuple[str, str, dict[str, str]], size_px: tuple[int, int],
        rate_hz: float, comment: str,
    ) -> None:  # fmt: skip
        container_format, codec, options = kind
        self.size_px = size_px
        self._container = av.open(
            str(path), "w", format=container_format, container_options=_BIT_EXACT
        )
        if comment:
            self._container.metadata["comment"] = comment
        rate = Fraction(max(rate_hz, 1.0)).limit_denominator(1000)
        stream = self._container.add_stream(codec, rate=rate, options=options)
        if not isinstance(stream, av.VideoStream):
            raise TypeError(f"{codec} is not a video encoder")
        stream.width, stream.height = size_px
        stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.thread_count = 1
        self._stream = stream
        self._first_s: float | None = None

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


class FilmWriter(_Writer):
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
        super().__init__(path, ("mp4", name, _QUALITY[name]), size_px, rate_hz, comment)
        self._stream.pix_fmt = "yuv420p"

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append a (height, width, 3) frame; times must increase."""
        frame = av.VideoFrame.from_ndarray(image, format="rgb24")
        self._append(frame.reformat(format="yuv420p", interpolation="BILINEAR"), time_s)


class DepthWriter(_Writer):
    """Writes pictures of depth without loss: FFV1 of 16-bit grey in Matroska.

    Parameters
    ----------
    path, size_px, rate_hz, comment
        As of :class:`FilmWriter`.
    """

    def __init__(
        self, path: Path, size_px: tuple[int, int], rate_hz: float, comment: str = ""
    ) -> None:
        options = {"level": "3", "slicecrc": "1"}
        super().__init__(path, ("matroska", "ffv1", options), size_px, rate_hz, comment)
        self._stream.pix_fmt = "gray16le"

    def write(self, depth_mm: NDArray[np.uint16], time_s: float) -> None:
        """Append a (height, width) picture; times must increase."""
        self._append(av.VideoFrame.from_ndarray(depth_mm, format="gray16le"), time_s)
