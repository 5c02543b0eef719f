"""Files by content: kept once, under random names, within a limit, erased when unused."""

import errno
import hashlib
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from clinigait.core import BadInputError
from clinigait.store import Store, erasure, open_store
from clinigait.store.tables import Recording, StoredFile
from support.clinics import case, files_on_disk


def _kept(store: Store, content: bytes) -> str:
    with store.files.receiving([content], 10**6) as received, store.writing() as db:
        return store.files.keep(db, received)


def test_content_is_kept_once_under_a_name_that_tells_nothing(store: Store) -> None:
    first, second = _kept(store, b"a film"), _kept(store, b"a film")
    assert first == second == hashlib.sha256(b"a film").hexdigest()
    (path,) = files_on_disk(store)
    assert path.read_bytes() == b"a film"
    assert first not in str(path)
    with store.reading() as db:
        assert store.files.find(db, first) == path


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8))
def test_pieces_are_one_content(tmp_path_factory, chunks: list[bytes]) -> None:
    from clinigait.store.files import FileStore

    files = FileStore(tmp_path_factory.mktemp("files"))
    with files.receiving(chunks, 10**6) as received:
        assert received.path.read_bytes() == b"".join(chunks)
        assert received.sha256 == hashlib.sha256(b"".join(chunks)).hexdigest()
        assert received.size_bytes == sum(map(len, chunks))
    assert not received.path.exists()


def test_the_limit_holds_while_it_streams(store: Store) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b"x" * 1000

    with pytest.raises(BadInputError, match="larger than"), store.files.receiving(endless(), 5000):
        pass
    assert taken == 6
    assert not files_on_disk(store)


def test_a_stream_that_breaks_leaves_nothing(store: Store) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError), store.files.receiving(broken(), 10**6):
        pass
    with pytest.raises(BadInputError, match="empty"), store.files.receiving([], 10**6):
        pass
    assert not files_on_disk(store)


def test_a_full_disk_is_told_in_a_sentence(store: Store, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadInputError, match="no room"), store.files.receiving([b"x"], 10**6):
        pass
    assert not files_on_disk(store)


def test_a_large_file_needs_little_memory(tmp_path: Path) -> None:
    store = open_store(tmp_path / "data")
    chunks = (b"x" * 65536 for _ in range(640))
    tracemalloc.start()
    with store.files.receiving(chunks, 10**9) as received:
        assert received.size_bytes == 640 * 65536
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2e6
    store.close()


def test_a_file_goes_with_its_last_reference(store: Store) -> None:
    first = case(store, "doctor", "P-001", b"the same film")
    second = case(store, "other", "P-002", b"the same film")
    assert len(files_on_disk(store)) == 2  # film and walk, shared
    erasure.erase_patient(store, first.patient, None)
    assert len(files_on_disk(store)) == 2
    erasure.erase_patient(store, second.patient, None)
    assert not files_on_disk(store)
    with store.reading() as db:
        assert not db.scalars(select(StoredFile)).all()


def test_what_is_rolled_back_is_swept_a_day_later(store: Store) -> None:
    made = case(store)
    with store.files.receiving([b"lost"], 10**6) as received, store.writing() as db:
        store.files.keep(db, received)
        db.rollback()
    (lost,) = [path for path in files_on_disk(store) if path.read_bytes() == b"lost"]
    with store.reading() as db:
        assert store.files.sweep(db) == 0
        os.utime(lost, (0, 0))
        kept = store.files.find(db, db.get_one(Recording, made.recording).sha256 or "")
        os.utime(kept, (0, 0))
        assert store.files.sweep(db) == 1
    assert kept.exists()
    assert not lost.exists()


def test_a_missing_file_is_told(store: Store) -> None:
    sha256 = _kept(store, b"x")
    for path in files_on_disk(store):
        path.unlink()
    with store.reading() as db:
        with pytest.raises(BadInputError, match="missing"):
            store.files.find(db, sha256)
        with pytest.raises(BadInputError, match="missing"):
            store.files.find(db, "../../etc/passwd")
