"""Results of a visit: versions of its assessment, and the corrections between them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinigait.clinic import drafts
from clinigait.clinic.access import Target, acting, looking
from clinigait.clinic.confined import ASK
from clinigait.core import Assessment, BadInputError
from clinigait.io.assessment import assessment_json
from clinigait.store import Store, audit, jobs
from clinigait.store.accounts import Account
from clinigait.store.clock import now_ms
from clinigait.store.ids import new_id
from clinigait.store.tables import Artefact, Edit, Job, StoredAssessment, Visit


@dataclass(frozen=True)
class Change:
    """One correction: its kind (``move_event``, ``swap_legs``), what was, what is."""

    kind: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A correction that was made: by whom (user id), when (ms since 1970)."""

    change: Change
    made_by: str
    made_ms: int


@dataclass(frozen=True)
class Version:
    """A version of an assessment: its JSON, its files by name, the corrections that made it."""

    id: str
    visit_id: str
    number: int
    content: str
    files: dict[str, str]
    edits: tuple[Made, ...]


def keep(
    db: Session, visit_id: str, assessment: Assessment, files: Mapping[str, str], user_id: str,
    job_id: str | None = None,
) -> str:  # fmt: skip
    """Keep an assessment as the next version of its visit; return its id.

    Parameters
    ----------
    db
        Of ``store.writing()``.
    visit_id, assessment
        Of which visit, what.
    files
        Its files: name to hash, as ``store.files.keep`` returned it.
    user_id
        Who asked for it.
    job_id
        The job that made it; a job makes one assessment, never two.
    """
    db.get_one(Visit, visit_id, with_for_update=True)  # one next version at a time
    content = assessment_json(assessment)
    row = StoredAssessment(
        id=new_id(),
        visit_id=visit_id,
        version=newest_of(db, visit_id) + 1,
        job_id=job_id,
        schema_version=assessment.schema_version,
        content=content,
        content_sha256=hashlib.sha256(content.encode()).hexdigest(),
        created_by=user_id,
        created_ms=now_ms(db),
    )
    db.add(row)
    db.flush()
    db.add_all(
        Artefact(assessment_id=row.id, name=name, sha256=sha256) for name, sha256 in files.items()
    )
    if job_id is not None:
        audit.record(db, user_id, "model_run", "assessment", row.id, {"job": job_id})
    return row.id


def versions(store: Store, account: Account, visit_id: str) -> list[tuple[int, str]]:
    """Return number and id of every version of a visit's assessment, newest first.

    Raises
    ------
    RefusedError
        If the visit is not among the user's.
    """
    with acting(store, account, "see", "view", Target("visit", visit_id)) as db:
        found = select(StoredAssessment.version, StoredAssessment.id)
        found = found.where(StoredAssessment.visit_id == visit_id)
        return [
            (row[0], row[1]) for row in db.execute(found.order_by(StoredAssessment.version.desc()))
        ]


def version(store: Store, account: Account, assessment_id: str) -> Version:
    """Open a version of an assessment.

    Raises
    ------
    RefusedError
        If it is not among the user's.
    """
    with acting(store, account, "see", "view", Target("assessment", assessment_id)) as db:
        return version_of(db, assessment_id)


def export(store: Store, account: Account, assessment_id: str, form: str) -> Version:
    """Return a version of an assessment to a user who takes it out, in a form (``pdf``, ``fhir``).

    Raises
    ------
    RefusedError
        If it is not among the user's, or the user may not.
    """
    target = Target("assessment", assessment_id)
    with acting(store, account, "export", "export", target, {"form": form}) as db:
        return version_of(db, assessment_id)


