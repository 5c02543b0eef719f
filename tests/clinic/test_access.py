"""Rights: closed unless open, of the present and not of the past, every refusal audited."""

import ast
import logging
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text

import clinigait.clinic
from clinigait.clinic import access, patients, recordings, results, signing
from clinigait.core import BadInputError, RefusedError
from clinigait.store import Store, accounts, audit, sign_ins
from clinigait.store.tables import AuditEntry
from support.clinics import HOSTILE, PASSWORD, Case, case, corrected, user

_CHANGE = results.Change("swap_legs", {"frame": 3}, {"frame": 4})


def _correct(store, account, made):
    return results.correct(store, account, made.assessment, [_CHANGE], corrected())


#: Everything that can be done with a case, and the right that it takes.
_DEEDS = {
    "list": ("see", lambda s, a, c: patients.listing(s, a)),
    "page": ("see", lambda s, a, c: patients.page(s, a, c.patient)),
    "add": ("change", lambda s, a, c: patients.add(s, a, "P-new")),
    "visit": ("change", lambda s, a, c: patients.add_visit(s, a, c.patient, date.today(), {})),
    "record": ("change", lambda s, a, c: recordings.add(s, a, c.visit, [b"x"], {})),
    "film": ("see", lambda s, a, c: recordings.film(s, a, c.recording)),
    "enqueue": ("change", lambda s, a, c: recordings.enqueue(s, a, c.visit, "assess", {})),
    "versions": ("see", lambda s, a, c: results.versions(s, a, c.visit)),
    "version": ("see", lambda s, a, c: results.version(s, a, c.assessment)),
    "export": ("export", lambda s, a, c: results.export(s, a, c.assessment, "fhir")),
    "sign": ("sign", lambda s, a, c: signing.sign(s, a, c.assessment, b"%PDF")),
    "correct": ("change", _correct),
    "signatures": ("see", lambda s, a, c: signing.signatures(s, a, c.visit)),
    "give": ("administer", lambda s, a, c: patients.give(s, a, a.id, c.patient, seen=True)),
}  # fmt: skip
_OF_ONE_PATIENT = sorted(set(_DEEDS) - {"list", "add", "give"})


def _last(store: Store) -> AuditEntry:
    with store.reading() as db:
        return db.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()


@pytest.mark.parametrize("role", ["viewer", "clinician", "admin", "auditor"])
def test_a_role_may_what_it_may_and_nothing_else(store: Store, role: str) -> None:
    made = case(store)
    account = user(store, role, role, all_patients=True)
    for name, (right, deed) in _DEEDS.items():
        if right in access.RIGHTS[role]:
            deed(store, account, made)
        else:
            with pytest.raises(RefusedError) as caught:
                deed(store, account, made)
            assert caught.value.refused.code == "not_permitted", name
            assert (_last(store).action, _last(store).user_id) == ("denied", account.id)
    assert audit.check(store) == []


@pytest.mark.parametrize("name", _OF_ONE_PATIENT)
def test_another_s_patient_looks_like_none(store: Store, name: str) -> None:
    made = case(store)
    stranger = user(store, "stranger")
    nowhere = Case(stranger, *["0" * 32] * 4)
    said = []
    for target in (made, nowhere):
        with pytest.raises(RefusedError) as caught:
            _DEEDS[name][1](store, stranger, target)
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("hostile", [*HOSTILE, "a\0b", "\ud800", "", "x" * 5000])
def test_hostile_ids_are_nowhere(store: Store, hostile: str) -> None:
    made = case(store)
    wrong = Case(made.doctor, *[hostile] * 4)
    for name in _OF_ONE_PATIENT:
        with pytest.raises(RefusedError):
            _DEEDS[name][1](store, made.doctor, wrong)
    assert patients.listing(store, made.doctor, hostile) in (
        [],
        patients.listing(store, made.doctor),
    )
    assert len(patients.listing(store, made.doctor)) == 1
    assert audit.check(store) == []


