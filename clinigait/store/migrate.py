"""Bringing a database to the tables of this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from clinigait.core import BadInputError

#: Any fixed number: who migrates a PostgreSQL database holds this lock.
_LOCK = 7_215_908_143


def upgrade(engine: Engine, key_file: Path) -> None:
    """Make or upgrade the tables, one process at a time, all or nothing.

    Parameters
    ----------
    engine
        Of the database.
    key_file
        Where the keys are with which secrets are sealed, or will be.

    Raises
    ------
    BadInputError
        If a newer clinigait has been here.
    """
    with engine.connect() as connection:
        if revision_of(connection) == newest():
            return
    with engine.execution_options(immediate=True).begin() as connection:
        upgrade_to(connection, "head", key_file)
    clear_journal(engine)  # secrets may have stood in it that are sealed by now


def clear_journal(engine: Engine) -> None:
    """Empty SQLite's journal, which still holds the pages as they were."""
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()


def upgrade_to(connection: Connection, revision: str, key_file: Path) -> None:
    """Upgrade within the transaction that the caller has begun."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    there = revision_of(connection)
    if there is not None and not is_known(there):
        raise BadInputError("The database is of a newer clinigait.", "Update clinigait.")
    config = _config()
    config.attributes["connection"] = connection
    config.attributes["key_file"] = key_file
    command.upgrade(config, revision)


def newest() -> str:
    """Return the revision of this version's tables."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("clinigait was installed without its migrations")
    return head


def is_known(revision: str) -> bool:
    """Whether this version has come past a revision."""
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in known}


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database; None where it has no tables of ours."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    folder = str(Path(__file__).with_name("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config
