"""``clinigait validate`` and ``export`` as a user meets them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clinigait.io.walk import write_walk
from support.gait_validation import HERE, ROOT, WHY_NOT
from support.walker import Gait, synthetic_space_walk, synthetic_walk


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clinigait", *map(str, arguments)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.skipif(not HERE, reason=WHY_NOT)
def test_some_people_of_the_data_set(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = _run("validate", "gait-validation", ROOT, "--subjects", "Val_002,2", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "cadence_spm" in done.stdout
    assert (out / "agreement.csv").read_text().startswith("trial,subject,parameter,side,value,")
    flat = json.loads((out / "metrics.json").read_text())
    assert flat["people"] == 2
    assert flat["walks"] == flat["assessed"] == 12


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "nothing", "."],
        ["validate", "gait-validation", "."],
        ["validate", "bmc-walk", "."],
        ["validate", "gait-validation", "nowhere"],
    ],
    ids=" ".join,
)
def test_wrong_data_is_one_line_and_leaves_nothing(
    arguments: list[str], tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = _run(*arguments, "--out", "out")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["trc", "c3d"])
def test_a_walk_in_space_is_exported(kind: str, tmp_path: Path) -> None:
    write_walk(synthetic_space_walk(Gait()), tmp_path / "walk.npz")
    done = _run("export", kind, tmp_path / "walk.npz", "--out", tmp_path / f"walk.{kind}")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / f"walk.{kind}").stat().st_size > 1000


def test_a_walk_in_pixels_is_no_c3d(tmp_path: Path) -> None:
    write_walk(synthetic_walk(Gait()), tmp_path / "walk.npz")
    done = _run("export", "c3d", tmp_path / "walk.npz", "--out", tmp_path / "walk.c3d")
    assert done.returncode == 2
    assert "metres" in done.stderr
    assert not (tmp_path / "walk.c3d").exists()


def test_an_export_replaces_no_other_file(tmp_path: Path) -> None:
    walk = tmp_path / "walk.npz"
    write_walk(synthetic_space_walk(Gait()), walk)
    before = walk.read_bytes()
    assert _run("export", "trc", walk, "--out", walk).returncode == 2
    assert walk.read_bytes() == before
    assert _run("export", "trc", tmp_path / "nothing.npz", "--out", "x.trc").returncode == 2
