"""Patients and visits: found, opened, added, given to a user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from clinigait.clinic.access import Target, acting, seen_by
from clinigait.core import BadInputError
from clinigait.store import Store
from clinigait.store.accounts import Account
from clinigait.store.clock import now_ms
from clinigait.store.ids import checked_text, is_id, is_plain, new_id
from clinigait.store.tables import Patient, PatientScope, User, Visit

LONGEST_CODE = 64
#: How long somebody who broke the glass sees the patient.
EMERGENCY_S = 4 * 3600.0
_LONGEST_REASON = 500


@dataclass(frozen=True)
class PatientRow:
    """A line of the list of patients; ``last_day`` is None before the first visit."""

    id: str
    code: str
    visits: int
    last_day: str | None


@dataclass(frozen=True)
class VisitRow:
    """A visit of a patient."""

    id: str
    day: str
    facts: dict[str, Any]


@dataclass(frozen=True)
class PatientPage:
    """A patient with all visits, newest first."""

    id: str
    code: str
    visits: tuple[VisitRow, ...]


def listing(
    store: Store, account: Account, search: str = "", limit: int = 50, offset: int = 0
) -> list[PatientRow]:
    """Return the user's patients whose code holds a text, who came last first.

    Raises
    ------
    RefusedError
        If the user may see no patients at all.
    """
    with acting(store, account, "see", "list") as db:
        if not is_plain(search):
            return []
        last = func.max(Visit.day)
        found = (
            select(Patient.id, Patient.code, func.count(Visit.id), last)
            .outerjoin(Visit, Visit.patient_id == Patient.id)
            .where(seen_by(db, account), Patient.code.icontains(search.strip(), autoescape=True))
            .group_by(Patient.id, Patient.code)
            .order_by(func.coalesce(last, "9999").desc(), Patient.code)
            .limit(max(1, min(limit, 1000)))
            .offset(max(0, offset))
        )
        return [PatientRow(*row) for row in db.execute(found)]


def page(store: Store, account: Account, patient_id: str) -> PatientPage:
    """Open a patient.

    Raises
    ------
    RefusedError
        If there is none of this id among the user's.
    """
    with acting(store, account, "see", "view", Target("patient", patient_id)) as db:
        patient = db.get_one(Patient, patient_id)
        visits = db.scalars(
            select(Visit)
            .where(Visit.patient_id == patient_id)
            .order_by(Visit.day.desc(), Visit.created_ms.desc())
        )
        rows = tuple(VisitRow(visit.id, visit.day, visit.facts) for visit in visits)
        return PatientPage(patient.id, patient.code, rows)


def add(store: Store, account: Account, code: str) -> str:
    """Add a patient under a pseudonymous code, seen by who added it; return the id.

    Raises
    ------
    BadInputError
        If the code cannot be used.
    RefusedError
        If the user may not.
    """
    code = checked_text(code, "A patient's code", LONGEST_CODE)
    patient_id = new_id()
    detail = {"patient": patient_id}
    with acting(store, account, "change", "create", detail=detail) as db:
        if db.scalar(select(Patient.id).where(Patient.code == code)):
            raise BadInputError("There is a patient of that code already.", "Take another code.")
        db.add(Patient(id=patient_id, code=code, created_by=account.id, created_ms=now_ms(db)))
        db.flush()
        db.add(PatientScope(user_id=account.id, patient_id=patient_id))
    return patient_id


def add_visit(
    store: Store, account: Account, patient_id: str, day: date, facts: dict[str, Any]
) -> str:
    """Add a visit with what the clinician says of it; return its id.

    Raises
    ------
    RefusedError
        If the patient is not among the user's.
    """
    visit_id = new_id()
    target = Target("patient", patient_id)
    with acting(store, account, "change", "create", target, {"visit": visit_id}) as db:
        db.add(
            Visit(
                id=visit_id,
                patient_id=patient_id,
                day=day.isoformat(),
                facts=facts,
                created_by=account.id,
                created_ms=now_ms(db),
            )
        )
    return visit_id


def change_facts(store: Store, account: Account, visit_id: str, facts: dict[str, Any]) -> None:
    """Replace what the clinician says of a visit.

    Raises
    ------
    RefusedError
        If the visit is not among the user's, or the user may not.
    """
    with acting(store, account, "change", "edit", Target("visit", visit_id)) as db:
        db.get_one(Visit, visit_id, with_for_update=True).facts = facts


def give(store: Store, admin: Account, user_id: str, patient_id: str, *, seen: bool) -> None:
    """Give a patient to a user, or take the patient away.

    Raises
    ------
    RefusedError
        If this is no administrator, or there is no such patient.
    BadInputError
        If there is no such user.
    """
    target = Target("patient", patient_id)
    detail: dict[str, str | int] = {"user": user_id if is_id(user_id) else "", "seen": int(seen)}
    with acting(store, admin, "administer", "scope", target, detail) as db:
        if not is_id(user_id) or db.get(User, user_id) is None:
            raise BadInputError("There is no such user.", "Look at the list of users.")
        there = db.get(PatientScope, (user_id, patient_id))
        if there is not None:
            db.delete(there)
            db.flush()
        if seen:
            db.add(PatientScope(user_id=user_id, patient_id=patient_id))


def break_glass(store: Store, account: Account, code: str, reason: str) -> str:
    """See a patient in an emergency, for some hours, with a reason that is kept; return the id.

    Raises
    ------
    BadInputError
        If there is no reason, or no patient of that code.
    RefusedError
        If the user may not change anything of patients.
    """
    reason = checked_text(reason, "A reason", _LONGEST_REASON)
    code = checked_text(code, "A patient's code", LONGEST_CODE)
    with acting(store, account, "change", "break_glass") as db:
        patient_id = db.scalar(select(Patient.id).where(Patient.code == code))
    if patient_id is None:
        raise BadInputError("There is no patient of that code.", "Look at the code again.")
    detail = {"patient": patient_id}
    with acting(store, account, "change", "break_glass", detail=detail) as db:
        there = db.get(PatientScope, (account.id, patient_id))
        if there is None:
            there = PatientScope(user_id=account.id, patient_id=patient_id, until_ms=0)
            db.add(there)
        if there.until_ms is not None:  # None: the patient is the user's anyway
            there.until_ms = now_ms(db) + round(EMERGENCY_S * 1000)
            there.reason = reason
    return patient_id
