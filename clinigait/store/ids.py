"""Identifiers that tell nothing, and texts that can be kept."""

from __future__ import annotations

import re
import secrets
import unicodedata

from clinigait.core import BadInputError

_ID = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """Return a random identifier: 128 bits as 32 hexadecimal letters."""
    return secrets.token_hex(16)


def checked_text(text: str, what: str, longest: int) -> str:
    """Return a text without spaces around it, in Unicode's composed form.

    Parameters
    ----------
    text
        What a user typed.
    what
        What it is, for the sentence of an error: ``"A patient's code"``.
    longest
        Most letters that it may have.

    Raises
    ------
    BadInputError
        If it is empty, too long, or has letters that do not print.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if not 0 < len(text) <= longest:
        raise BadInputError(f"{what} has 1 to {longest} letters.", "Type another.")
    if not is_plain(text):
        raise BadInputError(f"{what} has letters that do not print.", "Type it anew.")
    return text


def is_plain(text: str) -> bool:
    """Whether a text has no control, format, private or unpaired letters."""
    return not any(unicodedata.category(letter).startswith("C") for letter in text)


def is_id(text: str) -> bool:
    """Whether a text has the form of our identifiers."""
    return _ID.fullmatch(text) is not None
