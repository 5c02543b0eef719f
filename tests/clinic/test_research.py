"""An export for research tells measurements, and of nobody who it is or when it was."""

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clinigait.clinic import patients, recordings, research, results
from clinigait.core import Assessment, BadInputError, RefusedError
from clinigait.store import Store, audit
from clinigait.store.accounts import Account
from clinigait.store.tables import AuditEntry
from support.assessments import assessed, refused, with_synthetic_pose
from support.clinics import HOSTILE, user

#: Whatever of it turns up in an export has leaked.
CANARIES = ("canary-code", "canary-note", "canary-file", "canary-condition", "canary-name")
DAYS = (date(2026, 3, 1), date(2026, 3, 11), date(2026, 11, 2))


def _known(age_y: float, status: Any = None) -> Assessment:
    made = status or assessed(1, with_curves=False)
    subject = replace(
        made.subject, code="canary-code", age_y=age_y, condition="canary-condition", height_m=1.7149
    )
    recording = made.recording and replace(made.recording, file_name="canary-file.mp4")
    return replace(made, subject=subject, recording=recording)


@pytest.fixture
def doctor(store: Store) -> Account:
    return user(store, "canary-name")


def _patient(store: Store, doctor: Account, code: str, age_y: float, *more: Assessment) -> str:
    patient = patients.add(store, doctor, code)
    for number, day in enumerate(DAYS):
        facts = {"note": "canary-note", "condition": "canary-condition", "scales": {"fac": 4.0}}
        visit = patients.add_visit(store, doctor, patient, day, facts)
        recordings.add(store, doctor, visit, [b"film"], {"view": "side", "note": "canary-note"})
        if number < 2:
            with store.writing() as db:
                results.keep(db, visit, (*more, _known(age_y))[0], {}, doctor.id)
    return patient


def _tables(made: research.Exported) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        assert archive.testzip() is None
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode())))
            for name in archive.namelist()
            if name.endswith(".csv")
        }


def _texts(made: research.Exported) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_no_canary_no_code_no_id_and_no_date_is_in_any_file(store: Store, doctor: Account) -> None:
    ids = [_patient(store, doctor, code, 71) for code in ("canary-code", *HOSTILE[:3])]
    made = research.export(store, doctor)
    assert (made.patients, made.visits) == (4, 12)
    hidden = [*CANARIES, *HOSTILE[:3], *ids, doctor.id, "film", "1.7149", "2026-11", "walk.npz"]
    for name, text in _texts(made).items():
        shown = text if name != "README.txt" else text.replace("film, pictures", "")
        for canary in hidden:
            assert canary not in shown, f"{name}: {canary}"
        assert not any(day.isoformat() in text for day in DAYS), name
    assert "canary" not in str(zipfile.ZipFile(io.BytesIO(made.content)).infolist())


def test_intervals_stay_and_each_person_is_shifted_alone(store: Store, doctor: Account) -> None:
    for number in range(6):
        _patient(store, doctor, f"P-{number}", 40)
    shifts = set()
    days: dict[str, list[date]] = {}
    for row in _tables(research.export(store, doctor))["visits.csv"]:
        days.setdefault(row["person"], []).append(date.fromisoformat(row["day"]))
    for shown in days.values():
        moved = {(before - after).days for before, after in zip(DAYS, shown, strict=True)}
        assert len(moved) == 1
        assert 1 <= min(moved) <= research.LONGEST_SHIFT_DAYS
        shifts |= moved
    assert len(shifts) > 1


def test_two_exports_cannot_be_laid_over_one_another(store: Store, doctor: Account) -> None:
    for number in range(4):
        _patient(store, doctor, f"P-{number}", 40)
    first, second = (_tables(research.export(store, doctor))["visits.csv"] for _ in range(2))
    assert {row["person"] for row in first}.isdisjoint({row["person"] for row in second})
    assert all(re.fullmatch(r"P-[0-9a-f]{16}", row["person"]) for row in first)


def test_the_very_old_are_one_group(store: Store, doctor: Account) -> None:
    for code, age_y in (("a", 89.9), ("b", 90.0), ("c", 103.0)):
        _patient(store, doctor, code, age_y)
    rows = _tables(research.export(store, doctor))["visits.csv"]
    assert sorted(row["age_y"] for row in rows if row["age_y"]) == ["89"] * 2 + ["90+"] * 4


