"""Whom a published value was measured on, and whether a person and a walk fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeVar, cast

from clinigait.core import Sex, Subject

Pace = Literal["slow", "usual", "fast"]
Start = Literal["rolling", "standing"]
Footwear = Literal["shod", "barefoot"]
Surface = Literal["overground", "treadmill"]

# The words for footwear that are understood in free text. Anything else blocks a reference:
# heels, slippers and half sentences are not what a reference population wore.
_SHOD = frozenset(
    {"shod", "shoes", "trainers", "sneakers", "athletic shoes", "sports shoes", "running shoes"}
)
_BAREFOOT = frozenset({"barefoot", "bare feet", "no shoes", "without shoes", "unshod"})
_FILLERS = ("wearing ", "with ", "in ", "own ", "his ", "her ", "their ")


@dataclass(frozen=True)
class WalkConditions:
    """How the person walked, as far as it is known.

    Parameters
    ----------
    pace
        The instruction: ``slow``, ``usual`` or ``fast``; None where it is not known.
    start
        ``rolling`` where the person walked already when the measured part began, ``standing``
        where it began from standing; None where it is not known.
    aid
        Whether a walking aid was used; None where nothing is said, which counts as none.
    footwear
        ``shod`` or ``barefoot``; None where it is not known.
    surface
        ``overground`` or ``treadmill``; None where it is not known.
    """

    pace: Pace | None = "usual"
    start: Start | None = None
    aid: bool | None = None
    footwear: Footwear | None = None
    surface: Surface | None = "overground"


@dataclass(frozen=True)
class Scope:
    """The people and the walk that a published value stands for.

    Parameters
    ----------
    sex
        None where both sexes were measured together.
    age_min_y, age_max_y
        Youngest and oldest age in completed years.
    pace, start, aid, footwear, surface
        What the source states of the walk; None where it states nothing.
    """

    sex: Sex | None
    age_min_y: int
    age_max_y: int
    pace: Pace | None
    start: Start | None
    aid: bool | None
    footwear: Footwear | None
    surface: Surface | None

    @classmethod
    def of_row(cls, row: Mapping[str, str]) -> Scope:
        """Return the scope that the columns of a table's row spell out; empty is not stated."""
        return cls(
            sex=cast("Sex | None", row["sex"] or None),
            age_min_y=int(row["age_min_y"]),
            age_max_y=int(row["age_max_y"]),
            pace=cast("Pace | None", row["pace"] or None),
            start=cast("Start | None", row["start"] or None),
            aid={"": None, "no": False, "yes": True}[row["aid"]],
            footwear=cast("Footwear | None", row["footwear"] or None),
            surface=cast("Surface | None", row["surface"] or None),
        )


class Scoped(Protocol):
    """Anything that holds for a scope."""

    @property
    def scope(self) -> Scope:
        """Whom it holds for."""
        ...


T = TypeVar("T", bound=Scoped)
_Test = Callable[[Scope, Subject, WalkConditions], bool]
_Reason = Callable[[Sequence[Scope], Subject, WalkConditions], str]


def footwear_in(text: str) -> Footwear | None:
    """Return the footwear that a free text names, if it names footwear and nothing else."""
    words = " ".join(text.casefold().replace(".", " ").split())
    if words in _BAREFOOT:
        return "barefoot"
    shortened = True
    while shortened:
        shortened = False
        for filler in _FILLERS:
            if words.startswith(filler):
                words, shortened = words.removeprefix(filler), True
    if words in _BAREFOOT:
        return "barefoot"
    return "shod" if words in _SHOD else None


def first_fit(
    candidates: Sequence[T], subject: Subject, conditions: WalkConditions
) -> tuple[T | None, str]:
    """Return the candidate that a person may be held against, or the reason why none is.

    What a source states must be known of the walk and agree. What it does not state is passed
    over, unless the walk is known to differ from an ordinary one: with an aid, barefoot, on a
    treadmill, from a standing start.

    Parameters
    ----------
    candidates
        Values for one parameter, each with its scope.
    subject
        The person; a text under ``condition`` rules every candidate out, unless it names
        footwear and nothing else.
    conditions
        How the person walked.

    Returns
    -------
    tuple
        The candidate and an empty text, or None and the reason.
    """
    if not candidates:
        return None, "no reference values of this parameter are at hand"
    conditions, obstacle = _with_text(subject.condition or "", conditions)
    if obstacle:
        return None, obstacle
    left = list(candidates)
    for fits, reason in _STEPS:
        kept = [c for c in left if fits(c.scope, subject, conditions)]
        if not kept:
            return None, reason([c.scope for c in left], subject, conditions)
        left = kept
    return left[0], ""


