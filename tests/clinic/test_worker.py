"""The worker: progress, refusals, defects, and a lease that is lost."""

from threading import Event

from sqlalchemy import text

from clinigait.clinic import recordings, results, worker
from clinigait.core import BadInputError
from clinigait.store import Store, audit
from support.assessments import assessed
from support.clinics import Case, case


def _job(store: Store, made: Case, kind: str = "do") -> str:
    return recordings.enqueue(store, made.doctor, made.visit, kind, {"n": 1})


def test_what_comes_out_is_kept_with_its_files(store: Store) -> None:
    made = case(store)
    job = _job(store, made)

    def do(store, lease, report):
        report(0.5, "pose")
        file = report.until_kept.enter_context(store.files.receiving([b"a walk"], 10**6))
        assert lease.request == {"n": 1}

        def keep(db):
            files = {"walk.npz": store.files.keep(db, file)}
            made = assessed(1, with_curves=False)
            results.keep(db, lease.visit_id, made, files, lease.created_by, lease.job_id)

        return keep

    assert worker.work_once(store, {"do": do}, "w")
    assert not worker.work_once(store, {"do": do}, "w")
    state = recordings.job(store, made.doctor, job)
    assert (state.status, state.progress, state.reasons) == ("done", 1.0, ())
    (number, newest), _ = results.versions(store, made.doctor, made.visit)
    assert number == 2
    assert set(results.version(store, made.doctor, newest).files) == {"walk.npz"}


def test_a_refusal_is_told_and_not_tried_again(store: Store) -> None:
    made = case(store)
    job = _job(store, made)

    def do(store, lease, report):
        raise BadInputError("The film is empty.", "Film again.")

    assert worker.work_once(store, {"do": do}, "w")
    assert not worker.work_once(store, {"do": do}, "w")
    state = recordings.job(store, made.doctor, job)
    assert (state.status, state.reasons) == ("failed", ("The film is empty. Film again.",))


def test_a_defect_is_tried_again_and_its_words_are_not_kept(store: Store) -> None:
    made = case(store)
    job = _job(store, made)

    def do(store, lease, report):
        raise KeyError("canary")

    while worker.work_once(store, {"do": do}, "w"):
        pass
    state = recordings.job(store, made.doctor, job)
    assert (state.status, state.reasons) == ("failed", ("a defect: KeyError",) * 3)
    assert audit.check(store) == []


def test_work_that_nobody_knows_is_refused(store: Store) -> None:
    made = case(store)
    job = _job(store, made, "juggle")
    assert worker.work_once(store, {}, "w")
    assert recordings.job(store, made.doctor, job).status == "failed"


def test_a_cancelled_job_is_left(store: Store) -> None:
    made = case(store)
    job = _job(store, made)
    stopped = Event()

    def do(store, lease, report):
        assert recordings.cancel(store, made.doctor, job)
        for _ in range(600):
            try:
                report(0.1, "pose")
            except worker.LeaseLostError:
                stopped.set()
                raise
            Event().wait(0.05)

    assert worker.work_once(store, {"do": do}, "w", lease_s=0.3)
    assert stopped.is_set()
    assert recordings.job(store, made.doctor, job).status == "cancelled"
    with store.reading() as db:
        assert db.execute(text("SELECT count(*) FROM assessments")).scalar() == 1
