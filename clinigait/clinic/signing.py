"""Signing: a signed report is never changed; an amendment is a further one that names it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinigait.clinic.access import Target, acting
from clinigait.clinic.results import refuse_outdated
from clinigait.core import BadInputError
from clinigait.store import Store
from clinigait.store.accounts import Account
from clinigait.store.audit import Action
from clinigait.store.clock import now_ms
from clinigait.store.ids import checked_text, new_id
from clinigait.store.tables import Signature, StoredAssessment

_LARGEST_REPORT_BYTES = 200_000_000
_LONGEST_REASON = 500


@dataclass(frozen=True)
class Signed:
    """A signed report: of which assessment, by whom (user id), when, amending which, and why."""

    id: str
    assessment_id: str
    signed_by: str
    signed_ms: int
    amends_id: str | None
    reason: str | None


def sign(
    store: Store, account: Account, assessment_id: str, report_pdf: bytes, reason: str = ""
) -> str:
    """Sign the newest version of an assessment with its report; return the signature's id.

    Parameters
    ----------
    store, account, assessment_id
        Where, who, what.
    report_pdf
        The report as it was shown to who signs.
    reason
        Why a signed report of the visit is amended; empty where there is none yet.

    Raises
    ------
    BadInputError
        If it is signed already, not the newest version, or an amendment without a reason.
    RefusedError
        If it is not among the user's, or the user may not sign.
    """
    signature_id = new_id()
    target, detail = Target("assessment", assessment_id), {"signature": signature_id}
    action: Action = "amend" if reason else "sign"
    with (
        store.files.receiving([report_pdf], _LARGEST_REPORT_BYTES) as report,
        acting(store, account, "sign", action, target, detail) as db,
    ):
        row = db.get_one(StoredAssessment, assessment_id)
        refuse_outdated(db, row)
        amends_id = _amended(db, row, reason)
        signature = Signature(
            id=signature_id,
            assessment_id=assessment_id,
            content_sha256=row.content_sha256,
            report_sha256=store.files.keep(db, report),
            amends_id=amends_id,
            reason=checked_text(reason, "A reason", _LONGEST_REASON) if amends_id else None,
            signed_by=account.id,
            signed_ms=now_ms(db),
        )
        db.add(signature)
    return signature_id


def signatures(store: Store, account: Account, visit_id: str) -> list[Signed]:
    """Return the signed reports of a visit, the one that counts first.

    Raises
    ------
    RefusedError
        If the visit is not among the user's.
    """
    with acting(store, account, "see", "view", Target("visit", visit_id)) as db:
        return [_signed(row) for row in _of_visit(db, visit_id)]


def signed_of(db: Session, assessment_id: str) -> Signed | None:
    """Return the signature of a version, if there is one; whoever asks has passed the gate."""
    found = select(Signature).where(Signature.assessment_id == assessment_id)
    row = db.scalars(found).first()
    return None if row is None else _signed(row)


def _signed(row: Signature) -> Signed:
    return Signed(
        row.id, row.assessment_id, row.signed_by, row.signed_ms, row.amends_id, row.reason
    )


def report(store: Store, account: Account, signature_id: str) -> bytes:
    """Return a signed report, byte for byte, to a user who takes it out.

    Raises
    ------
    RefusedError
        If it is not among the user's, or the user may not.
    """
    target = Target("signature", signature_id)
    with acting(store, account, "export", "export", target, {"form": "pdf"}) as db:
        signature = db.get_one(Signature, signature_id)
        return store.files.find(db, signature.report_sha256).read_bytes()


def _amended(db: Session, row: StoredAssessment, reason: str) -> str | None:
    earlier = _of_visit(db, row.visit_id)
    if any(signature.assessment_id == row.id for signature in earlier):
        raise BadInputError("This version is signed already.", "Correct it first to amend it.")
    if earlier and not reason.strip():
        raise BadInputError("A signed report is amended with a reason.", "Say why.")
    if reason and not earlier:
        raise BadInputError("There is no signed report to amend.", "Sign without a reason.")
    return earlier[0].id if earlier else None


def _of_visit(db: Session, visit_id: str) -> list[Signature]:
    found = (
        select(Signature)
        .join(StoredAssessment)
        .where(StoredAssessment.visit_id == visit_id)
        .order_by(StoredAssessment.version.desc())
    )
    return list(db.scalars(found))
