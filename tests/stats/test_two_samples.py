"""Distances of two sets of vectors: known answers."""

import numpy as np
import pytest

from clinigait.stats.two_samples import (
    diversity,
    frechet_distance,
    maximum_mean_discrepancy,
    nearest_distances,
)

RNG = np.random.default_rng(0)
ONE, OTHER = RNG.normal(0, 1, (2000, 3)), RNG.normal(0, 1, (2000, 3))


def test_frechet_distance_of_normal_distributions_is_the_formula() -> None:
    assert frechet_distance(ONE, ONE) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(ONE, OTHER) < 0.02
    # Means 2 apart in one direction; spreads 1 and 3 in three: 4 + 3 (1 - 3)^2.
    assert frechet_distance(ONE, 3 * OTHER + [2, 0, 0]) == pytest.approx(16, rel=0.05)
    assert frechet_distance(ONE, 3 * ONE) == pytest.approx(frechet_distance(3 * ONE, ONE))


def test_mmd_is_about_0_within_a_distribution_and_not_between_two() -> None:
    one, other = ONE[:300], OTHER[:300]
    assert abs(maximum_mean_discrepancy(one, other)) < 0.005
    assert maximum_mean_discrepancy(one, other + 1) > 0.1
    assert maximum_mean_discrepancy(np.ones((3, 2)), np.ones((4, 2))) == 0


def test_nearest_and_mean_distances() -> None:
    square = np.array([[0.0, 0], [3, 0], [0, 4]])
    assert diversity(square) == pytest.approx(4)
    np.testing.assert_allclose(nearest_distances(square + np.array([0, 1]), square), [1, 1, 1])
    np.testing.assert_allclose(nearest_distances(square, square[1:]), [3, 0, 0])
