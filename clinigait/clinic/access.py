"""Who may do what: one gate for everything, closed unless it says otherwise, and audited."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from clinigait.core import RefusedError
from clinigait.store import Store, audit
from clinigait.store.accounts import Account
from clinigait.store.audit import Action, Kind
from clinigait.store.clock import now_ms
from clinigait.store.ids import is_id
from clinigait.store.tables import (
    Job,
    Patient,
    PatientScope,
    Recording,
    Signature,
    StoredAssessment,
    User,
    Visit,
)

Right = Literal["see", "export", "change", "sign", "administer", "audit"]

#: What each role may do; whatever is not here is not permitted.
RIGHTS: dict[str, frozenset[Right]] = {
    "viewer": frozenset({"see"}),
    "clinician": frozenset({"see", "export", "change", "sign"}),
    "admin": frozenset({"administer"}),
    "auditor": frozenset({"audit"}),
}
#: These see patients, and so need to be given them.
_SEES: frozenset[Right] = frozenset({"see", "export", "change", "sign"})


@dataclass(frozen=True)
class Target:
    """What an action is about."""

    kind: Kind
    id: str


@contextmanager
def acting(
    store: Store, account: Account, right: Right, action: Action,
    target: Target | None = None, detail: Mapping[str, str | int] | None = None,
) -> Iterator[Session]:  # fmt: skip
    """Give a session to somebody who has the right; what is done in it is audited with it.

    Rights are those of the database now, not those of the account that was read at some time.

    Parameters
    ----------
    store
        The store.
    account
        Who acts.
    right
        What it takes.
    action
        What the audit log calls it.
    target
        What it is about; the patient behind it has to be one of the user's. None where it is
        about no single one: then what is listed is limited by :func:`seen_by`.
    detail
        Codes and numbers for the audit log.

    Raises
    ------
    RefusedError
        With code ``not_permitted``, or ``not_there``: what is not there and what is not the
        user's look the same. That, too, is audited.
    """
    kind, object_id = (target.kind, target.id) if target else (None, None)
    with store.writing() as db:
        code = _denied(db, account, right, target)
        if not code:
            audit.record(db, account.id, action, kind, object_id, detail)
            yield db
            return
        known = object_id if object_id and is_id(object_id) else None
        audit.record(db, account.id, "denied", kind, known, {"action": action, "why": code})
    raise _refusal(code)


@contextmanager
def looking(store: Store, account: Account, right: Right, target: Target) -> Iterator[Session]:
    """Give a session to read what tells nothing of a patient's health, unaudited but guarded.

    Raises
    ------
    RefusedError
        As :func:`acting`.
    """
    with store.reading() as db:
        code = _denied(db, account, right, target)
        if code:
            raise _refusal(code)
        yield db


def seen_by(db: Session, account: Account) -> ColumnElement[bool]:
    """Return the condition on patients that a user may see."""
    user = db.get(User, account.id)
    if user is not None and user.all_patients:
        return Patient.id == Patient.id
    given = select(PatientScope.patient_id).where(
        PatientScope.user_id == account.id,
        or_(PatientScope.until_ms.is_(None), PatientScope.until_ms > now_ms(db)),
    )
    return Patient.id.in_(given)


def _denied(db: Session, account: Account, right: Right, target: Target | None) -> str:
    user = db.get(User, account.id, populate_existing=True)
    if user is None or not user.enabled or right not in RIGHTS.get(user.role, frozenset()):
        return "not_permitted"
    if target is None:
        return ""
    patient = _patient_of(target)
    if not is_id(target.id) or patient is None:
        return "not_there"
    if right in _SEES:
        patient = patient.where(seen_by(db, account))
    return "" if db.scalar(patient) else "not_there"


def _patient_of(target: Target) -> Select[str] | None:
    """Return the query of the patient behind something; None where there is none behind it."""
    patient = select(Patient.id)
    if target.kind == "patient":
        return patient.where(Patient.id == target.id)
    patient = patient.join(Visit, Visit.patient_id == Patient.id)
    if target.kind == "visit":
        return patient.where(Visit.id == target.id)
    if target.kind == "recording":
        return patient.join(Recording).where(Recording.id == target.id)
    if target.kind == "job":
        return patient.join(Job).where(Job.id == target.id)
    patient = patient.join(StoredAssessment)
    if target.kind == "assessment":
        return patient.where(StoredAssessment.id == target.id)
    if target.kind == "signature":
        return patient.join(Signature).where(Signature.id == target.id)
    return None


def _refusal(code: str) -> RefusedError:
    if code == "not_permitted":
        return RefusedError(code, "Your role does not permit that.", "Ask an administrator.")
    return RefusedError(
        code, "There is no such record among your patients.", "Ask to be given the patient."
    )
