"""What stands beside a prediction: posture with its direction, and what a result is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    Card,
    Measurement,
    PredictiveValue,
    SignedMeasure,
    Space,
    Walk,
)
from clinigait.models.task import Task
from clinigait.representations.posture import MEASURES, PAIRS, PostureFrames, posture_frames

#: Views in which left and right lie apart, so that posture shows.
_FRONT_VIEWS = {"frontal", "spatial"}
#: Measured parameter, its title, and what a positive value means: as in the catalogue.
_PARAMETERS = (
    ("shoulder_tilt_deg", "Shoulder line", "right shoulder higher"),
    ("pelvis_tilt_deg", "Hip line", "right hip higher"),
    ("trunk_shift_m", "Trunk over the pelvis", "trunk to the right"),
)
#: Row of the asymmetry of posture: name, title, unit, pair, measure, meaning, factor. The arrays
#: count to the left, the catalogue to the right.
_POSTURE = (
    ("shoulder_height_pctbh", "Shoulder height", "% BH", "shoulder", "vertical",
     "right shoulder higher", -100.0),
    ("hip_height_pctbh", "Hip height", "% BH", "hip", "vertical", "right hip higher", -100.0),
    ("shoulder_midline_pctbh", "Shoulder from the midline", "% BH", "shoulder", "midline",
     "right shoulder further out", -100.0),
    ("shoulder_tilt_deg", "Shoulder line", "deg", "shoulder", "angular", "right shoulder higher",
     -1.0),
    ("pelvis_tilt_deg", "Hip line", "deg", "hip", "angular", "right hip higher", -1.0),
)  # fmt: skip


def predictive_values(
    card: Card, task: Task, prevalence_pct: float | None
) -> tuple[PredictiveValue, ...]:
    """Return what a positive result is worth at a stated prevalence, by the rule of Bayes.

    A label whose sensitivity or specificity the card does not know has none.
    """
    if prevalence_pct is None:
        return ()
    found = (_worth(card, label, prevalence_pct) for label in task.positive)
    return tuple(value for value in found if value is not None)


def _worth(card: Card, label: str, prevalence_pct: float) -> PredictiveValue | None:
    per_class = card.metrics.get("per_class")
    entry = per_class.get(label, {}) if isinstance(per_class, dict) else {}
    sensitivity, specificity = _share(entry, "sensitivity"), _share(entry, "specificity")
    if sensitivity is None or specificity is None:
        return None
    have = prevalence_pct / 100
    hit, false_alarm = sensitivity * have, (1 - specificity) * (1 - have)
    miss, all_clear = (1 - sensitivity) * have, specificity * (1 - have)
    if hit + false_alarm == 0 or miss + all_clear == 0:
        return None
    return PredictiveValue(
        label=label,
        prevalence_pct=prevalence_pct,
        sensitivity=sensitivity,
        specificity=specificity,
        positive=hit / (hit + false_alarm),
        negative=all_clear / (miss + all_clear),
    )


def _share(entry: Mapping[str, object], name: str) -> float | None:
    value = entry.get(name)
    return float(value) if isinstance(value, int | float) and 0 <= value <= 1 else None


def signed_measures(walks: Sequence[Walk], measurement: Measurement) -> tuple[SignedMeasure, ...]:
    """Return the posture of shoulders, hips and trunk; nothing where a view shows none of it.

    Angles and the shift of the trunk are the measured parameters, where there are; the rest are
    means over all frames of all records, outliers left out.
    """
    if measurement.view not in _FRONT_VIEWS:
        return ()
    values = {p.name: p for p in measurement.parameters if p.side == "both"}
    rows = [
        SignedMeasure(name, title, parameter.unit, parameter.value, positive)
        for name, title, positive in _PARAMETERS
        if (parameter := values.get(name)) is not None and parameter.value is not None
    ]
    names = {row.name for row in rows}
    return (*rows, *(row for row in _posture(walks) if row.name not in names))


def _posture(walks: Sequence[Walk]) -> Iterator[SignedMeasure]:
    pictured = [walk.pictured() for walk in walks]
    frames = [posture_frames(walk).signed for walk in pictured if walk.space is not Space.WORLD_M]
    if not frames:
        return
    means: NDArray[np.float64] = PostureFrames(np.concatenate(frames)).summary().signed
    for name, title, unit, pair, measure, positive, factor in _POSTURE:
        value = factor * float(means[PAIRS.index(pair), MEASURES.index(measure)])
        if np.isfinite(value):
            yield SignedMeasure(name, title, unit, value + 0.0, positive)  # no minus zero
