"""GaitFormer of the GaitMixer paper: attention over joints, then over time (arXiv:2210.15491).

Another network of the same name (Cosma and Radoi 2022) is not this one.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from clinigait.nn.attention import JointTransformer, TransformerBlock
from clinigait.nn.convolution import initialise
from clinigait.nn.heads import NormLinear
from clinigait.nn.model import GaitModel, Slots
from clinigait.nn.pooling import JointConcat
from clinigait.nn.tail import Classes, neck


class TimeTransformer(nn.Module):
    """Temporal pooling by a class token for each joint that looks at the joint's real frames.

    Places in time are sines, so that no length is out of reach.

    Parameters
    ----------
    channels
        C of the tokens.
    heads, blocks
        Attention heads and number of blocks.
    """

    def __init__(self, channels: int, heads: int = 8, blocks: int = 4) -> None:
        super().__init__()
        self.token = nn.Parameter(0.02 * torch.randn(channels))
        self.blocks = nn.ModuleList([TransformerBlock(channels, heads) for _ in range(blocks)])

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Pool (N, C, T, J) under (N, T) to (N, C, J)."""
        count, channels, frames, joints = features.shape
        tokens = features.permute(0, 3, 2, 1).flatten(0, 1)  # (N J, T, C)
        tokens = tokens + sine_places(frames, channels).to(tokens)
        tokens = torch.cat([self.token.expand(len(tokens), 1, -1), tokens], 1)
        real = nn.functional.pad(mask, (1, 0), value=True).repeat_interleave(joints, 0)
        for block in self.blocks:
            tokens = block(tokens, real)
        return tokens[:, 0].view(count, joints, channels).transpose(1, 2)


def sine_places(frames: int, channels: int) -> Tensor:
    """Return sines and cosines of falling frequency, (T, C) (arXiv:1706.03762)."""
    rates = torch.exp(torch.arange(0, channels, 2) * (-math.log(1e4) / channels))
    angles = torch.arange(frames)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :channels]


def gaitformer(
    joints: int, in_channels: int, channels: int, embedding: int, classes: Classes
) -> GaitModel:
    """Return GaitFormer; parameters as for GaitMixer."""
    slots = Slots(
        stem=JointTransformer(joints, in_channels, channels),
        backbone=nn.Identity(),
        temporal_pooling=TimeTransformer(channels),
        part_pooling=JointConcat(),
        head=NormLinear(joints * channels, embedding),
        neck=neck(1, embedding, classes),
    )
    stages = {
        "spatial": ("stem", "backbone"),
        "temporal": ("temporal_pooling",),
        "head": ("part_pooling", "head", "neck"),
    }
    return initialise(GaitModel(slots, stages))
