"""A second factor: codes of six digits that change every 30 s (RFC 6238), each good once.

The secrets of which the codes are made lie sealed in the database, see :mod:`.sealing`.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from pathlib import Path

import pyotp
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinigait.core import BadInputError
from clinigait.store import audit, sealing
from clinigait.store.clock import now_ms
from clinigait.store.database import Store
from clinigait.store.tables import User

STEP_S = 30
#: A clock may be wrong by so many steps.
_OFF = 1
_ISSUER = "clinigait"


@dataclass(frozen=True)
class Enrolment:
    """What a user enters into the program that makes the codes; shown once.

    Parameters
    ----------
    secret
        To type, in letters and digits.
    uri
        The same as a link, for a QR code.
    """

    secret: str
    uri: str


def begin(db: Session, user_id: str) -> Enrolment:
    """Make a user's secret; it counts once :func:`confirm` has seen a code of it.

    Raises
    ------
    BadInputError
        If there is no such user, the user has a second factor already, or the key is missing
        with which those of others are sealed.
    """
    user = _user(db, user_id)
    if user.totp_confirmed:
        raise BadInputError("There is a second factor already.", "Remove that one first.")
    key_file = _key_file(db)
    # A second key beside secrets that it cannot open would hide that theirs was lost.
    if db.scalars(select(User.id).where(User.totp_secret.is_not(None)).limit(1)).first() is None:
        sealing.make(key_file)
    secret = pyotp.random_base32()
    user.totp_secret = sealing.seal(key_file, secret, about(user_id))
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name=_ISSUER)
    return Enrolment(secret, uri)


def confirm(db: Session, user_id: str, code: str) -> bool:
    """Switch the second factor on where a code shows that the user has the secret."""
    user = _user(db, user_id)
    if user.totp_confirmed or not _is_right(db, user, code):
        return False
    user.totp_confirmed = True
    detail = {"change": "second_factor_on"}
    audit.record(db, user_id, "user_change", "user", user_id, detail)
    return True


def remove(db: Session, user_id: str, by: str | None) -> None:
    """Switch the second factor off: a lost telephone, with ``by`` the administrator."""
    user = _user(db, user_id)
    user.totp_secret, user.totp_confirmed = None, False
    audit.record(db, by, "user_change", "user", user_id, {"change": "second_factor_off"})


def is_on(db: Session, user_id: str) -> bool:
    """Whether a user signs in with a second factor."""
    return _user(db, user_id).totp_confirmed


def passes(db: Session, user: User, code: str) -> bool:
    """Whether a user has no second factor, or this is a code of it that was not used yet.

    Raises
    ------
    BadInputError
        If the key is missing with which the secret is sealed.
    """
    return not user.totp_confirmed or _is_right(db, user, code)


def sealed_for(db: Session) -> list[str]:
    """Return the names of all users who have a second factor."""
    having = select(User.name).where(User.totp_secret.is_not(None)).order_by(User.name)
    return list(db.scalars(having))


def check_key(db: Session) -> None:
    """See whether all secrets can be opened.

    Raises
    ------
    BadInputError
        If not, with what to do.
    """
    for user in db.scalars(select(User).where(User.totp_secret.is_not(None))):
        _secret(db, user)


def renew_key(store: Store, by: str | None, *, forget: bool) -> int:
    """Seal all secrets with a new key; return how many there are.

    Parameters
    ----------
    store, by
        Where, who; None for the command line.
    forget
        Whether the old keys go: secrets in backups that were made before open no more.

    Raises
    ------
    BadInputError
        If a secret cannot be opened, or the file of keys cannot be written: nothing is changed.
    """
    with store.reading() as db:
        check_key(db)
    # The new key is on the disk before anything is sealed with it, the old ones until nothing is.
    sealing.add_key(store.key_file)
    with store.writing() as db:
        # All users, so that nobody begins a secret meanwhile.
        users = list(db.scalars(select(User).with_for_update()))
        having = [user for user in users if user.totp_secret is not None]
        for user in having:
            user.totp_secret = sealing.seal(store.key_file, _secret(db, user), about(user.id))
        audit.record(db, by, "user_change", detail={"change": "second_factor_key"})
    if forget:
        sealing.forget_old(store.key_file)
    return len(having)


def about(user_id: str) -> str:
    """Return what a sealed secret is bound to."""
    return f"totp:{user_id}"


def _is_right(db: Session, user: User, code: str) -> bool:
    """Look a code up among those of now, and note it as used."""
    if user.totp_secret is None:
        return False
    secret = _secret(db, user)
    typed = "".join(code.split())[:16].encode("utf-8", "replace")
    now = now_ms(db) // (STEP_S * 1000)
    codes = pyotp.TOTP(secret)
    right = [
        step
        for step in range(now - _OFF, now + _OFF + 1)
        if hmac.compare_digest(codes.generate_otp(step).encode(), typed)
    ]
    if not right or right[-1] <= user.totp_last:
        return False
    user.totp_last = right[-1]
    return True


def _secret(db: Session, user: User) -> str:
    return sealing.unseal(_key_file(db), user.totp_secret or "", about(user.id))


def _key_file(db: Session) -> Path:
    path: Path = db.info[sealing.KEY_FILE]
    return path


def _user(db: Session, user_id: str) -> User:
    user = db.get(User, user_id, with_for_update=True)
    if user is None:
        raise BadInputError("There is no such user.", "Look at the list of users.")
    return user
