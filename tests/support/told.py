"""Assessments of a few parameters, to hold findings against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from clinigait.core import (
    Assessment,
    Finding,
    Grade,
    Measurement,
    Parameter,
    Prediction,
    QualityCheck,
    Reference,
)
from clinigait.findings import findings_of
from clinigait.gait.catalogue import CATALOGUE
from support.assessments import assessed

RANGE = Reference(1.20, 1.40, "mean ± 1 SD", "healthy adults", "Somebody 2011, doi 10.1/x")
NAME = "stride_length_m"


def of(*parameters: Parameter, **changes: Any) -> Assessment:
    """Return an assessment that has these parameters, passes all checks and asks no model."""
    base = assessed(2, with_curves=False)
    assert base.measurement is not None
    parts: dict[str, Any] = {"parameters": tuple(parameters), "quality": (), **changes}
    return replace(base, measurement=replace(base.measurement, **parts))


def param(
    value: float | None,
    half: float | None = 0.01,
    side: str = "left",
    name: str = NAME,
    reference: Reference | None = RANGE,
    **changes: Any,
) -> Parameter:
    """Return a parameter whose interval reaches ``half`` to both sides."""
    low, high = (None, None) if value is None or half is None else (value - half, value + half)
    unit = CATALOGUE[name].unit if name in CATALOGUE else "m"
    reason = "nobody saw it" if value is None else None
    parts: dict[str, Any] = {"reason": reason, **changes}
    return Parameter(name, side, value, unit, 9, low, high, None, reference, **parts)  # type: ignore[arg-type]


def tell(*parameters: Parameter, **changes: Any) -> tuple[Finding, ...]:
    """Return the findings of these parameters alone."""
    return findings_of(of(*parameters, **changes), CATALOGUE)


def one(findings: Sequence[Finding], finding_id: str) -> Finding:
    """Return the finding of an id."""
    return next(finding for finding in findings if finding.id == finding_id)


def warned(code: str, name: str = "Something", **changes: Any) -> QualityCheck:
    """Return a check that warns."""
    parts: dict[str, Any] = {"value": None, "unit": "", "limit": "", **changes}
    return QualityCheck(
        name, Grade.WARNING, code=code, message="It is so.", remedy="Mend it.", **parts
    )


def with_predictions(*predictions: Prediction) -> Assessment:
    """Return an assessment in which models speak."""
    return replace(of(), predictions=predictions)


def mirrored(measurement: Measurement) -> Measurement:
    """Return a measurement with left and right exchanged."""
    return replace(measurement, parameters=tuple(_mirrored(p) for p in measurement.parameters))


def _mirrored(p: Parameter) -> Parameter:
    if p.name.endswith("asymmetry_pct") and p.value is not None:
        ends = (None, None) if p.low is None or p.high is None else (-p.high, -p.low)
        return replace(p, value=-p.value, low=ends[0], high=ends[1])
    other = {"left": "right", "right": "left", "both": "both"}
    return replace(p, side=other[p.side])  # type: ignore[arg-type]
