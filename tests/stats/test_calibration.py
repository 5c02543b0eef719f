"""Probabilities that say what they are, measured without a bias that nobody is told of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from clinigait.stats import (
    brier_score,
    calibration_error,
    calibration_estimates,
    calibration_floor,
    classwise_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability_table,
    tempered,
)


def drawn(n: int, n_classes: int = 3, seed: int = 0, temperature: float = 1.0):
    """Scores whose labels are drawn from ``softmax(scores / temperature)``."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (n, n_classes))
    chances = softmax(scores / temperature, axis=1).cumsum(axis=1)
    labels = (rng.random(n)[:, None] > chances[:, :-1]).sum(axis=1)
    return scores, labels


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(temperature: float) -> None:
    scores, labels = drawn(20_000, temperature=temperature)
    assert fit_temperature(scores, labels) == pytest.approx(temperature, rel=0.05)


@given(st.floats(0.3, 3.0), st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_scores_on_another_scale_give_the_same_probabilities(scale: float, seed: int) -> None:
    scores, labels = drawn(200, seed=seed)
    one, other = fit_temperature(scores, labels), fit_temperature(scale * scores, labels)
    assert other == pytest.approx(scale * one, rel=1e-3)


def test_no_other_temperature_has_a_smaller_loss() -> None:
    scores, labels = drawn(3000, seed=4, temperature=1.7)
    found = fit_temperature(scores, labels)
    losses = {
        t: float(negative_log_likelihood(tempered(scores, t), labels))
        for t in (found, *np.geomspace(0.05, 100, 400))
    }
    assert losses[found] == pytest.approx(min(losses.values()), abs=1e-5)


def test_people_who_are_all_right_do_not_make_certainty() -> None:
    scores = np.log(np.full((9, 3), 0.05) + 0.85 * np.eye(3)[np.arange(9) % 3])
    labels = np.arange(9) % 3
    confidence = tempered(scores, fit_temperature(scores, labels)).max(axis=1)
    assert confidence == pytest.approx(np.full(9, 10 / 12), abs=1e-4)


def test_scores_that_are_always_wrong_are_flattened() -> None:
    scores = 5 * np.eye(3)[np.arange(30) % 3]
    temperature = fit_temperature(scores, (np.arange(30) + 1) % 3)
    assert temperature == pytest.approx(100, rel=0.01)
    assert tempered(scores, temperature) == pytest.approx(np.full((30, 3), 1 / 3), abs=0.02)


def test_cold_is_a_point_and_hot_is_even() -> None:
    scores = np.array([1.0, 2.0, 0.0])
    assert tempered(scores, 1e-3) == pytest.approx([0, 1, 0])
    assert tempered(scores, 1e6) == pytest.approx(np.full(3, 1 / 3), abs=1e-5)
    with pytest.raises(ValueError, match="positive"):
        tempered(scores, 0.0)


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        (np.zeros((0, 3)), np.zeros(0, int)),
        (np.zeros((2, 3)), np.array([0, 3])),
        (np.zeros((2, 3)), np.array([0, -1])),
        (np.zeros((2, 3)), np.zeros(3, int)),
        (np.full((2, 3), np.nan), np.zeros(2, int)),
        (np.zeros((2, 3)), np.array([0.0, 1.0])),
    ],
)
def test_rows_that_do_not_fit_are_refused(scores, labels) -> None:
    with pytest.raises(ValueError, match=r"score|label"):
        fit_temperature(scores, labels)


def test_the_error_of_a_table_by_hand() -> None:
    # Two bins of two rows: confidences .6 .6 with one right, .9 .9 with both right.
    p = np.array([[0.6, 0.4], [0.4, 0.6], [0.9, 0.1], [0.1, 0.9]])
    labels = np.array([0, 0, 0, 1])
    assert calibration_error(p, labels, bins=2) == pytest.approx((0.1 + 0.1) / 2)
    # Of class 0: .1 .4 | .6 .9 with shares 1/2 and 1; class 1 mirrors it.
    assert classwise_calibration_error(p, labels, bins=2) == pytest.approx(0.25)
    assert float(brier_score(p, labels)) == pytest.approx(2 * np.mean([0.16, 0.36, 0.01, 0.01]))
    assert float(negative_log_likelihood(p, labels)) == pytest.approx(
        -np.log([0.6, 0.4, 0.9, 0.9]).mean()
    )


