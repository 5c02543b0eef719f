"""Are probabilities what they say? Temperature, calibration error, reliability, proper scores.

The calibration error is measured in bins of equal mass, in which rows of equal confidence stay
together, so that the order of rows does not matter. Like every mean of absolute differences it
is biased upwards where bins hold few rows (Kumar et al. 2019, doi 10.48550/arXiv.1909.10155):
:func:`calibration_floor` says what a perfectly calibrated model would show of as many rows. The
bootstrap adds the same bias once more, so that the estimate lies low in its interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from clinigait.stats.bootstrap import Estimate, Statistic, bootstrap_estimate
from clinigait.stats.proportions import wilson_interval
from clinigait.stats.weighted import ratio, sums_of_levels, weighted_mean

#: Temperatures that are looked at.
_COLDEST, _HOTTEST = 0.05, 100.0
#: A probability of 0 for what did happen would make the mean infinite.
_LEAST_PROBABILITY = 1e-12
_SUM_TOLERANCE = 1e-3


@dataclass(frozen=True)
class ReliabilityBin:
    """Rows of similar confidence.

    Parameters
    ----------
    n, people
        How many rows, and of how many people.
    confidence
        Mean probability of the most probable class.
    accuracy
        Share of rows whose most probable class is right.
    low, high
        Its 95 % interval (Wilson), in which a person counts once however many rows they bring.
    """

    n: int
    people: int
    confidence: float
    accuracy: float
    low: float
    high: float


def fit_temperature(scores: NDArray[np.float64], labels: NDArray[np.intp]) -> float:
    """Return the temperature by which scores become calibrated probabilities.

    It minimises the negative log-likelihood of held-out people (Guo et al. 2017,
    doi 10.48550/arXiv.1706.04599), which is convex in its reciprocal. The labels are mixed with
    one row spread evenly over the classes for each class (Laplace's rule, as Platt did for his
    sigmoid): where all of n rows are right, no more than a confidence of (n + 1) / (n + K) is
    learned, instead of certainty.

    Parameters
    ----------
    scores
        (n, K) logits or log-probabilities.
    labels
        (n,) the right class of each row, 0 to K - 1.

    Returns
    -------
    float
        At least 0.05, at most 100. Probabilities are ``softmax(scores / temperature)``.

    Raises
    ------
    ValueError
        There is no row, scores are not finite, or a label is no class.
    """
    scores, labels = np.asarray(scores, np.float64), np.asarray(labels)
    _check(scores, labels)
    n, n_classes = scores.shape
    # By Laplace's rule a class that was right n times out of n is right (n + 1) / (n + K).
    targets = (n * _one_hot(labels, n_classes) + 1) / (n + n_classes)

    def loss(log_temperature: float) -> float:
        return -float((targets * log_softmax(scores / np.exp(log_temperature), axis=1)).sum())

    limits = (np.log(_COLDEST), np.log(_HOTTEST))
    found = minimize_scalar(loss, bounds=limits, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def tempered(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return the probabilities of scores: ``softmax(scores / temperature)`` over the last axis.

    Raises
    ------
    ValueError
        The temperature is not positive.
    """
    if not temperature > 0:
        raise ValueError("a temperature is positive")
    probabilities: NDArray[np.float64] = softmax(np.asarray(scores) / temperature, axis=-1)
    return probabilities


def calibration_error(
    probabilities: NDArray[np.float64], labels: NDArray[np.intp], bins: int = 10
) -> float:
    """Return how far confidence and accuracy of the most probable class lie apart on average.

    Parameters
    ----------
    probabilities
        (n, K), each row adds up to 1.
    labels
        (n,) the right class of each row, 0 to K - 1.
    bins
        Number of bins of equal mass (Naeini et al. 2015, doi 10.1609/aaai.v29i1.9602, with
        quantile bins as Nixon et al. 2019).

    Returns
    -------
    float
        0 (calibrated) to 1. Biased upwards by small bins, see the module.

    Raises
    ------
    ValueError
        There is no row, a row is no distribution, a label is no class, or there is no bin.
    """
    probabilities, labels = _checked(probabilities, labels)
    return float(_top_label_error(bins)(probabilities, labels, np.ones((1, len(labels))))[0])


