"""The sample patient: marked, filmed by the worker, assessed like everybody."""

import pytest

from clinigait.clinic import assessing, patients, results, sample, worker
from clinigait.clinic.review import opened
from clinigait.core import RefusedError
from clinigait.store import Store
from support.clinics import user


def test_a_sample_patient_has_two_visits_and_waits_for_the_worker(store: Store) -> None:
    doctor = user(store, "doctor")
    patient = patients.page(store, doctor, sample.add_sample_patient(store, doctor))
    assert patient.code.startswith(sample.SAMPLE_CODE)
    assert [visit.day for visit in patient.visits] == ["2026-11-18", "2026-05-20"]
    other = patients.page(store, doctor, sample.add_sample_patient(store, doctor))
    assert other.code != patient.code
    with pytest.raises(RefusedError):
        sample.add_sample_patient(store, user(store, "viewer", "viewer"))


@pytest.mark.slow
def test_a_sample_patient_is_assessed_and_marked_synthetic(store: Store) -> None:
    doctor = user(store, "doctor")
    patient = patients.page(store, doctor, sample.add_sample_patient(store, doctor))
    while worker.work_once(store, assessing.TASKS, "w"):
        pass
    for visit in patient.visits:
        (_, newest), *_ = results.versions(store, doctor, visit.id)
        found = opened(store, doctor, newest)
        assert found.assessment.status == "assessed"
        assert found.assessment.provenance.synthetic
        assert found.film is not None
        assert found.walk is not None
