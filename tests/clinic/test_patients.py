"""Patients: found quickly, by any text, by two users at once."""

import time
from datetime import date
from threading import Thread

import pytest
from sqlalchemy import insert

from clinigait.clinic import patients
from clinigait.core import BadInputError
from clinigait.store import Store, audit
from clinigait.store.ids import new_id
from clinigait.store.tables import Patient, PatientScope, Visit
from support.clinics import HOSTILE, START_MS, user


@pytest.mark.parametrize("code", HOSTILE)
def test_hostile_codes_are_codes(store: Store, code: str) -> None:
    doctor = user(store, "doctor")
    other = patients.add(store, doctor, "plain 1")
    made = patients.add(store, doctor, code)
    assert patients.page(store, doctor, made).code == code
    assert [row.id for row in patients.listing(store, doctor, code)] == [made]
    assert [row.id for row in patients.listing(store, doctor, "PLAIN")] == [other]
    with pytest.raises(BadInputError, match="already"):
        patients.add(store, doctor, f" {code} ")


@pytest.mark.parametrize("code", ["", " ", "a\0b", "a\nb", "\ud800", "\u202e1", "x" * 65])
def test_codes_that_cannot_be(store: Store, code: str) -> None:
    doctor = user(store, "doctor")
    with pytest.raises(BadInputError, match="code"):
        patients.add(store, doctor, code)
    assert patients.listing(store, doctor) == []


def test_two_hundred_patients_with_twenty_visits_are_listed_at_once(store: Store) -> None:
    doctor, head = user(store, "doctor"), user(store, "head", all_patients=True)
    by = {"created_by": doctor.id, "created_ms": START_MS}
    people = [{"id": new_id(), "code": f"P-{n:03}", **by} for n in range(200)]
    visits = [
        {
            "id": new_id(),
            "patient_id": person["id"],
            "day": f"2026-01-{n + 1:02}",
            "facts": {},
            **by,
        }
        for person in people
        for n in range(20)
    ]
    with store.writing() as db:
        db.execute(insert(Patient), people)
        db.execute(insert(Visit), visits)
        given = [{"user_id": doctor.id, "patient_id": person["id"]} for person in people]
        db.execute(insert(PatientScope), given)
    for account in (doctor, head):
        started = time.process_time()
        rows = patients.listing(store, account, limit=200)
        page = patients.page(store, account, rows[0].id)
        assert time.process_time() - started < 1.0
        assert len(rows) == 200
        assert (rows[0].visits, rows[0].last_day) == (20, "2026-01-20")
        assert [visit.day for visit in page.visits][:2] == ["2026-01-20", "2026-01-19"]
    assert [row.code for row in patients.listing(store, head, "p-01", limit=3, offset=2)] == [
        "P-012", "P-013", "P-014",
    ]  # fmt: skip


def test_two_users_at_once(store: Store) -> None:
    doctors = [user(store, name) for name in ("one", "two")]
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for n in range(8):
                made = patients.add(store, doctors[number], f"{number}-{n}")
                patients.add_visit(store, doctors[number], made, date(2026, 1, 1), {})
                patients.listing(store, doctors[number])
        except BaseException as error:  # noqa: BLE001  a thread's fault is the test's
            faults.append(error)

    threads = [Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    for doctor in doctors:
        assert len(patients.listing(store, doctor)) == 8
    assert audit.check(store) == []