def classwise_calibration_error(
    probabilities: NDArray[np.float64], labels: NDArray[np.intp], bins: int = 10
) -> float:
    """Return the mean over classes of how far the probability of a class and its share lie apart.

    Kull et al. 2019, doi 10.48550/arXiv.1910.12656, with bins of equal mass for each class.

    Parameters
    ----------
    probabilities, labels, bins
        As for :func:`calibration_error`.

    Raises
    ------
    ValueError
        As for :func:`calibration_error`.
    """
    probabilities, labels = _checked(probabilities, labels)
    return float(_classwise_error(bins)(probabilities, labels, np.ones((1, len(labels))))[0])


def brier_score(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.intp],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the mean squared distance of probabilities from what was true, summed over classes.

    Brier 1950, doi 10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2: 0 to 2.

    Parameters
    ----------
    probabilities, labels
        (n, K) and (n,), as for :func:`calibration_error`.
    weights
        (…, n) weights of the rows; None counts every row once.
    """
    squares = ((probabilities - _one_hot(labels, probabilities.shape[1])) ** 2).sum(axis=1)
    return weighted_mean(squares, weights)


def negative_log_likelihood(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.intp],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the mean of minus the natural logarithm of what the right class was given.

    A probability counts as 1e-12 at least.

    Parameters
    ----------
    probabilities, labels, weights
        As for :func:`brier_score`.
    """
    given = probabilities[np.arange(len(labels)), labels]
    return weighted_mean(-np.log(np.maximum(given, _LEAST_PROBABILITY)), weights)


def calibration_estimates(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.intp],
    people: ArrayLike,
    *,
    bins: int = 10,
    seed: int = 0,
    n_resamples: int = 2000,
) -> dict[str, Estimate]:
    """Return the calibration errors and proper scores, with intervals over people.

    Parameters
    ----------
    probabilities, labels, bins
        As for :func:`calibration_error`.
    people
        (n,) the person of every row.
    seed, n_resamples
        Of the bootstrap.

    Returns
    -------
    dict of Estimate
        ``calibration_error``, ``classwise_calibration_error``, ``brier``, ``nll``.

    Raises
    ------
    ValueError
        As for :func:`calibration_error`.
    """
    probabilities, labels = _checked(probabilities, labels)
    statistics: dict[str, Statistic] = {
        "calibration_error": _top_label_error(bins),
        "classwise_calibration_error": _classwise_error(bins),
        "brier": brier_score,
        "nll": negative_log_likelihood,
    }
    return {
        name: bootstrap_estimate(
            statistic, people, probabilities, labels, n_resamples=n_resamples, seed=seed
        )
        for name, statistic in statistics.items()
    }


def calibration_floor(
    probabilities: NDArray[np.float64], bins: int = 10, seed: int = 0, draws: int = 200
) -> float:
    """Return the calibration error that a perfectly calibrated model would show on average.

    Labels are drawn from the probabilities themselves, each row by itself; rows of one person go
    together, so that the truth lies rather higher.

    Parameters
    ----------
    probabilities
        (n, K), each row adds up to 1.
    bins
        As for :func:`calibration_error`.
    seed, draws
        Of the simulation.

    Raises
    ------
    ValueError
        As for :func:`calibration_error`.
    """
    probabilities = np.asarray(probabilities, np.float64)
    confidence, _ = _checked(probabilities, np.zeros(len(probabilities), np.intp))
    top = confidence.max(axis=1)
    rng = np.random.default_rng(seed)
    once = np.ones((1, len(top)))
    errors = [
        _equal_mass_error(top, (rng.random(len(top)) < top).astype(float), once, bins)[0]
        for _ in range(draws)
    ]
    return float(np.mean(errors))


