"""A study is whole walkers only: resumed, in parallel, on a full disk, after a kill."""

from __future__ import annotations

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from clinigait.core import BadInputError
from clinigait.io.hashes import sha256_of_all
from clinigait.synthesis.clinic import Order, run
from clinigait.synthesis.people import person_of, walks_of
from clinigait.synthesis.population import load_population
from clinigait.synthesis.staging import Filmed, facts_of


def quick(filmed: Filmed, index: int, folder: Path) -> None:
    """Write what is drawn of a walker, without a body or a film."""
    person = person_of(filmed.population, filmed.seed, index, lambda _: True)
    facts = [facts_of(filmed, walk) for walk in walks_of(filmed.population, person, filmed.seed)]
    (folder / "truth.json").write_text(json.dumps(facts))
    rows = [{"subject": person.code, "group": person.group, "synthetic": "true"}]
    (folder / "walker.json").write_text(json.dumps({"redrawn": person.redrawn, "rows": rows}))


def slow(filmed: Filmed, index: int, folder: Path) -> None:
    """Be killed half-way."""
    (folder / "half").write_text("half")
    time.sleep(0.15)
    quick(filmed, index, folder)
    (folder / "half").unlink()


def endless(filmed: Filmed, index: int, folder: Path) -> None:
    """Be at work until somebody ends it."""
    del filmed, index
    (folder / "half").write_text("half")
    time.sleep(600)


@pytest.fixture
def order(tmp_path: Path) -> Order:
    return Order(load_population("frailty_population"), tmp_path / "study", 6, seed=3)


def _tree(out: Path) -> str:
    return sha256_of_all((p for p in out.rglob("*") if p.is_file()), out)


def test_a_study_has_its_walkers_and_tables(order: Order) -> None:
    shares: list[float] = []
    outcome = run(order, shares.append, work=quick)
    assert (outcome.made, outcome.found, outcome.rows) == (6, 0, 6)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert json.loads((order.out / "study.json").read_text())["synthetic"] is True
    rows = list(csv.DictReader((order.out / "cohort.csv").open(encoding="utf-8")))
    assert [row["subject"] for row in rows] == [f"P{n:05d}" for n in range(1, 7)]
    assert {row["synthetic"] for row in rows} == {"true"}


@pytest.mark.slow
def test_parallel_work_gives_the_same_to_the_bit(order: Order, tmp_path: Path) -> None:
    run(order, work=quick)
    other = replace(order, out=tmp_path / "other", jobs=2)
    run(other, work=quick)
    assert _tree(order.out) == _tree(other.out)


def test_a_larger_study_goes_on_from_a_smaller_one(order: Order, tmp_path: Path) -> None:
    run(replace(order, walkers=2), work=quick)
    outcome = run(order, work=quick)
    assert (outcome.made, outcome.found) == (4, 2)
    whole = replace(order, out=tmp_path / "whole")
    run(whole, work=quick)
    assert _tree(order.out) == _tree(whole.out)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 4}, "seed"),
        ({"population": load_population("healthy_population")}, "population|protocol"),
        ({"sensors": ("keypoints",)}, "sensors"),
        ({"views": ("frontal",)}, "views"),
    ],
)
def test_another_study_in_the_same_folder_is_refused(
    order: Order, change: dict, named: str
) -> None:
    run(replace(order, walkers=1), work=quick)
    before = _tree(order.out)
    with pytest.raises(BadInputError, match=f"another study.*({named}).*Choose another --out"):
        run(replace(order, **change), work=quick)
    assert _tree(order.out) == before


