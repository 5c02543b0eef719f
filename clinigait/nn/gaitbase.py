"""GaitBase, and ScoNet, which is the same with three classes.

A ResNet of nine layers frame by frame, maximum over time, strips, one linear map for each part and
the batch-normalised neck (arXiv:2211.06597; ScoNet: arXiv:2407.05726).
"""

from __future__ import annotations

from torch import nn

from clinigait.nn.convolution import ImageStem, ResidualBlock, Stage, initialise, stack_channels
from clinigait.nn.frames import Frames
from clinigait.nn.model import GaitModel, Slots
from clinigait.nn.tail import Classes, PartSettings, neck, part_head, part_pooling, temporal_pooling

HEAD = ("temporal_pooling", "part_pooling", "head", "neck")
_STRIDES = (1, 2, 2, 1)


class ResNet9(nn.Module):
    """Four stages of one residual block each, with strides 1, 2, 2 and 1.

    Parameters
    ----------
    channels
        Channels of the first stage; they double from stage to stage.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        outs = stack_channels(channels)
        ins = (channels, *outs[:-1])
        layers = [
            Stage(ResidualBlock, pair, stride)
            for pair, stride in zip(zip(ins, outs, strict=True), _STRIDES, strict=True)
        ]
        self.layer1, self.layer2, self.layer3, self.layer4 = layers

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, H, W) to (M, 8C, H/4, W/4)."""
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            frames = layer(frames)
        return frames


def gaitbase(
    in_channels: int, channels: int, settings: PartSettings, classes: Classes
) -> nn.Module:
    """Return GaitBase.

    Parameters
    ----------
    in_channels
        Channels of the pictures: 1 for silhouettes, 2 for skeleton maps.
    channels
        Channels of the first stage; 64 in the paper.
    settings
        Pooling and parts.
    classes
        What the classifier tells apart.
    """
    top = stack_channels(channels)[-1]
    slots = Slots(
        stem=ImageStem(in_channels, channels),
        backbone=ResNet9(channels),
        temporal_pooling=temporal_pooling(settings.temporal, top),
        part_pooling=part_pooling(settings),
        head=part_head(settings, top),
        neck=neck(settings.parts, settings.embedding_of(top), classes),
    )
    layers = {f"layer{i}": (f"backbone.layer{i}",) for i in (1, 2, 3, 4)}
    return initialise(GaitModel(slots, {"stem": ("stem",), **layers, "head": HEAD}))
