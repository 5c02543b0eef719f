"""Who of the people in view is the walker."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from clinigait.core import PersonSeen, WalkerRule, assumed_focal_px
from clinigait.perception.tracking import Track

RULE = (
    "Among the people who were followed long enough and went far enough and steadily one way, "
    "the one with the greatest product of that way (in body heights), its steadiness and the "
    "size in the picture."
)


def way_in_heights(
    track: Track, image_size_px: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where a person is, in body heights: across the picture and away from the camera.

    Parameters
    ----------
    track
        The person.
    image_size_px
        (width, height) of the picture.

    Returns
    -------
    across, away
        (N,) each, from the boxes' middles and heights by a pinhole camera of assumed focal
        length; smoothed over half a second, so that arm and leg swing do not count as way.
    """
    times_s = np.array(track.times_s)
    boxes = np.array(track.boxes)
    interval_s = max(float(np.median(np.diff(times_s))), 1e-3)
    smooth = gaussian_filter1d(boxes, 0.5 / interval_s, axis=0, mode="nearest")
    height_px = np.maximum(smooth[:, 3] - smooth[:, 1], 1.0)
    middle_px = (smooth[:, 0] + smooth[:, 2]) / 2 - image_size_px[0] / 2
    return middle_px / height_px, assumed_focal_px(image_size_px) / height_px


def people_seen(
    tracks: list[Track], image_size_px: tuple[int, int], rule: WalkerRule
) -> tuple[list[Track], list[PersonSeen]]:
    """Rank everybody who was followed by the walker rule.

    Parameters
    ----------
    tracks
        Everybody.
    image_size_px
        (width, height) of the picture.
    rule
        What a walker must at least do.

    Returns
    -------
    tracks, people
        Both in the same order, best first; a score of 0 means that the person does not qualify.
    """
    described = [(track, _described(track, image_size_px, rule)) for track in tracks]
    described.sort(key=lambda pair: (-pair[1].score, -(pair[1].end_s - pair[1].start_s)))
    people = [
        PersonSeen(**{**person.__dict__, "number": number})
        for number, (_, person) in enumerate(described, start=1)
    ]
    return [track for track, _ in described], people


def _longest_way(across: NDArray[np.float64], away: NDArray[np.float64]) -> tuple[float, float]:
    """Return the longest net way between two turning points, and its steadiness.

    Who walks there and back has a net way of nothing in the end, but walked all the same.
    """
    step = np.hypot(np.diff(across), np.diff(away))
    best, steadiness = 0.0, 0.0
    for place in (across, away):
        first, last = sorted((int(place.argmin()), int(place.argmax())))
        net = float(np.hypot(across[last] - across[first], away[last] - away[first]))
        if net > best:
            best, steadiness = net, min(net / float(step[first:last].sum()), 1.0)
    return best, steadiness


def _described(track: Track, image_size_px: tuple[int, int], rule: WalkerRule) -> PersonSeen:
    net, steadiness = _longest_way(*way_in_heights(track, image_size_px))
    qualifies = (
        track.end_s - track.start_s >= rule.min_duration_s
        and net >= rule.min_travel_heights
        and steadiness >= rule.min_steadiness
    )
    size = track.height_px / image_size_px[1]
    middle = track.boxes[len(track.boxes) // 2]
    return PersonSeen(
        number=0,
        start_s=track.start_s,
        end_s=track.end_s,
        height_px=track.height_px,
        travel_heights=net,
        steadiness=steadiness,
        score=net * steadiness * size if qualifies else 0.0,
        box_px=(float(middle[0]), float(middle[1]), float(middle[2]), float(middle[3])),
    )
