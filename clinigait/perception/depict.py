"""Pictures of what was seen and measured: the overlay video and the frames of the report."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    SYNTHETIC_MARK,
    EventKind,
    Measurement,
    Moments,
    Progress,
    Recording,
    StoredFrame,
    Stride,
    Walk,
    is_synthetic,
    opposite,
)
from clinigait.io.overlay import BrowserWriter, OverlayWriter
from clinigait.perception.annotate import SYNTHETIC_LINE, draw_caption, draw_skeleton, event_lines
from clinigait.perception.faces import FaceBlur
from clinigait.perception.survey import Survey

#: Height and width of a stored picture, in heights of the person's box.
_CROP_HEIGHTS = (1.5, 1.7)


@dataclass(frozen=True)
class Films:
    """Which films are written beside the pictures.

    Parameters
    ----------
    overlay
        ``overlay.mp4``: skeleton and events drawn into it.
    plain
        ``film.mp4`` or ``film.webm``: for browsers, nothing drawn.
    threads
        Of each encoder.
    """

    overlay: bool
    plain: bool
    threads: int


def depict(
    folder: Path,
    found: Survey,
    walk: Walk,
    measurement: Measurement,
    films: Films,
    progress: Progress,
) -> tuple[StoredFrame, ...]:
    """Write films and the report's ``frames/*.jpg`` in one pass over the film, faces blurred.

    Parameters
    ----------
    folder
        Where to write.
    found
        The survey of the film.
    walk, measurement
        What was seen and measured of one person.
    films
        Which films.
    progress
        Called with the fraction of the work done.

    Returns
    -------
    tuple of StoredFrame
        The pictures, in the order of time.
    """
    recording = found.recording
    number = int(walk.provenance["person"])
    blur = FaceBlur(walk, found.bystanders(number))
    index_of = {time_s: index for index, time_s in enumerate(walk.time_s)}
    wanted = moments(walk, measurement)
    last = len(walk) if films.overlay or films.plain else max(wanted)
    (folder / "frames").mkdir(exist_ok=True)
    stored: list[StoredFrame] = []
    far_side = opposite(measurement.near_side) if measurement.near_side else None
    with ExitStack() as stack:
        overlay, plain = _writers(stack, folder, recording, measurement.rate_hz, films)
        if overlay is None and plain is None:
            frames = recording.frames_near(Moments.of_frames(walk.time_s, np.array(sorted(wanted))))
        else:
            frames = recording.frames()
        for frame in frames:
            index = index_of.get(frame.time_s)
            image = np.array(frame.image)
            blur.apply(image, frame.time_s)
            if plain is not None:
                plain.write(image, frame.time_s)
            if index is not None:
                draw_skeleton(image, walk, index, far_side=far_side)
            if index is not None and index in wanted:
                stored.append(_store(folder, image, walk, index, wanted[index], len(stored) + 1))
            if index == last:
                break
            if overlay is not None:
                lines = event_lines(measurement.events, frame.time_s)
                draw_caption(image, [SYNTHETIC_LINE, *lines] if is_synthetic(walk) else lines)
                overlay.write(image, frame.time_s)
            progress(frame.index / max(len(found.times_s), 1))
    return tuple(stored)


def film_alone(folder: Path, found: Survey, walk: Walk, threads: int, progress: Progress) -> None:
    """Write the film for browsers of a walk that was not measured, faces blurred.

    Parameters
    ----------
    folder
        Where to write.
    found
        The survey of the film.
    walk
        What was seen of one person, in the picture.
    threads
        Of the encoder.
    progress
        Called with the fraction of the work done.
    """
    recording, rate_hz = found.recording, found.facts().rate_hz
    blur = FaceBlur(walk, found.bystanders(int(walk.provenance["person"])))
    size_px = (recording.width_px, recording.height_px)
    comment = SYNTHETIC_MARK if recording.synthetic else ""
    with BrowserWriter(folder, *size_px, rate_hz, threads, comment) as film:
        for frame in recording.frames():
            image = np.array(frame.image)
            blur.apply(image, frame.time_s)
            film.write(image, frame.time_s)
            progress(frame.index / max(len(found.times_s), 1))


def _writers(
    stack: ExitStack, folder: Path, recording: Recording, rate_hz: float, films: Films
) -> tuple[OverlayWriter | None, BrowserWriter | None]:
    size_px = (recording.width_px, recording.height_px)
    comment = SYNTHETIC_MARK if recording.synthetic else ""
    overlay = plain = None
    if films.overlay:
        path = folder / "overlay.mp4"
        overlay = OverlayWriter(path, *size_px, rate_hz, films.threads, comment)
        stack.enter_context(overlay)
    if films.plain:
        plain = BrowserWriter(folder, *size_px, rate_hz, films.threads, comment)
        stack.enter_context(plain)
    return overlay, plain


def moments(walk: Walk, measurement: Measurement) -> dict[int, str]:
    """Choose three frames of a used stride of the near side: contact, mid-stance and foot off."""
    used = [s for s in measurement.strides if s.used and s.foot_off_s is not None]
    near = [s for s in used if s.side == measurement.near_side] or used
    middle = float(walk.time_s[0] + walk.time_s[-1]) / 2
    stride: Stride = min(near, key=lambda s: abs((s.start_s + s.end_s) / 2 - middle))
    foot_off_s = stride.foot_off_s or stride.end_s
    chosen = {
        stride.start_s: f"{stride.side.capitalize()} {EventKind.INITIAL_CONTACT.replace('_', ' ')}",
        (stride.start_s + foot_off_s) / 2: f"{stride.side.capitalize()} mid-stance",
        foot_off_s: f"{stride.side.capitalize()} {EventKind.FOOT_OFF.replace('_', ' ')}",
    }
    return {int(np.abs(walk.time_s - t).argmin()): caption for t, caption in chosen.items()}


def _store(
    folder: Path, image: NDArray[np.uint8], walk: Walk, index: int, caption: str, number: int
) -> StoredFrame:
    """Store the walker's surroundings from an annotated, blurred picture."""
    crop = image
    if walk.boxes_px is not None:
        x0, y0, x1, y1 = walk.boxes_px[index]
        height = y1 - y0
        half_width, half_height = (share * height / 2 for share in _CROP_HEIGHTS[::-1])
        centre_x, centre_y = (x0 + x1) / 2, (y0 + y1) / 2
        rows = slice(max(int(centre_y - half_height), 0), int(centre_y + half_height))
        columns = slice(max(int(centre_x - half_width), 0), int(centre_x + half_width))
        crop = image[rows, columns]
    return store_picture(folder, crop, float(walk.time_s[index]), caption, number)


def store_picture(
    folder: Path, image: NDArray[np.uint8], time_s: float, caption: str, number: int
) -> StoredFrame:
    """Write one RGB picture into ``frames/`` of a folder."""
    name = f"frames/{number}.jpg"
    ok, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88]
    )
    if not ok:
        raise RuntimeError("the picture could not be encoded")
    (folder / name).write_bytes(jpeg.tobytes())
    return StoredFrame(name, time_s, caption)
