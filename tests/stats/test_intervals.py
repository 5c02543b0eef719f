"""Intervals cover what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.stats import mean_interval


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
