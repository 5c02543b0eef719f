"""OpenPose: a folder with one JSON file a frame."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, KeypointLayout, Space, Walk
from clinigait.core.layout import BODY_25
from clinigait.io._layouts import OPENPOSE, layout_of
from clinigait.io._people import choose_person
from clinigait.io._source import (
    MAX_BYTES,
    check_frames,
    make_walk,
    need_picture,
    needed_rate,
    numbers,
    read_json,
)
from clinigait.io.output import workplace

_EXPORT = "Run the pose estimator again, or give another folder."
#: OpenPose itself ends the names with "_keypoints"; programs that imitate it may not.
_FRAME = re.compile(r"(?P<film>(?:.*_)?)(?P<number>\d+)(?:_keypoints)?\.json", re.IGNORECASE)
#: Points that BODY_25 has and other layouts make of a pair.
_MIDDLES = {"neck": "shoulder", "pelvis": "hip"}


def is_openpose_folder(path: Path) -> bool:
    """Tell whether a folder holds frames as OpenPose writes them."""
    try:
        return any(_FRAME.fullmatch(entry.name) for entry in path.iterdir())
    except OSError:
        return False


def read_openpose(
    path: Path,
    rate_hz: float | None = None,
    layout: str | None = None,
    person: int | None = None,
) -> Walk:
    """Read a folder of OpenPose frames: body points in pixels of one person.

    Frames follow one another by the number in their names; a number left out leaves a gap in
    time. A point at 0, 0 with confidence 0 is missing. BODY_25, COCO with 17 or 18 points,
    Halpe, COCO-WholeBody and BlazePose are known by their number of points.

    Parameters
    ----------
    path
        The folder.
    rate_hz
        Frame rate of the film, which the files do not tell.
    layout
        Name of the layout, where the number of points does not tell it.
    person
        Number of the person, 1 for the one seen best (:func:`clinigait.io._people.choose_person`).

    Raises
    ------
    BadInputError
        If the rate is not given, or the folder does not hold the frames of one film of a person.
    """
    rate_hz = needed_rate(rate_hz, path.name)
    frames = _frame_files(path)
    people = [_bodies(read_json(file), file.name) for _, file in frames]
    counts = {len(body) for bodies in people for body in bodies}
    if len(counts) != 1:
        raise BadInputError(
            f"{path.name} mixes people of {', '.join(map(str, sorted(counts)))} points."
            if counts
            else f"{path.name} shows nobody.",
            _EXPORT,
        )
    known, columns = layout_of(counts.pop(), layout, OPENPOSE, path.name)
    points, n_people = choose_person([np.array(bodies) for bodies in people], person, path.name)
    points = points[:, columns]
    numbers_of_frames = np.array([number for number, _ in frames], dtype=np.float64)
    time_s = (numbers_of_frames - numbers_of_frames[0]) / rate_hz
    found = (known, points[:, :, :2], points[:, :, 2])
    more = {"people in the file": str(n_people)}
    return make_walk(path, "OpenPose", time_s, found, Space.IMAGE_PX, more)


def write_openpose(walk: Walk, folder: Path) -> None:
    """Write a walk in the picture as a folder of OpenPose frames with BODY_25 points.

    Points that the walk does not have are 0, 0 with confidence 0; neck and pelvis are taken
    half-way between shoulders and hips. Frames are numbered by the walk's median rate.

    Parameters
    ----------
    walk
        The walk, in pixels.
    folder
        The folder; frames of an earlier writing are replaced.

    Raises
    ------
    BadInputError
        If the walk is not in pixels or too short, or the folder cannot be written.
    """
    need_picture(walk)
    step_s = float(np.median(np.diff(walk.time_s)))
    frame_numbers = np.round((walk.time_s - walk.time_s[0]) / step_s).astype(int)
    if (np.diff(frame_numbers) <= 0).any():
        raise BadInputError(
            "The frames of this walk are not evenly spaced in time, which OpenPose's files need.",
            "Write another format.",
        )
    names = [f"walk_{number:012d}_keypoints.json" for number in frame_numbers]
    with workplace(folder, ("walk_*_keypoints.json",), names[0]) as place:
        for name, body in zip(names, _body_25(walk), strict=True):
            one = {"person_id": [-1], "pose_keypoints_2d": np.round(body, 6).ravel().tolist()}
            (place / name).write_text(json.dumps({"version": 1.3, "people": [one]}))


def _frame_files(path: Path) -> list[tuple[int, Path]]:
    """Return number and file of every frame in the order of the numbers."""
    found: dict[int, Path] = {}
    films: set[str] = set()
    size = 0
    for number, film, file in _matching(path):
        films.add(film)
        size += file.stat().st_size if file.is_file() else 0
        if number in found or len(films) > 1 or size > MAX_BYTES:
            raise BadInputError(
                f"{path.name} holds two frames {number}, several films, or too much.",
                "Give a folder with the frames of one walk.",
            )
        found[number] = file
    check_frames(len(found), path.name)
    if not found:
        raise BadInputError(f"{path.name} holds no frames of OpenPose.", _EXPORT)
    return sorted(found.items())


def _matching(path: Path) -> Iterator[tuple[int, str, Path]]:
    try:
        entries = sorted(path.iterdir())
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"{path.name} is not a folder that can be read.", "Give the folder with the frames."
        ) from error
    for entry in entries:
        match = _FRAME.fullmatch(entry.name)
        if match and len(match["number"]) <= 15:
            yield int(match["number"]), match["film"], entry


def _bodies(frame: object, name: str) -> list[NDArray[np.float64]]:
    """Return (K, 3) points of everybody in a frame."""
    people = frame.get("people") if isinstance(frame, dict) else None
    if not isinstance(people, list) or not all(isinstance(one, dict) for one in people):
        raise BadInputError(f"{name} is not a frame of OpenPose: it has no people.", _EXPORT)
    found = []
    for one in people:
        flat = numbers(one.get("pose_keypoints_2d", one.get("pose_keypoints", [])), name)
        if flat.ndim != 1 or len(flat) % 3:
            raise BadInputError(f"{name} does not give three numbers a point.", _EXPORT)
        body = flat.reshape(-1, 3)
        body[(body == 0).all(axis=1), :2] = np.nan
        if len(body):
            found.append(body)
    return found


def _body_25(walk: Walk) -> NDArray[np.float64]:
    """Return (T, 25, 3) points for OpenPose's own layout."""
    body = np.zeros((len(walk), len(BODY_25), 3))
    for index, point in enumerate(BODY_25.points):
        sources = _sources(point, walk.layout)
        if sources:
            places = walk.keypoints[:, sources, :2].mean(axis=1)
            confidence = walk.confidence[:, sources].min(axis=1)
            body[:, index] = np.column_stack([places, confidence])
    body[~np.isfinite(body).all(axis=2)] = 0.0
    return body


def _sources(point: str, layout: KeypointLayout) -> list[int]:
    """Return the indices of the points whose mean is a point of BODY_25."""
    if point in layout:
        return [layout.index(point)]
    pair = _MIDDLES.get(point)
    names = [f"left_{pair}", f"right_{pair}"] if pair else []
    return [layout.index(name) for name in names] if all(name in layout for name in names) else []
