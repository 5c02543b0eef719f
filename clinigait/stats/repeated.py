"""Limits of agreement where people bring several pairs of measurements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clinigait.stats.bootstrap import Estimate, bootstrap_estimate
from clinigait.stats.weighted import centred_squares, ratio, row_weights, weighted_mean

_LIMITS = 1.96


@dataclass(frozen=True)
class RepeatedLimits:
    """Limits of agreement where people bring several pairs; estimates with 95 % intervals.

    Parameters
    ----------
    n, missing, people
        Number of differences used, of those that were missing, and of people.
    bias
        Mean difference over all observations.
    low, high
        Limits of agreement; None for fewer than two people.
    between_person_variance, within_person_variance
        Components of the variance of a difference, in the squared unit: how the mean
        differences of people vary, and how the differences of one person do. None for fewer
        than two people, and where nobody brings two pairs.
    """

    n: int
    missing: int
    people: int
    bias: Estimate
    low: Estimate
    high: Estimate
    between_person_variance: float | None
    within_person_variance: float | None


def limits_of_agreement_repeated(
    difference: NDArray[np.float64], people: ArrayLike, n_resamples: int = 2000, seed: int = 0
) -> RepeatedLimits:
    """Return limits of agreement from several differences a person, in unequal numbers.

    To be used where people bring more than one pair (strides, walks, sides) and what is measured
    may change from pair to pair. The plain standard deviation over all pairs is then no
    estimate of how a difference of a new person varies: people with many pairs dominate it, and
    it sees too little of how people differ. Here a one-way analysis of variance splits the
    differences into a component between people and one within people, and the limits are the
    bias ± 1.96 times the root of their sum. A negative component between people counts as 0.
    Bland & Altman 2007, doi 10.1080/10543400701329422 (true value varies).

    Parameters
    ----------
    difference
        (N,) value minus reference; NaN or infinite is missing.
    people
        (N,) the person of every difference: labels that can be sorted.
    n_resamples
        Number of bootstrap replicates.
    seed
        The same seed gives the same intervals.

    Returns
    -------
    RepeatedLimits
        In the unit of the difference. With one difference a person the limits are those of
        :func:`~clinigait.stats.agreement.limits_of_agreement`.

    Raises
    ------
    ValueError
        The columns differ in length.
    """
    difference, labels = np.asarray(difference, np.float64), np.asarray(people)
    if difference.shape != labels.shape or difference.ndim != 1:
        raise ValueError("differences and people must be two columns of one length")
    complete = np.isfinite(difference)
    difference, labels = difference[complete], labels[complete]
    names, person, counts = np.unique(labels, return_inverse=True, return_counts=True)
    means = np.bincount(person, difference, minlength=len(names)) / counts
    columns = (difference, means[person], counts[person].astype(np.float64))

    def estimate(side: float) -> Estimate:
        return bootstrap_estimate(
            lambda *given: _limit(side, *given),
            labels, *columns, n_resamples=n_resamples, seed=seed,
        )  # fmt: skip

    between, within = _components(*columns, row_weights(len(difference), None))
    return RepeatedLimits(
        n=len(difference),
        missing=int((~complete).sum()),
        people=len(names),
        bias=estimate(0.0),
        low=estimate(-_LIMITS),
        high=estimate(_LIMITS),
        between_person_variance=_known(between) if np.isfinite(within) else None,
        within_person_variance=_known(within) if np.isfinite(between) else None,
    )


def _limit(
    side: float,
    difference: NDArray[np.float64],
    person_mean: NDArray[np.float64],
    person_rows: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    middle = weighted_mean(difference, weights)
    if side == 0:
        return middle
    between, within = _components(difference, person_mean, person_rows, weights)
    return middle + side * np.sqrt(between + np.nan_to_num(within))


def _components(
    difference: NDArray[np.float64],
    person_mean: NDArray[np.float64],
    person_rows: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the variance between and within people; rows of a person weigh the same.

    Without a second difference of anybody all variance is that between people, and the one
    within them is NaN.
    """
    rows = weights.sum(axis=-1)
    people = np.round(weights @ (1 / person_rows), 6)
    within = ratio(weights @ (difference - person_mean) ** 2, rows - people)
    mean_square = ratio(centred_squares(person_mean, weights), people - 1)
    # What takes the place of the number of differences a person where it varies.
    typical_rows = ratio(rows - ratio(weights @ person_rows, rows), people - 1)
    between = ratio(mean_square - np.nan_to_num(within), typical_rows)
    return np.maximum(between, 0.0), within


def _known(value: NDArray[np.float64]) -> float | None:
    return float(value) if np.isfinite(value) else None
