"""What a recording does to the process that scores it happens to nobody else."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinigait.sandbox import DiedError, Sandbox
from support.cohorts import FAKE, scored

_MUCH = 8 * 1024**3


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox(FAKE)
    yield made
    made.close()


def _order(folder: Path, name: str) -> dict:
    path = folder / f"{name}.npz"
    path.write_text("x")
    return {"walk": {"paths": [str(path)]}}


def test_one_process_answers_walk_after_walk(sandbox: Sandbox, tmp_path: Path) -> None:
    for name in ("a", "b"):
        answer = sandbox.ask(_order(tmp_path, name), 30, _MUCH)
        assert answer["status"] == "measured"
    first = sandbox._process
    sandbox.ask(_order(tmp_path, "c"), 30, _MUCH)
    assert sandbox._process is first


def test_a_crash_is_told_and_the_next_walk_is_scored(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(DiedError, match="SIGSEGV") as raised:
        sandbox.ask(_order(tmp_path, "crash"), 30, _MUCH)
    assert raised.value.code == "crashed"
    assert sandbox.ask(_order(tmp_path, "a"), 30, _MUCH)["status"] == "measured"


def test_a_hang_ends_at_the_time_limit(sandbox: Sandbox, tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(DiedError) as raised:
        sandbox.ask(_order(tmp_path, "hang"), 1, _MUCH)
    assert raised.value.code == "time_limit"
    assert time.monotonic() - start < 20


def test_a_full_memory_ends_at_the_memory_limit(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(DiedError) as raised:
        sandbox.ask(_order(tmp_path, "hungry"), 60, 300 * 1024**2)
    assert raised.value.code == "memory_limit"


def test_a_process_that_went_home_is_no_crash(sandbox: Sandbox, tmp_path: Path) -> None:
    assert sandbox.ask(_order(tmp_path, "home"), 30, _MUCH)["status"] == "measured"
    assert scored(tmp_path) == {"home.npz": 2}
