"""Change of one person: between two visits, and between two conditions of one visit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, t

from clinigait.stats.intervals import Interval

_LEVEL = 0.95
_Z = 1.96


@dataclass(frozen=True)
class Change:
    """A difference of two measurements, and whether it is more than their error.

    Parameters
    ----------
    difference
        Second minus first, in the unit of both; None where one of them was not measured.
    low, high
        95 % interval of the difference; None where nothing is known of its error.
    minimal_detectable
        Smallest size of a difference that is taken for real: half the interval.
    is_real
        Whether the difference is larger than that; None where it cannot be said.
    """

    difference: float | None
    low: float | None
    high: float | None
    minimal_detectable: float | None
    is_real: bool | None


def standard_error_of_measurement(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> float | None:
    """Return the standard error of one measurement from two visits of unchanged people.

    The standard deviation of the differences over √2 (Weir 2005, doi 10.1519/15184.1). A shift
    that all people share, as by learning, is not part of it. It equals
    :func:`standard_error_from_icc` with ICC(3,1) and the standard deviation pooled within
    visits.

    Parameters
    ----------
    first, second
        (N,) one value a person and visit, in one unit; a person with a visit that is NaN or
        infinite is left out.

    Returns
    -------
    float or None
        In the unit of the values; None for fewer than two people.

    Raises
    ------
    ValueError
        The visits do not hold the same people.
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError("the two visits must be two columns of one length")
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 2:
        return None
    return float((second[both] - first[both]).std(ddof=1) / np.sqrt(2))


def standard_error_from_icc(sd: float, icc: float) -> float:
    """Return the standard error of one measurement, SD √(1 - ICC).

    Weir 2005, doi 10.1519/15184.1. A negative ICC counts as 0: the error cannot be larger than
    the whole spread.

    Parameters
    ----------
    sd
        Standard deviation of the values of the people that the ICC was found in.
    icc
        Intraclass correlation of test and retest, at most 1.

    Returns
    -------
    float
        In the unit of ``sd``.

    Raises
    ------
    ValueError
        The standard deviation is negative, the ICC is above 1, or one is not finite.
    """
    if not (np.isfinite(sd) and np.isfinite(icc)) or sd < 0 or icc > 1:
        raise ValueError("the standard deviation must be at least 0 and the ICC at most 1")
    return float(sd * np.sqrt(1 - max(icc, 0.0)))


def minimal_detectable_change(sem: float, level: float = _LEVEL) -> float:
    """Return the smallest change between two visits that measurement error does not explain.

    z √2 times the standard error of measurement: an unchanged person exceeds it in 5 % of
    repeated visits (Weir 2005, doi 10.1519/15184.1; Beaton 2000,
    doi 10.1097/00007632-200012150-00015). It says nothing of whether the change matters.

    Parameters
    ----------
    sem
        Standard error of one measurement.
    level
        Certainty, between 0 and 1.

    Returns
    -------
    float
        In the unit of ``sem``.

    Raises
    ------
    ValueError
        The standard error is negative or not finite, or the level is impossible.
    """
    if not np.isfinite(sem) or sem < 0 or not 0 < level < 1:
        raise ValueError("the standard error must be at least 0 and the level between 0 and 1")
    return float(norm.ppf((1 + level) / 2) * np.sqrt(2) * sem)


def combined_uncertainty(*standard_uncertainties: float) -> float:
    """Return the standard uncertainty of a sum or difference of independent values.

    The root of the sum of squares (JCGM 100:2008, 5.1.2).

    Parameters
    ----------
    *standard_uncertainties
        Standard uncertainties in one unit, at least 0.

    Raises
    ------
    ValueError
        One is negative or not finite.
    """
    parts = np.asarray(standard_uncertainties, np.float64)
    if not np.isfinite(parts).all() or (parts < 0).any():
        raise ValueError("standard uncertainties must be finite and at least 0")
    return float(np.sqrt((parts**2).sum()))


