"""Intervals by the bootstrap over people.

Strides, sides and visits of one person resemble each other: drawn one by one they would pass for
more evidence than they are. So people are drawn, and each brings all of their rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Called with the arrays and (R, N) weights, gives (R,) values, NaN where it is undefined.
Statistic = Callable[..., NDArray[np.float64]]

_MOST_UNDEFINED = 0.2
#: Weights that are held at once (32 MB), whatever the number of rows and of replicates.
_BLOCK = 2**22


@dataclass(frozen=True)
class Estimate:
    """A statistic with its interval.

    Parameters
    ----------
    value
        The statistic of the whole sample; None where it is undefined.
    low, high
        Bounds of the interval; None where there is none.
    """

    value: float | None
    low: float | None
    high: float | None

    def text(self, form: str = ".3f") -> str:
        """Return it as a cell of a table: value (low to high), a dash where it is undefined."""
        if self.value is None:
            return "–"
        if self.low is None or self.high is None:
            return f"{self.value:{form}}"
        return f"{self.value:{form}} ({self.low:{form}} to {self.high:{form}})"


def resample_weights(people: ArrayLike, n_resamples: int, seed: int) -> NDArray[np.float64]:
    """Draw people with replacement and say how often each row counts.

    Parameters
    ----------
    people
        (N,) the person of every row: any labels that can be sorted.
    n_resamples
        R, the number of replicates.
    seed
        The same seed gives the same replicates.

    Returns
    -------
    numpy.ndarray
        (R, N) whole numbers as floats. In each replicate as many people are drawn as there are,
        and all rows of a person carry the same weight.

    Raises
    ------
    ValueError
        The labels are no plain list, or some are missing.
    """
    person, n_people = _persons(people)
    return _multiplicities(n_people, n_resamples, seed)[:, person]


def bootstrap_interval(
    statistic: Statistic,
    people: ArrayLike,
    *arrays: NDArray[np.generic],
    n_resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float | None, float | None]:
    """Return the percentile interval of a statistic, by resampling people.

    The interval lies between two quantiles of the replicates (Efron 1979,
    doi 10.1214/aos/1176344552; for clusters Field & Welsh 2007,
    doi 10.1111/j.1467-9868.2007.00593.x). Percentiles are used because they need no formula for
    the standard error, follow skewed statistics, never leave the range of the statistic (a
    correlation stays below 1, an error above 0) and do not depend on the scale it is given in.
    With few people (below about 20) they are somewhat too narrow.

    Parameters
    ----------
    statistic
        Function of ``*arrays`` and of (R, N) weights that gives (R,) values, NaN where it is
        undefined.
    people
        (N,) the person of every row.
    *arrays
        Arrays whose first axis is the N rows.
    n_resamples
        Number of replicates.
    seed
        The same seed gives the same interval.
    level
        Coverage aimed at, between 0 and 1.

    Returns
    -------
    tuple of float or None
        The lower and the upper bound. None with fewer than two people, and where the statistic
        is undefined in more than a fifth of the replicates; below that, such replicates are left
        out.

    Raises
    ------
    ValueError
        The arrays and the labels differ in length, the level or the number of replicates is
        impossible, or the statistic does not give one value for each replicate.
    """
    person, n_people = _persons(people)
    if any(len(array) != len(person) for array in arrays):
        raise ValueError(f"there are {len(person)} labels of people, but not as many rows")
    if not 0 < level < 1 or n_resamples < 1:
        raise ValueError("the level must lie between 0 and 1, and there must be replicates")
    if n_people < 2:
        return None, None
    drawn = _multiplicities(n_people, n_resamples, seed)
    size = max(1, _BLOCK // len(person))
    blocks = (drawn[start : start + size] for start in range(0, n_resamples, size))
    values = np.concatenate([_evaluate(statistic, arrays, block[:, person]) for block in blocks])
    defined = values[np.isfinite(values)]
    if len(defined) < (1 - _MOST_UNDEFINED) * n_resamples:
        return None, None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def bootstrap_estimate(
    statistic: Statistic,
    people: ArrayLike,
    *arrays: NDArray[np.generic],
    n_resamples: int = 2000,
    seed: int = 0,
) -> Estimate:
    """Return a statistic with its 95 % interval over people.

    Parameters
    ----------
    statistic, people, *arrays, n_resamples, seed
        As for :func:`bootstrap_interval`.

    Returns
    -------
    Estimate
        All None where the statistic of the whole sample is undefined.
    """
    value = float(_evaluate(statistic, arrays, np.ones((1, np.size(people))))[0])
    if not np.isfinite(value):
        return Estimate(None, None, None)
    low, high = bootstrap_interval(statistic, people, *arrays, n_resamples=n_resamples, seed=seed)
    return Estimate(value, low, high)


def _persons(people: ArrayLike) -> tuple[NDArray[np.intp], int]:
    """Give every row the number of its person, and say how many people there are."""
    labels = np.asarray(people)
    if labels.ndim != 1:
        raise ValueError(f"the labels of people must be a plain list, not {labels.shape}")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError("every row needs the label of a person")
    names, person = np.unique(labels, return_inverse=True)
    return person, len(names)


def _multiplicities(n_people: int, n_resamples: int, seed: int) -> NDArray[np.float64]:
    if n_people == 0:
        return np.zeros((n_resamples, 0))
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_people, np.full(n_people, 1 / n_people), size=n_resamples)
    return drawn.astype(np.float64)


def _evaluate(
    statistic: Statistic, arrays: tuple[NDArray[np.generic], ...], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    values = np.asarray(statistic(*arrays, weights), dtype=np.float64)
    if values.shape != weights.shape[:1]:
        raise ValueError("the statistic must give one value for each replicate")
    return values
