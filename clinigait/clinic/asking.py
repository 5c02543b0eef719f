"""The worker's part of asking models again: the order, what is kept of it, and how it stands."""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinigait.clinic import results
from clinigait.clinic.access import Target, looking
from clinigait.clinic.confined import ASK, ask_child, received, work_folder
from clinigait.clinic.opening import WALK
from clinigait.clinic.worker import Keep, Reporter
from clinigait.io.assessment import read_assessment
from clinigait.pipeline import MARKER
from clinigait.store import Store, jobs
from clinigait.store.accounts import Account
from clinigait.store.jobs import Lease
from clinigait.store.tables import Draft, Job, Signature, StoredAssessment

_log = logging.getLogger(__name__)


def ask_task(store: Store, lease: Lease, report: Reporter) -> Keep:
    """Ask the models of a corrected version again in a confined process; the worker calls it.

    What they say is the next version, unless somebody signed or corrected meanwhile.
    """
    folder = Path(report.until_kept.enter_context(work_folder(store)))
    with store.reading() as db:
        base = results.version_of(db, lease.request["assessment"])
        files = {
            name: str(store.files.find(db, sha256).absolute())
            for name, sha256 in base.files.items()
            if Path(name).name in {WALK, MARKER}
        }
    (folder / MARKER).write_text(base.content, "utf-8")
    out = folder / "out"
    out.mkdir()
    order = {"kind": ASK, "assessment": str(folder / MARKER), "files": files, "out": str(out)}
    ask_child(order, report)
    made = read_assessment(out / MARKER)
    asked = [said for said in made.predictions if not made.answered_before(said) and not said.kept]
    old = {
        f"saliency-{number}.png"
        for number, said in enumerate(made.predictions, 1)
        if said in asked and said.saliency is not None
    }
    new = {path.name: received(store, report, path) for path in sorted(out.glob("saliency-*.png"))}

    def keep(db: Session) -> None:
        if not _is_still_the_one(db, base.id):
            _log.info("job %s: signed or corrected meanwhile", lease.job_id)
            return
        kept = {name: sha256 for name, sha256 in base.files.items() if name not in old}
        kept |= {name: store.files.keep(db, file) for name, file in new.items()}
        version = results.keep(db, base.visit_id, made, kept, lease.created_by, lease.job_id)
        # Who is correcting goes on with the version that holds the same measurement.
        moved = update(Draft).where(Draft.assessment_id == base.id)
        db.execute(moved.values(assessment_id=version))

    return keep


def _is_still_the_one(db: Session, assessment_id: str) -> bool:
    row = db.get(StoredAssessment, assessment_id)
    signed = db.scalar(select(Signature.id).where(Signature.assessment_id == assessment_id))
    return row is not None and signed is None and results.is_newest(db, row)


def state(store: Store, account: Account, assessment_id: str) -> jobs.State | None:
    """Return how the asking about a version stands; None where nobody ordered it. Not audited.

    Raises
    ------
    RefusedError
        If the version is not among the user's.
    """
    with looking(store, account, "see", Target("assessment", assessment_id)) as db:
        visit_id = db.get_one(StoredAssessment, assessment_id).visit_id
        found = select(Job).where(Job.visit_id == visit_id, Job.kind == ASK)
        for job in db.scalars(found.order_by(Job.created_ms.desc())):
            if job.request["assessment"] == assessment_id:
                return jobs.state_of(job)
    return None
