"""A small convolutional network over channels in time, blind to which side is affected.

Made for few people: it sees standardised channels (joint angles and the like), pools mean,
spread and peak over all frames, and looks at every walk twice, as it is and in the mirror. Either
look answers "this gait, affected on the right"; together they are one distribution over gaits and
sides, so that a gait is recognised the same on both sides and the side comes out with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

_GROUPS = 4
_KERNEL = 5
_DILATIONS = (1, 2, 4)
_EPS = 1e-5
#: Least spread of a feature over time: a square root has no slope at 0.
_LEAST_VARIANCE = 1e-4


class MaskedGroupNorm(nn.Module):
    """Group normalisation of (N, C, T) by the statistics of the frames that are there.

    Parameters
    ----------
    channels
        C, a multiple of four.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Normalise x where mask (N, 1, T) is 1; it has to be 0 elsewhere, and is afterwards."""
        n, channels, frames = x.shape
        grouped = x.view(n, _GROUPS, -1, frames)
        count = mask.sum(dim=2)[:, :, None, None] * grouped.shape[2]
        mean = grouped.sum(dim=(2, 3), keepdim=True) / count
        square = grouped.square().sum(dim=(2, 3), keepdim=True) / count
        scale = (square - mean.square()).clamp(min=0).add(_EPS).rsqrt()
        normal = ((grouped - mean) * scale).view(n, channels, frames)
        result: Tensor = (normal * self.weight[:, None] + self.bias[:, None]) * mask
        return result


class _Block(nn.Module):
    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        reach = dilation * (_KERNEL // 2)
        self.conv = nn.Conv1d(width, width, _KERNEL, padding=reach, dilation=dilation)
        self.norm = MaskedGroupNorm(width)
        self.mix = nn.Conv1d(width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        inner = functional.gelu(self.norm(self.conv(x) * mask, mask))
        result: Tensor = x + self.dropout(self.mix(inner)) * mask
        return result


class TemporalNet(nn.Module):
    """Convolutions over time, then mean, spread and peak of every feature.

    Parameters
    ----------
    channels
        C x J of the input.
    classes
        Number of classes.
    width
        Features, a multiple of four.
    dropout
        Share of features left out in training.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, channels: int, classes: int, width: int = 48, dropout: float = 0.3) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("spread", torch.ones(channels))
        self.stem = nn.Conv1d(channels, width, _KERNEL, stride=2, padding=_KERNEL // 2)
        self.norm = MaskedGroupNorm(width)
        self.blocks = nn.ModuleList(_Block(width, d, dropout) for d in _DILATIONS)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(3 * width, classes)

    def standardise_by(self, mean: Tensor, spread: Tensor) -> None:
        """Set what the channels are standardised by: mean and standard deviation, (C x J,)."""
        self.mean.copy_(mean)
        self.spread.copy_(spread.clamp(min=1e-6))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return (N, classes) logits.

        Parameters
        ----------
        x
            (N, C, T, J); NaN where a channel is not known: it counts as average.
        mask
            (N, T) true for the frames that are there; they come first.
        """
        seen = mask[:, None].to(x.dtype)
        flat = x.transpose(2, 3).flatten(1, 2)
        normal = (flat - self.mean[:, None]) / self.spread[:, None]
        normal = torch.where(torch.isfinite(normal) & mask[:, None], normal, 0.0)
        kept = seen[:, :, ::2]
        hidden = functional.gelu(self.norm(self.stem(normal) * kept, kept))
        for block in self.blocks:
            hidden = block(hidden, kept)
        result: Tensor = self.head(self.dropout(_pooled(hidden, kept)))
        return result


def _pooled(x: Tensor, mask: Tensor) -> Tensor:
    count = mask.sum(dim=2)
    mean = x.sum(dim=2) / count
    variance = ((x - mean[:, :, None]).square() * mask).sum(dim=2) / count
    peak = x.masked_fill(mask == 0, -torch.inf).amax(dim=2)
    return torch.cat([mean, (variance + _LEAST_VARIANCE).sqrt(), peak], dim=1)


class EitherSide(nn.Module):
    """A network that looks at a walk as it is and in the mirror.

    Parameters
    ----------
    net
        Takes (N, C, T, J) and (N, T), gives (N, classes): logits of each gait on the first side.
    order
        Which channel (and joint) of the flat C x J takes each one's place in the mirror.
    sign
        1 or -1: what it is multiplied by there.
    """

    order: Tensor
    sign: Tensor

    def __init__(self, net: nn.Module, order: Sequence[int], sign: Sequence[float]) -> None:
        super().__init__()
        self.net = net
        self.register_buffer("order", torch.tensor(order))
        self.register_buffer("sign", torch.tensor(sign))

    def mirrored(self, x: Tensor) -> Tensor:
        """Return (N, C, T, J) of the mirror image."""
        n, channels, frames, joints = x.shape
        flat = x.transpose(2, 3).flatten(1, 2)[:, self.order] * self.sign[:, None]
        return flat.view(n, channels, joints, frames).transpose(2, 3)

    def sides(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return (N, 2, classes) log-probabilities: as it is, and in the mirror.

        Together the two rows are one distribution.
        """
        both = torch.cat([x, self.mirrored(x)])
        logits: Tensor = self.net(both, torch.cat([mask, mask]))
        two = torch.stack(logits.chunk(2), dim=1)
        return two - two.logsumexp(dim=(1, 2), keepdim=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return (N, classes) log-probabilities, the same for a walk and its mirror image."""
        return self.sides(x, mask).logsumexp(dim=1)


class Committee(nn.Module):
    """Several networks that learned from other starts: the mean of their probabilities.

    Parameters
    ----------
    members
        One or more.
    """

    def __init__(self, members: Sequence[EitherSide]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def sides(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return (N, 2, classes) log-probabilities, as of :meth:`EitherSide.sides`."""
        each = torch.stack([member.sides(x, mask) for member in self._each()])
        return each.logsumexp(dim=0) - math.log(len(each))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return (N, classes) log-probabilities."""
        return self.sides(x, mask).logsumexp(dim=1)

    def _each(self) -> Iterator[EitherSide]:
        for member in self.members:
            if isinstance(member, EitherSide):
                yield member


def gait_and_side_loss(sides: Tensor, label: Tensor, symmetric: Tensor, smoothing: float) -> Tensor:
    """Return the mean cross-entropy of gait and side, where the first side is the affected one.

    Parameters
    ----------
    sides
        (N, 2, classes) log-probabilities of :meth:`EitherSide.sides`.
    label
        (N,) the gait.
    symmetric
        (classes,) true for gaits that have no side: either counts.
    smoothing
        Share of the label that is spread over all gaits.
    """
    gaits = sides.logsumexp(dim=1)
    either = gaits.gather(1, label[:, None])[:, 0]
    first = sides[:, 0].gather(1, label[:, None])[:, 0]
    right = torch.where(symmetric[label], either, first)
    return -((1 - smoothing) * right + smoothing * gaits.mean(dim=1)).mean()
