"""The audit chain: whatever is done to it is found, and where."""

import contextlib
import random
from threading import Thread

import pytest
from sqlalchemy import select, text

from clinigait.core import BadInputError
from clinigait.store import Store, anchors, audit
from clinigait.store.tables import AuditEntry
from support.clinics import HOSTILE

_ID = "0123456789abcdef" * 2


@pytest.fixture
def chain(store: Store) -> Store:
    """Return a store whose chain has 30 links, and can be tampered with as its owner could."""
    for number in range(30):
        with store.writing() as db:
            audit.record(db, _ID, "view", "visit", f"{number:032x}", {"form": "pdf", "n": number})
    with store.writing() as db:
        for name in ("no_update", "no_delete"):
            on = " ON audit_entries" if db.get_bind().dialect.name == "postgresql" else ""
            db.execute(text(f"DROP TRIGGER audit_entries_{name}{on}"))
    return store


def _do(store: Store, *statements: str) -> None:
    with store.writing() as db:
        for statement in statements:
            db.execute(text(statement))


def test_an_untouched_chain_is_whole(chain: Store) -> None:
    assert audit.check(chain) == []
    assert [anchor.number for anchor in anchors.read(chain.anchor_file)] == [1, 21]


@pytest.mark.parametrize(
    "change",
    [
        "at_ms = at_ms + 1",
        "user_id = NULL",
        "action = 'export'",
        "object_id = NULL",
        "detail = '{}'",
        "hash = previous_hash",
        "previous_hash = hash",
    ],
)
def test_a_change_is_found_where_it_was_made(chain: Store, change: str) -> None:
    _do(chain, f"UPDATE audit_entries SET {change} WHERE number = 7")  # noqa: S608
    faults = audit.check(chain)
    assert faults[0].number == 7


def test_a_deletion_is_found(chain: Store) -> None:
    _do(chain, "DELETE FROM audit_entries WHERE number IN (7, 8, 9)")
    assert audit.check(chain) == [audit.Fault(7, "7 to 9 is missing: the next is 10")]


def test_a_deletion_that_closes_the_gap_is_found(chain: Store) -> None:
    _do(
        chain,
        "DELETE FROM audit_entries WHERE number = 7",
        *(
            f"UPDATE audit_entries SET number = {number - 1} WHERE number = {number}"  # noqa: S608
            for number in range(8, 31)
        ),
    )
    assert audit.check(chain)[0].number == 7


def test_an_exchange_of_two_links_is_found(chain: Store) -> None:
    _do(
        chain,
        "UPDATE audit_entries SET number = 100 WHERE number = 7",
        "UPDATE audit_entries SET number = 7 WHERE number = 8",
        "UPDATE audit_entries SET number = 8 WHERE number = 100",
    )
    assert audit.check(chain)[0].number == 7


def test_a_cut_is_found_by_the_head(chain: Store) -> None:
    _do(chain, "DELETE FROM audit_entries WHERE number > 25")
    assert [fault.number for fault in audit.check(chain)] == [26]


def test_a_cut_that_mends_the_head_is_found_by_the_anchors(chain: Store) -> None:
    _do(
        chain,
        "DELETE FROM audit_entries WHERE number > 15",
        "UPDATE audit_head SET number = 15, "
        "hash = (SELECT hash FROM audit_entries WHERE number = 15)",
    )
    (fault,) = audit.check(chain)
    assert fault.number == 16
    assert "anchors know 21" in fault.what


def test_a_chain_that_was_written_anew_is_found_by_the_anchors(chain: Store) -> None:
    with chain.writing() as db:
        previous = None
        for entry in db.scalars(select(AuditEntry).order_by(AuditEntry.number)).all():
            if entry.number == 18:
                entry.detail = "{}"
            if previous is not None:
                entry.previous_hash = previous
            entry.hash = previous = audit.hash_of(entry)
        db.flush()
        db.execute(text("UPDATE audit_head SET hash = :hash"), {"hash": previous})
    assert audit.check(chain) == [audit.Fault(21, "it is not what was anchored")]


def test_an_emptied_chain_is_found(chain: Store) -> None:
    _do(chain, "DELETE FROM audit_entries", "UPDATE audit_head SET number = 0")
    assert audit.check(chain)


def test_any_one_byte_changed_is_found(chain: Store) -> None:
    rng = random.Random(4)  # noqa: S311
    with chain.reading() as db:
        rows = {
            (row.number, name): getattr(row, name)
            for row in db.scalars(select(AuditEntry))
            for name in ("action", "detail", "hash", "object_id", "previous_hash", "user_id")
        }
    for number, name in rng.sample(sorted(rows), 12):
        was = rows[number, name]
        at = rng.randrange(len(was))
        now = was[:at] + ("a" if was[at] != "a" else "b") + was[at + 1 :]
        put = text(f"UPDATE audit_entries SET {name} = :value WHERE number = :number")  # noqa: S608
        with chain.writing() as db:
            db.execute(put, {"value": now, "number": number})
        assert audit.check(chain)[0].number == number
        with chain.writing() as db:
            db.execute(put, {"value": was, "number": number})
    assert audit.check(chain) == []


def test_a_copy_of_the_anchors_from_elsewhere_counts_too(chain: Store, tmp_path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(chain.anchor_file.read_bytes())
    chain.anchor_file.unlink()
    _do(
        chain,
        "DELETE FROM audit_entries WHERE number > 15",
        "UPDATE audit_head SET number = 15, "
        "hash = (SELECT hash FROM audit_entries WHERE number = 15)",
    )
    assert audit.check(chain) == []
    assert audit.check(chain, copy)


@pytest.mark.parametrize("line", ["{", "[1]", '{"number": "1", "hash": "", "at_ms": 0}', "\xff"])
def test_damaged_anchors_are_told(store: Store, line: str) -> None:
    store.anchor_file.write_text(line, "latin-1")
    with pytest.raises(BadInputError, match="anchors"):
        audit.check(store)


@pytest.mark.parametrize("text_of_a_user", HOSTILE)
def test_the_chain_takes_no_text_that_somebody_typed(store: Store, text_of_a_user: str) -> None:
    with pytest.raises(ValueError, match="codes and numbers"), store.writing() as db:
        audit.record(db, None, "view", detail={"code": text_of_a_user})
    with pytest.raises(ValueError, match="random ids"), store.writing() as db:
        audit.record(db, None, "view", "patient", text_of_a_user)
    assert audit.check(store) == []


def test_what_fails_leaves_no_link_and_no_anchor(store: Store) -> None:
    with contextlib.suppress(ZeroDivisionError), store.writing() as db:
        audit.record(db, None, "anchor")
        raise ZeroDivisionError
    assert audit.check(store) == []
    assert not store.anchor_file.exists()


def test_writers_at_once_keep_one_chain(store: Store) -> None:
    def write() -> None:
        for _ in range(15):
            with store.writing() as db:
                audit.record(db, _ID, "view")

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.check(store) == []
    with store.reading() as db:
        assert db.execute(text("SELECT number FROM audit_head")).scalar() == 60
