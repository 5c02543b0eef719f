"""Which published value a person may be held against, or in words why none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache

from clinigait.core import Reference, Subject
from clinigait.gait.norms.scope import Scope, WalkConditions, first_fit
from clinigait.gait.norms.tables import read_table

__all__ = [
    "MEAN_SD",
    "PublishedMean",
    "WalkConditions",
    "published_mean",
    "reference_for",
    "reference_sources",
    "standing_of",
    "why_no_reference",
]

#: The kind of a range that a z-score can be computed from.
MEAN_SD = "mean ± 1 SD"

_ORDINARY = WalkConditions()


@dataclass(frozen=True)
class PublishedMean:
    """A mean of a population whose spread was not published: for orientation, never a range.

    Parameters
    ----------
    value
        The mean, in the unit of the parameter.
    kind
        What the mean is.
    population
        Who was measured.
    source
        Citation, with DOI.
    """

    value: float
    kind: str
    population: str
    source: str


@dataclass(frozen=True)
class _RangeRow:
    scope: Scope
    reference: Reference


@dataclass(frozen=True)
class _MeanRow:
    scope: Scope
    mean: PublishedMean


@lru_cache(maxsize=1024)
def reference_for(
    name: str, subject: Subject, conditions: WalkConditions = _ORDINARY
) -> Reference | None:
    """Return the reference range of a parameter for a person, or None where none applies.

    A range applies when age, sex, walking aid, footwear, pace, start and surface fit, and
    nothing else is noted under the person's condition.

    Parameters
    ----------
    name
        Name of the parameter in the catalogue.
    subject
        The person.
    conditions
        How the person walked; by default overground at usual pace, and no more known.

    Returns
    -------
    Reference or None
        ``why_no_reference`` says why there is none.
    """
    row, _ = first_fit(_ranges().get(name, ()), subject, conditions)
    return row.reference if row else None


def why_no_reference(name: str, subject: Subject, conditions: WalkConditions = _ORDINARY) -> str:
    """Return in words why no reference range applies; empty where one does.

    Parameters
    ----------
    name, subject, conditions
        As for ``reference_for``.

    Returns
    -------
    str
        A clause without a full stop, for example ``age is not known``.
    """
    return first_fit(_ranges().get(name, ()), subject, conditions)[1]


def published_mean(
    name: str, subject: Subject, conditions: WalkConditions = _ORDINARY
) -> PublishedMean | None:
    """Return the mean of the population that a person belongs to, where only a mean is published.

    It is no reference range: half of the healthy population lies below it.

    Parameters
    ----------
    name, subject, conditions
        As for ``reference_for``.
    """
    row, _ = first_fit(_means().get(name, ()), subject, conditions)
    return row.mean if row else None


def reference_sources(name: str) -> tuple[str, ...]:
    """Return where the reference ranges and the means of a parameter come from, each source once.

    Parameters
    ----------
    name
        Name of the parameter in the catalogue.
    """
    ranges = (row.reference.source for row in _ranges().get(name, ()))
    means = (row.mean.source for row in _means().get(name, ()))
    return tuple(dict.fromkeys((*ranges, *means)))


def standing_of(value: float, reference: Reference) -> float | None:
    """Return how many standard deviations a value lies above the mean of a reference.

    Parameters
    ----------
    value
        The value, in the unit of the reference.
    reference
        The range that applies.

    Returns
    -------
    float or None
        z = (value - mean) / SD; None where the source gives no mean and SD, or there is no value.
    """
    spread = (reference.high - reference.low) / 2
    if reference.kind != MEAN_SD or spread <= 0 or not math.isfinite(value):
        return None
    return (value - (reference.low + reference.high) / 2) / spread


@cache
def _ranges() -> dict[str, tuple[_RangeRow, ...]]:
    found: dict[str, tuple[_RangeRow, ...]] = {}
    for row in read_table("spatiotemporal.csv"):
        reference = Reference(
            low=float(row["low"]),
            high=float(row["high"]),
            kind=row["kind"],
            population=row["population"],
            source=f"{row['source']}, doi {row['doi']}",
        )
        entry = _RangeRow(Scope.of_row(row), reference)
        found[row["parameter"]] = (*found.get(row["parameter"], ()), entry)
    return found


@cache
def _means() -> dict[str, tuple[_MeanRow, ...]]:
    found: dict[str, tuple[_MeanRow, ...]] = {}
    for row in read_table("means.csv"):
        mean = PublishedMean(
            value=float(row["mean"]),
            kind=row["kind"],
            population=row["population"],
            source=f"{row['source']}, doi {row['doi']}",
        )
        entry = _MeanRow(Scope.of_row(row), mean)
        found[row["parameter"]] = (*found.get(row["parameter"], ()), entry)
    return found