def test_measurements_are_those_of_the_assessment(store: Store, doctor: Account) -> None:
    patient = _patient(store, doctor, "P-1", 40)
    tables = _tables(research.export(store, doctor, [patient]))
    known = json.loads(results.assessment_json(_known(40)))["measurement"]["parameters"]
    first = [row for row in tables["measurements.csv"] if row["visit"] == "1"]
    assert len(first) == len(known)
    for row, parameter in zip(first, known, strict=True):
        assert row["parameter"] == parameter["name"]
        assert row["unit"] == parameter["unit"]
        value = parameter["value"]
        assert row["value"] == "" if value is None else float(row["value"]) == pytest.approx(value)
    assert [row["score"] for row in tables["scales.csv"]] == ["4.0"] * 3
    assert [row["status"] for row in tables["visits.csv"]] == ["measured", "measured", "none"]
    assert tables["visits.csv"][0]["height_m"] == "1.71"


def test_a_visit_says_that_synthetic_walkers_taught_its_keypoints(
    store: Store, doctor: Account
) -> None:
    _patient(store, doctor, "P-1", 40, with_synthetic_pose(_known(40)))
    _patient(store, doctor, "P-2", 40)
    rows = _tables(research.export(store, doctor))["visits.csv"]
    assert sorted(row["pose_synthetic"] for row in rows) == ["false"] * 4 + ["true"] * 2
    assert {row["synthetic"] for row in rows} == {"false"}


def test_a_refusal_is_told_by_its_code_alone(store: Store, doctor: Account) -> None:
    _patient(store, doctor, "P-1", 40, _known(40, refused()))
    row = _tables(research.export(store, doctor))["visits.csv"][0]
    assert row["status"] == "refused"
    assert row["refusal"].isidentifier()


def test_only_who_may_export_and_only_own_patients(store: Store, doctor: Account) -> None:
    patient = _patient(store, doctor, "P-1", 40)
    other = user(store, "other")
    for role in ("viewer", "admin", "auditor"):
        someone = user(store, role, role, all_patients=True)
        for ids in (None, [patient]):
            with pytest.raises(RefusedError):
                research.export(store, someone, ids)
    with pytest.raises(RefusedError, match="no such record"):
        research.export(store, other, [patient])
    with pytest.raises(BadInputError, match="no patients"):
        research.export(store, other)
    with pytest.raises(RefusedError):
        research.export(store, doctor, ["no id"])


def test_every_patient_in_it_is_audited_and_no_pseudonym_is(store: Store, doctor: Account) -> None:
    ids = {_patient(store, doctor, f"P-{number}", 40) for number in range(2)}
    made = research.export(store, doctor)
    research.export(store, None, sorted(ids)[:1])
    with store.reading() as db:
        entries = [e for e in db.query(AuditEntry) if e.action == "export" and e.kind == "patient"]
    assert {entry.object_id for entry in entries if entry.user_id == doctor.id} == ids
    assert len([entry for entry in entries if entry.user_id is None]) == 1
    people = {row["person"][2:] for row in _tables(made)["visits.csv"]}
    assert not any(person in entry.detail for entry in entries for person in people)
    assert audit.check(store) == []


def test_the_command_writes_the_same(store: Store, doctor: Account, tmp_path: Path) -> None:
    if store.engine.dialect.name != "sqlite":
        pytest.skip("the command is told of PostgreSQL by the environment")
    from typer.testing import CliRunner

    from clinigait.cli.app import app

    _patient(store, doctor, "canary-code", 40)
    env = {"CLINIGAIT_DATA": str(store.folder), "CLINIGAIT_DATABASE_URL": ""}
    out = tmp_path / "study.zip"
    done = CliRunner().invoke(app, ["export", "research", "--out", str(out)], env=env)
    assert done.exit_code == 0, done.output
    assert "1 patients, 3 visits" in done.output
    with zipfile.ZipFile(out) as archive:
        assert not any(b"canary" in archive.read(name) for name in archive.namelist())
    wrong = ["export", "research", "--out", str(out), "--code", "nobody"]
    assert isinstance(CliRunner().invoke(app, wrong, env=env).exception, BadInputError)
