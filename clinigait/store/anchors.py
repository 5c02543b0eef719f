"""Anchors of the audit chain: a file that only grows, outside the database.

Whoever can write the database could cut the chain's end or write it all anew; an anchor that was
kept says what the chain was. Copies of the file on another machine make that hard to forge.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from clinigait.core import BadInputError

#: Key in a session's ``info`` of the anchor to write once its changes are kept.
PENDING = "clinigait.anchor"
_LONGEST = 400


@dataclass(frozen=True)
class Anchor:
    """What the chain was: the number and hash of a link, and when it was noted (ms since 1970)."""

    number: int
    hash: str
    at_ms: int


def append(path: Path, anchor: Anchor) -> None:
    """Add an anchor in one write, so that the lines of two writers do not mix."""
    line = json.dumps(asdict(anchor)) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> list[Anchor]:
    """Return all anchors of a file; none where there is no file yet.

    Raises
    ------
    BadInputError
        If the file is damaged.
    """
    if not path.exists():
        return []
    found = []
    try:
        for number, line in enumerate(path.read_text("ascii").splitlines(), 1):
            found.append(_parsed(line[:_LONGEST], number))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path.name} cannot be read.", _REMEDY) from error
    return found


_REMEDY = "Take a copy of the anchors from a backup."


def _parsed(line: str, number: int) -> Anchor:
    try:
        anchor = Anchor(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise BadInputError(f"Line {number} of the anchors is damaged.", _REMEDY) from error
    types = (type(anchor.number), type(anchor.hash), type(anchor.at_ms))
    if types != (int, str, int):
        raise BadInputError(f"Line {number} of the anchors is damaged.", _REMEDY)
    return anchor
