"""Intervals of shares, and what a result is worth where a condition is rare."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.stats import predictive_values, wilson_interval

SHARE = st.floats(0.01, 0.99)


def test_fifteen_of_nineteen() -> None:
    low, high = wilson_interval(15 / 19, 19)
    assert (round(low, 2), round(high, 2)) == (0.57, 0.91)


def test_all_of_few_prove_little() -> None:
    low, high = wilson_interval(1.0, 5)
    assert low == pytest.approx(5 / (5 + 1.959964**2))  # its closed form where none were missed
    assert high == 1.0


@given(SHARE, st.integers(1, 500))
def test_the_bounds_are_where_the_score_test_just_rejects(share: float, n: int) -> None:
    for bound in wilson_interval(share, n):
        assert abs(share - bound) == pytest.approx(1.959964 * np.sqrt(bound * (1 - bound) / n))


@pytest.mark.parametrize(("share", "n"), [(0.5, 0), (1.1, 5), (-0.1, 5), (float("nan"), 5)])
def test_what_is_no_share_is_refused(share: float, n: int) -> None:
    with pytest.raises(ValueError, match="share from 0 to 1"):
        wilson_interval(share, n)


def test_most_positive_results_of_a_school_screening_are_false() -> None:
    assert predictive_values(0.80, 0.765, 0.02).positive == pytest.approx(0.065, abs=5e-4)


@given(SHARE, SHARE, SHARE)
def test_predictive_values_are_those_of_a_table_of_people(a: float, b: float, c: float) -> None:
    sick, well = c, 1 - c
    found = predictive_values(a, b, c)
    assert found.positive == pytest.approx(sick * a / (sick * a + well * (1 - b)))
    assert found.negative == pytest.approx(well * b / (well * b + sick * (1 - a)))


def test_a_result_that_nobody_has_is_worth_nothing() -> None:
    assert predictive_values(0.0, 1.0, 0.5).positive is None
    assert predictive_values(1.0, 0.0, 0.5).negative is None
    with pytest.raises(ValueError, match="shares from 0 to 1"):
        predictive_values(0.8, 0.8, 2.0)
