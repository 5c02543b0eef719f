"""Backup: all tables and files in one archive, of one moment, each member with its hash.

Rows are JSON lines, so that a backup of the built-in database restores into PostgreSQL as well. The
key of second factors is left out on purpose: it would open what lies beside it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import Table, Text, select, type_coerce
from sqlalchemy.orm import Session

from clinigait.core import BadInputError
from clinigait.store import audit, totp
from clinigait.store.clock import now_ms
from clinigait.store.database import Store
from clinigait.store.migrate import newest
from clinigait.store.tables import FLEETING, Base, JsonText, StoredFile

FORMAT = 1
MANIFEST = "manifest.json"
ANCHORS = "anchors.jsonl"
_BATCH = 500


@dataclass(frozen=True)
class Told:
    """What a backup holds."""

    patients: int
    files: int
    size_bytes: int
    second_factors: int


class Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        chunk = self._file.read(size)
        self._digest.update(chunk)
        return chunk

    @property
    def sha256(self) -> str:
        """Hash of what was read."""
        return self._digest.hexdigest()


def back_up(store: Store, out: Path, by: str | None = None) -> Told:
    """Write a backup, whole or not at all, for its owner alone; work goes on meanwhile.

    Raises
    ------
    BadInputError
        If it cannot be written, or a file of the store is missing or damaged.
    """
    part = out.parent / f".{secrets.token_hex(8)}.part"
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            told = _write(store, file, out.parent)
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name is not a file name"
        raise BadInputError(
            f"The backup cannot be written: {why}.",
            "Choose a folder that exists, is yours to write and has space left.",
        ) from error
    finally:
        with suppress(OSError, ValueError):
            part.unlink(missing_ok=True)
    with store.writing() as db:
        audit.record(db, by, "backup", detail={"files": told.files})
    return told


def _write(store: Store, file: IO[bytes], spare: Path) -> Told:
    # The anchors first: the chain of the moment after holds all that they know.
    anchors = store.anchor_file.read_bytes() if store.anchor_file.exists() else b""
    members: dict[str, str] = {}
    # No names of users or machines go into the archive.
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        with store.reading() as db:
            _add(archive, ANCHORS, io.BytesIO(anchors), len(anchors), members)
            for table in Base.metadata.sorted_tables:
                if table.name not in FLEETING:
                    with tempfile.TemporaryFile(dir=spare) as rows:
                        _dump(db, table, rows)
                        size = rows.tell()
                        rows.seek(0)
                        _add(archive, f"tables/{table.name}.jsonl", rows, size, members)
            patients = sum(1 for _ in db.execute(select(Base.metadata.tables["patients"].c.id)))
            second_factors = len(totp.sealed_for(db))
            made_ms, stored = now_ms(db), list(db.scalars(select(StoredFile)))
        for row in stored:
            _add_stored(archive, store, row, members)
        manifest = {
            "format": FORMAT, "revision": newest(), "made_ms": made_ms, "members": members
        }  # fmt: skip
        content = json.dumps(manifest, indent=1).encode()
        _add(archive, MANIFEST, io.BytesIO(content), len(content), {})
    size_bytes = sum(row.size_bytes for row in stored)
    return Told(patients, len(stored), size_bytes, second_factors)


def _dump(db: Session, table: Table, out: IO[bytes]) -> None:
    columns = [
        type_coerce(column, Text).label(column.name)
        if isinstance(column.type, JsonText)
        else column
        for column in table.columns
    ]
    query = select(*columns).order_by(*table.primary_key.columns)
    for row in db.execute(query.execution_options(yield_per=_BATCH)):
        out.write(json.dumps(dict(row._mapping)).encode() + b"\n")  # noqa: SLF001  its public name


def _add_stored(
    archive: tarfile.TarFile, store: Store, row: StoredFile, members: dict[str, str]
) -> None:
    name, path = f"files/{row.sha256}", store.files.path_of(row.name)
    try:
        with path.open("rb") as content:
            _add(archive, name, content, row.size_bytes, members)
    except (FileNotFoundError, tarfile.ReadError) as error:
        raise BadInputError(
            "A file was erased meanwhile, or is missing.", "Run it again."
        ) from error
    if members[name] != row.sha256:
        raise BadInputError(
            "A file of the store is damaged.", "Look after the disk, and restore a backup."
        )


def _add(
    archive: tarfile.TarFile, name: str, content: IO[bytes], size: int, members: dict[str, str]
) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    hashing = Hashing(content)
    archive.addfile(member, hashing)
    members[name] = hashing.sha256


def rows_of(file: IO[bytes]) -> Iterator[dict[str, object]]:
    """Read the rows of a table again.

    Raises
    ------
    ValueError
        If a line is no row.
    """
    for line in file:
        row = json.loads(line)
        if not isinstance(row, dict):
            raise ValueError("a row is an object")  # noqa: TRY004  of the file, not of ours
        yield row
