"""Baselines: multinomial logistic regression on a few measured numbers, written out in the card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from clinigait.core import (
    BadInputError,
    Baseline,
    BaselinePrediction,
    Measurement,
    Subject,
)

Floats = NDArray[np.float64]
#: Weight of half the sum of squared coefficients against the sum of the log losses.
RIDGE = 1.0
#: How to state what only the clinician knows.
_ASK = {
    "age_y": "The age is not known: give --age-y.",
    "sex_female": "The sex is not known: give --sex.",
    "height_m": "The body height is not known: give --height-m.",
    "mass_kg": "The body mass is not known: give --mass-kg.",
}


def fit_baseline(
    name: str,
    title: str,
    columns: Sequence[str],
    rows: ArrayLike,
    labels: ArrayLike,
    n_classes: int,
) -> Baseline:
    """Fit a multinomial logistic regression with a ridge on standardised columns.

    Coefficients are the minimum of the sum of the log losses plus half :data:`RIDGE` times their
    squares (le Cessie & van Houwelingen 1992, doi 10.2307/2347628); intercepts are free.

    Parameters
    ----------
    name, title
        Name in tables, and as printed.
    columns
        Names of the columns, with units.
    rows
        (n, d); rows in which a value is missing (NaN) are left out.
    labels
        (n,) class numbers from 0.
    n_classes
        K.

    Returns
    -------
    Baseline
        With neither metrics nor any trace of single rows.

    Raises
    ------
    BadInputError
        If a class has no row without missing values.
    ValueError
        If the shapes do not fit together, or a label is no class.
    """
    x, y = np.asarray(rows, float), np.asarray(labels, int)
    if x.ndim != 2 or x.shape != (len(y), len(columns)):
        raise ValueError(f"rows are {x.shape} for {len(y)} labels and {len(columns)} columns")
    if len(y) and not 0 <= y.min() <= y.max() < n_classes:
        raise ValueError(f"labels lie outside of 0 to {n_classes - 1}")
    whole = np.isfinite(x).all(axis=1)
    x, y = x[whole], y[whole]
    counts = np.bincount(y, minlength=n_classes)
    if not counts.all():
        raise BadInputError(
            f"The baseline {title} has no walk of class number {int(np.argmin(counts)) + 1} with "
            f"all of {', '.join(columns)}.",
            "Give these values for people of every class, or leave the baseline out.",
        )
    mean, sd = x.mean(axis=0), x.std(axis=0)
    sd = np.where(sd > 1e-9 * np.maximum(np.abs(mean), 1.0), sd, 1.0)  # a constant says nothing
    coefficients, intercepts = _fitted((x - mean) / sd, np.eye(n_classes)[y])
    return Baseline(
        name=name,
        title=title,
        columns=tuple(columns),
        mean=_plain(mean),
        sd=_plain(sd),
        coefficients=tuple(_plain(row) for row in coefficients),
        intercepts=_plain(intercepts),
    )


def baseline_probabilities(baseline: Baseline, values: Mapping[str, float]) -> Floats | None:
    """Return the probabilities of the classes, (K,); None where a value is missing.

    Parameters
    ----------
    baseline
        As fitted.
    values
        By column; others are passed over, NaN is missing.
    """
    row = np.array([values.get(name, math.nan) for name in baseline.columns], float)
    if not np.isfinite(row).all():
        return None
    z = (row - np.array(baseline.mean)) / np.array(baseline.sd)
    scores = np.array(baseline.coefficients) @ z + np.array(baseline.intercepts)
    return np.asarray(np.exp(log_softmax(scores)))


def known_values(measurement: Measurement, subject: Subject) -> dict[str, float]:
    """Return what baselines may know of a walk: parameters of both sides, and the person's data.

    Of a parameter that both sides have, ``lesser.`` and ``greater.`` before its name are the two
    values by size: which side it is differs from person to person.
    """
    known = {(p.name, p.side): p.value for p in measurement.parameters if p.value is not None}
    values = {name: value for (name, side), value in known.items() if side == "both"}
    for (name, side), value in known.items():
        other = known.get((name, "right"))
        if side == "left" and other is not None:
            values[f"lesser.{name}"] = min(value, other)
            values[f"greater.{name}"] = max(value, other)
    for name in ("age_y", "height_m", "mass_kg"):
        stated = getattr(subject, name)
        if stated is not None:
            values[name] = float(stated)
    if subject.sex is not None:
        values["sex_female"] = float(subject.sex == "female")
    return values


def baseline_prediction(
    baseline: Baseline,
    classes: Sequence[str],
    measurement: Measurement,
    subject: Subject,
    silent: str | None = None,
) -> BaselinePrediction:
    """Return what a baseline says of a walk, or why it says nothing.

    Parameters
    ----------
    baseline, classes
        As in the card.
    measurement, subject
        What is known of the walk and of the person.
    silent
        Why it must say nothing; None where it may.
    """
    values = known_values(measurement, subject)
    found = baseline_probabilities(baseline, values) if silent is None else None
    missing = [name for name in baseline.columns if name not in values]
    reason = None
    if found is None:
        reason = silent or " ".join(_why(name, measurement) for name in missing)
    return BaselinePrediction(
        name=baseline.name,
        title=baseline.title,
        inputs={name: values[name] for name in baseline.columns if name in values},
        probabilities={} if found is None else dict(zip(classes, map(float, found), strict=True)),
        reason=reason,
    )


def _why(name: str, measurement: Measurement) -> str:
    """Return why a value is not known."""
    if name in _ASK:
        return _ASK[name]
    name = name.removeprefix("lesser.").removeprefix("greater.")
    reasons = [p.reason for p in measurement.parameters if p.name == name and p.reason]
    words = name.replace("_", " ")
    return f"No {words}: {reasons[0]}" if reasons and reasons[0] else f"No {words} was measured."


def _fitted(z: Floats, hot: Floats) -> tuple[Floats, Floats]:
    """Return coefficients (K, d) and intercepts (K,) for standardised rows and one-hot labels."""
    n_columns, n_classes = z.shape[1], hot.shape[1]

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(n_classes, n_columns + 1)
        slopes, free = weights[:, :-1], weights[:, -1]
        logs = log_softmax(z @ slopes.T + free)
        off = np.exp(logs) - hot
        slope_gradient = off.T @ z + RIDGE * slopes
        gradient = np.column_stack([slope_gradient, off.sum(axis=0)])
        return float(-(hot * logs).sum() + RIDGE / 2 * (slopes**2).sum()), gradient.ravel()

    start = np.zeros((n_classes, n_columns + 1))
    start[:, -1] = np.log(hot.mean(axis=0))
    options = {"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-9}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    weights = found.x.reshape(n_classes, n_columns + 1)
    # Probabilities do not change when all classes move alike: the mean is taken out.
    weights -= weights.mean(axis=0)
    return weights[:, :-1], weights[:, -1]


def log_softmax(scores: Floats) -> Floats:
    """Return the logarithms of probabilities, (..., K), of logits of that shape."""
    down = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(down - np.log(np.exp(down).sum(axis=-1, keepdims=True)))


def _plain(numbers: Floats) -> tuple[float, ...]:
    return tuple(float(f"{number:.7g}") for number in numbers)
