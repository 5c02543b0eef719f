"""Following people through a film: which box is whom."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import linear_sum_assignment

from clinigait.perception.detection import overlap

#: A person who is not found for longer than this is lost; who comes later is somebody new,
#: unless place, size and looks fit (see :func:`_joined`).
_MAX_COAST_S = 1.0
_MAX_JOIN_S = 2.0
#: Cost above which a box is not taken for the person (0 is a perfect fit).
_MAX_COST = 0.6
#: How fast the velocity estimate follows, per observation.
_VELOCITY_GAIN = 0.4
#: Shorter tracks are noise.
_MIN_OBSERVATIONS = 3


@dataclass(eq=False)
class Track:
    """One person's boxes over time.

    Parameters
    ----------
    times_s
        When the person was found.
    boxes
        x0, y0, x1, y1 in image pixels at those times.
    looks
        Running colour histogram of the person.
    velocity
        Speed of the box centre in px/s.
    """

    times_s: list[float] = field(default_factory=list)
    boxes: list[NDArray[np.float64]] = field(default_factory=list)
    looks: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    velocity: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))

    @property
    def start_s(self) -> float:
        """When the person was first found."""
        return self.times_s[0]

    @property
    def end_s(self) -> float:
        """When the person was last found."""
        return self.times_s[-1]

    @property
    def height_px(self) -> float:
        """Median height of the boxes."""
        return float(np.median([box[3] - box[1] for box in self.boxes]))

    def predicted(self, time_s: float) -> NDArray[np.float64]:
        """Return the box expected at ``time_s`` if the person goes on as before."""
        shift = self.velocity * (time_s - self.end_s)
        return self.boxes[-1] + np.tile(shift, 2)

    def add(self, time_s: float, box: NDArray[np.float64], looks: NDArray[np.float32]) -> None:
        """Append an observation."""
        if self.times_s:
            elapsed_s = time_s - self.end_s
            velocity = (_centre(box) - _centre(self.boxes[-1])) / elapsed_s
            gain = 1.0 if len(self.times_s) == 1 else _VELOCITY_GAIN
            self.velocity = self.velocity + gain * (velocity - self.velocity)
            looks = (0.8 * self.looks + 0.2 * looks).astype(np.float32)
        self.times_s.append(time_s)
        self.boxes.append(box)
        self.looks = looks

    def at(self, times_s: NDArray[np.float64], smooth_s: float = 0.15) -> NDArray[np.float64]:
        """Return (T, 4) smoothed boxes at ``times_s``; NaN outside the person's stay."""
        known_s = np.array(self.times_s)
        boxes = np.array(self.boxes)
        interval_s = float(np.median(np.diff(known_s))) if len(known_s) > 1 else smooth_s
        sigma = smooth_s / max(interval_s, 1e-3)
        smooth = gaussian_filter1d(boxes, sigma, axis=0, mode="nearest")
        found = np.column_stack([np.interp(times_s, known_s, side) for side in smooth.T])
        found[(times_s < known_s[0]) | (times_s > known_s[-1])] = np.nan
        return found


class Tracker:
    """Assigns the boxes of successive pictures to people, by motion, size and colours."""

    def __init__(self) -> None:
        self._active: list[Track] = []
        self._ended: list[Track] = []

    def update(self, time_s: float, boxes: NDArray[np.float64], image: NDArray[np.uint8]) -> None:
        """Take in the boxes (N, 5) found at ``time_s`` in ``image``."""
        lost = [t for t in self._active if time_s - t.end_s > _MAX_COAST_S]
        self._ended += lost
        self._active = [t for t in self._active if t not in lost]
        looks = [colour_histogram(image, box) for box in boxes]
        cost = np.array(
            [
                [_cost(t, time_s, b, k) for b, k in zip(boxes, looks, strict=True)]
                for t in self._active
            ]
        ).reshape(len(self._active), len(boxes))
        rows, columns = linear_sum_assignment(cost)
        matches = [(r, c) for r, c in zip(rows, columns, strict=True) if cost[r, c] <= _MAX_COST]
        for row, column in matches:
            self._active[row].add(time_s, boxes[column, :4], looks[column])
        for column in set(range(len(boxes))) - {c for _, c in matches}:
            newcomer = Track()
            newcomer.add(time_s, boxes[column, :4], looks[column])
            self._active.append(newcomer)

    @property
    def active(self) -> tuple[Track, ...]:
        """Everybody who is being followed, also who was not found in the last picture."""
        return tuple(self._active)

    def tracks(self) -> list[Track]:
        """Return everybody who was followed, in order of appearance, broken tracks joined."""
        return _joined([t for t in self._everybody() if len(t.times_s) >= _MIN_OBSERVATIONS])

    def glimpses(self) -> list[Track]:
        """Return what was found too briefly to be followed; it may be somebody all the same."""
        return [t for t in self._everybody() if len(t.times_s) < _MIN_OBSERVATIONS]

    def _everybody(self) -> list[Track]:
        return sorted(self._ended + self._active, key=lambda track: track.start_s)


def colour_histogram(image: NDArray[np.uint8], box: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the hue and saturation histogram (normalised, flat) of the middle of a box."""
    x0, y0, x1, y1 = box[:4]
    inset = 0.2 * (x1 - x0)
    rows = slice(max(int(y0), 0), max(int(y1), 1))
    columns = slice(max(int(x0 + inset), 0), max(int(x1 - inset), 1))
    patch = image[rows, columns][::4, ::4]
    if patch.size == 0:
        return np.zeros(16 * 8, np.float32)
    hsv = cv2.cvtColor(np.ascontiguousarray(patch), cv2.COLOR_RGB2HSV)
    counts = cv2.calcHist([hsv], [0, 1], None, [16, 8], [0, 180, 0, 256]).ravel()
    return np.asarray(counts / max(float(counts.sum()), 1.0), np.float32)


def _centre(box: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([box[0] + box[2], box[1] + box[3]]) / 2


def _cost(
    track: Track, time_s: float, box: NDArray[np.float64], looks: NDArray[np.float32]
) -> float:
    """0 for a perfect fit: place (overlap and distance in heights) and looks in equal parts."""
    expected = track.predicted(time_s)
    height_px = max(expected[3] - expected[1], 1.0)
    distance = float(np.linalg.norm(_centre(expected) - _centre(box))) / height_px
    if distance > 0.6:
        return 10.0
    place = 0.5 * (1 - overlap(expected, box)) + 0.5 * distance
    affinity = float(np.sqrt(track.looks * looks).sum())
    return float(0.6 * place + 0.4 * (1 - affinity))


def _joined(tracks: list[Track]) -> list[Track]:
    """Join a track with an earlier one that ended shortly before, where everything fits."""
    whole: list[Track] = []
    for track in tracks:
        candidates = [t for t in whole if 0 < track.start_s - t.end_s <= _MAX_JOIN_S]
        costs = [_cost(t, track.start_s, track.boxes[0], track.looks) for t in candidates]
        if costs and min(costs) <= _MAX_COST:
            earlier = candidates[int(np.argmin(costs))]
            earlier.times_s += track.times_s
            earlier.boxes += track.boxes
            earlier.velocity = track.velocity
        else:
            whole.append(track)
    return whole
