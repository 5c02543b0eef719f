"""The commands of the clinic's server as an administrator meets them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

pytest.importorskip("sqlalchemy", reason="the extra `clinic` is not installed")

import pyotp
from sqlalchemy import text

from clinigait.cli.app import app
from clinigait.core import BadInputError
from clinigait.store import accounts, audit, open_store, sign_ins, totp
from support.clinics import PASSWORD, case, files_on_disk, quick_passwords


@pytest.fixture(autouse=True)
def _quick():
    with quick_passwords():
        yield


def _run(folder: Path, *arguments: object, typed: str = "") -> Result:
    return CliRunner().invoke(
        app, [str(argument) for argument in arguments], input=typed,
        env={"CLINIGAIT_DATA": str(folder), "CLINIGAIT_DATABASE_URL": ""},
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = open_store(tmp_path / "data")
    case(store)
    store.close()
    return tmp_path / "data"


def test_the_first_admin_is_asked_for_a_password(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    weak = _run(folder, "users", "add", "boss", "--role", "admin", typed="admin\nadmin\n")
    assert isinstance(weak.exception, BadInputError)
    assert not folder.exists()
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    done = _run(folder, "users", "add", "Boss", "--role", "admin", typed=typed)
    assert done.exit_code == 0, done.output
    assert PASSWORD not in done.output
    assert _run(folder, "users", "list").output == "boss: admin, patients given\n"
    store = open_store(folder)
    assert sign_ins.sign_in(store, "boss", PASSWORD) is not None
    store.close()


def test_users_are_changed(folder: Path) -> None:
    assert _run(folder, "users", "change", "doctor", "--off", "--all-patients").exit_code != 0
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    assert _run(folder, "users", "add", "boss", "--role", "admin", typed=typed).exit_code == 0
    assert _run(folder, "users", "change", "doctor", "--off", "--all-patients").exit_code == 0
    assert "doctor: clinician, all patients, switched off" in _run(folder, "users", "list").output
    new = "nine orange bicycles\n" * 2
    assert _run(folder, "users", "password", "boss", typed=new).exit_code == 0
    assert isinstance(_run(folder, "users", "change", "nobody").exception, BadInputError)


def test_a_lost_telephone_is_no_lost_account(folder: Path) -> None:
    store = open_store(folder)
    with store.writing() as db:
        user_id = accounts.find(db, "doctor").id
        code = pyotp.TOTP(totp.begin(db, user_id).secret).now()
        assert totp.confirm(db, user_id, code)
    assert sign_ins.sign_in(store, "doctor", PASSWORD) is None
    assert _run(folder, "users", "second-factor-off", "doctor").exit_code == 0
    assert sign_ins.sign_in(store, "doctor", PASSWORD) is not None
    store.close()


def test_second_factors_without_their_key_are_told_of_and_taken_off(
    folder: Path, tmp_path: Path
) -> None:
    store = open_store(folder)
    with store.writing() as db:
        totp.begin(db, accounts.find(db, "doctor").id)
    told = _run(folder, "backup", "--out", tmp_path / "backup.tar").output
    assert f"The key of 1 second factors is not in it: keep a copy of {store.key_file}" in told
    told = _run(tmp_path / "new", "restore", tmp_path / "backup.tar").output
    assert "1 second factors: The key of the second factors is missing." in told
    kept = store.key_file.read_text()
    assert "1 second factors" in _run(folder, "users", "new-key").output
    assert store.key_file.read_text().endswith(kept.splitlines()[-1] + "\n")
    assert _run(folder, "users", "new-key", "--forget-old").exit_code == 0
    assert kept.splitlines()[-1] not in store.key_file.read_text()
    store.close()
    assert isinstance(_run(tmp_path / "new", "users", "new-key").exception, BadInputError)
    for wrong in ([], ["doctor", "--all"]):
        done = _run(tmp_path / "new", "users", "second-factor-off", *wrong)
        assert isinstance(done.exception, BadInputError)
    assert "Off for 1" in _run(tmp_path / "new", "users", "second-factor-off", "--all").output
    assert "0 second factors" in _run(tmp_path / "new", "users", "new-key").output


def test_backup_and_restore(folder: Path, tmp_path: Path) -> None:
    done = _run(folder, "backup", "--out", tmp_path / "backup.tar")
    assert done.exit_code == 0, done.output
    assert "1 patients, 2 files" in done.output
    done = _run(tmp_path / "new", "restore", tmp_path / "backup.tar")
    assert done.exit_code == 0, done.output
    assert done.output.endswith("The audit log is whole.\n")


def test_the_audit_log_tells_what_was_done_to_it(folder: Path) -> None:
    assert _run(folder, "audit-log", "verify").output == "The audit log is whole.\n"
    assert _run(folder, "audit-log", "anchor").exit_code == 0
    store = open_store(folder)
    with store.writing() as db:
        db.execute(text("DROP TRIGGER audit_entries_no_delete"))
        db.execute(text("DELETE FROM audit_entries WHERE number = 3"))
    store.close()
    broken = _run(folder, "audit-log", "verify")
    assert broken.exit_code == 3
    assert broken.output.startswith("Link 3: it is missing")


def test_retention_tells_first_and_erasing_asks(folder: Path) -> None:
    told = _run(folder, "retention", "--what", "films", "--keep-days", 30)
    assert "0 films older than 30 days (0.0 MB): would go" in told.output
    assert (
        _run(folder, "retention", "--what", "patients", "--keep-days", 30, "--apply").exit_code == 0
    )
    assert _run(folder, "erase", "P-001", typed="n\n").exit_code != 0
    assert _run(folder, "erase", "P-001", typed="y\n").exit_code == 0
    assert isinstance(_run(folder, "erase", "P-001", "--yes").exception, BadInputError)
    store = open_store(folder)
    assert not files_on_disk(store)
    assert audit.check(store) == []
    store.close()


@pytest.mark.parametrize(
    "arguments",
    [["backup", "--out", "b"], ["audit-log", "verify"], ["erase", "P", "--yes"], ["users", "list"]],
    ids=" ".join,
)
def test_a_folder_that_is_no_clinic_s(arguments: list[str], tmp_path: Path) -> None:
    done = _run(tmp_path / "nowhere", *arguments)
    assert isinstance(done.exception, BadInputError)
    assert list(tmp_path.iterdir()) == []
