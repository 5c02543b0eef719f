"""An assessment, with its definitions, as far as its English words are known in Chinese.

Measurements carry their reasons, limits and remedies as English sentences. Known ones are said in
Chinese; others, and whatever a user wrote, stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from clinigait.core import (
    Assessment,
    MeasuredSign,
    Measurement,
    Parameter,
    Prediction,
    QualityCheck,
    Reference,
    SignedMeasure,
)
from clinigait.core.definition import Definition
from clinigait.findings import title_in
from clinigait.findings.words import unit_in
from clinigait.report.contents import Beside, Contents
from clinigait.report.phrases import phrases_of, say

_LANGUAGE = "zh"


def in_chinese(contents: Contents) -> Contents:
    """Return what a report is made of, in Simplified Chinese as far as it is known."""
    beside = contents.beside
    earlier = _assessment(beside.earlier) if beside.earlier is not None else None
    return replace(
        contents,
        assessment=_assessment(contents.assessment),
        definitions=definitions_in_chinese(contents.definitions),
        beside=Beside(beside.curves, earlier, beside.changes),
    )


def definitions_in_chinese(definitions: Mapping[str, Definition]) -> dict[str, Definition]:
    """Return what parameters mean, in Simplified Chinese as far as it is known."""
    return {name: _definition(definition) for name, definition in definitions.items()}


def _definition(definition: Definition) -> Definition:
    texts = phrases_of("definitions_zh.yaml")
    return replace(
        definition,
        title=title_in(_LANGUAGE, definition.name, definition.title),
        unit=unit_in(_LANGUAGE, definition.unit),
        definition=texts.get(definition.name, definition.definition),
        view=say(definition.view),
    )


def _assessment(assessment: Assessment) -> Assessment:
    seen, measurement = assessment.perception, assessment.measurement
    return replace(
        assessment,
        protocol=replace(assessment.protocol, title=say(assessment.protocol.title)),
        perception=seen and replace(seen, walker_rule=say(seen.walker_rule.rstrip("."))),
        measurement=measurement and _measurement(measurement),
        message=assessment.message and say(assessment.message),
        remedy=assessment.remedy and say(assessment.remedy),
        frames=tuple(replace(f, caption=say(f.caption)) for f in assessment.frames),
        predictions=tuple(_prediction(p) for p in assessment.predictions),
    )


def _measurement(measurement: Measurement) -> Measurement:
    scale = measurement.scale
    return replace(
        measurement,
        scale=scale and replace(scale, source=say(scale.source)),
        parameters=tuple(_parameter(p) for p in measurement.parameters),
        strides=tuple(
            replace(s, rejected_because=s.rejected_because and say(s.rejected_because))
            for s in measurement.strides
        ),
        quality=tuple(_check(check) for check in measurement.quality),
    )


def _parameter(parameter: Parameter) -> Parameter:
    return replace(
        parameter,
        unit=unit_in(_LANGUAGE, parameter.unit),
        reason=parameter.reason and say(parameter.reason),
        reference=parameter.reference and _reference(parameter.reference),
    )


def _reference(reference: Reference) -> Reference:
    return replace(reference, kind=say(reference.kind), population=say(reference.population))


def _check(check: QualityCheck) -> QualityCheck:
    return replace(
        check,
        name=title_in(_LANGUAGE, "", check.name),
        limit=say(check.limit),
        message=check.message and say(check.message),
        remedy=check.remedy and say(check.remedy),
    )


def _prediction(said: Prediction) -> Prediction:
    refused = said.abstained
    return replace(
        said,
        title=say(said.title),
        classes=tuple(replace(one, title=say(one.title)) for one in said.classes),
        statement=said.statement and say(said.statement),
        abstained=refused
        and replace(refused, message=say(refused.message), remedy=say(refused.remedy)),
        interval_reason=said.interval_reason and say(said.interval_reason),
        learned_from=say(said.learned_from),
        held_out=said.held_out and say(said.held_out),
        baselines=tuple(
            replace(b, title=say(b.title), reason=b.reason and say(b.reason))
            for b in said.baselines
        ),
        measures=tuple(_measure(one) for one in said.measures),
        signs=tuple(_sign(sign) for sign in said.signs),
        to_enter=tuple(say(field) for field in said.to_enter),
        limits=tuple(say(limit) for limit in said.limits),
    )


def _measure(measure: SignedMeasure) -> SignedMeasure:
    return replace(measure, title=say(measure.title), positive=say(measure.positive))


def _sign(sign: MeasuredSign) -> MeasuredSign:
    return replace(
        sign,
        title=title_in(_LANGUAGE, sign.name, sign.title),
        unit=unit_in(_LANGUAGE, sign.unit),
        reason=sign.reason and say(sign.reason),
        reference=sign.reference and _reference(sign.reference),
    )
