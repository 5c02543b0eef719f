"""Asymmetries: how far the sides differ, in percent of their mean."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from clinigait.core import Finding, Parameter, Relation
from clinigait.core.printed import significant, symbol
from clinigait.findings.levels import INTERVAL, interval_of
from clinigait.findings.rules import Rule
from clinigait.findings.told import Told, with_text

#: A measured index and the one of the printed sides are the same up to this, in percent.
_SAME_INDEX_PCT = 0.1
#: Sides that are together not more than this, in their unit, have no ratio.
_NEARLY_ZERO = 1e-6
_GREATER: dict[bool, Relation] = {True: "right_greater", False: "left_greater"}


@dataclass(frozen=True)
class _Difference:
    """How far the sides differ, in percent; positive where the right side has more."""

    value: float
    interval: tuple[float, float] | None
    facts: tuple[str, ...]
    cautioned: bool

    def relation(self, limit: float) -> Relation:
        return "alike" if abs(self.value) <= limit else _GREATER[self.value > 0]

    def towards_the_greater(self) -> tuple[float, float] | None:
        """Return the interval with the greater side counted as positive."""
        if self.interval is None:
            return None
        low, high = self.interval
        turned = self.value < 0 or (self.value == 0 and -low > high)
        return (-high + 0.0, -low + 0.0) if turned else (low, high)

    def straddles(self, limit: float) -> bool:
        interval = self.towards_the_greater()
        if interval is None:
            return False
        low, high = interval
        return low < -limit or high > limit if abs(self.value) <= limit else low <= limit


def asymmetry_findings(told: Told, rule: Rule) -> Iterator[Finding]:
    """Yield a finding for every pair of sides, and every index of asymmetry, that a rule names.

    Parameters
    ----------
    told
        The measurement.
    rule
        Of the kind ``asymmetry``.
    """
    for name, index_name in rule.sides.items():
        index = told.had(index_name).get("both") if index_name is not None else None
        sides = told.had(name)
        pair = _of_sides(told, name, sides)
        if index is not None and (pair is not None or _stands_for(told, rule, name, index)):
            yield _of_index(told, rule, index, name, pair)
        elif pair is not None:
            yield _finding(told, rule, name, pair, _values_of(sides))
    for name in rule.indices:
        found = told.had(name).get("both")
        if found is not None:
            yield _finding(told, rule, name, _measured(told, found), {})


def _stands_for(told: Told, rule: Rule, name: str, index: Parameter) -> bool:
    """Whether an index without sides is told here: once, though two parameters may have it."""
    named = [each for each, of in rule.sides.items() if of == index.name]
    return name == named[0] and not any(_of_sides(told, n, told.had(n)) for n in named)


def _of_index(
    told: Told, rule: Rule, index: Parameter, name: str, pair: _Difference | None
) -> Finding:
    """Return the finding of a measured index, with the sides where they bear it out."""
    measured = _measured(told, index)
    if pair is None or abs(pair.value - measured.value) > _SAME_INDEX_PCT:
        return _finding(told, rule, index.name, measured, {})
    both = _Difference(
        measured.value,
        measured.interval,
        tuple(dict.fromkeys((*measured.facts, *pair.facts))),
        measured.cautioned or pair.cautioned,
    )
    return _finding(told, rule, name, both, _values_of(told.had(name)))


def _measured(told: Told, index: Parameter) -> _Difference:
    facts = told.facts(index.name, ("both",), sided=True)
    value = significant(index.value or 0.0)
    return _Difference(value, interval_of(index), facts, index.reason is not None)


def _of_sides(told: Told, name: str, sides: dict[str, Parameter]) -> _Difference | None:
    """Return the difference of two sides; None where one is missing, or they have no ratio.

    The index is that of Robinson 1987: 100 (R - L) / (0.5 (R + L)). For its interval the distances
    of both values from the ends of theirs add in quadrature (Zou & Donner 2008,
    doi 10.1002/sim.3095), the mean taken as known: errors that both sides share make it too wide,
    not too narrow.
    """
    left, right = sides.get("left"), sides.get("right")
    if left is None or right is None or left.value is None or right.value is None:
        return None
    if left.value < 0 or right.value < 0 or left.value + right.value <= _NEARLY_ZERO:
        return None
    percent = 200 / (left.value + right.value)
    difference = right.value - left.value
    interval = None
    lefts, rights = interval_of(left), interval_of(right)
    if lefts is not None and rights is not None:
        below = math.hypot(right.value - rights[0], lefts[1] - left.value)
        above = math.hypot(rights[1] - right.value, left.value - lefts[0])
        interval = (
            significant(percent * (difference - below)),
            significant(percent * (difference + above)),
        )
    facts = told.facts(name, ("left", "right"), sided=True)
    cautioned = left.reason is not None or right.reason is not None
    return _Difference(significant(percent * difference), interval, facts, cautioned)


def _values_of(sides: dict[str, Parameter]) -> dict[str, float]:
    return {side: significant(sides[side].value or 0.0) for side in ("left", "right")}


def _finding(
    told: Told, rule: Rule, name: str, found: _Difference, sides: dict[str, float]
) -> Finding:
    limit = rule.limit_pct or 0.0
    straddles = found.straddles(limit)
    values = {**sides, "difference_pct": abs(found.value), "limit": limit}
    towards = found.towards_the_greater()
    if straddles and towards is not None:
        values.update(zip(INTERVAL, towards, strict=True))
    unsure = straddles or towards is None or found.cautioned or told.doubts(sided=True)
    return with_text(
        Finding(
            id=f"asymmetry.{name}",
            rule=told.rules.named(rule),
            kind="asymmetry",
            name=name,
            title=told.title(name),
            side="",
            relation=found.relation(limit),
            values=values,
            unit=symbol(next(iter(told.by_name[name].values())).unit),
            grade="limited" if unsure else rule.grade,
            facts=found.facts,
            source=rule.source.strip(),
            text="",
        )
    )
