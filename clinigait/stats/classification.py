"""How well classes were told, over people; and whether one model tells them better than another.

Statistics of the confusion take tables of shape (…, K, K), rows by the right class, columns by
the most probable one, and give one value for each of the leading axes, as the bootstrap over
people needs. Means over classes ("macro") are over the classes that have rows; a class with rows
that was never predicted has a precision of 0. Draws of people in which a class has lost all of its
rows do not count for means over classes: they would be means over others. What is undefined is
NaN, and None in results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clinigait.stats.bootstrap import Estimate, bootstrap_estimate
from clinigait.stats.calibration import (
    brier_score,
    calibration_estimates,
    calibration_floor,
    check_distributions,
    negative_log_likelihood,
)
from clinigait.stats.proportions import wilson_interval
from clinigait.stats.weighted import ratio, sums_of_levels

Table = NDArray[np.float64]
#: With fewer people the percentile interval is noticeably too narrow.
_FEW_PEOPLE = 20


@dataclass(frozen=True)
class Difference:
    """A statistic of two models on the same rows.

    Parameters
    ----------
    before, after
        Of either model; None where it is undefined.
    difference
        After minus before, with its 95 % interval over people, who are drawn for both at once.
    """

    before: float | None
    after: float | None
    difference: Estimate


def confusion(
    labels: NDArray[np.intp], predictions: NDArray[np.intp], n_classes: int
) -> NDArray[np.intp]:
    """Return how many rows of each right class (row) were called what (column), (K, K)."""
    cells = np.bincount(labels * n_classes + predictions, minlength=n_classes**2)
    return cells.reshape(n_classes, n_classes)


def accuracy(table: Table) -> Table:
    """Return the share of rows that were told right."""
    return ratio(_right(table).sum(axis=-1), table.sum(axis=(-2, -1)))


def balanced_accuracy(table: Table) -> Table:
    """Return the mean over classes of the share that was told right (macro recall)."""
    return _macro(ratio(_right(table), table.sum(axis=-1)), table)


def macro_precision(table: Table) -> Table:
    """Return the mean over classes of the share of a prediction that was right."""
    found = ratio(_right(table), table.sum(axis=-2))
    return _macro(np.nan_to_num(found), table)


def macro_f1(table: Table) -> Table:
    """Return the mean over classes of the harmonic mean of precision and recall."""
    both = table.sum(axis=-1) + table.sum(axis=-2)
    return _macro(ratio(2 * _right(table), both), table)


def sensitivity(table: Table) -> Table:
    """Return the share of each class that was told right, (…, K)."""
    return ratio(_right(table), table.sum(axis=-1))


def specificity(table: Table) -> Table:
    """Return the share of all other rows that were not called a class, (…, K)."""
    others = table.sum(axis=(-2, -1))[..., None] - table.sum(axis=-1)
    return ratio(others - (table.sum(axis=-2) - _right(table)), others)


def kappa(table: Table, power: int = 0) -> Table:
    """Return agreement beyond chance, with weights for how far apart classes are.

    Cohen 1968, doi 10.1037/h0026256: one minus the observed over the expected disagreement.

    Parameters
    ----------
    table
        (…, K, K) confusion.
    power
        0 where all disagreements count the same, 1 for linear weights in the distance of ordered
        classes, 2 for quadratic ones.
    """
    distance = _distances(table.shape[-1])
    cost = (distance > 0).astype(np.float64) if power == 0 else distance**power
    total = table.sum(axis=(-2, -1))
    chance = table.sum(axis=-1)[..., :, None] * table.sum(axis=-2)[..., None, :]
    observed = (cost * table).sum(axis=(-2, -1))
    return 1 - ratio(observed * total, (cost * chance).sum(axis=(-2, -1)))


def mean_class_distance(table: Table) -> Table:
    """Return by how many classes predictions are off on average, for ordered classes."""
    off = (_distances(table.shape[-1]) * table).sum(axis=(-2, -1))
    return ratio(off, table.sum(axis=(-2, -1)))


def auc_macro(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.intp],
    weights: NDArray[np.float64],
) -> Table:
    """Return the mean over classes of the area under the curve of one class against the rest.

    Mann & Whitney, ties count half (Hand & Till 2001, doi 10.1023/A:1010920819831, discuss
    several classes). Classes without rows, or with all of them, have none.

    Parameters
    ----------
    probabilities
        (n, K).
    labels
        (n,) right classes.
    weights
        (R, n) weights of the rows.

    Returns
    -------
    numpy.ndarray
        (R,).
    """
    areas = np.stack(
        [_auc(p, labels == k, weights) for k, p in enumerate(probabilities.T)], axis=-1
    )
    known = np.isfinite(areas)
    return ratio(np.where(known, areas, 0.0).sum(axis=-1), known.sum(axis=-1))


def classification_metrics(
    labels: NDArray[np.intp],
    probabilities: NDArray[np.float64],
    people: ArrayLike,
    classes: Sequence[str],
    *,
    ordered: bool,
    seed: int,
    n_resamples: int = 2000,
) -> dict[str, Any]:
    """Return all statistics of a classifier on held-out people, flat, for ``metrics.json``.

    Parameters
    ----------
    labels
        (n,) right classes, 0 to K - 1.
    probabilities
        (n, K), each row adds up to 1; the most probable class is the prediction.
    people
        (n,) the person of every row.
    classes
        Names of the K classes.
    ordered
        Whether neighbouring classes are more alike than others.
    seed, n_resamples
        Of the bootstrap over people.

    Returns
    -------
    dict
        Numbers ``n`` and ``people``; statistics, each with its ``<name>_ci95``: ``accuracy``,
        ``balanced_accuracy``, ``macro_precision``, ``macro_recall``, ``macro_f1``, ``kappa``,
        ``auc_macro``, ``calibration_error``, ``classwise_calibration_error``, ``brier``, ``nll``,
        and where ``ordered`` ``kappa_linear``, ``kappa_quadratic``, ``mean_class_distance``;
        ``calibration_error_floor``, what a calibrated model would show; ``per_class`` with n,
        people, sensitivity and specificity of each class; ``confusion``; ``intervals_note``
        where there are few people. Intervals of sensitivity and specificity are Wilson's, in
        which a person counts once.

    Raises
    ------
    ValueError
        Rows, labels, people and classes do not fit.
    """
    labels, probabilities, who = _checked(labels, probabilities, people, classes)
    tables, predictions = _tables(labels, probabilities, who)
    flat: dict[str, Any] = {"n": len(labels), "people": len(tables)}
    for name, statistic in _of_tables(ordered, tables).items():
        flat |= as_flat(name, _table_estimate(statistic, tables, seed, n_resamples))
    area = bootstrap_estimate(
        _auc_of_same_classes, who, probabilities, labels, n_resamples=n_resamples, seed=seed
    )
    flat |= as_flat("auc_macro", area)
    found = calibration_estimates(probabilities, labels, who, seed=seed, n_resamples=n_resamples)
    for name, estimate in found.items():
        flat |= as_flat(name, estimate)
    flat["calibration_error_floor"] = calibration_floor(probabilities, seed=seed)
    if len(tables) < _FEW_PEOPLE:
        flat["intervals_note"] = few_people_note(len(tables))
    flat["per_class"] = _per_class(labels, predictions, who, classes)
    flat["confusion"] = confusion(labels, predictions, len(classes)).tolist()
    return flat


def few_people_note(people: int) -> str:
    """Return what is to be said of intervals from few people."""
    who = "person: there are no intervals" if people == 1 else "people: intervals over people are"
    rest = "." if people == 1 else " wide, and still somewhat too narrow."
    return f"Only {people} {who}{rest}"


def as_flat(name: str, estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as two entries of a flat table: its value, and ``<name>_ci95``."""
    return {name: estimate.value, f"{name}_ci95": [estimate.low, estimate.high]}


