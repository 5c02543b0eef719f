"""Published cut-offs and changes that matter, as data with their sources."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, cast

from clinigait.core import Sex, Subject
from clinigait.gait.norms.tables import read_table

Comparison = Literal["<", "<=", ">", ">="]
#: How well a row was checked: the value stands in the paper's abstract; another work quotes it;
#: or it is recalled and has to be compared with the paper before a rule rests on it.
Evidence = Literal["abstract", "secondary", "recalled"]

_COMPARE: dict[Comparison, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Cutoff:
    """A published value that parts people into groups. It diagnoses nobody by itself.

    Parameters
    ----------
    parameter
        Name of the parameter in the catalogue.
    comparison, value
        The cut-off is met by a value that stands in this relation to ``value``.
    meaning
        What the source calls people who meet it.
    sex
        The sex that it was found for; None for both.
    age_min_y
        Youngest age in years; our choice where the source only says "older".
    diagnosis
        What a clinician must have established first, for example ``stroke``; None for nothing.
    population
        Who was measured.
    protocol
        How they walked: another distance or start gives another speed.
    source, doi
        Citation; the DOI is None where it could not be looked up.
    evidence
        How well the row was checked.
    """

    parameter: str
    comparison: Comparison
    value: float
    meaning: str
    sex: Sex | None
    age_min_y: int
    diagnosis: str | None
    population: str
    protocol: str
    source: str
    doi: str | None
    evidence: Evidence

    def met_by(self, value: float) -> bool:
        """Whether a value of the parameter meets the cut-off; a NaN never does."""
        return _COMPARE[self.comparison](value, self.value)


@dataclass(frozen=True)
class Change:
    """A difference between two visits that people notice or that exceeds the error.

    Parameters
    ----------
    parameter
        Name of the parameter; ``..._sd_...`` is the standard deviation over the steps.
    population
        Who was measured.
    value
        Size of the change, in the unit of the parameter.
    kind
        ``meaningful``, ``small meaningful``, ``substantial meaningful`` or ``MDC95``.
    source, doi, evidence
        As for ``Cutoff``.
    """

    parameter: str
    population: str
    value: float
    kind: str
    source: str
    doi: str | None
    evidence: Evidence


def cutoffs_for(
    name: str, subject: Subject | None = None, diagnoses: Collection[str] = ()
) -> tuple[Cutoff, ...]:
    """Return the published cut-offs of a parameter.

    Parameters
    ----------
    name
        Name of the parameter in the catalogue.
    subject
        The person, to leave out what was found for another sex or for older people, also where
        sex or age is not known; None for all rows.
    diagnoses
        What a clinician has established, in lower case; a cut-off that needs a diagnosis is left
        out without it when ``subject`` is given. It is never read from free text.
    """
    rows = tuple(row for row in _cutoffs() if row.parameter == name)
    if subject is None:
        return rows
    return tuple(row for row in rows if _concerns(row, subject, diagnoses))


def meaningful_change(name: str) -> tuple[Change, ...]:
    """Return the changes of a parameter that are known to matter, smallest first.

    No minimal detectable change (MDC95) is at hand: it belongs to the instrument, and has to be
    measured with this one.

    Parameters
    ----------
    name
        Name of the parameter, for example ``speed_mps`` or ``stance_time_sd_s``.
    """
    found = (row for row in _changes() if row.parameter == name)
    return tuple(sorted(found, key=lambda row: row.value))


def _concerns(row: Cutoff, subject: Subject, diagnoses: Collection[str]) -> bool:
    old_enough = subject.age_y is not None and subject.age_y >= row.age_min_y
    return (
        old_enough
        and row.sex in (None, subject.sex)
        and (row.diagnosis is None or row.diagnosis in diagnoses)
    )


@cache
def _cutoffs() -> tuple[Cutoff, ...]:
    return tuple(
        Cutoff(
            parameter=row["parameter"],
            comparison=cast("Comparison", row["comparison"]),
            value=float(row["value"]),
            meaning=row["meaning"],
            sex=cast("Sex | None", row["sex"] or None),
            age_min_y=int(row["age_min_y"]),
            diagnosis=row["diagnosis"] or None,
            population=row["population"],
            protocol=row["protocol"],
            source=row["source"],
            doi=row["doi"] or None,
            evidence=_evidence(row),
        )
        for row in read_table("cutoffs.csv")
    )


@cache
def _changes() -> tuple[Change, ...]:
    return tuple(
        Change(
            parameter=row["parameter"],
            population=row["population"],
            value=float(row["value"]),
            kind=row["kind"],
            source=row["source"],
            doi=row["doi"] or None,
            evidence=_evidence(row),
        )
        for row in read_table("change.csv")
    )


def _evidence(row: Mapping[str, str]) -> Evidence:
    return cast("Evidence", row["evidence"])
