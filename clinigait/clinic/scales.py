"""Scales that a clinician scores at a visit, as data: name, range, unit.

Names and ranges only, no items: the wording of many scales is somebody's property.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clinigait.core.review import Score

#: Key of the scores in a visit's facts.
SCALES_KEY = "scales"


@dataclass(frozen=True)
class Scale:
    """A scale.

    Parameters
    ----------
    key
        How it is kept.
    name, name_zh
        How it is called.
    low, high
        Its range; ``high`` is None where it has no end.
    step
        Smallest difference of two scores.
    unit
        ``points`` or a unit of measurement.
    higher_is_better
        Which way is better.
    """

    key: str
    name: str
    name_zh: str
    low: float
    high: float | None
    step: float
    unit: str
    higher_is_better: bool


SCALES: tuple[Scale, ...] = ()


def checked(scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores as a visit keeps them, under :data:`SCALES_KEY` of its facts.

    Raises
    ------
    BadInputError
        If a scale is not known, or a score is outside its range or between its steps.
    """
    raise NotImplementedError


def scored(facts: Mapping[str, Any]) -> tuple[Score, ...]:
    """Return the scores of a visit's facts, in the order of the scales."""
    raise NotImplementedError
