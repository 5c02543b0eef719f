"""Plain classifiers: about equal in size, and what they say are log-probabilities."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from clinigait.nn.walk_classifiers import KINDS, WalkClassifier  # noqa: E402


def test_they_are_of_about_one_size() -> None:
    sizes = [sum(p.numel() for p in WalkClassifier(kind, 53, 6).parameters()) for kind in KINDS]
    assert max(sizes) < 1.1 * min(sizes)


@pytest.mark.parametrize("kind", KINDS)
def test_they_give_log_probabilities_on_any_scale(kind: str) -> None:
    torch.manual_seed(0)
    walks = torch.randn(8, 53, 64)
    network = WalkClassifier(kind, 53, 6).eval()
    network.standardise_by(walks)
    said = network(walks)
    torch.testing.assert_close(said.exp().sum(1), torch.ones(8))
    other = WalkClassifier(kind, 53, 6).eval()
    other.load_state_dict(network.state_dict())
    other.standardise_by(1000 * walks + 5)
    torch.testing.assert_close(other(1000 * walks + 5), said, rtol=1e-3, atol=1e-3)
    assert network.features(walks).shape == (8, network.head.in_features)
