"""Changes: a later assessment against an earlier one of the same person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from clinigait.core import Assessment, Definition, Finding, Relation
from clinigait.core.printed import significant, symbol
from clinigait.findings.facts import EARLIER
from clinigait.findings.order import in_order
from clinigait.findings.rules import Rule, load_rules
from clinigait.findings.told import Told, told_sides, with_text

if TYPE_CHECKING:
    from clinigait.stats import Change


class Compared(Protocol):
    """One parameter of one side in two assessments, as ``gait.compare`` gives it."""

    @property
    def name(self) -> str:
        """Name in the catalogue."""

    @property
    def side(self) -> str:
        """``left``, ``right`` or ``both``."""

    @property
    def unit(self) -> str:
        """Unit symbol of both values."""

    @property
    def first(self) -> float | None:
        """Value of the earlier assessment."""

    @property
    def second(self) -> float | None:
        """Value of the later assessment."""

    @property
    def change(self) -> Change:
        """Second less first, with the minimal detectable change."""

    @property
    def reason(self) -> str | None:
        """Why the two cannot be compared; None where they can."""


def change_findings(
    rows: Iterable[Compared],
    earlier: Assessment,
    later: Assessment,
    definitions: Mapping[str, Definition],
) -> tuple[Finding, ...]:
    """Return what changed from an earlier assessment to a later one, most important first.

    What cannot be compared is not told. Facts are those of the later assessment, and with
    ``earlier.`` before their id those of the earlier one.

    Parameters
    ----------
    rows
        The comparison of the two.
    earlier, later
        Two assessments of one person.
    definitions
        Titles and order by parameter name.
    """
    if earlier.measurement is None or later.measurement is None:
        return ()
    rules = load_rules()
    visits = [Told(a.measurement, definitions, rules) for a in (earlier, later) if a.measurement]
    by_name: dict[str, dict[str, Compared]] = {}
    for row in rows:
        if row.reason is None and row.change.minimal_detectable is not None:
            by_name.setdefault(row.name, {}).setdefault(row.side, row)
    found = [
        finding
        for rule in rules.of("change")
        for sides in by_name.values()
        for finding in _of_name(sides, rule, visits[0], visits[1])
    ]
    return in_order(found, definitions)


def _of_name(
    sides: Mapping[str, Compared], rule: Rule, before: Told, after: Told
) -> Iterable[Finding]:
    outcomes = {side: _outcome(row, rule, (before, after)) for side, row in sides.items()}
    for side, resting_on in told_sides(outcomes):
        row, (relation, grade) = sides[side], outcomes[side]
        printed_side = after.side_of(row.name, side)
        sided = printed_side in ("left", "right")
        facts = after.facts(row.name, resting_on, sided=sided)
        earlier = before.facts(row.name, resting_on, sided=sided)
        values = _values(row)
        yield with_text(
            Finding(
                id=".".join(filter(None, ("change", row.name, printed_side))),
                rule=after.rules.named(rule),
                kind="change",
                name=row.name,
                title=after.title(row.name),
                side=printed_side,
                relation=relation,
                values=values,
                unit=symbol(row.unit),
                grade=grade,
                facts=(*facts, *(f"{EARLIER}{one}" for one in earlier)),
                source=rule.source.strip(),
                text="",
            )
        )


def _values(row: Compared) -> dict[str, float]:
    return {
        "before": significant(row.first or 0.0),
        "after": significant(row.second or 0.0),
        "limit": significant(row.change.minimal_detectable or 0.0),
    }


def _outcome(row: Compared, rule: Rule, visits: tuple[Told, Told]) -> tuple[Relation, str]:
    relation: Relation = "unchanged"
    if row.change.is_real:
        relation = "increased" if (row.change.difference or 0.0) > 0 else "decreased"
    sided = row.side != "both"
    parameters = [visit.had(row.name).get(row.side) for visit in visits]
    cautioned = any(p is not None and p.reason for p in parameters)
    doubted = any(visit.doubts(sided=sided) for visit in visits)
    return relation, "limited" if cautioned or doubted else rule.grade
