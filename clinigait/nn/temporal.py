"""Temporal pooling: T frames become one, and only real frames count."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_SMALLEST = 1e-6  # of a base that is raised to a power


class TemporalMax(nn.Module):
    """Largest value over the real frames."""

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Pool (N, C, T, …) under (N, T) to (N, C, …)."""
        return features.masked_fill(~_along(mask, features), -torch.inf).amax(2)


class TemporalMean(nn.Module):
    """Mean over the real frames."""

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Pool (N, C, T, …) under (N, T) to (N, C, …)."""
        return _masked_mean(features, mask)


class TemporalGeM(nn.Module):
    """Generalised mean over the real frames, between mean and maximum.

    (mean xᵖ)^(1/p) of the positive part of the features; p is learned.

    Parameters
    ----------
    power
        p at the start.
    """

    def __init__(self, power: float = 6.5) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.tensor(power))

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Pool (N, C, T, …) under (N, T) to (N, C, …)."""
        real = features.masked_fill(~_along(mask, features), 0.0).clamp(min=_SMALLEST)
        # Relative to the largest, which cancels: a high power would overflow.
        largest = real.detach().amax(2, keepdim=True)
        raised = (real / largest) ** self.power
        return _masked_mean(raised, mask) ** (1 / self.power) * largest[:, :, 0]


class TemporalAttention(nn.Module):
    """Weighted mean over the real frames; the weights are a softmax of a learned score.

    Parameters
    ----------
    channels
        C of the features; the score is a linear map of a frame's channel means.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score = nn.Linear(channels, 1)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Pool (N, C, T, …) under (N, T) to (N, C, …)."""
        means = features.reshape(*features.shape[:3], -1).mean(-1).transpose(1, 2)  # (N, T, C)
        scores = self.score(means)[..., 0].masked_fill(~mask, -torch.inf)
        weights = scores.softmax(-1)
        return (features * _along(weights, features)).sum(2)


def _along(values: Tensor, features: Tensor) -> Tensor:
    """Shape (N, T) so that it goes along the frames of (N, C, T, …)."""
    return values.reshape(len(values), 1, -1, *([1] * (features.ndim - 3)))


def _masked_mean(features: Tensor, mask: Tensor) -> Tensor:
    real = _along(mask, features)
    total = features.masked_fill(~real, 0.0).sum(2)
    return total / mask.sum(1).reshape(-1, *([1] * (total.ndim - 1)))
