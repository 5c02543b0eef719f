"""Erasure and retention: all of a patient goes, nothing of another, and the chain stays."""

from pathlib import Path

import pytest
from sqlalchemy import text

from clinigait.clinic import recordings, results, signing
from clinigait.core import BadInputError
from clinigait.store import Store, audit, erasure, jobs
from clinigait.store.tables import Base
from support.clinics import Clock, case, corrected, files_on_disk

_DAY_S = 24 * 3600
_CANARY = "canary-7f3a-Kowalski"


def _full_case(store: Store):
    made = case(store, code=_CANARY, film=_CANARY.encode())
    change = results.Change("note", {"was": _CANARY}, {"is": _CANARY})
    second = results.correct(store, made.doctor, made.assessment, [change], corrected())
    signing.sign(store, made.doctor, second, _CANARY.encode())
    third = results.correct(store, made.doctor, second, [change], corrected())
    signing.sign(store, made.doctor, third, b"%PDF", _CANARY)
    with store.writing() as db:
        jobs.enqueue(db, made.visit, "assess", {"of": _CANARY}, made.doctor.id)
    return made


def test_a_patient_goes_with_every_trace_and_nobody_else_does(store: Store) -> None:
    made = _full_case(store)
    other = case(store, "other", "P-002", b"another film")
    erasure.erase_patient(store, made.patient, None)
    with store.reading() as db:
        for name, table in Base.metadata.tables.items():
            if name not in {"users", "audit_entries"}:
                assert _CANARY not in repr(db.execute(table.select()).all()), name
                assert made.patient not in repr(db.execute(table.select()).all()), name
    assert audit.check(store) == []
    assert len(files_on_disk(store)) == 2
    for path in [path for path in store.folder.rglob("*") if path.is_file()]:
        assert _CANARY.encode() not in path.read_bytes(), path.name
    assert results.version(store, other.doctor, other.assessment).number == 1
    with pytest.raises(BadInputError, match="no such patient"):
        erasure.erase_patient(store, made.patient, None)


def test_the_dry_run_changes_nothing_and_tells_what_would_go(store: Store, clock: Clock) -> None:
    made = case(store, film=b"x" * 1000)
    clock.turn(31 * _DAY_S)
    case(store, "other", "P-002")
    with store.reading() as db:
        assert erasure.due(db, "films", 30) == erasure.Due("films", (made.recording,), 1000)
        assert erasure.due(db, "patients", 30).ids == (made.patient,)
        assert erasure.due(db, "patients", 32).ids == ()
        with pytest.raises(BadInputError):
            erasure.due(db, "films", 0)
    assert len(files_on_disk(store)) == 4


def test_old_films_go_and_their_results_stay(store: Store, clock: Clock) -> None:
    made = case(store)
    clock.turn(31 * _DAY_S)
    assert erasure.apply_retention(store, "films", 30, None).ids == (made.recording,)
    assert len(files_on_disk(store)) == 1  # the walk
    with pytest.raises(BadInputError, match="after its time"):
        recordings.film(store, made.doctor, made.recording)
    assert results.version(store, made.doctor, made.assessment).files.keys() == {"walk.npz"}
    assert erasure.apply_retention(store, "films", 30, None).ids == ()


def test_films_that_were_made_of_old_films_go_with_the_last_of_a_visit(
    store: Store, clock: Clock
) -> None:
    made = case(store)
    names = ("film.webm", "pass-2/film.mp4", "walk.npz", "frames/1.jpg")
    with store.writing() as db, store.files.receiving([b"blurred"], 99) as file:
        sha256 = store.files.keep(db, file)
        shown = results.keep(
            db, made.visit, corrected(), dict.fromkeys(names, sha256), made.doctor.id
        )
    clock.turn(20 * _DAY_S)
    recordings.add(store, made.doctor, made.visit, [b"a later film"], {})
    clock.turn(11 * _DAY_S)
    erasure.apply_retention(store, "films", 30, None)
    assert set(results.version(store, made.doctor, shown).files) == set(names)
    clock.turn(20 * _DAY_S)
    erasure.apply_retention(store, "films", 30, None)
    left = results.version(store, made.doctor, shown).files
    assert set(left) == {"walk.npz", "frames/1.jpg"}


def test_old_patients_go_whole(store: Store, clock: Clock) -> None:
    made = case(store)
    clock.turn(31 * _DAY_S)
    other = case(store, "other", "P-002")
    assert erasure.apply_retention(store, "patients", 30, None).ids == (made.patient,)
    with store.reading() as db:
        assert db.execute(text("SELECT id FROM patients")).scalars().all() == [other.patient]
    assert audit.check(store) == []


def test_a_patient_is_found_by_the_code(store: Store) -> None:
    made = case(store, code="Ż-1")
    with store.reading() as db:
        assert erasure.patient_of_code(db, " Z\u0307-1 ") == made.patient
        for code in ("ż-1", "", "a\0b", "' OR 1=1 --"):
            with pytest.raises(BadInputError):
                erasure.patient_of_code(db, code)


def test_the_folder_of_a_store_is_all_there_is(store: Store, tmp_path: Path) -> None:
    _full_case(store)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
