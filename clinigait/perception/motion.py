"""Where a person's box will be next: a Kalman filter of constant velocity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Standard deviations in heights of the person: of the detector's boxes, of the acceleration
#: (per s²), and of the speed (per s) of somebody who has just been found.
_BOX_NOISE = 0.05
_ACCELERATION = 2.0
_FIRST_SPEED = 1.2
#: Width and height of a box change little; their speed is damped to nothing within this time.
_SIZE_MEMORY_S = 0.3


class Motion:
    """Position, size and their velocities of one box.

    The same noise, in heights of the person, holds for all four numbers of a box, so that one
    2 × 2 covariance serves them all.

    Parameters
    ----------
    time_s
        When the box was found.
    box
        x0, y0, x1, y1 in pixels.
    """

    def __init__(self, time_s: float, box: NDArray[np.float64]) -> None:
        self._time_s = time_s
        self._place = _place(box)
        self._speed = np.zeros(4)
        self._covariance = np.diag([_BOX_NOISE**2, _FIRST_SPEED**2])

    def predicted(self, time_s: float) -> NDArray[np.float64]:
        """Return the box expected at ``time_s``."""
        return _box(self._moved(time_s - self._time_s))

    def update(self, time_s: float, box: NDArray[np.float64]) -> None:
        """Take in the box found at ``time_s``."""
        elapsed_s = time_s - self._time_s
        step = np.array([[1.0, elapsed_s], [0.0, 1.0]])
        shock = np.array([elapsed_s**2 / 2, elapsed_s]) * _ACCELERATION
        covariance = step @ self._covariance @ step.T + np.outer(shock, shock)
        gain = covariance[:, 0] / (covariance[0, 0] + _BOX_NOISE**2)
        expected = self._moved(elapsed_s)
        surprise = _place(box) - expected
        self._place = expected + gain[0] * surprise
        self._speed = self._speed + gain[1] * surprise
        self._covariance = covariance - np.outer(gain, covariance[0])
        self._time_s = time_s

    def _moved(self, elapsed_s: float) -> NDArray[np.float64]:
        lasting_s = _SIZE_MEMORY_S * (1 - np.exp(-elapsed_s / _SIZE_MEMORY_S))
        moved = self._place + self._speed * np.array([elapsed_s, elapsed_s, lasting_s, lasting_s])
        moved[2:] = np.maximum(moved[2:], 1.0)
        return np.asarray(moved, np.float64)


def _place(box: NDArray[np.float64]) -> NDArray[np.float64]:
    x0, y0, x1, y1 = box[:4]
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0])


def _box(place: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, width, height = place
    return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
