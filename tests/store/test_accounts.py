"""Accounts: no weak password, no guessing, no sign-in that lasts for ever."""

import hashlib

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from clinigait.core import BadInputError
from clinigait.store import Store, accounts, passwords, sign_ins
from clinigait.store.tables import AuditEntry, SignIn, User
from support.clinics import HOSTILE, PASSWORD, Clock, user


def _actions(store: Store) -> list[str]:
    with store.reading() as db:
        return list(db.scalars(select(AuditEntry.action).order_by(AuditEntry.number)))


@pytest.mark.parametrize(
    "password",
    [
        "", "short", "password1234", "Password!!!!!", "1234567890123", "aaaaaaaaaaaaaa",
        "qwertyqwerty", "CHANGEME2026!", "abababababab", "clinigait2026", "x" * 201,
        "my doctor ann", "DOCTOR ANN 9000",
    ],
)  # fmt: skip
def test_weak_passwords_are_told_and_never_repeated(password: str) -> None:
    with pytest.raises(BadInputError) as caught:
        passwords.check(password, "Doctor Ann")
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize(
    "password", [PASSWORD, "пароль из слов семь", "马 电池 钉书钉 正确 七把雨伞", "d7#kQ!x92LpZ"]
)
def test_good_passwords_pass(password: str) -> None:
    passwords.check(password, "doctor")
    assert passwords.matches(password, passwords.hashed(password))


@given(st.text(), st.text())
def test_only_the_password_itself_matches(one: str, other: str) -> None:
    hashed = passwords.hashed(one)
    cut = passwords.LONGEST + 1
    assert passwords.matches(other, hashed) == (one[:cut] == other[:cut])
    assert not passwords.matches(one, None)
    assert not passwords.matches(one, "no hash")


def test_real_hashes_are_argon2id_with_64_mib() -> None:
    found = PasswordHasher()
    assert (found.memory_cost, found.time_cost) == (65536, 3)
    assert "argon2id" in str(found.type).lower() or found.type.name == "ID"


def test_there_is_nobody_at_first(store: Store) -> None:
    for name, password in (("admin", "admin"), ("", ""), ("root", "root")):
        assert sign_ins.sign_in(store, name, password) is None


def test_signing_in_and_out(store: Store) -> None:
    made = user(store, "Doctor")
    signed = sign_ins.sign_in(store, " dOCTOR ", PASSWORD)
    assert signed is not None
    assert sign_ins.who(store, signed.token) == made
    sign_ins.sign_out(store, signed.token)
    sign_ins.sign_out(store, signed.token)
    assert sign_ins.who(store, signed.token) is None
    assert _actions(store) == ["user_change", "login", "logout"]


def test_a_token_is_kept_as_a_hash_and_new_each_time(store: Store) -> None:
    user(store, "doctor")
    tokens = [signed.token for _ in range(2) if (signed := _signed(store))]
    assert len(set(tokens)) == 2
    with store.reading() as db:
        kept = set(db.scalars(select(SignIn.token_sha256)))
    assert kept == {hashlib.sha256(token.encode()).hexdigest() for token in tokens}


def _signed(store: Store) -> sign_ins.SignedIn:
    signed = sign_ins.sign_in(store, "doctor", PASSWORD)
    assert signed is not None
    return signed


def test_an_idle_sign_in_ends(store: Store, clock: Clock) -> None:
    user(store, "doctor")
    token = _signed(store).token
    for _ in range(3):
        clock.turn(sign_ins.IDLE_S - 1)
        assert sign_ins.who(store, token) is not None
    clock.turn(sign_ins.IDLE_S + 1)
    assert sign_ins.who(store, token) is None


def test_no_sign_in_outlasts_a_day_s_work(store: Store, clock: Clock) -> None:
    user(store, "doctor")
    token = _signed(store).token
    for _ in range(int(sign_ins.ABSOLUTE_S / 600)):
        clock.turn(600)
        assert sign_ins.who(store, token) is not None
    clock.turn(600)
    assert sign_ins.who(store, token) is None


def test_signing_out_everywhere(store: Store) -> None:
    made = user(store, "doctor")
    tokens = [_signed(store).token for _ in range(3)]
    sign_ins.sign_out_everywhere(store, made.id)
    assert [sign_ins.who(store, token) for token in tokens] == [None] * 3


