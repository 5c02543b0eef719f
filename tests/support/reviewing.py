"""An assessed visit to review, made by the worker from a synthetic walk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from clinigait.clinic import assessing, child, patients, recordings, results, worker
from clinigait.core import Walk
from clinigait.io.walk import write_walk
from clinigait.store import Store
from clinigait.store.accounts import Account
from support.clinics import unprobed, user
from support.walker import Gait, synthetic_walk

FACTS = {"height_m": 1.7, "age_y": 61, "sex": "female", "scales": {"berg": 51}}


@dataclass(frozen=True)
class Visit:
    """A visit whose newest version was assessed from recordings."""

    doctor: Account
    patient: str
    visit: str
    recordings: tuple[str, ...]
    assessment: str


def in_this_process(order: dict[str, Any], report: Callable[[float, str], None]) -> None:
    """Do what a process of its own would do, here: it takes seconds to start."""
    answer = child.answer_of(order, report)
    assert answer == {"done": True}, answer


def recorded(store: Store, account: Account, visit: str, walk: Walk, folder: Path) -> str:
    path = folder / "walk.npz"
    write_walk(walk, path)
    facts = {"view": "side", "aid": "cane", "kind": "walk"}
    with unprobed():
        return recordings.add(store, account, visit, [path.read_bytes()], facts)


def assessed_visit(
    store: Store,
    folder: Path,
    walks: Sequence[Walk] = (),
    doctor: Account | None = None,
    patient: str | None = None,
    day: date = date(2026, 11, 2),
) -> Visit:
    doctor = doctor or user(store, "doctor")
    patient = patient or patients.add(store, doctor, "P-7")
    visit = patients.add_visit(store, doctor, patient, day, FACTS)
    ids = tuple(
        recorded(store, doctor, visit, walk, folder)
        for walk in walks or [synthetic_walk(Gait(noise_px=1))]
    )
    job = assessing.order(store, doctor, visit, ids)
    assert worker.work_once(store, assessing.TASKS, "w")
    assert recordings.job(store, doctor, job).status == "done"
    (_, newest), *_ = results.versions(store, doctor, visit)
    return Visit(doctor, patient, visit, ids, newest)
