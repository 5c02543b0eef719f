"""The rules as data: what is compared with what, the limit, the grade, the source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import ClassVar

import yaml
from pydantic import TypeAdapter

from clinigait.core import FindingKind
from clinigait.core.finding import GRADES

_STRICT = {"extra": "forbid"}


@dataclass(frozen=True)
class Rule:
    """One rule.

    Parameters
    ----------
    id, kind
        Name, and the kind of its findings.
    compares
        What is compared with what, in words.
    grade
        The best grade of evidence that it can give.
    source
        Where the limit comes from.
    sides
        Of an asymmetry: parameters whose sides are compared, each with the parameter that is the
        index of their asymmetry in percent, or None.
    indices
        Of an asymmetry: parameters that are told as the index that they are.
    limit_pct
        Of an asymmetry: differences beyond it are told as such.
    strong_sd
        Of a level: how many standard deviations off the evidence is strong, where the reference
        range is mean ± 1 SD.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    id: str
    kind: FindingKind
    compares: str
    grade: str
    source: str
    sides: Mapping[str, str | None] = field(default_factory=dict)
    indices: tuple[str, ...] = ()
    limit_pct: float | None = None
    strong_sd: float = 2.0

    def __post_init__(self) -> None:
        if self.grade not in GRADES:
            raise ValueError(f"{self.id}: there is no grade {self.grade}")
        if (self.kind == "asymmetry") != (self.limit_pct is not None):
            raise ValueError(f"{self.id}: an asymmetry, and only an asymmetry, has a limit")


@dataclass(frozen=True)
class Rules:
    """All rules, and in which order their findings are told.

    Parameters
    ----------
    version
        Written into every finding.
    rules
        The rules.
    doubts
        Codes of warnings that put ``all`` numbers in doubt, or what is said of ``sides``.
    order
        Steps of importance, the most important first: ``kind.relation``, or with a grade behind it.
    groups
        Groups of the catalogue, the most important first.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    version: str
    rules: tuple[Rule, ...]
    doubts: Mapping[str, tuple[str, ...]]
    order: tuple[tuple[str, ...], ...]
    groups: tuple[str, ...]

    def of(self, kind: FindingKind) -> tuple[Rule, ...]:
        """Return the rules of one kind, in their order."""
        return tuple(rule for rule in self.rules if rule.kind == kind)

    def rule(self, rule_id: str) -> Rule:
        """Return the rule of an id."""
        return next(rule for rule in self.rules if rule.id == rule_id)

    def named(self, rule: Rule) -> str:
        """Return what a finding says of its rule: the name and the version of the file."""
        return f"{rule.id}@{self.version}"


@cache
def load_rules() -> Rules:
    """Return the rules that ship with clinigait."""
    text = files("clinigait.findings").joinpath("rules.yaml").read_text("utf-8")
    return TypeAdapter(Rules).validate_python(yaml.safe_load(text))
