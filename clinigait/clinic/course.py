"""A patient over visits: trends with what is more than measurement error, and comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Select, func, select

from clinigait.clinic.access import Target, acting
from clinigait.core import Assessment, BadInputError, Finding, Parameter, Reference
from clinigait.findings import change_findings, in_order
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.compare import Comparison, compare
from clinigait.gait.values import ReportedSide
from clinigait.io.assessment import parsed_assessment
from clinigait.store import Store
from clinigait.store.accounts import Account
from clinigait.store.tables import Signature, StoredAssessment, Visit


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
    pose_synthetic
        Whether the keypoints are by a network that learned from synthetic walkers.
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
    pose_synthetic: bool


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
    side: ReportedSide
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
    with acting(store, account, "see", "view", Target("patient", patient_id)) as db:
        rows = [
            _Row(visit_id, assessment_id, day, content, signature_id)
            for visit_id, assessment_id, day, content, signature_id in db.execute(
                _newest_of_visits(patient_id)
            )
        ]
    seen = [(row, parsed_assessment(row.content)) for row in rows]
    measured = [(row, found) for row, found in seen if found.measurement is not None]
    changes = _last_changes([found for _, found in measured])
    by_name = [
        {(p.name, p.side): p for p in found.measurement.parameters}
        for _, found in measured
        if found.measurement is not None
    ]
    # The newest visit's order; what only earlier ones have comes behind.
    names = dict.fromkeys(key for own in reversed(by_name) for key in own)
    return tuple(_trend(key, measured, by_name, changes.get(key)) for key in names)


class _Row(NamedTuple):
    """The newest version of a visit."""

    visit_id: str
    assessment_id: str
    day: str
    content: str
    signature_id: str | None


def _newest_of_visits(patient_id: str) -> Select[str, str, str, str, str]:
    newest = (
        select(StoredAssessment.visit_id, func.max(StoredAssessment.version).label("version"))
        .join(Visit, Visit.id == StoredAssessment.visit_id)
        .where(Visit.patient_id == patient_id)
        .group_by(StoredAssessment.visit_id)
        .subquery()
    )
    is_newest = (StoredAssessment.visit_id == newest.c.visit_id) & (
        StoredAssessment.version == newest.c.version
    )
    return (
        select(Visit.id, StoredAssessment.id, Visit.day, StoredAssessment.content, Signature.id)
        .join(StoredAssessment, StoredAssessment.visit_id == Visit.id)
        .join(newest, is_newest)
        .outerjoin(Signature, Signature.assessment_id == StoredAssessment.id)
        .order_by(Visit.day, Visit.created_ms, Visit.id)
    )


def _last_changes(assessments: Sequence[Assessment]) -> dict[tuple[str, str], Comparison]:
    """Return the comparison of the last two visits that can be compared at all."""
    for second in range(len(assessments) - 1, 0, -1):
        for first in range(second - 1, -1, -1):
            try:
                rows = compare(assessments[first], assessments[second])
            except BadInputError:
                continue
            return {(row.name, row.side): row for row in rows}
    return {}


def _trend(
    key: tuple[str, ReportedSide],
    measured: Sequence[tuple[_Row, Assessment]],
    by_name: Sequence[Mapping[tuple[str, ReportedSide], Parameter]],
    change: Comparison | None,
) -> Trend:
    known = [own[key] for own in by_name if key in own]
    detectable = None
    if change is not None and change.reason is None:
        detectable = change.change.minimal_detectable
    return Trend(
        name=key[0],
        side=key[1],
        unit=known[-1].unit,
        points=tuple(
            _point(row, found, own.get(key))
            for (row, found), own in zip(measured, by_name, strict=True)
        ),
        minimal_detectable_change=detectable,
        change=change,
    )


def _point(row: _Row, found: Assessment, parameter: Parameter | None) -> CoursePoint:
    return CoursePoint(
        visit_id=row.visit_id,
        assessment_id=row.assessment_id,
        day=row.day,
        value=parameter.value if parameter else None,
        low=parameter.low if parameter else None,
        high=parameter.high if parameter else None,
        reference=parameter.reference if parameter else None,
        reason=parameter.reason if parameter else "Not part of the protocol of this visit.",
        signed=row.signature_id is not None,
        synthetic=found.synthetic,
        pose_synthetic=found.pose_synthetic,
    )


def compared(store: Store, account: Account, first_id: str, second_id: str) -> Compared:
    """Compare two assessments of one patient: two visits, or two conditions of one.

    Raises
    ------
    BadInputError
        If they are of two patients, or one was refused.
    RefusedError
        If one is not among the user's.
    """
    found = []
    for assessment_id in (first_id, second_id):
        with acting(store, account, "see", "view", Target("assessment", assessment_id)) as db:
            row = db.get_one(StoredAssessment, assessment_id)
            visit = db.get_one(Visit, row.visit_id)
            found.append((visit.day, row.version, visit.patient_id, row.content))
    if found[0][2] != found[1][2]:
        raise BadInputError("The two are of two patients.", "Choose two of one patient.")
    found.sort(key=lambda one: one[:2])
    first, second = (parsed_assessment(one[3]) for one in found)
    rows = compare(first, second)
    told = change_findings(rows, first, second, CATALOGUE)
    return Compared(first, second, rows, in_order(told, CATALOGUE))
