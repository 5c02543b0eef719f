"""The plan of a study is read strictly, and held to the manifest before anything is scored."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigait.cohort.study_plan import StudyPlan, check_study, read_study
from clinigait.core import BadInputError
from support.cohorts import cohort_of


def _read(folder: Path, text: str) -> StudyPlan:
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return read_study(path)


def test_a_plan_is_read_and_its_hash_is_told(tmp_path: Path) -> None:
    plan = _read(tmp_path, "primary: [speed_mps]\nretest_visits: [1, 2]\ncovariates: [moca]\n")
    assert (plan.primary, plan.retest_visits, plan.columns) == (
        ("speed_mps",), ("1", "2"), ("moca",)
    )  # fmt: skip
    assert plan.about[-1][0] == "Plan"
    assert "SHA-256" in plan.about[-1][1]
    check_study(plan, cohort_of(tmp_path, ["a", "b"]))


@pytest.mark.parametrize(
    "text", ["", "- a", "x: [", "titel: x", "primary: 3", "retest_visits: [a]", "a: &b 1\nc: *b"]
)
def test_what_is_no_plan_is_one_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"study\.yaml"):
        _read(tmp_path, text)
    with pytest.raises(BadInputError, match="no plan"):
        read_study(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (StudyPlan(group="arm"), "column arm"),
        (StudyPlan(covariates=("x",)), "column x"),
        (StudyPlan(primary=("speed",)), "parameter speed"),
        (StudyPlan(reference_group="c"), "group c"),
        (StudyPlan(retest_visits=("1", "9")), "visit 9"),
    ],
)
def test_what_the_manifest_cannot_answer_is_refused(plan, told, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=told):
        check_study(plan, cohort_of(tmp_path, ["a", "b"]))
