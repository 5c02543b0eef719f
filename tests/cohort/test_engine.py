"""Whoever is killed, at any moment: no walk that was done is lost, and none is there twice."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from clinigait.cohort import engine
from clinigait.cohort.engine import Run, Workers, cluster
from clinigait.cohort.work import Outcome, close_sandbox
from clinigait.core import BadInputError
from support.cohorts import cohort_of, fake_plan, scored, write_manifest

_ROOT = Path(__file__).parents[2]
_RUN = _ROOT / "tests" / "support" / "run_cohort.py"
_ENV = {**os.environ, "PYTHONPATH": os.pathsep.join((str(_ROOT), str(_ROOT / "tests")))}
_WALKS = [f"slow{n}" for n in range(24)]


# ---------------------------------------------------------------- without a cluster


class _Client:
    """Does at once what a cluster does in its time."""

    loop = None

    def nthreads(self) -> dict[str, int]:
        return {"here": 1}

    def submit(
        self, work: Callable, walk: object, plan: object, *, key: str, **_: object
    ) -> object:
        try:
            outcome, error = work(walk, plan), None
        except Exception as raised:  # noqa: BLE001  handed on, as Dask does
            outcome, error = None, raised

        def result() -> object:
            if error is not None:
                raise error
            return outcome

        return SimpleNamespace(key=key, result=result, release=lambda: None)


class _Landing(list):
    """Stands in for ``as_completed``."""

    def __init__(self, loop: object) -> None:
        super().__init__()

    def add(self, future: object) -> None:
        self.append(future)

    def __next__(self) -> object:
        return self.pop(0)


class _KilledWorker(Exception):  # noqa: N818  Dask's name
    pass


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_sandbox()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    library = SimpleNamespace(as_completed=_Landing, KilledWorker=_KilledWorker)
    monkeypatch.setattr(engine, "_library", lambda: library)
    monkeypatch.setattr(engine, "_RETRY_S", 0.01)


def _run(folder: Path, names: list[str], tell: Callable = lambda _: None, **who: float) -> Run:
    cohort = cohort_of(folder, names)
    return Run(_Client(), cohort.walks, fake_plan(folder), Workers(**who), tell)


def test_every_walk_has_an_outcome_in_the_order_of_the_manifest(at_once, tmp_path: Path) -> None:
    run = _run(tmp_path, ["a", "refused", "crash", *(f"b{n}" for n in range(9))])
    outcomes = run.outcomes()
    assert [outcome.status for outcome in outcomes] == [
        "measured",
        "refused",
        "failed",
        *["measured"] * 9,
    ]
    assert len({outcome.key for outcome in outcomes}) == 12
    counts = run.counts
    assert (counts.done, counts.measured, counts.refused, counts.failed) == (12, 10, 1, 1)


def test_a_full_disk_is_waited_for(at_once, tmp_path: Path) -> None:
    notes = []

    def tell(counts: engine.Counts) -> None:
        notes.append(counts.note)
        if counts.note:
            (tmp_path / "room").touch()

    outcomes = _run(tmp_path, ["a", "full", "b"], tell).outcomes()
    assert [outcome.status for outcome in outcomes] == ["measured"] * 3
    assert "The folder x cannot be written: No space left on device. Waiting for room." in notes
    assert notes[-1] == ""


def test_a_disk_that_stays_full_ends_the_run_in_one_sentence(at_once, tmp_path: Path) -> None:
    run = _run(tmp_path, ["a", "full", "b"], patience_s=0.05)
    with pytest.raises(BadInputError, match=r"No space left.* walks are done and kept"):
        run.outcomes()


def test_a_worker_with_other_models_ends_the_run(at_once, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="other models"):
        _run(tmp_path, ["stop", "a"]).outcomes()


@pytest.mark.parametrize(
    ("raised", "told"),
    [(_KilledWorker(), None), (ModuleNotFoundError("clinigait"), "The workers cannot score")],
)
def test_what_befalls_workers_is_told(raised, told, at_once, tmp_path, monkeypatch) -> None:
    def score(*_: object) -> Outcome:
        raise raised

    monkeypatch.setattr(engine, "score_walks", score)
    run = _run(tmp_path, ["a"])
    if told is None:
        (outcome,) = run.outcomes()
        assert (outcome.how, outcome.key, outcome.code) == ("lost", None, "worker_lost")
        return
    with pytest.raises(BadInputError, match=told):
        run.outcomes()


def test_a_scheduler_that_is_not_there_gets_one_sentence() -> None:
    workers = Workers("tcp://127.0.0.1:1", wait_s=1)
    with pytest.raises(BadInputError, match="no scheduler at"), cluster(workers, print):
        pass
    with (
        pytest.raises(BadInputError, match="--scheduler"),
        cluster(Workers(resources={"GPU": 1}), print),
    ):
        pass


# ---------------------------------------------------------------- real clusters, really killed


def _start(folder: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(_RUN), str(folder), *more],
        stdout=subprocess.PIPE, text=True, cwd=_ROOT, env=_ENV,
    )  # fmt: skip


def _kept(folder: Path) -> set[str]:
    found = list((folder / "out" / "results_walks").glob("*/*.json"))
    for piece in found:  # whole, whenever one looks
        assert len([json.loads(line) for line in piece.read_text().splitlines()]) == 2
    return {piece.name for piece in found}


def _wait_for(condition: Callable[[], bool], wait_s: float = 120) -> None:
    until = time.monotonic() + wait_s
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


def _finished(process: subprocess.Popen[str]) -> str:
    return process.communicate(timeout=240)[0].strip().splitlines()[-1]


def _rows(folder: Path) -> list[str]:
    with (folder / "out" / "results_wide.csv").open(newline="") as file:
        return [row["file"] for row in csv.DictReader(file)]


def _below(pid: int, what: str) -> list[int]:
    """Return the processes below one whose command holds some words."""
    found, parents = [], {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(
                (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
            )
            if what in (entry / "cmdline").read_text():
                found.append(int(entry.name))
        except (OSError, ValueError):
            continue

    def is_below(one: int) -> bool:
        while one in parents:
            one = parents[one]
            if one == pid:
                return True
        return False

    return [one for one in found if is_below(one)]


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


@pytest.mark.slow
def test_killed_workers_lose_and_double_no_walk(tmp_path: Path) -> None:
    write_manifest(tmp_path, [*_WALKS, "crash"])
    client = _start(tmp_path)
    _wait_for(lambda: len(_kept(tmp_path)) >= 4)
    before = _kept(tmp_path)
    workers = _below(client.pid, "spawn_main")
    assert len(workers) >= 2
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    done, found = _finished(client).rsplit(" failed ", 1)
    assert done == "24 measured 1"
    assert int(found.split()[0]) <= len(before) + len(workers)  # what a dead worker had done
    assert before <= _kept(tmp_path)
    assert len(_kept(tmp_path)) == 25
    assert _rows(tmp_path) == [f"{name}.npz" for name in (*_WALKS, "crash")]


@pytest.mark.slow
def test_a_killed_client_takes_its_workers_along_and_loses_no_walk(tmp_path: Path) -> None:
    write_manifest(tmp_path, _WALKS)
    client = _start(tmp_path)
    _wait_for(lambda: len(_kept(tmp_path)) >= 4)
    workers = _below(client.pid, "spawn_main") + _below(client.pid, "fake_child")
    client.kill()
    client.communicate()
    _wait_for(lambda: not any(map(_alive, workers)))
    before = _kept(tmp_path)
    asked = scored(tmp_path)
    assert _finished(_start(tmp_path)) == f"24 measured 0 failed {len(before)} kept"
    assert len(_kept(tmp_path)) == 24
    again = scored(tmp_path) - asked
    assert sum(again.values()) == 24 - len(before)
    assert Counter(_rows(tmp_path)) == dict.fromkeys((f"{name}.npz" for name in _WALKS), 1)


@pytest.mark.slow
def test_a_killed_scheduler_ends_the_run_and_another_goes_on(tmp_path: Path) -> None:
    write_manifest(tmp_path, _WALKS)
    address, processes = _scheduler(tmp_path / "one.json")
    try:
        client = _start(tmp_path, address)
        _wait_for(lambda: len(_kept(tmp_path)) >= 4)
        processes[0].kill()
        assert _finished(client).startswith("ended: The scheduler is gone. What is done is kept")
    finally:
        _end(processes)
    before = _kept(tmp_path)
    address, processes = _scheduler(tmp_path / "two.json")
    try:
        assert _finished(_start(tmp_path, address)) == f"24 measured 0 failed {len(before)} kept"
    finally:
        _end(processes)
    assert len(_kept(tmp_path)) == 24


def _scheduler(file: Path) -> tuple[str, list[subprocess.Popen[bytes]]]:
    start = "from distributed.cli.dask_{0} import main; main()"
    here = ["--host", "127.0.0.1", "--no-dashboard"]
    port = ["--port", "0", "--scheduler-file", str(file)]
    scheduler = subprocess.Popen(
        [sys.executable, "-c", start.format("scheduler"), *here, *port],
        cwd=_ROOT, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _wait_for(file.is_file)
    address = json.loads(file.read_text())["address"]
    worker = subprocess.Popen(
        [sys.executable, "-c", start.format("worker"), address, *here, "--nthreads", "2"],
        cwd=_ROOT, stderr=subprocess.DEVNULL, env=_ENV,
    )  # fmt: skip
    return address, [scheduler, worker]


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_FULL_DISK = """
import subprocess, sys
from pathlib import Path
from support.run_cohort import run
if __name__ == "__main__":  # the processes that it starts read this file too
    folder = Path(sys.argv[1])
    small = folder / "out"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(small)], check=True)
    print(run(folder, None, patience_s=3))
    kept = len(list(small.glob("results_walks/*/*.json")))
    parts = [p.name for p in small.rglob(".*.part")]
    subprocess.run(["mount", "-o", "remount,size=8m", str(small)], check=True)
    print(kept, parts, run(folder, None))
"""


@pytest.mark.slow
def test_a_disk_that_is_really_full_is_survived(tmp_path: Path) -> None:
    tried = (
        subprocess.run(["unshare", "-rm", "true"], check=False) if shutil.which("unshare") else None
    )
    if tried is None or tried.returncode:
        pytest.skip("no small disk can be made here")
    write_manifest(tmp_path, [f"a{n}" for n in range(40)])
    script = tmp_path / "full.py"
    script.write_text(_FULL_DISK)
    run = subprocess.run(
        ["unshare", "-rm", sys.executable, str(script), str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=300,
        env=_ENV,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    first, second = run.stdout.splitlines()
    assert "No space left on device" in first
    assert "of 40 walks are done and kept" in first
    kept, rest = second.split(" ", 1)
    assert 0 < int(kept) < 40
    assert rest == f"[] 40 measured 0 failed {kept} kept"
