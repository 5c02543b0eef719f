"""ScoNet on skeleton maps, guided by the postural asymmetry vector (DRF, arXiv:2509.00872)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from clinigait.nn.convolution import (
    ImageStem,
    ResidualBlock,
    Stage,
    initialise,
    stack_channels,
)
from clinigait.nn.frames import Frames
from clinigait.nn.fusion import TwoStreamStem
from clinigait.nn.gaitbase import ResNet9
from clinigait.nn.model import GaitModel, Slots
from clinigait.nn.tail import Classes, PartSettings, neck, part_head, part_pooling, temporal_pooling

PAV_SIZE = 24  # eight pairs of joints, three measures of asymmetry
_HIDDEN = 128
_MAPS, _SILHOUETTES = 2, 1


class PavGuidedAttention(nn.Module):
    """Channels and rows of the features, weighted as the asymmetry of the posture asks for.

    F·(1 + channel gate · row gate), both gates in (0, 1). The gates do not depend on time and are
    positive, so that they may act after a temporal pooling by maximum, mean or GeM as well as
    before it.

    Parameters
    ----------
    channels
        C of the features.
    rows
        Number of row gates; the rows of the feature map are shared out to them equally.

    Vectors are taken on the scale from the least to the greatest of those whom it learns from; 0
    to 1 as long as nobody taught it. A measure that is missing (NaN) counts as their median.
    """

    def __init__(self, channels: int, rows: int) -> None:
        super().__init__()
        self.channel_gate = _gate(channels)
        self.row_gate = _gate(rows)
        self.rows = rows
        self.low: Tensor
        self.high: Tensor
        self.register_buffer("low", torch.zeros(PAV_SIZE))
        self.register_buffer("high", torch.ones(PAV_SIZE))
        self.middle: Tensor
        self.register_buffer("middle", torch.full((PAV_SIZE,), 0.5))

    def learn_range(self, pavs: Tensor) -> None:
        """Take the range of the vectors of those who teach, (N, 24); NaN is left out.

        Raises
        ------
        ValueError
            If a measure is missing or the same in all of them.
        """
        low = pavs.nan_to_num(nan=torch.inf).amin(0)
        high = pavs.nan_to_num(nan=-torch.inf).amax(0)
        if not bool((high > low).all()):
            raise ValueError("a measure of asymmetry is missing in all walks, or the same in all")
        self.low.copy_(low)
        self.high.copy_(high)
        self.middle.copy_(pavs.nanmedian(0).values)

    def forward(self, pooled: Tensor, pav: Tensor) -> Tensor:
        """Weight (N, C, H, W) by the vectors (N, 24).

        Raises
        ------
        ValueError
            If the vectors or the rows do not fit.
        """
        if pav.shape != (len(pooled), PAV_SIZE):
            raise ValueError(
                f"the postural asymmetry vectors have to be of shape {(len(pooled), PAV_SIZE)}, "
                f"not {tuple(pav.shape)}"
            )
        pav = torch.where(pav.isnan(), self.middle, pav)
        pav = (pav - self.low) / (self.high - self.low)
        height = pooled.shape[2]
        if height % self.rows:
            raise ValueError(f"{height} rows of features cannot be shared by {self.rows} gates")
        rows: Tensor = self.row_gate(pav).repeat_interleave(height // self.rows, 1)
        channels: Tensor = self.channel_gate(pav)
        gate = channels[:, :, None, None] * rows[:, None, :, None]
        return pooled * (1 + gate)


class UpperStages(nn.Module):
    """Stages 2 to 4 of the residual network, for a stem that holds the first."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        c1, c2, c3, c4 = stack_channels(channels)
        self.layer2 = Stage(ResidualBlock, (c1, c2), 2)
        self.layer3 = Stage(ResidualBlock, (c2, c3), 2)
        self.layer4 = Stage(ResidualBlock, (c3, c4))

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, H, W) to (M, 8C, H/4, W/4)."""
        for layer in (self.layer2, self.layer3, self.layer4):
            frames = layer(frames)
        return frames


def drf(channels: int, settings: PartSettings, classes: Classes, *, silhouettes: bool) -> nn.Module:
    """Return the guided network.

    Parameters
    ----------
    channels
        Channels of the first stage.
    settings
        Pooling and parts; temporal pooling by attention is not possible here.
    classes
        What the classifier tells apart.
    silhouettes
        False: pictures are skeleton maps of two channels. True: a third channel holds the
        silhouettes, and both streams are fused by attention after the first stage.

    Raises
    ------
    ValueError
        If temporal pooling is by attention.
    """
    if settings.temporal == "attention":
        raise ValueError("drf pools time by max, mean or gem, not by attention")
    top = stack_channels(channels)[-1]
    stem: nn.Module
    backbone: nn.Module
    if silhouettes:
        stem, backbone = TwoStreamStem(_MAPS, _SILHOUETTES, channels), UpperStages(channels)
        lower = {"stem": ("stem.stems",), "layer1": ("stem.layers", "stem.fusion")}
    else:
        stem, backbone = ImageStem(_MAPS, channels), ResNet9(channels)
        lower = {"stem": ("stem",), "layer1": ("backbone.layer1",)}
    slots = Slots(
        stem=stem,
        backbone=backbone,
        temporal_pooling=temporal_pooling(settings.temporal, top),
        part_pooling=part_pooling(settings),
        head=part_head(settings, top),
        neck=neck(settings.parts, settings.embedding_of(top), classes),
        guide=PavGuidedAttention(top, max(settings.strips)),
    )
    upper = {f"layer{i}": (f"backbone.layer{i}",) for i in (2, 3, 4)}
    head = ("temporal_pooling", "guide", "part_pooling", "head", "neck")
    return initialise(GaitModel(slots, {**lower, **upper, "head": head}))


def _gate(size: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(PAV_SIZE, _HIDDEN), nn.ReLU(), nn.Linear(_HIDDEN, size), nn.Sigmoid()
    )
