"""Agreement of two ways to measure the same thing: error, bias, limits of agreement, correlation.

All statistics compare ``value`` (what is tested) with ``reference``; a difference is value minus
reference, in the unit of both. They take weights of shape (…, N) and then give one value for
each of the leading axes, as the bootstrap needs; integer weights equal repeated rows. Where a
statistic is undefined it is NaN, and the results of :func:`agreement` say None.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clinigait.stats.bootstrap import Estimate, Statistic, bootstrap_estimate
from clinigait.stats.reliability import icc_agreement
from clinigait.stats.weighted import (
    centred_products,
    centred_squares,
    ratio,
    row_weights,
    weighted_mean,
)

_LIMITS = 1.96


@dataclass(frozen=True)
class Agreement:
    """How well a value agrees with its reference; every estimate with a 95 % interval.

    Parameters
    ----------
    n, missing
        Number of complete pairs, which all else is computed from, and of pairs that lack a
        member.
    people
        Number of people with a complete pair.
    mae
        Mean absolute error, in the unit of the value.
    bias
        Mean difference, value minus reference, in the unit of the value.
    sd_of_differences
        Sample standard deviation of the differences; None for fewer than two pairs.
    loa_low, loa_high
        Limits of agreement, in the unit of the value.
    pearson_r
        Correlation; None where the value or the reference is constant.
    icc21
        ICC(2,1); None where neither value nor reference varies.
    """

    n: int
    missing: int
    people: int
    mae: Estimate
    bias: Estimate
    sd_of_differences: float | None
    loa_low: Estimate
    loa_high: Estimate
    pearson_r: Estimate
    icc21: Estimate


def mean_absolute_error(
    value: NDArray[np.float64],
    reference: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the mean size of the differences.

    Parameters
    ----------
    value, reference
        (N,) complete pairs in one unit.
    weights
        (…, N) weights of the pairs; None counts every pair once.

    Returns
    -------
    numpy.ndarray
        (…,) in the unit of the value; NaN without a pair.

    Raises
    ------
    ValueError
        The columns differ in length or hold missing values.
    """
    value, reference = _pairs(value, reference)
    return weighted_mean(np.abs(value - reference), weights)


def bias(
    value: NDArray[np.float64],
    reference: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the mean difference, value minus reference.

    Parameters
    ----------
    value, reference
        (N,) complete pairs in one unit.
    weights
        (…, N) weights of the pairs; None counts every pair once.

    Returns
    -------
    numpy.ndarray
        (…,) in the unit of the value; NaN without a pair.

    Raises
    ------
    ValueError
        The columns differ in length or hold missing values.
    """
    value, reference = _pairs(value, reference)
    return weighted_mean(value - reference, weights)


def sd_of_differences(
    value: NDArray[np.float64],
    reference: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the sample standard deviation (n - 1) of the differences.

    Parameters
    ----------
    value, reference
        (N,) complete pairs in one unit.
    weights
        (…, N) weights of the pairs; None counts every pair once.

    Returns
    -------
    numpy.ndarray
        (…,) in the unit of the value; NaN for fewer than two pairs.

    Raises
    ------
    ValueError
        The columns differ in length or hold missing values.
    """
    value, reference = _pairs(value, reference)
    freedom = row_weights(len(value), weights).sum(axis=-1) - 1
    return np.sqrt(ratio(centred_squares(value - reference, weights), freedom))


def limits_of_agreement(
    value: NDArray[np.float64],
    reference: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the limits between which 95 % of normal differences lie: bias ± 1.96 SD.

    Bland & Altman 1986, doi 10.1016/S0140-6736(86)90837-8. For one pair a person; where people
    bring several, see :func:`~clinigait.stats.repeated.limits_of_agreement_repeated`.

    Parameters
    ----------
    value, reference
        (N,) complete pairs in one unit.
    weights
        (…, N) weights of the pairs; None counts every pair once.

    Returns
    -------
    low, high : numpy.ndarray
        (…,) in the unit of the value; NaN for fewer than two pairs.

    Raises
    ------
    ValueError
        The columns differ in length or hold missing values.
    """
    middle = bias(value, reference, weights)
    half = _LIMITS * sd_of_differences(value, reference, weights)
    return middle - half, middle + half


def pearson_r(
    value: NDArray[np.float64],
    reference: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the product-moment correlation, which does not see a bias or a wrong scale.

    Parameters
    ----------
    value, reference
        (N,) complete pairs in one unit.
    weights
        (…, N) weights of the pairs; None counts every pair once.

    Returns
    -------
    numpy.ndarray
        (…,) without unit, from -1 to 1; NaN where a column is constant.

    Raises
    ------
    ValueError
        The columns differ in length or hold missing values.
    """
    value, reference = _pairs(value, reference)
    spreads = [np.sqrt(centred_squares(column, weights)) for column in (value, reference)]
    shared = centred_products(value, reference, weights)
    return np.clip(ratio(shared, spreads[0] * spreads[1]), -1.0, 1.0)


def agreement(
    value: NDArray[np.float64],
    reference: NDArray[np.float64],
    people: ArrayLike,
    n_resamples: int = 2000,
    seed: int = 0,
) -> Agreement:
    """Compare a value with its reference, with intervals from a bootstrap over people.

    The point estimates treat every pair alike, so a person with more pairs counts for more; the
    intervals allow for pairs of a person being alike.

    Parameters
    ----------
    value, reference
        (N,) pairs in one unit. A pair with a member that is NaN or infinite is missing.
    people
        (N,) the person of every pair: labels that can be sorted.
    n_resamples
        Number of bootstrap replicates.
    seed
        The same seed gives the same intervals.

    Returns
    -------
    Agreement
        Estimates are None where they are undefined, bounds with fewer than two people.

    Raises
    ------
    ValueError
        The three columns differ in length.
    """
    value, reference = np.asarray(value, np.float64), np.asarray(reference, np.float64)
    labels = np.asarray(people)
    if not value.shape == reference.shape == labels.shape or value.ndim != 1:
        raise ValueError("value, reference and people must be three columns of one length")
    complete = np.isfinite(value) & np.isfinite(reference)
    value, reference, labels = value[complete], reference[complete], labels[complete]

    def estimate(statistic: Statistic) -> Estimate:
        return bootstrap_estimate(
            statistic, labels, value, reference, n_resamples=n_resamples, seed=seed
        )

    return Agreement(
        n=len(value),
        missing=int((~complete).sum()),
        people=len(np.unique(labels)),
        mae=estimate(mean_absolute_error),
        bias=estimate(bias),
        sd_of_differences=_known(sd_of_differences(value, reference)),
        loa_low=estimate(lambda *columns: limits_of_agreement(*columns)[0]),
        loa_high=estimate(lambda *columns: limits_of_agreement(*columns)[1]),
        pearson_r=estimate(pearson_r),
        icc21=estimate(lambda v, r, weights: icc_agreement(np.column_stack([v, r]), weights)),
    )


def _pairs(
    value: NDArray[np.float64], reference: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    value, reference = np.asarray(value, np.float64), np.asarray(reference, np.float64)
    if value.shape != reference.shape or value.ndim != 1:
        raise ValueError("value and reference must be two columns of one length")
    if not (np.isfinite(value).all() and np.isfinite(reference).all()):
        raise ValueError("pairs with a missing member must be dropped first")
    return value, reference


def _known(value: NDArray[np.float64]) -> float | None:
    return float(value) if np.isfinite(value) else None
