"""The audit log: a chain of hashes that shows any change, deletion, reordering or cut.

Each link is hashed together with the hash of the one before it. Links hold random ids and codes,
never a name or a text that somebody typed: so a patient can be erased, and the chain stays whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinigait.store import anchors
from clinigait.store.anchors import PENDING, Anchor
from clinigait.store.clock import now_ms
from clinigait.store.database import Store
from clinigait.store.ids import is_id
from clinigait.store.tables import AuditEntry, AuditHead, canonical

Action = Literal[
    "amend",
    "anchor",
    "backup",
    "break_glass",
    "create",
    "denied",
    "edit",
    "erase",
    "export",
    "failed_login",
    "job_failed",
    "list",
    "locked",
    "login",
    "logout",
    "model_run",
    "restore",
    "retention",
    "scope",
    "sign",
    "user_change",
    "verify",
    "view",
]
Kind = Literal[
    "assessment", "audit", "edit", "job", "patient", "recording", "signature", "user", "visit"
]

GENESIS = "0" * 64
#: Every so many links the chain is anchored.
ANCHOR_EVERY = 20
_CODE = re.compile(r"[A-Za-z0-9_.:-]{0,64}")
_BATCH = 1000


@dataclass(frozen=True)
class Fault:
    """Where the chain is broken: the number of the link, and how."""

    number: int
    what: str


def record(
    db: Session,
    user_id: str | None,
    action: Action,
    kind: Kind | None = None,
    object_id: str | None = None,
    detail: Mapping[str, str | int] | None = None,
) -> int:
    """Add a link to the chain, within the transaction of what it tells of; return its number.

    Raises
    ------
    ValueError
        If an id is none of ours, or the detail holds anything but codes and numbers.
    """
    if not all(value is None or is_id(value) for value in (user_id, object_id)):
        raise ValueError("the audit log takes random ids only")
    head = db.get(AuditHead, 1, with_for_update=True, populate_existing=True)
    if head is None:
        raise RuntimeError("the audit log has lost its head; restore a backup")
    entry = AuditEntry(
        number=head.number + 1,
        at_ms=now_ms(db),
        user_id=user_id,
        action=action,
        kind=kind,
        object_id=object_id,
        detail=canonical(_codes(detail or {})),
        previous_hash=head.hash,
    )
    entry.hash = hash_of(entry)
    db.add(entry)
    head.number, head.hash = entry.number, entry.hash
    db.flush()
    if entry.number % ANCHOR_EVERY == 1 or action in {"anchor", "sign", "amend", "restore"}:
        db.info[PENDING] = Anchor(entry.number, entry.hash, entry.at_ms)
    return entry.number


def hash_of(entry: AuditEntry) -> str:
    """Return the SHA-256 of a link's content and of the hash before it."""
    content = [
        entry.number,
        entry.at_ms,
        entry.user_id,
        entry.action,
        entry.kind,
        entry.object_id,
        entry.detail,
        entry.previous_hash,
    ]
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def verify(db: Session, known: Iterable[Anchor]) -> list[Fault]:
    """Return everything that is wrong with the chain, first things first; empty where it is whole.

    Parameters
    ----------
    db
        Of ``store.reading()``.
    known
        What the chain was, from the anchor file or a copy of it.
    """
    faults: list[Fault] = []
    noted: dict[int, set[str]] = {}
    for anchor in known:
        noted.setdefault(anchor.number, set()).add(anchor.hash)
    number, before = 0, GENESIS
    found = select(AuditEntry).order_by(AuditEntry.number)
    for entry in db.scalars(found.execution_options(yield_per=_BATCH)):
        faults += _faults_of(entry, number, before, noted.pop(entry.number, set()))
        number, before = entry.number, entry.hash
        db.expunge(entry)
    head = db.get(AuditHead, 1)
    if head is None or (head.number, head.hash) != (number, before):
        told = head.number if head else 0
        faults.append(Fault(number + 1, f"the end is missing or replaced: {told} were written"))
    last = max(noted, default=0)
    if last > number:
        faults.append(Fault(number + 1, f"the end is missing: the anchors know {last}"))
    return faults


def check(store: Store, copy: Path | None = None) -> list[Fault]:
    """Verify a store's chain against its anchor file, and a copy of it from elsewhere.

    Raises
    ------
    BadInputError
        If the anchors are damaged.
    """
    # Read before the chain: by then every link that they know is there.
    known = anchors.read(store.anchor_file) + (anchors.read(copy) if copy else [])
    with store.reading() as db:
        return verify(db, known)


def _faults_of(entry: AuditEntry, number: int, before: str, anchored: set[str]) -> list[Fault]:
    faults = []
    if entry.number != number + 1:
        gone = f"{number + 1} to {entry.number - 1}" if entry.number > number + 2 else "it"
        faults.append(Fault(number + 1, f"{gone} is missing: the next is {entry.number}"))
    elif entry.previous_hash != before:
        faults.append(Fault(entry.number, "it does not follow the one before it"))
    if entry.hash != hash_of(entry):
        faults.append(Fault(entry.number, "it was changed"))
    if anchored - {entry.hash}:
        faults.append(Fault(entry.number, "it is not what was anchored"))
    return faults


def _codes(detail: Mapping[str, str | int]) -> dict[str, str | int]:
    for key, value in detail.items():
        if isinstance(value, str) and not _CODE.fullmatch(value):
            raise ValueError(f"the audit log takes codes and numbers only: {key}")
    return dict(detail)
