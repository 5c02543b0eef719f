"""95 % intervals of small samples that were measured with error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

_LEVEL = 0.95
_PRIOR_FREEDOM = 4


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval.

    Parameters
    ----------
    value, low, high
        The value and its bounds; bounds are None where the sample gives none.
    n
        Size of the sample.
    sd
        Standard deviation of the sample; None for fewer than two values.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    sd: float | None


@lru_cache(maxsize=1024)
def _t_quantile(freedom: int) -> float:
    return float(t.ppf((1 + _LEVEL) / 2, freedom))


def mean_interval(values: NDArray[np.float64], systematic: float, single: float) -> Interval:
    """Return the mean of a sample with an interval for spread and for measurement error.

    Two uncertainties are added in quadrature: the standard error of the mean with Student's t,
    and an error that all values share and that no number of repetitions takes away (1.96 times
    its standard uncertainty). Two or three strides say little of their own spread, and may look
    steadier or wilder than they are: the variance of the sample is moderated by the spread to
    expect, which counts as much as four degrees of freedom (the scaled inverse chi-square prior
    of Smyth 2004, doi 10.2202/1544-6115.1027; its weight is our choice).

    Parameters
    ----------
    values
        (N,) at least one.
    systematic
        Standard uncertainty that all values share.
    single
        Standard deviation to expect between values.
    """
    n = len(values)
    sd = float(values.std(ddof=1)) if n > 1 else None
    freedom = _PRIOR_FREEDOM + n - 1
    variance = (_PRIOR_FREEDOM * single**2 + (n - 1) * (sd or 0.0) ** 2) / freedom
    random = _t_quantile(freedom) * np.sqrt(variance / n)
    half = float(np.hypot(random, 1.96 * systematic))
    mean = float(values.mean())
    return Interval(mean, mean - half, mean + half, n, sd)
