"""From embeddings to concepts."""

from __future__ import annotations

import numpy as np

from clinigait.explain.narration.concepts import ConceptProjector, learn_projector


def test_a_projector_finds_what_an_embedding_holds() -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(3, size=300)
    vectors = np.eye(3)[targets] @ rng.normal(size=(3, 12)) + 0.1 * rng.normal(size=(300, 12))
    projector = learn_projector(vectors[:200], targets[:200], ("a", "b", "c"))
    said = projector.probabilities(vectors[200:])
    assert np.allclose(said.sum(axis=1), 1)
    assert (said.argmax(axis=1) == targets[200:]).mean() > 0.95


def test_a_projector_is_stored_and_read() -> None:
    projector = learn_projector(np.eye(4), np.array([0, 1, 0, 1]), ("a", "b"))
    again = ConceptProjector.of(projector.arrays(), ["a", "b"])
    assert np.allclose(
        again.probabilities(np.eye(4)), projector.probabilities(np.eye(4)), atol=1e-6
    )
