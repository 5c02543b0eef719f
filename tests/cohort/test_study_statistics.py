"""The statistics of a study, held to known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

pytest.importorskip("statsmodels")

from statsmodels.regression.mixed_linear_model import MixedLM
from statsmodels.stats.multitest import multipletests

from clinigait.cohort import study_models
from clinigait.cohort.study_compare import compare, subgroup_tests
from clinigait.cohort.study_models import NotFitted, fit
from clinigait.cohort.study_multiplicity import benjamini_hochberg, holm
from clinigait.cohort.study_plan import StudyPlan
from clinigait.cohort.study_retest import retest
from clinigait.cohort.study_table import checked
from support.studies import SPEED, orthodont, rows_of, simulated

ONE_QUESTION = StudyPlan(primary=(SPEED,), reference_group="control")


# ---------------------------------------------------------------- mixed models


def test_the_mixed_model_gives_what_is_published_of_potthoff_and_roy() -> None:
    # Pinheiro & Bates 2000, doi 10.1007/b98882: distance ~ age + Sex, random = ~1 | Subject.
    rows = orthodont()
    people = np.unique(rows["subject"], return_inverse=True)[1]
    columns = np.column_stack(
        [np.ones(len(rows)), rows["age"], (rows["group"] == "girls").to_numpy(float)]
    )
    found = fit(rows["value"].to_numpy(float), columns, people)
    assert found.coefficients == pytest.approx([17.706713, 0.660185, -2.321023], abs=2e-6)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(
        [0.8339225, 0.0616059, 0.7614168], abs=2e-5
    )
    assert (found.between_sd, found.within_sd) == pytest.approx((1.807425, 1.431592), abs=2e-5)
    assert found.freedom == (25, 80)
    assert found.effect(np.array([0.0, 0, 1])).p == pytest.approx(0.0054, abs=5e-5)


def test_a_balanced_study_gives_the_t_test_of_the_means_of_people() -> None:
    rows = simulated(np.random.default_rng(2), 0.2, people=9, visits=3)
    contrast = compare(checked(rows, ONE_QUESTION))[0]
    means = rows.groupby(["group", "subject"])["value"].mean()
    expected = stats.ttest_ind(means["patient"], means["control"])
    interval = expected.confidence_interval()
    assert contrast.model == "mixed"
    assert contrast.effect.estimate == pytest.approx(
        means["patient"].mean() - means["control"].mean()
    )
    assert (contrast.effect.low, contrast.effect.high) == pytest.approx(tuple(interval), abs=1e-5)
    assert contrast.effect.p == pytest.approx(expected.pvalue, rel=1e-3)
    assert (contrast.n_people, contrast.n_walks) == (18, 54)


def test_unbalanced_studies_give_what_statsmodels_gives() -> None:
    rng = np.random.default_rng(5)
    people = np.repeat(np.arange(30), rng.integers(1, 6, 30))
    columns = np.column_stack([np.ones(len(people)), people % 2, rng.normal(size=len(people))])
    values = columns @ [1, 0.5, 0.2] + rng.normal(size=30)[people] + rng.normal(size=len(people))
    found = fit(values, columns, people)
    expected = MixedLM(values, columns, people).fit(reml=True)
    assert found.coefficients == pytest.approx(expected.fe_params, rel=1e-4)
    # Ours are those of generalised least squares, theirs of the observed information.
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(expected.bse_fe, rel=0.02)


def test_where_everybody_has_one_walk_the_model_is_plain_and_says_so() -> None:
    rows = simulated(np.random.default_rng(1), 0.3, people=20, visits=1)
    contrast = compare(checked(rows, ONE_QUESTION))[0]
    assert contrast.model == "plain"
    assert "one walk" in contrast.note
    by_group = rows.groupby("group")["value"]
    # HC3 of two groups: each variance over its n - 1 (hand-worked from the leverage 1/n).
    error = np.sqrt(
        sum(by_group.get_group(g).var(ddof=0) * 20 / 19**2 for g in ("control", "patient"))
    )
    half = stats.t.ppf(0.975, 38) * error
    assert contrast.effect.high - contrast.effect.estimate == pytest.approx(half, rel=1e-6)


def test_very_many_people_are_compared_by_robust_errors(monkeypatch) -> None:
    rows = simulated(np.random.default_rng(1), 0.3, people=30, visits=2)
    mixed = compare(checked(rows, ONE_QUESTION))[0]
    monkeypatch.setattr(study_models, "MOST_PEOPLE", 10)
    plain = compare(checked(rows, ONE_QUESTION))[0]
    assert (mixed.model, plain.model) == ("mixed", "plain")
    assert "cluster-robust" in plain.note
    assert plain.effect.estimate == pytest.approx(mixed.effect.estimate)
    assert plain.effect.low == pytest.approx(mixed.effect.low, abs=0.02)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([1.0, 1.0, 1.0, 1.0, 1.0, 1.0], "equal"),
        ([1.0, 2.0], "few"),
    ],
)
def test_what_cannot_be_fitted_is_told(values: list[float], why: str) -> None:
    n = len(values)
    columns = np.column_stack([np.ones(n), np.arange(n) % 2])
    with pytest.raises(NotFitted, match=why):
        fit(np.array(values), columns, np.arange(n))


def test_a_covariate_that_is_the_group_is_told() -> None:
    rows = simulated(np.random.default_rng(0))
    rows["ward"] = rows["group"].map({"control": "A", "patient": "B"})
    plan = StudyPlan(covariates=("ward",))
    contrast = compare(checked(rows, plan))[0]
    assert contrast.effect is None
    assert "hang together" in contrast.note


def test_a_comparison_is_adjusted_for_a_covariate() -> None:
    rng = np.random.default_rng(4)
    rows = simulated(rng, 0.0, people=40)
    age = {who: 60 + 15 * ("patient" in who) + rng.normal(0, 5) for who in rows["subject"].unique()}
    rows["age_y"] = rows["subject"].map(age)
    rows["value"] -= 0.03 * (rows["age_y"] - 60)
    crude = compare(checked(rows, StudyPlan(reference_group="control")))[0].effect
    plan = StudyPlan(reference_group="control", covariates=("age_y",))
    adjusted = compare(checked(rows, plan))[0].effect
    assert crude.high < -0.2
    assert adjusted.low < 0 < adjusted.high


def test_walks_without_a_covariate_are_left_out_and_counted() -> None:
    rows = simulated(np.random.default_rng(4))
    rows["age_y"] = [
        None if who == "patient-3" else 70 + i % 7 for i, who in enumerate(rows["subject"])
    ]
    contrast = compare(checked(rows, StudyPlan(covariates=("age_y",))))[0]
    assert (contrast.left_out, contrast.n_people) == (2, 23)


@pytest.mark.slow
def test_intervals_cover_and_the_null_is_rejected_as_often_as_it_should() -> None:
    rng, n = np.random.default_rng(11), 1000
    covered = rejected = 0
    for _ in range(n):
        effect = compare(checked(simulated(rng, 0.1, people=6, visits=2), ONE_QUESTION))[0].effect
        covered += effect.low <= 0.1 <= effect.high
        null = compare(checked(simulated(rng, 0.0, people=6, visits=2), ONE_QUESTION))[0].effect
        rejected += null.p < 0.05
    # Three standard errors of a share of 1000 at 5 % are 0.021.
    assert covered / n == pytest.approx(0.95, abs=0.021)
    assert rejected / n == pytest.approx(0.05, abs=0.021)


@pytest.mark.slow
def test_the_plain_model_is_no_bolder_than_it_says() -> None:
    rng, n = np.random.default_rng(12), 1000
    rejected = 0
    for _ in range(n):
        found = compare(checked(simulated(rng, 0.0, people=10, visits=1), ONE_QUESTION))[0]
        rejected += found.effect.p < 0.05
    assert rejected / n < 0.05 + 0.021


# ---------------------------------------------------------------- subgroups


def _with_sex(difference: dict[str, float], seed: int = 3, people: int = 24) -> pd.DataFrame:
    rows = simulated(np.random.default_rng(seed), 0.0, people=people)
    number = rows["subject"].str.rsplit("-", n=1).str[1].astype(int)
    rows["sex"] = np.where(number % 2, "female", "male")
    rows["value"] += rows["sex"].map(difference) * (rows["group"] == "patient")
    return rows


def test_an_interaction_that_is_there_is_found_and_one_that_is_not_is_not() -> None:
    plan = StudyPlan(primary=(SPEED,), reference_group="control", subgroups=("sex",))
    alike = subgroup_tests(checked(_with_sex({"female": -0.3, "male": -0.3}), plan))[0]
    apart = subgroup_tests(checked(_with_sex({"female": -0.5, "male": 0.1}), plan))[0]
    assert alike.p > 0.05
    assert apart.p < 0.001
    effects = {each.level: each.effect.estimate for each in apart.levels}
    assert effects["female"] == pytest.approx(-0.5, abs=0.15)
    assert effects["male"] == pytest.approx(0.1, abs=0.15)
    assert [each.n_people for each in apart.levels] == [(12, 12), (12, 12)]


def test_the_interaction_of_a_balanced_study_is_that_of_the_means_of_people() -> None:
    plan = StudyPlan(reference_group="control", subgroups=("sex",))
    rows = _with_sex({"female": -0.2, "male": 0.0}, people=16)
    found = subgroup_tests(checked(rows, plan))[0]
    means = rows.groupby(["group", "sex", "subject"])["value"].mean()
    cells = {
        key: means[key]
        for key in ((g, s) for g in ("control", "patient") for s in ("female", "male"))
    }
    pooled = np.mean([cell.var(ddof=1) for cell in cells.values()])
    double = (cells["patient", "male"].mean() - cells["control", "male"].mean()) - (
        cells["patient", "female"].mean() - cells["control", "female"].mean()
    )
    t = double / np.sqrt(pooled * 4 / 8)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), 28), rel=1e-3)


def test_a_part_with_too_few_people_is_left_out_and_told() -> None:
    rows = _with_sex({"female": 0.0, "male": 0.0})
    rows.loc[rows["subject"] == "patient-1", "sex"] = "other"
    found = subgroup_tests(checked(rows, StudyPlan(subgroups=("sex",))))[0]
    assert "other" in found.note
    assert {each.level for each in found.levels} == {"female", "male"}


@pytest.mark.slow
def test_interactions_are_found_by_chance_as_often_as_they_should() -> None:
    plan = StudyPlan(primary=(SPEED,), reference_group="control", subgroups=("sex",))
    p = [
        subgroup_tests(checked(_with_sex({"female": 0.2, "male": 0.2}, seed, 8), plan))[0].p
        for seed in range(1000)
    ]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.021)


# ---------------------------------------------------------------- multiplicity


def test_holm_by_hand() -> None:
    # 4 x 0.005, 3 x 0.01, 2 x 0.03, 1 x 0.04 raised to its forerunner.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_benjamini_and_hochberg_by_hand() -> None:
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4/1, 4/2, 4/3, 4/4: the smallest from the right on.
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.02, 0.04, 0.04, 0.02))


def test_the_example_of_benjamini_and_hochberg() -> None:
    # Table of section 3.2 of doi 10.1111/j.2517-6161.1995.tb02031.x: four are found at 0.05,
    # three by Bonferroni and by Holm.
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240,
         0.4262, 0.5719, 0.6528, 0.7590, 1.0000]  # fmt: skip
    assert sum(q <= 0.05 for q in benjamini_hochberg(p)) == 4
    assert sum(q <= 0.05 for q in holm(p)) == 3


def test_adjusted_p_values_are_those_of_statsmodels_and_missing_ones_do_not_count() -> None:
    p = np.random.default_rng(0).uniform(size=20) ** 3
    with_gap = [*p[:7].tolist(), None, *p[7:].tolist()]
    for adjust, name in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        found = adjust(with_gap)
        assert found[7] is None
        expected = multipletests(p, method=name)[1]
        assert [q for q in found if q is not None] == pytest.approx(expected.tolist())
    assert holm([]) == benjamini_hochberg([]) == ()


def test_primary_and_exploratory_parameters_are_adjusted_apart() -> None:
    rng = np.random.default_rng(6)
    rows = pd.concat(
        [simulated(rng, 0.2)] + [simulated(rng).assign(parameter=f"other_{i}_s") for i in range(5)]
    )
    found = compare(checked(rows, ONE_QUESTION))
    primary = [c for c in found if c.primary]
    assert len(primary) == 1
    assert primary[0].adjusted_p == pytest.approx(primary[0].effect.p)
    others = [c for c in found if not c.primary]
    expected = benjamini_hochberg([c.effect.p for c in others])
    assert [c.adjusted_p for c in others] == pytest.approx(list(expected))


# ---------------------------------------------------------------- retest


def test_the_icc_of_two_visits_by_hand() -> None:
    # Five people: MS between 2.5 x 2, a shift of 0.2: worked by hand from the table of variance.
    first = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    second = first + np.array([0.1, 0.3, 0.2, 0.1, 0.3])
    rows = rows_of({"a": np.column_stack([first, second]).tolist()})
    found = retest(checked(rows, StudyPlan()))[0]
    pairs = np.column_stack([first, second])
    people = 2 * pairs.mean(axis=1).var(ddof=1)
    visits = 5 * pairs.mean(axis=0).var(ddof=1)
    error = (second - first).var(ddof=1) / 2
    assert found.icc == pytest.approx(
        (people - error) / (people + error + 2 * (visits - error) / 5)
    )
    assert found.sem == pytest.approx(np.sqrt(0.01) / np.sqrt(2))
    assert found.mdc == pytest.approx(1.959964 * 0.1)
    assert found.shift == pytest.approx(0.2)
    assert found.low < found.icc < found.high


def test_the_icc_of_simulated_people_is_the_commanded_one() -> None:
    rows = simulated(np.random.default_rng(8), people=1500, sd=(0.15, 0.075))
    found = next(one for one in retest(checked(rows, StudyPlan())) if one.group == "control")
    assert found.icc == pytest.approx(0.8, abs=0.03)
    assert found.sem == pytest.approx(0.075, rel=0.05)


def test_people_with_one_visit_are_not_part_of_the_retest() -> None:
    rows = rows_of({"a": [[1.0, 1.1], [2.0, 2.1], [3.0, None], [4.0, 4.2]]})
    assert retest(checked(rows, StudyPlan()))[0].n_people == 3
    few = retest(checked(rows_of({"a": [[1.0, 1.1], [2.0, 2.1]]}), StudyPlan()))[0]
    assert (few.icc, few.sem) == (None, None)
    assert retest(checked(rows_of({"a": [[1.0], [2.0]]}), StudyPlan())) == ()
