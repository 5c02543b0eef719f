"""Weighted sums are those of repeated rows, and rounding is not taken for variance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.stats.weighted import centred_products, centred_squares, ratio, weighted_mean

_COLUMN = st.floats(-1e4, 1e4)


@given(st.lists(st.tuples(_COLUMN, _COLUMN, st.integers(0, 4)), min_size=1, max_size=12))
def test_whole_weights_are_repeated_rows(rows) -> None:
    first, second, counts = (np.array(column, float) for column in zip(*rows, strict=True))
    again = counts.astype(int)
    first_rows, second_rows = np.repeat(first, again), np.repeat(second, again)
    if not len(first_rows):
        assert np.isnan(weighted_mean(first, counts))
        return
    close = {"rel": 1e-9, "abs": 1e-3}
    assert weighted_mean(first, counts) == pytest.approx(first_rows.mean(), **close)
    expected = ((first_rows - first_rows.mean()) * (second_rows - second_rows.mean())).sum()
    assert centred_products(first, second, counts) == pytest.approx(expected, **close)
    expected = ((first_rows - first_rows.mean()) ** 2).sum()
    assert centred_squares(first, counts) == pytest.approx(expected, **close)


def test_leading_axes_are_replicates() -> None:
    rng = np.random.default_rng(0)
    values, weights = rng.normal(size=7), rng.integers(0, 3, (4, 5, 7)).astype(float)
    found = centred_squares(values, weights)
    assert found.shape == (4, 5)
    assert found[2, 3] == pytest.approx(centred_squares(values, weights[2, 3]))


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e9])
def test_a_large_offset_does_not_cancel(offset: float) -> None:
    values = np.array([0.25, 0.5, 1.0, 2.0]) + offset
    assert centred_squares(values) == pytest.approx(1.796875, rel=1e-6)


def test_rounding_is_no_variance() -> None:
    assert centred_squares(np.array([0.1 + 0.2, 0.3, 0.3])) == 0.0
    assert centred_squares(np.array([0.1, 0.1, 5.0]), np.array([3.0, 2.0, 0.0])) == 0.0
    assert centred_squares(np.array([0.0, 1e-9]) + 1.0) > 0.0


def test_weights_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match="do not fit 3 rows"):
        weighted_mean(np.zeros(3), np.ones((2, 4)))
    with pytest.raises(ValueError, match="do not fit 1 rows"):
        weighted_mean(np.zeros(1), np.array(1.0))


def test_a_ratio_to_nothing_is_undefined() -> None:
    found = ratio(np.array([1.0, 0.0, 1.0, 3.0]), np.array([0.0, 0.0, -1.0, 2.0]))
    assert np.isnan(found[:3]).all()
    assert found[3] == 1.5
