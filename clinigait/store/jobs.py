"""The queue: each job goes to one worker at a time, and what it gives is kept once.

A worker holds a job by a lease that it renews. A killed worker's lease runs out, and the job is
taken again; only the holder of the newest lease can finish it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from clinigait.store.clock import now_ms
from clinigait.store.database import Store
from clinigait.store.ids import new_id
from clinigait.store.tables import Job

MAX_ATTEMPTS = 3
_LONGEST_REASON = 500


@dataclass(frozen=True)
class Lease:
    """The right to work on a job until it runs out."""

    job_id: str
    token: str
    visit_id: str
    kind: str
    request: dict[str, Any]
    created_by: str
    attempt: int


@dataclass(frozen=True)
class State:
    """How a job stands; ``reasons`` are those of its attempts that came to nothing."""

    status: str
    progress: float
    stage: str
    attempts: int
    reasons: tuple[str, ...]


def state_of(job: Job) -> State:
    """Return how a job stands."""
    reasons = tuple(str(entry["reason"]) for entry in job.reasons)
    return State(job.status, job.progress, job.stage, job.attempts, reasons)


def enqueue(db: Session, visit_id: str, kind: str, request: dict[str, Any], user_id: str) -> str:
    """Add a job and return its id."""
    job = Job(
        id=new_id(),
        visit_id=visit_id,
        kind=kind,
        request=request,
        status="queued",
        attempts=0,
        max_attempts=MAX_ATTEMPTS,
        progress=0.0,
        stage="",
        reasons=[],
        created_by=user_id,
        created_ms=now_ms(db),
    )
    db.add(job)
    db.flush()
    return job.id


def claim(store: Store, worker: str, lease_s: float) -> Lease | None:
    """Take the oldest job that nobody holds; None where there is none.

    Parameters
    ----------
    store
        The store.
    worker
        Name of the worker, for people who look.
    lease_s
        How long the lease lasts if it is not renewed.
    """
    with store.writing() as db:
        now = now_ms(db)
        lost = (Job.status == "running") & (Job.lease_until_ms < now)
        free = (
            select(Job)
            .where(or_(Job.status == "queued", lost))
            .order_by(Job.created_ms, Job.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        while (job := db.scalars(free).first()) is not None:
            if job.status == "running" and not _set_back(job, "the worker was lost", True, now):
                db.flush()
                continue
            job.status, job.worker = "running", worker[:64]
            job.attempts += 1
            job.lease_token, job.lease_until_ms = new_id(), now + round(lease_s * 1000)
            job.progress, job.stage = 0.0, ""
            return Lease(
                job.id,
                job.lease_token,
                job.visit_id,
                job.kind,
                job.request,
                job.created_by,
                job.attempts,
            )
    return None


def renew(store: Store, lease: Lease, lease_s: float, progress: float, stage: str) -> bool:
    """Renew a lease and tell how far the work is; False where it is no longer ours: stop then."""
    with store.writing() as db:
        job = _held(db, lease)
        if job is None:
            return False
        job.lease_until_ms = now_ms(db) + round(lease_s * 1000)
        job.progress, job.stage = min(max(progress, 0.0), 1.0), stage[:64]
        return True


def complete(store: Store, lease: Lease, keep: Callable[[Session], None]) -> bool:
    """Keep the results and close the job in one transaction, once.

    Parameters
    ----------
    store
        The store.
    lease
        What the job was done under.
    keep
        Writes the results; called only where the lease is still ours.

    Returns
    -------
    bool
        Whether the job is done by this lease: now, or by an earlier call that nobody heard the
        end of. False where another has it; then nothing was kept.
    """
    with store.writing() as db:
        job = _held(db, lease)
        if job is None:
            done = db.get(Job, lease.job_id)
            return done is not None and (done.status, done.lease_token) == ("done", lease.token)
        keep(db)
        job.status, job.progress, job.lease_until_ms = "done", 1.0, None
        job.finished_ms = now_ms(db)
        return True


def fail(store: Store, lease: Lease, reason: str, *, again: bool) -> bool:
    """Give a job back with the reason; it is tried again a few times where that may help.

    Returns
    -------
    bool
        Whether it will be tried again.
    """
    with store.writing() as db:
        job = _held(db, lease)
        return job is not None and _set_back(job, reason, again, now_ms(db))


def cancel(db: Session, job_id: str) -> bool:
    """Stop a job that is not finished; its worker learns so when it renews its lease."""
    job = db.get(Job, job_id, with_for_update=True)
    if job is None or job.status not in {"queued", "running"}:
        return False
    job.status, job.lease_token, job.lease_until_ms = "cancelled", None, None
    job.finished_ms = now_ms(db)
    return True


def _held(db: Session, lease: Lease) -> Job | None:
    job = db.get(Job, lease.job_id, with_for_update=True)
    ours = job is not None and (job.status, job.lease_token) == ("running", lease.token)
    return job if ours else None


def _set_back(job: Job, reason: str, again: bool, now: int) -> bool:
    """Note why an attempt came to nothing; queue the job again, or fail it for good."""
    job.reasons = [
        *job.reasons,
        {"attempt": job.attempts, "at_ms": now, "reason": reason[:_LONGEST_REASON]},
    ]
    job.lease_token = job.lease_until_ms = None
    again = again and job.attempts < job.max_attempts
    job.status = "queued" if again else "failed"
    if not again:
        job.finished_ms = now
    return again
