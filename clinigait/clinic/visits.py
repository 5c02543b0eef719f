"""A visit as its page shows it: recordings, orders and how they stand, versions of results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinigait.clinic.access import Target, acting, looking
from clinigait.core import BadInputError
from clinigait.store import Store, jobs
from clinigait.store.accounts import Account
from clinigait.store.tables import (
    Artefact,
    Job,
    Patient,
    Recording,
    Signature,
    StoredAssessment,
    StoredFile,
    Visit,
)


@dataclass(frozen=True)
class RecordingRow:
    """A recording; ``size_bytes`` is None once its film was removed."""

    id: str
    facts: dict[str, Any]
    created_ms: int
    size_bytes: int | None


@dataclass(frozen=True)
class JobRow:
    """An order and how it stands; ``assessment_id`` is what it gave."""

    id: str
    state: jobs.State
    created_ms: int
    finished_ms: int | None
    assessment_id: str | None


@dataclass(frozen=True)
class VersionRow:
    """A version of the visit's assessment, and whether it is signed."""

    id: str
    visit_id: str
    number: int
    created_ms: int
    is_signed: bool


@dataclass(frozen=True)
class VisitPage:
    """A visit with everything of it; recordings oldest first, versions newest first."""

    id: str
    day: str
    facts: dict[str, Any]
    patient_id: str
    patient_code: str
    recordings: tuple[RecordingRow, ...]
    versions: tuple[VersionRow, ...]


def page(store: Store, account: Account, visit_id: str) -> VisitPage:
    """Open a visit.

    Raises
    ------
    RefusedError
        If it is not among the user's.
    """
    with acting(store, account, "see", "view", Target("visit", visit_id)) as db:
        visit = db.get_one(Visit, visit_id)
        found = (
            select(Recording, StoredFile.size_bytes)
            .outerjoin(StoredFile, StoredFile.sha256 == Recording.sha256)
            .where(Recording.visit_id == visit_id)
            .order_by(Recording.created_ms, Recording.id)
        )
        rows = tuple(
            RecordingRow(row.id, row.facts, row.created_ms, size) for row, size in db.execute(found)
        )
        return VisitPage(
            id=visit.id,
            day=visit.day,
            facts=visit.facts,
            patient_id=visit.patient_id,
            patient_code=db.get_one(Patient, visit.patient_id).code,
            recordings=rows,
            versions=_versions(db, visit.patient_id, visit_id),
        )


def versions_of(store: Store, account: Account, patient_id: str) -> tuple[VersionRow, ...]:
    """Return all versions of a patient's assessments, newest first; their page is audited.

    Raises
    ------
    RefusedError
        If the patient is not among the user's.
    """
    with looking(store, account, "see", Target("patient", patient_id)) as db:
        return _versions(db, patient_id)


def orders(store: Store, account: Account, visit_id: str) -> tuple[JobRow, ...]:
    """Return all orders of a visit, newest first. Not audited: a page asks every second.

    Raises
    ------
    RefusedError
        If the visit is not among the user's.
    """
    with looking(store, account, "see", Target("visit", visit_id)) as db:
        found = (
            select(Job, StoredAssessment.id)
            .outerjoin(StoredAssessment, StoredAssessment.job_id == Job.id)
            .where(Job.visit_id == visit_id)
            .order_by(Job.created_ms.desc(), Job.id)
        )
        return tuple(
            JobRow(job.id, jobs.state_of(job), job.created_ms, job.finished_ms, made)
            for job, made in db.execute(found)
        )


def film(
    store: Store, account: Account, assessment_id: str, names: tuple[str, ...]
) -> tuple[str, Path]:
    """Return name and place of an assessment's film: the first of the names that it has.

    Not audited: players ask for it piece by piece. Whoever serves it audits the first piece by
    :func:`clinigait.clinic.results.version`.

    Raises
    ------
    BadInputError
        If it has none of them.
    RefusedError
        If it is not among the user's.
    """
    with looking(store, account, "see", Target("assessment", assessment_id)) as db:
        for name in names:
            row = db.get(Artefact, (assessment_id, name))
            if row is not None:
                return name, store.files.find(db, row.sha256)
    raise BadInputError("There is no film of this assessment.", "Assess the recording again.")


def _versions(db: Session, patient_id: str, visit_id: str | None = None) -> tuple[VersionRow, ...]:
    found = (
        select(StoredAssessment, Signature.id)
        .join(Visit, Visit.id == StoredAssessment.visit_id)
        .outerjoin(Signature, Signature.assessment_id == StoredAssessment.id)
        .where(Visit.patient_id == patient_id)
        .order_by(Visit.day.desc(), StoredAssessment.version.desc())
    )
    if visit_id is not None:
        found = found.where(Visit.id == visit_id)
    return tuple(
        VersionRow(row.id, row.visit_id, row.version, row.created_ms, signature is not None)
        for row, signature in db.execute(found)
    )
