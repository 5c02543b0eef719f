"""Where a track could go over to somebody else: meetings, gaps, jumps, changes of looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clinigait.perception.appearance import difference
from clinigait.perception.track import Track

#: Two boxes could be exchanged where that moves them by less than this more, in heights.
_EXCHANGE = 0.4
#: Where somebody is not found, a box that near may be theirs.
_NEAR = 0.4
#: Somebody who was lost, or is yet to be found, may be there for so long.
_GHOST_S = 1.0
#: Shorter tracks are parts of people, more often than people, and hide behind nobody.
_MIN_PERSON_LOOKS = 8
#: Doubtful moments that are less apart are one.
_MERGE_LOOKS = 3
#: Nobody found for so long, or a box so far from where it is expected: a track is cut.
_GAP_S = 0.45
_JUMP = 0.45
#: Looks are compared over so many clear ones before and after; a difference like that is a
#: change of person. Within people it stays below 0.21 in the crowd and the films tried.
_WINDOW, _MIN_WINDOW = 12, 6
_CHANGED = 0.3
#: Whoever is so near to the border, in picture widths, leaves the picture there.
_BORDER = 0.02


@dataclass(frozen=True, eq=False)
class _Stay:
    """A track on the clock of all looks, from a little before it begins to a little after.

    Parameters
    ----------
    start
        Index of the first look.
    found
        (N,) whether the person was found.
    places, expected
        (N, 3) middle, upper and lower edge of the box in px: as found, between and beyond as
        they would be; and as expected before.
    is_person
        Whether the track is long enough to be somebody.
    """

    start: int
    found: NDArray[np.bool_]
    places: NDArray[np.float64]
    expected: NDArray[np.float64]
    is_person: bool

    @property
    def stop(self) -> int:
        return self.start + len(self.found)


def unsure_looks(
    tracks: list[Track], looks_s: NDArray[np.float64], size_px: tuple[int, int]
) -> list[NDArray[np.bool_]]:
    """Return for every track at which observations the box could be somebody else's.

    Parameters
    ----------
    tracks
        Everybody.
    looks_s
        (T,) times at which people were looked for.
    size_px
        (width, height) of the picture.
    """
    stays = [_stay(track, looks_s, size_px) for track in tracks]
    unsure = [np.zeros(len(stay.found), bool) for stay in stays]
    for i, j in _together(stays):
        a, b = stays[i], stays[j]
        start, stop = max(a.start, b.start), min(a.stop, b.stop)
        in_a, in_b = slice(start - a.start, stop - a.start), slice(start - b.start, stop - b.start)
        mine, theirs = _exchangeable(a, in_a, b, in_b)
        unsure[i][in_a] |= mine
        unsure[j][in_b] |= theirs
    return [_merged(doubt)[stay.found] for doubt, stay in zip(unsure, stays, strict=True)]


def _together(stays: list[_Stay]) -> Iterator[tuple[int, int]]:
    """Yield the pairs who are there at the same time."""
    order = sorted(range(len(stays)), key=lambda number: stays[number].start)
    for place, i in enumerate(order):
        for j in order[place + 1 :]:
            if stays[j].start >= stays[i].stop:
                break
            yield i, j


def _exchangeable(
    a: _Stay, in_a: slice, b: _Stay, in_b: slice
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return at which looks the box of either could be the other's."""
    found_a, found_b = a.found[in_a], b.found[in_b]
    place_a, place_b = a.places[in_a], b.places[in_b]
    expected_a, expected_b = a.expected[in_a], b.expected[in_b]
    kept = _distance(expected_a, place_a) + _distance(expected_b, place_b)
    exchanged = _distance(expected_a, place_b) + _distance(expected_b, place_a)
    both = found_a & found_b & (exchanged - kept < _EXCHANGE)
    near = _distance(place_a, place_b) < _NEAR
    mine = both | (found_a & ~found_b & near & b.is_person)
    theirs = both | (found_b & ~found_a & near & a.is_person)
    return mine, theirs


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) distance of places in heights; a difference in size counts too."""
    height_a, height_b = (np.maximum(p[:, 2] - p[:, 1], 1.0) for p in (a, b))
    off = np.abs(a - b)
    away = np.hypot(off[:, 0], np.minimum(off[:, 1], off[:, 2]))
    size = np.abs(np.log(height_a / height_b))
    return np.asarray(away / ((height_a + height_b) / 2) + 0.5 * size)


def _merged(doubt: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill short sure stretches between doubtful moments."""
    filled = doubt.copy()
    moments = np.flatnonzero(doubt)
    for first, last in pairwise(moments):
        if last - first <= _MERGE_LOOKS:
            filled[first:last] = True
    return filled


