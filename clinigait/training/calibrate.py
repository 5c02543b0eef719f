"""From scores of people who taught a model nothing to calibration and honest numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, Baseline, Calibration
from clinigait.models.baselines import baseline_probabilities, fit_baseline
from clinigait.models.task import Task
from clinigait.stats import (
    classification_metrics,
    conformal_thresholds,
    fit_temperature,
    people_needed,
    prediction_sets,
    set_coverage,
    tempered,
)
from clinigait.stats.classification import as_flat
from clinigait.training.folds import Fold
from clinigait.training.prepared import Prepared

Floats = NDArray[np.float64]
#: Statistics of records that are not given once more for walks.
_RECORDS_ONLY = {"per_class", "confusion", "intervals_note", "people"}


def calibration_of(
    scores: Floats, people: Prepared, alpha: float, how: str
) -> tuple[Calibration, Floats]:
    """Fit temperature and thresholds; every person weighs the same.

    Thresholds are set class by class where each class has as many people as that takes, and for
    all classes together otherwise.

    Parameters
    ----------
    scores
        (N, K) log-probabilities of records of people who did not teach whoever judged them.
    people
        Whose they are.
    alpha
        One minus the coverage.
    how
        In words, how the scores came about.

    Returns
    -------
    tuple
        The calibration, and (K,) its thresholds.
    """
    labels, who = columns_of(people)
    temperature = fit_temperature(scores, labels)
    needed = people_needed(alpha)
    per_class = min(people.people_per_class().values()) >= needed
    thresholds = conformal_thresholds(
        tempered(scores, temperature), labels, alpha, per_class=per_class, people=who
    )
    promise = (
        "sets keep their promise in every class"
        if per_class
        else f"sets keep their promise over all classes together: a class of its own needs {needed}"
    )
    by_label = dict(zip(people.classes, map(float, thresholds), strict=True))
    n_people = len(people.labels)
    method = f"{how}; temperature by maximum likelihood; {promise}"
    return Calibration(temperature, alpha, by_label, n_people, method), thresholds


def cross_fitted(
    scores: Floats, folds: NDArray[np.intp], people: Prepared, alpha: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return probabilities and sets of each fold, calibrated on the other folds only.

    Parameters
    ----------
    scores, folds
        (N, K) out-of-fold log-probabilities, and (N,) numbers of the folds.
    people
        Whose they are.
    alpha
        One minus the coverage.

    Returns
    -------
    tuple
        (N, K) probabilities, and (N, K) what is in the sets.
    """
    probabilities, sets = np.zeros_like(scores), np.zeros(scores.shape, bool)
    for number in np.unique(folds):
        own = folds == number
        others = [r.person for r, mine in zip(people.records, own, strict=True) if not mine]
        found, thresholds = calibration_of(scores[~own], people.of(others), alpha, "")
        probabilities[own] = tempered(scores[own], found.temperature)
        sets[own] = prediction_sets(probabilities[own], thresholds)
    return probabilities, sets


def metrics_of(
    probabilities: Floats, sets: NDArray[np.bool_], people: Prepared, task: Task, seed: int
) -> dict[str, Any]:
    """Return the metrics of a card: of records, and of whole walks where those have several.

    Parameters
    ----------
    probabilities, sets
        (N, K) of held-out people.
    people
        Whose they are.
    task
        Says whether the classes are ordered.
    seed
        Of the bootstrap over people.
    """
    labels, who = columns_of(people)
    flat = classification_metrics(
        labels, probabilities, who, people.classes, ordered=task.ordered, seed=seed
    )
    coverage = set_coverage(sets, labels, who, seed=seed)
    flat |= as_flat("set_coverage", coverage.coverage) | as_flat("set_size", coverage.size)
    groups: dict[tuple[str, str, str], list[int]] = {}
    for index, record in enumerate(people.records):
        groups.setdefault((record.person, record.visit, record.walk), []).append(index)
    if len(groups) < len(labels):
        first = np.array([own[0] for own in groups.values()])
        logs = np.log(np.maximum(probabilities, 1e-12))
        together = np.exp([logs[own].mean(0) for own in groups.values()])
        walks = classification_metrics(
            labels[first], together / together.sum(1, keepdims=True), who[first], people.classes,
            ordered=task.ordered, seed=seed,
        )  # fmt: skip
        flat |= {f"walk_{k}": v for k, v in walks.items() if k not in _RECORDS_ONLY}
    return flat


def baselines_of(
    people: Prepared, folds: Sequence[Fold], task: Task, seed: int
) -> tuple[tuple[Baseline, ...], str]:
    """Fit the baseline of a task on everybody, and judge it on the folds of the networks.

    Parameters
    ----------
    people
        Everybody, with what is known of them.
    folds
        The same folds; empty for a baseline without metrics.
    task
        Says what the baseline knows.
    seed
        Of the bootstrap over people.

    Returns
    -------
    tuple
        The baseline, or none; and why there is none.
    """
    columns = task.baseline.columns
    labels, who = columns_of(people)
    rows = np.array([[r.values.get(c, np.nan) for c in columns] for r in people.records])
    known = np.isfinite(rows).all(1)

    def fitted(own: NDArray[np.bool_]) -> Baseline:
        name = "_".join(columns)
        return fit_baseline(
            name, task.baseline.title, columns, rows[own], labels[own], len(people.classes)
        )

    try:
        whole = fitted(np.ones(len(labels), bool))
        said = np.full((len(labels), len(people.classes)), np.nan)
        for fold in folds:
            test = np.isin(who, fold.test)
            one = fitted(~test)
            for index in np.flatnonzero(test & known):
                said[index] = baseline_probabilities(one, people.records[index].values)
    except BadInputError as error:
        return (), error.message
    metrics: dict[str, Any] = {}
    if folds:
        metrics = classification_metrics(
            labels[known], said[known], who[known], people.classes, ordered=task.ordered, seed=seed
        )
    return (replace(whole, metrics=metrics),), ""


def columns_of(people: Prepared) -> tuple[NDArray[np.intp], NDArray[np.str_]]:
    """Return the right class and the person of every record, (N,) each."""
    labels = np.array([record.label for record in people.records], np.intp)
    return labels, np.array([record.person for record in people.records])
