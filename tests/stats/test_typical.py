"""Distances to Gaussians: known covariance, known distribution, few vectors, and who is too far."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from clinigait.stats import Gaussians, fit_gaussians, shrunk_covariance, typical_limit


def test_distances_of_a_known_gaussian() -> None:
    found = Gaussians(np.array([[0.0, 0.0], [10.0, 0.0]]), np.diag([1.0, 1 / 4]))
    np.testing.assert_allclose(found.distance([[3, 0], [0, 4], [9, 2], [5, 0]]), [3, 2, 2**0.5, 5])
    assert np.isnan(found.distance([[np.nan, 0]])).all()


def test_fitted_on_many_vectors_it_is_the_truth() -> None:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(4, 4))
    labels = rng.integers(0, 2, 40_000)
    means = np.array([[0, 0, 0, 0], [3, -2, 1, 5]], float)
    vectors = means[labels] + rng.normal(size=(len(labels), 4)) @ mixing.T
    found = fit_gaussians(vectors, labels, 2)
    np.testing.assert_allclose(found.means, means, atol=0.05)
    truth = mixing @ mixing.T
    covariance = np.linalg.inv(found.precision)
    np.testing.assert_allclose(covariance, truth, atol=0.03 * np.abs(truth).max())
    one = fit_gaussians(vectors[labels == 0], np.zeros((labels == 0).sum(), int), 1)
    squares = one.distance(vectors[labels == 0]) ** 2
    for share in (0.5, 0.9, 0.99):
        assert (squares <= chi2.ppf(share, 4)).mean() == pytest.approx(share, abs=0.01)


def test_fewer_vectors_than_entries_can_be_inverted_and_noise_is_shrunk() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(30, 64))
    shrunk = shrunk_covariance(vectors)
    values = np.linalg.eigvalsh(shrunk)
    assert values.min() > 0.2
    assert np.trace(shrunk) == pytest.approx((vectors**2).sum() / 30)
    plain = vectors.T @ vectors / 30
    assert ((shrunk - np.eye(64)) ** 2).sum() < 0.1 * ((plain - np.eye(64)) ** 2).sum()


def test_the_more_vectors_the_less_is_shrunk() -> None:
    rng = np.random.default_rng(2)
    scales = np.linspace(0.2, 3, 8)
    apart = []
    for n in (20, 200, 20_000):
        shrunk = shrunk_covariance(rng.normal(size=(n, 8)) * scales)
        apart.append(np.abs(np.diag(shrunk) - scales**2).max())
    assert apart[2] < 0.2
    assert apart[2] < apart[0]


def test_another_texture_lies_beyond_and_people_like_those_within() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 2, 400)
    means = 4 * rng.normal(size=(2, 16))
    found = fit_gaussians(means[labels] + rng.normal(size=(400, 16)), labels, 2)
    new = rng.integers(0, 2, 300)
    alike = found.distance(means[new] + rng.normal(size=(300, 16)))
    limit = typical_limit(alike[:150], np.arange(150))
    assert (alike[150:] <= limit).mean() > 0.95
    assert (found.distance(means[new] + 3 + rng.normal(size=(300, 16))) > limit).all()


def test_a_person_counts_once_by_the_farthest_walk() -> None:
    distances, people = [1.0, 9.0, 2.0, 3.0], ["a", "a", "b", "c"]
    assert typical_limit(distances, people) == 9.0
    assert typical_limit(distances, people, share=0.5) == 3.0
    # 99 % of 199 people: the 198th.
    assert typical_limit(np.arange(1.0, 200.0), np.arange(199)) == 198.0


@pytest.mark.parametrize(
    ("vectors", "labels"),
    [
        (np.zeros((4, 2)), [0, 0, 1, 1]),
        (np.eye(4), [0, 0, 0, 1]),
        (np.full((4, 2), np.nan), [0, 0, 1, 1]),
        (np.eye(4), [0, 0, 2, 2]),
        (np.eye(4), [0, 0]),
    ],
)
def test_what_cannot_be_fitted(vectors, labels) -> None:
    with pytest.raises(ValueError, match=r"vector|label|alike"):
        fit_gaussians(vectors, labels, 2)


@pytest.mark.parametrize(("distances", "people"), [([], []), ([1.0], []), ([np.nan], ["a"])])
def test_no_limit_of_nothing(distances, people) -> None:
    with pytest.raises(ValueError, match="one distance"):
        typical_limit(distances, people)
