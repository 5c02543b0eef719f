"""A clinic to test with: a store on either database, a clock that can be turned, people in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from unittest import mock

from argon2 import PasswordHasher

from clinigait.clinic import patients, recordings, results
from clinigait.store import Store, accounts, passwords
from clinigait.store.accounts import Account
from support.assessments import assessed

PASSWORD = "seven green umbrellas"
START_MS = 1_795_000_000_000
HOSTILE = (
    "'; DROP TABLE patients; --",
    '" OR 1=1 --',
    "%_\\",
    "<script>alert(1)</script>",
    "=cmd|'/c calc'!A1",
    "../../etc/passwd",
    "王小明 Ж Łódź 🚶",
    "{{7*7}} ${x} %s %(a)s :a ?",
    "Robert\u2019);",
)


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.ms = START_MS

    def __call__(self) -> int:
        return self.ms

    def turn(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


@contextmanager
def quick_passwords() -> Iterator[None]:
    """Hash with the least that Argon2id allows: tests hash hundreds of passwords."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._nobody.cache_clear()
    with mock.patch.object(passwords, "_hasher", return_value=quick):
        yield
    passwords._nobody.cache_clear()


@contextmanager
def unprobed() -> Iterator[None]:
    """Take any bytes for a film: a look at each would take seconds."""
    with mock.patch.object(recordings, "probed", return_value={}):
        yield


def user(store: Store, name: str, role: str = "clinician", *, all_patients=False) -> Account:
    with store.writing() as db:
        return accounts.add(db, name, role, PASSWORD, all_patients=all_patients)


@dataclass(frozen=True)
class Case:
    """One patient with a visit, a recording, and an assessment with a file."""

    doctor: Account
    patient: str
    visit: str
    recording: str
    assessment: str


def case(store: Store, name: str = "doctor", code: str = "P-001", film: bytes = b"film") -> Case:
    doctor = user(store, name)
    patient = patients.add(store, doctor, code)
    visit = patients.add_visit(store, doctor, patient, date(2026, 11, 2), {"height_m": 1.71})
    with unprobed():
        recording = recordings.add(store, doctor, visit, [film], {"view": "side"})
    with store.files.receiving([b"walk of ", film], 10**6) as walk, store.writing() as db:
        files = {"walk.npz": store.files.keep(db, walk)}
        made = results.keep(db, visit, assessed(1, with_curves=False), files, doctor.id)
    return Case(doctor, patient, visit, recording, made)


def corrected() -> object:
    made = assessed(1, with_curves=False)
    return replace(made, subject=replace(made.subject, height_m=1.72))


def files_on_disk(store: Store) -> set[Path]:
    return {path for path in (store.folder / "files").rglob("*") if path.is_file()}
