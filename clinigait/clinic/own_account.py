"""What anybody who is signed in may do: with his or her own account, and with no other.

No right is asked for, since everybody has this one; whose account it is comes from the sign-in.
"""

from __future__ import annotations

from clinigait.core import BadInputError
from clinigait.store import Store, accounts, totp
from clinigait.store.accounts import Account
from clinigait.store.tables import APPEARANCES, Appearance, User


def change_password(store: Store, account: Account, old: str, new: str, code: str = "") -> None:
    """Change one's own password, with the old one; one is signed out everywhere.

    Raises
    ------
    BadInputError
        If the old one is wrong or the new one cannot be used.
    """
    if accounts.prove(store, account.name, old, code) is None:
        raise BadInputError("Password or code do not fit.", "Type them again.")
    with store.writing() as db:
        accounts.change(db, account.id, password=new, by=account.id)


def has_second_factor(store: Store, account: Account) -> bool:
    """Whether a user signs in with a second factor."""
    with store.reading() as db:
        return totp.is_on(db, account.id)


def begin_second_factor(store: Store, account: Account) -> totp.Enrolment:
    """Make one's own secret; it counts once a code of it was seen.

    Raises
    ------
    BadInputError
        If there is one already.
    """
    with store.writing() as db:
        return totp.begin(db, account.id)


def confirm_second_factor(store: Store, account: Account, code: str) -> None:
    """Switch one's own second factor on.

    Raises
    ------
    BadInputError
        If the code is none of the secret's.
    """
    with store.writing() as db:
        good = totp.confirm(db, account.id, code)
    if not good:
        raise BadInputError("That code does not fit.", "Wait for the next one.")


def appearance(store: Store, account: Account) -> Appearance:
    """Return how one wants the pages to look."""
    with store.reading() as db:
        user = db.get(User, account.id)
        kept = user.appearance if user is not None else None
    return next((one for one in APPEARANCES if one == kept), "system")


def choose_appearance(store: Store, account: Account, chosen: Appearance) -> None:
    """Keep how one wants the pages to look, on every machine. It concerns no patient: no audit."""
    with store.writing() as db:
        db.get_one(User, account.id).appearance = chosen
