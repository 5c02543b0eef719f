"""A sample patient of the virtual clinic: something to look at before the first own film."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from clinigait.clinic import patients, recordings
from clinigait.clinic.confined import ASSESS, SAMPLE, ask_child, received, work_folder
from clinigait.clinic.worker import Keep, Reporter
from clinigait.store import Store, jobs
from clinigait.store.accounts import Account
from clinigait.store.clock import now_ms
from clinigait.store.files import Received
from clinigait.store.ids import new_id
from clinigait.store.jobs import Lease
from clinigait.store.tables import Recording

if TYPE_CHECKING:
    from clinigait.synthesis.people import PlannedWalk
    from clinigait.synthesis.population import Population

#: Start of the codes of sample patients.
SAMPLE_CODE = "SAMPLE"
_VISITS = 2
_APART = timedelta(days=182)
#: Who walks: somebody in the fifties.
_POPULATION, _SEED, _PERSON, _VIEW = "healthy_population", 11, 1, "sagittal"


def add_sample_patient(store: Store, account: Account) -> str:
    """Add a synthetic patient with two visits, and order their assessments; return the id.

    Nothing is downloaded. The worker films the walker, then assesses keypoints as a pose model
    would estimate them, by the road that every recording takes; all that comes of it is marked
    synthetic.

    Raises
    ------
    RefusedError
        If the user may not add patients.
    """
    patient_id = patients.add(store, account, f"{SAMPLE_CODE}-{new_id()[:6]}")
    today = datetime.fromtimestamp(store.now_ms() / 1000, UTC).date()
    subject = _walk_of(1).subject
    facts = {
        "height_m": subject.height_m,
        "mass_kg": subject.mass_kg,
        "age_y": subject.age_y,
        "sex": subject.sex,
        "condition": "synthetic walker",
    }
    for number in range(1, _VISITS + 1):
        day = today - _APART * (_VISITS - number)
        visit_id = patients.add_visit(store, account, patient_id, day, facts)
        recordings.enqueue(store, account, visit_id, SAMPLE, {"visit": number})
    return patient_id


def _walk_of(visit: int) -> PlannedWalk:
    from clinigait.synthesis.people import person_of, walks_of  # noqa: PLC0415  slow to import

    population = _population()
    walks = walks_of(population, person_of(population, _SEED, _PERSON), _SEED)
    return next(walk for walk in walks if walk.visit == visit)


def _population() -> Population:
    from clinigait.synthesis.population import load_population  # noqa: PLC0415  slow to import

    return replace(load_population(_POPULATION), visits=_VISITS)


def film_order(order: dict[str, Any], tell: Callable[[float, str], None]) -> dict[str, Any]:
    """Film the sample walker at a visit into the order's folder ``out``; the child calls it."""
    from clinigait.synthesis.filming import film  # noqa: PLC0415  slow to import
    from clinigait.synthesis.staging import Filmed, take_of  # noqa: PLC0415

    tell(0.0, "Filming the sample walker")
    population = _population()
    views = tuple(view for view in population.views if view.name == _VIEW)
    filmed = Filmed(population, _SEED, ("film", "estimated"), views)
    film(take_of(filmed, _walk_of(order["visit"])), Path(order["out"]))
    return {"done": True}


def sample_task(store: Store, lease: Lease, report: Reporter) -> Keep:
    """Film the sample walker at a visit, and order the assessment; the worker calls it."""
    folder = Path(report.until_kept.enter_context(work_folder(store)))
    ask_child({"kind": SAMPLE, "visit": lease.request["visit"], "out": str(folder)}, report)
    film = received(store, report, folder / _VIEW / "film.mp4")
    walk = received(store, report, folder / _VIEW / "estimated_2d.npz")

    def keep(db: Session) -> None:
        keypoints = _recording(store, db, lease, walk, {"kind": "walk", "companion": True})
        facts = {"view": "side", "keypoints": keypoints, "synthetic": True}
        shown = _recording(store, db, lease, film, facts)
        request = {"recordings": [shown], "protocol": "walk_sagittal", "pose": None}
        jobs.enqueue(db, lease.visit_id, ASSESS, request, lease.created_by)

    return keep


def _recording(
    store: Store, db: Session, lease: Lease, file: Received, facts: dict[str, Any]
) -> str:
    row = Recording(
        id=new_id(),
        visit_id=lease.visit_id,
        sha256=store.files.keep(db, file),
        facts=facts,
        created_by=lease.created_by,
        created_ms=now_ms(db),
    )
    db.add(row)
    db.flush()
    return row.id
