"""Even clocks for frames that were taken when the camera pleased."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def longest_stretch(time_s: NDArray[np.float64], max_gap_s: float) -> slice:
    """Return the longest part of a walk without a gap; the first of those of equal length.

    Parameters
    ----------
    time_s
        (T,) increasing times.
    max_gap_s
        Neighbours that are further apart belong to two parts.
    """
    gaps = np.flatnonzero(np.diff(time_s) > max_gap_s) + 1
    starts, ends = np.concatenate([[0], gaps]), np.concatenate([gaps, [len(time_s)]])
    if not len(time_s):
        return slice(0, 0)
    best = int(np.argmax(time_s[ends - 1] - time_s[starts]))
    return slice(int(starts[best]), int(ends[best]))


def even_clock(time_s: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return times from the first to the last at most, one over the rate apart."""
    if not len(time_s):
        return np.zeros(0)
    # A frame at the very end is not lost to rounding.
    steps = int(np.floor((time_s[-1] - time_s[0]) * rate_hz + 1e-6))
    return np.asarray(time_s[0] + np.arange(steps + 1) / rate_hz)


def nearest(time_s: NDArray[np.float64], wanted_s: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the number of the frame nearest in time to each wanted time; the earlier of two.

    Parameters
    ----------
    time_s
        (T,) increasing times, one at least.
    wanted_s
        (M,) times.
    """
    middles = (time_s[1:] + time_s[:-1]) / 2
    return np.searchsorted(middles, wanted_s, side="left")
