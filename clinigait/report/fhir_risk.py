"""What a model says as parts of a FHIR RiskAssessment: numbers where it speaks, notes always."""

from __future__ import annotations

from typing import Any

from clinigait.core import BaselinePrediction, ClassProbability, Prediction, percent_text
from clinigait.io.assessment import significant
from clinigait.report.fhir_codes import clean
from clinigait.report.wording import ENGLISH


def prediction_parts(said: Prediction) -> list[dict[str, Any]]:
    """Return the categories with their probabilities, in per cent as R4 has them.

    R4 takes a probability or its range, not both: the interval stands in the rationale, with
    whether the category is in the set of those that cannot be excluded.
    """
    return [
        {
            "outcome": {"text": clean(one.title) or "category"},
            "probabilityDecimal": significant(100 * one.probability),
            "rationale": clean(_rationale(one, said)),
        }
        for one in said.classes
    ]


def _rationale(one: ClassProbability, said: Prediction) -> str:
    parts = []
    if one.low is not None and one.high is not None:
        low, high = significant(100 * one.low), significant(100 * one.high)
        parts.append(f"95 % interval {low:g} to {high:g} %.")
    elif said.interval_reason:
        parts.append(f"{ENGLISH.no_interval}: {said.interval_reason}.")
    if said.coverage is not None:
        within = "In" if one.label in said.prediction_set else "Not in"
        parts.append(f"{within} the prediction set at {100 * said.coverage:.0f} % coverage.")
    return " ".join(parts) or "Calibrated probability."


def prediction_notes(said: Prediction) -> list[str]:
    """Return what a reader has to know: silence and its reason first, then marks, then limits."""
    notes = []
    if said.abstained is not None:
        notes.append(f"{ENGLISH.model_silent}. {said.abstained.message} {said.abstained.remedy}")
    if said.synthetic:
        notes.append(f"{ENGLISH.model_synthetic}.")
    if said.research:
        notes.append(f"{ENGLISH.model_research}.")
    notes += [text for text in (said.statement, said.held_out) if text]
    notes.append(f"Model {said.card_id}, learned from {said.learned_from}.")
    if said.typicality is not None:
        score, limit = f"{said.typicality.score:.1f}", f"{said.typicality.limit:.1f}"
        notes.append(ENGLISH.typicality.format(score=score, limit=limit))
    return [*notes, *(_beside(baseline) for baseline in said.baselines), *said.limits]


def _beside(baseline: BaselinePrediction) -> str:
    title = ENGLISH.baseline_title.format(title=baseline.title)
    if not baseline.probabilities:
        return f"{title}: {ENGLISH.baseline_silent.format(reason=baseline.reason or '')}"
    shares = (f"{label} {percent_text(share)}" for label, share in baseline.probabilities.items())
    return f"{title}: {', '.join(shares)}."
