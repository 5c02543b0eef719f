"""Films for whole-road tests: the demonstration clip, changed in known ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from matplotlib import cbook
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
_TIME_BASE = Fraction(1, 90_000)


@cache
def half_size_frames(clip: Path) -> tuple[tuple[float, Picture], ...]:
    """Return the clip's (time in s, frame) at half its size: quick to analyse."""
    with av.open(str(clip)) as container:
        return tuple(
            (float(frame.time), cv2.resize(frame.to_ndarray(format="rgb24"), None, fx=0.5, fy=0.5,
                                           interpolation=cv2.INTER_AREA))
            for frame in container.decode(video=0)
        )  # fmt: skip


def write_film(path: Path, frames: Iterable[tuple[float, Picture]]) -> Path:
    """Write frames with their own times as a VP9 MP4."""
    with av.open(str(path), "w", format="mp4") as container:
        stream = None
        for time_s, picture in frames:
            height, width = (side - side % 2 for side in picture.shape[:2])
            if stream is None:
                options = {"deadline": "realtime", "cpu-used": "8", "crf": "18", "b": "0"}
                stream = container.add_stream("libvpx-vp9", rate=30, options=options)
                stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                stream.codec_context.time_base = _TIME_BASE
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(picture[:height, :width]), format="rgb24"
            )
            frame.pts, frame.time_base = round(time_s / float(_TIME_BASE)), _TIME_BASE
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
    return path


def changed(
    clip: Path,
    change: Callable[[Picture], Picture] = lambda picture: picture,
    keep: Callable[[int, float], bool] = lambda index, time_s: True,
) -> list[tuple[float, Picture]]:
    """Return the clip's frames that ``keep`` keeps, changed by ``change``."""
    frames = half_size_frames(clip)
    return [(t, change(p)) for i, (t, p) in enumerate(frames) if keep(i, t)]  # fmt: skip


def portrait_film(n_frames: int = 120) -> list[tuple[float, Picture]]:
    """Return a seated person who sways a little: a portrait that comes with matplotlib."""
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        encoded = np.frombuffer(file.read(), np.uint8)
    portrait = cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    film = []
    for index in range(n_frames):
        canvas = np.full((720, 1280, 3), 110, np.uint8)
        x = 380 + round(6 * np.sin(index / 15))
        canvas[100 : 100 + portrait.shape[0], x : x + portrait.shape[1]] = portrait
        film.append((index / 30, canvas))
    return film


def empty_room_film(n_frames: int = 90) -> list[tuple[float, Picture]]:
    """Return a film of a wall and a floor."""
    rng = np.random.default_rng(0)
    room = np.full((360, 640, 3), 170, np.uint8)
    room[240:] = (120, 100, 80)
    grain = rng.integers(0, 8, room.shape, dtype=np.uint8)
    return [(index / 30, room + np.roll(grain, index, axis=1)) for index in range(n_frames)]


def approaching_film(clip: Path, n_frames: int = 150) -> list[tuple[float, Picture]]:
    """Return a person who faces the camera and comes nearer: the acrobat before his jump."""
    still = [picture for time_s, picture in half_size_frames(clip) if time_s < 0.3]
    film = []
    for index in range(n_frames):
        share = index / (n_frames - 1)
        height = round(480 - 290 * share)
        width = round(height * 16 / 9)
        picture = still[index % len(still)]
        centre_x, top = 325, max(0, round(135 - height * 0.52))
        left = max(0, centre_x - width // 2)
        crop = picture[top : top + height, left : left + width]
        film.append((index / 30, cv2.resize(crop, (854, 480))))
    return film


def crossing_film(
    clip: Path, masks: dict[float, NDArray[np.bool_]], late_frames: int = 0
) -> list[tuple[float, Picture]]:
    """Return the clip with the walker's mirror image walking the other way past her.

    Parameters
    ----------
    clip
        The demonstration clip.
    masks
        The walker's silhouette at half size by frame time.
    late_frames
        By how many frames the mirror image is late.
    """
    film = []
    for time_s, canvas, late in _late(clip, masks, late_frames):
        if late is not None:
            mirrored, other = late[0][:, ::-1], late[1][:, ::-1]
            canvas[mirrored] = other[mirrored]
        film.append((time_s, canvas))
    return film


def _late(
    clip: Path, masks: dict[float, NDArray[np.bool_]], late_frames: int
) -> Iterator[tuple[float, Picture, tuple[NDArray[np.bool_], Picture] | None]]:
    """Yield each frame to paint on, and the mask and picture of the walker some frames earlier."""
    frames = half_size_frames(clip)
    for index, (time_s, picture) in enumerate(frames):
        source = index - late_frames
        mask = masks.get(frames[source][0]) if 0 <= source < len(frames) else None
        yield time_s, picture.copy(), None if mask is None else (mask, frames[source][1])


def accompanied_film(
    clip: Path,
    masks: dict[float, NDArray[np.bool_]],
    late_frames: int,
    shift_px: int,
    *,
    alike: bool,
    in_front: bool,
) -> list[tuple[float, Picture]]:
    """Return the clip with a helper who walks beside the walker all the way: herself again.

    Parameters
    ----------
    clip
        The demonstration clip.
    masks
        The walker's silhouette at half size by frame time.
    late_frames
        By how many frames the helper's steps are late.
    shift_px
        How far the helper is moved to the right of where she was then.
    alike
        Whether the helper wears the same clothes; else their colours are exchanged.
    in_front
        Whether the helper covers the walker; else the walker covers the helper.
    """
    film = []
    for time_s, canvas, late in _late(clip, masks, late_frames):
        if late is not None:
            there = np.roll(late[0], shift_px, axis=1)
            helper = np.roll(late[1], shift_px, axis=1)
            there[:, : max(shift_px, 0)] = False
            if not in_front and time_s in masks:
                there &= ~masks[time_s]
            canvas[there] = helper[there] if alike else 255 - helper[there][:, ::-1]
        film.append((time_s, canvas))
    return film
