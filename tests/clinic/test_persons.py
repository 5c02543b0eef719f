"""Another person of a film, also where several recordings were measured together."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clinigait.clinic import assessing, patients, recordings, results, worker
from clinigait.clinic.assessing import Choices, persons_of
from clinigait.clinic.review import Opened, choose_person, opened
from clinigait.core import BadInputError, RefusedError
from clinigait.io.assessment import write_assessment
from clinigait.pipeline import MARKER
from clinigait.store import Store, erasure
from support.assessments import assessed
from support.clinics import Case, Clock, case, unprobed, user


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Return the orders that reach the process that measures; nothing is measured."""
    orders: list[dict] = []

    def ask(order: dict, report: Callable) -> None:
        orders.append(order)
        out, sources = Path(order["out"]), order["recordings"]
        folders = [out / f"pass-{n}" for n in range(1, len(sources) + 1)] if sources[1:] else [out]
        # those that were measured come first: not in the order in which they were given
        for folder, source in zip(folders, sources[::-1], strict=True):
            folder.mkdir(exist_ok=True)
            sha256 = hashlib.sha256(Path(source["path"]).read_bytes()).hexdigest()
            found = assessed(1, with_curves=False)
            seen = replace(found.perception, walker=source["person"] or 1)
            filmed = replace(found.recording, sha256=sha256)
            write_assessment(replace(found, recording=filmed, perception=seen), folder / MARKER)
        if sources[1:]:
            write_assessment(assessed(1, with_curves=False), out / MARKER)

    monkeypatch.setattr(assessing, "ask_child", ask)
    return orders


def together(store: Store) -> tuple[Case, str]:
    made = case(store, film=b"the first film")
    with unprobed():
        second = recordings.add(store, made.doctor, made.visit, [b"the second"], {"view": "side"})
    assessing.order(store, made.doctor, made.visit, [made.recording, second])
    return made, second


def newest(store: Store, made: Case) -> Opened:
    assert worker.work_once(store, assessing.TASKS, "w")
    version = results.versions(store, made.doctor, made.visit)[0][1]
    return opened(store, made.doctor, version)


def test_a_person_is_chosen_in_one_of_several_recordings(store: Store, asked) -> None:
    made, second = together(store)
    found = newest(store, made)
    assert [one["person"] for one in asked[-1]["recordings"]] == [None, None]
    choose_person(store, made.doctor, found, 2, pass_number=1)
    found = newest(store, made)
    assert [one["person"] for one in asked[-1]["recordings"]] == [None, 2]
    assert [one.assessment.perception.walker for one in found.passes] == [2, 1]
    assert results.request_of(store, made.doctor, found.version.id)["persons"] == {second: 2}


def test_whom_the_other_recordings_measure_stays_as_it_was(store: Store, asked) -> None:
    made, _ = together(store)
    choose_person(store, made.doctor, newest(store, made), 2, pass_number=1)
    choose_person(store, made.doctor, newest(store, made), 2, pass_number=2)
    newest(store, made)
    assert [one["person"] for one in asked[-1]["recordings"]] == [2, 2]


def test_the_person_of_a_single_recording_and_of_an_older_order(store: Store, asked) -> None:
    made = case(store)
    choices = Choices(person=2)
    assessing.order(store, made.doctor, made.visit, [made.recording], choices)
    found = newest(store, made)
    assert [one["person"] for one in asked[-1]["recordings"]] == [2]
    choose_person(store, made.doctor, found, 1)
    assert newest(store, made).passes[0].assessment.perception.walker == 1
    assert persons_of({"recordings": ["a"], "person": 3}) == {"a": 3}
    assert persons_of({"recordings": ["a"], "person": None}) == {}


def test_who_was_not_followed_cannot_be_chosen(store: Store, asked, clock: Clock) -> None:
    made, _ = together(store)
    found = newest(store, made)
    for number, pass_number in ((3, 1), (0, 1), (2, 3), (2, 0)):
        with pytest.raises(BadInputError, match="Nobody was followed"):
            choose_person(store, made.doctor, found, number, pass_number)
    viewer = user(store, "looker", "viewer", all_patients=True)
    with pytest.raises(RefusedError):
        choose_person(store, viewer, found, 2)
    clock.turn(31 * 24 * 3600)
    erasure.apply_retention(store, "films", 30, None)
    with pytest.raises(BadInputError, match="removed after its time"):
        choose_person(store, made.doctor, found, 2)


def test_several_recordings_have_no_one_number(store: Store) -> None:
    made = case(store)
    patients.change_facts(store, made.doctor, made.visit, {})
    with unprobed():
        second = recordings.add(store, made.doctor, made.visit, [b"another"], {"view": "side"})
    with pytest.raises(BadInputError, match="in one recording"):
        assessing.order(store, made.doctor, made.visit, [made.recording, second], Choices(person=2))
