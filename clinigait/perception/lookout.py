"""Looking for people in the background, while the film is decoded further."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Frame
from clinigait.perception.detection import PersonDetector

#: So many pictures are being looked at while the film is decoded further.
LOOKS_AHEAD = 2


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

        Exactly the pictures that come before the last :data:`LOOKS_AHEAD` are yielded.
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
