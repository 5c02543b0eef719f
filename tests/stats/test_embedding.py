"""Pictures of many dimensions: groups stay groups, and nothing hangs on chance."""

import numpy as np

from clinigait.stats.embedding import neighbour_embedding, principal_components
from clinigait.stats.two_samples import nearest_distances

RNG = np.random.default_rng(0)
LABELS = np.repeat(np.arange(4), 25)
VECTORS = RNG.normal(0, 8, (4, 20))[LABELS] + RNG.normal(0, 1, (100, 20))


def test_principal_components_keep_distances_and_order_spread() -> None:
    scores = principal_components(VECTORS, 50)
    assert scores.shape == (100, 20)
    np.testing.assert_allclose(
        np.linalg.norm(scores[0] - scores[1:], axis=1),
        np.linalg.norm(VECTORS[0] - VECTORS[1:], axis=1),
    )
    assert (np.diff(scores.std(axis=0)) <= 1e-9).all()
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-9)


def test_groups_stay_apart_and_the_same_vectors_give_the_same_picture() -> None:
    places = neighbour_embedding(VECTORS, 30)
    assert places.shape == (100, 2)
    for label in range(4):
        own, others = places[label == LABELS], places[label != LABELS]
        reach = np.linalg.norm(own - own.mean(axis=0), axis=1).max()
        assert nearest_distances(own, others).min() > reach / 2
    np.testing.assert_array_equal(places, neighbour_embedding(VECTORS, 30))


def test_equal_vectors_and_very_few_are_placed() -> None:
    assert np.isfinite(neighbour_embedding(np.ones((5, 3)), 30)).all()
    assert np.isfinite(neighbour_embedding(np.eye(4), 30)).all()
