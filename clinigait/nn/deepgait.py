"""DeepGaitV2 with 2-D or pseudo-3-D blocks (arXiv:2303.03301).

SkeletonGait is the pseudo-3-D network on skeleton maps of two channels (arXiv:2311.13444).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from clinigait.nn.convolution import (
    ImageStem,
    PseudoThreeDBlock,
    ResidualBlock,
    Stage,
    initialise,
    stack_channels,
)
from clinigait.nn.frames import Frames
from clinigait.nn.gaitbase import HEAD
from clinigait.nn.model import GaitModel, Slots
from clinigait.nn.tail import Classes, PartSettings, neck, part_head, part_pooling, temporal_pooling


class DeepGaitStages(nn.Module):
    """Stage 1 of 2-D blocks, stages 2 to 4 of 2-D or pseudo-3-D blocks, strides 1, 2, 2 and 1.

    Parameters
    ----------
    channels
        Channels of the first stage; they double from stage to stage.
    blocks
        Number of blocks of each of the four stages.
    temporal
        Whether stages 2 to 4 look along time.
    """

    def __init__(self, channels: int, blocks: Sequence[int], *, temporal: bool) -> None:
        super().__init__()
        c1, c2, c3, c4 = stack_channels(channels)
        upper = PseudoThreeDBlock if temporal else ResidualBlock
        self.layer1 = Stage(ResidualBlock, (channels, c1), 1, blocks[0])
        self.layer2 = Stage(upper, (c1, c2), 2, blocks[1])
        self.layer3 = Stage(upper, (c2, c3), 2, blocks[2])
        self.layer4 = Stage(upper, (c3, c4), 1, blocks[3])

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, H, W) to (M, 8C, H/4, W/4)."""
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            frames = layer(frames)
        return frames


def deepgait(
    in_channels: int, backbone: DeepGaitStages, settings: PartSettings, classes: Classes
) -> nn.Module:
    """Return DeepGaitV2.

    Parameters
    ----------
    in_channels
        Channels of the pictures.
    backbone
        Its four stages.
    settings
        Pooling and parts.
    classes
        What the classifier tells apart.
    """
    channels = backbone.layer1.channels[0]
    top = stack_channels(channels)[-1]
    slots = Slots(
        stem=ImageStem(in_channels, channels),
        backbone=backbone,
        temporal_pooling=temporal_pooling(settings.temporal, top),
        part_pooling=part_pooling(settings),
        head=part_head(settings, top),
        neck=neck(settings.parts, settings.embedding_of(top), classes),
    )
    layers = {f"layer{i}": (f"backbone.layer{i}",) for i in (1, 2, 3, 4)}
    return initialise(GaitModel(slots, {"layer0": ("stem",), **layers, "head": HEAD}))
