"""Levels: values against the reference ranges that apply to the person."""

from __future__ import annotations

from collections.abc import Iterator

from clinigait.core import Finding, Parameter, Reference, Relation
from clinigait.core.printed import significant, symbol
from clinigait.findings.rules import Rule
from clinigait.findings.told import Told, told_sides, with_text, worst

#: The kind of range outside of which a third of the healthy people lie.
_ONE_SD = "mean ± 1 SD"


def level_findings(told: Told, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for every value that has a reference range.

    Parameters
    ----------
    told
        The measurement.
    rule
        Of the kind ``level``.
    """
    for name in told.by_name:
        known = {side: p for side, p in told.had(name).items() if p.reference is not None}
        outcomes = {side: _outcome(told, p, rule) for side, p in known.items()}
        for side, resting_on in told_sides(outcomes):
            relation, grade = outcomes[side]
            yield _finding(told, rule, known[side], relation, grade, resting_on)


def _finding(
    told: Told, rule: Rule, parameter: Parameter, relation: Relation, grade: str,
    resting_on: tuple[str, ...],
) -> Finding:  # fmt: skip
    name, side = parameter.name, told.side_of(parameter.name, parameter.side)
    reference, value = _reference(parameter), significant(parameter.value or 0.0)
    values = {
        "value": value,
        "low": significant(reference.low),
        "high": significant(reference.high),
        **(straddling(parameter) if _straddles(parameter) else {}),
    }
    return with_text(
        Finding(
            id=".".join(filter(None, ("level", name, side))),
            rule=told.rules.named(rule),
            kind="level",
            name=name,
            title=told.title(name),
            side=side,
            relation=relation,
            values=values,
            unit=symbol(parameter.unit),
            grade=grade,
            facts=told.facts(name, resting_on, sided=side in ("left", "right")),
            source=f"{reference.kind}, {reference.population}. {reference.source}",
            text="",
        )
    )


def _reference(parameter: Parameter) -> Reference:
    if parameter.reference is None:
        raise ValueError(f"{parameter.name} has no reference")
    return parameter.reference


def _outcome(told: Told, parameter: Parameter, rule: Rule) -> tuple[Relation, str]:
    relation = _relation(parameter)
    sided = parameter.side != "both"
    unsure = interval_of(parameter) is None or _straddles(parameter)
    if unsure or parameter.reason or told.doubts(sided=sided):
        return relation, "limited"
    return relation, worst(rule.grade, _grade(parameter, relation, rule))


def _relation(parameter: Parameter) -> Relation:
    value, reference = significant(parameter.value or 0.0), _reference(parameter)
    if value < significant(reference.low):
        return "below"
    return "above" if value > significant(reference.high) else "within"


def _grade(parameter: Parameter, relation: Relation, rule: Rule) -> str:
    """Return how strong the evidence is, the interval lying on one side of the limit."""
    reference, interval = _reference(parameter), interval_of(parameter)
    if relation == "within" or reference.kind != _ONE_SD or interval is None:
        return "strong"
    beyond = (rule.strong_sd - 1) * (reference.high - reference.low) / 2
    far = interval[1] < reference.low - beyond or interval[0] > reference.high + beyond
    return "strong" if far else "moderate"


def _straddles(parameter: Parameter) -> bool:
    """Whether the interval reaches a value of which something else would be said."""
    interval, reference = interval_of(parameter), _reference(parameter)
    if interval is None:
        return False
    low, high = significant(reference.low), significant(reference.high)
    return {
        "below": interval[1] >= low,
        "above": interval[0] <= high,
        "within": interval[0] < low or interval[1] > high,
    }[_relation(parameter)]


def interval_of(parameter: Parameter) -> tuple[float, float] | None:
    """Return the 95 % interval of a parameter; None where it is not known."""
    if parameter.low is None or parameter.high is None:
        return None
    return significant(parameter.low), significant(parameter.high)


def straddling(parameter: Parameter) -> dict[str, float]:
    """Return the interval as values of a finding that says that it reaches across the limit."""
    interval = interval_of(parameter)
    return {} if interval is None else dict(zip(INTERVAL, interval, strict=True))


INTERVAL = ("interval_low", "interval_high")