def smallest_change_of(
    first_interval: Interval, second_interval: Interval, retest_sem: float | None = None
) -> Change:
    """Return the change from one visit to another, and whether it is more than their error.

    The standard uncertainty of each visit is that of its 95 % interval (half its width over
    1.96); the two count as independent. The interval of a visit knows nothing of how a person
    varies from day to day: where the standard error of measurement of a test–retest study is
    known, the larger of both minimal detectable changes is taken.

    Parameters
    ----------
    first_interval, second_interval
        The two visits, with 95 % bounds.
    retest_sem
        Standard error of measurement from visits of unchanged people, if known.

    Returns
    -------
    Change
        Without bounds on both visits and without ``retest_sem``, only the difference is known.

    Raises
    ------
    ValueError
        The standard error is negative or not finite.
    """
    difference = float(second_interval.value - first_interval.value)
    uncertainties = [_standard_uncertainty(i) for i in (first_interval, second_interval)]
    known = [u for u in uncertainties if u is not None]
    candidates = [_Z * combined_uncertainty(*known)] if len(known) == 2 else []
    if retest_sem is not None:
        candidates.append(minimal_detectable_change(retest_sem))
    return _change(difference, max(candidates) if candidates else None)


def paired_difference(
    first_values: NDArray[np.float64],
    second_values: NDArray[np.float64],
    systematic: float = 0.0,
    *,
    shared_cancels: bool,
) -> Change:
    """Compare two conditions of one person by their strides.

    Strides of two conditions (with and without a brace, barefoot and shod) have no partners, so
    their means are compared by Welch's interval for unequal variances (Welch 1947,
    doi 10.1093/biomet/34.1-2.28), strides taken as independent. To it the error that all strides
    of a condition share is added in quadrature. Where both conditions were filmed by the same
    camera in the same place on the same day, an additive error is in both means alike and leaves
    their difference; an error in proportion to the value (a wrong scale) only shrinks to the
    same proportion of the difference.

    Parameters
    ----------
    first_values, second_values
        (N,) and (M,) values of the strides of each condition; NaN or infinite is left out.
    systematic
        Standard uncertainty that all strides of a condition share.
    shared_cancels
        Whether both conditions have that error in common. If not, each has its own.

    Returns
    -------
    Change
        The difference is None where a condition has no stride. The bounds are None where one
        has a single stride, and where neither varies at all: values that coarse hide their own
        spread.

    Raises
    ------
    ValueError
        The systematic uncertainty is negative or not finite.
    """
    own = _Z * combined_uncertainty(systematic, systematic)
    samples = [np.asarray(values, np.float64) for values in (first_values, second_values)]
    first, second = (values[np.isfinite(values)] for values in samples)
    if not len(first) or not len(second):
        return Change(None, None, None, None, None)
    random = _welch_half_width(first, second)
    half = None if random is None else float(np.hypot(random, 0.0 if shared_cancels else own))
    return _change(float(second.mean() - first.mean()), half)


def _welch_half_width(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    if min(len(first), len(second)) < 2:
        return None
    squares = np.array([sample.var(ddof=1) / len(sample) for sample in (first, second)])
    scale = max(float(np.abs(first).max()), float(np.abs(second).max()))
    if squares.sum() <= (1e-14 * scale) ** 2:
        return None
    shares = squares / squares.sum()
    freedom = 1 / (shares**2 / np.array([len(first) - 1, len(second) - 1])).sum()
    return float(t.ppf((1 + _LEVEL) / 2, freedom) * np.sqrt(squares.sum()))


def _standard_uncertainty(interval: Interval) -> float | None:
    if interval.low is None or interval.high is None:
        return None
    return (interval.high - interval.low) / (2 * _Z)


def _change(difference: float, minimal: float | None) -> Change:
    if minimal is None:
        return Change(difference, None, None, None, None)
    low, high = difference - minimal, difference + minimal
    return Change(difference, low, high, minimal, abs(difference) > minimal)