def _stay(track: Track, looks_s: NDArray[np.float64], size_px: tuple[int, int]) -> _Stay:
    index = np.searchsorted(looks_s, np.array(track.times_s) - 1e-9)
    before, after = _ghost_looks(track, looks_s, index, size_px)
    start, stop = index[0] - before, index[-1] + 1 + after
    boxes, expected = np.array(track.boxes), np.array(track.expected)
    found = np.zeros(stop - start, bool)
    found[index - start] = True
    there_s = looks_s[start:stop]
    places = _places(boxes)
    filled = np.column_stack([_extended(there_s, track, side) for side in places.T])
    foreseen = filled.copy()
    foreseen[index - start] = _places(expected)
    return _Stay(start, found, filled, foreseen, len(index) >= _MIN_PERSON_LOOKS)


def _places(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 1], boxes[:, 3]])


def _extended(
    there_s: NDArray[np.float64], track: Track, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values between the observations, and beyond them as they changed there."""
    known_s = np.array(track.times_s)
    inside = np.interp(there_s, known_s, values)
    ends = (slice(0, 5), slice(-5, None))
    for end, beyond in zip(ends, (there_s < known_s[0], there_s > known_s[-1]), strict=True):
        times_s = known_s[end]
        if beyond.any() and np.ptp(times_s) > 0:
            slope = np.polyfit(times_s - times_s[0], values[end], 1)[0]
            edge_s = known_s[0] if end.start == 0 else known_s[-1]
            inside[beyond] += slope * (there_s[beyond] - edge_s)
    return inside


def _ghost_looks(
    track: Track, looks_s: NDArray[np.float64], index: NDArray[np.intp], size_px: tuple[int, int]
) -> tuple[int, int]:
    """For how many looks before and after a track the person may be there unfound."""
    first_s, last_s = track.start_s - _GHOST_S, track.end_s + _GHOST_S
    before = int(index[0] - np.searchsorted(looks_s, first_s))
    after = int(np.searchsorted(looks_s, last_s, "right") - 1 - index[-1])
    margin = _BORDER * size_px[0]
    if _at_border(track.boxes[0], size_px, margin):
        before = 0
    if _at_border(track.boxes[-1], size_px, margin):
        after = 0
    return before, after


def _at_border(box: NDArray[np.float64], size_px: tuple[int, int], margin: float) -> bool:
    return bool(box[0] < margin or box[2] > size_px[0] - margin)


def breaks(track: Track, size_px: tuple[int, int]) -> list[int]:
    """Return the observations before which a track is cut: after gaps, jumps, changed looks.

    At the border of the picture, which cuts people, boxes jump and looks change for that alone.
    """
    times_s = np.array(track.times_s)
    gap = np.diff(times_s) > _GAP_S
    margin = _BORDER * size_px[0]
    at_border = np.array([_at_border(box, size_px, margin) for box in track.boxes])
    off = _distance(_places(np.array(track.expected)), _places(np.array(track.boxes)))
    jump = (off[1:] > _JUMP) & ~at_border[1:] & ~at_border[:-1]
    jump[:1] = False  # nothing is expected of the second look yet
    cuts = set(map(int, np.flatnonzero(gap | jump) + 1))
    return sorted(cuts | set(_changes(track, ~at_border)))


def _changes(track: Track, whole: NDArray[np.bool_]) -> list[int]:
    """Return the observations from which a track looks like somebody else."""
    clear = np.flatnonzero(np.array(track.clear) & whole)
    if len(clear) < 2 * _MIN_WINDOW:
        return []
    looks = np.array([track.looks[i] for i in clear], np.float64)
    total = np.vstack([np.zeros(looks.shape[1]), np.cumsum(looks, axis=0)])
    changed = np.zeros(len(clear))
    for index in range(_MIN_WINDOW, len(clear) - _MIN_WINDOW + 1):
        low, high = max(index - _WINDOW, 0), min(index + _WINDOW, len(clear))
        before, after = total[index] - total[low], total[high] - total[index]
        norm = float(np.linalg.norm(before) * np.linalg.norm(after))
        changed[index] = difference(before, after / norm) if norm else 0.0
    return [
        int(clear[index])
        for index in np.flatnonzero(changed > _CHANGED)
        if changed[index] == changed[max(index - _WINDOW, 0) : index + _WINDOW + 1].max()
    ]
