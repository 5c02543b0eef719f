"""What auditors do: read the log, and see whether it is whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from clinigait.clinic.access import acting
from clinigait.store import Store, audit
from clinigait.store.accounts import Account
from clinigait.store.tables import AuditEntry, User


@dataclass(frozen=True)
class Link:
    """A link of the log; ``user`` is the name of who did it, None for the command line."""

    number: int
    at_ms: int
    user: str | None
    action: str
    kind: str | None
    object_id: str | None
    detail: dict[str, Any]


def listing(
    store: Store,
    account: Account,
    *,
    action: str | None = None,
    user_id: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Link]:
    """Return links, newest first; that they were looked at is a link too.

    Parameters
    ----------
    store, account
        Where, who.
    action, user_id
        Only those of one action, of one user.
    before
        Only those with smaller numbers.
    limit
        Most that are returned.

    Raises
    ------
    RefusedError
        If this is no auditor.
    """
    with acting(store, account, "audit", "view") as db:
        found = select(AuditEntry, User.name).outerjoin(User, User.id == AuditEntry.user_id)
        if action:
            found = found.where(AuditEntry.action == action)
        if user_id:
            found = found.where(AuditEntry.user_id == user_id)
        if before is not None:
            found = found.where(AuditEntry.number < before)
        found = found.order_by(AuditEntry.number.desc()).limit(max(1, min(limit, 1000)))
        return [
            Link(
                row.number, row.at_ms, name, row.action, row.kind, row.object_id,
                json.loads(row.detail),
            )
            for row, name in db.execute(found)
        ]  # fmt: skip


def verify(store: Store, account: Account) -> list[audit.Fault]:
    """Look for links that were changed, deleted, moved or cut off; empty where all is whole.

    Raises
    ------
    RefusedError
        If this is no auditor.
    BadInputError
        If the anchors are damaged.
    """
    with acting(store, account, "audit", "verify"):
        pass  # whoever may not is told first
    return audit.check(store)
