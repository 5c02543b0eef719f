"""From one vector of each frame to one that knows of the frames around it; padding stays zero."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from clinigait.nn.temporal_net import MaskedGroupNorm

SEQUENCES = ("gru", "tcn")
_KERNEL = 3
_DILATIONS = (1, 2, 4)


class GruOverTime(nn.Module):
    """A gated recurrent network in both directions (arXiv:1406.1078).

    Parameters
    ----------
    channels
        C, even; half of it for either direction.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gru = nn.GRU(channels, channels // 2, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (N, C, T) under (N, T) to the same shape."""
        packed = pack_padded_sequence(
            x.transpose(1, 2), mask.sum(1).cpu(), batch_first=True, enforce_sorted=False
        )
        out, _ = self.gru(packed)
        found: Tensor = pad_packed_sequence(out, batch_first=True, total_length=x.shape[2])[0]
        return found.transpose(1, 2)


class TcnOverTime(nn.Module):
    """Dilated convolutions over time with shortcuts (arXiv:1803.01271), seeing both directions.

    Parameters
    ----------
    channels
        C, a multiple of four.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([_Block(channels, dilation) for dilation in _DILATIONS])

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Map (N, C, T) under (N, T) to the same shape."""
        real = mask[:, None].to(x.dtype)
        x = x * real
        for block in self.blocks:
            x = block(x, real)
        return x


class _Block(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        reach = dilation * (_KERNEL // 2)
        self.conv = nn.Conv1d(channels, channels, _KERNEL, padding=reach, dilation=dilation)
        self.norm = MaskedGroupNorm(channels)
        self.mix = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        inner = functional.gelu(self.norm(self.conv(x) * real, real))
        y: Tensor = x + self.mix(inner) * real
        return y


class MeanAndMax(nn.Module):
    """Mean and largest value over the real frames, one below the other."""

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Pool (N, C, T) under (N, T) to (N, 2C); padding has to be zero."""
        mean = x.sum(2) / mask.sum(1, keepdim=True)
        largest = x.masked_fill(~mask[:, None], -torch.inf).amax(2)
        return torch.cat([mean, largest], 1)


def over_time(name: str, channels: int) -> nn.Module:
    """Return one of `SEQUENCES` by name."""
    return GruOverTime(channels) if name == "gru" else TcnOverTime(channels)
