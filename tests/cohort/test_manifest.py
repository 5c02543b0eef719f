"""A manifest is checked whole before anything is measured: every fault, with its line."""

import csv
from pathlib import Path

import pyarrow as arrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from clinigait.cohort.columns import RESERVED
from clinigait.cohort.manifest import ManifestFaultsError, read_cohort
from clinigait.core import BadInputError
from support.cohorts import cohort_of


def _faults(folder: Path, text: str) -> tuple[str, ...]:
    for name in ("a.npz", "b.trc", "c.mp4"):
        (folder / name).touch()
    path = folder / "cohort.csv"
    path.write_text(text)
    with pytest.raises(ManifestFaultsError) as raised:
        read_cohort(path, RESERVED)
    assert "\n" not in str(raised.value)
    return raised.value.faults


def test_a_good_manifest_gives_its_walks(tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path, ["one", "two", "three"])
    assert cohort.covariates == ("group", "moca")
    assert [(w.subject, w.visit, w.file) for w in cohort.walks] == [
        ("P0", "1", "one.npz"), ("P0", "2", "two.npz"), ("P1", "1", "three.npz")
    ]  # fmt: skip
    first = cohort.walks[0]
    assert first.paths == (str(tmp_path / "one.npz"),)
    assert first.facts == {"age_y": None, "sex": None, "height_m": 1.7, "mass_kg": None}
    assert first.covariates == {"group": "a", "moca": "0"}
    assert not first.filmed


def test_several_files_are_passes_and_a_film_is_known(tmp_path: Path) -> None:
    (tmp_path / "c.mp4").touch()
    (tmp_path / "a.npz").touch()
    (tmp_path / "m.csv").write_text("subject,visit,file\nA,1,a.npz; c.mp4\n")
    walk = read_cohort(tmp_path / "m.csv").walks[0]
    assert [Path(path).name for path in walk.paths] == ["a.npz", "c.mp4"]
    assert walk.filmed
    assert walk.covariates == {"group": ""}


def test_all_faults_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    found = _faults(
        tmp_path,
        "subject,visit,file,age_y,sex,value,moca,moca\n"
        "A,1,a.npz,200,female,1,1,1\n"
        "A,,b.trc,70,other,1,1,1\n"
        "\n"
        "B,1,a.npz,70,,1,1,1\n"
        "B,2,none.mp4,70,,1,1,1\n"
        "C,1,c.mp4\n"
        f"{'x' * 65},1,c.mp4; c.mp4,70,male,1,1,1\n",
    )
    told = "\n".join(found)
    for part in (
        "the column moca is there 2 times",
        "the column value has the name of a column of the results",
        "line 2: age_y is 200",
        "line 3: there is no visit",
        "line 3: sex is other",
        "line 5: a.npz is in line 2 already",
        "line 6: there is no file none.mp4",
        "line 7 has 3 cells for 8 columns",
        "line 8: subject is longer than 64 letters",
        "line 8: c.mp4 is named twice",
    ):
        assert part in told
    assert len(found) == 10


def test_a_duplicate_row_is_a_fault(tmp_path: Path) -> None:
    found = _faults(tmp_path, "subject,visit,file\nA,1,a.npz\nA,1,a.npz\n")
    assert found == ("line 3: a.npz is in line 2 already",)


def test_an_empty_manifest_is_a_fault(tmp_path: Path) -> None:
    assert _faults(tmp_path, "subject,visit,file\n") == ("it has 0 rows, not 1 to 1,000,000",)
    (tmp_path / "empty.csv").touch()
    with pytest.raises(BadInputError, match="is empty"):
        read_cohort(tmp_path / "empty.csv")


def test_missing_columns_are_named(tmp_path: Path) -> None:
    found = _faults(tmp_path, "subject;file\nA;a.npz\n")
    assert [f for f in found if "no column" in f] == [
        f"there is no column {name}" for name in ("subject", "visit", "file")
    ]
    assert any("commas" in fault for fault in found)


@pytest.mark.parametrize("name", ["none.csv", "cohort.xlsx", "bad\0.csv", "bad.parquet"])
def test_what_is_no_manifest_gets_one_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_text("no table")
    (tmp_path / "cohort.xlsx").touch()
    with pytest.raises(BadInputError):
        read_cohort(tmp_path / name)


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    expected = cohort_of(tmp_path, ["one", "two"])
    table = arrow.table({
        "subject": ["P0", "P0"], "visit": [1, 2], "file": [["one.npz"], ["two.npz"]],
        "group": ["a", "b"], "height_m": [1.7, 1.7], "moca": [0.0, 1.0],
    })  # fmt: skip
    parquet.write_table(table, tmp_path / "cohort.parquet")
    found = read_cohort(tmp_path / "cohort.parquet")
    facts = [(w.subject, w.visit, w.paths, w.facts, w.covariates) for w in expected.walks]
    assert [(w.subject, w.visit, w.paths, w.facts, w.covariates) for w in found.walks] == facts


_CELL = st.text(st.characters(codec="utf-8"), max_size=12)


@given(rows=st.lists(st.lists(_CELL, min_size=1, max_size=6), max_size=6))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_is_read_or_its_faults_told(rows: list[list[str]], tmp_path: Path) -> None:
    path = tmp_path / "any.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["subject", "visit", "file", "age_y"], *rows])
    with pytest.raises(BadInputError) as raised:  # none of these files is there
        read_cohort(path)
    assert str(raised.value).isprintable()


def test_a_virtual_clinic_can_be_scored_as_it_is_and_says_that_it_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.npz").touch()
    head = "subject,visit,walk,view,file,label,group,synthetic,age_y,speed_mps"
    path = tmp_path / "cohort.csv"
    path.write_text(f"{head}\nP1,1,1,side,a.npz,none,healthy,true,70,1.2\n")
    cohort = read_cohort(path, RESERVED)
    assert cohort.covariates == ("group", "walk", "view", "label", "speed_mps")
    assert cohort.walks[0].synthetic
