"""Being signed in: a random token with the user, its hash here, and an end that always comes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from clinigait.store import accounts, audit
from clinigait.store.accounts import Account
from clinigait.store.clock import now_ms
from clinigait.store.database import Store
from clinigait.store.tables import SignIn, User

IDLE_S = 15 * 60.0
ABSOLUTE_S = 10 * 3600.0
#: The last sign of life is noted this often, not at every click.
_NOTED_EVERY_S = 20.0


@dataclass(frozen=True)
class SignedIn:
    """A fresh token and whose it is."""

    token: str
    account: Account


def sign_in(
    store: Store, name: str, password: str, code: str = "", address: str = ""
) -> SignedIn | None:
    """Sign a user in under a new token; None where name and password do not belong together.

    Parameters
    ----------
    store, name, password, code, address
        As for :func:`clinigait.store.accounts.prove`.
    """
    account = accounts.prove(store, name, password, code, address)
    if account is None:
        return None
    token = secrets.token_urlsafe(32)
    with store.writing() as db:
        now = now_ms(db)
        old = SignIn.created_ms < now - ABSOLUTE_S * 1000
        db.execute(delete(SignIn).where(SignIn.user_id == account.id, old))
        db.add(SignIn(token_sha256=_hash(token), user_id=account.id, created_ms=now, seen_ms=now))
        audit.record(db, account.id, "login", "user", account.id)
    return SignedIn(token, account)


def who(store: Store, token: str, *, noted: bool = True) -> Account | None:
    """Return who a token belongs to, as the user is now; None once it has ended.

    Parameters
    ----------
    store, token
        Where, which.
    noted
        Whether this is a sign of life; a timer's question is none.
    """
    with store.reading() as db:
        found = _alive(db, token)
        if found is None:
            return None
        row, user = found
        stale = noted and now_ms(db) - row.seen_ms > _NOTED_EVERY_S * 1000
        account = accounts.account_of(user)
    if stale:
        with store.writing() as db:
            again = db.get(SignIn, _hash(token), with_for_update=True)
            if again is None:
                return None
            again.seen_ms = max(again.seen_ms, now_ms(db))
    return account


def sign_out(store: Store, token: str) -> None:
    """End a token; one that has ended stays so."""
    with store.writing() as db:
        row = db.get(SignIn, _hash(token))
        if row is not None:
            audit.record(db, row.user_id, "logout", "user", row.user_id)
            db.delete(row)


def sign_out_everywhere(store: Store, user_id: str) -> None:
    """End all tokens of a user."""
    with store.writing() as db:
        accounts.end_all(db, user_id)
        audit.record(db, user_id, "logout", "user", user_id, {"where": "everywhere"})


def _alive(db: Session, token: str) -> tuple[SignIn, User] | None:
    row = db.get(SignIn, _hash(token))
    if row is None:
        return None
    now = now_ms(db)
    if now - row.seen_ms > IDLE_S * 1000 or now - row.created_ms > ABSOLUTE_S * 1000:
        return None
    user = db.get(User, row.user_id)
    return (row, user) if user is not None and user.enabled else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
