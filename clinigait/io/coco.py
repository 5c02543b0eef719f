"""COCO keypoints: annotations or results as JSON, and the predictions of mmpose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import LAYOUTS, BadInputError, KeypointLayout, Space, Walk
from clinigait.io._layouts import IN_THE_PICTURE, layout_of
from clinigait.io._people import choose_person
from clinigait.io._source import (
    check_frames,
    check_rate,
    make_walk,
    need_picture,
    needed_rate,
    numbers,
    once_each,
    read_json,
)
from clinigait.io.output import replace_file

_EXPORT = "Give keypoints as COCO annotations, COCO results or mmpose predictions."
#: Keys under which programs list what they found.
_LISTS = ("annotations", "instance_info", "predictions", "results")
#: Keys under which an entry says to which frame it belongs, in order of preference.
_FRAME_KEYS = ("frame_id", "frame_index", "image_id", "frame")
_RATE_KEYS = ("fps", "frame_rate", "framerate")
_VISIBLE = 2.0

Entry = dict[str, object]


@dataclass(frozen=True)
class _Clock:
    """Frame numbers in order, and their times where the file has them."""

    frames: list[int]
    time_s: NDArray[np.float64] | None


def read_coco(
    path: Path,
    rate_hz: float | None = None,
    layout: str | None = None,
    person: int | None = None,
) -> Walk:
    """Read the keypoints of one person in pixels from a JSON file.

    Taken are COCO annotations (with ``images``), COCO results (a list of entries with
    ``image_id``), and mmpose's predictions (entries with ``instances``). Confidence is
    ``keypoint_scores`` where given, else the third number of every point: COCO's flags 2, 1, 0
    (visible, hidden, absent) become 1, 0.5, 0.

    Parameters
    ----------
    path
        The file.
    rate_hz
        Frame rate of the film, where ``info`` or ``videos`` do not tell it or are wrong.
    layout
        Name of the layout, where the number of points does not tell it.
    person
        Number of the person, 1 for the one seen best (:func:`clinigait.io._people.choose_person`).

    Raises
    ------
    BadInputError
        If it is none of these, gives no frame rate, or shows nobody.
    """
    content = read_json(path)
    entries = _entries(content, path.name)
    bodies = [(frame, _body(entry, path.name)) for frame, entry in _instances(entries, path.name)]
    counts = {len(body) for _, body in bodies}
    if len(counts) != 1:
        raise BadInputError(f"{path.name} has no keypoints, or of several kinds.", _EXPORT)
    known, columns = _layout(content, counts.pop(), layout, path.name)
    clock = _clock(content, {frame for frame, _ in bodies}, path.name)
    time_s = _times_s(clock, content, rate_hz, path.name)
    kept = once_each(time_s, path.name)
    people: dict[int, list[NDArray[np.float64]]] = {frame: [] for frame in clock.frames}
    for frame, body in bodies:
        people.setdefault(frame, []).append(body)
    listed = [np.array(people[frame]) for frame in clock.frames]
    points, n_people = choose_person(_with_flags(listed), person, path.name)
    points = points[kept][:, columns]
    found = (known, points[:, :, :2], points[:, :, 2])
    more = {"people in the file": str(n_people)}
    return make_walk(path, "COCO JSON", time_s[kept], found, Space.IMAGE_PX, more)


def write_coco(walk: Walk, path: Path) -> None:
    """Write a walk in the picture as COCO annotations of one person.

    The file holds the walk's own points with their names, the confidence as ``keypoint_scores``,
    and the times of the images as ``time_s`` beside the median rate.

    Parameters
    ----------
    walk
        The walk, in pixels.
    path
        The file.

    Raises
    ------
    BadInputError
        If the walk is not in pixels or too short, or the file cannot be written.
    """
    need_picture(walk)
    width, height = walk.image_size_px or (0, 0)
    images = [
        {"id": i, "file_name": f"{i:06d}.jpg", "width": width, "height": height, "time_s": time}
        for i, time in enumerate(walk.time_s.tolist())
    ]
    content = {
        "info": {"fps": 1 / float(np.median(np.diff(walk.time_s)))},
        "images": images,
        "annotations": [_annotation(walk, frame) for frame in range(len(walk))],
        "categories": [{"id": 1, "name": "person", "keypoints": list(walk.layout.points)}],
    }
    replace_file(path, json.dumps(content).encode())


def _annotation(walk: Walk, frame: int) -> Entry:
    places = walk.keypoints[frame, :, :2]
    seen = np.asarray(np.isfinite(places).all(axis=1))
    flat = np.column_stack([np.where(seen[:, None], places, 0.0), _VISIBLE * seen])
    return {
        "id": frame,
        "image_id": frame,
        "category_id": 1,
        "num_keypoints": int(seen.sum()),
        "keypoints": flat.ravel().tolist(),
        "keypoint_scores": np.where(seen, walk.confidence[frame], 0.0).tolist(),
    }


def _entries(content: object, name: str) -> list[Entry]:
    """Return the list of what was found, wherever the file keeps it."""
    listed = content
    if isinstance(content, dict):
        listed = next((content[key] for key in _LISTS if isinstance(content.get(key), list)), None)
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        raise BadInputError(f"{name} holds no list of keypoints.", _EXPORT)
    return listed


def _instances(entries: list[Entry], name: str) -> Iterator[tuple[int, Entry]]:
    """Give frame number and entry of every person found."""
    for position, entry in enumerate(entries):
        frame = _frame_number(entry, position, name)
        nested = entry.get("instances")
        if isinstance(nested, list):
            for instance in nested:
                if not isinstance(instance, dict):
                    raise BadInputError(f"{name} holds no list of keypoints.", _EXPORT)
                yield frame, instance
        elif entry.get("keypoints"):
            yield frame, entry


def _frame_number(entry: Entry, position: int, name: str) -> int:
    """Return the number of an entry's frame; names of pictures give the last number in them."""
    value = next((entry[key] for key in _FRAME_KEYS if entry.get(key) is not None), None)
    if value is None and "instances" in entry:
        return position
    if isinstance(value, str):
        digits = re.findall(r"\d{1,15}", value)
        value = int(digits[-1]) if digits else None
    if not isinstance(value, int) or not _is_number(value):
        raise BadInputError(f"{name} has keypoints without the number of their frame.", _EXPORT)
    return value


