"""A patient over visits: what went how, and what of it is more than measurement error."""

from datetime import date

import pytest

from clinigait.clinic import course, patients, results
from clinigait.core import BadInputError, RefusedError
from clinigait.store import Store
from support.assessments import assessed, of_synthetic_walker, refused, with_synthetic_pose
from support.clinics import user


def _visit(store: Store, doctor, patient: str, day: date, *assessments) -> list[str]:
    visit = patients.add_visit(store, doctor, patient, day, {})
    with store.writing() as db:
        return [results.keep(db, visit, one, {}, doctor.id) for one in assessments]


def test_the_newest_version_of_every_visit_makes_the_course(store: Store) -> None:
    doctor = user(store, "doctor")
    patient = patients.add(store, doctor, "P-1")
    late = _visit(store, doctor, patient, date(2026, 11, 2), assessed(1, with_curves=False))
    early = _visit(
        store, doctor, patient, date(2026, 3, 2),
        assessed(2, with_curves=False), assessed(3, with_curves=False),
    )  # fmt: skip
    _visit(store, doctor, patient, date(2026, 5, 2), refused())
    trends = course.over_visits(store, doctor, patient)
    expected = assessed(1, with_curves=False).measurement.parameters
    assert [(t.name, t.side) for t in trends][: len(expected)] == [
        (p.name, p.side) for p in expected
    ]
    for trend, parameter in zip(trends, expected, strict=False):
        assert [p.assessment_id for p in trend.points] == [early[1], late[0]]
        assert [p.day for p in trend.points] == ["2026-03-02", "2026-11-02"]
        assert trend.points[-1].value == pytest.approx(parameter.value)
        if trend.change is not None and trend.change.reason is None:
            assert trend.minimal_detectable_change == trend.change.change.minimal_detectable


def test_a_point_says_what_of_it_rests_on_synthetic_walkers(store: Store) -> None:
    doctor = user(store, "doctor")
    patient = patients.add(store, doctor, "P-1")
    made = assessed(1, with_curves=False)
    for day, one in enumerate((made, with_synthetic_pose(made), of_synthetic_walker(made)), 1):
        _visit(store, doctor, patient, date(2026, 3, day), one)
    points = course.over_visits(store, doctor, patient)[0].points
    assert [(p.synthetic, p.pose_synthetic) for p in points] == [
        (False, False), (False, True), (True, False)
    ]  # fmt: skip


def test_a_patient_without_visits_has_no_course(store: Store) -> None:
    doctor = user(store, "doctor")
    patient = patients.add(store, doctor, "P-1")
    assert course.over_visits(store, doctor, patient) == ()
    with pytest.raises(RefusedError):
        course.over_visits(store, user(store, "stranger"), patient)


def test_two_of_one_patient_are_compared_the_earlier_first(store: Store) -> None:
    doctor = user(store, "doctor")
    patient, other = (patients.add(store, doctor, code) for code in ("P-1", "P-2"))
    (late,) = _visit(store, doctor, patient, date(2026, 11, 2), assessed(1, with_curves=False))
    (early,) = _visit(store, doctor, patient, date(2026, 3, 2), assessed(1, with_curves=False))
    (alien,) = _visit(store, doctor, other, date(2026, 3, 2), assessed(1, with_curves=False))
    found = course.compared(store, doctor, late, early)
    assert found.rows
    assert all(not row.change.is_real for row in found.rows)
    with pytest.raises(BadInputError, match="two patients"):
        course.compared(store, doctor, late, alien)
    with pytest.raises(RefusedError):
        course.compared(store, user(store, "stranger"), early, late)
