"""Sets of classes that hold the right one as often as promised: split conformal prediction.

A class is in the set where its score, one minus its probability, is at most a threshold that
people have set who taught the model nothing else (Vovk, Gammerman & Shafer 2005,
doi 10.1007/b106715; Angelopoulos & Bates 2023, doi 10.1561/2200000101).

What must be exchangeable are people, not walks. Every person therefore weighs one, split evenly
over their walks, and the threshold is the smallest at which walks of a weight of
k = ceil((n + 1) (1 - alpha)) of n people are covered. For a random walk of one more person that
keeps the promise exactly: were that person counted too, the threshold for a weight of k could
only be lower, so that each of the n + 1 people, left out in turn, is covered at least as well as
by that lower threshold, which covers k of n + 1 on average. The promise does not hold at another
site, for another camera or another mix of people: exchangeability ends there.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clinigait.stats.bootstrap import Estimate, bootstrap_estimate
from clinigait.stats.calibration import check_distributions
from clinigait.stats.weighted import weighted_mean

#: Products like 0.9 times 10 may miss a whole number by rounding.
_ROUNDING = 1e-9
#: One minus a probability is never more: such a threshold excludes nothing.
_EVERYTHING = 1.0


@dataclass(frozen=True)
class Coverage:
    """How prediction sets turned out.

    Parameters
    ----------
    coverage
        Share of rows whose set holds the right class.
    size
        Mean number of classes in a set.
    single
        Share of rows with exactly one class in the set.
    empty
        Share of rows with none.
    per_class
        Coverage of each class; no value where no row has it.
    """

    coverage: Estimate
    size: Estimate
    single: Estimate
    empty: Estimate
    per_class: tuple[Estimate, ...]


def people_needed(alpha: float) -> int:
    """Return how many people it takes until a threshold excludes anything: ceil(1 / alpha) - 1.

    Raises
    ------
    ValueError
        Alpha does not lie between 0 and 1.
    """
    _check_alpha(alpha)
    return ceil(1 / alpha - _ROUNDING) - 1


def conformal_thresholds(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.intp],
    alpha: float,
    *,
    per_class: bool,
    people: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """Return the thresholds of split conformal sets.

    Parameters
    ----------
    probabilities
        (n, K) of held-out people, each row adds up to 1.
    labels
        (n,) the right class of each row, 0 to K - 1.
    alpha
        One minus the coverage that is promised.
    per_class
        Whether the promise is kept in every class by itself (Mondrian sets): a class then needs
        :func:`people_needed` people of its own. Otherwise it is kept over all classes as common
        as they are here.
    people
        (n,) the person of every row, who weighs one in all, or one in each class where
        ``per_class``; None where every row is another person.

    Returns
    -------
    numpy.ndarray
        (K,) thresholds of one minus the probability; 1, which excludes nothing, where there are
        too few people.

    Raises
    ------
    ValueError
        Alpha does not lie between 0 and 1, or rows, labels and people do not fit.
    """
    _check_alpha(alpha)
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    who = np.arange(len(labels)) if people is None else np.asarray(people)
    if probabilities.ndim != 2 or not len(probabilities) == len(labels) == len(who):
        raise ValueError("probabilities, labels and people must have one row for each other")
    check_distributions(probabilities)
    n_classes = probabilities.shape[1]
    scores = 1 - probabilities[np.arange(len(labels)), labels]
    if not per_class:
        return np.full(n_classes, _threshold(scores, who, alpha))
    own = [labels == k for k in range(n_classes)]
    return np.array([_threshold(scores[k], who[k], alpha) for k in own])


def prediction_sets(
    probabilities: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which classes cannot be excluded.

    Every class has its own threshold, so that a rare one can pass with a probability at which a
    common one does not. Where any class passes, the most probable one is therefore never left out:
    a set without it would contradict the probabilities that stand beside it. Sets only grow by
    this, so that their coverage stays what was promised, or more.

    Parameters
    ----------
    probabilities
        (…, K).
    thresholds
        (K,) of :func:`conformal_thresholds`.

    Returns
    -------
    numpy.ndarray
        (…, K). A row may be empty: then no class is as probable as right ones usually are.
    """
    given = np.asarray(probabilities)
    passed = 1 - given <= np.asarray(thresholds)
    first = np.arange(given.shape[-1]) == given.argmax(axis=-1)[..., None]
    found: NDArray[np.bool_] = passed | (first & passed.any(axis=-1, keepdims=True))
    return found


def set_coverage(
    sets: NDArray[np.bool_],
    labels: NDArray[np.intp],
    people: ArrayLike,
    *,
    seed: int = 0,
    n_resamples: int = 2000,
) -> Coverage:
    """Return how often sets hold the right class and how large they are, over people.

    Parameters
    ----------
    sets
        (n, K) of :func:`prediction_sets`.
    labels, people
        (n,) the right class, 0 to K - 1, and the person of each row.
    seed, n_resamples
        Of the bootstrap.
    """
    labels, people = np.asarray(labels), np.asarray(people)
    size = sets.sum(axis=1)
    covered = sets[np.arange(len(labels)), labels]

    def estimate(values: NDArray[np.generic], own: slice | NDArray[np.bool_]) -> Estimate:
        rows = values[own].astype(np.float64)
        return bootstrap_estimate(
            weighted_mean, people[own], rows, n_resamples=n_resamples, seed=seed
        )

    everybody = slice(None)
    return Coverage(
        coverage=estimate(covered, everybody),
        size=estimate(size, everybody),
        single=estimate(size == 1, everybody),
        empty=estimate(size == 0, everybody),
        per_class=tuple(estimate(covered, labels == k) for k in range(sets.shape[1])),
    )


def _threshold(scores: NDArray[np.float64], who: NDArray[np.generic], alpha: float) -> float:
    names, person, rows = np.unique(who, return_inverse=True, return_counts=True)
    wanted = ceil((len(names) + 1) * (1 - alpha) - _ROUNDING)
    if wanted > len(names):
        return _EVERYTHING
    order = np.argsort(scores, kind="stable")
    covered = (1 / rows)[person][order].cumsum()
    return float(scores[order][np.searchsorted(covered, wanted - _ROUNDING)])


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise ValueError("alpha lies between 0 and 1")
