"""Heads, necks and classifiers."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
heads = pytest.importorskip("clinigait.nn.heads")


def test_each_part_has_its_own_linear_map() -> None:
    torch.manual_seed(0)
    head, x = heads.PartLinear(3, 4, 5), torch.randn(2, 4, 3)
    found = head(x)
    for part in range(3):
        torch.testing.assert_close(found[..., part], x[..., part] @ head.weight[part])


def test_the_norm_of_parts_runs_channel_by_channel_then_part_by_part() -> None:
    norm = heads.PartNorm(3, 2).eval()
    with torch.no_grad():
        norm.bn1d.running_mean[1 * 3 + 2] = 10.0  # channel 1, part 2
        found = norm(torch.full((1, 2, 3), 10.0))
    torch.testing.assert_close(found[0, :, 2], torch.tensor([1.0, 0.0]))
    torch.testing.assert_close(found[0, :, 0], torch.tensor([0.5, 0.5]).sqrt())


def test_logits_are_scaled_cosines_whatever_the_length_of_the_directions() -> None:
    classifier = heads.PartClassifier(2, 3, 2, scale=16)
    with torch.no_grad():
        classifier.weight.copy_(torch.tensor([[[5.0, 0], [0, 0.1], [0, 0]]] * 2))
        x = torch.tensor([0.6, 0.8, 0.0])[None, :, None].expand(1, 3, 2)
        found = classifier(x)
    torch.testing.assert_close(found, torch.tensor([9.6, 12.8])[None, :, None].expand(1, 2, 2))
    assert float(classifier.state_dict()["scale"]) == 16