def _with_text(text: str, conditions: WalkConditions) -> tuple[WalkConditions, str]:
    """Read the free text on the person: footwear joins the conditions, all else is an obstacle."""
    if not text.strip():
        return conditions, ""
    named = footwear_in(text)
    if named is None:
        return conditions, f"a condition is noted that reference populations did not have: {text}"
    if conditions.footwear not in (None, named):
        return conditions, "the footwear is stated in two ways that disagree"
    return replace(conditions, footwear=named), ""


def _known_age(subject: Subject) -> float | None:
    age = subject.age_y
    return age if age is not None and math.isfinite(age) else None


def _age_fits(scope: Scope, subject: Subject, _: WalkConditions) -> bool:
    age = _known_age(subject)
    return age is not None and scope.age_min_y <= age < scope.age_max_y + 1


def _age_reason(scopes: Sequence[Scope], subject: Subject, _: WalkConditions) -> str:
    age = _known_age(subject)
    if age is None:
        return "age is not known"
    spans = ", ".join(f"{low} to {high}" for low, high in _spans(scopes))
    return f"no reference population is {age:g} years old: there are {spans} years"


def _spans(scopes: Sequence[Scope]) -> list[tuple[int, int]]:
    """Join the ages of neighbouring groups."""
    spans: list[tuple[int, int]] = []
    for low, high in sorted({(s.age_min_y, s.age_max_y) for s in scopes}):
        if spans and low <= spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], max(high, spans[-1][1]))
        else:
            spans.append((low, high))
    return spans


def _sex_fits(scope: Scope, subject: Subject, _: WalkConditions) -> bool:
    return scope.sex is None or scope.sex == subject.sex


def _sex_reason(_: Sequence[Scope], subject: Subject, __: WalkConditions) -> str:
    return "sex is not known" if subject.sex is None else "the reference population has another sex"


def _aid_fits(scope: Scope, _: Subject, walk: WalkConditions) -> bool:
    return bool(walk.aid) == bool(scope.aid)


def _aid_reason(_: Sequence[Scope], __: Subject, walk: WalkConditions) -> str:
    if walk.aid:
        return "a walking aid is used"
    return "the reference population used a walking aid"


def _pace_fits(scope: Scope, _: Subject, walk: WalkConditions) -> bool:
    return walk.pace == (scope.pace or "usual")


def _pace_reason(scopes: Sequence[Scope], _: Subject, walk: WalkConditions) -> str:
    paces = " or ".join(sorted({scope.pace or "usual" for scope in scopes}))
    if walk.pace is None:
        return "the instruction on pace is not known"
    return f"the reference population walked at {paces} pace, and this walk was {walk.pace}"


def _surface_fits(scope: Scope, _: Subject, walk: WalkConditions) -> bool:
    return walk.surface == (scope.surface or "overground")


def _surface_reason(scopes: Sequence[Scope], _: Subject, walk: WalkConditions) -> str:
    if walk.surface is None:
        return "it is not known whether the walk was on a treadmill"
    asked = scopes[0].surface or "overground"
    return f"the reference population walked {_ON[asked]}, and this walk was {_ON[walk.surface]}"


_ON: dict[Surface, str] = {"overground": "overground", "treadmill": "on a treadmill"}


def _start_fits(scope: Scope, _: Subject, walk: WalkConditions) -> bool:
    return walk.start != "standing" if scope.start is None else walk.start == scope.start


def _start_reason(scopes: Sequence[Scope], _: Subject, walk: WalkConditions) -> str:
    if walk.start is None:
        return "it is not known whether the walk was timed from a standing start"
    if scopes[0].start is None:
        return "the walk was timed from a standing start, which the source does not state"
    return f"the reference population had a {scopes[0].start} start, and this walk another"


def _footwear_fits(scope: Scope, _: Subject, walk: WalkConditions) -> bool:
    if scope.footwear is None:
        return walk.footwear != "barefoot"
    return walk.footwear == scope.footwear


def _footwear_reason(scopes: Sequence[Scope], _: Subject, walk: WalkConditions) -> str:
    asked = scopes[0].footwear
    if asked is None:
        return "the walk was barefoot, and the source does not state what its people wore"
    wore = "wore shoes" if asked == "shod" else "was barefoot"
    if walk.footwear is None:
        return f"the reference population {wore}, and the footwear of this walk is not known"
    return f"the reference population {wore}, and this walk was {walk.footwear}"


_STEPS: tuple[tuple[_Test, _Reason], ...] = (
    (_aid_fits, _aid_reason),
    (_surface_fits, _surface_reason),
    (_age_fits, _age_reason),
    (_sex_fits, _sex_reason),
    (_pace_fits, _pace_reason),
    (_start_fits, _start_reason),
    (_footwear_fits, _footwear_reason),
)
