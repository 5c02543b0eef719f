"""Part pooling: a feature map becomes one vector for each body part or strip."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_SMALLEST = 1e-6


class HorizontalPooling(nn.Module):
    """Mean plus maximum over each of equal horizontal strips (arXiv:1811.06186).

    Parameters
    ----------
    strips
        Number of strips, or several numbers for a pyramid, whose parts follow one another.
    """

    def __init__(self, strips: Sequence[int] = (16,)) -> None:
        super().__init__()
        self.strips = tuple(strips)

    @property
    def parts(self) -> int:
        """Number of parts."""
        return sum(self.strips)

    def forward(self, pooled: Tensor) -> Tensor:
        """Pool (N, C, H, W) to (N, C, P).

        Raises
        ------
        ValueError
            If the rows cannot be shared out equally.
        """
        cut = [_strips(pooled, count) for count in self.strips]
        return torch.cat([strip.mean(-1) + strip.amax(-1) for strip in cut], -1)


class GeMHorizontalPooling(nn.Module):
    """Generalised mean over each of equal horizontal strips; its power is learned.

    Parameters
    ----------
    strips
        As for `HorizontalPooling`.
    power
        Power at the start (arXiv:2011.01461).
    """

    def __init__(self, strips: Sequence[int] = (64,), power: float = 6.5) -> None:
        super().__init__()
        self.strips = tuple(strips)
        self.power = nn.Parameter(torch.tensor(power))

    @property
    def parts(self) -> int:
        """Number of parts."""
        return sum(self.strips)

    def forward(self, pooled: Tensor) -> Tensor:
        """Pool (N, C, H, W) to (N, C, P).

        Raises
        ------
        ValueError
            If the rows cannot be shared out equally.
        """
        return torch.cat([self._mean(_strips(pooled, count)) for count in self.strips], -1)

    def _mean(self, strip: Tensor) -> Tensor:
        real = strip.clamp(min=_SMALLEST)
        # Relative to the largest, which cancels: a high power would overflow.
        largest = real.detach().amax(-1, keepdim=True)
        raised = (real / largest) ** self.power
        return raised.mean(-1) ** (1 / self.power) * largest[..., 0]


class JointMean(nn.Module):
    """Mean over the joints: one part."""

    parts = 1

    def forward(self, pooled: Tensor) -> Tensor:
        """Pool (N, C, J) to (N, C, 1)."""
        return pooled.mean(-1, keepdim=True)


class JointConcat(nn.Module):
    """All joints in one vector: one part."""

    parts = 1

    def forward(self, pooled: Tensor) -> Tensor:
        """Pool (N, C, J) to (N, J·C, 1), joint by joint."""
        return pooled.transpose(1, 2).flatten(1)[..., None]


def _strips(pooled: Tensor, count: int) -> Tensor:
    rows = pooled.shape[2]
    if rows % count:
        raise ValueError(f"{rows} rows of features cannot be shared by {count} equal strips")
    return pooled.reshape(*pooled.shape[:2], count, -1)
