"""Drafts of corrections: one a user and version, gone when kept, discarded or erased."""

import pytest

from clinigait.clinic import drafts, results
from clinigait.core import BadInputError, RefusedError
from clinigait.store import Store, erasure
from clinigait.store.tables import Draft
from support.clinics import HOSTILE, Clock, case, corrected, user

MOVE = {"action": "move_event", "kind": "foot_off", "side": "left", "time_s": 1.0, "to_s": 1.1}
CHANGE = results.Change("note", {}, {"is": "x"})


def n_drafts(store: Store) -> int:
    with store.reading() as db:
        return len(db.query(Draft).all())


def test_the_last_draft_of_a_user_is_there_again(store: Store, clock: Clock) -> None:
    made = case(store)
    assert drafts.load(store, made.doctor, made.assessment) is None
    drafts.save(store, made.doctor, made.assessment, [MOVE])
    clock.turn(5)
    drafts.save(store, made.doctor, made.assessment, [MOVE, MOVE])
    kept = drafts.load(store, made.doctor, made.assessment)
    assert kept == drafts.Kept((MOVE, MOVE), clock.ms)
    assert n_drafts(store) == 1
    drafts.save(store, made.doctor, made.assessment, [])
    assert drafts.load(store, made.doctor, made.assessment) is None


def test_a_draft_is_the_user_s_own(store: Store) -> None:
    made = case(store)
    drafts.save(store, made.doctor, made.assessment, [MOVE])
    colleague = user(store, "colleague", all_patients=True)
    assert drafts.load(store, colleague, made.assessment) is None
    viewer = user(store, "looker", "viewer", all_patients=True)
    stranger = user(store, "stranger")
    for account in (viewer, stranger):
        with pytest.raises(RefusedError):
            drafts.load(store, account, made.assessment)
        with pytest.raises(RefusedError):
            drafts.save(store, account, made.assessment, [MOVE])
    assert n_drafts(store) == 1


def test_keeping_a_correction_drops_the_own_draft_alone(store: Store) -> None:
    made = case(store)
    colleague = user(store, "colleague", all_patients=True)
    for account in (made.doctor, colleague):
        drafts.save(store, account, made.assessment, [MOVE])
    results.correct(store, made.doctor, made.assessment, [CHANGE], corrected())
    assert drafts.load(store, made.doctor, made.assessment) is None
    assert drafts.load(store, colleague, made.assessment) is not None


def test_a_draft_has_a_bound(store: Store) -> None:
    made = case(store)
    for wrong in ([MOVE] * (drafts.MOST + 1), [{"action": "x" * drafts.LONGEST}]):
        with pytest.raises(BadInputError, match="So many"):
            drafts.save(store, made.doctor, made.assessment, wrong)
    assert n_drafts(store) == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_browser_sent_is_data(store: Store, text: str) -> None:
    made = case(store)
    drafts.save(store, made.doctor, made.assessment, [{"action": text}])
    assert drafts.load(store, made.doctor, made.assessment).corrections == ({"action": text},)


def test_drafts_go_with_the_patient(store: Store) -> None:
    made = case(store)
    drafts.save(store, made.doctor, made.assessment, [MOVE])
    erasure.erase_patient(store, made.patient, None)
    assert n_drafts(store) == 0
