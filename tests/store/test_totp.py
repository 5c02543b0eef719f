"""A second factor, and wrong passwords from one address."""

import pyotp
import pytest

from clinigait.core import BadInputError
from clinigait.store import Store, attempts, audit, sign_ins, totp
from support.clinics import PASSWORD, user


def _code(secret: str, clock) -> str:
    return pyotp.TOTP(secret).at(clock.ms // 1000)


def _with_factor(store: Store, clock) -> tuple[str, str]:
    account = user(store, "doctor")
    with store.writing() as db:
        enrolled = totp.begin(db, account.id)
        assert not totp.confirm(db, account.id, "000000")
        assert not totp.is_on(db, account.id)
        assert totp.confirm(db, account.id, _code(enrolled.secret, clock))
    assert enrolled.secret in enrolled.uri
    clock.turn(totp.STEP_S)
    return account.id, enrolled.secret


def test_without_its_code_the_password_is_not_enough(store: Store, clock) -> None:
    _, secret = _with_factor(store, clock)
    assert sign_ins.sign_in(store, "doctor", PASSWORD) is None
    for wrong in ("000000", "", "'; --", "x" * 500, "\uff11\uff12\uff13"):
        assert sign_ins.sign_in(store, "doctor", PASSWORD, wrong) is None
        clock.turn(4000)
    code = _code(secret, clock)
    assert sign_ins.sign_in(store, "doctor", "wrong", code) is None
    clock.turn(4000)
    code = _code(secret, clock)
    assert sign_ins.sign_in(store, "doctor", PASSWORD, f" {code[:3]} {code[3:]} ") is not None
    assert audit.check(store) == []


def test_a_code_is_good_once_and_for_a_minute(store: Store, clock) -> None:
    _, secret = _with_factor(store, clock)
    code = _code(secret, clock)
    assert sign_ins.sign_in(store, "doctor", PASSWORD, code) is not None
    assert sign_ins.sign_in(store, "doctor", PASSWORD, code) is None
    old = _code(secret, clock)
    clock.turn(3 * totp.STEP_S)
    assert sign_ins.sign_in(store, "doctor", PASSWORD, old) is None
    assert sign_ins.sign_in(store, "doctor", PASSWORD, _code(secret, clock)) is not None


def test_a_lost_telephone_is_helped_by_an_administrator(store: Store, clock) -> None:
    user_id, _ = _with_factor(store, clock)
    with store.writing() as db, pytest.raises(BadInputError, match="already"):
        totp.begin(db, user_id)
    with store.writing() as db:
        totp.remove(db, user_id, None)
    assert sign_ins.sign_in(store, "doctor", PASSWORD) is not None


def test_many_names_from_one_address_are_stopped(store: Store, clock) -> None:
    user(store, "doctor")
    for number in range(attempts.FREE):
        assert sign_ins.sign_in(store, f"name{number}", "wrong", address="10.0.0.9") is None
    assert sign_ins.sign_in(store, "doctor", PASSWORD, address="10.0.0.9") is None
    assert sign_ins.sign_in(store, "doctor", PASSWORD, address="10.0.0.8") is not None
    clock.turn(attempts.FORGOTTEN_S + 1)
    assert sign_ins.sign_in(store, "doctor", PASSWORD, address="10.0.0.9") is not None


def test_who_signs_in_rightly_is_not_counted(store: Store) -> None:
    user(store, "doctor")
    for _ in range(attempts.FREE + 5):
        assert sign_ins.sign_in(store, "doctor", PASSWORD, address="10.0.0.9") is not None


def test_no_address_is_kept(store: Store) -> None:
    sign_ins.sign_in(store, "nobody", "wrong", address="10.11.12.13")
    database = store.folder / "clinic.sqlite3"
    if database.exists():
        kept = b"".join(p.read_bytes() for p in store.folder.glob("clinic.sqlite3*"))
        assert b"10.11.12.13" not in kept
