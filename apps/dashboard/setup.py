"""The first administrator: made once, by who can read the terminal of the server."""

from __future__ import annotations

import secrets
from threading import Lock

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinigait.core import BadInputError
from clinigait.store import Store, accounts
from clinigait.store.tables import User

_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that look alike
_GROUPS, _GROUP = 4, 5


class Setup:
    """The code for the first administrator; none once there is one."""

    def __init__(self, store: Store) -> None:
        self._store, self._lock = store, Lock()
        groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))
        self.code = "-".join(groups)

    def is_open(self) -> bool:
        """Whether there is no administrator yet."""
        with self._store.reading() as db:
            return not _has_admin(db)

    def make(self, code: str, name: str, password: str) -> None:
        """Make the first administrator.

        Raises
        ------
        BadInputError
            If the code is wrong, there is an administrator by now, or name or password cannot be
            used.
        """
        typed = code.strip().upper().encode()
        if not secrets.compare_digest(typed, self.code.encode()):
            raise BadInputError(
                "That is not the setup code.", "Read it in the terminal of the server."
            )
        with self._lock, self._store.writing() as db:
            if _has_admin(db):
                raise BadInputError("There is an administrator already.", "Sign in.")
            accounts.add(db, name, "admin", password)


def _has_admin(db: Session) -> bool:
    found = select(User.id).where(User.role == "admin", User.enabled)
    return db.scalars(found).first() is not None
