"""Looking for people in the background, while the film is decoded further."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import combinations
from queue import SimpleQueue
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Frame
from clinigait.perception.detection import PersonDetector
from clinigait.perception.tracking import Track

#: People are looked for this often where somebody may be mixed up or lost; their boxes are
#: interpolated between the looks.
CLOSE_LOOK_S = 0.1
#: ... and this often while everybody is known and keeps clear of the others. No longer, as yet:
#: at 0.2 s a slow film of the demonstration clip lost strides.
CALM_LOOK_S = 0.1
#: So many pictures are being looked at while the film is decoded further. The same on every
#: machine: what is known when the next look is planned must not hang on the number of threads.
LOOKS_AHEAD = 2
#: Who was lost is looked for closely for this long.
_SEARCH_S = 0.3
#: People keep clear of each other from this distance, in heights of the taller one's box: in two
#: calm looks two people who walk towards each other come nearer by 0.6.
_CLEAR_HEIGHTS = 1.0


class Look(NamedTuple):
    """A picture in which people were looked for."""

    frame: Frame
    boxes: NDArray[np.float64]


class Lookout:
    """Runs detectors side by side; what they find comes back in the order of the film.

    Parameters
    ----------
    detectors
        One for each thread: a detector serves one picture at a time.
    """

    def __init__(self, detectors: Sequence[PersonDetector]) -> None:
        self._idle: SimpleQueue[PersonDetector] = SimpleQueue()
        for detector in detectors:
            self._idle.put(detector)
        self._threads = ThreadPoolExecutor(len(detectors), "lookout")
        self._waiting: deque[tuple[Frame, Future[NDArray[np.float64]]]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def look(self, frame: Frame) -> Iterator[Look]:
        """Hand in a picture; yield what was found in earlier ones.

        Exactly the pictures that come before the last :data:`LOOKS_AHEAD` are yielded: what is
        known at any time depends neither on how fast the machine is nor on how many threads it has.
        """
        self._waiting.append((frame, self._threads.submit(self._detect, frame)))
        yield from self._finished(LOOKS_AHEAD)

    def rest(self) -> Iterator[Look]:
        """Yield what was found in all pictures that are left."""
        yield from self._finished(0)

    def _finished(self, leave: int) -> Iterator[Look]:
        while len(self._waiting) > leave:
            frame, future = self._waiting.popleft()
            yield Look(frame, future.result())

    def _detect(self, frame: Frame) -> NDArray[np.float64]:
        detector = self._idle.get()
        try:
            return detector.detect(frame.image)
        finally:
            self._idle.put(detector)


def next_look_s(tracks: Iterable[Track], last_look_s: float) -> float:
    """Return how long to wait for the next look.

    Parameters
    ----------
    tracks
        Everybody who is being followed.
    last_look_s
        When people were last looked for: who was not found then is lost for the moment.
    """
    people = list(tracks)
    if any(0 < last_look_s - track.end_s <= _SEARCH_S for track in people):
        return CLOSE_LOOK_S
    boxes = [track.boxes[-1] for track in people]
    near = any(_distance_heights(a, b) < _CLEAR_HEIGHTS for a, b in combinations(boxes, 2))
    return CLOSE_LOOK_S if near else CALM_LOOK_S


def _distance_heights(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the gap between two boxes, in heights of the taller one."""
    gaps = np.maximum(np.maximum(a[:2] - b[2:4], b[:2] - a[2:4]), 0.0)
    height_px = max(float(a[3] - a[1]), float(b[3] - b[1]), 1.0)
    return float(np.hypot(*gaps)) / height_px
