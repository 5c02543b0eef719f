"""The CSV tables hold what the assessment holds, and no spreadsheet runs anything in them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError, Measurement
from clinigait.report.tables import (
    events_csv,
    parameters_csv,
    safe_text,
    strides_csv,
    write_tables,
)
from support.assessments import assessed, of_synthetic_walker, refused, with_synthetic_pose


@pytest.fixture
def measurement() -> Measurement:
    found = assessed().measurement
    assert found is not None
    return found


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_parameter_has_its_row(measurement: Measurement) -> None:
    rows = _rows(parameters_csv(measurement.parameters))
    assert len(rows) == len(measurement.parameters)
    assert rows[0]["name"] == "speed_mps"
    assert float(rows[0]["value"]) == pytest.approx(1.2, abs=0.1)
    assert float(rows[0]["low"]) < float(rows[0]["value"]) < float(rows[0]["high"])
    assert rows[0]["reference_source"].startswith("Bohannon")


def test_what_cannot_be_had_is_empty_with_a_reason(measurement: Measurement) -> None:
    row = next(r for r in _rows(parameters_csv(measurement.parameters)) if not r["value"])
    assert row["low"] == row["high"] == ""
    assert "hidden" in row["reason"]


def test_an_asymmetry_keeps_its_sign(measurement: Measurement) -> None:
    rows = _rows(parameters_csv(measurement.parameters))
    row = next(r for r in rows if r["name"] == "step_length_asymmetry_pct")
    assert float(row["value"]) == -2.8


def test_every_stride_is_listed_with_its_values(measurement: Measurement) -> None:
    rows = _rows(strides_csv(measurement.strides))
    assert len(rows) == len(measurement.strides)
    for row, stride in zip(rows, measurement.strides, strict=True):
        assert row["used"] == ("true" if stride.used else "false")
        assert row["rejected_because"] == (stride.rejected_because or "")
        for name, value in stride.values.items():
            assert float(row[name]) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(
    ("made", "names"),
    [
        (assessed(2), []),
        (replace(assessed(2), perception=None), []),
        (of_synthetic_walker(assessed(2)), ["synthetic"]),
        (with_synthetic_pose(assessed(2)), ["pose_synthetic"]),
        (of_synthetic_walker(with_synthetic_pose(assessed(2))), ["synthetic", "pose_synthetic"]),
    ],
    ids=["a person", "keypoints", "a walker", "learned keypoints", "both"],
)
def test_what_rests_on_synthetic_walkers_says_so_in_every_row(made, names, tmp_path) -> None:
    write_tables(made, tmp_path)
    for file in ("parameters.csv", "events.csv", "strides.csv"):
        rows = _rows((tmp_path / file).read_text("utf-8"))
        assert rows
        assert [name for name in rows[0] if name.endswith("synthetic")] == names
        assert all(row[name] == "true" for row in rows for name in names)


def test_an_event_that_was_not_found_is_an_empty_cell(measurement: Measurement) -> None:
    stride = replace(measurement.strides[0], foot_off_s=None, values={})
    row = _rows(strides_csv([stride, measurement.strides[1]]))[0]
    assert row["foot_off_s"] == row["stride_time_s"] == ""


def test_every_event_is_listed_with_its_methods(measurement: Measurement) -> None:
    rows = _rows(events_csv(measurement.events))
    assert len(rows) == len(measurement.events)
    assert {row["kind"] for row in rows} == {"initial_contact", "foot_off"}
    assert float(rows[0]["time_zeni_s"]) == pytest.approx(measurement.events[0].time_s - 0.004)


@given(st.text())
def test_no_text_starts_a_formula(text: str) -> None:
    assert not safe_text(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe_text(text).endswith(text)


def test_a_hostile_reason_stays_in_its_cell(measurement: Measurement) -> None:
    evil = '=HYPERLINK("x";"y"),1\n2'
    parameter = replace(measurement.parameters[0], reason=evil, unit="@SUM(A1)")
    row = _rows(parameters_csv([parameter]))[0]
    assert row["reason"] == "'" + evil
    assert row["unit"] == "'@SUM(A1)"


def test_the_three_files_are_written(tmp_path: Path) -> None:
    write_tables(assessed(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "parameters.csv",
        "events.csv",
        "strides.csv",
    }
    assert b"\r" not in (tmp_path / "parameters.csv").read_bytes()


def test_a_refused_assessment_has_head_lines_only(tmp_path: Path) -> None:
    write_tables(refused(), tmp_path)
    assert all(len(p.read_text(encoding="utf-8").splitlines()) == 1 for p in tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_a_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        write_tables(assessed(1), tmp_path / "no")
