"""Wrong passwords by address: many names tried from one place are slowed down, too."""

from __future__ import annotations

import hashlib

from sqlalchemy import delete
from sqlalchemy.orm import Session

from clinigait.store.clock import now_ms
from clinigait.store.tables import Attempts

#: So many wrong passwords from one address cost nothing: a clinic may be behind one.
FREE = 30
#: What was wrong this long ago is forgotten.
FORGOTTEN_S = 3600.0


def count(db: Session, address: str) -> bool:
    """Count an attempt as failed, and tell whether it may go on.

    Counted before the password is looked at, so that many at once gain nothing.
    """
    now, key = now_ms(db), _key(address)
    db.execute(delete(Attempts).where(Attempts.last_ms < now - FORGOTTEN_S * 1000))
    row = db.get(Attempts, key, with_for_update=True)
    if row is None:
        db.add(Attempts(address_sha256=key, failures=1, last_ms=now))
        db.flush()
        return True
    if row.failures >= FREE:
        return False
    row.failures, row.last_ms = row.failures + 1, now
    return True


def forgive(db: Session, address: str) -> None:
    """Take back the attempt that turned out right; earlier ones stay counted."""
    row = db.get(Attempts, _key(address), with_for_update=True)
    if row is not None:
        row.failures = max(row.failures - 1, 0)


def _key(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()