@pytest.mark.parametrize(
    "change",
    [{"role": "viewer"}, {"enabled": False}, {"password": "nine orange bicycles"},
     {"all_patients": True}],
)  # fmt: skip
def test_whoever_is_changed_is_signed_out(store: Store, change) -> None:
    user(store, "boss", "admin")
    made = user(store, "doctor")
    token = _signed(store).token
    with store.writing() as db:
        accounts.change(db, made.id, **change)
    assert sign_ins.who(store, token) is None
    again = sign_ins.sign_in(store, "doctor", change.get("password", PASSWORD))
    assert (again is None) == (change == {"enabled": False})


def test_somebody_is_left_to_administer(store: Store) -> None:
    boss = user(store, "boss", "admin")
    for change in ({"role": "viewer"}, {"enabled": False}):
        with pytest.raises(BadInputError, match="administer"), store.writing() as db:
            accounts.change(db, boss.id, **change)
    with store.reading() as db:
        assert accounts.find(db, "BOSS") == boss


def test_wrong_passwords_cost_longer_and_longer(store: Store, clock: Clock) -> None:
    made = user(store, "doctor")
    for _ in range(accounts.FREE_FAILURES):
        assert sign_ins.sign_in(store, "doctor", "wrong") is None
    waits = []
    for _ in range(9):
        assert sign_ins.sign_in(store, "doctor", PASSWORD) is None  # right, but locked out
        with store.reading() as db:
            waits.append((db.get_one(User, made.id).locked_until_ms - clock.ms) / 1000)
        clock.turn(waits[-1] + 1)
        assert sign_ins.sign_in(store, "doctor", "wrong") is None
    assert waits == [30.0 * 2**n for n in range(7)] + [3600.0, 3600.0]
    clock.turn(3601)
    assert sign_ins.sign_in(store, "doctor", PASSWORD) is not None
    assert sign_ins.sign_in(store, "doctor", "wrong") is None
    assert sign_ins.sign_in(store, "doctor", PASSWORD) is not None  # counted anew
    assert _actions(store).count("locked") == 9


def test_many_guesses_at_once_gain_nothing(store: Store, monkeypatch) -> None:
    user(store, "doctor")
    looked = 0
    really = passwords.matches

    def slow(password: str, password_hash: str | None) -> bool:
        nonlocal looked
        looked += password_hash is not None
        if looked < 20 and password_hash is not None:
            accounts.prove(store, "doctor", "another guess meanwhile")
        return really(password, password_hash)

    monkeypatch.setattr(passwords, "matches", slow)
    accounts.prove(store, "doctor", "a guess")
    assert looked == accounts.FREE_FAILURES


def test_nobody_is_looked_up_as_long_as_somebody(store: Store, monkeypatch) -> None:
    user(store, "doctor")
    seen = []
    really = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda p, h: seen.append(h is None) or really(p, h))
    sign_ins.sign_in(store, "doctor", "wrong")
    sign_ins.sign_in(store, "nobody", "wrong")
    assert seen == [False, True]  # a hash is reckoned for both
    assert _actions(store) == ["user_change", "failed_login", "failed_login"]


def test_an_outdated_hash_is_renewed(store: Store) -> None:
    made = user(store, "doctor")
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    with store.writing() as db:
        db.get_one(User, made.id).password_hash = old
    _signed(store)
    with store.reading() as db:
        assert not passwords.is_outdated(db.get_one(User, made.id).password_hash)


@pytest.mark.parametrize("text", [*HOSTILE, "a\0b", "a\r\nb", "\ud800", "x" * 100000])
def test_hostile_names_and_tokens_are_nobody(store: Store, text: str) -> None:
    user(store, "doctor")
    assert sign_ins.sign_in(store, text, text) is None
    assert sign_ins.who(store, text) is None
    sign_ins.sign_out(store, text)
    with store.reading() as db:
        assert [account.name for account in accounts.listed(db)] == ["doctor"]


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "a\nb", "\u202eevil", "x" * 65, "DOCTOR"])
def test_names_that_cannot_be(store: Store, name: str) -> None:
    user(store, "doctor")
    with pytest.raises(BadInputError):
        user(store, name)
    with pytest.raises(BadInputError, match="role"):
        user(store, "other", "root")
