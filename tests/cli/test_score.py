"""``clinigait manifest`` and ``score`` as a user meets them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from clinigait.cli.app import app
from clinigait.cli.score import counts_line, standing_line
from clinigait.cohort.engine import Counts
from clinigait.cohort.manifest import read_cohort
from clinigait.cohort.road import Standing, plan_of, score_cohort, standing
from clinigait.core import BadInputError
from clinigait.io.walk import write_walk
from clinigait.pipeline import assess
from support.cohorts import cohort_of, fake_plan, write_manifest
from support.walker import Gait, synthetic_walk


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _score(manifest: Path, out: Path, *more: object) -> Result:
    return _run("score", manifest, "--protocol", "walk_sagittal", "--out", out, *more)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    for name in ("P1/before/a", "P1/after/a", "P2/a", "-x"):
        path = folder / f"{name}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_walk(synthetic_walk(Gait(duration_s=6.0)), path)
    (folder / "P2" / "bad.npz").write_text("no walk")
    (folder / "P2" / "notes.txt").touch()
    assess(folder / "P2" / "a.npz", folder / "P2" / "assessed")
    return folder


def test_a_first_manifest_names_what_can_be_read_and_says_that_it_guesses(study, tmp_path) -> None:
    out = study / "cohort.csv"
    try:
        run = _run("manifest", study, "--out", out)
        assert run.exit_code == 0, run.exception
        assert "4 recordings" in run.output
        assert "guessed" in run.output
        assert "left out: P2/bad.npz" in run.output
        cohort = read_cohort(out)
        assert {(w.subject, w.visit, w.file) for w in cohort.walks} == {
            ("P1", "before", "P1/before/a.npz"), ("P1", "after", "P1/after/a.npz"),
            ("P2", "1", "P2/a.npz"), ("'-x", "1", "./-x.npz"),
        }  # fmt: skip
        assert all("guessed" in w.covariates["guessed"] for w in cohort.walks)
        again = _run("manifest", study, "--out", out)
        assert isinstance(again.exception, BadInputError)
        assert "is there already" in str(again.exception)
    finally:
        out.unlink(missing_ok=True)
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder in (empty, tmp_path / "none"):
        assert isinstance(
            _run("manifest", folder, "--out", tmp_path / "m.csv").exception, BadInputError
        )
    assert [p.name for p in tmp_path.iterdir()] == ["empty"]


def test_faults_of_a_manifest_are_listed_and_nothing_is_written(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, ["a", "b"])
    manifest.write_text("subject,visit,file\nA,,a.npz\nA,2,none.npz\n")
    run = _score(manifest, tmp_path / "r.parquet")
    assert isinstance(run.exception, BadInputError)
    assert run.output.splitlines() == [
        "line 2: there is no visit", "line 3: there is no file none.npz"
    ]  # fmt: skip
    assert {p.name for p in tmp_path.iterdir()} == {"a.npz", "b.npz", "cohort.csv"}


@pytest.mark.parametrize(
    ("out", "more"),
    [
        ("r.xlsx", ()),
        ("none/r.csv", ()),
        ("r.csv", ("--protocol", "nothing")),
        ("r.csv", ("--workers", "2", "--scheduler", "tcp://127.0.0.1:1")),
        ("r.csv", ("--resource", "GPU=x")),
        ("r.csv", ("--resource", "GPU=1")),
    ],
)
def test_what_cannot_be_is_said_before_the_work(out, more, tmp_path: Path) -> None:
    run = _score(write_manifest(tmp_path, ["a"]), tmp_path / out, *more)
    assert isinstance(run.exception, BadInputError), run.exception
    assert {p.name for p in tmp_path.iterdir()} == {"a.npz", "cohort.csv"}


def test_status_tells_from_what_is_kept(tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, ["a", "b", "c"])
    run = _score(manifest, tmp_path / "r.parquet", "--status")
    assert run.exit_code == 0, run.exception
    assert run.output == "0 of 3 walks done: 0 measured, 0 refused, 0 failed.\n"
    assert {p.name for p in tmp_path.iterdir()} == {"a.npz", "b.npz", "c.npz", "cohort.csv"}


def test_status_counts_each_walk_once_and_gives_the_time_left() -> None:
    line = standing_line(Standing(Counts(100, measured=40, refused=5, failed=5), 0.5))
    assert line == (
        "50 of 100 walks done: 40 measured, 5 refused, 5 failed. 30 walks a minute of late, "
        "0:01:40 left."
    )
    assert counts_line(Counts(2, 1, 2)).startswith("2 of 2 walks done (1 were done before)")


def test_other_walks_and_other_protocols_are_not_counted(tmp_path: Path) -> None:
    from clinigait.cohort.work import close_sandbox, score_walk

    cohort, plan = cohort_of(tmp_path, ["a", "refused", "b"]), fake_plan(tmp_path)
    for walk in cohort.walks[:2]:
        score_walk(walk, plan)
    Path(cohort.walks[0].paths[0]).write_text("changed")
    score_walk(cohort.walks[0], plan)
    close_sandbox()
    counts = standing(cohort, plan).counts
    assert (counts.total, counts.measured, counts.refused, counts.done) == (3, 1, 1, 2)
    other = plan_of(cohort, "walk_frontal", tmp_path / "results.csv")
    assert standing(cohort, other).counts.done == 0


@pytest.mark.slow
def test_a_study_from_manifest_to_tables(study: Path, tmp_path: Path) -> None:
    manifest = study / "cohort.csv"
    assert _run("manifest", study, "--out", manifest).exit_code == 0
    out = tmp_path / "results.csv"
    run = _score(manifest, out, "--workers", 1)
    assert run.exit_code == 0, run.exception
    assert "4 of 4 walks done: 4 measured" in run.output
    first = out.read_bytes()
    run = _score(manifest, out, "--workers", 1)
    assert "4 were done before" in run.output
    assert out.read_bytes() == first
    assert _score(manifest, out, "--workers", 1, "--reports").exit_code == 0
    reports = list((tmp_path / "results_reports").iterdir())
    assert len(reports) == 4
    assert all((report / "report.pdf").is_file() for report in reports)
    cohort = read_cohort(manifest)
    plan = plan_of(cohort, "walk_sagittal", out)
    assert score_cohort(cohort, plan, out).kept == 4
