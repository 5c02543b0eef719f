"""Faces made unrecognisable in every picture that is kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Walk
from clinigait.perception.blur import blur_disc, pixelate
from clinigait.perception.track import Track

_HEAD_POINTS = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
#: Radius of the blurred disc as a fraction of the person's height: a head is 0.13 high, and the
#: disc must still hold it when the points are a little off.
_HEAD_RADIUS = 0.11
#: A head that is lost is looked for where it was for this long, and where the box says after.
_HOLD_S = 0.5
#: Bystanders stay hidden this long before they are found and after they are lost.
_BYSTANDER_HOLD_S = 1.0
_BYSTANDER_MARGIN = 0.12


class FaceBlur:
    """Blurs the walker's head and everybody else entirely.

    Parameters
    ----------
    walk
        The walk of the person whose body stays visible.
    bystanders
        Tracks of all other people.
    """

    def __init__(self, walk: Walk, bystanders: tuple[Track, ...]) -> None:
        self._time_s = walk.time_s
        self._boxes = walk.boxes_px
        points = [walk.layout.index(p) for p in _HEAD_POINTS if p in walk.layout]
        self._heads = _middle(walk.keypoints[:, points])
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
        if abs(self._time_s[nearest] - time_s) > _BYSTANDER_HOLD_S:
            return []
        x0, y0, x1, y1 = self._boxes[nearest]
        height = y1 - y0
        discs = []
        seen = np.flatnonzero(np.isfinite(self._heads[:, 0]))
        if len(seen):
            last = seen[np.abs(self._time_s[seen] - time_s).argmin()]
            if abs(self._time_s[last] - time_s) <= _HOLD_S:
                discs.append((self._heads[last], _HEAD_RADIUS * height))
        if not len(seen) or last != nearest:
            top = np.array([(x0 + x1) / 2, y0 + 0.08 * height])
            discs.append((top, 0.17 * height))
        return discs


def _middle(points: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(points[:, :, 0])
    count = known.sum(axis=1, keepdims=True)
    total = np.where(known[:, :, None], points, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _held_box(track: Track, time_s: float) -> NDArray[np.float64] | None:
    if not track.start_s - _BYSTANDER_HOLD_S <= time_s <= track.end_s + _BYSTANDER_HOLD_S:
        return None
    inside_s = min(max(time_s, track.start_s), track.end_s)
    near = [
        box
        for known_s, box in zip(track.times_s, track.boxes, strict=True)
        if abs(known_s - inside_s) <= 0.35
    ] or [track.at(np.array([inside_s]))[0]]
    stacked = np.array(near)
    x0, y0 = stacked[:, :2].min(axis=0)
    x1, y1 = stacked[:, 2:].max(axis=0)
    margin = _BYSTANDER_MARGIN * np.array([x1 - x0, y1 - y0])
    return np.array([x0 - margin[0], y0 - margin[1], x1 + margin[0], y1 + margin[1]])
