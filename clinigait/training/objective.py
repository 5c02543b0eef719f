"""What training makes small: a weighted sum of terms. Needs PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from clinigait.nn import GaitOutput
from clinigait.nn.losses import (
    batch_all_triplet,
    cumulative_link_loss,
    focal_loss,
    gait_and_side_loss,
    part_cross_entropy,
    supervised_contrastive,
)
from clinigait.training.batches import TensorBatch
from clinigait.training.plan import Term, TrainingPlan


def class_weights(plan: TrainingPlan, people_per_class: Mapping[str, int]) -> Tensor | None:
    """Return a weight for each class, mean 1; None where all weigh the same.

    Conservative weights are the share of the class's people to the power of minus
    ``class_power``: the inverse share itself (power 1) as in arXiv:2603.24434, its root (0.5) by
    default.
    """
    if plan.class_weights == "none":
        return None
    counts = torch.tensor([float(max(n, 1)) for n in people_per_class.values()])
    raised = counts**-plan.class_power
    return raised / raised.mean()


class Objective(nn.Module):
    """The weighted sum of the terms of a protocol.

    Parameters
    ----------
    terms
        What counts.
    weights
        Of the classes, (K,); None for equal ones.
    channels
        C of the embeddings, for auxiliary terms.
    """

    class_weights: Tensor | None

    def __init__(self, terms: Sequence[Term], weights: Tensor | None, channels: int) -> None:
        super().__init__()
        self.terms = tuple(terms)
        self.register_buffer("class_weights", weights)
        count = sum(term.kind == "auxiliary" for term in terms)
        self.auxiliary = nn.Linear(channels, count) if count else None

    def forward(self, output: GaitOutput, batch: TensorBatch) -> Tensor:
        """Return the loss of a batch."""
        total = output.logits.new_zeros(())
        for term in self.terms:
            if term.kind != "auxiliary":
                total = total + term.weight * self._loss(term, output, batch)
        if self.auxiliary is not None:
            total = total + self._told(output, batch)
        return total

    def _loss(self, term: Term, output: GaitOutput, batch: TensorBatch) -> Tensor:
        logits, weights = output.logits, self.class_weights
        if term.kind == "cross_entropy":
            return part_cross_entropy(logits, batch.labels, term.smoothing, weights)
        if term.kind == "gait_and_side":
            assert output.sides is not None  # noqa: S101  check_plan saw to it
            return gait_and_side_loss(
                output.sides, batch.labels, batch.sides, term.smoothing, weights
            )
        if term.kind == "focal":
            return focal_loss(logits, batch.labels, term.gamma, weights)
        if term.kind == "ordinal":
            return cumulative_link_loss(logits, batch.labels, class_weights=weights)
        alike = {"person": batch.people, "walk": batch.walks, "label": batch.labels}[term.by]
        if term.kind == "triplet":
            return batch_all_triplet(output.parts, alike, term.margin)
        return supervised_contrastive(output.parts, alike, term.temperature)

    def _told(self, output: GaitOutput, batch: TensorBatch) -> Tensor:
        """Return the squared error of the covariates, told from the mean of the parts."""
        assert self.auxiliary is not None  # noqa: S101  for the type checker
        said = self.auxiliary(output.parts.mean(-1))
        known = torch.isfinite(batch.targets)
        squares = torch.where(known, said - torch.nan_to_num(batch.targets), 0.0).square()
        factors = [term.weight for term in self.terms if term.kind == "auxiliary"]
        means = squares.sum(0) / known.sum(0).clamp(min=1)
        return (means * means.new_tensor(factors)).sum()