def paired_comparison(
    labels: NDArray[np.intp],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    people: ArrayLike,
    classes: Sequence[str],
    *,
    ordered: bool,
    seed: int = 0,
) -> dict[str, Difference]:
    """Compare two models on the same rows of the same people.

    Parameters
    ----------
    labels
        (n,) right classes, 0 to K - 1.
    before, after
        (n, K) probabilities of either model.
    people
        (n,) the person of every row.
    classes
        Names of the K classes.
    ordered
        Whether neighbouring classes are more alike than others.
    seed
        Of the bootstrap: people are drawn for both models at once.

    Returns
    -------
    dict of Difference
        The statistics of the confusion as in :func:`classification_metrics`, ``auc_macro``,
        ``brier``, ``nll``, and ``sensitivity_<class>`` and ``specificity_<class>`` of each class.

    Raises
    ------
    ValueError
        Rows, labels, people and classes do not fit.
    """
    labels, before, who = _checked(labels, before, people, classes)
    _, after, _ = _checked(labels, after, people, classes)
    pair = [_tables(labels, p, who)[0] for p in (before, after)]
    found = {
        name: _table_difference(statistic, pair, seed)
        for name, statistic in (_of_tables(ordered, pair[0]) | _of_classes(classes)).items()
    }
    for name, statistic in {
        "auc_macro": _auc_of_same_classes,
        "brier": brier_score,
        "nll": negative_log_likelihood,
    }.items():
        found[name] = _row_difference(statistic, (labels, before, after), who, seed)
    return found


