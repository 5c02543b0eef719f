"""Scales that a clinician scores at a visit, as data: name, range, unit.

Names and ranges only, no items: the wording of many scales is somebody's property.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from clinigait.core import BadInputError, Score

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
        Its range.
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
    high: float
    step: float
    unit: str
    higher_is_better: bool


def _read() -> tuple[Scale, ...]:
    text = files("clinigait.clinic").joinpath("scales.csv").read_text(encoding="utf-8")
    return tuple(
        Scale(
            row["key"], row["name"], row["name_zh"], float(row["low"]), float(row["high"]),
            float(row["step"]), row["unit"], row["better"] == "high",
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


SCALES: tuple[Scale, ...] = _read()
_BY_KEY = {scale.key: scale for scale in SCALES}
_REMEDY = "Look at the scale again."


def checked(scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores as a visit keeps them, under :data:`SCALES_KEY` of its facts.

    Raises
    ------
    BadInputError
        If a scale is not known, or a score is outside its range or between its steps.
    """
    for key, value in scores.items():
        scale = _BY_KEY.get(key)
        if scale is None:
            raise BadInputError("There is no such scale.", "Choose one of the list.")
        if (
            not _is_number(value)
            or not math.isfinite(value)
            or not scale.low <= value <= scale.high
        ):
            raise BadInputError(f"{scale.name} goes from {scale.low:g} to {scale.high:g}.", _REMEDY)
        if abs(value / scale.step - round(value / scale.step)) > 1e-6:
            raise BadInputError(f"{scale.name} goes in steps of {scale.step:g}.", _REMEDY)
    return {scale.key: float(scores[scale.key]) for scale in SCALES if scale.key in scores}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def scored(facts: Mapping[str, Any]) -> tuple[Score, ...]:
    """Return the scores of a visit's facts, in the order of the scales."""
    kept = facts.get(SCALES_KEY) or {}
    return tuple(
        Score(
            scale.key,
            scale.name,
            float(kept[scale.key]),
            scale.unit,
            scale.low,
            scale.high,
            scale.name_zh,
        )
        for scale in SCALES
        if kept.get(scale.key) is not None
    )
