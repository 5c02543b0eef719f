"""Assessing the recordings of a visit: the order, and the worker's task on the real pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from clinigait.clinic.worker import Keep, Reporter, Task
from clinigait.store import Store
from clinigait.store.accounts import Account
from clinigait.store.jobs import Lease

#: Kind of the jobs in the queue.
ASSESS = "assess"
View = Literal["side", "front", "treadmill"]
VIEWS: tuple[View, ...] = get_args(View)
#: Protocol of each view where none is asked for.
PROTOCOLS: Mapping[View, str] = {
    "side": "walk_sagittal",
    "front": "walk_frontal",
    "treadmill": "walk_treadmill",
}


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
        Number of the person to measure; None lets the rule choose.
    pose
        Choice of the pose estimator; None takes the best whose weights are here.
    """

    protocol: str | None = None
    view: View | None = None
    person: int | None = None
    pose: str | None = None


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
    raise NotImplementedError


def assess_task(store: Store, lease: Lease, report: Reporter) -> Keep:
    """Assess the recordings of a job in a confined process; the worker calls it."""
    raise NotImplementedError


#: For :func:`clinigait.clinic.worker.work`.
TASKS: Mapping[str, Task] = {ASSESS: assess_task}

#: Names of the files of a version: single recordings have ``walk.npz``, ``film.mp4`` (or
#: ``film.webm``), ``frames/N.jpg``, ``frames/person-N.jpg``, ``saliency-N.png``; of several, each
#: has its own as ``pass-N/walk.npz``, ``pass-N/film.mp4``, ``pass-N/assessment.json``.
WALK, FILMS = "walk.npz", ("film.mp4", "film.webm")

Progress = Callable[[str, float], None]
