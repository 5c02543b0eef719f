"""The tables: every walk is in them, with its number or the reason why there is none."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet

from clinigait.cohort.pieces import Pieces
from clinigait.cohort.study_plan import StudyPlan
from clinigait.cohort.study_table import checked
from clinigait.cohort.tables import read_results, wide_path, write_results
from clinigait.cohort.walks import Cohort
from clinigait.cohort.work import Outcome, close_sandbox, score_walk
from clinigait.core import BadInputError
from support.cohorts import cohort_of, fake_plan

_NAMES = ["a", "refused", "crash", "b"]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Cohort, list[Outcome], Pieces]:
    folder = tmp_path_factory.mktemp("cohort")
    cohort, plan = cohort_of(folder, _NAMES), fake_plan(folder)
    outcomes = [score_walk(walk, plan) for walk in cohort.walks]
    close_sandbox()
    return cohort, outcomes, Pieces(Path(plan.kept))


def test_the_long_table_has_a_row_a_parameter_and_one_a_walk_without(scored, tmp_path) -> None:
    cohort, outcomes, pieces = scored
    out = tmp_path / "results.parquet"
    wide = write_results(cohort, outcomes, pieces, out)
    rows = parquet.read_table(out).to_pylist()
    told = [
        (r["file"], r["status"], r["code"], r["parameter"], r["side"], r["value"]) for r in rows
    ]
    assert told == [
        ("a.npz", "measured", None, "speed_mps", "both", 1.0),
        ("a.npz", "measured", None, "step_time_s", "left", None),
        ("refused.npz", "refused", "too_few_strides", None, None, None),
        ("crash.npz", "failed", "crashed", None, None, None),
        ("b.npz", "measured", None, "speed_mps", "both", 4.0),
        ("b.npz", "measured", None, "step_time_s", "left", None),
    ]
    assert [r["reason"] for r in rows[:3]] == [None, "Unseen.", "Too few strides."]
    assert {r["group"] for r in rows} == {"a", "b"}
    assert [r["moca"] for r in rows] == [0.0, 0.0, 1.0, 2.0, 3.0, 3.0]
    assert all(len(r["input_sha256"]) == 64 and r["protocol_sha256"] for r in rows)
    wide_rows = parquet.read_table(wide).to_pylist()
    assert [(r["file"], r["speed_mps"], r["step_time_s_left"]) for r in wide_rows] == [
        ("a.npz", 1.0, None), ("refused.npz", None, None), ("crash.npz", None, None),
        ("b.npz", 4.0, None),
    ]  # fmt: skip
    assert sorted(p.name for p in tmp_path.iterdir()) == ["results.parquet", "results_wide.parquet"]


def test_csv_says_the_same(scored, tmp_path: Path) -> None:
    write_results(*scored, tmp_path / "r.parquet")
    write_results(*scored, tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(newline="") as file:
        found = list(csv.DictReader(file))
    expected = parquet.read_table(tmp_path / "r.parquet").to_pylist()
    assert list(found[0]) == list(expected[0])
    for one, other in zip(found, expected, strict=True):
        assert one["value"] == ("" if other["value"] is None else repr(other["value"]))
        assert one["reason"] == (other["reason"] or "")


def test_a_table_says_whose_keypoints_synthetic_walkers_taught(scored, tmp_path: Path) -> None:
    cohort, outcomes, kept = scored
    pieces = Pieces(tmp_path / "kept")
    first, *others = outcomes
    for one in (first, outcomes[3]):  # what was kept before says nothing of it
        piece = kept.read(one.key)
        facts = {**piece.facts, "pose_synthetic": True} if one is first else piece.facts
        pieces.keep(one.key, replace(piece, facts=facts))
    write_results(cohort, [first, *others], pieces, tmp_path / "r.parquet")
    for name in ("r", "r_wide"):
        rows = parquet.read_table(tmp_path / f"{name}.parquet").to_pylist()
        assert {r["pose_synthetic"] for r in rows if r["file"] == "a.npz"} == {True}
        assert {r["pose_synthetic"] for r in rows if r["file"] != "a.npz"} == {None}
        assert not any(r["synthetic"] for r in rows)
    assert checked(read_results(tmp_path / "r.parquet"), StudyPlan()).pose_synthetic


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_results_of_before_have_no_such_column_and_are_read(scored, tmp_path, suffix) -> None:
    out = tmp_path / f"r{suffix}"
    write_results(*scored, out)
    older = read_results(out).drop(columns="pose_synthetic")
    older.to_csv(out, index=False) if suffix == ".csv" else older.to_parquet(out)
    assert not checked(read_results(out), StudyPlan()).pose_synthetic


def test_the_order_of_the_manifest_changes_the_order_of_the_rows_only(scored, tmp_path) -> None:
    cohort, outcomes, pieces = scored
    order = [2, 0, 3, 1]
    shuffled = replace(cohort, walks=tuple(cohort.walks[n] for n in order))
    write_results(cohort, outcomes, pieces, tmp_path / "a.parquet")
    write_results(shuffled, [outcomes[n] for n in order], pieces, tmp_path / "b.parquet")
    for name in ("a", "a_wide"):
        one = parquet.read_table(tmp_path / f"{name}.parquet").to_pylist()
        other = parquet.read_table(tmp_path / f"{name.replace('a', 'b', 1)}.parquet").to_pylist()
        assert sorted(map(str, one)) == sorted(map(str, other))


def test_what_is_lost_is_told_as_failed(scored, tmp_path: Path) -> None:
    cohort, outcomes, pieces = scored
    lost = [Outcome("lost", code="worker_lost", reason="Gone."), replace(outcomes[1], key="0-0")]
    write_results(cohort, [*lost, *outcomes[2:]], pieces, tmp_path / "r.parquet")
    rows = parquet.read_table(tmp_path / "r.parquet").to_pylist()
    assert [(r["status"], r["code"]) for r in rows[:2]] == [
        ("failed", "worker_lost"), ("failed", "not_kept")
    ]  # fmt: skip


def test_older_tables_stay_where_new_ones_cannot_be_written(scored, tmp_path, monkeypatch) -> None:
    out = tmp_path / "r.csv"
    out.write_text("old")
    wide_path(out).write_text("old")
    real = Path.open

    def full(self: Path, *args: object, **kwargs: object) -> object:
        if self.suffix == ".part" and list(tmp_path.glob(".*.part")):
            raise OSError(28, "No space left on device")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(BadInputError, match="No space left"):
        write_results(*scored, out)
    monkeypatch.undo()
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        "r.csv": "old",
        "r_wide.csv": "old",
    }