def _of_tables(ordered: bool, tables: Table) -> dict[str, Callable[[Table], Table]]:
    there = tables.sum(axis=(0, 2)) > 0
    found: dict[str, Callable[[Table], Table]] = {
        "accuracy": accuracy,
        "balanced_accuracy": _of_same_classes(balanced_accuracy, there),
        "macro_precision": _of_same_classes(macro_precision, there),
        "macro_recall": _of_same_classes(balanced_accuracy, there),
        "macro_f1": _of_same_classes(macro_f1, there),
        "kappa": kappa,
    }
    if ordered:
        found["kappa_linear"] = lambda table: kappa(table, 1)
        found["kappa_quadratic"] = lambda table: kappa(table, 2)
        found["mean_class_distance"] = mean_class_distance
    return found


def _of_same_classes(
    statistic: Callable[[Table], Table], there: NDArray[np.bool_]
) -> Callable[[Table], Table]:
    def whole(table: Table) -> Table:
        lost = (there & (table.sum(axis=-1) == 0)).any(axis=-1)
        return np.where(lost, np.nan, statistic(table))

    return whole


def _auc_of_same_classes(
    probabilities: NDArray[np.float64], labels: NDArray[np.intp], weights: Table
) -> Table:
    there = np.eye(probabilities.shape[1])[labels]
    lost = (there.any(axis=0) & (weights @ there == 0)).any(axis=-1)
    return np.where(lost, np.nan, auc_macro(probabilities, labels, weights))


def _of_classes(classes: Sequence[str]) -> dict[str, Callable[[Table], Table]]:
    found: dict[str, Callable[[Table], Table]] = {}
    for number, name in enumerate(classes):
        found[f"sensitivity_{name}"] = _of_class(sensitivity, number)
        found[f"specificity_{name}"] = _of_class(specificity, number)
    return found


def _of_class(statistic: Callable[[Table], Table], number: int) -> Callable[[Table], Table]:
    def one(table: Table) -> Table:
        found: Table = statistic(table)[..., number]
        return found

    return one


def _tables(
    labels: NDArray[np.intp], probabilities: NDArray[np.float64], who: NDArray[np.generic]
) -> tuple[Table, NDArray[np.intp]]:
    """Return one confusion for each person, in the order of their sorted names; predictions."""
    n_classes = probabilities.shape[1]
    predictions = probabilities.argmax(axis=1)
    names, person = np.unique(who, return_inverse=True)
    cells = (person * n_classes + labels) * n_classes + predictions
    counted = np.bincount(cells, minlength=len(names) * n_classes**2)
    return counted.reshape(len(names), n_classes, n_classes).astype(np.float64), predictions


