"""The store: one database, one folder of files, one clock."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.orm import Session

from clinigait.core import BadInputError
from clinigait.store import anchors
from clinigait.store.clock import NOW
from clinigait.store.files import FileStore
from clinigait.store.migrate import upgrade
from clinigait.store.sealing import KEY_FILE, key_file_of

DATABASE_NAME = "clinic.sqlite3"
_BUSY_S = 30.0
_REMEDY = (
    "Write it as postgresql://USER:PASSWORD@HOST/DATABASE, or leave it out for the built-in one."
)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Store:
    """A clinic's data.

    Parameters
    ----------
    folder
        Data folder: files, anchors of the audit chain, and the built-in database.
    engine
        Of SQLAlchemy.
    now_ms
        The clock, milliseconds since 1970 in UTC.
    """

    folder: Path
    engine: Engine
    now_ms: Callable[[], int] = _now_ms

    @property
    def files(self) -> FileStore:
        """The files."""
        return FileStore(self.folder / "files")

    @property
    def anchor_file(self) -> Path:
        """Where the audit chain is anchored."""
        return self.folder / "anchors.jsonl"

    @property
    def key_file(self) -> Path:
        """Where the keys are with which secrets are sealed."""
        return key_file_of(self.folder)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees one state of the database, and cannot keep what it changes."""
        level = "REPEATABLE READ" if self.engine.dialect.name == "postgresql" else None
        options = {"isolation_level": level} if level else {}
        with self.engine.connect().execution_options(**options) as connection:
            with Session(connection, info=self._info) as db:
                yield db
            connection.rollback()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session whose changes are kept together at its end, or not at all.

        Raises
        ------
        BadInputError
            If they contradict what somebody else kept at the same moment.
        """
        engine = self.engine.execution_options(immediate=True)
        with Session(engine, expire_on_commit=False, info=self._info) as db:
            try:
                with db.begin():
                    yield db
            except IntegrityError:
                # Without its cause: a database's words may hold a patient's.
                raise BadInputError(
                    "Somebody else changed the same at that moment.", "Load it anew and try again."
                ) from None
            anchor = db.info.get(anchors.PENDING)
        if anchor is not None:
            anchors.append(self.anchor_file, anchor)

    @property
    def _info(self) -> dict[str, object]:
        return {NOW: self.now_ms, KEY_FILE: self.key_file}

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()


def open_store(folder: Path, url: str | None = None) -> Store:
    """Open a clinic's data, and make or upgrade its tables where that is needed.

    Parameters
    ----------
    folder
        Data folder; made where it is missing, for its owner alone.
    url
        Of a PostgreSQL database; None for the built-in SQLite in the folder.

    Raises
    ------
    BadInputError
        If folder or database cannot be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "files").mkdir(exist_ok=True, mode=0o700)
    except (OSError, ValueError) as error:
        raise BadInputError(
            "The data folder cannot be made.", "Choose a folder that is yours to write."
        ) from error
    store = Store(folder, engine_of(folder, url))
    try:
        upgrade(store.engine, store.key_file)
    except DBAPIError as error:
        store.close()
        # The driver's words may hold the address, never the password; ours hold neither.
        raise BadInputError(
            "The database cannot be opened.", "Look whether it runs and whether you may use it."
        ) from error
    except BadInputError:
        store.close()
        raise
    return store


def engine_of(folder: Path, url: str | None) -> Engine:
    """Return the engine of a database without touching it.

    Raises
    ------
    BadInputError
        If the URL is none of PostgreSQL's, or the driver pg8000 is not installed.
    """
    if url is None:
        return _sqlite(folder / DATABASE_NAME)
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "postgresql":
            raise BadInputError("The URL of the database is not one of PostgreSQL.", _REMEDY)
        # No parameter of a statement goes into a log or an error.
        return create_engine(
            parsed.set(drivername="postgresql+pg8000"), hide_parameters=True, pool_pre_ping=True
        )
    except (ArgumentError, NoSuchModuleError, ValueError):
        # Without its cause: that would tell the password.
        raise BadInputError("The URL of the database cannot be read.", _REMEDY) from None
    except ModuleNotFoundError as error:
        raise BadInputError(
            "PostgreSQL needs the package pg8000.", "Install it: pip install 'clinigait[clinic]'."
        ) from error


def _sqlite(path: Path) -> Engine:
    if not path.exists() and path.parent.is_dir():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(path, timeout=_BUSY_S, check_same_thread=False),
        hide_parameters=True,
        poolclass=QueuePool,  # a URL without a name would mean one in memory
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "synchronous=FULL",
        "secure_delete=ON",
        f"busy_timeout={_BUSY_S * 1000:.0f}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: a reader that turns writer could wait for ever.
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
