"""Convolutions with their normalisation, and the residual blocks made of them.

All of them work on (M, C, H, W), frame by frame, but for the temporal convolution of the pseudo-3-D
block, which takes the neighbours in time of each real frame and zero where there is none.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinigait.nn.frames import Frames

Network = TypeVar("Network", bound=nn.Module)


class ConvNorm(nn.Module):
    """Convolution without bias, batch normalisation and, if wanted, ReLU.

    Parameters
    ----------
    channels_in, channels_out
        Channels.
    size
        Side of the square kernel, odd; the map keeps its size at stride 1.
    stride
        Spatial stride.
    relu
        Whether a ReLU follows.
    """

    def __init__(
        self, channels_in: int, channels_out: int, size: int = 3, stride: int = 1, *, relu: bool
    ) -> None:
        super().__init__()
        self.conv: nn.Module = nn.Conv2d(
            channels_in, channels_out, size, stride, size // 2, bias=False
        )
        self.norm: nn.Module = nn.BatchNorm2d(channels_out)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to (M, C', H', W')."""
        y: Tensor = self.norm(self.conv(x))
        return functional.relu(y, inplace=True) if self.relu else y


class TemporalConvNorm(nn.Module):
    """Convolution over three frames and batch normalisation, inside of each sequence.

    The weight is kept as that of a 3-D convolution with kernel (3, 1, 1). It is applied as a 1×1
    convolution of each frame with its neighbours beside it, zero where there are none: padding
    frames and neighbouring sequences cannot leak in.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels, channels, (3, 1, 1), bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(channels)

    def forward(self, frames: Frames) -> Tensor:
        """Map the values of the frames, (M, C, H, W), to the same shape."""
        x, (first, last) = frames.values, frames.ends()
        before = x.roll(1, 0).index_fill_(0, first, 0.0)
        after = x.roll(-1, 0).index_fill_(0, last, 0.0)
        weight = self.conv.weight[..., 0, 0].transpose(1, 2).flatten(1)[..., None, None]
        y = functional.conv2d(torch.cat([before, x, after], 1), weight, self.conv.bias)
        normed: Tensor = self.norm(y)
        return normed


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with a shortcut, frame by frame (doi:10.1109/CVPR.2016.90)."""

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.first = ConvNorm(channels_in, channels_out, stride=stride, relu=True)
        self.second = ConvNorm(channels_out, channels_out, relu=False)
        self.shortcut = _shortcut(channels_in, channels_out, stride)

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, H, W) to (M, C', H', W')."""
        x = frames.values
        y: Tensor = self.second(self.first(x)).add_(self.shortcut(x))
        return frames.map(lambda _: functional.relu(y, inplace=True))


class PseudoThreeDBlock(nn.Module):
    """Residual block with a convolution over time in parallel to the identity.

    y = ReLU(BN(conv 3×3)); y = ReLU(y + BN(conv over three frames)); ReLU(BN(conv 3×3) + shortcut):
    the P3D block of DeepGaitV2 (arXiv:2303.03301).
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1) -> None:
        super().__init__()
        self.first = ConvNorm(channels_in, channels_out, stride=stride, relu=True)
        self.temporal = TemporalConvNorm(channels_out)
        self.second = ConvNorm(channels_out, channels_out, relu=False)
        self.shortcut = _shortcut(channels_in, channels_out, stride)

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, H, W) to (M, C', H', W')."""
        inner = frames.map(self.first)
        y: Tensor = functional.relu(self.temporal(inner).add_(inner.values), inplace=True)
        y = self.second(y).add_(self.shortcut(frames.values))
        return frames.map(lambda _: functional.relu(y, inplace=True))


class Stage(nn.Module):
    """Blocks in a row, the first of which may change channels and size.

    Parameters
    ----------
    block
        Class of the blocks.
    channels
        Channels that come in and go out.
    stride
        Spatial stride of the first block.
    count
        Number of blocks.
    """

    def __init__(
        self,
        block: type[ResidualBlock] | type[PseudoThreeDBlock],
        channels: tuple[int, int],
        stride: int = 1,
        count: int = 1,
    ) -> None:
        super().__init__()
        self.channels = channels
        rest = [block(channels[1], channels[1]) for _ in range(count - 1)]
        self.blocks = nn.ModuleList([block(*channels, stride), *rest])

    def forward(self, frames: Frames) -> Frames:
        """Map frames to frames."""
        for block in self.blocks:
            frames = block(frames)
        return frames


class ImageStem(nn.Module):
    """First convolution of an image network: 3×3, batch normalisation, ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = ConvNorm(channels_in, channels_out, relu=True)

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, H, W) to (M, C', H, W)."""
        return frames.map(self.conv)


def initialise(model: Network) -> Network:
    """Draw the weights: Xavier for convolutions and linear maps, N(1, 0.02) for batch norms.

    Returns
    -------
    Module
        The same model.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)
    return model


def _shortcut(channels_in: int, channels_out: int, stride: int) -> nn.Module:
    if channels_in == channels_out and stride == 1:
        return nn.Identity()
    return ConvNorm(channels_in, channels_out, 1, stride, relu=False)


def stack_channels(channels: int) -> tuple[int, int, int, int]:
    """Return the channels of the four stages of a network that starts with `channels`."""
    return (channels, 2 * channels, 4 * channels, 8 * channels)
