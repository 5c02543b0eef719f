"""A second factor: codes of six digits that change every 30 s (RFC 6238), each good once."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

import pyotp
from sqlalchemy.orm import Session

from clinigait.core import BadInputError
from clinigait.store import audit
from clinigait.store.clock import now_ms
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
        If there is no such user, or the user has a second factor already.
    """
    user = _user(db, user_id)
    if user.totp_confirmed:
        raise BadInputError("There is a second factor already.", "Remove that one first.")
    user.totp_secret = pyotp.random_base32()
    uri = pyotp.TOTP(user.totp_secret).provisioning_uri(name=user.name, issuer_name=_ISSUER)
    return Enrolment(user.totp_secret, uri)


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
    """Whether a user has no second factor, or this is a code of it that was not used yet."""
    return not user.totp_confirmed or _is_right(db, user, code)


def _is_right(db: Session, user: User, code: str) -> bool:
    """Look a code up among those of now, and note it as used."""
    if user.totp_secret is None:
        return False
    typed = "".join(code.split())[:16].encode("utf-8", "replace")
    now = now_ms(db) // (STEP_S * 1000)
    codes = pyotp.TOTP(user.totp_secret)
    right = [
        step
        for step in range(now - _OFF, now + _OFF + 1)
        if hmac.compare_digest(codes.generate_otp(step).encode(), typed)
    ]
    if not right or right[-1] <= user.totp_last:
        return False
    user.totp_last = right[-1]
    return True


def _user(db: Session, user_id: str) -> User:
    user = db.get(User, user_id, with_for_update=True)
    if user is None:
        raise BadInputError("There is no such user.", "Look at the list of users.")
    return user
