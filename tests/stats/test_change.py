"""A change is called real about as seldom as promised where nothing has changed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats as scipy_stats

from clinigait.stats import (
    Change,
    Interval,
    combined_uncertainty,
    icc,
    mean_interval,
    minimal_detectable_change,
    paired_difference,
    smallest_change_of,
    standard_error_from_icc,
    standard_error_of_measurement,
)

#: Eight people tested twice: Weir 2005, data set A.
FIRST = np.array([146, 148, 170, 90, 157, 156, 176, 205], float)
SECOND = np.array([140, 152, 152, 99, 145, 153, 167, 218], float)
_VALUES = st.integers(-100, 100).map(float)


def _interval(value: float, half: float | None) -> Interval:
    bounds = (None, None) if half is None else (value - half, value + half)
    return Interval(value, *bounds, n=5, sd=None)


def test_weir_2005() -> None:
    assert standard_error_of_measurement(FIRST, SECOND) == pytest.approx(7.6, abs=0.05)
    assert icc(np.column_stack([FIRST, SECOND]), "3,1") == pytest.approx(0.95, abs=0.005)


@given(arrays(np.float64, st.tuples(st.just(2), st.integers(3, 10)), elements=_VALUES))
def test_both_ways_to_the_standard_error_meet(visits) -> None:
    first, second = visits
    consistency = float(icc(visits.T, "3,1"))
    if np.isnan(consistency) or consistency < 0:
        return
    pooled = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2)
    assert standard_error_from_icc(pooled, consistency) == pytest.approx(
        standard_error_of_measurement(first, second), abs=1e-5
    )


def test_the_standard_error_is_that_of_the_noise() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(1.1, 0.2, 20_000)
    first, second = truth + rng.normal(0, 0.03, (2, 20_000))
    assert standard_error_of_measurement(first, second + 0.1) == pytest.approx(0.03, rel=0.02)


def test_people_without_both_visits_are_left_out() -> None:
    first = np.append(FIRST, [np.nan, 100.0])
    second = np.append(SECOND, [100.0, np.inf])
    found = standard_error_of_measurement(first, second)
    assert found == standard_error_of_measurement(FIRST, SECOND)
    assert standard_error_of_measurement(FIRST[:1], SECOND[:1]) is None
    assert standard_error_of_measurement(np.array([]), np.array([])) is None


def test_standard_error_from_icc_of_known_values() -> None:
    assert standard_error_from_icc(10.0, 0.91) == pytest.approx(3.0)
    assert standard_error_from_icc(10.0, 1.0) == 0.0
    assert standard_error_from_icc(10.0, -0.3) == 10.0


def test_minimal_detectable_change_of_known_values() -> None:
    assert minimal_detectable_change(1.0) == pytest.approx(2.772, abs=5e-4)
    assert minimal_detectable_change(1.0, 0.90) == pytest.approx(2.326, abs=5e-4)
    assert minimal_detectable_change(0.0) == 0.0


def test_an_unchanged_person_exceeds_it_in_five_of_a_hundred_visits() -> None:
    first, second = np.random.default_rng(1).normal(0, 0.7, (2, 40_000))
    beyond = np.abs(second - first) > minimal_detectable_change(0.7)
    assert beyond.mean() == pytest.approx(0.05, abs=0.005)


def test_independent_uncertainties_add_in_quadrature() -> None:
    assert combined_uncertainty(3.0, 4.0) == pytest.approx(5.0)
    assert combined_uncertainty(2.0, 3.0, 6.0) == pytest.approx(7.0)
    assert combined_uncertainty() == 0.0


def test_change_of_known_intervals() -> None:
    found = smallest_change_of(_interval(10.0, 3.0), _interval(16.0, 4.0))
    assert found.difference == 6.0
    assert found.minimal_detectable == pytest.approx(5.0)
    assert (found.low, found.high) == pytest.approx((1.0, 11.0))
    assert found.is_real is True
    assert smallest_change_of(_interval(10.0, 3.0), _interval(14.9, 4.0)).is_real is False
    assert smallest_change_of(_interval(16.0, 3.0), _interval(10.0, 4.0)).is_real is True


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0.01, 50), st.floats(0.01, 50))
def test_a_change_is_real_where_its_interval_leaves_out_zero(first, second, half, other) -> None:
    found = smallest_change_of(_interval(first, half), _interval(second, other))
    assert found.is_real == (found.low > 0 or found.high < 0)
    back = smallest_change_of(_interval(second, other), _interval(first, half))
    assert back.difference == -found.difference
    assert back.is_real == found.is_real
    assert found.minimal_detectable >= max(half, other) - 1e-9


def test_two_walks_of_an_unchanged_person_seldom_differ() -> None:
    rng = np.random.default_rng(2)
    alarms = 0
    for _ in range(1500):
        visits = [rng.normal(1.1 + rng.normal(0, 0.01), 0.03, 6) for _ in range(2)]
        intervals = [mean_interval(strides, systematic=0.01, single=0.03) for strides in visits]
        alarms += smallest_change_of(*intervals).is_real
    assert 0.005 < alarms / 1500 < 0.06


def test_a_retest_study_can_only_raise_what_is_detectable() -> None:
    visits = _interval(10.0, 3.0), _interval(16.0, 4.0)
    assert smallest_change_of(*visits, retest_sem=0.5) == smallest_change_of(*visits)
    found = smallest_change_of(*visits, retest_sem=3.0)
    assert found.minimal_detectable == pytest.approx(minimal_detectable_change(3.0))
    assert found.is_real is False


def test_without_bounds_nothing_is_said_of_a_change() -> None:
    visits = _interval(10.0, None), _interval(16.0, 4.0)
    assert smallest_change_of(*visits) == Change(6.0, None, None, None, None)
    assert smallest_change_of(*visits, retest_sem=1.0).is_real is True


def test_conditions_are_compared_by_welchs_interval() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(1.10, 0.03, 9), rng.normal(1.16, 0.06, 14)
    expected = scipy_stats.ttest_ind(second, first, equal_var=False).confidence_interval()
    found = paired_difference(first, second, shared_cancels=True)
    assert found.difference == pytest.approx(second.mean() - first.mean())
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.minimal_detectable == pytest.approx((expected.high - expected.low) / 2)


def test_an_error_that_both_conditions_share_cancels() -> None:
    first, second = FIRST, SECOND
    plain = paired_difference(first, second, shared_cancels=True)
    assert paired_difference(first, second, 20.0, shared_cancels=True) == plain
    apart = paired_difference(first, second, 20.0, shared_cancels=False)
    assert apart.difference == plain.difference
    assert apart.minimal_detectable == pytest.approx(
        np.hypot(plain.minimal_detectable, 1.96 * np.sqrt(2) * 20.0)
    )


@pytest.mark.parametrize("shared_cancels", [True, False])
def test_coverage_of_the_comparison_of_conditions(shared_cancels) -> None:
    """Each condition is off by 0.02, by the same amount or by one of its own."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(1500):
        first_error = rng.normal(0, 0.02)
        second_error = first_error if shared_cancels else rng.normal(0, 0.02)
        first = rng.normal(1.10, 0.02, 6) + first_error
        second = rng.normal(1.15, 0.05, 9) + second_error
        found = paired_difference(first, second, 0.02, shared_cancels=shared_cancels)
        held += found.low <= 0.05 <= found.high
    assert 0.935 <= held / 1500 <= 0.975


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ([], [1.0, 2.0], None),
        ([np.nan, np.nan], [1.0, 2.0], None),
        ([1.0], [2.0, 2.5, 3.0], 1.5),
        ([1.1, 1.1, 1.1], [1.2, 1.2, 1.2], 0.1),
        ([0.3, 0.1 + 0.2], [0.5, 0.5], 0.2),
    ],
    ids=["none", "all missing", "single", "no spread", "no spread but for rounding"],
)
def test_too_little_for_an_interval(first, second, difference) -> None:
    found = paired_difference(np.array(first), np.array(second), shared_cancels=True)
    expected = None if difference is None else pytest.approx(difference)
    assert found == Change(expected, None, None, None, None)


def test_missing_strides_are_left_out() -> None:
    holes = np.append(FIRST, [np.nan, np.inf])
    found = paired_difference(holes, SECOND, shared_cancels=True)
    assert found == paired_difference(FIRST, SECOND, shared_cancels=True)


def test_unusable_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="one length"):
        standard_error_of_measurement(FIRST, SECOND[:3])
    for sd, reliability in ((-1.0, 0.5), (1.0, 1.1), (np.nan, 0.5)):
        with pytest.raises(ValueError, match="ICC at most 1"):
            standard_error_from_icc(sd, reliability)
    for sem, level in ((-1.0, 0.95), (np.inf, 0.95), (1.0, 1.0)):
        with pytest.raises(ValueError, match="standard error"):
            minimal_detectable_change(sem, level)
    with pytest.raises(ValueError, match="at least 0"):
        combined_uncertainty(1.0, -1.0)
    with pytest.raises(ValueError, match="at least 0"):
        paired_difference(FIRST, SECOND, -1.0, shared_cancels=True)
