"""``clinigait compare`` as a user meets it: a table, a file, or one sentence."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from clinigait.cli.compare import compare
from clinigait.core import Assessment, BadInputError, Parameter
from clinigait.gait.compare import MORE
from clinigait.io.assessment import write_assessment
from clinigait.report.wording import ENGLISH
from support.assessments import (
    SUBJECT,
    assessed,
    of_synthetic_walker,
    refused,
    with_synthetic_pose,
)

_APP = typer.Typer()
_APP.command()(compare)


def _run(folder: Path, first: Assessment, second: Assessment, out: str = "change.csv") -> Result:
    write_assessment(first, folder / "first.json")
    write_assessment(second, folder / "second.json")
    arguments = [folder / "first.json", folder / "second.json", "--out", folder / out]
    return CliRunner().invoke(_APP, [str(argument) for argument in arguments])


def _rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def _with_speed(assessment: Assessment, speed_mps: float) -> Assessment:
    measurement = assessment.measurement
    assert measurement is not None
    found = tuple(
        Parameter("speed_mps", "both", speed_mps, "m/s", 9, speed_mps - 0.02, speed_mps + 0.02)
        if p.name == "speed_mps"
        else p
        for p in measurement.parameters
    )
    return replace(assessment, measurement=replace(measurement, parameters=found))


def _complaint(result: Result) -> str:
    assert isinstance(result.exception, BadInputError)
    assert result.stdout == ""
    return str(result.exception)


def test_a_comparison_is_written_and_told(tmp_path: Path) -> None:
    done = _run(tmp_path, _with_speed(assessed(), 1.0), _with_speed(assessed(seed=8), 1.2))
    assert done.exit_code == 0, done.exception
    rows = {(row["name"], row["side"]): row for row in _rows(tmp_path / "change.csv")}
    speed = rows["speed_mps", "both"]
    assert float(speed["difference"]) == pytest.approx(0.2)
    assert float(speed["low"]) < 0.2 < float(speed["high"])
    assert float(speed["minimal_detectable_change"]) == pytest.approx(0.02 * 2**0.5, rel=1e-6)
    assert speed["verdict"] == MORE
    assert speed["meaningful_reached"] == "0.1 substantial meaningful"
    assert "Perera 2006" in speed["meaningful_source"]
    assert speed["dual_task_cost_pct"] == ""
    assert rows["arm_swing_deg", "left"]["verdict"].startswith("cannot be compared: neither")
    assert speed["finding"].startswith("Walking speed increased from 1.00 m/s to 1.20 m/s")
    assert speed["grade"] == "moderate"
    assert f"finding: {speed['finding']}" in done.stdout
    assert "speed_mps" in done.stdout
    assert "changed by more than measurement error" in done.stdout
    shown = next(line for line in done.stdout.splitlines() if line.startswith("speed_mps"))
    assert shown.split() == ["speed_mps", "both", "1.000", "1.200", "+0.200", "0.028", "*"]
    assert "cost" not in done.stdout
    assert "…" not in done.stdout


def test_the_cost_of_a_dual_task(tmp_path: Path) -> None:
    single, dual = _with_speed(assessed(), 1.0), _with_speed(assessed(), 0.8)
    single = replace(single, protocol=replace(single.protocol, name="walk_sagittal"))
    dual = replace(dual, protocol=replace(dual.protocol, name="dual_task"))
    done = _run(tmp_path, single, dual)
    speed = next(r for r in _rows(tmp_path / "change.csv") if r["name"] == "speed_mps")
    assert float(speed["dual_task_cost_pct"]) == pytest.approx(20.0)
    assert "…" not in done.stdout
    assert "Dual-task cost: 100 (single - dual) / single" in done.stdout


def test_what_cannot_be_compared_at_all_says_so(tmp_path: Path) -> None:
    other = replace(assessed(), protocol=replace(assessed().protocol, name="walk_frontal"))
    done = _run(tmp_path, assessed(), other)
    assert done.exit_code == 0
    assert "0 of 0 parameters" in done.stdout
    assert "different protocols" in done.stdout


def test_refused_and_foreign_assessments(tmp_path: Path) -> None:
    assert "refused" in _complaint(_run(tmp_path, assessed(), refused()))
    stranger = assessed(subject=replace(SUBJECT, code="other"))
    assert "different people" in _complaint(_run(tmp_path, assessed(), stranger))
    assert not (tmp_path / "change.csv").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]", b"\xff\xfe", b"name,side\n"])
def test_a_file_that_is_no_assessment(tmp_path: Path, content: bytes) -> None:
    write_assessment(assessed(), tmp_path / "first.json")
    (tmp_path / "second.json").write_bytes(content)
    arguments = [str(tmp_path / name) for name in ("first.json", "second.json")]
    done = CliRunner().invoke(_APP, [*arguments, "--out", str(tmp_path / "change.csv")])
    assert "second.json" in _complaint(done)
    assert not (tmp_path / "change.csv").exists()


def test_no_input_is_replaced_and_no_other_file(tmp_path: Path) -> None:
    assert "replace an input" in _complaint(_run(tmp_path, assessed(), assessed(), "first.json"))
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    assert "not a CSV" in _complaint(_run(tmp_path, assessed(), assessed(), "report.pdf"))
    assert (tmp_path / "report.pdf").read_bytes() == b"%PDF"


def test_an_older_table_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "change.csv").write_text("old")
    assert _run(tmp_path, assessed(), assessed()).exit_code == 0
    assert _rows(tmp_path / "change.csv")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = _run(tmp_path, assessed(), assessed(), "nowhere/change.csv")
    assert isinstance(done.exception, BadInputError)


def test_texts_of_a_file_harm_neither_terminal_nor_spreadsheet(tmp_path: Path) -> None:
    bad = Parameter(
        "=HYPERLINK(1)", "both", None, "\x1b[31m", 0, reason="[bold]\x1b]0;x\x07\n=1+1[/bold]"
    )
    one = assessed()
    found = replace(one.measurement, parameters=(bad, *one.measurement.parameters))
    done = _run(tmp_path, replace(one, measurement=found), assessed())
    assert done.exit_code == 0
    text = (tmp_path / "change.csv").read_text("utf-8")
    assert "\x1b" not in text + done.stdout
    first = _rows(tmp_path / "change.csv")[0]
    assert first["name"] == "'=HYPERLINK(1)"
    assert "\n" not in first["verdict"]


def test_a_synthetic_walker_is_one_in_the_table_and_on_the_screen(tmp_path: Path) -> None:
    person = assessed()
    made = replace(person, provenance=replace(person.provenance, synthetic=True))
    assert "Synthetic" not in _run(tmp_path, person, person, "people.csv").stdout
    assert "synthetic" not in _rows(tmp_path / "people.csv")[0]
    assert "Synthetic walker" in _run(tmp_path, person, made).stdout
    assert {row["synthetic"] for row in _rows(tmp_path / "change.csv")} == {"true"}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_keypoints_that_synthetic_walkers_taught_are_told_of_either(tmp_path, order) -> None:
    both = assessed(), with_synthetic_pose(assessed())
    done = _run(tmp_path, *(both[n] for n in order))
    assert done.stdout.count(f"{ENGLISH.pose_synthetic}.") == 1
    assert "not a patient" not in done.stdout
    rows = _rows(tmp_path / "change.csv")
    assert {row["pose_synthetic"] for row in rows} == {"true"}
    assert "synthetic" not in rows[0]


def test_a_synthetic_walker_beside_such_a_person_says_both(tmp_path: Path) -> None:
    done = _run(tmp_path, with_synthetic_pose(assessed()), of_synthetic_walker(assessed()))
    for mark in (ENGLISH.synthetic, ENGLISH.pose_synthetic):
        assert done.stdout.count(f"{mark}.") == 1
    rows = _rows(tmp_path / "change.csv")
    assert {(row["synthetic"], row["pose_synthetic"]) for row in rows} == {("true", "true")}
