"""Secrets of second factors lie sealed, and their key lies elsewhere."""

import stat
import tarfile
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import text

from clinigait.core import BadInputError
from clinigait.store import Store, audit, open_store, sealing, sign_ins, totp
from clinigait.store.backup import back_up
from clinigait.store.database import engine_of
from clinigait.store.migrate import upgrade_to
from clinigait.store.restore import restore
from support.clinics import PASSWORD, Clock, user


@pytest.fixture(autouse=True)
def _no_other_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sealing.VARIABLE, raising=False)


def _enrolled(store: Store, clock: Clock, name: str = "doctor") -> str:
    """Return the secret of a user who signs in with a second factor from now on."""
    account = user(store, name)
    with store.writing() as db:
        secret = totp.begin(db, account.id).secret
        assert totp.confirm(db, account.id, pyotp.TOTP(secret).at(clock.ms // 1000))
    clock.turn(totp.STEP_S)
    return secret


def _signs_in(store: Store, clock: Clock, secret: str, name: str = "doctor") -> bool:
    code = pyotp.TOTP(secret).at(clock.ms // 1000)
    clock.turn(totp.STEP_S)
    return sign_ins.sign_in(store, name, PASSWORD, code) is not None


def _kept(store: Store) -> str:
    with store.reading() as db:
        return str(db.execute(text("SELECT totp_secret FROM users")).scalar())


def test_no_secret_lies_open_in_database_or_backup(store: Store, clock, tmp_path: Path) -> None:
    secret = _enrolled(store, clock)
    assert _signs_in(store, clock, secret)
    told = back_up(store, tmp_path / "backup.tar")
    assert told.second_factors == 1
    assert secret not in _kept(store)
    key = store.key_file.read_bytes()
    for path in [*store.folder.glob("*sqlite3*"), tmp_path / "backup.tar"]:
        content = path.read_bytes()
        assert secret.encode() not in content
        assert key.splitlines()[-1] not in content
    with tarfile.open(tmp_path / "backup.tar") as archive:
        assert not any("key" in name for name in archive.getnames())
    assert stat.S_IMODE(store.key_file.stat().st_mode) == 0o600


def test_the_same_secret_is_never_sealed_alike_and_opens_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "k"
    sealing.make(path)
    first, second = (sealing.seal(path, "SECRET", "totp:a") for _ in range(2))
    assert first != second
    assert sealing.unseal(path, first, "totp:a") == "SECRET"
    with pytest.raises(BadInputError, match="changed in the database"):
        sealing.unseal(path, first, "totp:b")


def test_what_was_changed_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "k"
    sealing.make(path)
    sealed = sealing.seal(path, "SECRET", "a")
    form, key_id, content = sealed.split(".")
    for bad in (
        "", "v1", "SECRET", f"v2.{key_id}.{content}", f"{form}.0.{content}", f"{form}.{key_id}.",
        f"{form}.{key_id}.AAAA", f"{form}.{key_id}.é", f"{form}.{key_id}.A{content[1:]}=",
        f"{form}.{key_id}.{content[:-4]}",
    ):  # fmt: skip
        with pytest.raises(BadInputError):
            sealing.unseal(path, bad, "a")


def test_a_restored_store_without_its_key_says_what_to_do(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    secret = _enrolled(store, clock)
    user(store, "other")
    back_up(store, tmp_path / "backup.tar")
    restored = restore(tmp_path / "backup.tar", tmp_path / "new")
    assert restored.second_factors == 1
    assert "second-factor-off --all" in str(restored.no_key)
    again = open_store(tmp_path / "new")
    again = Store(again.folder, again.engine, clock)
    with pytest.raises(BadInputError, match="missing"):
        _signs_in(again, clock, secret)
    assert sign_ins.sign_in(again, "doctor", "wrong", "123456") is None  # tells nobody else
    assert sign_ins.sign_in(again, "other", PASSWORD) is not None
    with again.writing() as db, pytest.raises(BadInputError, match="missing"):
        totp.begin(db, sign_ins.sign_in(again, "other", PASSWORD).account.id)  # type: ignore[union-attr]
    assert not again.key_file.exists()

    again.key_file.write_bytes(store.key_file.read_bytes())
    again.key_file.chmod(0o600)
    assert _signs_in(again, clock, secret)
    again.close()


def test_once_all_are_off_a_new_key_is_made(store: Store, clock: Clock) -> None:
    _enrolled(store, clock)
    store.key_file.unlink()
    with store.writing() as db:
        assert totp.sealed_for(db) == ["doctor"]
        totp.remove(db, _id(store), None)
    with store.writing() as db:
        assert totp.begin(db, _id(store)).secret
    assert store.key_file.exists()


def _id(store: Store) -> str:
    with store.reading() as db:
        return str(db.execute(text("SELECT id FROM users")).scalar())


def test_a_new_key_takes_over_and_older_backups_still_open(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    secret = _enrolled(store, clock)
    back_up(store, tmp_path / "backup.tar")
    before, old = _kept(store), store.key_file.read_text()
    assert totp.renew_key(store, None, forget=False) == 1
    assert _kept(store) != before
    assert _signs_in(store, clock, secret)
    assert audit.check(store) == []
    copied = store.key_file.read_bytes()
    assert old.splitlines()[-1].encode() in copied
    restore(tmp_path / "backup.tar", tmp_path / "new")
    (tmp_path / "new" / sealing.NAME).write_bytes(copied)
    (tmp_path / "new" / sealing.NAME).chmod(0o600)
    again = open_store(tmp_path / "new")
    with again.reading() as db:
        totp.check_key(db)
    again.close()

    totp.renew_key(store, None, forget=True)
    assert _signs_in(store, clock, secret)
    assert len(store.key_file.read_text().splitlines()) == 2  # a head, and one key
    store.key_file.write_text(old)
    with pytest.raises(BadInputError, match="missing"):
        totp.renew_key(store, None, forget=False)
    assert store.key_file.read_text() == old


def test_the_key_may_lie_elsewhere(
    store: Store, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sealing.VARIABLE, str(tmp_path / "elsewhere"))
    secret = _enrolled(store, clock)
    assert _signs_in(store, clock, secret)
    assert not (store.folder / sealing.NAME).exists()
    (tmp_path / "elsewhere").chmod(0o440)  # as systemd hands a credential on
    assert _signs_in(store, clock, secret)


@pytest.mark.parametrize("content", [b"", b"# no key\n", b"AAAA\n", b"\xff\n", b"not base64!\n"])
def test_a_damaged_file_of_keys_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "k"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(BadInputError, match=r"damaged|cannot be read"):
        sealing.seal(path, "SECRET", "a")


def test_a_key_that_others_may_read_is_none(tmp_path: Path) -> None:
    path = tmp_path / "k"
    sealing.make(path)
    for mode in (0o644, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(BadInputError, match="open to others"):
            sealing.seal(path, "SECRET", "a")


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    for place in (tmp_path / "no" / "k", tmp_path / "a\0b"):
        with pytest.raises(BadInputError, match="cannot be written"):
            sealing.add_key(place)


def test_secrets_of_an_older_version_are_sealed_when_the_data_are_opened(
    tmp_path: Path, url: str | None, clock: Clock
) -> None:
    folder, secret = tmp_path / "data", pyotp.random_base32()
    (folder / "files").mkdir(parents=True)
    engine = engine_of(folder, url)
    with engine.execution_options(immediate=True).begin() as connection:
        upgrade_to(connection, "0002", folder / "unused")
        for number, kept in enumerate((secret, None)):
            connection.execute(
                text(
                    "INSERT INTO users (id, name, role, all_patients, enabled, password_hash, "
                    "failures, locked_until_ms, created_ms, totp_secret, totp_confirmed, totp_last)"
                    " VALUES (:id, :name, 'admin', :no, :yes, '', 0, 0, 0, :kept, :on, 0)"
                ),
                {"id": f"{number:032x}", "name": f"n{number}", "no": False, "yes": True,
                 "kept": kept, "on": kept is not None},
            )  # fmt: skip
    engine.dispose()
    store = open_store(folder, url)
    assert secret not in "".join(map(str, _all(store)))
    with store.reading() as db:
        totp.check_key(db)
        assert totp.sealed_for(db) == ["n0"]
    for path in folder.glob("*sqlite3*"):
        assert secret.encode() not in path.read_bytes(), path.name
    with Store(folder, store.engine, clock).writing() as db:
        code = pyotp.TOTP(secret).at(clock.ms // 1000)
        assert totp.passes(db, db.get_one(totp.User, "0" * 32), code)
    store.close()


def _all(store: Store) -> list[object]:
    with store.reading() as db:
        return list(db.execute(text("SELECT totp_secret FROM users")).scalars())
