"""Recordings: films that come in as streams, and the jobs that assess them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinigait.clinic.access import Target, acting, looking
from clinigait.clinic.probing import probed
from clinigait.core import BadInputError
from clinigait.store import Store, jobs
from clinigait.store.accounts import Account
from clinigait.store.clock import now_ms
from clinigait.store.ids import new_id
from clinigait.store.tables import Job, Recording, StoredAssessment, StoredFile

LARGEST_BYTES = 4_000_000_000
#: Most bytes that one user uploads within a day.
DAILY_BYTES = 40_000_000_000
_DAY_MS = 24 * 3600 * 1000


def add(
    store: Store,
    account: Account,
    visit_id: str,
    chunks: Iterable[bytes],
    facts: dict[str, Any],
    limit_bytes: int = LARGEST_BYTES,
) -> str:
    """Keep a recording while it streams in; return its id.

    Parameters
    ----------
    store, account, visit_id
        Where, who, for which visit: looked at before the first byte is taken.
    chunks
        The content; no more than one piece is held in memory.
    facts
        What the clinician says of it: view, aid, footwear. The client's file name is none of it.
    limit_bytes
        Most bytes that are taken.

    Raises
    ------
    BadInputError
        If it is empty, too large, no film, or more than a user uploads within a day, or there is
        no room.
    RefusedError
        If the visit is not among the user's.
    """
    target, recording_id = Target("visit", visit_id), new_id()
    with looking(store, account, "change", target) as db:  # who may not is told before a byte
        left_bytes = DAILY_BYTES - _uploaded_bytes(db, account)
    if left_bytes <= 0:
        raise BadInputError("You have uploaded enough for a day.", "Go on tomorrow.")
    with store.files.receiving(chunks, min(limit_bytes, left_bytes)) as received:
        found = probed(received.path)
        with acting(store, account, "change", "create", target, {"recording": recording_id}) as db:
            db.add(
                Recording(
                    id=recording_id,
                    visit_id=visit_id,
                    sha256=store.files.keep(db, received),
                    facts={**facts, **found},
                    created_by=account.id,
                    created_ms=now_ms(db),
                )
            )
    return recording_id


def _uploaded_bytes(db: Session, account: Account) -> int:
    since = now_ms(db) - _DAY_MS
    of_today = (
        select(func.sum(StoredFile.size_bytes))
        .join(Recording, Recording.sha256 == StoredFile.sha256)
        .where(Recording.created_by == account.id, Recording.created_ms > since)
    )
    return int(db.scalar(of_today) or 0)


def film(store: Store, account: Account, recording_id: str) -> Path:
    """Return where a recording lies, to show it.

    Raises
    ------
    BadInputError
        If it was removed.
    RefusedError
        If it is not among the user's.
    """
    with acting(store, account, "see", "view", Target("recording", recording_id)) as db:
        sha256 = db.get_one(Recording, recording_id).sha256
        if sha256 is None:
            raise BadInputError("The film was removed after its time.", "Its results are there.")
        return store.files.find(db, sha256)


def unblurred(
    store: Store, account: Account, assessment_id: str, sha256: str, *, audited: bool = True
) -> Path:
    """Return where a recording of an assessment's visit lies, to see it with the faces as filmed.

    Where browsers cannot play it, that is its copy.

    Parameters
    ----------
    store, account, assessment_id
        Where, who, of which assessment; it takes the right to change it.
    sha256
        Hash of the recording, as the assessment names it.
    audited
        False for the further pieces of a film that a player asks for.

    Raises
    ------
    BadInputError
        If the visit has no such recording, or it was removed.
    RefusedError
        If the assessment is not among the user's, or the user may not.
    """
    target = Target("assessment", assessment_id)
    gate = (
        acting(store, account, "change", "view", target, {"faces": "shown"}) if audited
        else looking(store, account, "change", target)
    )  # fmt: skip
    with gate as db:
        visit_id = db.get_one(StoredAssessment, assessment_id).visit_id
        found = select(Recording.viewing_sha256).where(
            Recording.visit_id == visit_id, Recording.sha256 == sha256
        )
        copies = db.scalars(found).all()
        if not copies:
            raise BadInputError("The film was removed after its time.", "Its results are there.")
        return store.files.find(db, next((copy for copy in copies if copy), sha256))


def enqueue(
    store: Store, account: Account, visit_id: str, kind: str, request: dict[str, Any]
) -> str:
    """Ask for work on a visit; return the job's id.

    Raises
    ------
    RefusedError
        If the visit is not among the user's.
    """
    target = Target("visit", visit_id)
    with acting(store, account, "change", "create", target, {"job": kind}) as db:
        return jobs.enqueue(db, visit_id, kind, request, account.id)


def job(store: Store, account: Account, job_id: str) -> jobs.State:
    """Return how a job stands. Not audited: a page asks every second, and it tells no results.

    Raises
    ------
    RefusedError
        If it is not among the user's.
    """
    with looking(store, account, "see", Target("job", job_id)) as db:
        return jobs.state_of(db.get_one(Job, job_id))


def cancel(store: Store, account: Account, job_id: str) -> bool:
    """Stop a job; False where it is finished already.

    Raises
    ------
    RefusedError
        If it is not among the user's.
    """
    with acting(store, account, "change", "edit", Target("job", job_id)) as db:
        return jobs.cancel(db, job_id)