def test_rights_are_those_of_now(store: Store) -> None:
    made = case(store)
    user(store, "boss", "admin")
    with store.writing() as db:
        accounts.change(db, made.doctor.id, role="auditor")
    with pytest.raises(RefusedError):
        patients.page(store, made.doctor, made.patient)  # the account still says clinician
    forged = replace(made.doctor, role="clinician", all_patients=True)
    with pytest.raises(RefusedError):
        patients.page(store, forged, made.patient)
    with pytest.raises(RefusedError):
        patients.page(store, replace(forged, id="f" * 32), made.patient)


def test_a_patient_is_given_and_taken(store: Store) -> None:
    made = case(store)
    boss, other = user(store, "boss", "admin"), user(store, "viewer", "viewer")
    for seen in (True, False, True):
        patients.give(store, boss, other.id, made.patient, seen=seen)
        assert len(patients.listing(store, other)) == seen
    with pytest.raises(BadInputError, match="no such user"):
        patients.give(store, boss, "'; --", made.patient, seen=True)


def test_breaking_the_glass_opens_for_hours_and_is_told(store: Store, clock) -> None:
    made = case(store)
    other = user(store, "night")
    with pytest.raises(BadInputError, match="reason"):
        patients.break_glass(store, other, "P-001", " ")
    with pytest.raises(BadInputError, match="no patient"):
        patients.break_glass(store, other, "P-404", "a fall")
    assert patients.break_glass(store, other, "P-001", "a fall") == made.patient
    assert _last(store).action == "break_glass"
    patients.page(store, other, made.patient)
    clock.turn(patients.EMERGENCY_S + 1)
    with pytest.raises(RefusedError):
        patients.page(store, other, made.patient)
    patients.break_glass(store, made.doctor, "P-001", "not needed")
    clock.turn(patients.EMERGENCY_S + 1)
    patients.page(store, made.doctor, made.patient)  # one's own stay one's own


def test_all_that_the_law_asks_for_is_in_the_log(store: Store) -> None:
    made = case(store)
    sign_ins.sign_in(store, "doctor", "wrong")
    sign_ins.sign_in(store, "doctor", PASSWORD)
    recordings.film(store, made.doctor, made.recording)
    newer = results.correct(store, made.doctor, made.assessment, [_CHANGE], corrected())
    signing.report(store, made.doctor, signing.sign(store, made.doctor, newer, b"%PDF"))
    with store.reading() as db:
        actions = set(db.scalars(select(AuditEntry.action)))
    assert actions >= {"create", "edit", "export", "failed_login", "login", "sign", "view"}


def test_no_text_of_a_patient_is_in_any_log(store: Store, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy").setLevel(logging.DEBUG)
    store.engine.echo = "debug" if store.engine.dialect.name == "sqlite" else False
    canary = "canary-91c4"
    made = case(store, code=canary)
    patients.listing(store, made.doctor, canary)
    patients.break_glass(store, made.doctor, canary, canary)
    patients.add_visit(store, made.doctor, made.patient, date(2026, 1, 1), {"notes": canary})
    change = results.Change("note", {"a": canary}, {"a": canary})
    results.correct(store, made.doctor, made.assessment, [change], corrected())
    with pytest.raises(BadInputError) as caught:
        patients.add(store, made.doctor, canary)
    store.engine.echo = False
    rows = [record for record in caplog.records if record.name.startswith("clinigait")]
    assert canary not in "".join(record.getMessage() for record in rows)
    assert canary not in str(caught.value)
    said = [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]
    assert canary not in "".join(said)
    with store.reading() as db:
        assert canary not in repr(db.execute(text("SELECT * FROM audit_entries")).all())


def test_every_function_of_the_clinic_that_takes_an_account_goes_through_the_gate() -> None:
    folder = Path(clinigait.clinic.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            takes = [argument.arg for argument in node.args.args]
            if (
                path.name not in {"access.py", "own_account.py"}  # the gate; one's own account
                and takes[:1] == ["store"]
                and {"account", "admin"} & set(takes)
            ):
                assert any(map(_is_gated, ast.walk(node))), f"{path.name}: {node.name}"


def _is_gated(node: ast.AST) -> bool:
    """Whether a node calls the gate, or passes store and account on to a function that does."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name) and node.func.id in {"acting", "looking"}:
        return True
    passed = [one.id for one in node.args if isinstance(one, ast.Name)]
    return passed[:1] == ["store"] and bool({"account", "admin"} & set(passed[:2]))