def correct(
    store: Store, account: Account, base_id: str, changes: Sequence[Change],
    corrected: Assessment, *, asks: bool = False,
) -> str:  # fmt: skip
    """Keep a corrected assessment as the next version, with every correction; return its id.

    Parameters
    ----------
    store, account
        Where, who.
    base_id
        The version that was corrected: it has to be the newest.
    changes
        What was corrected, in order.
    corrected
        What came out of it.
    asks
        Whether its models are to be asked again.

    Raises
    ------
    BadInputError
        If nothing was corrected, or somebody else made a newer version meanwhile.
    RefusedError
        If the assessment is not among the user's, or the user may not.
    """
    if not changes:
        raise BadInputError("Nothing was corrected.", "Correct something first.")
    target = Target("assessment", base_id)
    with acting(store, account, "change", "edit", target, {"edits": len(changes)}) as db:
        base = db.get_one(StoredAssessment, base_id)
        db.get_one(Visit, base.visit_id, with_for_update=True)
        if not _has_only_answers_after(db, base):
            refuse_outdated(db, base)
        files = {row.name: row.sha256 for row in _artefacts(db, base_id)}
        new = keep(db, base.visit_id, corrected, files, account.id)
        for number, change in enumerate(changes, 1):
            db.add(
                Edit(
                    id=new_id(),
                    assessment_id=new,
                    number=number,
                    kind=change.kind,
                    before=change.before,
                    after=change.after,
                    made_by=account.id,
                    made_ms=now_ms(db),
                )
            )
        drafts.drop(db, account, base.visit_id)
        if asks:
            jobs.enqueue(db, base.visit_id, ASK, {"assessment": new}, account.id)
        return new


def _has_only_answers_after(db: Session, row: StoredAssessment) -> bool:
    """Whether the one version after it holds the same measurement, and what models say of it."""
    later = select(StoredAssessment.version, Job.kind, Job.request)
    later = later.outerjoin(Job, Job.id == StoredAssessment.job_id)
    later = later.where(StoredAssessment.visit_id == row.visit_id)
    found = db.execute(later.where(StoredAssessment.version > row.version)).all()
    return [(kind, request) for _, kind, request in found] == [(ASK, {"assessment": row.id})]


def request_of(store: Store, account: Account, assessment_id: str) -> dict[str, Any] | None:
    """Return what was asked of the job whose result an assessment goes back to; None for none.

    Raises
    ------
    RefusedError
        If it is not among the user's.
    """
    with looking(store, account, "see", Target("assessment", assessment_id)) as db:
        row = db.get_one(StoredAssessment, assessment_id)
        asked = (
            select(Job.request)
            .join(StoredAssessment, StoredAssessment.job_id == Job.id)
            .where(StoredAssessment.visit_id == row.visit_id)
            .where(StoredAssessment.version <= row.version, Job.kind != ASK)
            .order_by(StoredAssessment.version.desc())
        )
        return db.scalars(asked).first()


def refuse_outdated(db: Session, row: StoredAssessment) -> None:
    """See to it that a version is the newest of its visit, and stays so for this transaction.

    Raises
    ------
    BadInputError
        If it is not.
    """
    if not is_newest(db, row):
        raise BadInputError(
            "There is a newer version of this assessment.", "Load it anew and look again."
        )


def is_newest(db: Session, row: StoredAssessment) -> bool:
    """Whether a version is the newest of its visit, which it stays for this transaction."""
    db.get_one(Visit, row.visit_id, with_for_update=True)
    return row.version == newest_of(db, row.visit_id)


def newest_of(db: Session, visit_id: str) -> int:
    """Return the number of the newest version of a visit; 0 where there is none."""
    newest = select(func.max(StoredAssessment.version))
    return db.scalar(newest.where(StoredAssessment.visit_id == visit_id)) or 0


def _artefacts(db: Session, assessment_id: str) -> list[Artefact]:
    return list(db.scalars(select(Artefact).where(Artefact.assessment_id == assessment_id)))


def version_of(db: Session, assessment_id: str) -> Version:
    """Return a version; whoever asks has passed the gate."""
    row = db.get_one(StoredAssessment, assessment_id)
    edits = db.scalars(
        select(Edit).where(Edit.assessment_id == assessment_id).order_by(Edit.number)
    )
    return Version(
        id=row.id,
        visit_id=row.visit_id,
        number=row.version,
        content=row.content,
        files={artefact.name: artefact.sha256 for artefact in _artefacts(db, assessment_id)},
        edits=tuple(
            Made(Change(edit.kind, edit.before, edit.after), edit.made_by, edit.made_ms)
            for edit in edits
        ),
    )
