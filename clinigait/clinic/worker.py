"""The worker: takes jobs, renews its lease while it works, and keeps what came out, once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from clinigait.core import BadInputError, RefusedError
from clinigait.sandbox import DiedError
from clinigait.store import Store, audit, jobs
from clinigait.store.jobs import Lease

LEASE_S = 60.0
POLL_S = 1.0

_log = logging.getLogger(__name__)

Keep = Callable[[Session], None]


class LeaseLostError(Exception):
    """The job is another's by now, or was cancelled: stop, nothing of it is kept."""


class Reporter:
    """What a task tells its progress to; it raises :class:`LeaseLostError` once that is lost.

    What is entered into ``until_kept`` (files that are being received) stays until the results
    are kept or given up.
    """

    def __init__(self) -> None:
        self.until_kept = ExitStack()
        self.progress, self.stage = 0.0, ""
        self.lost = Event()

    def __call__(self, progress: float, stage: str) -> None:
        """Tell the share that is done, 0 to 1, and the stage."""
        self.progress, self.stage = progress, stage
        if self.lost.is_set():
            raise LeaseLostError


#: Does the work of a job and returns what keeps the results, files too, in one transaction. It may
#: run twice, so it must do nothing else that lasts.
Task = Callable[[Store, Lease, Reporter], Keep]


def work(
    store: Store, tasks: Mapping[str, Task], worker: str, stop: Event, lease_s: float = LEASE_S
) -> None:
    """Work until told to stop.

    Parameters
    ----------
    store
        The store.
    tasks
        What to do for each kind of job.
    worker
        Name of this worker.
    stop
        Set it to stop after the job at hand.
    lease_s
        How long a killed worker's job waits until another takes it.
    """
    while not stop.is_set():
        if not work_once(store, tasks, worker, lease_s):
            stop.wait(POLL_S)


def work_once(
    store: Store, tasks: Mapping[str, Task], worker: str, lease_s: float = LEASE_S
) -> bool:
    """Take one job and do it; False where there is none."""
    lease = jobs.claim(store, worker, lease_s)
    if lease is None:
        return False
    _log.info("job %s: attempt %d", lease.job_id, lease.attempt)
    reporter = Reporter()
    try:
        with reporter.until_kept, _renewed(store, lease, lease_s, reporter):
            keep = _task_of(tasks, lease.kind)(store, lease, reporter)
            jobs.complete(store, lease, keep)
    except LeaseLostError:
        _log.info("job %s: no longer ours", lease.job_id)
    except (BadInputError, RefusedError) as error:
        _give_back(store, lease, str(error), again=False)
    except DiedError as error:
        _give_back(store, lease, error.reason, again=True)
    except Exception as error:  # noqa: BLE001  the edge of the program: the next job goes on
        # The kind of error only: its words may hold a patient's.
        _give_back(store, lease, f"a defect: {type(error).__name__}", again=True)
    return True


def _task_of(tasks: Mapping[str, Task], kind: str) -> Task:
    if kind not in tasks:
        raise BadInputError("This worker does not know such work.", "Update the worker.")
    return tasks[kind]


def _give_back(store: Store, lease: Lease, reason: str, *, again: bool) -> None:
    if not jobs.fail(store, lease, reason, again=again):
        with store.writing() as db:
            audit.record(db, lease.created_by, "job_failed", "job", lease.job_id)
    _log.warning("job %s: attempt %d came to nothing", lease.job_id, lease.attempt)


@contextmanager
def _renewed(store: Store, lease: Lease, lease_s: float, reporter: Reporter) -> Iterator[None]:
    done = Event()

    def renew() -> None:
        while not done.wait(lease_s / 3):
            try:
                ours = jobs.renew(store, lease, lease_s, reporter.progress, reporter.stage)
            except SQLAlchemyError:
                _log.warning("job %s: the lease could not be renewed", lease.job_id)
                continue
            if not ours:
                reporter.lost.set()
                return

    thread = Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
