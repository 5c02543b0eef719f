"""Sums over rows that carry weights: the arithmetic under every bootstrapped statistic.

A statistic that takes weights of shape (…, N) gives one value for each of the leading axes, so
that thousands of bootstrap replicates are a few matrix products. A weight of 2 counts for two
equal rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Differences below this part of the largest value are rounding.
ROUNDING = 1e-14
_CANCELLATION = 1e-12


def row_weights(n_rows: int, weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return weights for rows: those given, or ones.

    Parameters
    ----------
    n_rows
        N, the number of rows.
    weights
        (…, N) weights, not negative; None counts every row once.

    Raises
    ------
    ValueError
        The last axis of the weights is not as long as there are rows.
    """
    if weights is None:
        return np.ones(n_rows)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.ndim == 0 or weights.shape[-1] != n_rows:
        raise ValueError(f"weights of shape {weights.shape} do not fit {n_rows} rows")
    return weights


def ratio(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a quotient, NaN where the denominator is not positive."""
    numerator, denominator = np.broadcast_arrays(numerator, denominator)
    result = np.full(denominator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result


def weighted_mean(
    values: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the mean of rows.

    Parameters
    ----------
    values
        (N,) finite values.
    weights
        (…, N) weights; None counts every row once.

    Returns
    -------
    numpy.ndarray
        (…,) means; NaN where there is no weight.
    """
    weights = row_weights(len(values), weights)
    return ratio(weights @ values, weights.sum(axis=-1))


def centred_products(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return the sum of products of two columns about their means.

    Parameters
    ----------
    first, second
        (N,) finite values.
    weights
        (…, N) weights; None counts every row once.

    Returns
    -------
    numpy.ndarray
        (…,) sums; NaN where there is no weight.
    """
    weights = row_weights(len(first), weights)
    first, second = _about_the_middle(first), _about_the_middle(second)
    products = weights @ (first * second)
    return products - ratio((weights @ first) * (weights @ second), weights.sum(axis=-1))


def centred_squares(
    values: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the sum of squares about the mean, exactly 0 where only rounding is left.

    Parameters
    ----------
    values
        (N,) finite values.
    weights
        (…, N) weights; None counts every row once.

    Returns
    -------
    numpy.ndarray
        (…,) sums; NaN where there is no weight.
    """
    weights = row_weights(len(values), weights)
    squares = weights @ _about_the_middle(values) ** 2
    scale = float(np.abs(values).max(initial=0.0))
    rounding = _CANCELLATION * squares + weights.sum(axis=-1) * (ROUNDING * scale) ** 2
    result = centred_products(values, values, weights)
    return np.where(result <= rounding, 0.0, result)


def _about_the_middle(values: NDArray[np.float64]) -> NDArray[np.float64]:
    # Sums of squares of large, close values would cancel.
    return values - values.mean() if len(values) else values


def sums_of_levels(
    values: NDArray[np.float64], weights: NDArray[np.float64], *columns: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """Return sums of weighted rows by the levels of a column: rows of equal value are one level.

    Parameters
    ----------
    values
        (N,) finite values, at least one.
    weights
        (…, N) weights.
    *columns
        (N,) what is summed.

    Returns
    -------
    tuple of numpy.ndarray
        (…, L) for each column, from the lowest level to the highest.
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] > ordered[:-1]])
    weights = weights[..., order]
    return tuple(np.add.reduceat(weights * c[order], starts, axis=-1) for c in columns)
