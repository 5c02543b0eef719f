"""What administrators do: users and who sees whom. They see no patient's data."""

from __future__ import annotations

from clinigait.clinic import patients
from clinigait.clinic.access import acting
from clinigait.store import Store, accounts, erasure, totp
from clinigait.store.accounts import Account


def users(store: Store, admin: Account) -> list[Account]:
    """Return all users by name.

    Raises
    ------
    RefusedError
        If this is no administrator.
    """
    with acting(store, admin, "administer", "list") as db:
        return accounts.listed(db)


def add_user(
    store: Store, admin: Account, name: str, role: str, password: str, *, all_patients: bool = False
) -> Account:
    """Add a user; the first password is told by word of mouth, and changed by the user.

    Raises
    ------
    BadInputError
        If name, role or password cannot be used.
    RefusedError
        If this is no administrator.
    """
    with acting(store, admin, "administer", "create") as db:
        return accounts.add(db, name, role, password, all_patients=all_patients, by=admin.id)


def change_user(
    store: Store,
    admin: Account,
    user_id: str,
    *,
    role: str | None = None,
    enabled: bool | None = None,
    all_patients: bool | None = None,
    password: str | None = None,
) -> None:
    """Change a user, who is signed out everywhere; arguments as :func:`accounts.change`.

    Raises
    ------
    BadInputError
        If it cannot be done.
    RefusedError
        If this is no administrator.
    """
    with acting(store, admin, "administer", "edit") as db:
        accounts.change(
            db, user_id, role=role, enabled=enabled, all_patients=all_patients,
            password=password, by=admin.id,
        )  # fmt: skip


def give(store: Store, admin: Account, user_id: str, code: str, *, seen: bool) -> None:
    """Give the patient of a code to a user, or take the patient away.

    Raises
    ------
    BadInputError
        If there is no such user or code.
    RefusedError
        If this is no administrator.
    """
    with acting(store, admin, "administer", "list") as db:
        patient_id = erasure.patient_of_code(db, code)
    patients.give(store, admin, user_id, patient_id, seen=seen)


def remove_second_factor(store: Store, admin: Account, user_id: str) -> None:
    """Switch a user's second factor off: the telephone was lost.

    Raises
    ------
    BadInputError
        If there is no such user.
    RefusedError
        If this is no administrator.
    """
    with acting(store, admin, "administer", "edit") as db:
        totp.remove(db, user_id, admin.id)
