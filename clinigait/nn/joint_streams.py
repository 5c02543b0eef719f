"""Two streams of the same joints, each with a stem of its own, become one.

The second stream is that of the loads (arXiv 2512.20451, whose fusion is not published: these are
the three usual ones). The backbone does not know of it. All of it works frame by frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinigait.nn.convolution import initialise
from clinigait.nn.frames import Frames
from clinigait.nn.model import GaitModel

FUSIONS = ("concat", "gate", "attention")
_HEADS = 8


class Concatenation(nn.Module):
    """The channels of both one after the other, mapped to as many as one has."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = nn.Conv1d(2 * channels, channels, 1)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse two (M, C, J) into one."""
        mixed: Tensor = self.mix(torch.cat([first, second], 1))
        return mixed


class Gate(nn.Module):
    """Weighted sum; weights of each channel and joint are read from both and add up to 1."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Conv1d(2 * channels, channels, 1)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse two (M, C, J) into one."""
        share = torch.sigmoid(self.weigh(torch.cat([first, second], 1)))
        return share * first + (1 - share) * second


class CrossAttention(nn.Module):
    """The joints of the first look at those of the second; what they find is added."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = math.gcd(channels, _HEADS)
        self.norm_first, self.norm_second = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.to_query = nn.Linear(channels, channels)
        self.to_key_value = nn.Linear(channels, 2 * channels)
        self.from_heads = nn.Linear(channels, channels)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse two (M, C, J) into one."""
        query = self.to_query(self.norm_first(first.transpose(1, 2)))
        both = self.to_key_value(self.norm_second(second.transpose(1, 2)))
        key, value = both.chunk(2, -1)
        looked = functional.scaled_dot_product_attention(
            self._shared(query), self._shared(key), self._shared(value)
        )
        found: Tensor = self.from_heads(looked.transpose(1, 2).flatten(2))
        return first + found.transpose(1, 2)

    def _shared(self, tokens: Tensor) -> Tensor:
        """Share (M, J, C) out among the heads, (M, heads, J, C / heads)."""
        count, joints, channels = tokens.shape
        return tokens.view(count, joints, self.heads, channels // self.heads).transpose(1, 2)


class JointStreams(nn.Module):
    """A stem for either stream, and their fusion.

    Parameters
    ----------
    first, second
        `Frames` of their channels to `Frames` of C channels, time unchanged.
    second_channels
        How many of the last channels belong to the second stream.
    channels
        C that comes out of either.
    fusion
        One of `FUSIONS`.
    """

    def __init__(
        self, first: nn.Module, second: nn.Module, second_channels: int, channels: int, fusion: str
    ) -> None:
        super().__init__()
        self.second_channels = second_channels
        self.first, self.second = first, second
        kinds = {"concat": Concatenation, "gate": Gate, "attention": CrossAttention}
        self.fusion = kinds[fusion](channels)

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C', J) to (M, C, J)."""
        taken = frames.values.shape[1] - self.second_channels
        shares = torch.split(frames.values, [taken, self.second_channels], 1)
        streams = [
            stem(replace(frames, values=share))
            for share, stem in zip(shares, (self.first, self.second), strict=True)
        ]
        fused: Tensor = self.fusion(*(stream.values for stream in streams))
        return replace(frames, values=fused)


@dataclass(frozen=True)
class SecondStream:
    """The second stream of a network.

    Parameters
    ----------
    channels
        How many of the last channels that come in belong to it.
    fusion
        One of `FUSIONS`.
    """

    channels: int
    fusion: str


def with_second_stream(
    build: Callable[[int], GaitModel], in_channels: int, width: int, second: SecondStream | None
) -> GaitModel:
    """Build a network whose last channels have a stem of their own, of the same kind.

    Parameters
    ----------
    build
        From the number of channels that come in to the network.
    in_channels
        Channels of both streams together.
    width
        Channels that the stem gives.
    second
        The second stream; None for none.
    """
    if second is None:
        return build(in_channels)
    model = build(in_channels - second.channels)
    own = build(second.channels).stem
    streams = JointStreams(model.stem, own, second.channels, width, second.fusion)
    initialise(streams.fusion)
    model.stem = streams
    return model
