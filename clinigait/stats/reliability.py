"""Intraclass correlation: how much of the variance of ratings is that of the people rated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from clinigait.stats.weighted import (
    ROUNDING,
    centred_squares,
    ratio,
    row_weights,
    weighted_mean,
)

#: Model of Shrout & Fleiss, and whether one rating or the mean of all k is judged.
IccKind = Literal["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]


@dataclass(frozen=True)
class _MeanSquares:
    """Two-way analysis of variance of n targets by k raters."""

    n: NDArray[np.float64]
    k: int
    targets: NDArray[np.float64]
    raters: NDArray[np.float64]
    error: NDArray[np.float64]
    within: NDArray[np.float64]


def icc(
    ratings: NDArray[np.float64],
    kind: IccKind = "2,1",
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Return one of the six intraclass correlations of Shrout & Fleiss.

    The number before the comma is the model: 1, every target has raters of its own; 2, the same
    raters, drawn from many, rate all (absolute agreement: a constant offset of one counts
    against it); 3, the same raters and only they (consistency: offsets are forgiven). After the
    comma: 1, a single rating is judged; k, the mean of all k. Shrout & Fleiss 1979,
    doi 10.1037/0033-2909.86.2.420; McGraw & Wong 1996, doi 10.1037/1082-989X.1.1.30.

    Parameters
    ----------
    ratings
        (N, k) finite ratings: targets in rows, raters or methods in columns.
    kind
        Model and number of ratings.
    weights
        (…, N) weights of the targets; None counts every target once.

    Returns
    -------
    numpy.ndarray
        (…,) without unit, at most 1; NaN where it is undefined: fewer than two targets or
        raters, or no variance. Can be negative: targets differ less than raters disagree.

    Raises
    ------
    ValueError
        The ratings are no table of finite numbers, or the kind is unknown.
    """
    if kind not in get_args(IccKind):
        raise ValueError(f"there is no ICC({kind})")
    return _correlation(kind, _mean_squares(ratings, weights))


def icc_agreement(
    ratings: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return ICC(2,1): two-way random effects, absolute agreement, single rating.

    Parameters
    ----------
    ratings
        (N, k) finite ratings: targets in rows, raters or methods in columns.
    weights
        (…, N) weights of the targets; None counts every target once.

    Returns
    -------
    numpy.ndarray
        (…,) as :func:`icc`.
    """
    return icc(ratings, "2,1", weights)


def icc_interval(
    ratings: NDArray[np.float64], kind: IccKind = "2,1", level: float = 0.95
) -> tuple[float | None, float | None]:
    """Return the interval of an intraclass correlation from the F distribution.

    It takes the targets for independent and the ratings for normal; where people bring several
    rows, take the bootstrap over people instead. McGraw & Wong 1996,
    doi 10.1037/1082-989X.1.1.30: exact for models 1 and 3, by Satterthwaite's approximation for
    model 2.

    Parameters
    ----------
    ratings
        (N, k) finite ratings: targets in rows, raters or methods in columns.
    kind
        As for :func:`icc`.
    level
        Coverage aimed at, between 0 and 1.

    Returns
    -------
    tuple of float or None
        The lower and the upper bound; None where the correlation is undefined. ICC(2,k) has no
        lower bound where the error could be all there is.

    Raises
    ------
    ValueError
        The ratings are no table of finite numbers, or the kind or the level is impossible.
    """
    if not 0 < level < 1:
        raise ValueError("the level must lie between 0 and 1")
    value = float(icc(ratings, kind))
    if not np.isfinite(value):
        return None, None
    squares = _mean_squares(ratings, None)
    targets, noise = float(squares.n) - 1, _freedom(kind, squares)
    tail = (1 + level) / 2
    factors = (
        1 / f_distribution.ppf(tail, targets, noise),
        f_distribution.ppf(tail, noise, targets),
    )
    low, high = (
        float(_correlation(kind, replace(squares, targets=squares.targets * factor)))
        for factor in factors
    )
    return low if np.isfinite(low) else None, high


def _mean_squares(
    ratings: NDArray[np.float64], weights: NDArray[np.float64] | None
) -> _MeanSquares:
    ratings = np.asarray(ratings, dtype=np.float64)
    if ratings.ndim != 2 or not np.isfinite(ratings).all():
        raise ValueError("ratings must be a table (N, k) of finite numbers")
    rows, k = ratings.shape
    weights = row_weights(rows, weights)
    n = weights.sum(axis=-1)
    if k < 2:
        nothing = np.full(n.shape, np.nan)
        return _MeanSquares(n, k, nothing, nothing, nothing, nothing)
    target = ratings.mean(axis=1)
    # What is left after the target's mean has, rater by rater, the offset for its mean and the
    # error for its spread: no large sums are subtracted from each other.
    left = ratings - target[:, None]
    left = np.where(np.abs(left) <= ROUNDING * np.abs(ratings).max(initial=0.0), 0.0, left)
    error = np.sum([centred_squares(column, weights) for column in left.T], axis=0)
    raters = n * np.sum([weighted_mean(column, weights) ** 2 for column in left.T], axis=0)
    return _MeanSquares(
        n=n,
        k=k,
        targets=ratio(k * centred_squares(target, weights), n - 1),
        raters=raters / (k - 1),
        error=ratio(error, (n - 1) * (k - 1)),
        within=ratio(error + raters, n * (k - 1)),
    )


def _correlation(kind: IccKind, squares: _MeanSquares) -> NDArray[np.float64]:
    noise = squares.within if kind[0] == "1" else squares.error
    offset = ratio(squares.raters - squares.error, squares.n) * (kind[0] == "2")
    spread = squares.targets + offset
    if kind[-1] == "1":
        spread = spread + (squares.k - 1) * (noise + offset)
    # Raters who each say the same of every target show nothing of reliability, not an ICC of 0.
    spread = np.where(squares.targets + noise > 0, spread, 0.0)
    return ratio(squares.targets - noise, spread)


def _freedom(kind: IccKind, squares: _MeanSquares) -> float:
    """Return the degrees of freedom of what the mean square of the targets is compared with."""
    n, k = float(squares.n), squares.k
    if kind[0] == "1":
        return n * (k - 1)
    if kind[0] == "2":
        # The estimate can be negative, what it estimates cannot. McGraw & Wong's a and b are
        # both taken times 1 - ICC, which would divide by 0 at an ICC of 1.
        single = max(float(_correlation("2,1", squares)), 0.0)
        raters = k * single / n * float(squares.raters)
        error = (1 - single + k * single * (n - 1) / n) * float(squares.error)
        spread = raters**2 / (k - 1) + error**2 / ((n - 1) * (k - 1))
        if spread > 0:
            return (raters + error) ** 2 / spread
    return (n - 1) * (k - 1)
