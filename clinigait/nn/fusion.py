"""Two streams of pictures become one by attention (SkeletonGait++, arXiv:2311.13444)."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from clinigait.nn.convolution import ConvNorm, ImageStem, ResidualBlock, Stage
from clinigait.nn.frames import Frames

_REDUCTION = 16


class AttentionFusion(nn.Module):
    """Weighted sum of two maps; the weights of each channel and pixel add up to 1.

    Parameters
    ----------
    channels
        C of both maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow = max(channels // _REDUCTION, 1)
        self.squeeze = ConvNorm(2 * channels, narrow, 1, relu=True)
        self.look = ConvNorm(narrow, narrow, relu=True)
        self.weigh = nn.Conv2d(narrow, 2 * channels, 1)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Fuse two maps (M, C, H, W) into one."""
        scores: Tensor = self.weigh(self.look(self.squeeze(torch.cat([first, second], 1))))
        weights = scores.view(scores.shape[0], 2, *first.shape[1:]).softmax(1)
        return first * weights[:, 0] + second * weights[:, 1]


class TwoStreamStem(nn.Module):
    """First convolution and first stage for either stream, and their fusion.

    Parameters
    ----------
    first_channels, second_channels
        How the channels of the pictures are shared out between the streams.
    channels
        Channels that come out.
    """

    def __init__(self, first_channels: int, second_channels: int, channels: int) -> None:
        super().__init__()
        self.shares = [first_channels, second_channels]
        self.stems = nn.ModuleList([ImageStem(share, channels) for share in self.shares])
        self.layers = nn.ModuleList(
            [Stage(ResidualBlock, (channels, channels)) for _ in self.shares]
        )
        self.fusion = AttentionFusion(channels)

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, H, W) to (M, C', H, W)."""
        streams = [
            layer(stem(replace(frames, values=share))).values
            for share, stem, layer in zip(
                torch.split(frames.values, self.shares, 1), self.stems, self.layers, strict=True
            )
        ]
        return frames.map(lambda _: self.fusion(*streams))
