"""Films to look at: every time is kept, browsers can jump, large pictures shrink."""

from pathlib import Path

import av
import numpy as np
import pytest

from clinigait.io.overlay import MAX_HEIGHT_PX, BrowserWriter
from support.films import empty_room_film


def _written(folder: Path, frames, size_px=(640, 360)) -> Path:
    with BrowserWriter(folder, *size_px, 30.0, 1, "synthetic: true") as film:
        for time_s, picture in frames:
            film.write(picture, time_s)
    (path,) = folder.iterdir()
    assert path.name in {"film.webm", "film.mp4"}
    return path


def test_the_film_has_the_times_of_its_frames(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    times = 2.5 + np.cumsum(rng.uniform(0.02, 0.06, 40))
    frames = [(float(t), p) for t, (_, p) in zip(times, empty_room_film(40), strict=True)]
    with av.open(str(_written(tmp_path, frames))) as container:
        shown = [(float(f.time), f.key_frame) for f in container.decode(video=0)]
        assert container.metadata["COMMENT" if "COMMENT" in container.metadata else "comment"]
    assert [t for t, _ in shown] == pytest.approx(list(times - times[0]), abs=0.001)
    assert sum(key for _, key in shown) >= 3


def test_large_pictures_shrink(tmp_path: Path) -> None:
    frames = [(0.0, np.zeros((1080, 1920, 3), np.uint8))]
    with av.open(str(_written(tmp_path, frames, (1920, 1080)))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (1280, MAX_HEIGHT_PX)
