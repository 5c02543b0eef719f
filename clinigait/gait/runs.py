"""Runs of samples in a signal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def finite_stretches(signal: NDArray[np.float64]) -> list[slice]:
    """Return the runs of finite samples of a (T,) signal."""
    return runs(np.isfinite(signal))


def runs(inside: NDArray[np.bool_]) -> list[slice]:
    """Return the runs of true samples of a (T,) mask."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
