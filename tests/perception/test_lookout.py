"""People are looked for on several threads; what comes of it does not depend on their speed."""

import threading
import time

import numpy as np
import pytest

from clinigait.core import Frame
from clinigait.perception.lookout import (
    LOOKS_AHEAD,
    Lookout,
)


class _Detector:
    """Finds as many people as the picture's grey level says; some pictures take longer."""

    name = "counting"

    def __init__(self, busy: list[int]) -> None:
        self._busy = busy
        self._mine = threading.Lock()

    def detect(self, image):
        with self._alone():
            grey = int(image[0, 0, 0])
            self._busy.append(grey)
            time.sleep(0.004 * (grey * 7 % 5))
            return np.zeros((grey, 5))

    def _alone(self):
        if not self._mine.acquire(blocking=False):
            raise AssertionError("two pictures at a time in one detector")
        self._mine.release()
        return self._mine


def _frames(count: int) -> list[Frame]:
    return [Frame(i, i / 10, np.full((2, 2, 3), i, np.uint8)) for i in range(count)]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_looks_come_in_order_and_as_late_with_any_number_of_threads(threads: int) -> None:
    with Lookout([_Detector([]) for _ in range(threads)]) as lookout:
        known = []
        for frame in _frames(20):
            known += [(look.frame.index, len(look.boxes)) for look in lookout.look(frame)]
            assert len(known) == max(0, frame.index + 1 - LOOKS_AHEAD)
        known += [(look.frame.index, len(look.boxes)) for look in lookout.rest()]
    assert known == [(i, i) for i in range(20)]


def test_an_error_of_a_detector_is_raised() -> None:
    class Broken(_Detector):
        def detect(self, image):
            raise RuntimeError("no")

    *first, last = _frames(LOOKS_AHEAD + 1)
    with Lookout([Broken([])]) as lookout:
        for frame in first:
            assert list(lookout.look(frame)) == []
        with pytest.raises(RuntimeError, match="no"):
            list(lookout.look(last))


def test_leaving_early_waits_for_nobody() -> None:
    busy: list[int] = []
    with Lookout([_Detector(busy)]) as lookout:
        list(lookout.look(_frames(1)[0]))
    assert len(busy) <= 1