def test_a_rounded_nought_for_what_happened_is_no_infinite_loss() -> None:
    assert float(negative_log_likelihood(np.array([[1.0, 0.0]]), np.array([1]))) < 30


def test_a_calibrated_model_shows_little_error_and_an_overconfident_one_much() -> None:
    scores, labels = drawn(5000, seed=2)
    assert calibration_error(tempered(scores, 1), labels) < 0.02
    assert calibration_error(tempered(scores, 0.3), labels) > 0.1
    assert classwise_calibration_error(tempered(scores, 1), labels) < 0.02


def test_the_floor_is_the_mean_error_of_calibrated_models() -> None:
    errors, floors = [], []
    for seed in range(60):
        scores, labels = drawn(100, seed=seed)
        errors.append(calibration_error(tempered(scores, 1), labels))
        floors.append(calibration_floor(tempered(scores, 1), seed=seed, draws=30))
    assert np.mean(floors) == pytest.approx(np.mean(errors), abs=0.01)
    assert np.mean(floors) > 0.05  # of a hundred rows: far from nothing


@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(1, 12))
@settings(max_examples=50, deadline=None)
def test_the_order_of_rows_does_not_matter(seed: int, n: int, bins: int) -> None:
    rng = np.random.default_rng(seed)
    p = softmax(rng.integers(0, 3, (n, 3)).astype(float), axis=1)  # many ties
    labels, order = rng.integers(0, 3, n), rng.permutation(n)
    for error in (calibration_error, classwise_calibration_error):
        assert error(p, labels, bins) == pytest.approx(error(p[order], labels[order], bins))
    assert 0 <= calibration_error(p, labels, bins) <= 1


def test_without_ties_bins_are_as_equal_as_can_be() -> None:
    scores, labels = drawn(1003, seed=9)
    p = tempered(scores, 1)
    table = reliability_table(p, labels, np.arange(1003))
    assert [b.n for b in table] == pytest.approx([100] * 10, abs=1)
    assert [b.confidence for b in table] == sorted(b.confidence for b in table)
    gap = sum(b.n * abs(b.confidence - b.accuracy) for b in table) / 1003
    assert gap == pytest.approx(calibration_error(p, labels))


def test_a_bin_of_one_persons_walks_proves_as_much_as_one_person() -> None:
    p, labels = np.tile([0.8, 0.2], (40, 1)), np.zeros(40, int)
    (alone,) = reliability_table(p, labels, ["a"] * 40)
    (many,) = reliability_table(p, labels, np.arange(40))
    assert (alone.n, alone.people, many.people) == (40, 1, 40)
    assert alone.low < 0.25 < many.low


def test_estimates_have_intervals_over_people() -> None:
    scores, labels = drawn(300, seed=3)
    p, people = tempered(scores, 1), np.arange(300) // 3
    found = calibration_estimates(p, labels, people, n_resamples=300)
    assert found["calibration_error"].value == pytest.approx(calibration_error(p, labels))
    assert found["brier"].value == pytest.approx(float(brier_score(p, labels)))
    for estimate in (found["brier"], found["nll"]):
        assert estimate.low < estimate.value < estimate.high
    alone = calibration_estimates(p, labels, np.zeros(300), n_resamples=30)
    assert alone["brier"].low is None


def test_weights_of_the_bootstrap_count_as_repeated_rows() -> None:
    from clinigait.stats import calibration as module

    rng = np.random.default_rng(1)
    scores, labels = drawn(40, seed=1)
    p, weights = tempered(scores, 1), rng.integers(0, 4, (5, 40))
    found = module._top_label_error(7)(p, labels, weights.astype(float))
    repeated = [
        calibration_error(np.repeat(p, row, axis=0), np.repeat(labels, row), 7) for row in weights
    ]
    assert found == pytest.approx(np.array(repeated))


def test_what_is_no_distribution_is_refused() -> None:
    for p in ([[0.6, 0.6]], [[1.5, -0.5]]):
        with pytest.raises(ValueError, match="adds up to 1"):
            calibration_error(np.array(p), np.array([0]))
    with pytest.raises(ValueError, match="a bin"):
        calibration_error(np.array([[0.5, 0.5]]), np.array([0]), bins=0)
