"""The long table: a row a value, text harmless, numbers as numbers, missing ones with a reason."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from clinigait.core import BadInputError
from clinigait.report.tidy import COLUMNS, tidy_rows, write_csv, write_parquet
from support.assessments import assessed, refused, spoilt, with_synthetic_pose


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_every_parameter_has_a_row_that_names_person_and_visit(tmp_path: Path) -> None:
    made = assessed()
    assert made.measurement is not None
    write_csv(made, tmp_path / "t.csv")
    rows = _read(tmp_path / "t.csv")
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == len(made.measurement.parameters)
    assert {(row["code"], row["visit"]) for row in rows} == {("Ж-17", "2026-11-22T14:05:09+01:00")}
    for row, parameter in zip(rows, made.measurement.parameters, strict=True):
        assert (row["parameter"], row["side"]) == (parameter.name, parameter.side)
        assert row["value"] or row["reason"]
    speed = rows[0]
    assert float(speed["low"]) < float(speed["value"]) < float(speed["high"])
    assert (speed["reference_low"], speed["reference_high"]) == ("1.19", "1.59")
    assert speed["reference_source"].startswith("Bohannon")


def test_a_refused_assessment_is_one_row_that_says_why(tmp_path: Path) -> None:
    write_csv(refused(), tmp_path / "t.csv")
    (row,) = _read(tmp_path / "t.csv")
    assert row["parameter"] == row["value"] == ""
    assert row["reason"].startswith("too_few_strides: Only 1 whole stride")


def test_a_synthetic_walker_is_marked_in_every_row() -> None:
    made = assessed(1)
    marked = replace(made, provenance=replace(made.provenance, synthetic=True))
    assert {row["synthetic"] for row in tidy_rows(marked)} == {True}
    assert {row["synthetic"] for row in tidy_rows(made)} == {False}


@pytest.mark.parametrize("made", [assessed(1), refused()], ids=["assessed", "refused"])
def test_keypoints_that_synthetic_walkers_taught_are_marked_in_every_row(made, tmp_path) -> None:
    write_csv(with_synthetic_pose(made), tmp_path / "t.csv")
    rows = _read(tmp_path / "t.csv")
    assert {(row["synthetic"], row["pose_synthetic"]) for row in rows} == {("false", "true")}
    assert {row["pose_synthetic"] for row in tidy_rows(made)} == {False}
    assert list(COLUMNS)[2:4] == ["synthetic", "pose_synthetic"]


@pytest.mark.parametrize(
    "nasty", ["=1+1", "  @SUM(A1)", "\t=x", "\uff1d1", "-2", "\ud800\0", "W" * 10_000]
)
def test_no_spreadsheet_runs_anything_in_it(nasty: str, tmp_path: Path) -> None:
    write_csv(spoilt(assessed(1), nasty), tmp_path / "t.csv")
    rows = _read(tmp_path / "t.csv")
    signs = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
    for row in rows:
        texts = [row[name] for name, kind in COLUMNS.items() if kind == "string"]
        assert not any(text.lstrip(" ").startswith(signs) for text in texts)


def test_parquet_keeps_types_and_text(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    made = spoilt(assessed(1), "=1+1")
    write_parquet(made, tmp_path / "t.parquet")
    table = parquet.read_table(tmp_path / "t.parquet")
    assert {field.name: str(field.type) for field in table.schema} == COLUMNS
    rows = table.to_pylist()
    assert rows == tidy_rows(made)
    assert any(row["value"] is None and row["reason"] for row in rows)
    write_parquet(refused(), tmp_path / "t.parquet")
    assert parquet.read_table(tmp_path / "t.parquet").num_rows == 1


def test_without_the_package_parquet_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadInputError, match="pip install pyarrow"):
        write_parquet(assessed(1), tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_a_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        write_csv(assessed(1), tmp_path / "no" / "t.csv")
