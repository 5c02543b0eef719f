"""Which classes a card cannot exclude: the one rule that a report and an evaluation go by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Card
from clinigait.stats import prediction_sets


def sets_of(card: Card, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which classes cannot be excluded, (…, K), by the thresholds of a card."""
    thresholds = np.array([card.calibration.thresholds[name] for name in card.classes])
    return prediction_sets(probabilities, thresholds)


def prediction_set(card: Card, probabilities: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the labels that cannot be excluded: none of them where the walk is unlike all."""
    inside = sets_of(card, probabilities)
    return tuple(label for label, there in zip(card.classes, inside, strict=True) if there)
