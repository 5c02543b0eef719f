"""Statistics of classifiers against tables by hand and against their definitions."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from clinigait.stats import (
    calibration_error,
    classification_metrics,
    confusion,
    paired_comparison,
    wilson_interval,
)
from clinigait.stats import classification as module

CLASSES = ("robust", "pre_frail", "frail")
#: Rows: right class; columns: what it was called.
TABLE = np.array([[8.0, 2, 0], [3, 5, 2], [1, 1, 3]])


def rows_of(table: np.ndarray):
    """Labels and near-certain probabilities that have this confusion."""
    labels, called = (np.repeat(i.ravel(), table.astype(int).ravel()) for i in np.indices((3, 3)))
    return labels, 0.04 / 3 + 0.96 * np.eye(3)[called]


def drawn(seed: int, n: int = 60, skill: float = 1.0):
    rng = np.random.default_rng(seed)
    labels = np.r_[np.arange(3), rng.integers(0, 3, n - 3)]
    scores = skill * np.eye(3)[labels] + rng.normal(0, 1, (n, 3))
    return labels, softmax(scores, axis=1), rng.integers(0, 15, n)


def test_a_table_by_hand() -> None:
    assert float(module.accuracy(TABLE)) == 16 / 25
    recalls, precisions = np.array([0.8, 0.5, 0.6]), np.array([8 / 12, 5 / 8, 3 / 5])
    assert float(module.balanced_accuracy(TABLE)) == pytest.approx(recalls.mean())
    assert float(module.macro_precision(TABLE)) == pytest.approx(precisions.mean())
    f1 = 2 * recalls * precisions / (recalls + precisions)
    assert float(module.macro_f1(TABLE)) == pytest.approx(f1.mean())
    assert module.sensitivity(TABLE) == pytest.approx(recalls)
    assert module.specificity(TABLE) == pytest.approx([11 / 15, 12 / 15, 18 / 20])
    assert float(module.mean_class_distance(TABLE)) == pytest.approx((2 + 3 + 2 + 1 + 2 * 1) / 25)


def test_kappa_of_the_textbook() -> None:
    # Cohen's two raters over fifty cases: 20 and 15 agreed, 5 and 10 not: (0.7 - 0.5) / 0.5.
    assert float(module.kappa(np.array([[20.0, 5], [10, 15]]))) == pytest.approx(0.4)


@pytest.mark.parametrize("power", [0, 1, 2])
@given(st.lists(st.integers(0, 9), min_size=9, max_size=9))
def test_kappa_is_agreement_beyond_chance(power: int, cells: list[int]) -> None:
    table = np.array(cells, float).reshape(3, 3)
    if len(set(np.flatnonzero(table.sum(0))) | set(np.flatnonzero(table.sum(1)))) < 2:
        return
    share = table / table.sum()
    agree = 1 - np.abs(np.subtract.outer(range(3), range(3))) ** power / 2**power
    if power == 0:
        agree = np.eye(3)
    by_chance = (agree * np.outer(share.sum(1), share.sum(0))).sum()
    expected = ((agree * share).sum() - by_chance) / (1 - by_chance)
    assert float(module.kappa(table, power)) == pytest.approx(expected)


def test_one_class_alone_has_no_kappa_and_no_area() -> None:
    assert np.isnan(module.kappa(np.diag([7.0, 0, 0])))
    p = np.tile([0.8, 0.1, 0.1], (4, 1))
    found = classification_metrics(
        np.zeros(4, int), p, list("abcd"), CLASSES, ordered=True, seed=0, n_resamples=50
    )
    assert found["kappa"] is None
    assert found["auc_macro"] is None
    assert found["accuracy"] == found["balanced_accuracy"] == 1.0
    assert found["per_class"]["frail"]["sensitivity"] is None


@given(st.integers(0, 2**31), st.integers(4, 25))
@settings(max_examples=40, deadline=None)
def test_the_area_is_the_chance_that_a_positive_row_lies_higher(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    p = softmax(rng.integers(0, 3, (n, 3)).astype(float), axis=1)  # many ties
    areas = []
    for k in range(3):
        yes, no = p[labels == k, k], p[labels != k, k]
        if len(yes) and len(no):
            gap = np.subtract.outer(yes, no)
            areas.append(np.mean((gap > 0) + 0.5 * (gap == 0)))
    found = module.auc_macro(p, labels, np.ones((1, n)))[0]
    assert found == pytest.approx(np.mean(areas), nan_ok=not areas)


def test_weights_of_the_bootstrap_count_as_repeated_rows() -> None:
    labels, p, _ = drawn(3)
    weights = np.random.default_rng(2).integers(0, 3, (6, 60))
    found = module.auc_macro(p, labels, weights.astype(float))
    for row, area in zip(weights, found, strict=True):
        repeated = np.repeat(p, row, axis=0), np.repeat(labels, row)
        once = np.ones((1, row.sum()))
        assert area == pytest.approx(module.auc_macro(*repeated, once)[0])


def test_a_class_that_is_never_predicted_has_no_precision_but_counts() -> None:
    table = np.array([[4.0, 0, 0], [4, 0, 0], [0, 0, 0]])
    assert float(module.macro_precision(table)) == pytest.approx((0.5 + 0) / 2)
    assert float(module.macro_f1(table)) == pytest.approx((2 / 3 + 0) / 2)


def test_the_flat_table_is_complete_and_can_be_written() -> None:
    labels, p, people = drawn(0)
    found = classification_metrics(
        labels, p, people, CLASSES, ordered=True, seed=1, n_resamples=200
    )
    json.dumps(found, allow_nan=False)
    named = {key.removesuffix("_ci95") for key in found if key.endswith("_ci95")}
    assert named == {
        "accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "kappa",
        "kappa_linear", "kappa_quadratic", "mean_class_distance", "auc_macro",
        "calibration_error", "classwise_calibration_error", "brier", "nll",
    }  # fmt: skip
    for name in named - {"calibration_error", "classwise_calibration_error"}:
        low, high = found[f"{name}_ci95"]
        assert low <= found[name] <= high
    assert found["calibration_error"] == pytest.approx(calibration_error(p, labels))
    assert np.sum(found["confusion"]) == found["n"] == 60
    assert found["people"] == len(set(people.tolist()))
    assert found["intervals_note"].startswith(f"Only {found['people']} people")
    unordered = classification_metrics(
        labels, p, people, CLASSES, ordered=False, seed=1, n_resamples=10
    )
    assert set(found) - set(unordered) == {
        f"{name}{end}"
        for name in ("kappa_linear", "kappa_quadratic", "mean_class_distance")
        for end in ("", "_ci95")
    }


def test_intervals_of_sensitivity_count_people_not_walks() -> None:
    labels, p = rows_of(TABLE)
    alone = classification_metrics(
        labels, p, np.arange(25), CLASSES, ordered=True, seed=0, n_resamples=20
    )["per_class"]
    assert alone["robust"]["sensitivity_ci95"] == pytest.approx(wilson_interval(0.8, 10))
    assert alone["frail"]["specificity_ci95"] == pytest.approx(wilson_interval(0.9, 20))
    repeated = classification_metrics(
        np.repeat(labels, 4), np.repeat(p, 4, axis=0), np.repeat(np.arange(25), 4), CLASSES,
        ordered=True, seed=0, n_resamples=20,
    )["per_class"]  # fmt: skip
    for name in CLASSES:
        for what in ("sensitivity_ci95", "specificity_ci95", "people"):
            assert repeated[name][what] == alone[name][what]


@given(st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    labels, p, people = drawn(seed)
    order = np.random.default_rng(seed).permutation(60)
    one, other = (
        classification_metrics(
            labels[i], p[i], people[i], CLASSES, ordered=True, seed=5, n_resamples=50
        )
        for i in (np.arange(60), order)
    )
    for name, value in one.items():
        if name not in {"per_class", "confusion", "intervals_note", "calibration_error_floor"}:
            assert other[name] == pytest.approx(value), name
    assert one["confusion"] == other["confusion"]


def test_walks_of_one_person_are_not_more_evidence_than_one() -> None:
    labels, p, _ = drawn(7, n=40)
    alone = classification_metrics(
        labels, p, np.arange(40), CLASSES, ordered=False, seed=0, n_resamples=400
    )
    many = classification_metrics(
        np.repeat(labels, 5), np.repeat(p, 5, axis=0), np.repeat(np.arange(40), 5), CLASSES,
        ordered=False, seed=0, n_resamples=400,
    )  # fmt: skip
    assert many["accuracy_ci95"] == pytest.approx(alone["accuracy_ci95"])
    one = classification_metrics(
        labels, p, np.zeros(40), CLASSES, ordered=False, seed=0, n_resamples=20
    )
    assert one["accuracy_ci95"] == [None, None]
    assert one["intervals_note"] == "Only 1 person: there are no intervals."


def test_a_draw_without_a_class_is_no_better_for_it() -> None:
    labels, p = np.arange(9) % 3, np.tile([0.8, 0.1, 0.1], (9, 1))
    found = classification_metrics(labels, p, np.arange(9), CLASSES, ordered=True, seed=0)
    assert found["balanced_accuracy_ci95"] == pytest.approx([1 / 3, 1 / 3])
    assert found["auc_macro_ci95"] == [0.5, 0.5]
    # Where most draws lose a class there is no interval, rather than one of something else.
    few = classification_metrics(labels[:3], p[:3], np.arange(3), CLASSES, ordered=True, seed=0)
    assert few["balanced_accuracy"] == pytest.approx(1 / 3)
    assert few["balanced_accuracy_ci95"] == [None, None]
    assert few["accuracy_ci95"] != [None, None]


def test_two_models_are_compared_on_the_same_draws_of_people() -> None:
    labels, before, people = drawn(11, n=120, skill=0.5)
    after = softmax(np.log(before) + 0.6 * np.eye(3)[labels], axis=1)
    found = paired_comparison(labels, before, after, people, CLASSES, ordered=True)
    for name, one in found.items():
        assert one.difference.value == pytest.approx(one.after - one.before), name
    gain, alone = (
        found["accuracy"],
        np.ptp(
            classification_metrics(labels, before, people, CLASSES, ordered=True, seed=0)[
                "accuracy_ci95"
            ]
        ),
    )
    assert gain.difference.low > 0
    assert gain.difference.high - gain.difference.low < alone * np.sqrt(2)
    assert found["nll"].difference.high < 0
    assert found["mean_class_distance"].difference.high < 0


def test_a_model_differs_from_itself_by_nothing() -> None:
    labels, p, people = drawn(2)
    for one in paired_comparison(labels, p, p, people, CLASSES, ordered=False).values():
        assert (one.difference.value, one.difference.low, one.difference.high) == (0, 0, 0)


def test_confusion_counts() -> None:
    labels, p = rows_of(TABLE)
    assert (confusion(labels, p.argmax(axis=1), 3) == TABLE).all()


@pytest.mark.parametrize(
    ("labels", "p", "people"),
    [
        (np.zeros(0, int), np.zeros((0, 3)), np.zeros(0)),
        (np.array([3]), np.full((1, 3), 1 / 3), ["a"]),
        (np.array([0]), np.full((1, 2), 1 / 2), ["a"]),
        (np.array([0]), np.full((1, 3), 1 / 3), ["a", "b"]),
        (np.array([0]), np.full((1, 3), 1.0), ["a"]),
    ],
)
def test_rows_that_do_not_fit_are_refused(labels, p, people) -> None:
    with pytest.raises(ValueError, match=r"fit|rows|adds up"):
        classification_metrics(labels, p, people, CLASSES, ordered=False, seed=0)
