"""``clinigait train`` and ``finetune``: from a table of walks to a bundle, or one sentence."""

import csv
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from clinigait.cli import training
from clinigait.cli.app import app
from clinigait.core import BadInputError

PLAN = {
    "name": "frailty_tiny", "version": "1", "kind": "training", "title": "Tiny frailty model",
    "task": "frailty", "inputs": [{"kind": "silhouettes"}],
    "networks": [{"spec": {"kind": "gaitbase", "channels": 1, "parts": 4}, "window_frames": 30}],
    "batch": {"groups": 3, "clips": 2, "frames": 8}, "optimiser": {"steps": 2},
    "augment": [{"name": "mirror", "p": 0.5}, {"name": "mask_noise", "p": 0.3}],
    "outer_folds": 2, "calibration": {"alpha": 0.3}, "limits": ["Made for tests."],
}  # fmt: skip
CLASSES = ("robust", "pre_frail", "frail")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Write a manifest of nine people and a protocol."""
    rows = []
    for number in range(9):
        label = number % 3
        mask = np.zeros((40, 64, 44), np.uint8)
        mask[:, 2:62, 14 : 26 + 3 * label] = 255
        (tmp_path / f"p{number}.pkl").write_bytes(pickle.dumps(mask))
        rows.append([f"p{number}", "1", f"p{number}.pkl", CLASSES[label], 70 + number, "female",
                     1.4 - 0.3 * label])  # fmt: skip
    with (tmp_path / "manifest.csv").open("w", newline="") as file:
        head = ["subject", "visit", "file", "label", "age_y", "sex", "speed_mps"]
        csv.writer(file).writerows([head, *rows])
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(PLAN))
    return tmp_path


def _run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=bool(code))
    if code:
        assert isinstance(result.exception, BadInputError)
        assert "\n" not in str(result.exception)
        return str(result.exception)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_a_model_is_trained_evaluated_and_adapted(site: Path) -> None:
    pytest.importorskip("lightning")
    data, out = str(site), str(site / "bundle")
    text = _run("train", str(site / "plan.yaml"), "--data", data, "--out", out, "--threads", "1")
    assert "9 records of 9 people: 3 robust, 3 pre_frail, 3 frail." in text
    assert "accuracy of Speed, age and sex" in text
    assert "each scored once" in text
    assert "judged" in _run("evaluate", out, "--data", data, "--out", str(site / "judged"))
    text = _run(
        "finetune", out, "--data", data, "--out", str(site / "adapted"),
        "--freeze", "stem,layer1", "--steps", "1", "--threads", "1",
    )  # fmt: skip
    assert "frozen: stem, layer1" in text
    assert "than before" in text
    assert not [p.name for p in site.iterdir() if p.name.endswith(".part")]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["train", "plan.yaml", "--data", "nowhere", "--out", "b"], "no nowhere"),
        (["train", "plan.yaml", "--data", ".", "--out", "manifest.csv"], "is a file"),
        (["train", "plan.yaml", "--data", ".", "--out", "b", "--init", "none"], "no model bundle"),
        (["train", "absent", "--data", ".", "--out", "b"], "no training protocol absent"),
        (["train", "walk_sagittal", "--data", ".", "--out", "b"], "not a training protocol"),
        (["train", "plan.yaml", "--data", ".", "--out", "b", "--subjects", "99"], "Nobody"),
        (["finetune", "absent", "--data", ".", "--out", "b"], "no model bundle"),
        (["assess", "p0.pkl", "--protocol", "plan.yaml", "--out", "b"], "clinigait train"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    site: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], named: str
) -> None:
    pytest.importorskip("lightning")
    monkeypatch.chdir(site)
    before = sorted(site.iterdir())
    assert named in _run(*arguments, code=2)
    assert sorted(site.iterdir()) == before


def test_without_the_packages_it_says_how_to_get_them(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "find_spec", lambda name: None)
    found = _run(
        "train", str(site / "plan.yaml"), "--data", str(site), "--out", str(site / "b"), code=2
    )
    assert "Training needs PyTorch" in found
    assert "clinigait[models]" in found


@pytest.mark.slow
def test_a_training_that_is_killed_goes_on_with_the_same_command(site: Path) -> None:
    pytest.importorskip("lightning")
    (site / "plan.yaml").write_text(yaml.safe_dump({**PLAN, "optimiser": {"steps": 40}}))
    command = [
        sys.executable, "-m", "clinigait", "train", str(site / "plan.yaml"), "--data", str(site),
        "--out", str(site / "bundle"), "--threads", "1",
    ]  # fmt: skip
    cwd = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE, text=True) as run:
        while not list(site.glob(".bundle.*.part/*.done")):
            assert run.poll() is None
            time.sleep(0.1)
        os.kill(run.pid, signal.SIGINT)
        assert run.stderr is not None
        said = run.stderr.read()
        assert run.wait() == 130
    assert said == "clinigait: Interrupted; what is done is kept, and the same command goes on.\n"
    assert not (site / "bundle").exists()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert (site / "bundle" / "card.json").is_file()
    assert not list(site.glob(".bundle.*"))
