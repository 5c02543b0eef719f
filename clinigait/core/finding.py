"""Finding: one thing that the numbers of an assessment say, and the facts that it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

FindingKind = Literal["level", "asymmetry", "change", "prediction", "quality"]
Relation = Literal[
    "below", "within", "above",
    "left_greater", "right_greater", "alike",
    "increased", "decreased", "unchanged",
    "likely", "unclear", "withheld",
    "not_measured", "limited",
]  # fmt: skip

#: What can be said of each kind: a level against a reference range; an asymmetry; a change since
#: an earlier assessment against the minimal detectable change; a prediction of which one class,
#: several or none is left in the set; what could not be measured, or is measured with a caution.
RELATIONS: dict[FindingKind, tuple[Relation, ...]] = {
    "level": ("below", "within", "above"),
    "asymmetry": ("left_greater", "right_greater", "alike"),
    "change": ("increased", "decreased", "unchanged"),
    "prediction": ("likely", "unclear", "withheld"),
    "quality": ("not_measured", "limited"),
}

GRADES = ("strong", "moderate", "limited")
_SIDES = ("left", "right", "both", "")


@dataclass(frozen=True)
class Finding:
    """One thing that the numbers of an assessment say.

    Parameters
    ----------
    id
        Unique in an assessment, for example ``level.stride_length_m.left``.
    rule
        The rule that made it, with the version of the rule file.
    kind
        What is compared with what.
    name
        Parameter of the catalogue, task of a prediction, or name of a quality check.
    title
        As printed, in English.
    side
        ``left``, ``right`` or ``both``; empty where it has no side.
    relation
        Outcome of the comparison.
    values
        The numbers by role, in ``unit``: ``value``, ``low``, ``high``; ``left``, ``right``,
        ``difference_pct``, ``limit``; ``before``, ``after``, ``limit``; ``probability``.
    unit
        Unit symbol as printed; empty where there is none.
    grade
        Grade of evidence: ``strong``, ``moderate`` or ``limited``.
    facts
        What it rests on: paths into ``assessment.json``, a parameter by its name and side, for
        example ``parameters.stride_length_m.left``.
    source
        Where the range or the limit comes from: a citation, or ``definition``.
    text
        The sentence that says it, in English.
    """

    id: str
    rule: str
    kind: FindingKind
    name: str
    title: str
    side: str
    relation: Relation
    values: dict[str, float]
    unit: str
    grade: str
    facts: tuple[str, ...]
    source: str
    text: str

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS.get(self.kind, ()):
            raise ValueError(f"{self.id}: {self.relation} says nothing of a {self.kind}")
        if self.side not in _SIDES or self.grade not in GRADES:
            raise ValueError(f"{self.id}: no side {self.side!r} or no grade {self.grade!r}")
        if not all(math.isfinite(value) for value in self.values.values()):
            raise ValueError(f"{self.id} has a value that is not finite")
        if not self.facts:
            raise ValueError(f"{self.id} rests on no fact")
