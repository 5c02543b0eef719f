"""How likely two stretches of tracks show the same person: motion and looks weighed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinigait.perception.appearance import difference, mean_looks
from clinigait.perception.track import Track

#: Motion and looks are taken from so much of a stretch next to the gap.
_MOTION_S = 0.8
_LOOKS_S = 2.5
#: What is known of somebody who comes into view where another was lost: log-odds of a link
#: without any gap before motion and looks are weighed, and what is added where nobody is near.
_PRIOR = 5.0
_LONELY = 1.5
#: How far off a prediction is, in heights: at once, and per second of the gap.
_PLACE_NOISE, _DRIFT = 0.1, 0.4
#: By how much, in heights per second, people change their speed: at once, and per second of the
#: gap. To turn round takes a second.
_SPEED_NOISE, _SPEED_DRIFT = 0.2, 0.6
#: Log-odds of the same person by the difference of looks: zero at the first, and their slope.
#: From pedestrians in dark winter clothes, of whom 98 % differ from themselves by less than 0.16
#: a second later, and half by less than 0.04; from others half by more than 0.3. The background
#: beside them differs too, so that small differences must not outweigh where somebody went.
_EVEN_DIFFERENCE, _SLOPE = 0.13, 20.0
_LOOKS_RANGE = (-8.0, 2.5)
#: So many clear looks tell all there is to tell.
_ENOUGH_LOOKS = 5
_NEAR_HEIGHTS = 1.5


@dataclass(frozen=True, eq=False)
class Stretch:
    """Observations of a track that are surely one person's.

    Parameters
    ----------
    number
        Number of the track.
    track
        The track.
    first, last
        Indices of the first and the last observation.
    """

    number: int
    track: Track
    first: int
    last: int

    @property
    def start_s(self) -> float:
        """When it begins."""
        return self.track.times_s[self.first]

    @property
    def end_s(self) -> float:
        """When it ends."""
        return self.track.times_s[self.last]

    @cached_property
    def times_s(self) -> NDArray[np.float64]:
        """(N,) times of the observations."""
        return np.array(self.track.times_s[self.first : self.last + 1])

    @cached_property
    def places(self) -> NDArray[np.float64]:
        """(N, 3) middle, upper and lower edge of the boxes in px."""
        boxes = np.array(self.track.boxes[self.first : self.last + 1])
        return np.column_stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 1], boxes[:, 3]])

    @cached_property
    def beginning(self) -> Motion:
        """Motion at the start."""
        return Motion.of(self, self.times_s <= self.start_s + _MOTION_S, self.start_s)

    @cached_property
    def ending(self) -> Motion:
        """Motion at the end."""
        return Motion.of(self, self.times_s >= self.end_s - _MOTION_S, self.end_s)

    def looks(self, at_end: bool) -> tuple[NDArray[np.float64], int]:
        """Return the mean of the clear looks next to the start or the end, and their number."""
        near = (
            self.times_s >= self.end_s - _LOOKS_S
            if at_end
            else self.times_s <= self.start_s + _LOOKS_S
        )
        clear = np.array(self.track.clear[self.first : self.last + 1])
        chosen = self.first + np.flatnonzero(near & clear)
        return mean_looks([self.track.looks[i] for i in chosen]), len(chosen)

    def is_near(self, other: Stretch) -> bool:
        """Whether the end of another stretch is within reach of this one."""
        gaps = np.abs(self.places[:, 0] - other.ending.place[0])
        return bool(gaps.min() < _NEAR_HEIGHTS * other.ending.height_px)


@dataclass(frozen=True, eq=False)
class Motion:
    """Where somebody is and how they move, by a straight line through some observations.

    Parameters
    ----------
    place
        (3,) middle, upper and lower edge of the box in px.
    speed
        (3,) their change in px/s.
    """

    place: NDArray[np.float64]
    speed: NDArray[np.float64]

    @property
    def height_px(self) -> float:
        """Height of the box."""
        return float(max(self.place[2] - self.place[1], 1.0))

    @classmethod
    def of(cls, stretch: Stretch, chosen: NDArray[np.bool_], at_s: float) -> Motion:
        """Fit the motion to the chosen observations, at a time."""
        times_s, places = stretch.times_s[chosen] - at_s, stretch.places[chosen]
        if len(times_s) < 2 or np.ptp(times_s) <= 0:
            return cls(places[-1], np.zeros(3))
        slope, level = np.polyfit(times_s, places, 1)
        return cls(level, slope)


def link_score(before: Stretch, after: Stretch, *, lonely: bool) -> float:
    """Return the log-odds that two stretches show one person, against a stranger after the gap.

    Parameters
    ----------
    before, after
        The stretches, in the order of time.
    lonely
        Whether nobody else is near: then a stranger is unlikely.
    """
    gap_s = after.start_s - before.end_s
    score = _PRIOR + _LONELY * lonely + _motion_score(before.ending, after.beginning, gap_s)
    return score + _looks_score(before, after)


def _motion_score(before: Motion, after: Motion, gap_s: float) -> float:
    """Log-likelihood of the place and speed after a gap; 0 for a perfect fit without one."""
    height_px = (before.height_px + after.height_px) / 2
    forward = before.place + before.speed * gap_s - after.place
    backward = after.place - after.speed * gap_s - before.place
    # Whoever is partly hidden keeps one of the two ends of the body in view.
    miss = [np.hypot(d[0], min(abs(d[1]), abs(d[2]))) for d in (forward, backward)]
    noise = _PLACE_NOISE + _DRIFT * gap_s
    place = float(np.mean(miss)) / height_px / noise
    speed = float(np.abs(before.speed[0] - after.speed[0])) / height_px
    speed /= _SPEED_NOISE + _SPEED_DRIFT * gap_s
    tails = 2.5 * np.log1p(place**2 / 5) + 4 * np.log1p(speed**2 / 8)
    return float(-2 * np.log(noise / _PLACE_NOISE) - tails)


def _looks_score(before: Stretch, after: Stretch) -> float:
    (a, many_a), (b, many_b) = before.looks(at_end=True), after.looks(at_end=False)
    few = min(many_a, many_b)
    if few == 0:
        return 0.0
    weight = min(few / _ENOUGH_LOOKS, 1.0)
    low, high = _LOOKS_RANGE
    return weight * float(np.clip(_SLOPE * (_EVEN_DIFFERENCE - difference(a, b)), low, high))
