"""Agreement gives the published answers, weighs rows as repeated ones and owns what it lacks."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from clinigait.stats import (
    Agreement,
    Estimate,
    agreement,
    bias,
    icc_agreement,
    limits_of_agreement,
    mean_absolute_error,
    pearson_r,
    sd_of_differences,
)

#: Peak expiratory flow in l/min, first readings of 17 people: Bland & Altman 1986.
LARGE = np.array(
    [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427], float
)
MINI = np.array(
    [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451], float
)
NOTHING = Estimate(None, None, None)
ESTIMATES = ("mae", "bias", "loa_low", "loa_high", "pearson_r", "icc21")
STATISTICS = {
    "mae": mean_absolute_error,
    "bias": bias,
    "sd": sd_of_differences,
    "low": lambda *columns: limits_of_agreement(*columns)[0],
    "high": lambda *columns: limits_of_agreement(*columns)[1],
    "r": pearson_r,
}
_NUMBER = st.integers(-1000, 1000).map(lambda whole: whole / 8)
PAIRS = st.lists(st.tuples(_NUMBER, _NUMBER), min_size=1, max_size=15).map(
    lambda rows: np.array(rows).T
)


def test_bland_and_altman_1986() -> None:
    assert bias(LARGE, MINI) == pytest.approx(-2.1, abs=0.05)
    assert sd_of_differences(LARGE, MINI) == pytest.approx(38.8, abs=0.05)
    # The paper of 1986 rounds 1.96 to 2 in its example.
    published = bias(LARGE, MINI) + np.array([-2, 2]) * sd_of_differences(LARGE, MINI)
    assert published == pytest.approx([-79.7, 75.5], abs=0.1)
    low, high = limits_of_agreement(LARGE, MINI)
    assert (low, high) == pytest.approx((-78.1, 73.9), abs=0.05)


def test_the_correlation_of_that_paper_is_high_all_the_same() -> None:
    assert pearson_r(LARGE, MINI) == pytest.approx(0.94, abs=0.005)


def test_known_answers() -> None:
    value, reference = np.array([1.0, 2.0, 6.0]), np.array([2.0, 2.0, 2.0])
    assert mean_absolute_error(value, reference) == pytest.approx(5 / 3)
    assert bias(value, reference) == pytest.approx(1.0)
    assert sd_of_differences(value, reference) == pytest.approx(np.sqrt(7.0))


@given(PAIRS, st.data())
def test_whole_weights_are_repeated_pairs(pairs, data) -> None:
    counts = data.draw(
        st.lists(st.integers(0, 3), min_size=pairs.shape[1], max_size=pairs.shape[1])
    )
    again = np.repeat(pairs, counts, axis=1)
    for name, statistic in STATISTICS.items():
        found = statistic(*pairs, np.array(counts, float))
        expected = statistic(*again)
        assert found == pytest.approx(expected, rel=1e-7, abs=1e-7, nan_ok=True), name


def test_weights_broadcast_over_replicates() -> None:
    weights = np.random.default_rng(0).integers(0, 3, (4, 3, 17)).astype(float)
    for statistic in STATISTICS.values():
        found = statistic(LARGE, MINI, weights)
        assert found.shape == (4, 3)
        assert found[3, 1] == pytest.approx(statistic(LARGE, MINI, weights[3, 1]))


@given(PAIRS)
def test_statistics_agree_with_numpy_and_each_other(pairs) -> None:
    value, reference = pairs
    difference = value - reference
    assert bias(value, reference) == pytest.approx(difference.mean())
    assert bias(reference, value) == pytest.approx(-bias(value, reference))
    assert mean_absolute_error(value, reference) >= abs(bias(value, reference)) - 1e-9
    if len(value) < 2:
        assert np.isnan(limits_of_agreement(value, reference)).all()
        return
    assert sd_of_differences(value, reference) == pytest.approx(difference.std(ddof=1), abs=1e-9)
    low, high = limits_of_agreement(value, reference)
    assert low <= bias(value, reference) <= high
    r = pearson_r(value, reference)
    if np.ptp(value) and np.ptp(reference):
        assert r == pytest.approx(scipy_stats.pearsonr(value, reference).statistic, abs=1e-9)
    else:
        assert np.isnan(r)


def test_a_bias_and_a_wrong_scale_are_seen_by_the_icc_and_not_by_r() -> None:
    reference = np.linspace(0.8, 1.4, 20)
    assert pearson_r(1.5 * reference + 1, reference) == pytest.approx(1.0)
    assert icc_agreement(np.column_stack([1.5 * reference + 1, reference])) < 0.1


def test_limits_hold_95_percent_of_normal_differences() -> None:
    rng = np.random.default_rng(6)
    value = rng.normal(0.3, 2.0, 50_000)
    low, high = limits_of_agreement(value, np.zeros(50_000))
    assert ((low < value) & (value < high)).mean() == pytest.approx(0.95, abs=0.005)


def test_every_estimate_has_its_statistic_within_its_interval() -> None:
    found = agreement(LARGE, MINI, np.arange(17))
    assert (found.n, found.missing, found.people) == (17, 0, 17)
    assert found.bias.value == pytest.approx(-2.118, abs=0.001)
    assert found.sd_of_differences == pytest.approx(38.77, abs=0.01)
    assert found.loa_low.value == pytest.approx(-78.1, abs=0.05)
    assert found.loa_high.value == pytest.approx(73.9, abs=0.05)
    assert found.pearson_r.value == pytest.approx(0.943, abs=0.001)
    assert found.icc21.value == pytest.approx(icc_agreement(np.column_stack([LARGE, MINI])))
    for name in ESTIMATES:
        estimate = getattr(found, name)
        assert estimate.low < estimate.value < estimate.high, name
    assert found.mae.low > 0
    assert found.pearson_r.high <= 1
    assert found.icc21.high <= 1


def test_the_interval_of_the_bias_is_near_students() -> None:
    """Bland & Altman 1986 give -22.0 to 17.8; percentiles of 17 people are a little narrower."""
    found = agreement(LARGE, MINI, np.arange(17), n_resamples=4000).bias
    assert found.low == pytest.approx(-20.6, abs=1.5)
    assert found.high == pytest.approx(16.0, abs=1.5)
    assert found.high - found.low < 39.8


def test_the_seed_decides() -> None:
    people = np.arange(17)
    same = [agreement(LARGE, MINI, people, n_resamples=100, seed=9) for _ in range(2)]
    assert same[0] == same[1]
    assert agreement(LARGE, MINI, people, n_resamples=100, seed=8) != same[0]


def test_rows_of_a_person_that_resemble_each_other_widen_the_intervals() -> None:
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(30), 10)
    reference = rng.normal(1.1, 0.2, 30)[people] + rng.normal(0, 0.02, 300)
    value = reference + rng.normal(0, 0.05, 30)[people] + rng.normal(0, 0.01, 300)
    over_people = agreement(value, reference, people, n_resamples=500)
    over_rows = agreement(value, reference, np.arange(300), n_resamples=500)
    assert over_people.bias.value == over_rows.bias.value
    for name in ESTIMATES:
        wide, narrow = getattr(over_people, name), getattr(over_rows, name)
        assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low), name


def test_missing_pairs_are_dropped_and_counted() -> None:
    value = np.append(LARGE, [np.nan, 400.0, np.nan, np.inf])
    reference = np.append(MINI, [390.0, np.nan, np.nan, 380.0])
    people = np.append(np.arange(17).astype(str), ["0", "x", "y", "z"])
    found = agreement(value, reference, people, n_resamples=200)
    assert (found.n, found.missing, found.people) == (17, 4, 17)
    plain = agreement(LARGE, MINI, np.arange(17).astype(str), n_resamples=200)
    assert found == dataclasses.replace(plain, missing=4)


@pytest.mark.parametrize("n_missing", [0, 3])
def test_no_complete_pair(n_missing) -> None:
    nothing = np.full(n_missing, np.nan)
    found = agreement(nothing, nothing, np.arange(n_missing))
    assert found == Agreement(
        0, n_missing, 0, NOTHING, NOTHING, None, NOTHING, NOTHING, NOTHING, NOTHING
    )


def test_one_pair_has_an_error_and_no_spread() -> None:
    found = agreement(np.array([1.2]), np.array([1.0]), ["a"])
    assert found.mae == Estimate(pytest.approx(0.2), None, None)
    assert found.bias == Estimate(pytest.approx(0.2), None, None)
    assert found.sd_of_differences is None
    assert found.loa_low == found.loa_high == found.pearson_r == found.icc21 == NOTHING


def test_one_person_has_values_without_intervals() -> None:
    found = agreement(LARGE, MINI, ["a"] * 17)
    for name in ESTIMATES:
        estimate = getattr(found, name)
        assert estimate.value is not None
        assert (estimate.low, estimate.high) == (None, None)


def test_constant_input_has_no_correlation() -> None:
    constant = np.full(6, 0.3)
    found = agreement(constant + 0.1, constant, np.arange(6))
    assert found.bias == Estimate(*[pytest.approx(0.1)] * 3)
    assert found.sd_of_differences == 0.0
    assert found.pearson_r == NOTHING
    assert found.icc21 == NOTHING
    assert agreement(np.arange(6.0), constant, np.arange(6)).pearson_r == NOTHING


def test_a_correlation_that_hangs_on_one_person_has_no_interval() -> None:
    """Without that person, a third of the replicates, all others are alike."""
    value = np.array([1.0, 1.0, 1.0, 1.0, 2.0])
    found = agreement(value, value, np.arange(5)).pearson_r
    assert found == Estimate(pytest.approx(1.0), None, None)


def test_unusable_columns_are_named() -> None:
    with pytest.raises(ValueError, match="one length"):
        agreement(LARGE, MINI[:5], np.arange(17))
    with pytest.raises(ValueError, match="one length"):
        agreement(LARGE, MINI, np.arange(5))
    with pytest.raises(ValueError, match="one length"):
        bias(LARGE, MINI[:5])
    with pytest.raises(ValueError, match="dropped first"):
        pearson_r(np.array([1.0, np.nan]), np.array([1.0, 2.0]))
