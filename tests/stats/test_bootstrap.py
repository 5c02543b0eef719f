"""The bootstrap draws people, gives the same interval for the same seed, and covers the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.stats import (
    Estimate,
    bootstrap_estimate,
    bootstrap_interval,
    resample_weights,
)
from clinigait.stats import bootstrap as module
from clinigait.stats.weighted import weighted_mean

PEOPLE = np.array(["a", "b", "b", "c", "a", "d"])
VALUES = np.array([1.0, 4.0, 2.0, 8.0, 5.0, 7.0])


def _correlated(rng: np.random.Generator, n_people: int = 40, n_rows: int = 8):
    """Rows of a person share most of their deviation."""
    people = np.repeat(np.arange(n_people), n_rows)
    values = rng.normal(0, 1, n_people)[people] + rng.normal(0, 0.3, len(people))
    return people, values


def _width(bounds: tuple[float, float]) -> float:
    return bounds[1] - bounds[0]


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30), st.integers(0, 2**32))
def test_a_person_brings_all_rows_or_none(people, seed) -> None:
    weights = resample_weights(people, 25, seed)
    assert weights.shape == (25, len(people))
    assert (weights >= 0).all()
    assert (weights == weights.round()).all()
    labels = np.array(people)
    names, first = np.unique(labels, return_index=True)
    for name in names:
        assert (np.ptp(weights[:, labels == name], axis=1) == 0).all()
    assert (weights[:, first].sum(axis=1) == len(names)).all()


def test_every_person_is_drawn_equally_often() -> None:
    weights = resample_weights(PEOPLE, 20_000, seed=1)
    assert weights.mean(axis=0) == pytest.approx(np.ones(6), abs=0.03)
    # A multinomial count of 4 draws from 4 people.
    assert weights.var(axis=0) == pytest.approx(np.full(6, 0.75), abs=0.03)


def test_the_interval_is_that_of_rows_really_repeated() -> None:
    weights = resample_weights(PEOPLE, 300, seed=5).astype(int)
    means = [np.repeat(VALUES, row).mean() for row in weights]
    expected = np.quantile(means, [0.05, 0.95])
    found = bootstrap_interval(weighted_mean, PEOPLE, VALUES, n_resamples=300, seed=5, level=0.9)
    assert found == pytest.approx(tuple(expected))


def test_the_seed_decides() -> None:
    first, again, other = (
        bootstrap_interval(weighted_mean, PEOPLE, VALUES, n_resamples=200, seed=seed)
        for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_names_and_order_of_people_do_not_widen_the_interval() -> None:
    people, values = _correlated(np.random.default_rng(2))
    order = np.random.default_rng(3).permutation(len(people))
    plain = bootstrap_interval(weighted_mean, people, values)
    mixed = bootstrap_interval(weighted_mean, people[order], values[order])
    assert mixed == pytest.approx(plain)


def test_few_weights_are_held_at_once_with_the_same_result(monkeypatch) -> None:
    whole = bootstrap_interval(weighted_mean, PEOPLE, VALUES, n_resamples=100)
    largest = []

    def watched(values, weights):
        largest.append(weights.size)
        return weighted_mean(values, weights)

    monkeypatch.setattr(module, "_BLOCK", 20)
    assert bootstrap_interval(watched, PEOPLE, VALUES, n_resamples=100) == whole
    assert max(largest) <= 20
    assert len(largest) == 34


def test_correlated_rows_widen_the_interval_over_people() -> None:
    people, values = _correlated(np.random.default_rng(7))
    over_people = bootstrap_interval(weighted_mean, people, values)
    over_rows = bootstrap_interval(weighted_mean, np.arange(len(people)), values)
    # Eight almost equal rows a person: nearly √8 times.
    assert _width(over_people) > 2 * _width(over_rows)


def test_the_interval_over_people_covers_the_truth_and_the_one_over_rows_does_not() -> None:
    rng = np.random.default_rng(11)
    held = {"people": 0, "rows": 0}
    for _ in range(300):
        people, values = _correlated(rng)
        for unit, labels in (("people", people), ("rows", np.arange(len(people)))):
            low, high = bootstrap_interval(weighted_mean, labels, values, n_resamples=300)
            held[unit] += low <= 0 <= high
    assert 0.90 <= held["people"] / 300 <= 0.98
    assert held["rows"] / 300 < 0.65


@pytest.mark.parametrize("people", [[], ["a"], ["a", "a", "a"]])
def test_fewer_than_two_people_have_no_interval(people) -> None:
    values = np.arange(len(people), dtype=float)
    assert bootstrap_interval(weighted_mean, people, values) == (None, None)


@pytest.mark.parametrize(("n_undefined", "is_known"), [(0, True), (20, True), (21, False)])
def test_undefined_replicates_are_left_out_up_to_a_fifth(n_undefined, is_known) -> None:
    def sometimes(values, weights):
        found = np.linspace(0, 1, len(weights))
        found[:n_undefined] = np.nan
        return found

    low, high = bootstrap_interval(sometimes, PEOPLE, VALUES, n_resamples=100)
    assert (low is not None) == is_known
    assert (high is not None) == is_known
    if is_known:
        assert n_undefined / 99 <= low < high <= 1


def test_nobody_has_no_weights() -> None:
    assert resample_weights([], 5, seed=0).shape == (5, 0)


def test_an_estimate_is_the_statistic_of_the_sample_as_it_is() -> None:
    found = bootstrap_estimate(weighted_mean, PEOPLE, VALUES)
    assert found.value == pytest.approx(VALUES.mean())
    assert found.low < found.value < found.high


def test_an_undefined_estimate_is_none() -> None:
    nothing = np.array([])
    assert bootstrap_estimate(weighted_mean, [], nothing) == Estimate(None, None, None)


def test_unusable_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="6 labels"):
        bootstrap_interval(weighted_mean, PEOPLE, VALUES[:4])
    with pytest.raises(ValueError, match="level"):
        bootstrap_interval(weighted_mean, PEOPLE, VALUES, level=1.0)
    with pytest.raises(ValueError, match="replicates"):
        bootstrap_interval(weighted_mean, PEOPLE, VALUES, n_resamples=0)
    with pytest.raises(ValueError, match="label of a person"):
        resample_weights([1.0, np.nan], 10, 0)
    with pytest.raises(ValueError, match="plain list"):
        resample_weights([["a"], ["b"]], 10, 0)
    with pytest.raises(ValueError, match="one value for each replicate"):
        bootstrap_interval(lambda values, weights: weights, PEOPLE, VALUES)


@pytest.mark.parametrize(
    ("estimate", "says"),
    [
        (Estimate(0.5, 0.25, 0.75), "+0.50 (+0.25 to +0.75)"),
        (Estimate(0.5, None, None), "+0.50"),
        (Estimate(None, None, None), "–"),
    ],
)
def test_an_estimate_is_one_cell_of_a_table(estimate: Estimate, says: str) -> None:
    assert estimate.text("+.2f") == says
