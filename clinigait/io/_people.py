"""Who is who in files that list the people of every picture in no order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError

#: A person moves at most this share of the body's diagonal from one frame to the next …
_STEP = 0.5
#: … and this much further for every frame unseen.
_STEP_UNSEEN = 0.1
#: Who was unseen for this many frames comes back as somebody else.
_FORGOTTEN = 300
#: Points below this confidence do not place a person.
_CERTAIN = 0.05


@dataclass
class _Track:
    """One person: in which frames, as which detection."""

    frames: list[int]
    detections: list[int]
    place: NDArray[np.float64]
    confidence: float


def choose_person(
    people: Sequence[NDArray[np.float64]], person: int | None, name: str
) -> tuple[NDArray[np.float64], int]:
    """Follow everybody by their mean position and return one of them.

    Parameters
    ----------
    people
        (P, K, 3) x, y and confidence of the people in every frame; P may differ and be 0.
    person
        Number of the person wanted, 1 for the one with the greatest sum of confidence over the
        file, 2 for the next, and so on. None takes the first.
    name
        Name of the file, for messages.

    Returns
    -------
    points
        (T, K, 3), NaN with confidence 0 in frames without the person.
    n_people
        How many people were followed.

    Raises
    ------
    BadInputError
        If nobody is there, or nobody of that number.
    """
    tracks = _follow(people)
    if not tracks:
        raise BadInputError(f"{name} shows nobody.", "Give the keypoints of a film of a person.")
    number = 1 if person is None else person
    if not 1 <= number <= len(tracks):
        raise BadInputError(
            f"There is no person {number} in {name}: {len(tracks)} were followed.",
            f"Choose a person from 1 to {len(tracks)}.",
        )
    chosen = sorted(tracks, key=lambda track: -track.confidence)[number - 1]
    points = np.full((len(people), *people[chosen.frames[0]].shape[1:]), np.nan)
    points[:, :, 2] = 0.0
    for frame, detection in zip(chosen.frames, chosen.detections, strict=True):
        points[frame] = people[frame][detection]
    return points, len(tracks)


def _follow(people: Sequence[NDArray[np.float64]]) -> list[_Track]:
    tracks: list[_Track] = []
    for frame, bodies in enumerate(people):
        places = [_place(body) for body in bodies]
        seen = [(number, place) for number, place in enumerate(places) if place is not None]
        free = {number for number, _ in seen}
        taken: set[int] = set()
        for _, which, number in _near(tracks, seen, frame):
            if which not in taken and number in free:
                taken.add(which)
                free.discard(number)
                _extend(tracks[which], frame, number, people)
        for number, place in seen:
            if number in free:
                tracks.append(_Track([], [], place, 0.0))
                _extend(tracks[-1], frame, number, people)
    return tracks


def _near(
    tracks: Sequence[_Track], seen: Sequence[tuple[int, NDArray[np.float64]]], frame: int
) -> list[tuple[float, int, int]]:
    """Return distance, track and detection of all that may belong together, nearest first."""
    pairs = []
    for which, track in enumerate(tracks):
        unseen = frame - track.frames[-1] - 1
        if unseen > _FORGOTTEN:
            continue
        for number, place in seen:
            distance = float(np.hypot(*(place[:2] - track.place[:2])))
            if distance <= max(place[2], track.place[2]) * (_STEP + _STEP_UNSEEN * unseen):
                pairs.append((distance, which, number))
    return sorted(pairs)


def _extend(track: _Track, frame: int, number: int, people: Sequence[NDArray[np.float64]]) -> None:
    body = people[frame][number]
    place = _place(body)
    if place is not None:
        track.place = place
    track.frames.append(frame)
    track.detections.append(number)
    track.confidence += float(np.nansum(body[:, 2]))


def _place(body: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return mean x and y and the diagonal of a body's certain points, None if there are none."""
    certain = body[(body[:, 2] > _CERTAIN) & np.isfinite(body).all(axis=1), :2]
    if not len(certain):
        return None
    return np.array([*certain.mean(axis=0), np.hypot(*np.ptp(certain, axis=0))])
