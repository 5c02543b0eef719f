"""Losses: values of the reference implementation, and what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
losses = pytest.importorskip("clinigait.nn.losses")

LABELS = torch.arange(4).repeat_interleave(4)


def _normal(seed: int, *shape: int) -> torch.Tensor:
    values = np.random.RandomState(seed).standard_normal(shape)  # as the oracle
    return torch.from_numpy(values.astype(np.float32))


EMBEDDINGS = _normal(0, 16, 8, 3)
COSINES = _normal(1, 16, 5, 3) / 4


def test_the_triplet_loss_is_that_of_the_reference() -> None:
    wanted = (0.895163, 0.971988, 1.136662)
    for part, value in enumerate(wanted):
        found = losses.batch_all_triplet(EMBEDDINGS[..., part : part + 1], LABELS)
        assert float(found) == pytest.approx(value, abs=2e-6)
    assert float(losses.batch_all_triplet(EMBEDDINGS, LABELS)) == pytest.approx(1.001271, abs=2e-6)


def test_part_distances_are_those_of_the_reference() -> None:
    means = losses.part_distances(EMBEDDINGS).mean((1, 2))
    # Those of the reference hold noise from distances of embeddings to themselves.
    assert means.tolist() == pytest.approx([3.748341, 3.572784, 3.39558], abs=2e-5)


@pytest.mark.parametrize(
    ("scale", "smoothing", "wanted"), [(16, 0.1, 5.289492), (16, 0.0, 5.332433), (1, 0.0, 1.660376)]
)
def test_cross_entropy_is_that_of_the_reference(
    scale: int, smoothing: float, wanted: float
) -> None:
    found = losses.part_cross_entropy(scale * COSINES, LABELS, smoothing)
    assert float(found) == pytest.approx(wanted, abs=2e-6)


def _each(logits: torch.Tensor, labels: torch.Tensor, parts: torch.Tensor) -> list[float]:
    weights = torch.tensor([1.13, 0.935, 0.935, 1.2, 1.0])
    return [
        float(value)
        for value in (
            losses.batch_all_triplet(parts, labels),
            losses.supervised_contrastive(parts, labels),
            losses.part_cross_entropy(logits, labels),
            losses.part_cross_entropy(logits, labels, 0.1, weights),
            losses.focal_loss(logits, labels, 2.0, weights),
            losses.cumulative_link_loss(logits, labels, [2, 0, 1, 4, 3], weights),
        )
    ]


@given(st.permutations(range(16)))
def test_losses_do_not_depend_on_the_order_of_the_batch(order: list[int]) -> None:
    logits = 4 * COSINES
    here = _each(logits, LABELS, EMBEDDINGS)
    there = _each(logits[order], LABELS[order], EMBEDDINGS[order])
    assert here == pytest.approx(there, rel=1e-5)


@given(st.integers(0, 2**20), st.floats(1.0, 50.0))
def test_people_farther_apart_than_the_margin_cost_nothing(seed: int, apart: float) -> None:
    rng = np.random.default_rng(seed)
    homes = apart * torch.eye(4)[LABELS][..., None].expand(-1, -1, 3)
    near = torch.from_numpy(rng.uniform(-0.05, 0.05, (16, 4, 3)).astype(np.float32))
    assert float(losses.batch_all_triplet(homes + near, LABELS)) == 0


def test_equal_embeddings_and_lonely_labels_give_no_nan() -> None:
    parts = torch.ones(4, 5, 2, requires_grad=True)
    for labels in (torch.tensor([0, 0, 1, 1]), torch.zeros(4).long(), torch.arange(4)):
        for loss in (losses.batch_all_triplet, losses.supervised_contrastive):
            parts.grad = None
            value = loss(parts, labels)
            value.backward()
            assert math.isfinite(float(value.detach()))
            assert bool(parts.grad.isfinite().all())
    assert float(losses.batch_all_triplet(parts, torch.zeros(4).long()).detach()) == 0
    assert float(losses.supervised_contrastive(parts, torch.arange(4)).detach()) == 0


def test_sums_are_in_single_precision() -> None:
    half = EMBEDDINGS.bfloat16()
    assert losses.batch_all_triplet(half, LABELS).dtype == torch.float32
    exact = losses.batch_all_triplet(half.float(), LABELS)
    assert float(losses.batch_all_triplet(half, LABELS)) == float(exact)
    assert losses.part_cross_entropy(COSINES.bfloat16(), LABELS).dtype == torch.float32
    assert losses.focal_loss(COSINES.bfloat16(), LABELS).dtype == torch.float32


def test_focal_loss_without_its_power_is_cross_entropy_and_forgives_the_easy() -> None:
    logits = 4 * COSINES
    plain = losses.part_cross_entropy(logits, LABELS, 0.0)
    assert float(losses.focal_loss(logits, LABELS, 0.0)) == pytest.approx(float(plain), rel=1e-6)
    easy, hard = torch.zeros(2, 3, 1), torch.zeros(2, 3, 1)
    easy[:, 0], hard[:, 0] = 3.0, -1.0
    zeros = torch.zeros(2).long()
    share = [
        float(losses.focal_loss(which, zeros) / losses.part_cross_entropy(which, zeros, 0.0))
        for which in (easy, hard)
    ]
    probability = math.exp(3) / (math.exp(3) + 2)
    assert share[0] == pytest.approx((1 - probability) ** 2, rel=1e-4)
    assert share[1] > 10 * share[0]


def test_class_weights_weigh_sequences_by_their_class() -> None:
    logits, labels = torch.tensor([[2.0, 0.0], [1.0, 0.0]])[..., None], torch.tensor([0, 1])
    each = [math.log(1 + math.exp(-2)), math.log(1 + math.exp(1))]
    wanted = (3 * each[0] + 1 * each[1]) / 4
    weights = torch.tensor([3.0, 1.0])
    found = [
        losses.part_cross_entropy(logits, labels, 0.0, weights),
        losses.focal_loss(logits, labels, 0.0, weights),
        losses.cumulative_link_loss(logits, labels, None, weights),
    ]
    assert [float(value) for value in found] == pytest.approx([wanted] * 3, rel=1e-6)


def test_supervised_contrastive_is_the_formula_computed_by_hand() -> None:
    angles = torch.tensor([0.0, 0.4, 1.5, 2.0])
    parts = torch.stack([angles.cos(), angles.sin()], 1)[..., None] * 3  # length does not count
    labels = torch.tensor([0, 0, 1, 1])
    wanted = 0.0
    for anchor, positive in ((0, 1), (1, 0), (2, 3), (3, 2)):
        powers = [math.exp(math.cos(float(angles[anchor] - other)) / 0.1) for other in angles]
        wanted -= math.log(powers[positive] / (sum(powers) - powers[anchor])) / 4
    found = losses.supervised_contrastive(parts, labels, 0.1)
    assert float(found) == pytest.approx(wanted, rel=1e-5)


def test_the_ordinal_loss_costs_more_the_farther_the_mistake() -> None:
    labels = torch.zeros(1).long()
    costs = []
    for guess in (0, 1, 2):
        logits = torch.zeros(1, 3, 1)
        logits[0, guess] = 5
        costs.append(float(losses.cumulative_link_loss(logits, labels)))
        again = logits[:, [1, 2, 0]]  # the same with the classes stored in another order
        moved = losses.cumulative_link_loss(again, torch.tensor([2]), [2, 0, 1])
        assert float(moved) == pytest.approx(costs[-1], rel=1e-6)
    assert costs[0] < costs[1] < costs[2]


def test_with_two_classes_the_ordinal_loss_is_cross_entropy() -> None:
    logits, labels = 4 * COSINES[:, :2], LABELS % 2
    plain = losses.part_cross_entropy(logits, labels, 0.0)
    found = losses.cumulative_link_loss(logits, labels)
    assert float(found) == pytest.approx(float(plain), rel=1e-6)


def test_an_order_that_leaves_out_a_class_is_refused() -> None:
    with pytest.raises(ValueError, match="each of the classes 0 to K-1 once"):
        losses.cumulative_link_loss(COSINES, LABELS, [0, 1, 2, 2, 4])
