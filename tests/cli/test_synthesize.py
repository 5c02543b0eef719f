"""``clinigait synthesize``: what is impossible gets one sentence, before anything is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clinigait.cli.app import app
from clinigait.synthesis import clinic
from clinigait.synthesis.people import person_of
from clinigait.synthesis.staging import Filmed

FOLDER = Path(__file__).parents[2] / "protocols"


def _quick(filmed: Filmed, index: int, folder: Path) -> None:
    person = person_of(filmed.population, filmed.seed, index, lambda _: True)
    rows = [{"subject": person.code, "group": person.group}]
    (folder / "walker.json").write_text(json.dumps({"redrawn": 1, "rows": rows}))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clinic, "film_walker", _quick)


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["synthesize", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_it_prints_what_speed_and_age_tell_and_what_was_done(quick: None, tmp_path: Path) -> None:
    text = _run(
        "frailty_population", "--out", str(tmp_path / "study"), "--walkers", "3", "--seed", "1"
    )
    assert "speed and age alone reach an AUC of 0." in text
    assert "inside of 0.70 to 0.90 (Clegg 2015" in text
    assert "3 walkers filmed, 0 were there already" in text
    assert "3 draws that no body or gait can have" in text
    assert "not patients" in text
    assert (tmp_path / "study" / "cohort.csv").is_file()
    again = _run(
        "frailty_population", "--out", str(tmp_path / "study"), "--walkers", "3", "--seed", "1"
    )
    assert "0 walkers filmed, 3 were there already" in again


def test_a_protocol_may_be_a_path(quick: None, tmp_path: Path) -> None:
    path = str(FOLDER / "pathology_population.yaml")
    text = _run(path, "--out", str(tmp_path / "study"), "--walkers", "1", "--sensors", "keypoints")
    assert "1 walkers filmed" in text
    study = json.loads((tmp_path / "study" / "study.json").read_text())
    assert study["population"] == "pathology_population"
    assert study["sensors"] == ["keypoints"]


def test_a_prevalence_is_kept(quick: None, tmp_path: Path) -> None:
    _run("scoliosis_population", "--out", str(tmp_path / "s"), "--walkers", "1",
         "--prevalence", "positive=0.02")  # fmt: skip
    assert json.loads((tmp_path / "s" / "study.json").read_text())["shares"]["positive"] == 0.02


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["martians"], "There is no population martians"),
        (["walk_sagittal"], "walk_sagittal is not a population"),
        (["healthy_population", "--walkers", "0"], "0 walkers"),
        (["healthy_population", "--sensors", "smell"], "no sensor smell"),
        (["healthy_population", "--views", "above"], "no view above"),
        (["scoliosis_population", "--prevalence", "many"], "prevalence many"),
        (["scoliosis_population", "--prevalence", "martian=0.1"], "no group martian"),
    ],
)
def test_the_impossible_gets_one_sentence(arguments: list[str], says: str, tmp_path: Path) -> None:
    out = tmp_path / "study"
    more = [] if "--walkers" in arguments else ["--walkers", "1"]
    command = [sys.executable, "-m", "clinigait", "synthesize", *arguments, *more,
               "--out", str(out)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not out.exists()


def test_assess_says_that_a_population_is_no_walk(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app,
        ["assess", "film.mp4", "--protocol", "frailty_population", "--out", str(tmp_path / "o")],
    )
    assert "population of synthetic walkers" in str(result.exception)
    assert not (tmp_path / "o").exists()
