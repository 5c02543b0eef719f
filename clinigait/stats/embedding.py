"""Many dimensions in a picture: principal components, and t-SNE."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

_Floats = NDArray[np.float64]
_STEPS, _EARLY = 500, 100
_EXAGGERATION = 12.0
_HALVINGS = 40


def principal_components(vectors: NDArray[np.floating], count: int) -> _Floats:
    """Return (N, count) scores of (N, D) vectors on their first principal components.

    Signs are such that the largest loading of each component is positive; there are fewer columns
    where N or D is smaller than ``count``.
    """
    centred = np.asarray(vectors, float) - np.mean(vectors, axis=0, dtype=float)
    left, values, loadings = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(loadings).argmax(axis=1)
    signs = np.sign(loadings[np.arange(len(loadings)), largest])
    return np.asarray((left * values * signs)[:, :count])


def neighbour_embedding(vectors: NDArray[np.floating], perplexity: float) -> _Floats:
    """Return (N, 2) places in which near neighbours of (N, D) vectors stay near: t-SNE.

    Exact, from the first two principal components, so that nothing is drawn by chance
    (van der Maaten & Hinton 2008, JMLR 9:2579). Memory and time grow with N squared: for a
    thousand or two. Distances between groups and their sizes mean nothing.

    Parameters
    ----------
    vectors
        N of three at least.
    perplexity
        About how many neighbours count; at most a third of the others.
    """
    count = len(vectors)
    shared = _affinities(np.asarray(vectors, float), min(perplexity, (count - 1) / 3))
    places = principal_components(vectors, 2)
    places = places / max(float(places[:, 0].std()), 1e-12) * 1e-4
    moved, gain = np.zeros_like(places), np.ones_like(places)
    rate = max(count / _EXAGGERATION / 4, 50.0)
    for step in range(_STEPS):
        near = 1 / (1 + squareform(pdist(places, "sqeuclidean")))
        np.fill_diagonal(near, 0)
        pull = (_EXAGGERATION if step < _EARLY else 1) * shared - near / near.sum()
        weight = pull * near
        slope = 4 * (weight.sum(axis=1)[:, None] * places - weight @ places)
        # A step grows where it keeps its direction.
        gain = np.clip(np.where(slope * moved < 0, gain + 0.2, gain * 0.8), 0.01, None)
        moved = (0.5 if step < _EARLY else 0.8) * moved - rate * gain * slope
        places = places + moved
        places -= places.mean(axis=0)
    return np.asarray(places)


def _affinities(vectors: _Floats, perplexity: float) -> _Floats:
    """Return (N, N) how much two count as neighbours; all together 1."""
    squares = squareform(pdist(vectors, "sqeuclidean"))
    scale = max(float(np.median(squares)), 1e-12)
    squares = squares / scale
    np.fill_diagonal(squares, np.inf)
    wanted = np.log(perplexity)
    low, high = np.full(len(squares), -20.0), np.full(len(squares), 20.0)
    for _ in range(_HALVINGS):  # of the logarithm of the precision, for all rows at once
        middle = (low + high) / 2
        share = _rows(squares, middle)
        with np.errstate(divide="ignore", invalid="ignore"):
            entropy = -np.where(share > 0, share * np.log(share), 0).sum(axis=1)
        wide = entropy > wanted
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    share = _rows(squares, (low + high) / 2)
    return np.asarray((share + share.T) / (2 * len(share)))


def _rows(squares: _Floats, log_precision: _Floats) -> _Floats:
    nearest = squares.min(axis=1, keepdims=True)
    share = np.exp(-np.exp(log_precision)[:, None] * (squares - nearest))
    return np.asarray(share / share.sum(axis=1, keepdims=True))
