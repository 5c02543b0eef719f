"""From recordings to a version: the real pipeline in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from clinigait.clinic import assessing, patients, recordings, results, worker
from clinigait.clinic.assessing import Choices, order
from clinigait.core import BadInputError, RefusedError, Subject
from clinigait.io.assessment import read_assessment
from clinigait.store import Store, open_store
from clinigait.store.accounts import Account
from support.clinics import case, user
from support.reviewing import FACTS, recorded
from support.walker import Gait, synthetic_walk


def visit_of(store: Store, account: Account, code: str = "P-7") -> str:
    patient = patients.add(store, account, code)
    return patients.add_visit(store, account, patient, date(2026, 11, 2), FACTS)


def newest(store: Store, account: Account, visit: str) -> results.Version:
    (_, newest_id), *_ = results.versions(store, account, visit)
    return results.version(store, account, newest_id)


def read(version: results.Version, folder: Path):
    path = folder / "assessment.json"
    path.write_text(version.content)
    return read_assessment(path)


def test_a_walk_becomes_a_version_with_its_files(store: Store, tmp_path: Path) -> None:
    doctor = user(store, "doctor")
    visit = visit_of(store, doctor)
    recording = recorded(store, doctor, visit, synthetic_walk(Gait(noise_px=1)), tmp_path)
    job = order(store, doctor, visit, [recording])
    assert worker.work_once(store, assessing.TASKS, "w")
    state = recordings.job(store, doctor, job)
    assert (state.status, state.reasons) == ("done", ())
    version = newest(store, doctor, visit)
    found = read(version, tmp_path)
    assert found.status == "assessed"
    assert found.subject == Subject("P-7", 1.7, None, 61, "female", "cane")
    assert found.protocol.name == "walk_sagittal"
    assert found.measurement.scale.unit == "m"
    assert [(s.key, s.value) for s in found.scores] == [("berg", 51)]
    assert {"walk.npz", "frames/1.jpg"} <= set(version.files)
    assert not list(store.files.folder.glob(".work-*"))
    assert not list(store.files.folder.glob("*.part"))


def test_a_refused_walk_is_a_version_too(store: Store, tmp_path: Path) -> None:
    doctor = user(store, "doctor")
    visit = visit_of(store, doctor)
    walk = synthetic_walk(Gait()).part(slice(0, 20))
    order(store, doctor, visit, [recorded(store, doctor, visit, walk, tmp_path)])
    assert worker.work_once(store, assessing.TASKS, "w")
    found = read(newest(store, doctor, visit), tmp_path)
    assert found.status == "refused"
    assert found.remedy


def test_several_are_merged_and_what_cannot_be_used_is_left_out(
    store: Store, tmp_path: Path
) -> None:
    doctor = user(store, "doctor")
    visit = visit_of(store, doctor)
    walks = [
        synthetic_walk(Gait()).part(slice(0, 20)),
        synthetic_walk(Gait(noise_px=1)),
        synthetic_walk(Gait(direction=-1, noise_px=1, seed=1)),
    ]
    ids = [recorded(store, doctor, visit, walk, tmp_path) for walk in walks]
    order(store, doctor, visit, ids)
    assert worker.work_once(store, assessing.TASKS, "w")
    version = newest(store, doctor, visit)
    found = read(version, tmp_path)
    assert {b.direction for b in found.measurement.bouts} == {"left", "right"}
    (left_out,) = [c for c in found.measurement.quality if c.code == "pass_left_out"]
    assert left_out.name == "Recording 3"
    assert {"pass-1/walk.npz", "pass-2/walk.npz", "pass-3/assessment.json"} <= set(version.files)
    assert "pass-3/walk.npz" not in version.files


def test_what_is_no_recording_is_told_and_not_tried_again(store: Store) -> None:
    made = case(store, film=b"no film at all")
    job = order(store, made.doctor, made.visit, [made.recording])
    assert worker.work_once(store, assessing.TASKS, "w")
    state = recordings.job(store, made.doctor, job)
    assert state.status == "failed"
    assert len(state.reasons) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recording_ids": []}, "chosen: 0"),
        ({"recording_ids": ["'; --"]}, "not one of this visit"),
        ({"recording_ids": ["0" * 32]}, "not one of this visit"),
        ({"choices": Choices(protocol="../../etc/passwd")}, "no such protocol"),
        ({"choices": Choices(protocol="healthy_population")}, "no such protocol"),
        ({"choices": Choices(view="above")}, "no such view"),
    ],
)
def test_an_impossible_order_is_refused(store: Store, change, said: str) -> None:
    made = case(store)
    asked = {"recording_ids": [made.recording], "choices": Choices(), **change}
    with pytest.raises(BadInputError, match=said):
        order(store, made.doctor, made.visit, **asked)
    stranger = user(store, "stranger")
    with pytest.raises(RefusedError):
        order(store, stranger, made.visit, [made.recording])


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"height_m": 171}, "height of 171"),
        ({"height_m": "tall"}, "are numbers"),
        ({"sex": "x"}, "sex"),
    ],
)
def test_impossible_facts_are_told_before_the_work(store: Store, facts, said: str) -> None:
    made = case(store)
    patients.change_facts(store, made.doctor, made.visit, facts)
    with pytest.raises(BadInputError, match=said):
        order(store, made.doctor, made.visit, [made.recording])


_WORKER = """
import sys
from pathlib import Path
from threading import Event
from clinigait.clinic import assessing, worker
from clinigait.store import open_store
store = open_store(Path(sys.argv[1]), sys.argv[2] or None)
worker.work(store, assessing.TASKS, "killed", Event(), lease_s=2.0)
"""


@pytest.mark.slow
def test_a_killed_worker_s_assessment_is_finished_by_another_once(
    url: str | None, tmp_path: Path
) -> None:
    store = open_store(tmp_path / "data", url)
    doctor = user(store, "doctor")
    visit = visit_of(store, doctor)
    recording = recorded(store, doctor, visit, synthetic_walk(Gait(noise_px=1)), tmp_path)
    job = order(store, doctor, visit, [recording])
    command = [sys.executable, "-c", _WORKER, str(tmp_path / "data"), url or ""]
    first = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    until = time.monotonic() + 120
    while not list(store.files.folder.glob(".work-*/out")) and time.monotonic() < until:
        time.sleep(0.02)
    children = subprocess.run(
        ["pgrep", "-P", str(first.pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert recordings.job(store, doctor, job).status == "running"
    until = time.monotonic() + 120
    while not worker.work_once(store, assessing.TASKS, "other") and time.monotonic() < until:
        time.sleep(0.1)
    state = recordings.job(store, doctor, job)
    assert (state.status, state.reasons) == ("done", ("the worker was lost",))
    assert len(results.versions(store, doctor, visit)) == 1
    # Nobody is left at work; on a busy machine an end takes a moment.
    until = time.monotonic() + 30
    left = children
    while left and time.monotonic() < until:
        time.sleep(0.1)
        left = [child for child in left if Path(f"/proc/{child}").exists()]
    assert not left
    store.close()
