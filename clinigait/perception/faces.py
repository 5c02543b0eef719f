"""Faces made unrecognisable in every picture that is kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Walk
from clinigait.perception.blur import HEAD_POINTS, blur_disc, pixelate
from clinigait.perception.track import Track

#: Radius of the blurred disc as a fraction of the person's height: a head is 0.13 high, and the
#: disc must still hold it when the points are a little off.
_HEAD_RADIUS = 0.11
#: The same by the points themselves, in largest distances from their middle: somebody who sits is
#: less high, but the head is not smaller.
_SPREADS = 2.2
#: Where no point tells, the head is where it was in the box before and after it was lost, and
#: where heads are in boxes; the discs are larger there.
_LOST_RADIUS = 0.17
_BOX_HEAD = 0.08
#: A head that is lost is also hidden where it was in the picture for this long.
_HOLD_S = 0.5
#: People stay hidden this long before they are found and after they are lost, moving on as they
#: moved.
_BEYOND_S = 1.0
_BEYOND_STEPS = 3
_CUT_S = 0.15
_BYSTANDER_MARGIN = 0.12
_NEAR_S = 0.35
#: Speed at the start and the end of a stay is taken over this time.
_SPEED_S = 0.5


class FaceBlur:
    """Blurs the walker's head and everybody else entirely.

    Parameters
    ----------
    walk
        The walk of the person whose body stays visible, in any layout.
    bystanders
        Tracks of all other people.
    """

    def __init__(self, walk: Walk, bystanders: tuple[Track, ...]) -> None:
        self._time_s = walk.time_s
        self._boxes = walk.boxes_px
        points = [walk.layout.index(p) for p in HEAD_POINTS if p in walk.layout]
        self._heads = _middle(walk.keypoints[:, points])
        off = np.linalg.norm(walk.keypoints[:, points] - self._heads[:, None], axis=2)
        self._spread = np.where(np.isfinite(off), off, 0).max(axis=1, initial=0.0)
        self._seen = np.flatnonzero(np.isfinite(self._heads[:, 0]))
        self._bystanders = bystanders

    def apply(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Blur in place the picture that was filmed at ``time_s``."""
        for track in self._bystanders:
            box = _held_box(track, time_s)
            if box is not None:
                pixelate(image, box)
        for centre, radius in self._head_discs(time_s):
            blur_disc(image, centre, radius)

    def _head_discs(self, time_s: float) -> list[tuple[NDArray[np.float64], float]]:
        """Return discs over the head: by its points and, where they are missing, by the box."""
        if not len(self._time_s) or self._boxes is None:
            return []
        nearest = int(np.abs(self._time_s - time_s).argmin())
        away_s = time_s - float(self._time_s[nearest])
        if abs(away_s) > _BEYOND_S:
            return []
        box = self._boxes[nearest]
        height = float(box[3] - box[1])
        if nearest in self._seen and abs(away_s) < 1e-6:
            return [(self._heads[nearest], self._radius(nearest, height))]
        shift = self._speed(nearest) * away_s
        discs = [
            (centre + share * shift, _LOST_RADIUS * height)
            for centre in self._guessed(nearest)
            for share in np.linspace(0, 1, _BEYOND_STEPS if away_s else 1)
        ]
        held = [i for i in self._neighbours(nearest) if abs(self._time_s[i] - time_s) <= _HOLD_S]
        return discs + [(self._heads[i], self._radius(i, height)) for i in held]

    def _radius(self, index: int, height: float) -> float:
        return max(_HEAD_RADIUS * height, _SPREADS * float(self._spread[index]))

    def _neighbours(self, index: int) -> list[int]:
        """Return the frames before and after one in which the head was last and next seen."""
        place = int(np.searchsorted(self._seen, index, "right"))
        return [int(i) for i in self._seen[max(place - 1, 0) : place + 1]]

    def _guessed(self, index: int) -> list[NDArray[np.float64]]:
        """Return where the head may be in a frame: as in the boxes before and after, and on top."""
        if self._boxes is None:
            return []
        low, size = self._boxes[index, :2], self._boxes[index, 2:] - self._boxes[index, :2]
        guesses = [low + size * [0.5, _BOX_HEAD]]
        for i in self._neighbours(index):
            there = np.maximum(self._boxes[i, 2:] - self._boxes[i, :2], 1.0)
            guesses.append(low + size * (self._heads[i] - self._boxes[i, :2]) / there)
        return guesses

    def _speed(self, index: int) -> NDArray[np.float64]:
        """Return the speed of the box's middle near a frame, in px/s."""
        if self._boxes is None:
            return np.zeros(2)
        near = np.abs(self._time_s - self._time_s[index]) <= _SPEED_S
        return _slope(self._time_s[near], (self._boxes[near, :2] + self._boxes[near, 2:]) / 2)


def _middle(points: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(points[:, :, 0])
    count = known.sum(axis=1, keepdims=True)
    total = np.where(known[:, :, None], points, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _slope(times_s: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(times_s) < 2 or np.ptp(times_s) <= 0:
        return np.zeros(values.shape[1])
    return np.asarray(np.polyfit(times_s - times_s[0], values, 1)[0], np.float64)


def _held_box(track: Track, time_s: float) -> NDArray[np.float64] | None:
    """Return what holds a person around a time; None where the person is long gone."""
    # Where a track was cut the next one goes on: to hold it would hide the walker herself.
    before_s, after_s = (_CUT_S if cut else _BEYOND_S for cut in track.cut)
    if not track.start_s - before_s <= time_s <= track.end_s + after_s:
        return None
    known_s = np.array(track.times_s)
    inside_s = min(max(time_s, track.start_s), track.end_s)
    near = np.abs(known_s - inside_s) <= _NEAR_S
    boxes = np.array(track.boxes)
    stacked = boxes[near] if near.any() else track.at(np.array([inside_s]))
    if time_s != inside_s:
        recent = np.abs(known_s - inside_s) <= _SPEED_S
        gone = stacked + _slope(known_s[recent], boxes[recent]) * (time_s - inside_s)
        # The size at the border shrinks and grows; what is hidden only moves.
        stacked = np.vstack([stacked, _moved(stacked, gone)])
    x0, y0 = stacked[:, :2].min(axis=0)
    x1, y1 = stacked[:, 2:].max(axis=0)
    margin = _BYSTANDER_MARGIN * np.array([x1 - x0, y1 - y0])
    return np.array([x0 - margin[0], y0 - margin[1], x1 + margin[0], y1 + margin[1]])


def _moved(boxes: NDArray[np.float64], towards: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = (towards[:, :2] + towards[:, 2:] - boxes[:, :2] - boxes[:, 2:]) / 2
    return boxes + np.tile(middle, 2)
