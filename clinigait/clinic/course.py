"""A patient over visits: trends with what is more than measurement error, and comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clinigait.core import Assessment, Finding, Reference
from clinigait.gait.compare import Comparison
from clinigait.store import Store
from clinigait.store.accounts import Account


@dataclass(frozen=True)
class CoursePoint:
    """A value at a visit.

    Parameters
    ----------
    visit_id, assessment_id, day
        Of which visit, which version (its newest), and which day (ISO).
    value, low, high
        The value with its 95 % interval; None where there is none, with the reason in ``reason``.
    reference
        The range that applied to the person on that day.
    signed
        Whether the version is signed.
    synthetic
        Whether a synthetic walker was assessed.
    """

    visit_id: str
    assessment_id: str
    day: str
    value: float | None
    low: float | None
    high: float | None
    reference: Reference | None
    reason: str | None
    signed: bool
    synthetic: bool


@dataclass(frozen=True)
class Trend:
    """One parameter of one side over all visits, oldest first.

    Parameters
    ----------
    name, side, unit
        As in the assessments.
    points
        One a visit whose newest version was assessed; visits without the parameter have no value.
    minimal_detectable_change
        Of the last two visits that can be compared: a difference beyond it is more than
        measurement error; None where no two can.
    change
        Of the same two, the later less the earlier.
    """

    name: str
    side: Literal["left", "right", "both"]
    unit: str
    points: tuple[CoursePoint, ...]
    minimal_detectable_change: float | None
    change: Comparison | None


@dataclass(frozen=True)
class Compared:
    """Two assessments of one patient held against each other.

    Parameters
    ----------
    first, second
        The two, by the day of their visits and the number of their versions.
    rows
        Every parameter.
    findings
        What they say, most important first.
    """

    first: Assessment
    second: Assessment
    rows: tuple[Comparison, ...]
    findings: tuple[Finding, ...]


def over_visits(store: Store, account: Account, patient_id: str) -> tuple[Trend, ...]:
    """Return how every parameter went over a patient's visits, in the order of the report.

    Raises
    ------
    RefusedError
        If the patient is not among the user's.
    """
    raise NotImplementedError


def compared(store: Store, account: Account, first_id: str, second_id: str) -> Compared:
    """Compare two assessments of one patient: two visits, or two conditions of one.

    Raises
    ------
    BadInputError
        If they are of two patients, or one was refused.
    RefusedError
        If one is not among the user's.
    """
    raise NotImplementedError
