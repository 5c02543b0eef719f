"""Drafts of corrections: kept for who makes them until they are kept or discarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from clinigait.clinic.access import Target, looking
from clinigait.core import BadInputError
from clinigait.store import Store
from clinigait.store.accounts import Account
from clinigait.store.clock import now_ms
from clinigait.store.tables import Draft, StoredAssessment, canonical

#: Most corrections of a draft, and most letters of them all.
MOST, LONGEST = 500, 100_000


@dataclass(frozen=True)
class Kept:
    """A draft as it was kept: corrections as plain data, when (ms since 1970)."""

    corrections: tuple[dict[str, Any], ...]
    saved_ms: int


def save(
    store: Store, account: Account, assessment_id: str, corrections: Sequence[dict[str, Any]]
) -> None:
    """Keep a draft in place of the one before; none is left where there are no corrections.

    Not audited: nothing of the patient's changes before it is kept as a version.

    Raises
    ------
    BadInputError
        If it is too long.
    RefusedError
        If the version is not among the user's, or the user may not change it.
    """
    if len(corrections) > MOST or len(canonical(list(corrections))) > LONGEST:
        raise BadInputError("So many corrections cannot be made at once.", "Keep some first.")
    with looking(store, account, "change", Target("assessment", assessment_id)):
        pass
    with store.writing() as db:
        old = db.get(Draft, (account.id, assessment_id), with_for_update=True)
        if old is not None:
            db.delete(old)
            db.flush()
        if corrections and db.get(StoredAssessment, assessment_id) is not None:
            db.add(
                Draft(
                    user_id=account.id,
                    assessment_id=assessment_id,
                    corrections=list(corrections),
                    saved_ms=now_ms(db),
                )
            )


def load(store: Store, account: Account, assessment_id: str) -> Kept | None:
    """Return the draft of a user; None where there is none.

    Raises
    ------
    RefusedError
        As :func:`save`.
    """
    with looking(store, account, "change", Target("assessment", assessment_id)) as db:
        row = db.get(Draft, (account.id, assessment_id))
        return None if row is None else Kept(tuple(row.corrections), row.saved_ms)


def drop(db: Session, account: Account, visit_id: str) -> None:
    """Drop the drafts of a user on all versions of a visit."""
    versions = select(StoredAssessment.id).where(StoredAssessment.visit_id == visit_id)
    mine = delete(Draft).where(Draft.user_id == account.id)
    db.execute(mine.where(Draft.assessment_id.in_(versions)))
