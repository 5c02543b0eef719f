"""The queue: one worker a job, nothing lost, nothing done twice, whoever is killed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select, text

from clinigait.store import Store, jobs, open_store
from clinigait.store.tables import Job
from support.clinics import Case, Clock, case

_LEASE_S = 60.0


@pytest.fixture
def made(store: Store) -> Case:
    return case(store)


def _enqueue(store: Store, made: Case, n: int = 1) -> list[str]:
    with store.writing() as db:
        return [
            jobs.enqueue(db, made.visit, "count", {"n": number}, made.doctor.id)
            for number in range(n)
        ]


def _claim(store: Store) -> jobs.Lease:
    lease = jobs.claim(store, "worker", _LEASE_S)
    assert lease is not None
    return lease


def _state(store: Store, job_id: str) -> jobs.State:
    with store.reading() as db:
        return jobs.state_of(db.get_one(Job, job_id))


def _nothing(_) -> None:
    pass


def test_the_oldest_first_and_each_once(store: Store, made: Case, clock: Clock) -> None:
    (first,) = _enqueue(store, made)
    clock.turn(1)
    (second,) = _enqueue(store, made)
    assert [_claim(store).job_id, _claim(store).job_id] == [first, second]
    assert jobs.claim(store, "worker", _LEASE_S) is None


def test_a_lost_worker_s_job_is_taken_again(store: Store, made: Case, clock: Clock) -> None:
    (job_id,) = _enqueue(store, made)
    lost = _claim(store)
    clock.turn(_LEASE_S - 1)
    assert jobs.claim(store, "other", _LEASE_S) is None
    clock.turn(2)
    again = _claim(store)
    assert (again.job_id, again.attempt) == (job_id, 2)
    assert not jobs.renew(store, lost, _LEASE_S, 0.5, "pose")
    assert not jobs.complete(store, lost, pytest.fail)
    assert not jobs.fail(store, lost, "late", again=True)
    assert jobs.complete(store, again, _nothing)
    assert _state(store, job_id) == jobs.State("done", 1.0, "", 2, ("the worker was lost",))


def test_a_lease_that_is_renewed_holds(store: Store, made: Case, clock: Clock) -> None:
    (job_id,) = _enqueue(store, made)
    lease = _claim(store)
    for share in (0.2, 0.4, 7.0):
        clock.turn(_LEASE_S - 1)
        assert jobs.renew(store, lease, _LEASE_S, share, "pose " * 100)
        assert jobs.claim(store, "other", _LEASE_S) is None
    assert _state(store, job_id).progress == 1.0


def test_an_end_that_nobody_heard_is_told_again_but_not_done_again(
    store: Store, made: Case
) -> None:
    _enqueue(store, made)
    lease = _claim(store)
    assert jobs.complete(store, lease, _nothing)
    assert jobs.complete(store, lease, pytest.fail)


def test_results_and_end_are_kept_together_or_not_at_all(store: Store, made: Case) -> None:
    (job_id,) = _enqueue(store, made)
    lease = _claim(store)

    def keep(db) -> None:
        db.execute(text("DELETE FROM artefacts"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        jobs.complete(store, lease, keep)
    assert _state(store, job_id).status == "running"
    with store.reading() as db:
        assert db.execute(text("SELECT count(*) FROM artefacts")).scalar() == 1


def test_retries_are_few_and_every_reason_is_kept(store: Store, made: Case, clock: Clock) -> None:
    (job_id,) = _enqueue(store, made)
    assert jobs.fail(store, _claim(store), "no memory", again=True)
    _claim(store)
    clock.turn(_LEASE_S + 1)
    assert not jobs.fail(store, _claim(store), "x" * 9000, again=True)
    state = _state(store, job_id)
    assert (state.status, state.attempts) == ("failed", jobs.MAX_ATTEMPTS)
    assert state.reasons == ("no memory", "the worker was lost", "x" * 500)
    assert jobs.claim(store, "worker", _LEASE_S) is None


def test_a_job_that_kills_every_worker_is_given_up(store: Store, made: Case, clock: Clock) -> None:
    deadly, good = _enqueue(store, made, 2)
    taken = []
    for _ in range(2 * jobs.MAX_ATTEMPTS):
        taken.append(_claim(store).job_id)
        clock.turn(_LEASE_S + 1)
    assert sorted(taken) == sorted([deadly, good] * jobs.MAX_ATTEMPTS)
    assert jobs.claim(store, "worker", _LEASE_S) is None
    assert {_state(store, job_id).status for job_id in (deadly, good)} == {"failed"}


def test_a_cancelled_job_stops_its_worker(store: Store, made: Case) -> None:
    (job_id,) = _enqueue(store, made)
    lease = _claim(store)
    with store.writing() as db:
        assert jobs.cancel(db, job_id)
    assert not jobs.renew(store, lease, _LEASE_S, 0.1, "")
    assert not jobs.complete(store, lease, pytest.fail)
    with store.writing() as db:
        assert not jobs.cancel(db, job_id)


def test_workers_at_once_never_share_a_job(store: Store, made: Case) -> None:
    _enqueue(store, made, 24)
    taken: list[str] = []

    def work() -> None:
        while (lease := jobs.claim(store, "worker", _LEASE_S)) is not None:
            taken.append(lease.job_id)

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 24


_WORKER = """
import sys
from pathlib import Path
from threading import Event
from clinigait.clinic import results, worker
from clinigait.store import open_store
from support.assessments import assessed

def count(store, lease, report):
    for step in range(20):
        report(step / 20, "counting")
        Event().wait(0.01)
    made = assessed(1, with_curves=False)
    with store.files.receiving([lease.job_id.encode()], 10**6) as file:
        pass
    def keep(db):
        results.keep(db, lease.visit_id, made, {}, lease.created_by, lease.job_id)
        Event().wait(0.02)
    return keep

url = sys.argv[2] or None
worker.work(open_store(Path(sys.argv[1]), url), {"count": count}, "worker", Event(), lease_s=2.0)
"""


@pytest.mark.slow
def test_workers_killed_at_any_moment_lose_nothing_and_do_nothing_twice(
    tmp_path: Path, url: str | None
) -> None:
    store = open_store(tmp_path / "data", url)
    made = case(store)
    ids = _enqueue(store, made, 6)
    with store.writing() as db:
        db.execute(text("UPDATE jobs SET max_attempts = 1000"))
    rng, deadline = random.Random(9), time.monotonic() + 180  # noqa: S311
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), str(root / "tests"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(store.folder), url or ""], env=environment
        )

    def all_done() -> bool:
        with store.reading() as db:
            return set(db.scalars(select(Job.status))) == {"done"}

    workers, kills = [start(), start()], 0
    try:
        while not all_done():
            assert time.monotonic() < deadline
            time.sleep(rng.uniform(0.05, 0.4))
            with store.reading() as db:
                at_work = "running" in db.scalars(select(Job.status)).all()
            if at_work and kills < 5:
                victim = rng.randrange(2)
                workers[victim].send_signal(signal.SIGKILL)
                workers[victim].wait()
                workers[victim] = start()
                kills += 1
    finally:
        for process in workers:
            process.kill()
            process.wait()
    assert kills > 0
    with store.reading() as db:
        kept = db.execute(text("SELECT job_id FROM assessments WHERE job_id IS NOT NULL")).scalars()
        assert sorted(kept) == sorted(ids)
        runs = db.execute(text("SELECT count(*) FROM audit_entries WHERE action = 'model_run'"))
        assert runs.scalar() == len(ids)
    from clinigait.store import audit

    assert audit.check(store) == []
    store.close()