def _is_number(value: object) -> bool:
    """Tell whether a value can be the number of a frame or picture."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1e15


def _body(entry: Entry, name: str) -> NDArray[np.float64]:
    """Return (K, 3) points of one person, the third column as it stands in the file."""
    points = numbers(entry.get("keypoints"), name)
    flat = points.ndim == 1
    if flat and len(points) and len(points) % 3 == 0:
        points = points.reshape(-1, 3)
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise BadInputError(f"{name} does not give two or three numbers a point.", _EXPORT)
    scores = entry.get("keypoint_scores")
    if scores is not None:
        confidence = numbers(scores, name)
        if points.shape[1] == 3 and not flat and not _are_flags(points[:, 2]):
            raise BadInputError(f"{name} holds points in space.", "Give them as a .npy array.")
    elif points.shape[1] == 3:
        confidence = points[:, 2]
    else:
        raise BadInputError(f"{name} has points without confidence.", _EXPORT)
    if confidence.shape != (len(points),):
        raise BadInputError(f"{name} has more points than scores, or fewer.", _EXPORT)
    return np.column_stack([points[:, :2], confidence])


def _are_flags(values: NDArray[np.float64]) -> bool:
    return bool(np.isin(values, (0.0, 1.0, _VISIBLE)).all())


def _with_flags(people: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Turn COCO's flags to confidence where the file has flags."""
    scores = [bodies[:, :, 2].ravel() for bodies in people if len(bodies)]
    values = np.concatenate(scores) if scores else np.zeros(0)
    if _are_flags(values) and (values == _VISIBLE).any():
        return [bodies / (1.0, 1.0, _VISIBLE) if len(bodies) else bodies for bodies in people]
    return people


def _layout(
    content: object, n_points: int, wanted: str | None, name: str
) -> tuple[KeypointLayout, NDArray[np.intp]]:
    """Take the layout asked for, the one whose points the file names, or by their number."""
    if wanted is None and isinstance(content, dict):
        categories = content.get("categories")
        for category in categories if isinstance(categories, list) else []:
            names = category.get("keypoints") if isinstance(category, dict) else None
            for layout in LAYOUTS.values():
                if names == list(layout.points) and len(layout) == n_points:
                    return layout, np.arange(n_points)
    return layout_of(n_points, wanted, IN_THE_PICTURE, name)


def _clock(content: object, used: set[int], name: str) -> _Clock:
    """Return the frames of the file: its images where it lists them, else those with a person."""
    images = content.get("images") if isinstance(content, dict) else None
    if not isinstance(images, list) or not images:
        return _Clock(sorted(used), None)
    check_frames(len(images), name)
    listed = {
        image["id"]: image.get("time_s")
        for image in images
        if isinstance(image, dict) and _is_number(image.get("id"))
    }
    if len(listed) < len(images) or used - listed.keys():
        raise BadInputError(f"The images of {name} do not fit its annotations.", _EXPORT)
    frames = sorted(listed)
    times = [listed[frame] for frame in frames]
    has_times = all(isinstance(time, int | float) for time in times)
    return _Clock(frames, numbers(times, name) if has_times else None)


def _times_s(
    clock: _Clock, content: object, rate_hz: float | None, name: str
) -> NDArray[np.float64]:
    """Take the times from the rate given, the file's times, or the file's rate."""
    if clock.time_s is not None and rate_hz is None:
        return clock.time_s
    in_file = _rate_in_file(content, name)
    if rate_hz is None and in_file is not None:
        rate_hz = check_rate(in_file, name)
    frames = np.array(clock.frames, dtype=np.float64)
    return np.asarray((frames - frames[0]) / needed_rate(rate_hz, name))


def _rate_in_file(content: object, name: str) -> float | None:
    if not isinstance(content, dict):
        return None
    videos = content.get("videos")
    places = [content.get("info"), *(videos if isinstance(videos, list) else [])]
    for place in places:
        for key in _RATE_KEYS if isinstance(place, dict) else ():
            value = place.get(key)
            if isinstance(value, int | float):
                return float(numbers(value, name))
    return None
