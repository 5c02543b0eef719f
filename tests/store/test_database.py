"""Opening a store: tables as the code has them, private folders, one sentence for what is wrong."""

import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from clinigait.core import BadInputError
from clinigait.store import Store, open_store
from clinigait.store.tables import Base
from support.clinics import case, user


def test_the_migrations_make_the_tables_of_the_code(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_opening_again_changes_nothing(store: Store, url) -> None:
    made = user(store, "doctor")
    again = open_store(store.folder, url)
    with again.reading() as db:
        assert db.execute(text("SELECT id FROM users")).scalars().all() == [made.id]
    again.close()


def test_the_data_is_for_its_owner_alone(store: Store) -> None:
    case(store)
    for path in [store.folder, *store.folder.rglob("*")]:
        if not path.name.endswith(("-wal", "-shm")):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


def test_sqlite_is_set_to_be_safe(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    with store.reading() as db:
        found = {
            name: db.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "secure_delete")
        }
    assert found == {
        "journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "secure_delete": 1
    }  # fmt: skip
    store.close()


def test_what_is_only_read_is_not_kept(store: Store) -> None:
    made = user(store, "doctor")
    with store.reading() as db:
        db.execute(text("DELETE FROM users"))
    with store.reading() as db:
        assert db.execute(text("SELECT id FROM users")).scalar() == made.id


def test_a_database_of_a_newer_version_is_refused(store: Store, url) -> None:
    with store.writing() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadInputError, match="newer clinigait"):
        open_store(store.folder, url)


@pytest.mark.parametrize("table", ["assessments", "edits", "signatures", "audit_entries"])
def test_rows_that_never_change_are_held_by_the_database(store: Store, table: str) -> None:
    from clinigait.clinic import results, signing
    from support.clinics import corrected

    made = case(store)
    change = results.Change("move_event", {"time_s": 1.0}, {"time_s": 1.1})
    newer = results.correct(store, made.doctor, made.assessment, [change], corrected())
    signing.sign(store, made.doctor, newer, b"%PDF")
    columns = {"audit_entries": "at_ms", "signatures": "signed_ms", "edits": "made_ms"}
    column = columns.get(table, "created_ms")
    with pytest.raises((DBAPIError, BadInputError)), store.writing() as db:
        db.execute(text(f"UPDATE {table} SET {column} = 1"))  # noqa: S608  ours
    if table == "audit_entries":
        with pytest.raises((DBAPIError, BadInputError)), store.writing() as db:
            db.execute(text("DELETE FROM audit_entries WHERE number = 2"))


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://u:geheim@h/d", "not one of PostgreSQL"),
        ("nonsense geheim", "cannot be read"),
        ("postgresql://u:geheim@127.0.0.1:1/d", "cannot be opened"),
        ("postgresql://u:geheim@h:port/d", "cannot be read"),
    ],
)
def test_a_wrong_url_is_told_without_its_password(url: str, sentence: str, tmp_path: Path) -> None:
    pytest.importorskip("pg8000")
    with pytest.raises(BadInputError, match=sentence) as caught:
        open_store(tmp_path / "data", url)
    assert "geheim" not in str(caught.value)


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "data", tmp_path / "a\0b"):
        with pytest.raises(BadInputError, match="data folder"):
            open_store(folder)


def test_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "clinic.sqlite3").write_bytes(b"no database at all " * 100)
    with pytest.raises(BadInputError, match="cannot be opened"):
        open_store(tmp_path)