def reliability_table(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.intp],
    people: ArrayLike,
    bins: int = 10,
) -> tuple[ReliabilityBin, ...]:
    """Return confidence and accuracy in bins of equal mass, from the least confident.

    Parameters
    ----------
    probabilities, labels, bins
        As for :func:`calibration_error`.
    people
        (n,) the person of every row.

    Returns
    -------
    tuple of ReliabilityBin
        Empty bins are left out: rows of equal confidence stay together.

    Raises
    ------
    ValueError
        As for :func:`calibration_error`.
    """
    probabilities, labels = _checked(probabilities, labels)
    people = np.asarray(people)
    confidence = probabilities.max(axis=1)
    hits = probabilities.argmax(axis=1) == labels
    (mass,) = sums_of_levels(confidence, np.ones(len(labels)), np.ones(len(labels)))
    level = np.unique(confidence, return_inverse=True)[1]
    bin_of = _bins_of(mass, bins)[level]
    table = []
    for number in np.unique(bin_of):
        own = bin_of == number
        who = len(np.unique(people[own]))
        accuracy = float(hits[own].mean())
        low, high = wilson_interval(accuracy, who)
        table.append(
            ReliabilityBin(int(own.sum()), who, float(confidence[own].mean()), accuracy, low, high)
        )
    return tuple(table)


def _top_label_error(bins: int) -> Statistic:
    def error(
        probabilities: NDArray[np.float64], labels: NDArray[np.intp], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        hits = (probabilities.argmax(axis=1) == labels).astype(np.float64)
        return _equal_mass_error(probabilities.max(axis=1), hits, weights, bins)

    return error


def _classwise_error(bins: int) -> Statistic:
    def error(
        probabilities: NDArray[np.float64], labels: NDArray[np.intp], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        hits = _one_hot(labels, probabilities.shape[1])
        errors = [
            _equal_mass_error(p, y, weights, bins)
            for p, y in zip(probabilities.T, hits.T, strict=True)
        ]
        found: NDArray[np.float64] = np.mean(errors, axis=0)
        return found

    return error


def _equal_mass_error(
    confidence: NDArray[np.float64],
    hits: NDArray[np.float64],
    weights: NDArray[np.float64],
    bins: int,
) -> NDArray[np.float64]:
    """Return for each of (R, n) weights the mean distance of confidence and share of hits."""
    gaps, mass = sums_of_levels(confidence, weights, hits - confidence, np.ones(len(hits)))
    cell = _bins_of(mass, bins) + bins * np.arange(len(mass))[:, None]
    found = np.bincount(cell.ravel(), gaps.ravel(), minlength=bins * len(mass))
    return ratio(np.abs(found.reshape(len(mass), bins)).sum(axis=1), mass.sum(axis=1))


def _bins_of(mass: NDArray[np.float64], bins: int) -> NDArray[np.intp]:
    """Return the bin of every level, by where the middle of its mass lies."""
    if bins < 1:
        raise ValueError("there must be a bin")
    upto = mass.cumsum(axis=-1)
    middle = ratio(upto - mass / 2, upto[..., -1:])
    # Rounding must not move a level over an edge, nor the last one out of the last bin.
    found = np.floor(np.nan_to_num(middle) * bins + 1e-9).astype(np.intp)
    return np.minimum(found, bins - 1)


def _one_hot(labels: NDArray[np.intp], n_classes: int) -> NDArray[np.float64]:
    rows: NDArray[np.float64] = np.eye(n_classes)[labels]
    return rows


def _checked(
    probabilities: NDArray[np.float64], labels: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    _check(probabilities, labels)
    check_distributions(probabilities)
    return probabilities, labels


def check_distributions(probabilities: NDArray[np.float64]) -> None:
    """Refuse rows that are no distributions.

    Raises
    ------
    ValueError
        A probability is negative, or a row does not add up to 1.
    """
    if (probabilities < 0).any() or (np.abs(probabilities.sum(axis=1) - 1) > _SUM_TOLERANCE).any():
        raise ValueError("every row of probabilities adds up to 1")


def _check(scores: NDArray[np.float64], labels: NDArray[np.intp]) -> None:
    if scores.ndim != 2 or labels.shape != scores.shape[:1] or not len(labels):
        raise ValueError("there must be (n, K) scores and (n,) labels, at least one")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise ValueError("labels are the numbers of classes")