def _table_estimate(
    statistic: Callable[[Table], Table], tables: Table, seed: int, n_resamples: int
) -> Estimate:
    # One row for each person: far less to draw than one for each walk, with the same result.
    return bootstrap_estimate(
        lambda t, weights: statistic(np.tensordot(weights, t, axes=1)),
        np.arange(len(tables)), tables, n_resamples=n_resamples, seed=seed,
    )  # fmt: skip


def _table_difference(
    statistic: Callable[[Table], Table], pair: list[Table], seed: int
) -> Difference:
    before, after = (_known(statistic(tables.sum(axis=0))) for tables in pair)

    def difference(first: Table, second: Table, weights: Table) -> Table:
        one, other = (np.tensordot(weights, t, axes=1) for t in (first, second))
        return statistic(other) - statistic(one)

    found = bootstrap_estimate(difference, np.arange(len(pair[0])), *pair, seed=seed)
    return Difference(before, after, found)


def _row_difference(
    statistic: Callable[..., Table],
    rows: tuple[NDArray[np.intp], Table, Table],
    who: NDArray[np.generic],
    seed: int,
) -> Difference:
    labels, before, after = rows
    once = np.ones((1, len(labels)))
    found = bootstrap_estimate(
        lambda y, one, other, weights: statistic(other, y, weights) - statistic(one, y, weights),
        who, labels, before, after, seed=seed,
    )  # fmt: skip
    values = [_known(statistic(p, labels, once)[0]) for p in (before, after)]
    return Difference(values[0], values[1], found)


def _per_class(
    labels: NDArray[np.intp],
    predictions: NDArray[np.intp],
    who: NDArray[np.generic],
    classes: Sequence[str],
) -> Mapping[str, Mapping[str, Any]]:
    table = confusion(labels, predictions, len(classes)).astype(np.float64)
    found = {}
    for k, name in enumerate(classes):
        own = labels == k
        entry: dict[str, Any] = {"n": int(own.sum()), "people": len(np.unique(who[own]))}
        for what, value, rows in (
            ("sensitivity", sensitivity(table)[k], own),
            ("specificity", specificity(table)[k], ~own),
        ):
            share = _known(value)
            low, high = (
                (None, None) if share is None else wilson_interval(share, len(np.unique(who[rows])))
            )
            entry |= {what: share, f"{what}_ci95": [low, high]}
        found[name] = entry
    return found


def _auc(values: NDArray[np.float64], positive: NDArray[np.bool_], weights: Table) -> Table:
    yes, no = sums_of_levels(
        values, weights, positive.astype(np.float64), (~positive).astype(np.float64)
    )
    below = no.cumsum(axis=-1) - no / 2
    return ratio((yes * below).sum(axis=-1), yes.sum(axis=-1) * no.sum(axis=-1))


def _right(table: Table) -> Table:
    return np.diagonal(table, axis1=-2, axis2=-1).astype(np.float64)


def _macro(values: Table, table: Table) -> Table:
    there = table.sum(axis=-1) > 0
    return ratio(np.where(there, values, 0.0).sum(axis=-1), there.sum(axis=-1))


def _distances(n_classes: int) -> NDArray[np.float64]:
    place = np.arange(n_classes, dtype=np.float64)
    return np.abs(place[:, None] - place)


def _known(value: NDArray[np.float64] | np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None


def _checked(
    labels: NDArray[np.intp],
    probabilities: NDArray[np.float64],
    people: ArrayLike,
    classes: Sequence[str],
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.generic]]:
    labels, who = np.asarray(labels), np.asarray(people)
    probabilities = np.asarray(probabilities, np.float64)
    if probabilities.shape != (len(labels), len(classes)) or who.shape != labels.shape:
        raise ValueError("labels, people and rows of probabilities for all classes must fit")
    if not len(labels) or labels.min() < 0 or labels.max() >= len(classes):
        raise ValueError("there must be rows, and labels are the numbers of classes")
    check_distributions(probabilities)
    return labels, probabilities, who