def test_a_folder_of_other_things_is_left_alone(order: Order) -> None:
    order.out.mkdir()
    (order.out / "thesis.txt").write_text("mine")
    with pytest.raises(BadInputError, match="something else"):
        run(order, work=quick)
    assert [p.name for p in order.out.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_full_disk_keeps_whole_walkers_and_goes_on(
    order: Order, tmp_path: Path, jobs: int
) -> None:
    with pytest.raises(BadInputError, match=r"No space left.*goes on where it was") as caught:
        run(replace(order, jobs=jobs), work=full)
    assert "\n" not in str(caught.value)
    there = {p.name for p in (order.out / "walkers").iterdir()}
    assert there <= {f"P{n:05d}" for n in range(1, 7)} - {"P00004"}
    run(order, work=quick)
    whole = replace(order, out=tmp_path / "whole")
    run(whole, work=quick)
    assert _tree(order.out) == _tree(whole.out)


def full(filmed: Filmed, index: int, folder: Path) -> None:
    """Run out of disk in the middle of the fourth walker."""
    quick(filmed, index, folder)
    if index == 3:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_run_goes_on_to_the_same_bits(order: Order, tmp_path: Path, jobs: int) -> None:
    code = (
        "import sys\n"
        f"sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}\n"
        "from pathlib import Path\n"
        "from test_clinic import slow, Order, run, load_population\n"
        "if __name__ == '__main__':\n"
        f"    run(Order(load_population('frailty_population'), Path({str(order.out)!r}), 6, 3,\n"
        f"              {jobs}), work=slow)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    child = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
    walkers = order.out / "walkers"
    deadline = time.monotonic() + 60
    while not list(walkers.glob("P*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert 1 <= len(list(walkers.glob("P*"))) < 6
    time.sleep(0.5)  # workers see that their parent is gone
    run(order, work=quick)
    whole = replace(order, out=tmp_path / "whole")
    run(whole, work=quick)
    assert _tree(order.out) == _tree(whole.out)


@pytest.mark.slow
def test_ctrl_c_ends_all_processes_at_once_and_clears_up(order: Order, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, signal\n"
        f"sys.path[:0] = {[str(Path(__file__).parent), *sys.path]!r}\n"
        "from pathlib import Path\n"
        "from test_clinic import endless, Order, run, load_population\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "    try:\n"
        f"        out = Path({str(order.out)!r})\n"
        "        run(Order(load_population('frailty_population'), out, 6, 3, 2), work=endless)\n"
        "    except KeyboardInterrupt:\n"
        "        print('interrupted')\n"
    )
    child = subprocess.Popen(
        [sys.executable, str(script)], start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(order.out.glob("walkers/.part-*/half")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(child.pid, signal.SIGINT)
    told, _ = child.communicate(timeout=30)
    assert told == "interrupted\n"
    assert not list(order.out.rglob(".part*"))


def ended_from_outside(filmed: Filmed, index: int, folder: Path) -> None:
    """Be ended as by a machine that is out of memory."""
    if index == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    quick(filmed, index, folder)


def test_a_process_that_is_ended_is_told_in_a_sentence(order: Order, tmp_path: Path) -> None:
    jobs = replace(order, jobs=2)
    with pytest.raises(BadInputError, match=r"ended from outside.*fewer --jobs"):
        run(jobs, work=ended_from_outside)
    assert not list(order.out.rglob(".part*"))
    run(jobs, work=quick)
    run(replace(order, out=tmp_path / "whole"), work=quick)
    assert _tree(order.out) == _tree(tmp_path / "whole")


def test_two_runs_at_a_time_are_refused(order: Order) -> None:
    def again(filmed: Filmed, index: int, folder: Path) -> None:
        with pytest.raises(BadInputError, match="Another run is at work"):
            run(order, work=quick)
        quick(filmed, index, folder)

    run(replace(order, walkers=1), work=again)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"walkers": 0}, "0 walkers"),
        ({"walkers": 10**9}, "1 to 1000000"),
        ({"seed": -1}, "seed -1"),
        ({"sensors": ("smell",)}, "no sensor smell.*film"),
        ({"sensors": ()}, "No sensor"),
        ({"views": ("above",)}, "no view above.*sagittal"),
    ],
)
def test_impossible_orders_write_nothing(order: Order, change: dict, says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        run(replace(order, **change), work=quick)
    assert not order.out.exists()


def test_a_folder_that_cannot_be_is_not_for_want_of_room(order: Order, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError, match=r"Not a directory.*Choose another --out"):
        run(replace(order, out=tmp_path / "file" / "study"), work=quick)
