"""Many tests at once: p values that say how many were made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return p values adjusted so that one false finding among all is rare.

    Holm's step-down of Bonferroni controls the family-wise error whatever hangs together
    (Holm 1979, https://www.jstor.org/stable/4615733).

    Parameters
    ----------
    p_values
        One a test; None for a test that could not be made, which does not count.

    Returns
    -------
    tuple of float or None
        In the same order; to be held against the level as they are.
    """
    return _adjusted(p_values, _step_down)


def benjamini_hochberg(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return p values adjusted so that few of the findings are false.

    Benjamini & Hochberg 1995, doi 10.1111/j.2517-6161.1995.tb02031.x: held against 0.05, about
    one in twenty of what is found is expected to be false, for independent or positively
    dependent tests.

    Parameters
    ----------
    p_values
        As for :func:`holm`.

    Returns
    -------
    tuple of float or None
        In the same order.
    """
    return _adjusted(p_values, _step_up)


def _adjusted(
    p_values: Sequence[float | None], step: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> tuple[float | None, ...]:
    p = np.array([np.nan if value is None else value for value in p_values], np.float64)
    made = np.flatnonzero(np.isfinite(p))
    order = made[np.argsort(p[made], kind="stable")]
    p[order] = np.minimum(step(p[order]), 1.0)
    return tuple(float(value) if np.isfinite(value) else None for value in p)


def _step_down(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    left = np.arange(len(ordered), 0, -1)
    return np.maximum.accumulate(ordered * left)


def _step_up(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    share = len(ordered) / np.arange(1, len(ordered) + 1)
    return np.minimum.accumulate((ordered * share)[::-1])[::-1]
