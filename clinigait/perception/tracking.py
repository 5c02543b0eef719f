"""Following people through a film: which box is whom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from clinigait.perception.appearance import difference, looks_of, mean_looks
from clinigait.perception.detection import covered, overlap
from clinigait.perception.identity import settled
from clinigait.perception.motion import Motion
from clinigait.perception.track import Track

__all__ = ["Track", "Tracker"]

#: A person who is not found for longer than this is lost; who comes later is somebody new,
#: unless place, size and looks fit (see :mod:`.identity`).
_MAX_COAST_S = 1.0
#: Boxes that score less follow somebody on, but start nobody.
_NEWCOMER_SCORE = 0.3
#: Cost above which a box is not taken for the person (0 is a perfect fit).
_MAX_COST = 0.6
#: A doubtful box must lie this well where the person is expected, and look the same.
_MIN_OVERLAP, _MAX_DIFFERENCE = 0.4, 0.35
#: Farther away than this, in heights, nobody is looked for.
_MAX_DISTANCE = 0.6
#: A box is clear where nobody before it covers more than this share of it.
_MAX_COVERED = 0.15
#: Where others before it cover this share of a box, its colours are theirs; who stands that much
#: higher in the picture, in heights, stands behind.
_HIDDEN, _SAME_FEET = 0.5, 0.03
#: A box that lies so well on a person who was found is the same person once more.
_SAME_PERSON = 0.7
#: How fast the remembered looks follow, per clear look.
_LOOKS_GAIN = 0.1
#: Shorter tracks are noise.
_MIN_OBSERVATIONS = 3


class _Followed:
    """A person while being followed: the track, and what is expected next."""

    def __init__(self, time_s: float, box: NDArray[np.float64]) -> None:
        self.track = Track()
        self.motion = Motion(time_s, box)
        self.expected = box[:4]
        self.memory = np.zeros(0)
        self.sure_s = time_s
        self._doubtful = 0

    def add(
        self, time_s: float, box: NDArray[np.float64], looks: NDArray[np.float16], clear: bool
    ) -> None:
        """Take in an observation; looks are remembered only while nobody is in the way."""
        if box[4] >= _NEWCOMER_SCORE:
            self.sure_s, self._doubtful = time_s, 0
        else:
            self._doubtful += 1
        if self.track.times_s:
            self.motion.update(time_s, box[:4])
        self.track.add(time_s, box[:4], self.expected, looks, clear)
        if not len(self.memory):
            self.memory = mean_looks([looks])
        elif clear:
            mixed = (1 - _LOOKS_GAIN) * self.memory + _LOOKS_GAIN * looks
            self.memory = mixed / max(float(np.linalg.norm(mixed)), 1e-9)

    def ended(self) -> Track:
        """Return the track up to the last sure observation."""
        return self.track.part(0, len(self.track.times_s) - 1 - self._doubtful)


class Tracker:
    """Assigns the boxes of successive pictures to people, by motion, size and colours.

    Sure boxes are assigned first; doubtful ones then only follow those on who were not found.
    Whoever is covered by somebody else keeps the looks of before. What this gets wrong where
    people meet is found afterwards, with all evidence of before and after: :mod:`.identity`.
    """

    def __init__(self) -> None:
        self._active: list[_Followed] = []
        self._ended: list[Track] = []
        self._looks_s: list[float] = []
        self._size_px = (0, 0)
        self._settled: tuple[list[Track], list[Track]] | None = None

    def update(self, time_s: float, boxes: NDArray[np.float64], image: NDArray[np.uint8]) -> None:
        """Take in the boxes (N, 5) found at ``time_s`` in ``image``, with their scores."""
        self._settled = None
        self._looks_s.append(time_s)
        self._size_px = (image.shape[1], image.shape[0])
        self._forget_the_lost(time_s)
        for person in self._active:
            person.expected = person.motion.predicted(time_s)
        looks = [looks_of(image, box) for box in boxes]
        trust = [_trust(column, boxes) for column in range(len(boxes))]
        certain = boxes[:, 4] >= _NEWCOMER_SCORE
        # A doubtful box that the border cuts tells neither place nor size.
        whole = (boxes[:, 0] > 0.01 * image.shape[1]) & (boxes[:, 2] < 0.99 * image.shape[1])
        matches = self._matched(boxes, looks, trust, np.flatnonzero(certain))
        matches |= self._followed_on(boxes, looks, np.flatnonzero(~certain & whole), set(matches))
        found = set(matches.values())
        newcomers = [
            int(column)
            for column in np.flatnonzero(certain)
            if column not in found
            and all(overlap(boxes[column], boxes[other]) < _SAME_PERSON for other in found)
        ]
        people = {row: self._active[row] for row in matches}
        missed = [p.expected for row, p in enumerate(self._active) if row not in matches]
        used = [*matches.items(), *((-1, column) for column in newcomers)]
        for row, column in used:
            others = [boxes[c] for _, c in used if c != column] + missed
            clear = covered(boxes[column], _nearer(boxes[column], others)) <= _MAX_COVERED
            person = people[row] if row >= 0 else self._joined_by(time_s, boxes[column])
            person.add(time_s, boxes[column], looks[column], clear)
            person.track.album.offer(time_s, image, boxes[column], others)

    def tracks(self) -> list[Track]:
        """Return everybody who was followed, in order of appearance, each surely one person."""
        return self._all_settled()[0]

    def glimpses(self) -> list[Track]:
        """Return who was found too briefly to be followed, or where it is not sure who it is."""
        return self._all_settled()[1]

    def _all_settled(self) -> tuple[list[Track], list[Track]]:
        if self._settled is None:
            everybody = sorted(
                [*self._ended, *(person.ended() for person in self._active)],
                key=lambda track: (track.start_s, float(track.boxes[0][0])),
            )
            followed = [t for t in everybody if len(t.times_s) >= _MIN_OBSERVATIONS]
            brief = [t for t in everybody if len(t.times_s) < _MIN_OBSERVATIONS]
            sure, unsure = settled(followed, np.array(self._looks_s), self._size_px)
            self._settled = sure, brief + unsure
        return self._settled

    def _joined_by(self, time_s: float, box: NDArray[np.float64]) -> _Followed:
        newcomer = _Followed(time_s, box)
        self._active.append(newcomer)
        return newcomer

    def _forget_the_lost(self, time_s: float) -> None:
        lost = [p for p in self._active if time_s - p.sure_s > _MAX_COAST_S]
        for person in lost:
            if len(person.track.times_s) < _MIN_OBSERVATIONS:
                person.track.album.clear()
        self._ended += [person.ended() for person in lost]
        self._active = [p for p in self._active if p not in lost]

    def _matched(
        self,
        boxes: NDArray[np.float64],
        looks: list[NDArray[np.float16]],
        trust: list[float],
        columns: NDArray[np.intp],
    ) -> dict[int, int]:
        """Return the best assignment of people (by row) to boxes (by column)."""
        cost = np.array(
            [[_cost(p, boxes[c], looks[c], trust[c]) for c in columns] for p in self._active]
        ).reshape(len(self._active), len(columns))
        pairs = zip(*linear_sum_assignment(cost), strict=True)
        return {int(r): int(columns[c]) for r, c in pairs if cost[r, c] <= _MAX_COST}

    def _followed_on(
        self,
        boxes: NDArray[np.float64],
        looks: list[NDArray[np.float16]],
        columns: NDArray[np.intp],
        found: set[int],
    ) -> dict[int, int]:
        """Return doubtful boxes (by column) for people (by row) who were not found so far."""
        candidates = sorted(
            (
                (overlap(person.expected, boxes[column]), row, int(column))
                for row, person in enumerate(self._active)
                if row not in found
                for column in columns
                if difference(person.memory, looks[column].astype(np.float64)) <= _MAX_DIFFERENCE
            ),
            reverse=True,
        )
        matches: dict[int, int] = {}
        for shared, row, column in candidates:
            if shared >= _MIN_OVERLAP and row not in matches and column not in matches.values():
                matches[row] = column
        return matches


def _trust(column: int, boxes: NDArray[np.float64]) -> float:
    """Return how far the colours in a box are the person's own: less where others are before."""
    others = [box for c, box in enumerate(boxes) if c != column]
    return max(1 - covered(boxes[column], _nearer(boxes[column], others)) / _HIDDEN, 0.0)


def _nearer(
    box: NDArray[np.float64], others: list[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """Return those who may be before a person: whose feet are not higher in the picture."""
    highest = box[3] - _SAME_FEET * (box[3] - box[1])
    return [other for other in others if other[3] >= highest]


def _cost(
    person: _Followed, box: NDArray[np.float64], looks: NDArray[np.float16], trust: float
) -> float:
    """0 for a perfect fit: place (overlap and distance in heights) and looks."""
    expected = person.expected
    height_px = max(expected[3] - expected[1], 1.0)
    centres = (expected[:2] + expected[2:4] - box[:2] - box[2:4]) / 2
    distance = float(np.linalg.norm(centres)) / height_px
    if distance > _MAX_DISTANCE:
        return 10.0
    place = 0.5 * (1 - overlap(expected, box)) + 0.5 * distance
    return float(0.6 * (place + trust * difference(person.memory, looks.astype(np.float64))))
