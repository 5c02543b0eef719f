"""Restore: a backup into a data folder that is not there yet, whole or not at all."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, MetaData, Table, delete, insert, inspect
from sqlalchemy.exc import SQLAlchemyError

from clinigait.core import BadInputError
from clinigait.store import audit, totp
from clinigait.store.audit import Fault
from clinigait.store.backup import FORMAT, MANIFEST, Hashing, rows_of
from clinigait.store.database import Store, engine_of, open_store
from clinigait.store.ids import new_id
from clinigait.store.migrate import is_known, upgrade_to
from clinigait.store.sealing import key_file_of
from clinigait.store.tables import FLEETING, Base

_MEMBER = re.compile(r"files/[0-9a-f]{64}|tables/[a-z_]{1,40}\.jsonl|anchors\.jsonl")
_LARGEST_MANIFEST = 1 << 28
_CHUNK = 1 << 20
_BATCH = 500
_REMEDY = "Take another backup."


@dataclass(frozen=True)
class Restored:
    """What came back, what is wrong with its audit chain, and with its second factors.

    Parameters
    ----------
    files
        How many.
    faults
        Where the chain is broken.
    second_factors
        How many users have one.
    no_key
        What to say, and to do, where their key is not there; None where it is.
    """

    files: int
    faults: list[Fault]
    second_factors: int
    no_key: BadInputError | None


def restore(backup: Path, folder: Path, url: str | None = None) -> Restored:
    """Restore a backup.

    Parameters
    ----------
    backup
        The file that a backup wrote, of the built-in database or of PostgreSQL.
    folder
        Data folder to make; it must not be there, or be empty.
    url
        Of an empty PostgreSQL database; None for the built-in one.

    Raises
    ------
    BadInputError
        If the backup is damaged or of a newer clinigait, or folder or database are not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInputError("The data folder is not empty.", "Restore into a new folder.")
    staging = folder.parent / f".restoring-{secrets.token_hex(8)}"
    try:
        (staging / "files").mkdir(parents=True, mode=0o700)
        staging.chmod(0o700)
        with tarfile.open(backup, "r:") as archive:
            manifest = _manifest(archive)
            names = _unpack(archive, manifest["members"], staging)
        _fill(staging, url, str(manifest["revision"]), names)
        shutil.rmtree(staging / "tables")
        if folder.exists():
            folder.rmdir()
        staging.replace(folder)
    except (tarfile.TarError, EOFError, KeyError, TypeError, ValueError) as error:
        raise BadInputError("The file is no whole backup of clinigait.", _REMEDY) from error
    except OSError as error:
        raise BadInputError(
            f"The backup cannot be restored: {error.strerror or 'its name is no file name'}.",
            "Look at the file, the folder and the room on the disk.",
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    store = open_store(folder, url)
    try:
        with store.writing() as db:
            audit.record(db, None, "restore", detail={"files": len(names)})
        return Restored(len(names), audit.check(store), *_second_factors(store))
    finally:
        store.close()


def _second_factors(store: Store) -> tuple[int, BadInputError | None]:
    with store.reading() as db:
        count = len(totp.sealed_for(db))
        try:
            totp.check_key(db)
        except BadInputError as error:
            return count, error
    return count, None


def _manifest(archive: tarfile.TarFile) -> dict[str, dict[str, str]]:
    member = archive.getmember(MANIFEST)
    content = archive.extractfile(member)
    if content is None or member.size > _LARGEST_MANIFEST:
        raise ValueError("no manifest")
    manifest = json.loads(content.read())
    if manifest["format"] != FORMAT or not is_known(str(manifest["revision"])):
        raise BadInputError("The backup is of a newer clinigait.", "Update clinigait.")
    if sorted(archive.getnames()) != sorted([*manifest["members"], MANIFEST]):
        raise ValueError("members are missing, or too many")
    if not all(member.isreg() for member in archive.getmembers()):
        raise ValueError("only plain files belong into a backup")
    return dict(manifest)


def _unpack(archive: tarfile.TarFile, members: dict[str, str], staging: Path) -> dict[str, str]:
    """Write all members under names of our own; return the new name of every file by its hash."""
    names = {}
    (staging / "tables").mkdir()
    for member, sha256 in members.items():
        if not _MEMBER.fullmatch(member):
            raise ValueError("a member that no backup has")
        kind, _, rest = member.partition("/")
        if kind == "files":
            names[rest] = name = new_id()
            path = staging / "files" / name[:2] / name
            path.parent.mkdir(exist_ok=True, mode=0o700)
        else:
            path = staging / member
        content = archive.extractfile(member)
        if content is None or _copied(content, path) != sha256:
            raise ValueError("a member is damaged")
        if kind == "files" and rest != sha256:
            raise ValueError("a file is not what its name says")
    return names


def _copied(source: IO[bytes], path: Path) -> str:
    hashing = Hashing(source)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
        while chunk := hashing.read(_CHUNK):
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    return hashing.sha256


def _fill(staging: Path, url: str | None, revision: str, names: dict[str, str]) -> None:
    """Fill an empty database in one transaction: tables as they were then, rows, later changes."""
    engine = engine_of(staging, url)
    try:
        with engine.execution_options(immediate=True).begin() as connection:
            if inspect(connection).get_table_names():
                raise BadInputError("The database is not empty.", "Restore into a new one.")
            key_file = key_file_of(staging)
            upgrade_to(connection, revision, key_file)
            there = MetaData()
            there.reflect(connection)
            for table in there.sorted_tables:
                path = staging / "tables" / f"{table.name}.jsonl"
                if table.name in Base.metadata.tables and table.name not in FLEETING:
                    with path.open("rb") as rows:
                        _fill_table(connection, table, rows, names)
            upgrade_to(connection, "head", key_file)
    except SQLAlchemyError:
        # Without its cause: a database's words may hold a patient's.
        raise BadInputError("The rows of the backup do not fit the database.", _REMEDY) from None
    finally:
        engine.dispose()


def _fill_table(
    connection: Connection, table: Table, file: IO[bytes], names: dict[str, str]
) -> None:
    connection.execute(delete(table))  # the empty chain that a new database has
    rows = rows_of(file)
    if table.name == "files":
        rows = _renamed(rows, names)
    while batch := list(islice(rows, _BATCH)):
        connection.execute(insert(table), batch)


def _renamed(
    rows: Iterable[dict[str, object]], names: dict[str, str]
) -> Iterator[dict[str, object]]:
    left = dict(names)
    for row in rows:
        yield {**row, "name": left.pop(str(row["sha256"]))}
    if left:
        raise ValueError("a file that no row knows")
