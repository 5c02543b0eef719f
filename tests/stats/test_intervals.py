"""Intervals cover what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.stats import cv_interval, difference_interval, mean_interval


def test_a_large_sample_gives_the_textbook_interval() -> None:
    values = np.random.default_rng(1).normal(1.1, 0.03, 400)
    found = mean_interval(values, systematic=0.0, single=0.03)
    half = 1.966 * values.std(ddof=1) / 20
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.value == pytest.approx(half, rel=0.01)


@pytest.mark.parametrize("n", [1, 2, 3, 6, 12])
def test_coverage_of_small_samples(n: int) -> None:
    """With the expected spread right, at least 95 % hold the truth, a little more for n = 1."""
    rng = np.random.default_rng(n)
    samples = rng.normal(0.6, 0.02, (4000, n))
    found = [mean_interval(sample, systematic=0.0, single=0.02) for sample in samples]
    coverage = np.mean([i.low <= 0.6 <= i.high for i in found])
    assert 0.94 <= coverage <= 0.996


def test_systematic_error_does_not_average_out() -> None:
    values = np.full(10_000, 1.3)
    found = mean_interval(values, systematic=0.02, single=0.05)
    assert found.high - found.value >= 1.96 * 0.02


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=20), st.floats(0, 1), st.floats(0.001, 1))
def test_an_interval_holds_its_value(values, systematic, single) -> None:
    found = mean_interval(np.array(values), systematic, single)
    assert found.low <= found.value <= found.high
    assert found.n == len(values)


def test_symmetry_index_of_known_sides() -> None:
    """SI = 100 (R - L) / (0.5 (R + L)): 0.55 s against 0.45 s is 20 %."""
    left, right = (mean_interval(np.full(5, v), 0.0, 0.01) for v in (0.45, 0.55))
    found = difference_interval(left, right, systematic=0.0)
    assert found.value == pytest.approx(20.0)
    assert found.low < 20 < found.high
    swapped = difference_interval(right, left, systematic=0.0)
    assert swapped.value == pytest.approx(-20.0)


def test_cv_does_not_see_the_difference_between_sides() -> None:
    left, right = np.array([1.0, 1.02, 0.98]), np.array([1.2, 1.22, 1.18])
    found = cv_interval([left, right])
    assert found is not None
    assert found.value == pytest.approx(100 * 0.02 / 1.1)
    assert found.n == 6


def test_cv_interval_is_the_chi_square_one() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(2000):
        found = cv_interval([rng.normal(1.0, 0.03, 8)])
        covered += found.low <= 3.0 <= found.high
    assert 0.93 <= covered / 2000 <= 0.97


def test_one_value_has_no_variability() -> None:
    assert cv_interval([np.array([1.0]), np.array([1.1])]) is None
