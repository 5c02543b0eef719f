"""Files of which only the beginning of the hash is published.

Such a file is believed at its first fetch if its SHA-256 begins as published; then its full hash
and size are recorded beside it, and from then on they decide. Eight digits keep accidents out, no
attacker: whoever reads such a file must not let it run code.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

from clinigait.io.output import replace_file

_FULL_HASH = re.compile("[0-9a-f]{64}")


class FirstSeen(NamedTuple):
    """What was recorded when the file was fetched first."""

    sha256: str
    size_bytes: int


def read_first_seen(file: Path) -> FirstSeen | None:
    """Return what was recorded of a file; None where there is no record that can be read."""
    try:
        found = json.loads(_record_of(file).read_bytes())
        sha256, size_bytes = found["sha256"], found["size_bytes"]
        whole = _FULL_HASH.fullmatch(sha256)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return FirstSeen(sha256, size_bytes) if whole and isinstance(size_bytes, int) else None


def record_first_seen(file: Path, first: FirstSeen) -> None:
    """Record hash and size beside a file.

    Raises
    ------
    BadInputError
        If the record cannot be written.
    """
    replace_file(_record_of(file), json.dumps(first._asdict(), indent=2).encode())


def _record_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256.json")
