"""What may be told of an assessment: its parameters by name and side, and what is in doubt."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

from clinigait.core import Definition, Finding, Grade, Measurement, Parameter
from clinigait.core.finding import GRADES
from clinigait.findings.facts import check_id, check_keys, parameter_id
from clinigait.findings.rules import Rules
from clinigait.findings.sentences import sentence
from clinigait.findings.words import plain_line

_Outcome = TypeVar("_Outcome", bound=Hashable)
_SIDES = ("left", "right", "both")


@dataclass(frozen=True)
class Told:
    """A measurement as the rules see it.

    Parameters
    ----------
    measurement
        What was measured.
    definitions
        Titles, decimals and order by parameter name.
    rules
        Tell which warnings put numbers in doubt.
    reported
        Names that the protocol asks for; None for all.
    """

    measurement: Measurement
    definitions: Mapping[str, Definition]
    rules: Rules
    reported: Collection[str] | None = None

    @cached_property
    def by_name(self) -> dict[str, dict[str, Parameter]]:
        """Parameters by name and side, in the order of the catalogue.

        Those that the protocol does not ask for are left out, unless they stand in for one: a
        length in body heights has the title of the length in metres.
        """
        found: dict[str, dict[str, Parameter]] = {}
        for parameter in self.measurement.parameters:
            found.setdefault(parameter.name, {}).setdefault(parameter.side, parameter)
        asked = None if self.reported is None else {self.title(name) for name in self.reported}
        names = sorted(found, key=lambda name: place_of(name, self.definitions))
        return {name: found[name] for name in names if asked is None or self.title(name) in asked}

    def had(self, name: str) -> dict[str, Parameter]:
        """Return the parameters of a name that have a value, by side."""
        sides = self.by_name.get(name, {})
        return {side: p for side, p in sides.items() if p.value is not None}

    def title(self, name: str) -> str:
        """Return a parameter's printed name."""
        return title_of(name, self.definitions)

    def side_of(self, name: str, side: str) -> str:
        """Return the side as a finding has it: none where the parameter comes without sides."""
        sides = self.by_name.get(name, {})
        return side if side != "both" or {"left", "right"} & set(sides) else ""

    def doubts(self, *, sided: bool) -> tuple[str, ...]:
        """Return the ids of the warnings that put a number, or what is said of a side, in doubt."""
        doubted = self.rules.doubts.get("all", ())
        doubted += self.rules.doubts.get("sides", ()) if sided else ()
        checks = self.measurement.quality
        return tuple(
            check_id(key)
            for key, check in zip(check_keys(checks), checks, strict=True)
            if check.grade is not Grade.PASS and check.code in doubted
        )

    def facts(self, name: str, sides: Collection[str], *, sided: bool) -> tuple[str, ...]:
        """Return the ids of the parameters of some sides, and of what puts them in doubt."""
        return (*(parameter_id(name, side) for side in sides), *self.doubts(sided=sided))


def title_of(name: str, definitions: Mapping[str, Definition]) -> str:
    """Return a parameter's printed name; of an unknown one, its name as words."""
    if name in definitions:
        return definitions[name].title
    text = plain_line(name.replace("_", " "))
    return text[:1].upper() + text[1:] or "Unnamed"


def place_of(name: str, definitions: Mapping[str, Definition]) -> tuple[int, str]:
    """Return where a name stands: as in the catalogue, unknown ones behind, by name."""
    names = list(definitions)
    return (names.index(name) if name in definitions else len(names), name)


def worst(*grades: str) -> str:
    """Return the weakest of some grades of evidence."""
    return max(grades, key=GRADES.index)


def told_sides(outcomes: Mapping[str, _Outcome]) -> list[tuple[str, tuple[str, ...]]]:
    """Return which sides are told, each with the sides that it rests on.

    Where left, right and both come out alike, both are told at once; else each side by itself.

    Parameters
    ----------
    outcomes
        What is said of each side.
    """
    if set(outcomes) == set(_SIDES) and len(set(outcomes.values())) == 1:
        return [("both", ("both", "left", "right"))]
    single = [side for side in ("left", "right") if side in outcomes]
    return [(side, (side,)) for side in (single or outcomes)]


def with_text(finding: Finding) -> Finding:
    """Return a finding with its English sentence."""
    return replace(finding, text=sentence(finding))
