"""A refused walk that a person corrects: what is seen of it, and when it is measured."""

from datetime import date
from pathlib import Path

import pytest

from clinigait.clinic import asking, assessing, patients, recordings, results, signing, worker
from clinigait.clinic.assessing import Choices, order
from clinigait.clinic.review import (
    AddEvent,
    DeleteEvent,
    MoveEvent,
    Opened,
    keep,
    opened,
    recomputed,
    reviewed,
    unmeasured,
)
from clinigait.core import BadInputError, EventKind, Grade, RefusedError, Walk
from clinigait.store import Store
from clinigait.store.accounts import Account
from support.clinics import user
from support.reviewing import FACTS, in_this_process, recorded
from support.walker import Gait, synthetic_walk

_CONTACT = EventKind.INITIAL_CONTACT
#: Two strides are found in it, none in the shorter; another began with its first contact, missed.
SHORT = synthetic_walk(Gait(noise_px=1)).part(slice(0, 150))
SHORTER = SHORT.part(slice(0, 95))
MISSED = AddEvent(_CONTACT, "left", 0.02)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what a process of its own would do, in this one."""
    monkeypatch.setattr(assessing, "ask_child", in_this_process)
    monkeypatch.setattr(asking, "ask_child", in_this_process)


def refused_visit(
    store: Store, folder: Path, choices: Choices | None = None, walk: Walk = SHORT
) -> tuple[Account, str, Opened]:
    doctor = user(store, "doctor")
    patient = patients.add(store, doctor, "P-7")
    visit = patients.add_visit(store, doctor, patient, date(2026, 11, 2), FACTS)
    job = order(store, doctor, visit, [recorded(store, doctor, visit, walk, folder)], choices)
    assert worker.work_once(store, assessing.TASKS, "w")
    assert recordings.job(store, doctor, job).status == "done"
    (_, newest), *_ = results.versions(store, doctor, visit)
    return doctor, visit, opened(store, doctor, newest)


def test_of_a_refused_walk_events_are_seen_and_no_numbers(store: Store, tmp_path: Path) -> None:
    _, _, found = refused_visit(store, tmp_path)
    assert found.assessment.code == "too_few_strides"
    assert found.walk is not None
    seen = unmeasured(found, []).measurement
    assert len([e for e in seen.events if e.kind is _CONTACT]) == 4
    assert (seen.parameters, seen.curves, seen.quality) == ((), (), ())
    assert found.assessment.measurement is None
    more = unmeasured(found, [MISSED]).measurement
    assert len(more.strides) == len(seen.strides) + 1


def test_what_was_missed_is_added_and_the_walk_is_measured(store: Store, tmp_path: Path) -> None:
    doctor, _, found = refused_visit(store, tmp_path)
    with pytest.raises(BadInputError):
        reviewed(store, doctor, found)
    second = opened(store, doctor, keep(store, doctor, found, [MISSED], "The first heel."))
    assert second.assessment.status == "assessed"
    assert second.assessment.refusal is None
    assert second.assessment.measurement.parameter("stride_time_s", "left").n == 2
    assert second.assessment.review.by == ("doctor",)
    (mark,) = [c for c in second.assessment.measurement.quality if c.code == "refused_before"]
    assert mark.grade is Grade.WARNING
    assert found.assessment.message in mark.message
    assert [edit.change.kind for edit in second.version.edits] == ["add_event"]
    assert opened(store, doctor, found.version.id).assessment.status == "refused"
    # that it was refused at first is told after further corrections too
    event = next(e for e in second.assessment.measurement.events if e.time_s > 1)
    move = MoveEvent(event.kind, event.side, event.time_s, event.time_s + 0.02)
    third = opened(store, doctor, keep(store, doctor, second, [move]))
    assert "refused_before" in {c.code for c in third.assessment.measurement.quality}
    signing.sign(store, doctor, third.version.id, b"%PDF")


def test_until_then_the_refusal_is_the_answer(store: Store, tmp_path: Path) -> None:
    doctor, visit, found = refused_visit(store, tmp_path)
    event = unmeasured(found, []).measurement.events[1]
    gone = DeleteEvent(event.kind, event.side, event.time_s)
    with pytest.raises(RefusedError) as caught:
        recomputed(found, [gone])
    assert caught.value.refused.code == "too_few_strides"
    with pytest.raises(RefusedError):
        keep(store, doctor, found, [gone])
    with pytest.raises(BadInputError, match="There is no"):
        unmeasured(found, [DeleteEvent(_CONTACT, "left", 2.45)])
    assert len(results.versions(store, doctor, visit)) == 1


def test_models_are_asked_once_the_walk_is_measured(store: Store, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="models are not installed")
    doctor, visit, found = refused_visit(store, tmp_path, Choices(protocol="pathology"), SHORTER)
    second = keep(store, doctor, found, [MISSED])
    assert opened(store, doctor, second).assessment.predictions == ()
    assert asking.state(store, doctor, second).status == "queued"
    assert worker.work_once(store, assessing.TASKS, "w")
    third = opened(store, doctor, results.versions(store, doctor, visit)[0][1])
    (said,) = third.assessment.predictions
    assert (third.version.number, said.corrections) == (3, 1)
