"""Passwords: which are good enough, and Argon2id."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from clinigait.core import BadInputError

SHORTEST, LONGEST = 12, 200
#: What the commonest passwords are made of; a tail of digits and signs does not help them.
_COMMON = frozenset(
    {
        "abc",
        "abcd",
        "abcdef",
        "abcdefgh",
        "admin",
        "administrator",
        "aini",
        "asdfghjkl",
        "azerty",
        "baseball",
        "batman",
        "changeme",
        "clinic",
        "clinigait",
        "correcthorsebatterystaple",
        "default",
        "doctor",
        "dragon",
        "football",
        "gait",
        "gaitlab",
        "hospital",
        "iloveyou",
        "letmein",
        "letmeinnow",
        "master",
        "monkey",
        "p@ssw0rd",
        "p@ssword",
        "passw0rd",
        "password",
        "passwort",
        "patient",
        "princess",
        "q2w3e4r",
        "qaz2wsx",
        "qwerty",
        "qwertyuiop",
        "qwertz",
        "secret",
        "starwars",
        "sunshine",
        "superman",
        "trustno",
        "welcome",
        "whatever",
        "woaini",
        "zaq12wsx",
    }
)
_TAIL = "0123456789!?.,;:_-+*#$%&@ "
_REMEDY = f"Take {SHORTEST} letters or more: three words that do not belong together, say."


def check(password: str, user_name: str) -> None:
    """See whether a password may be used.

    Raises
    ------
    BadInputError
        If it is too short or long, too even, a common one, or holds the user's name. The
        sentence never repeats it.
    """
    plain = password.casefold()
    core = plain.strip(_TAIL)
    halved = {core[: len(core) // n] for n in (2, 3) if core and core == core[: len(core) // n] * n}
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInputError(f"A password has {SHORTEST} to {LONGEST} letters.", _REMEDY)
    if len(set(plain)) < 5 or not core or core in _COMMON or halved & _COMMON:
        raise BadInputError("That password is among the first to be tried.", _REMEDY)
    if len(user_name) > 3 and user_name.casefold() in plain:
        raise BadInputError("A password must not hold the name of the user.", _REMEDY)


def hashed(password: str) -> str:
    """Return the Argon2id hash with its salt and parameters."""
    return _hasher().hash(_bytes(password))


def matches(password: str, password_hash: str | None) -> bool:
    """Whether a password is the one; takes as long where there is no such user (None)."""
    try:
        _hasher().verify(password_hash or _nobody(), _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with parameters that are no longer ours."""
    return _hasher().check_needs_rehash(password_hash)


def _bytes(password: str) -> bytes:
    # A cap, so that nobody keeps the machine busy with a book; unpaired surrogates are no error.
    return password[: LONGEST + 1].encode("utf-8", "surrogatepass")


@cache
def _hasher() -> PasswordHasher:
    # RFC 9106 (doi:10.17487/RFC9106), second recommended option: 64 MiB, three passes, four lanes.
    return PasswordHasher()


@cache
def _nobody() -> str:
    return hashed("nobody has this password")
