"""What models say, what the checks of the recording warn of, and what could not be measured."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from clinigait.core import (
    Assessment,
    Definition,
    Finding,
    Grade,
    Prediction,
    QualityCheck,
    Relation,
)
from clinigait.core.printed import significant, symbol
from clinigait.findings.facts import (
    check_id,
    check_keys,
    parameter_id,
    prediction_id,
    prediction_keys,
)
from clinigait.findings.rules import Rule, Rules
from clinigait.findings.told import Told, place_of, title_of, with_text
from clinigait.findings.words import CLASSES, OR, RESEARCH, plain_line

#: How a check says what it asks for.
_ASKED = re.compile(r"^at (?:least|most) (\d[\d.e+-]*)")


def prediction_findings(
    predictions: Sequence[Prediction], rule: Rule, rules: Rules
) -> Iterator[Finding]:
    """Yield what each model says: one class, several, or nothing.

    Parameters
    ----------
    predictions
        As in the assessment.
    rule
        Of the kind ``prediction``.
    rules
        For the version.
    """
    for key, said in zip(prediction_keys(predictions), predictions, strict=True):
        relation, title, values = _said(said)
        limited = said.research or said.synthetic
        yield with_text(
            Finding(
                id=f"prediction.{key}",
                rule=rules.named(rule),
                kind="prediction",
                name=said.task,
                title=title,
                side="",
                relation=relation,
                values=values,
                unit="",
                grade="limited" if limited else rule.grade,
                facts=(prediction_id(key),),
                source=said.card_id,
                text="",
            )
        )


def _said(said: Prediction) -> tuple[Relation, str, dict[str, float]]:
    """Return the outcome of a prediction, its title with the classes, and the probability."""
    mark = RESEARCH if said.research else ""
    if said.prediction is None:
        return "withheld", said.title + mark, {}
    ranked = sorted(said.classes, key=lambda one: -one.probability)
    # Where nothing can be told of what is excluded, nothing is excluded.
    left = [one for one in ranked if one.label in said.prediction_set] or ranked
    title = f"{said.title}{CLASSES}{OR.join(one.title for one in left)}{mark}"
    relation: Relation = "likely" if len(left) == 1 else "unclear"
    return relation, title, {"probability": significant(left[0].probability)}


def check_findings(checks: Sequence[QualityCheck], rule: Rule, rules: Rules) -> Iterator[Finding]:
    """Yield what the checks of the recording warn of.

    Parameters
    ----------
    checks
        As in the measurement.
    rule
        Of the kind ``quality``.
    rules
        For the version.
    """
    for key, check in zip(check_keys(checks), checks, strict=True):
        if check.grade is Grade.PASS or check.code is None:
            continue
        yield with_text(
            Finding(
                id=check_id(key),
                rule=rules.named(rule),
                kind="quality",
                name=check.code,
                title=plain_line(check.name),
                side="",
                relation="limited",
                values=_checked(check),
                unit=symbol(check.unit),
                grade=rule.grade,
                facts=(check_id(key),),
                source=rule.source,
                text="",
            )
        )


def _checked(check: QualityCheck) -> dict[str, float]:
    """Return what was found, and the limit where what was found is beyond it."""
    if check.value is None:
        return {}
    values = {"value": significant(check.value)}
    asked = _ASKED.match(check.limit)
    if asked is None:
        return values
    limit = significant(float(asked[1]))
    least = check.limit.startswith("at least")
    beyond = values["value"] < limit if least else values["value"] > limit
    return {**values, "limit": limit} if beyond else values


def missing_findings(told: Told, rule: Rule) -> Iterator[Finding]:
    """Yield what the protocol asks for and the walk did not give.

    What stands in for a parameter, such as a length in body heights for one in metres, is enough.

    Parameters
    ----------
    told
        The measurement.
    rule
        Of the kind ``quality``.
    """
    had = {told.title(name) for name in told.by_name if told.had(name)}
    asked: Collection[str] = told.by_name if told.reported is None else told.reported
    for name in sorted(asked, key=lambda name: place_of(name, told.definitions)):
        sides = told.by_name.get(name, {})
        without = [side for side, parameter in sides.items() if parameter.value is None]
        title = told.title(name)
        if len(without) == len(sides):
            if title not in had:
                had.add(title)
                facts = [parameter_id(name, side) for side in sorted(without)]
                yield _missing(told.definitions, told.rules, rule, name, "", facts or ["protocol"])
            continue
        for side in sorted(without):
            facts = [parameter_id(name, side)]
            yield _missing(told.definitions, told.rules, rule, name, side, facts)


def refusal_finding(assessment: Assessment, rule: Rule, rules: Rules) -> Finding:
    """Return that nothing was measured, of a refused assessment."""
    code = assessment.code or "refused"
    return with_text(
        Finding(
            id=check_id(code),
            rule=rules.named(rule),
            kind="quality",
            name=code,
            title="The walk",
            side="",
            relation="not_measured",
            values={},
            unit="",
            grade=rule.grade,
            facts=("code",),
            source=rule.source,
            text="",
        )
    )


def _missing(
    definitions: Mapping[str, Definition],
    rules: Rules,
    rule: Rule,
    name: str,
    side: str,
    facts: Sequence[str],
) -> Finding:
    return with_text(
        Finding(
            id=".".join(filter(None, ("quality", name, side))),
            rule=rules.named(rule),
            kind="quality",
            name=name,
            title=title_of(name, definitions),
            side=side,
            relation="not_measured",
            values={},
            unit="",
            grade=rule.grade,
            facts=tuple(facts),
            source=rule.source,
            text="",
        )
    )
