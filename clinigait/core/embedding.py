"""What a network made of a walk: one vector, and what it saw of each region of the body."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 80


@dataclass(frozen=True, eq=False)
class WalkEmbedding:
    """The embedding of a walk, for whoever explains what a model said; it carries no claim.

    Parameters
    ----------
    vector
        (E,) float32, of the whole walk.
    tokens
        (R, C) float32, a row a region.
    regions
        Names of the R regions.
    card_id
        Which model: name of the bundle and the beginning of the hash of its card.
    weights_sha256
        Hash of its weights.
    """

    vector: NDArray[np.float32]
    tokens: NDArray[np.float32]
    regions: tuple[str, ...]
    card_id: str
    weights_sha256: str

    def __post_init__(self) -> None:
        if self.vector.ndim != 1 or not len(self.vector):
            raise ValueError(f"an embedding is one vector, not {self.vector.shape}")
        if self.tokens.ndim != 2 or len(self.tokens) != len(self.regions) or not self.regions:
            raise ValueError(f"{len(self.regions)} regions for tokens of {self.tokens.shape}")
        if not (np.isfinite(self.vector).all() and np.isfinite(self.tokens).all()):
            raise ValueError("an embedding holds numbers only")
        if len(set(self.regions)) != len(self.regions):
            raise ValueError("a region is named twice")
        for name in (*self.regions, self.card_id):
            if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
                raise ValueError("names of embeddings are short and plain")
        if not _SHA256.fullmatch(self.weights_sha256):
            raise ValueError("the hash of the weights is none")
