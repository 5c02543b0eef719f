"""Users: added by an administrator, with a role, without any default password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from clinigait.core import BadInputError
from clinigait.store import attempts, audit, passwords, totp
from clinigait.store.clock import now_ms
from clinigait.store.database import Store
from clinigait.store.ids import checked_text, new_id
from clinigait.store.tables import ROLES, Role, SignIn, User

#: So many wrong passwords cost nothing; each further one costs twice the wait.
FREE_FAILURES = 5
FIRST_WAIT_S = 30.0
LONGEST_WAIT_S = 3600.0
_LONGEST_NAME = 64


@dataclass(frozen=True)
class Account:
    """A user as others see one."""

    id: str
    name: str
    role: Role
    all_patients: bool
    enabled: bool


def add(
    db: Session, name: str, role: str, password: str, *, all_patients: bool = False,
    by: str | None = None,
) -> Account:  # fmt: skip
    """Add a user.

    Parameters
    ----------
    db
        Of ``store.writing()``.
    name
        Name to sign in with; large and small letters are the same.
    role
        One of the roles.
    password
        The first password.
    all_patients
        Whether the user sees every patient, not only those given one by one.
    by
        Who adds; None for the command line.

    Raises
    ------
    BadInputError
        If name, role or password cannot be used.
    """
    name = checked_text(name, "The name of a user", _LONGEST_NAME).casefold()
    if role not in ROLES:
        raise BadInputError("There is no such role.", f"Roles are {', '.join(ROLES)}.")
    passwords.check(password, name)
    if db.scalar(select(User.id).where(User.name == name)):
        raise BadInputError("There is such a user already.", "Take another name.")
    user = User(
        id=new_id(),
        name=name,
        role=role,
        all_patients=all_patients,
        enabled=True,
        password_hash=passwords.hashed(password),
        failures=0,
        locked_until_ms=0,
        created_ms=now_ms(db),
        totp_confirmed=False,
        totp_last=0,
    )
    db.add(user)
    db.flush()
    audit.record(db, by, "user_change", "user", user.id, {"change": "added", "role": role})
    return account_of(user)


def change(
    db: Session, user_id: str, *, role: str | None = None, enabled: bool | None = None,
    all_patients: bool | None = None, password: str | None = None, by: str | None = None,
) -> None:  # fmt: skip
    """Change a user; whoever is changed is signed out everywhere.

    Raises
    ------
    BadInputError
        If there is no such user, the role or password cannot be used, or nobody would be left
        to administer.
    """
    user = db.get(User, user_id, with_for_update=True)
    if user is None:
        raise BadInputError("There is no such user.", "Look at the list of users.")
    if role is not None:
        if role not in ROLES:
            raise BadInputError("There is no such role.", f"Roles are {', '.join(ROLES)}.")
        user.role = role
    if enabled is not None:
        user.enabled = enabled
    if all_patients is not None:
        user.all_patients = all_patients
    if password is not None:
        passwords.check(password, user.name)
        user.password_hash = passwords.hashed(password)
        user.failures, user.locked_until_ms = 0, 0
    db.flush()
    admins = select(User.id).where(User.role == "admin", User.enabled)
    if not db.scalars(admins).first() and (role is not None or enabled is not None):
        raise BadInputError("Nobody would be left to administer.", "Add another admin first.")
    end_all(db, user_id)
    changed = {"role": role, "enabled": enabled, "scope": all_patients, "password": password}
    what = "_".join(key for key, value in changed.items() if value is not None)
    audit.record(db, by, "user_change", "user", user_id, {"change": what, "role": user.role})


def listed(db: Session) -> list[Account]:
    """Return all users by name."""
    return [account_of(user) for user in db.scalars(select(User).order_by(User.name))]


def find(db: Session, name: str) -> Account:
    """Return a user by name.

    Raises
    ------
    BadInputError
        If there is none of that name.
    """
    user = db.scalars(select(User).where(User.name == name.strip().casefold())).first()
    if user is None:
        raise BadInputError("There is no such user.", "Look at the list of users.")
    return account_of(user)


def end_all(db: Session, user_id: str) -> None:
    """Sign a user out everywhere."""
    db.execute(delete(SignIn).where(SignIn.user_id == user_id))


def prove(
    store: Store, name: str, password: str, code: str = "", address: str = ""
) -> Account | None:
    """Return the user whose name and password these are; None for any other, whatever the reason.

    An attempt counts as failed before the password is looked at, so that many at once gain
    nothing. While a user or an address is locked out, no password is looked at.

    Parameters
    ----------
    store, name, password
        Where, who, with what.
    code
        Of the second factor, where the user has one.
    address
        Where the attempt comes from; empty where that is not known.
    """
    with store.writing() as db:
        user = _by_name(db, name)
        now = now_ms(db)
        free = not address or attempts.count(db, address)
        locked = not free or (user is not None and user.locked_until_ms > now)
        if locked and user is not None:
            audit.record(db, user.id, "locked", "user", user.id)
        elif user is not None:
            user.failures += 1
            user.locked_until_ms = now + round(wait_s(user.failures) * 1000)
        user_id = user.id if user and not locked else None
        password_hash = user.password_hash if user and not locked else None
    right = passwords.matches(password, password_hash)
    if locked:
        return None
    with store.writing() as db:
        user = db.get(User, user_id, with_for_update=True) if user_id else None
        # The password may have been changed, the user switched off, while we looked.
        same = user is not None and user.enabled and user.password_hash == password_hash
        if user is None or not same or not right or not totp.passes(db, user, code):
            audit.record(db, user_id, "failed_login", "user", user_id)
            return None
        user.failures, user.locked_until_ms = 0, 0
        if address:
            attempts.forgive(db, address)
        if passwords.is_outdated(user.password_hash):
            user.password_hash = passwords.hashed(password)
        return account_of(user)


def wait_s(failures: int) -> float:
    """Return how long a user waits after so many wrong passwords in a row, in s."""
    beyond = failures - FREE_FAILURES
    return 0.0 if beyond < 0 else min(FIRST_WAIT_S * 2.0 ** min(beyond, 20), LONGEST_WAIT_S)


def _by_name(db: Session, name: str) -> User | None:
    try:
        name = checked_text(name, "The name", _LONGEST_NAME).casefold()
    except BadInputError:
        return None
    return db.scalars(select(User).where(User.name == name).with_for_update()).first()


def account_of(user: User) -> Account:
    """Return a user as others see one."""
    return Account(user.id, user.name, cast("Role", user.role), user.all_patients, user.enabled)
