"""A walk is scored once, kept, and scored again only where something has changed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clinigait.cohort import work
from clinigait.cohort.pieces import Pieces
from clinigait.cohort.work import close_sandbox, score_walk
from clinigait.core import BadInputError
from support.cohorts import MADE, cohort_of, fake_plan, scored


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_sandbox()


def test_a_second_run_finds_what_the_first_kept(tmp_path: Path) -> None:
    (walk,), plan = cohort_of(tmp_path, ["a"]).walks, fake_plan(tmp_path)
    first, second = score_walk(walk, plan), score_walk(walk, plan)
    assert (first.how, second.how) == ("made", "kept")
    assert (first.key, first.status) == (second.key, "measured")
    assert scored(tmp_path) == {"a.npz": 1}
    kept = Pieces(Path(plan.kept)).read(first.key)
    assert kept.parameters[0]["value"] == 1.0
    assert kept.facts["protocol_sha256"] == MADE.protocol_sha256
    assert len(kept.facts["input_sha256"]) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"made": replace(MADE, protocol_sha256="q" * 64)},
        {"made": replace(MADE, bundles_sha256="q" * 64)},
        {"made": replace(MADE, versions_sha256="q" * 64)},
    ],
    ids=["protocol", "models", "versions"],
)
def test_what_made_a_result_is_part_of_its_name(change: dict, tmp_path: Path) -> None:
    (walk,) = cohort_of(tmp_path, ["a"]).walks
    first = score_walk(walk, fake_plan(tmp_path))
    again = score_walk(walk, fake_plan(tmp_path, **change))
    assert again.how == "made"
    assert again.key != first.key


@pytest.mark.parametrize("change", ["content", "height"])
def test_a_changed_recording_or_person_is_scored_again(change: str, tmp_path: Path) -> None:
    (walk,), plan = cohort_of(tmp_path, ["a"]).walks, fake_plan(tmp_path)
    score_walk(walk, plan)
    if change == "content":
        Path(walk.paths[0]).write_text("another")
    else:
        walk = replace(walk, facts={**walk.facts, "height_m": 1.8})
    assert score_walk(walk, plan).how == "made"


def test_a_changed_covariate_or_line_changes_no_result(tmp_path: Path) -> None:
    (walk,), plan = cohort_of(tmp_path, ["a"]).walks, fake_plan(tmp_path)
    score_walk(walk, plan)
    assert score_walk(replace(walk, line=9, covariates={"group": "z"}), plan).how == "kept"


@pytest.mark.parametrize(("name", "code"), [("crash", "crashed"), ("hang", "time_limit")])
def test_a_poisonous_walk_fails_after_two_tries_and_stays_failed(
    name: str, code: str, tmp_path: Path
) -> None:
    (walk,), plan = cohort_of(tmp_path, [name]).walks, fake_plan(tmp_path, limit_s=1.0)
    first = score_walk(walk, plan)
    assert (first.how, first.status, first.code) == ("made", "failed", code)
    assert "2 times" in first.reason
    assert score_walk(walk, plan).how == "kept"
    assert scored(tmp_path) == {f"{name}.npz": 2}
    assert score_walk(walk, replace(plan, again=True)).how == "made"
    assert scored(tmp_path) == {f"{name}.npz": 4}


def test_a_recording_that_is_gone_is_told_and_not_kept(tmp_path: Path) -> None:
    (walk,), plan = cohort_of(tmp_path, ["a"]).walks, fake_plan(tmp_path)
    Path(walk.paths[0]).unlink()
    outcome = score_walk(walk, plan)
    assert (outcome.how, outcome.key, outcome.code) == ("lost", None, "unreadable")
    assert not Path(plan.kept).exists()


def test_a_full_disk_fails_no_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (walk, other), plan = cohort_of(tmp_path, ["a", "full"]).walks, fake_plan(tmp_path)
    assert score_walk(other, plan).how == "full"

    def refuse(*_: object) -> None:
        raise BadInputError("x cannot be written: No space left on device.", "Make room.")

    monkeypatch.setattr(work.Pieces, "keep", refuse)
    assert score_walk(walk, plan).how == "full"
    assert not Path(plan.kept).exists()


def test_a_damaged_result_is_made_anew(tmp_path: Path) -> None:
    (walk,), plan = cohort_of(tmp_path, ["a"]).walks, fake_plan(tmp_path)
    kept = Pieces(Path(plan.kept)).path(score_walk(walk, plan).key)
    whole = kept.read_bytes()
    for damage in (b"", whole[:-40], whole.replace(b"measured", b"marvelous"), b"[]\n[]\n"):
        kept.write_bytes(damage)
        assert score_walk(walk, plan).how == "made"
        assert kept.read_bytes() == whole


def test_without_a_report_a_walk_is_not_done_where_one_is_wanted(tmp_path: Path) -> None:
    (walk,), plan = cohort_of(tmp_path, ["a"]).walks, fake_plan(tmp_path)
    score_walk(walk, plan)
    wanted = replace(plan, reports=str(tmp_path / "reports"))
    assert score_walk(walk, wanted).how == "made"
    folder = work.report_folder(walk, wanted, score_walk(walk, wanted).key)
    assert folder.name.startswith("P0_1_")
    folder.mkdir(parents=True)
    (folder / "assessment.json").touch()
    assert score_walk(walk, wanted).how == "kept"


def test_a_hostile_name_of_a_person_leaves_the_folder_of_reports_not(tmp_path: Path) -> None:
    (walk,) = cohort_of(tmp_path, ["a"]).walks
    plan = fake_plan(tmp_path, reports=str(tmp_path / "reports"))
    for subject in ("../../etc", "/abs", "..", "a/b", "=1+1", "ß" * 64):
        folder = work.report_folder(replace(walk, subject=subject), plan, "key")
        assert folder.resolve().parent == tmp_path / "reports"
