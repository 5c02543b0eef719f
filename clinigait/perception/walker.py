"""Who of the people in view is the walker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from clinigait.core import PersonSeen, RefusedError, WalkerRule, assumed_focal_px
from clinigait.perception.track import EVEN_STEP_S, Track

#: A track is surely one person's from this probability on.
MIN_IDENTITY = 0.9
#: Refusals that may come of what doubt about the identity left of a walk.
_TOO_LITTLE = ("too_short", "too_few_strides", "too_few_strides_of_a_side", "walker_hidden")
_REMEDY = (
    "Film one person alone; a helper walks on the far side, one step behind, dressed differently. "
    "The pictures of the people show who else can be measured with --person."
)

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
    _, boxes = track.even()
    smooth = gaussian_filter1d(boxes, 0.5 / EVEN_STEP_S, axis=0, mode="nearest")
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
        The order, and so the numbers, do not depend on the rule: the same film gives the same
        numbers under every protocol.
    """
    described = [(track, _described(track, image_size_px, rule)) for track in tracks]
    described.sort(key=lambda pair: _rank(pair[1], image_size_px))
    people = [replace(person, number=n) for n, (_, person) in enumerate(described, start=1)]
    return [track for track, _ in described], people


def _rank(person: PersonSeen, image_size_px: tuple[int, int]) -> tuple[float, ...]:
    """Order by the product of way, steadiness and size; what is equal by time and place."""
    size = person.height_px / image_size_px[1]
    product = person.travel_heights * person.steadiness * size
    return (-product, person.start_s - person.end_s, person.start_s, *person.box_px)


def doubt(people: Sequence[PersonSeen], rule: WalkerRule) -> RefusedError | None:
    """Return why nobody is measured if it is for doubt about who is who; None if it is not.

    Parameters
    ----------
    people
        Everybody who was followed.
    rule
        What a walker must at least do.
    """
    walking = [
        p
        for p in people
        if (p.identity < MIN_IDENTITY or any(p.cut))
        and p.steadiness >= rule.min_steadiness
        and p.travel_heights >= rule.min_travel_heights / 2
    ]
    if not walking:
        return None
    return RefusedError(
        "identity_uncertain",
        f"People in view cannot be told apart for long enough: {len(walking)} walk for a while.",
        _REMEDY,
    )


def told_by_doubt(person: PersonSeen, error: RefusedError) -> RefusedError:
    """Return the refusal of a walker, named after its cause where that is the identity.

    Parameters
    ----------
    person
        Who was measured.
    error
        Why there is no measurement.
    """
    if error.refused.code not in _TOO_LITTLE or not any(person.cut):
        return error
    return RefusedError(
        "identity_uncertain",
        f"Only from {person.start_s:.1f} to {person.end_s:.1f} s is it sure who person "
        f"{person.number} is, which is too little. {error.refused.message}",
        _REMEDY,
    )


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
        track.identity >= MIN_IDENTITY
        and track.end_s - track.start_s >= rule.min_duration_s
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
        identity=track.identity,
        cut=track.cut,
    )
