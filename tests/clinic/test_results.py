"""Versions, corrections and signatures: nothing is lost, nothing signed is changed."""

import pytest

from clinigait.clinic import results, signing
from clinigait.core import BadInputError
from clinigait.store import Store
from support.clinics import START_MS, case, corrected

_CHANGE = results.Change("move_event", {"time_s": 1.0}, {"time_s": 1.1})


def test_a_correction_is_a_version_with_who_when_before_and_after(store: Store) -> None:
    made = case(store)
    second = results.correct(store, made.doctor, made.assessment, [_CHANGE, _CHANGE], corrected())
    version = results.version(store, made.doctor, second)
    assert (version.number, set(version.files)) == (2, {"walk.npz"})
    assert version.edits == (results.Made(_CHANGE, made.doctor.id, START_MS),) * 2
    assert '"height_m": 1.72' in version.content
    assert results.versions(store, made.doctor, made.visit) == [(2, second), (1, made.assessment)]
    assert '"height_m": 1.71' in results.version(store, made.doctor, made.assessment).content


def test_two_who_correct_the_same_do_not_overwrite_each_other(store: Store) -> None:
    made = case(store)
    results.correct(store, made.doctor, made.assessment, [_CHANGE], corrected())
    with pytest.raises(BadInputError, match="newer version"):
        results.correct(store, made.doctor, made.assessment, [_CHANGE], corrected())
    with pytest.raises(BadInputError, match="newer version"):
        signing.sign(store, made.doctor, made.assessment, b"%PDF")
    with pytest.raises(BadInputError, match="Nothing"):
        results.correct(store, made.doctor, made.assessment, [], corrected())


def test_a_signed_report_is_amended_and_stays_as_it_was(store: Store) -> None:
    made = case(store)
    first = signing.sign(store, made.doctor, made.assessment, b"%PDF first")
    with pytest.raises(BadInputError, match="signed already"):
        signing.sign(store, made.doctor, made.assessment, b"%PDF other", "why")
    second = results.correct(store, made.doctor, made.assessment, [_CHANGE], corrected())
    with pytest.raises(BadInputError, match="with a reason"):
        signing.sign(store, made.doctor, second, b"%PDF second", " ")
    amended = signing.sign(store, made.doctor, second, b"%PDF second", "an event was wrong")
    newest, oldest = signing.signatures(store, made.doctor, made.visit)
    assert (newest.id, newest.amends_id, newest.reason) == (amended, first, "an event was wrong")
    assert (oldest.id, oldest.amends_id) == (first, None)
    assert signing.report(store, made.doctor, first) == b"%PDF first"
    assert signing.report(store, made.doctor, amended) == b"%PDF second"


def test_the_first_signature_needs_no_reason(store: Store) -> None:
    made = case(store)
    with pytest.raises(BadInputError, match="no signed report"):
        signing.sign(store, made.doctor, made.assessment, b"%PDF", "why")
    assert signing.signatures(store, made.doctor, made.visit) == []
