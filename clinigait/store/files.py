"""Files by their content: each kept once, under a random name, until nothing refers to it."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from clinigait.core import BadInputError
from clinigait.store.clock import now_ms
from clinigait.store.ids import new_id
from clinigait.store.tables import Artefact, Recording, Signature, StoredFile

_PART = ".part"
#: What nothing refers to may be an upload that is under way; after this long it is not.
_ABANDONED_S = 24 * 3600.0


@dataclass(frozen=True)
class Received:
    """A file that came in whole and is not kept yet."""

    path: Path
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class FileStore:
    """The folder of files."""

    folder: Path

    @contextmanager
    def receiving(self, chunks: Iterable[bytes], limit_bytes: int) -> Iterator[Received]:
        """Write a stream to disk as it comes; what is not kept within the block goes again.

        Parameters
        ----------
        chunks
            The content in pieces; no more than one is held in memory.
        limit_bytes
            Most bytes that are taken.

        Raises
        ------
        BadInputError
            If it is empty or larger than the limit, or the disk is full.
        """
        part = self.folder / f"{new_id()}{_PART}"
        try:
            yield _written(part, chunks, limit_bytes)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise
            raise BadInputError(
                "There is no room left for the file.", "Make room on the disk of the data folder."
            ) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def keep(self, db: Session, received: Received) -> str:
        """Keep a received file and return its hash; content that is there already stays once."""
        if db.get(StoredFile, received.sha256, with_for_update=True) is None:
            name = new_id()
            target = self.path_of(name)
            target.parent.mkdir(exist_ok=True, mode=0o700)
            received.path.replace(target)
            _flush_folder(target.parent)
            db.add(
                StoredFile(
                    sha256=received.sha256,
                    name=name,
                    size_bytes=received.size_bytes,
                    created_ms=now_ms(db),
                )
            )
            db.flush()
        return received.sha256

    def find(self, db: Session, sha256: str) -> Path:
        """Return where a content lies.

        Raises
        ------
        BadInputError
            If it is not there.
        """
        row = db.get(StoredFile, sha256)
        if row is None or not self.path_of(row.name).is_file():
            raise BadInputError("A file is missing from the data folder.", "Restore a backup.")
        return self.path_of(row.name)

    def path_of(self, name: str) -> Path:
        """Return the path of a random name."""
        return self.folder / name[:2] / name

    def drop_unused(self, db: Session) -> list[str]:
        """Forget all contents that nothing refers to; return their names, to erase afterwards."""
        unused = select(StoredFile).where(~_is_used()).with_for_update()
        rows = db.scalars(unused).all()
        for row in rows:
            db.delete(row)
        db.flush()
        return [row.name for row in rows]

    def erase(self, names: Iterable[str]) -> None:
        """Erase files whose rows are gone."""
        for name in names:
            self.path_of(name).unlink(missing_ok=True)

    def sweep(self, db: Session) -> int:
        """Erase what a killed process left on disk a day ago or longer; return how many files."""
        known = set(db.scalars(select(StoredFile.name)))
        before = time.time() - _ABANDONED_S
        lost = [
            path
            for path in self.folder.rglob("*")
            if path.is_file() and path.name not in known and path.lstat().st_mtime < before
        ]
        for path in lost:
            path.unlink(missing_ok=True)
        return len(lost)


def _written(part: Path, chunks: Iterable[bytes], limit_bytes: int) -> Received:
    digest, size_bytes = hashlib.sha256(), 0
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in chunks:
            size_bytes += len(chunk)
            if size_bytes > limit_bytes:
                raise BadInputError(
                    f"The file is larger than {limit_bytes / 1e6:.0f} MB.", "Use a shorter film."
                )
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if size_bytes == 0:
        raise BadInputError("The file is empty.", "Choose another.")
    return Received(part, digest.hexdigest(), size_bytes)


def _flush_folder(folder: Path) -> None:
    """See to it that a new name is on the disk; where a system cannot, its own order has to do."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _is_used() -> ColumnElement[bool]:
    columns = (
        *(Recording.sha256, Recording.viewing_sha256),
        *(Artefact.sha256, Signature.report_sha256),
    )
    return or_(*(exists().where(column == StoredFile.sha256) for column in columns))
