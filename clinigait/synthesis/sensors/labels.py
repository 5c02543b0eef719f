"""The part of the body that every pixel shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.synthesis.scene import Shot


@dataclass(frozen=True)
class PartLabels:
    """(H, W) uint8: numbers of ``body_parts.PARTS``, after the last of them the walking aid.

    Clothes carry the part below them; ``unknown`` never occurs.
    """

    name: str = "labels"

    def take(self, shot: Shot, rng: np.random.Generator) -> NDArray[np.uint8]:  # noqa: ARG002
        """Return the labels of one moment."""
        return shot.labels
