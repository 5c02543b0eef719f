"""Secrets that lie sealed in the database: AES-256-GCM, with keys in a file outside of it.

A backup holds what is sealed and never the keys: who finds one cannot make codes of second factors.
The first key of the file seals, all of them open, so that a new one can take over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from clinigait.core import BadInputError

#: Key in a session's ``info`` of the file with the keys.
KEY_FILE = "clinigait.key_file"
#: Names another place of the file: a disk that is not backed up, or a credential of systemd.
VARIABLE = "CLINIGAIT_KEY_FILE"
NAME = "second-factor.key"
_FORM = "v1"
_KEY_BYTES, _NONCE_BYTES = 32, 12
_LARGEST_BYTES = 16_384
#: Others may not read it and no group write it. A group may read: so systemd hands credentials on.
_TOO_OPEN = 0o027
_HEAD = "# Keys of clinigait's second factors, the newest first. Keep a copy where no backup is.\n"
_RESET = (
    "The administrator puts its file back, "
    "or takes the second factors off: clinigait users second-factor-off --all."
)


def key_file_of(folder: Path) -> Path:
    """Return where the keys of a data folder are: where the environment says, or in the folder."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else folder / NAME


def seal(path: Path, text: str, about: str) -> str:
    """Seal a text with the newest key.

    Parameters
    ----------
    path
        The file of keys.
    text
        What to seal.
    about
        Whose it is: opened for another, it does not open.

    Raises
    ------
    BadInputError
        If the file is missing, damaged, or open to others.
    """
    key = _keys(path)[0]
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), about.encode())
    return f"{_FORM}.{_id_of(key)}.{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(path: Path, sealed: str, about: str) -> str:
    """Open what was sealed; arguments as for :func:`seal`.

    Raises
    ------
    BadInputError
        If the key is not there, or what is sealed was changed or is another's.
    """
    form, _, rest = sealed.partition(".")
    key_id, _, content = rest.partition(".")
    key = next((key for key in _keys(path) if _id_of(key) == key_id), None)
    if form != _FORM or key is None:
        raise missing()
    try:
        raw = base64.urlsafe_b64decode(content)
        nonce, rest_raw = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, rest_raw, about.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise BadInputError(
            "A second factor was changed in the database.", "An administrator takes it off."
        ) from error


def missing() -> BadInputError:
    """Return what to say where the key of a sealed text is not there."""
    return BadInputError("The key of the second factors is missing.", _RESET)


def make(path: Path) -> None:
    """Make the file with a first key; one that is there stays.

    Raises
    ------
    BadInputError
        If it cannot be written.
    """
    if not path.exists():
        _write(path, [secrets.token_bytes(_KEY_BYTES)])


def add_key(path: Path) -> None:
    """Put a new key before those that are there, which still open what they sealed.

    Raises
    ------
    BadInputError
        If the file cannot be read or written.
    """
    old = _keys(path) if path.exists() else []
    _write(path, [secrets.token_bytes(_KEY_BYTES), *old])


def forget_old(path: Path) -> None:
    """Keep the newest key only; what is in older backups opens no more.

    Raises
    ------
    BadInputError
        If the file cannot be read or written.
    """
    _write(path, _keys(path)[:1])


def _keys(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & _TOO_OPEN:
                raise BadInputError(
                    "The key of the second factors is open to others.",
                    "Let its owner alone read the file: chmod 600.",
                )
            content = file.read(_LARGEST_BYTES).decode("ascii")
        lines = [line.strip() for line in content.splitlines()]
        keys = [
            base64.b64decode(line, validate=True)
            for line in lines
            if line and not line.startswith("#")
        ]
    except FileNotFoundError:
        raise missing() from None
    except (OSError, UnicodeDecodeError, binascii.Error) as error:
        raise BadInputError("The key of the second factors cannot be read.", _RESET) from error
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise BadInputError("The key of the second factors is damaged.", _RESET)
    return keys


def _write(path: Path, keys: list[bytes]) -> None:
    """Write the file anew, whole or not at all, for its owner alone."""
    part = path.parent / f".{secrets.token_hex(8)}.part"
    content = _HEAD + "".join(f"{base64.b64encode(key).decode()}\n" for key in keys)
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except (OSError, ValueError) as error:
        raise BadInputError(
            "The key of the second factors cannot be written.",
            f"Name a file that is yours to write by {VARIABLE}.",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _id_of(key: bytes) -> str:
    return hashlib.sha256(b"clinigait key id" + key).hexdigest()[:16]
