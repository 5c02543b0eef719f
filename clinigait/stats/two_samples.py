"""How far apart two sets of vectors lie: what was made, and what is real."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

_Floats = NDArray[np.floating]


def frechet_distance(first: _Floats, second: _Floats) -> float:
    """Return the squared Fréchet distance of the normal distributions of (N, D) and (M, D).

    As the Fréchet inception distance (arXiv:1706.08500), in whatever space the vectors lie:
    numbers from different spaces, or from different N, cannot be compared.
    """
    means = [np.mean(each, axis=0, dtype=float) for each in (first, second)]
    roots = [_root(np.cov(np.asarray(each, float), rowvar=False)) for each in (first, second)]
    # The trace of the root of the product of two covariances is the sum of these singular values.
    shared = np.linalg.svd(roots[0] @ roots[1], compute_uv=False).sum()
    spread = sum(float(np.square(root).sum()) for root in roots) - 2 * float(shared)
    return float(np.square(means[0] - means[1]).sum() + max(spread, 0.0))


def maximum_mean_discrepancy(first: _Floats, second: _Floats) -> float:
    """Return the unbiased squared MMD of (N, D) and (M, D) under a Gaussian kernel.

    The kernel is as wide as the median distance among both (Gretton 2012, JMLR 13:723). About 0,
    and at times below it, where both come from one distribution.
    """
    both = np.concatenate([first, second]).astype(float)
    width = float(np.median(pdist(both)))
    if width == 0:
        return 0.0
    kernel = np.exp(-0.5 * np.square(cdist(both, both) / width))
    n, m = len(first), len(second)
    own = (kernel[:n, :n].sum() - n) / (n * (n - 1)) + (kernel[n:, n:].sum() - m) / (m * (m - 1))
    return float(own - 2 * kernel[:n, n:].mean())


def diversity(vectors: _Floats) -> float:
    """Return the mean distance between two of (N, D) vectors."""
    return float(pdist(np.asarray(vectors, float)).mean())


def nearest_distances(from_: _Floats, to: _Floats) -> NDArray[np.float64]:
    """Return the distance (N,) from each of (N, D) to the nearest of (M, D)."""
    return np.asarray(cdist(np.asarray(from_, float), np.asarray(to, float)).min(axis=1))


def _root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(np.atleast_2d(covariance))
    return np.asarray((vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T)
