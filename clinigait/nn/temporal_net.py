"""A small convolutional network over channels in time that takes either side alike.

Made for few people: it sees standardised channels (joint angles and the like), pools mean,
spread and peak over all frames, and looks at every walk twice, as it is and in the mirror. Either
look answers "this gait, affected on the right"; together they are one distribution over gaits and
sides, so that a gait is recognised the same on both sides and the side comes out with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinigait.nn.output import GaitOutput

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

    def standardised(self, x: Tensor, mask: Tensor) -> Tensor:
        """Return (N, C x J, T) of (N, C, T, J): 0 where a channel or frame is not known."""
        flat = x.transpose(2, 3).flatten(1, 2)
        normal = (flat - self.mean[:, None]) / self.spread[:, None]
        return torch.where(torch.isfinite(normal) & mask[:, None], normal, 0.0)

    def hidden(self, normal: Tensor, mask: Tensor) -> Tensor:
        """Return (N, width, T / 2) features, 0 where there is no frame."""
        kept = mask[:, None, ::2].to(normal.dtype)
        features = functional.gelu(self.norm(self.stem(normal) * kept, kept))
        for block in self.blocks:
            features = block(features, kept)
        return features

    def pooled(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return (N, 3 x width): mean, spread and peak over time."""
        return _pooled(features, mask[:, None, ::2].to(features.dtype))

    def logits(self, pooled: Tensor) -> Tensor:
        """Return (N, classes)."""
        told: Tensor = self.head(self.dropout(pooled))
        return told


def _pooled(x: Tensor, mask: Tensor) -> Tensor:
    count = mask.sum(dim=2)
    mean = x.sum(dim=2) / count
    variance = ((x - mean[:, :, None]).square() * mask).sum(dim=2) / count
    peak = x.masked_fill(mask == 0, -torch.inf).amax(dim=2)
    return torch.cat([mean, (variance + _LEAST_VARIANCE).sqrt(), peak], dim=1)


@dataclass(frozen=True)
class ChannelNoise:
    """How standardised channels are changed at random in training, walk by walk.

    Parameters
    ----------
    offset
        Standard deviation of what is added to a channel: another body, another sensor.
    amplitude
        Standard deviation of the factor of all movements of a walk, and twice that of one channel.
    drop
        Share of the channels that are left out.
    group_drop
        How often a group is left out as a whole.
    groups
        Channels that are left out together.
    """

    offset: float = 0.0
    amplitude: float = 0.0
    drop: float = 0.0
    group_drop: float = 0.0
    groups: tuple[tuple[int, ...], ...] = ()

    def of(self, normal: Tensor, mask: Tensor) -> Tensor:
        """Return changed (N, C, T) channels; frames that are not there stay 0."""
        seen = mask[:, None].to(normal.dtype)
        n, channels, _ = normal.shape
        middle = normal.sum(dim=2, keepdim=True) / seen.sum(dim=2, keepdim=True)
        # Drawn on the CPU wherever the walks are: the same seed gives the same changes.
        own, whole = torch.randn(n, channels, 1), torch.randn(n, 1, 1)
        gain = (1 + self.amplitude * (0.5 * own + whole)).to(normal)
        moved = (self.offset * torch.randn(n, channels, 1)).to(normal)
        kept = (torch.rand(n, channels, 1) > self.drop).to(torch.float32)
        for group in self.groups:
            kept[:, list(group)] *= (torch.rand(n, 1, 1) > self.group_drop).to(torch.float32)
        return (middle + (normal - middle) * gain + moved) * kept.to(normal) * seen


class EitherSide(nn.Module):
    """A network that looks at a walk as it is and in the mirror.

    Parameters
    ----------
    net
        Sees (N, C, T, J) with (N, T), gives (N, classes): logits of each gait on the first side.
    order
        Which channel (and joint) of the flat C x J takes each one's place in the mirror.
    sign
        1 or -1: what it is multiplied by there.
    noise
        Of the training.
    """

    order: Tensor
    sign: Tensor

    def __init__(
        self,
        net: TemporalNet,
        order: Sequence[int],
        sign: Sequence[float],
        noise: ChannelNoise | None = None,
    ) -> None:
        super().__init__()
        self.net = net
        self.noise = noise
        self.register_buffer("order", torch.tensor(order))
        self.register_buffer("sign", torch.tensor(sign))

    @property
    def stages(self) -> dict[str, list[nn.Module]]:
        """Modules of each named stage, from the input to the output."""
        net = self.net
        return {"stem": [net.stem, net.norm], "temporal": [net.blocks], "head": [net.head]}

    def standardise_by(self, frames: Sequence[Tensor]) -> None:
        """Set what the channels are standardised by, from (C, T, J) walks and their mirror images.

        Both images count, so that the mean and spread of a channel are those of its partner.
        """
        flat = torch.cat([walk.transpose(1, 2).flatten(0, 1) for walk in frames], dim=1)
        both = torch.cat([flat, flat[self.order] * self.sign[:, None]], dim=1)
        known = torch.isfinite(both)
        count = known.sum(dim=1).clamp(min=1)
        mean = torch.where(known, both, 0.0).sum(dim=1) / count
        square = torch.where(known, both - mean[:, None], 0.0).square().sum(dim=1) / count
        self.net.standardise_by(mean, torch.where(square > 0, square.sqrt(), 1.0))

    def mirrored(self, x: Tensor) -> Tensor:
        """Return (N, C, T, J) of the mirror image."""
        n, channels, frames, joints = x.shape
        flat = x.transpose(2, 3).flatten(1, 2)[:, self.order] * self.sign[:, None]
        return flat.view(n, channels, joints, frames).transpose(2, 3)

    def forward(
        self, x: Tensor, mask: Tensor | None = None, vector: Tensor | None = None
    ) -> GaitOutput:
        """Look at walks; no vector guides it.

        Parameters
        ----------
        x
            (N, C, T, J); NaN where a channel is not known: it counts as average.
        mask
            (N, T) true for the frames that are there, which come first; None where all are.

        Returns
        -------
        GaitOutput
            Logits are log-probabilities, the same for a walk and its mirror image; ``sides`` has
            those of both looks, which together are one distribution.
        """
        if vector is not None:
            raise ValueError("this network is not guided by a postural asymmetry vector")
        if mask is None:
            mask = torch.ones(x.shape[0], x.shape[2], dtype=torch.bool, device=x.device)
        if (mask[:, 1:] & ~mask[:, :-1]).any():
            raise ValueError("real frames come first: there is a gap in the mask")
        normal = self.net.standardised(x, mask)
        if self.training and self.noise is not None:
            normal = self.noise.of(normal, mask)
        looks = (normal, normal[:, self.order] * self.sign[:, None])
        hidden = [self.net.hidden(look, mask)[..., None] for look in looks]
        pooled = [self.net.pooled(features[..., 0], mask) for features in hidden]
        two = torch.stack([self.net.logits(each) for each in pooled], dim=1)
        sides = two - two.logsumexp(dim=(1, 2), keepdim=True)
        parts = ((pooled[0] + pooled[1]) / 2)[:, :, None]
        return GaitOutput(
            parts=parts,
            parts_bn=functional.normalize(parts, dim=1),
            logits=sides.logsumexp(dim=1)[:, :, None],
            features=hidden[0],
            sides=sides,
        )
