"""From the embedding of a walk to what it is about: probabilities of concepts, and soft tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ConceptProjector:
    """A linear map from an embedding to concepts, learned without the language model.

    Parameters
    ----------
    concepts
        Names of parameters in the catalogue.
    centre, scale
        (E,) mean and spread of the embeddings that it learned from.
    weights
        (E + 1, C) of the standardised embedding and a constant.
    """

    concepts: tuple[str, ...]
    centre: Floats
    scale: Floats
    weights: Floats

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]], concepts: Sequence[str]) -> ConceptProjector:
        """Return the projector of stored arrays."""
        parts = (arrays[name].astype(np.float64) for name in ("centre", "scale", "weights"))
        return cls(tuple(concepts), *parts)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return what is stored."""
        parts = {"centre": self.centre, "scale": self.scale, "weights": self.weights}
        return {name: array.astype(np.float32) for name, array in parts.items()}

    def probabilities(self, vectors: NDArray[Any]) -> Floats:
        """Return (N, C) probabilities that each concept is what a walk is most about.

        Parameters
        ----------
        vectors
            (N, E) embeddings.
        """
        return _softmax(_inputs(vectors, self.centre, self.scale) @ self.weights)


def learn_projector(
    vectors: NDArray[Any], targets: NDArray[np.int64], concepts: Sequence[str], ridge: float = 0.1
) -> ConceptProjector:
    """Learn a projector: multinomial logistic regression with a ridge, by gradient descent.

    Parameters
    ----------
    vectors
        (N, E) embeddings.
    targets
        (N,) which concept each walk is most about.
    concepts
        Names of the C concepts.
    ridge
        Weight of the squared weights.
    """
    centre, scale = vectors.mean(axis=0), vectors.std(axis=0) + 1e-6
    inputs = _inputs(vectors, centre, scale)
    wanted = np.eye(len(concepts))[targets]
    weights = np.zeros((inputs.shape[1], len(concepts)))
    step = 1.0 / (np.linalg.norm(inputs, 2) ** 2 / len(inputs) + ridge)
    for _ in range(2000):
        gradient = inputs.T @ (_softmax(inputs @ weights) - wanted) / len(inputs)
        gradient[:-1] += ridge * weights[:-1]
        weights -= step * gradient
    return ConceptProjector(tuple(concepts), centre, scale, weights)


def _inputs(vectors: NDArray[Any], centre: Floats, scale: Floats) -> Floats:
    flat = (np.atleast_2d(vectors) - centre) / scale
    return np.hstack([flat, np.ones((len(flat), 1))])


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
