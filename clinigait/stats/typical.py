"""How like a group of vectors another one is: distance to the nearest of several Gaussians."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
#: Share of held-out people who are to lie within the limit.
SHARE = 0.99


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Gaussians that share a covariance, one a class.

    Parameters
    ----------
    means
        (K, E).
    precision
        (E, E), inverse of the covariance.
    """

    means: Floats
    precision: Floats

    def distance(self, vectors: ArrayLike) -> Floats:
        """Return the Mahalanobis distance, (N,), of (N, E) vectors to the nearest mean.

        Far from every class is unlike all that was seen (Lee 2018, arXiv 1807.03888). NaN where a
        vector holds what is no number.
        """
        apart = np.asarray(vectors, float)[:, None] - self.means[None]
        squares = np.einsum("nke,ef,nkf->nk", apart, self.precision, apart)
        return np.asarray(np.sqrt(np.maximum(squares, 0.0)).min(axis=1))


def fit_gaussians(vectors: ArrayLike, labels: ArrayLike, n_classes: int) -> Gaussians:
    """Fit one mean a class and a covariance that all share, shrunk to a multiple of the unit.

    By how much it is shrunk follows from the data (Ledoit & Wolf 2004,
    doi 10.1016/S0047-259X(03)00096-4), so that it can be inverted with fewer vectors than entries.

    Parameters
    ----------
    vectors
        (n, E).
    labels
        (n,) class numbers from 0.
    n_classes
        K.

    Raises
    ------
    ValueError
        If shapes do not fit, a value is missing, a class has fewer than two vectors, or all of
        them are alike.
    """
    x, y = np.asarray(vectors, float), np.asarray(labels, int)
    if x.ndim != 2 or y.shape != (len(x),) or not np.isfinite(x).all():
        raise ValueError("there is one vector of numbers for each label")
    if len(y) and not 0 <= y.min() <= y.max() < n_classes:
        raise ValueError(f"labels lie outside of 0 to {n_classes - 1}")
    if (np.bincount(y, minlength=n_classes) < 2).any():
        raise ValueError("every class needs two vectors")
    means = np.stack([x[y == k].mean(axis=0) for k in range(n_classes)])
    within = x - means[y]
    covariance = shrunk_covariance(within)
    if not np.trace(covariance) > 0:
        raise ValueError("the vectors of each class are all alike")
    return Gaussians(means, np.asarray(np.linalg.inv(covariance), np.float64))


def shrunk_covariance(within: Floats) -> Floats:
    """Return the covariance, (E, E), of vectors about 0, (n, E), shrunk by Ledoit and Wolf."""
    n, size = within.shape
    covariance = within.T @ within / n
    scale = float(np.trace(covariance)) / size
    target = scale * np.eye(size)
    # Squares of lengths by matrix products: n E x E arrays would be large.
    spread = float(((covariance - target) ** 2).sum())
    noise = float(((within**2).sum(axis=1) ** 2).sum()) / n - float((covariance**2).sum())
    weight = 1.0 if spread <= 0 else min(1.0, max(0.0, noise / n) / spread)
    return np.asarray((1 - weight) * covariance + weight * target)


def typical_limit(distances: ArrayLike, people: ArrayLike, share: float = SHARE) -> float:
    """Return the distance within which a share of people lie, each by the farthest of its walks.

    It is the conformal quantile: of new people like these at least that share lies within, on
    average. Too few people for it give the greatest distance that was seen.

    Parameters
    ----------
    distances
        (n,) of walks that taught neither network nor Gaussians.
    people
        (n,) who walked.
    share
        Between 0 and 1.

    Raises
    ------
    ValueError
        If there is no walk, or a distance is missing.
    """
    values, who = np.asarray(distances, float), np.asarray(people)
    if not len(values) or len(values) != len(who) or not np.isfinite(values).all():
        raise ValueError("there is one distance for each walk, and one walk at least")
    farthest = np.sort([values[who == person].max() for person in np.unique(who)])
    rank = min(int(np.ceil(share * (len(farthest) + 1))), len(farthest))
    return float(farthest[rank - 1])
