"""Reviewing: what is recomputed, what is kept, and what is refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinigait.clinic import results, review
from clinigait.clinic.review import (
    AddEvent,
    DeleteEvent,
    MoveEvent,
    Opened,
    SwapLegs,
    keep,
    opened,
    recomputed,
    reviewed,
)
from clinigait.core import BadInputError, EventKind, RefusedError
from clinigait.io.assessment import assessment_json, parsed_assessment
from clinigait.store import Store, open_store
from support.clinics import quick_passwords, user
from support.reviewing import Visit, assessed_visit
from support.walker import Gait, synthetic_walk

_CONTACT = EventKind.INITIAL_CONTACT


@pytest.fixture(scope="module")
def single(tmp_path_factory) -> Iterator[tuple[Store, Visit, Opened]]:
    """One recording, assessed; tests of this fixture change nothing."""
    folder = tmp_path_factory.mktemp("single")
    with quick_passwords():
        store = open_store(folder / "data")
        made = assessed_visit(store, folder)
    yield store, made, opened(store, made.doctor, made.assessment)
    store.close()


@pytest.fixture(scope="module")
def merged(tmp_path_factory) -> Iterator[Opened]:
    """Three recordings, of which the last is too short."""
    folder = tmp_path_factory.mktemp("merged")
    walks = [
        synthetic_walk(Gait()).part(slice(0, 20)),
        synthetic_walk(Gait(noise_px=1)),
        synthetic_walk(Gait(direction=-1, noise_px=1, seed=1)),
    ]
    with quick_passwords():
        store = open_store(folder / "data")
        made = assessed_visit(store, folder, walks)
    yield opened(store, made.doctor, made.assessment)
    store.close()


def numbers(found) -> list:
    return [(p.name, p.side, p.value, p.low, p.high, p.n) for p in found.measurement.parameters]


def approx(rows: list) -> list:
    return [
        tuple(pytest.approx(c, rel=1e-4, abs=1e-4) if isinstance(c, float) else c for c in row)
        for row in rows
    ]


def unedited(found: Opened):
    """Return what is measured anew: adding an event and deleting it again is no edit."""
    stride = next(s for s in found.assessment.measurement.strides if s.used)
    middle_s = (stride.start_s + stride.end_s) / 2
    side, kind = stride.side, _CONTACT
    return recomputed(found, [AddEvent(kind, side, middle_s), DeleteEvent(kind, side, middle_s)])


def inner_contact(found: Opened):
    strides = [s for s in found.assessment.measurement.strides if s.used]
    stride = strides[len(strides) // 2]
    return next(
        e
        for e in found.assessment.measurement.events
        if e.kind is _CONTACT and e.time_s == stride.start_s
    )


@pytest.mark.parametrize("which", ["single", "merged"])
def test_recomputing_without_an_edit_measures_what_was_assessed(which, request) -> None:
    found = request.getfixturevalue(which)
    found = found[2] if which == "single" else found
    again = unedited(found)
    assert numbers(again) == approx(numbers(found.assessment))
    before, after = found.assessment.measurement, again.measurement
    assert [(e.kind, e.side) for e in after.events] == [(e.kind, e.side) for e in before.events]
    assert [e.time_s for e in after.events] == pytest.approx(
        [e.time_s for e in before.events], abs=1e-3
    )
    assert [(c.name, c.grade, c.code) for c in after.quality] == [
        (c.name, c.grade, c.code) for c in before.quality
    ]
    assert [f.id for f in again.findings] == [f.id for f in found.assessment.findings]


def test_what_is_opened_is_all_there(single) -> None:
    found = single[2]
    assert (found.patient_code, found.visit_day, found.newest) == ("P-7", "2026-11-02", True)
    assert found.walk is not None
    assert [s.key for s in found.assessment.scores] == ["berg"]
    assert found.signed is None
    assert found.files["frames/1.jpg"].is_file()


def test_several_recordings_are_opened_with_their_times(merged: Opened) -> None:
    first, second, third = merged.passes
    assert first.shift_s == 0
    assert second.shift_s > 15
    assert third.walk is None
    assert "left out" in third.left_out
    events = [e.time_s for e in merged.assessment.measurement.events]
    for one in (first, second):
        times = one.walk.time_s + one.shift_s
        assert any(times[0] <= e <= times[-1] for e in events)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(d_s=st.floats(-0.09, 0.09))
def test_a_contact_moved_by_d_changes_the_stride_times_by_d(single, d_s: float) -> None:
    found = single[2]
    event = inner_contact(found)
    plain = unedited(found).measurement
    moved = recomputed(
        found, [MoveEvent(_CONTACT, event.side, event.time_s, event.time_s + d_s)]
    ).measurement
    for before, after in zip(plain.strides, moved.strides, strict=True):
        ends = abs(before.end_s - event.time_s) < 0.01 and before.side == event.side
        starts = abs(before.start_s - event.time_s) < 0.01 and before.side == event.side
        wanted = (before.end_s - before.start_s) + d_s * ends - d_s * starts
        assert after.end_s - after.start_s == pytest.approx(wanted, abs=1e-3)


def test_corrections_are_kept_with_who_when_before_and_after(store: Store, tmp_path: Path) -> None:
    made = assessed_visit(store, tmp_path)
    found = opened(store, made.doctor, made.assessment)
    event = inner_contact(found)
    move = MoveEvent(_CONTACT, event.side, event.time_s, event.time_s + 0.03)
    shown = recomputed(found, [move])
    second = keep(store, made.doctor, found, [move], "The heel is down later.")
    again = opened(store, made.doctor, second)
    assert numbers(again.assessment) == approx(numbers(shown))
    assert again.version.number == 2
    (edit,) = again.version.edits
    assert (edit.made_by, edit.change.kind) == (made.doctor.id, "move_event")
    assert edit.change.before == {
        "kind": "initial_contact", "side": event.side, "time_s": event.time_s,
    }  # fmt: skip
    assert edit.change.after["time_s"] == event.time_s + 0.03
    (step,) = again.assessment.review.steps
    assert (step.by, step.corrections) == ("doctor", (replace(move, to_s=round(move.to_s, 4)),))
    assert step.at
    assert step.note == "The heel is down later."
    assert not opened(store, made.doctor, made.assessment).newest
    with pytest.raises(BadInputError, match="newer version"):
        keep(store, made.doctor, found, [move])


def test_a_second_correction_comes_on_top_of_the_first(store: Store, tmp_path: Path) -> None:
    made = assessed_visit(store, tmp_path)
    found = opened(store, made.doctor, made.assessment)
    event = inner_contact(found)
    move = MoveEvent(_CONTACT, event.side, event.time_s, event.time_s + 0.03)
    back = MoveEvent(_CONTACT, event.side, event.time_s + 0.03, event.time_s)
    second = opened(store, made.doctor, keep(store, made.doctor, found, [move]))
    third = opened(store, made.doctor, keep(store, made.doctor, second, [back]))
    assert len(third.assessment.review.steps) == 2
    assert third.assessment.review.corrections == (
        replace(move, to_s=round(move.to_s, 4)),
        replace(back, time_s=round(back.time_s, 4)),
    )
    strides = [(s.start_s, s.end_s) for s in found.assessment.measurement.strides]
    assert [(s.start_s, s.end_s) for s in third.assessment.measurement.strides] == approx(strides)


def test_reviewed_and_found_right_is_kept_too(store: Store, tmp_path: Path) -> None:
    made = assessed_visit(store, tmp_path)
    found = opened(store, made.doctor, made.assessment)
    after = opened(store, made.doctor, reviewed(store, made.doctor, found))
    assert after.assessment.review.by == ("doctor",)
    assert after.assessment.review.corrections == ()
    assert numbers(after.assessment) == numbers(found.assessment)


def test_impossible_corrections_are_told_and_nothing_is_kept(single) -> None:
    store, made, found = single
    event = inner_contact(found)
    for wrong, said in [
        (MoveEvent(_CONTACT, event.side, event.time_s + 0.4, 1.0), "There is no"),
        (SwapLegs(5000.0, 5001.0), "no recording|no frame"),
        (AddEvent(_CONTACT, event.side, float("nan")), "no number"),
    ]:
        with pytest.raises(BadInputError, match=said):
            keep(store, made.doctor, found, [wrong])
    contacts = [e for e in found.assessment.measurement.events if e.kind is _CONTACT]
    with pytest.raises(RefusedError) as caught:
        recomputed(found, [DeleteEvent(e.kind, e.side, e.time_s) for e in contacts])
    assert caught.value.refused.code in {"too_few_strides", "strides"}
    with pytest.raises(BadInputError, match="Nothing"):
        keep(store, made.doctor, found, [])
    assert len(results.versions(store, made.doctor, made.visit)) == 1


def test_only_who_may_corrects(store: Store, tmp_path: Path) -> None:
    made = assessed_visit(store, tmp_path)
    found = opened(store, made.doctor, made.assessment)
    event = inner_contact(found)
    viewer = user(store, "viewer", "viewer", all_patients=True)
    stranger = user(store, "stranger")
    opened(store, viewer, made.assessment)
    with pytest.raises(RefusedError):
        opened(store, stranger, made.assessment)
    for account in (viewer, stranger):
        with pytest.raises(RefusedError):
            keep(store, account, found, [DeleteEvent(_CONTACT, event.side, event.time_s)])
        with pytest.raises(RefusedError):
            reviewed(store, account, found)


def test_legs_exchanged_lose_the_pictures_that_show_them(single) -> None:
    found = single[2]
    frames = found.assessment.frames
    assert frames
    swap = SwapLegs(frames[0].time_s - 0.05, frames[0].time_s + 0.05)
    assert frames[0] not in recomputed(found, [swap]).frames


def test_nobody_else_is_in_a_file_of_keypoints(single) -> None:
    store, made, found = single
    with pytest.raises(BadInputError, match="Nobody"):
        review.choose_person(store, made.doctor, found, 2)


def test_every_correction_is_plain_json_both_ways(single) -> None:
    found = single[2]
    event = inner_contact(found)
    corrections = [
        MoveEvent(_CONTACT, event.side, event.time_s, event.time_s + 0.01),
        DeleteEvent(_CONTACT, event.side, event.time_s + 0.01),
        AddEvent(_CONTACT, event.side, event.time_s),
        SwapLegs(0.5, 0.6),
    ]
    made = recomputed(found, corrections, "王 doctor", "<script>")
    again = parsed_assessment(assessment_json(made))
    kinds = [type(one) for one in again.review.corrections]
    assert kinds == [type(one) for one in corrections]
    assert again.review.steps[0].by == "王 doctor"
