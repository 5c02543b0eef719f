"""Assessing the recordings of a visit: the order, and the worker's task on the real pipeline."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from sqlalchemy.orm import Session

from clinigait.clinic import results
from clinigait.clinic.access import Target, acting
from clinigait.clinic.asking import ask_task
from clinigait.clinic.confined import ASK, ASSESS, SAMPLE, ask_child, received, work_folder
from clinigait.clinic.sample import sample_task
from clinigait.clinic.scales import scored
from clinigait.clinic.worker import Keep, Reporter, Task
from clinigait.core import BadInputError, Sex, Subject
from clinigait.gait.measure import check_names
from clinigait.io.assessment import read_assessment
from clinigait.io.protocol import load_protocol, shipped_protocols
from clinigait.passes import MOST_PASSES
from clinigait.pipeline import MARKER, check_subject
from clinigait.store import Store, jobs
from clinigait.store.accounts import Account
from clinigait.store.ids import is_id
from clinigait.store.jobs import Lease
from clinigait.store.tables import Patient, Recording, Visit

View = Literal["side", "front", "treadmill"]
VIEWS: tuple[View, ...] = get_args(View)
#: Protocol of each view where none is asked for.
PROTOCOLS: Mapping[str, str] = {
    "side": "walk_sagittal",
    "front": "walk_frontal",
    "treadmill": "walk_treadmill",
}
_DETAIL = {"job": ASSESS}
#: What the clinician says of a recording that belongs to the condition of the person.
_CONDITION = ("aid", "footwear")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choices:
    """What a clinician chooses for an assessment.

    Parameters
    ----------
    protocol
        Name of a shipped protocol; None takes the usual one for the view.
    view
        From where was filmed; None where the protocol says it.
    person
        Number of the person to measure in the one recording; None lets the rule choose.
    persons
        The same by the id of the recording, where there are several.
    pose
        Choice of the pose estimator; None takes the best whose weights are here.
    """

    protocol: str | None = None
    view: View | None = None
    person: int | None = None
    pose: str | None = None
    persons: Mapping[str, int] = field(default_factory=dict)


def order(
    store: Store,
    account: Account,
    visit_id: str,
    recording_ids: Sequence[str],
    choices: Choices | None = None,
) -> str:
    """Ask for an assessment of one to nine recordings of a visit together; return the job's id.

    Ask :func:`clinigait.clinic.recordings.job` how it stands; once it is done,
    :func:`clinigait.clinic.results.versions` names the new version first.

    Raises
    ------
    BadInputError
        If no recording is named, one is not the visit's or its film was removed, or a choice is
        impossible.
    RefusedError
        If the visit is not among the user's.
    """
    choices = choices or Choices()
    ids = list(dict.fromkeys(recording_ids))
    if not 1 <= len(ids) <= MOST_PASSES:
        raise BadInputError(
            f"Recordings chosen: {len(ids)}.", f"Choose one to {MOST_PASSES} of this visit."
        )
    if choices.person is not None and len(ids) > 1:
        raise BadInputError("A person is chosen in one recording.", "Assess that one alone.")
    with acting(store, account, "change", "create", Target("visit", visit_id), _DETAIL) as db:
        found = _recordings(db, visit_id, ids)
        request = {
            "recordings": ids,
            "protocol": _protocol(choices, found),
            "persons": _persons(choices, ids),
            "pose": choices.pose,
        }
        check_subject(_subject(db, visit_id, found))
        return jobs.enqueue(db, visit_id, ASSESS, request, account.id)


def _persons(choices: Choices, ids: Sequence[str]) -> dict[str, int]:
    """Return the number of the person to measure, by recording, where somebody chose one."""
    chosen = {one: number for one, number in choices.persons.items() if one in ids}
    return chosen if choices.person is None else {**chosen, ids[0]: choices.person}


def _recordings(db: Session, visit_id: str, ids: Sequence[str]) -> list[Recording]:
    rows = [db.get(Recording, one) if is_id(one) else None for one in ids]
    found = [row for row in rows if row is not None and row.visit_id == visit_id]
    if len(found) < len(ids):
        raise BadInputError("A recording is not one of this visit.", "Choose of its list.")
    if any(row.sha256 is None for row in found):
        raise BadInputError("A film was removed after its time.", "Its results are still there.")
    return found


def _protocol(choices: Choices, recordings: Sequence[Recording]) -> str:
    """Return the name of the protocol, after making sure that it is a shipped, clinical one."""
    views = {choices.view} if choices.view else {row.facts.get("view") for row in recordings}
    if choices.protocol is None and len(views) > 1:
        raise BadInputError(
            "The recordings were filmed from different sides.", "Assess them one by one."
        )
    view = views.pop()
    name = choices.protocol or PROTOCOLS.get(view or "side")
    if name is None:
        raise BadInputError("There is no such view.", f"Views are {', '.join(VIEWS)}.")
    if name not in shipped_protocols():
        raise BadInputError("There is no such protocol.", "Choose one of the list.")
    check_names(load_protocol(name))
    return name


def _subject(db: Session, visit_id: str, recordings: Sequence[Recording]) -> Subject:
    """Return what is known of the person at the visit, and of the walks.

    Raises
    ------
    BadInputError
        If the recordings are not of one condition, or a fact is of the wrong kind.
    """
    visit = db.get_one(Visit, visit_id)
    said = {tuple(row.facts.get(name) for name in _CONDITION) for row in recordings}
    if len(said) > 1:
        raise BadInputError(
            "Aid or footwear differ between the recordings.", "Assess each condition alone."
        )
    parts = [visit.facts.get("condition"), *said.pop()]
    condition = ", ".join(str(part).strip() for part in parts if part) or None
    numbers = {name: visit.facts.get(name) for name in ("height_m", "mass_kg", "age_y")}
    if any(isinstance(n, bool) or not isinstance(n, int | float | None) for n in numbers.values()):
        raise BadInputError("Height, mass and age are numbers.", "Enter them again.")
    sex = visit.facts.get("sex")
    if sex not in (None, *get_args(Sex)):
        raise BadInputError("The sex is not known.", "Choose female, male or none.")
    code = db.get_one(Patient, visit.patient_id).code
    return Subject(code=code, sex=sex, condition=condition, **numbers)


def persons_of(request: Mapping[str, Any]) -> dict[str, int]:
    """Return who was chosen in an order, by recording."""
    persons = dict(request.get("persons", {}))
    if request.get("person") is not None:  # of an order of an earlier version
        persons[request["recordings"][0]] = request["person"]
    return persons


def assess_task(store: Store, lease: Lease, report: Reporter) -> Keep:
    """Assess the recordings of a job in a confined process; the worker calls it."""
    # In the data folder: what a killed worker leaves there is swept with its abandoned uploads.
    folder = Path(report.until_kept.enter_context(work_folder(store)))
    with store.reading() as db:
        rows = _recordings(db, lease.visit_id, lease.request["recordings"])
        sources = [
            _source(store, db, row, folder, n) | {"person": persons_of(lease.request).get(row.id)}
            for n, row in enumerate(rows, 1)
        ]
        subject = _subject(db, lease.visit_id, rows)
        scores = scored(db.get_one(Visit, lease.visit_id).facts)
    out = folder / "out"
    out.mkdir()
    copies = folder / "copies"
    asked = {name: lease.request[name] for name in ("protocol", "pose")}
    asked |= {"recordings": sources, "subject": asdict(subject), "out": str(out)}
    ask_child({"kind": ASSESS, **asked}, report)
    assessment = replace(read_assessment(out / MARKER), scores=scores)
    kept = {
        path.relative_to(out).as_posix(): received(store, report, path)
        for path in sorted(out.rglob("*"))
        if path.is_file() and path != out / MARKER
    }

    viewed = {
        row.id: received(store, report, next((copies / str(number)).glob("film.*")))
        for number, row in enumerate(rows)
        if any((copies / str(number)).glob("film.*"))
    }

    def keep(db: Session) -> None:
        files = {name: store.files.keep(db, file) for name, file in kept.items()}
        for recording_id, copy in viewed.items():
            recording = db.get(Recording, recording_id, with_for_update=True)
            if recording is not None and recording.sha256 is not None:  # not removed meanwhile
                recording.viewing_sha256 = store.files.keep(db, copy)
        made = results.keep(db, lease.visit_id, assessment, files, lease.created_by, lease.job_id)
        _log.info("job %s: version %s", lease.job_id, made)

    return keep


def _source(store: Store, db: Session, row: Recording, folder: Path, number: int) -> dict[str, Any]:
    """Link a recording, and the film that belongs to its keypoints, under a name that tells it."""
    if row.sha256 is None:
        raise BadInputError("A film was removed after its time.", "Its results are still there.")
    keypoints_id = row.facts.get("keypoints")
    is_walk = keypoints_id or row.facts.get("kind") == "walk"
    path = folder / f"recording-{number}{'.npz' if is_walk else ''}"
    film = store.files.find(db, row.sha256)
    if not keypoints_id:
        path.symlink_to(film.absolute())
        is_copied = is_walk or row.viewing_sha256 is not None
        return {"path": str(path), "film": None, "copied": is_copied}
    keypoints = db.get(Recording, keypoints_id)
    if keypoints is None or keypoints.visit_id != row.visit_id or keypoints.sha256 is None:
        raise BadInputError("The keypoints of the film are gone.", "Film again.")
    path.symlink_to(store.files.find(db, keypoints.sha256).absolute())
    return {"path": str(path), "film": str(film.absolute())}


#: For :func:`clinigait.clinic.worker.work`.
TASKS: Mapping[str, Task] = {ASSESS: assess_task, SAMPLE: sample_task, ASK: ask_task}
