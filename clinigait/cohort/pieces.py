"""What is done of a cohort, on the disk: one small file a walk, whole or not there.

A name is the hash of the row, protocol, models and versions, and the hash of the recordings. The
first line of a file tells how it went, the second holds the parameters. Who does the same walk
again, at the same time or later, writes the same file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from clinigait.core import BadInputError
from clinigait.io.output import replace_file

SCHEMA = "1"
Status = Literal["measured", "refused", "failed"]
_LETTERS = 24
_NAME = re.compile(rf"([0-9a-f]{{{_LETTERS}}})-([0-9a-f]{{{_LETTERS}}})\.json")


@dataclass(frozen=True)
class Piece:
    """How the scoring of a walk ended.

    Parameters
    ----------
    status
        ``measured``, ``refused``, or ``failed`` where it never came to a measurement.
    code, reason
        Why not; None where measured.
    facts
        Hashes and what else every row of the walk tells.
    parameters
        One row a parameter and side; empty unless measured.
    """

    status: Status
    code: str | None = None
    reason: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    parameters: Sequence[Mapping[str, Any]] = ()


class Pieces:
    """The folder of the kept results.

    Parameters
    ----------
    folder
        Where it is, or will be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Return where the result of that name is."""
        return self.folder / key[:2] / f"{key}.json"

    def read(self, key: str, *, whole: bool = True) -> Piece | None:
        """Return a kept result; None where there is none, or not one that can be read.

        Parameters
        ----------
        key
            What :func:`key_of` gives.
        whole
            Whether the parameters are wanted as well.
        """
        try:
            with self.path(key).open(encoding="utf-8") as file:
                head = json.loads(file.readline())
                if head.pop("schema") != SCHEMA or head["status"] not in get_args(Status):
                    return None
                piece = Piece(**head)
                return replace(piece, parameters=json.loads(file.readline())) if whole else piece
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None  # it is made anew

    def keep(self, key: str, piece: Piece) -> None:
        """Keep a result.

        Raises
        ------
        BadInputError
            If it cannot be written; nothing is left behind.
        """
        head = {
            "schema": SCHEMA, "status": piece.status, "code": piece.code, "reason": piece.reason,
            "facts": dict(piece.facts),
        }  # fmt: skip
        lines = (json.dumps(part, allow_nan=False) for part in (head, list(piece.parameters)))
        path = self.path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(
                f"{self.folder.name[:80]} cannot be written: {error.strerror or error}.",
                "Choose another --out, or make room on the disk.",
            ) from error
        replace_file(path, "".join(f"{line}\n" for line in lines).encode())

    def found(self) -> Iterator[tuple[str, str, float]]:
        """Yield hash of the row, name, and time of writing (s since 1970) of all that is kept."""
        for folder in _entries(self.folder):
            for entry in _entries(Path(folder.path)):
                match = _NAME.fullmatch(entry.name)
                if match is not None:
                    yield match[1], entry.name.removesuffix(".json"), entry.stat().st_mtime


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def key_of(row_sha256: str, input_sha256: str) -> str:
    """Return the name of a result."""
    return f"{row_sha256[:_LETTERS]}-{input_sha256[:_LETTERS]}"


def row_part(row_sha256: str) -> str:
    """Return the part of the name that does not depend on the content of the recordings."""
    return row_sha256[:_LETTERS]


def status_of(text: str) -> Status:
    """Return a status that came as text."""
    return cast("Status", text)
