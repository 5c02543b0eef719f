"""Ordered classes: the cumulative link model (doi:10.1111/j.2517-6161.1980.tb01109.x).

A walk has one score; ordered thresholds cut the line of scores into classes:
P(class <= k) = sigmoid(threshold_k - score).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class OrdinalClassifier(nn.Module):
    """Logits of ordered classes from one cosine score for each part.

    The logits are the logarithms of the model's probabilities, so that softmax, cross-entropy and
    argmax work on them as on those of any other classifier.

    Parameters
    ----------
    parts, channels
        P and C.
    order
        Class indices from the lowest to the highest, each of 0 to K-1 once.
    scale
        Factor of the cosine; saved with the weights.
    """

    scale: Tensor
    places: Tensor

    def __init__(
        self, parts: int, channels: int, order: Sequence[int], scale: float = 16.0
    ) -> None:
        super().__init__()
        places = class_places(order)
        self.weight = nn.Parameter(torch.randn(parts, channels) / channels**0.5)
        # Equal shares at score 0; later thresholds are kept above earlier ones by softplus.
        start = torch.logit(torch.arange(1, len(order)) / len(order))
        self.first = nn.Parameter(start[:1].clone())
        self.steps = nn.Parameter(torch.log(torch.expm1(start.diff())))
        self.register_buffer("places", places)
        self.register_buffer("scale", torch.tensor(float(scale)))

    def thresholds(self) -> Tensor:
        """Return the thresholds, (K-1,), rising."""
        steps = torch.cat([self.first, functional.softplus(self.steps)])
        return steps.cumsum(0)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, P), of length 1 in each part, to logits (N, K, P)."""
        directions = functional.normalize(self.weight, dim=1)
        score = torch.einsum("ncp,pc->np", x, directions) * self.scale
        ordered = ordinal_log_probabilities(score, self.thresholds())  # (N, P, K)
        return ordered[..., self.places].transpose(1, 2)


def class_places(order: Sequence[int]) -> Tensor:
    """Return the place of each class in the order, (K,).

    Raises
    ------
    ValueError
        If the order does not name each of the classes 0 to K-1 once, or has fewer than two.
    """
    if len(order) < 2 or sorted(order) != list(range(len(order))):
        raise ValueError(f"an order names each of the classes 0 to K-1 once, not {list(order)}")
    return torch.tensor(list(order)).argsort()


def ordinal_log_probabilities(score: Tensor, thresholds: Tensor) -> Tensor:
    """Return log P(class) of ordered classes.

    Parameters
    ----------
    score
        (…).
    thresholds
        (K-1,), rising.

    Returns
    -------
    Tensor
        (…, K), from the lowest class to the highest, in float32.
    """
    cut = thresholds.float() - score.float()[..., None]
    # sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b)): exact far out as well.
    gaps = torch.log(-torch.expm1(-thresholds.float().diff()))
    between = functional.logsigmoid(cut[..., 1:]) + functional.logsigmoid(-cut[..., :-1]) + gaps
    lowest = functional.logsigmoid(cut[..., :1])
    highest = functional.logsigmoid(-cut[..., -1:])
    return torch.cat([lowest, between, highest], -1)


def ordinal_probabilities(score: Tensor, thresholds: Tensor) -> Tensor:
    """Return P(class) of ordered classes, (…, K); see `ordinal_log_probabilities`."""
    return ordinal_log_probabilities(score, thresholds).exp()
