"""Writing the overlay video."""

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
        scale = min(1.0, MAX_HEIGHT_PX / min(width_px, height_px))
        size_px = (_even(width_px * scale), _even(height_px * scale))
        name = encoder_name()
        encoding = Encoding("mp4", name, _SETTINGS[name], "yuv420p", {})
        super().__init__(path, encoding, size_px, rate_hz, comment, threads)

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append a frame; times must increase."""
        self._append_rgb(image, time_s)


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
