"""The facts that findings rest on: their ids, and how an id leads back to the fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from clinigait.core import Assessment, Parameter, Prediction, QualityCheck

#: Before the id of a fact of the earlier of two assessments.
EARLIER = "earlier."
#: Facts that are a field of the assessment itself.
_OWN = ("code", "protocol")


def parameter_id(name: str, side: str) -> str:
    """Return the id of a parameter: ``parameters.stride_length_m.left``."""
    return f"parameters.{name}.{side}"


def check_keys(checks: Iterable[QualityCheck]) -> tuple[str, ...]:
    """Return a key for each check: its code, with the name where a code comes twice."""
    found = tuple(checks)
    codes = Counter(check.code for check in found)
    return tuple(str(c.code) if codes[c.code] == 1 else f"{c.code}.{c.name}" for c in found)


def check_id(key: str) -> str:
    """Return the id of a quality check by its key: ``quality.frame_rate_too_low``."""
    return f"quality.{key}"


def prediction_keys(predictions: Iterable[Prediction]) -> tuple[str, ...]:
    """Return a key for each prediction: its task, with the card where a task comes twice."""
    found = tuple(predictions)
    tasks = Counter(one.task for one in found)
    return tuple(p.task if tasks[p.task] == 1 else f"{p.task}.{p.card_id}" for p in found)


def prediction_id(key: str) -> str:
    """Return the id of a prediction by its key: ``predictions.frailty``."""
    return f"predictions.{key}"


def fact(fact_id: str, assessment: Assessment, earlier: Assessment | None = None) -> object | None:
    """Return the fact of an id.

    Parameters
    ----------
    fact_id
        As in ``Finding.facts``.
    assessment
        The assessment of the finding.
    earlier
        The earlier one, for changes.

    Returns
    -------
    Parameter, QualityCheck, Prediction, ProtocolFacts, str or None
        None where there is no such fact.
    """
    if fact_id.startswith(EARLIER):
        return None if earlier is None else fact(fact_id.removeprefix(EARLIER), earlier)
    if fact_id in _OWN:
        own: object | None = getattr(assessment, fact_id)
        return own
    kind, _, rest = fact_id.partition(".")
    if kind == "parameters":
        return _parameter(rest, assessment)
    if kind == "quality":
        return _check(rest, assessment)
    return _prediction(rest, assessment) if kind == "predictions" else None


def _parameter(rest: str, assessment: Assessment) -> Parameter | None:
    name, _, side = rest.rpartition(".")
    return assessment.measurement.parameter(name, side) if assessment.measurement else None


def _check(key: str, assessment: Assessment) -> QualityCheck | None:
    checks = assessment.measurement.quality if assessment.measurement else ()
    return dict(zip(check_keys(checks), checks, strict=True)).get(key)


def _prediction(key: str, assessment: Assessment) -> Prediction | None:
    keys = prediction_keys(assessment.predictions)
    return dict(zip(keys, assessment.predictions, strict=True)).get(key)
