"""Erasing: a patient whole, films by age, and what a killed process left behind."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from clinigait.core import BadInputError
from clinigait.store import audit
from clinigait.store.clock import now_ms
from clinigait.store.database import Store
from clinigait.store.ids import is_plain
from clinigait.store.migrate import clear_journal
from clinigait.store.tables import (
    Artefact,
    Draft,
    Edit,
    Job,
    Patient,
    PatientScope,
    Recording,
    Signature,
    StoredAssessment,
    StoredFile,
    Visit,
)

What = Literal["films", "patients"]
_DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True)
class Due:
    """What retention would remove: ids of patients or recordings, and the bytes of films."""

    what: What
    ids: tuple[str, ...]
    size_bytes: int


def erase_patient(store: Store, patient_id: str, by: str | None) -> None:
    """Erase a patient with all that is known: rows, files, and their traces in the database.

    The audit chain stays: it holds random ids only. Backups made before still hold the patient.

    Raises
    ------
    BadInputError
        If there is no such patient.
    """
    with store.writing() as db:
        _erase(db, patient_id)
        audit.record(db, by, "erase", "patient", patient_id)
        names = store.files.drop_unused(db)
    _erase_traces(store, names)


def patient_of_code(db: Session, code: str) -> str:
    """Return the id of the patient of a code.

    Raises
    ------
    BadInputError
        If there is none.
    """
    plain = unicodedata.normalize("NFC", code).strip()
    known = select(Patient.id).where(Patient.code == plain)
    patient_id = db.scalar(known) if is_plain(plain) else None
    if patient_id is None:
        raise BadInputError("There is no such patient.", "Look at the list of patients.")
    return patient_id


def due(db: Session, what: What, keep_days: int) -> Due:
    """Return what is older than so many days: nothing is removed.

    Parameters
    ----------
    db
        A session.
    what
        ``films``: recordings by the time at which they came in; the results stay.
        ``patients``: those who came last, or were added, that long ago.
    keep_days
        Age in days from which on it goes.

    Raises
    ------
    BadInputError
        If the number of days is not positive.
    """
    if keep_days < 1:
        raise BadInputError("Days to keep are a number from 1.", "Give --keep-days.")
    before_ms = now_ms(db) - keep_days * _DAY_MS
    if what == "films":
        old = select(Recording.id, StoredFile.size_bytes).join(
            StoredFile, StoredFile.sha256 == Recording.sha256
        )
        rows = db.execute(old.where(Recording.created_ms < before_ms).order_by(Recording.id)).all()
        return Due("films", tuple(row[0] for row in rows), sum(row[1] for row in rows))
    newest = func.max(func.coalesce(Visit.created_ms, Patient.created_ms))
    gone = (
        select(Patient.id)
        .outerjoin(Visit, Visit.patient_id == Patient.id)
        .group_by(Patient.id)
        .having(newest < before_ms)
        .order_by(Patient.id)
    )
    return Due("patients", tuple(db.scalars(gone)), 0)


def apply_retention(store: Store, what: What, keep_days: int, by: str | None) -> Due:
    """Remove what is due, all together, and return it.

    Raises
    ------
    BadInputError
        As :func:`due`.
    """
    with store.writing() as db:
        old = due(db, what, keep_days)
        if what == "films":
            _remove_films(db, old.ids)
        for object_id in old.ids:
            if what == "patients":
                _erase(db, object_id)
            kind: audit.Kind = "patient" if what == "patients" else "recording"
            audit.record(db, by, "retention", kind, object_id, {"keep_days": keep_days})
        names = store.files.drop_unused(db)
    _erase_traces(store, names)
    with store.reading() as db:
        store.files.sweep(db)
    return old


def _remove_films(db: Session, ids: Iterable[str]) -> None:
    """Remove films, and those that were made of them, of visits that have no film any more."""
    visits = set()
    for recording_id in ids:
        visits.add(db.get_one(Recording, recording_id).visit_id)
        gone = update(Recording).where(Recording.id == recording_id)
        db.execute(gone.values(sha256=None, viewing_sha256=None, removed_ms=now_ms(db)))
    for visit_id in visits:
        there = select(Recording.id).where(Recording.visit_id == visit_id)
        if db.scalars(there.where(Recording.sha256.is_not(None))).first() is None:
            made = select(StoredAssessment.id).where(StoredAssessment.visit_id == visit_id)
            shown = delete(Artefact).where(Artefact.assessment_id.in_(made))
            is_film = or_(Artefact.name.like("film.%"), Artefact.name.like("pass-%/film.%"))
            db.execute(shown.where(is_film))


def _erase(db: Session, patient_id: str) -> None:
    patient = db.get(Patient, patient_id, with_for_update=True)
    if patient is None:
        raise BadInputError("There is no such patient.", "Look at the list of patients.")
    visits = select(Visit.id).where(Visit.patient_id == patient_id)
    assessments = select(StoredAssessment.id).where(StoredAssessment.visit_id.in_(visits))
    db.execute(delete(Draft).where(Draft.assessment_id.in_(assessments)))
    db.execute(delete(Signature).where(Signature.assessment_id.in_(assessments)))
    db.execute(delete(Edit).where(Edit.assessment_id.in_(assessments)))
    db.execute(delete(Artefact).where(Artefact.assessment_id.in_(assessments)))
    db.execute(delete(StoredAssessment).where(StoredAssessment.visit_id.in_(visits)))
    db.execute(delete(Job).where(Job.visit_id.in_(visits)))
    db.execute(delete(Recording).where(Recording.visit_id.in_(visits)))
    db.execute(delete(Visit).where(Visit.patient_id == patient_id))
    db.execute(delete(PatientScope).where(PatientScope.patient_id == patient_id))
    db.delete(patient)
    db.flush()


def _erase_traces(store: Store, names: Iterable[str]) -> None:
    store.files.erase(names)
    clear_journal(store.engine)
