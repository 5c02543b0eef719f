"""The drill: backup, destroy, restore, compare, verify. And what is no backup."""

import io
import json
import shutil
import stat
import tarfile
from pathlib import Path

import pytest
from sqlalchemy import text

from clinigait.clinic import patients, results, signing
from clinigait.core import BadInputError
from clinigait.store import Store, audit, open_store, sign_ins
from clinigait.store.backup import back_up
from clinigait.store.restore import restore
from clinigait.store.tables import FLEETING, Base
from support.clinics import HOSTILE, PASSWORD, Case, case, corrected, files_on_disk


@pytest.fixture
def made(store: Store) -> Case:
    """Return a case with hostile texts, a correction, a signed report and an amendment."""
    made = case(store, code=HOSTILE[0])
    for code in HOSTILE[1:]:
        patients.add(store, made.doctor, code)
    change = results.Change("note", {"text": HOSTILE[3]}, {"text": "a\0b \ud800 \n"})
    second = results.correct(store, made.doctor, made.assessment, [change], corrected())
    signing.sign(store, made.doctor, second, b"%PDF one")
    third = results.correct(store, made.doctor, second, [change], corrected())
    signing.sign(store, made.doctor, third, b"%PDF two", "an event was wrong")
    sign_ins.sign_in(store, "doctor", PASSWORD)
    return made


def _rows(store: Store) -> dict[str, list[tuple]]:
    """Return all rows but the chain's, which goes on, and the files' new names."""
    with store.reading() as db:
        found = {
            name: sorted(map(tuple, db.execute(table.select())), key=repr)
            for name, table in Base.metadata.tables.items()
            if name not in {*FLEETING, "audit_entries", "audit_head", "files"}
        }
        found["files"] = sorted(
            map(tuple, db.execute(text("SELECT sha256, size_bytes FROM files")))
        )
    return found


def _contents(store: Store) -> list[bytes]:
    return sorted(path.read_bytes() for path in files_on_disk(store))


def test_the_drill(store: Store, made: Case, tmp_path: Path) -> None:
    told = back_up(store, tmp_path / "backup.tar")
    assert (told.patients, told.files) == (len(HOSTILE), 4)
    assert stat.S_IMODE((tmp_path / "backup.tar").stat().st_mode) == 0o600
    rows, contents = _rows(store), _contents(store)
    store.close()
    shutil.rmtree(store.folder)

    restored = restore(tmp_path / "backup.tar", store.folder)  # into the built-in database
    assert restored.faults == []
    again = open_store(store.folder)
    assert _rows(again) == rows
    assert _contents(again) == contents
    assert audit.check(again) == []
    with again.reading() as db:
        assert not db.execute(text("SELECT * FROM sign_ins")).all()
    assert results.version(again, made.doctor, made.assessment).number == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar", "data"]
    again.close()


def test_from_the_built_in_database_into_postgresql(tmp_path: Path, postgres_server) -> None:
    from support.store_fixtures import emptied

    store = open_store(tmp_path / "data")
    case(store)
    back_up(store, tmp_path / "backup.tar")
    url = emptied(postgres_server)
    assert restore(tmp_path / "backup.tar", tmp_path / "new", url).faults == []
    again = open_store(tmp_path / "new", url)
    assert _rows(again) == _rows(store)
    with pytest.raises(BadInputError, match="not empty"):
        restore(tmp_path / "backup.tar", tmp_path / "newer", url)
    assert not (tmp_path / "newer").exists()
    again.close()
    store.close()


def test_work_goes_on_during_a_backup(store: Store, made: Case, tmp_path: Path) -> None:
    with store.reading() as db:
        db.execute(text("SELECT 1 FROM users")).all()
        patients.add(store, made.doctor, "during")
    back_up(store, tmp_path / "backup.tar")


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    store = open_store(tmp_path / "data")
    case(store)
    path = tmp_path / "backup.tar"
    back_up(store, path)
    store.close()
    return path


def _members(backup: Path) -> dict[str, bytes]:
    with tarfile.open(backup) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def _packed(path: Path, members: dict[str, bytes], link: str = "") -> None:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if name == link:
                info.type, info.linkname, info.size = tarfile.SYMTYPE, "/etc/passwd", 0
            archive.addfile(info, io.BytesIO(content))


def _refused(backup: Path, tmp_path: Path, match: str | None = None) -> None:
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BadInputError, match=match):
        restore(backup, tmp_path / "new")
    assert sorted(tmp_path.iterdir()) == before


def test_a_backup_that_was_cut_is_refused(backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    for share in (0, 0.2, 0.5, 0.7):
        (tmp_path / "cut.tar").write_bytes(content[: int(len(content) * share)])
        _refused(tmp_path / "cut.tar", tmp_path)


def test_a_member_that_was_changed_is_refused(backup: Path, tmp_path: Path) -> None:
    members = _members(backup)
    for name in members:
        if members[name]:
            _packed(tmp_path / "bad.tar", {**members, name: members[name][:-1] + b"\0"})
            _refused(tmp_path / "bad.tar", tmp_path, "no whole backup")


def test_members_that_no_backup_has_are_refused(backup: Path, tmp_path: Path) -> None:
    members = _members(backup)
    for name in ("../evil", "/etc/evil", "files/../../evil", "tables/users.jsonl/x", "evil"):
        manifest = json.loads(members["manifest.json"])
        manifest["members"][name] = "0" * 64
        changed = {**members, name: b"x", "manifest.json": json.dumps(manifest).encode()}
        _packed(tmp_path / "bad.tar", changed)
        _refused(tmp_path / "bad.tar", tmp_path, "no whole backup")
    _packed(tmp_path / "bad.tar", members, link="anchors.jsonl")
    _refused(tmp_path / "bad.tar", tmp_path, "no whole backup")


def test_a_newer_backup_is_refused(backup: Path, tmp_path: Path) -> None:
    members = _members(backup)
    manifest = json.loads(members["manifest.json"])
    for change in ({"format": 2}, {"revision": "9999"}):
        members["manifest.json"] = json.dumps({**manifest, **change}).encode()
        _packed(tmp_path / "bad.tar", members)
        _refused(tmp_path / "bad.tar", tmp_path, "newer clinigait")


def test_nothing_is_restored_over_something(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="not empty"):
        restore(backup, tmp_path / "data")
    (tmp_path / "empty").mkdir()
    assert restore(backup, tmp_path / "empty").faults == []


def test_a_chain_that_was_broken_before_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    case(store)
    with store.writing() as db:
        db.execute(text("DROP TRIGGER audit_entries_no_update"))
        db.execute(text("UPDATE audit_entries SET at_ms = 1 WHERE number = 2"))
    back_up(store, tmp_path / "backup.tar")
    assert [
        fault.number for fault in restore(tmp_path / "backup.tar", tmp_path / "new").faults
    ] == [2]
    store.close()


def test_a_damaged_or_missing_file_stops_a_backup(store: Store, made: Case, tmp_path: Path) -> None:
    path = sorted(files_on_disk(store))[0]
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"!")
    with pytest.raises(BadInputError, match="damaged"):
        back_up(store, tmp_path / "backup.tar")
    path.unlink()
    with pytest.raises(BadInputError, match="missing"):
        back_up(store, tmp_path / "backup.tar")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_place_that_cannot_be_written(store: Store, tmp_path: Path) -> None:
    for out in (tmp_path / "nowhere" / "backup.tar", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(BadInputError, match="cannot be written"):
            back_up(store, out)
