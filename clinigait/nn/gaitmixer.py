"""GaitMixer: attention over joints, long convolutions over time (arXiv:2210.15491)."""

from __future__ import annotations

import itertools
from dataclasses import replace

import torch
from torch import Tensor, nn

from clinigait.nn.attention import JointTransformer
from clinigait.nn.convolution import initialise
from clinigait.nn.frames import Frames
from clinigait.nn.heads import NormLinear
from clinigait.nn.model import GaitModel, Slots
from clinigait.nn.pooling import JointMean
from clinigait.nn.tail import Classes, neck
from clinigait.nn.temporal import TemporalMean

_PAST = 30  # frames before each frame that a temporal block sees
_DROPOUT = 0.01
_WIDENING = (1, 1, 2, 4, 8)


class TemporalMixer(nn.Module):
    """Depthwise convolution over a frame and the 30 before it, pointwise convolution, residual.

    The past of the first frame is the sequence mirrored at it: forth and back again where the
    sequence is shorter than the reach, so that any length from one frame on is possible.

    Parameters
    ----------
    channels_in, channels_out
        Channels.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.dropout = nn.Dropout(_DROPOUT)
        self.depthwise = nn.Conv2d(channels_in, channels_in, (_PAST + 1, 1), groups=channels_in)
        self.pointwise = nn.Conv2d(channels_in, channels_out, 1)
        self.norm = nn.BatchNorm1d(channels_out)
        self.widen = None if channels_in == channels_out else _Widen(channels_in, channels_out)

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, J) to (M, C', J)."""
        padded = frames.map(self.dropout).padded()
        places = mirrored_places(frames.lengths(), padded.shape[2], _PAST)
        past = padded.gather(
            2, places[:, None, :, None].expand(-1, padded.shape[1], -1, padded.shape[3])
        )
        mixed = self.pointwise(self.depthwise(torch.cat([past, padded], 2)))
        values = Frames.of(mixed, None if frames.full else frames.mask).values
        shortcut = frames.values if self.widen is None else self.widen(frames.values)
        return replace(frames, values=self.norm(nn.functional.gelu(values)) + shortcut)


class _Widen(nn.Module):
    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.linear = nn.Conv1d(channels_in, channels_out, 1)
        self.norm = nn.BatchNorm1d(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.norm(nn.functional.gelu(self.linear(x)))
        return y


class TemporalMixers(nn.Module):
    """Four temporal blocks, from C to C, 2C, 4C and 8C channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = [factor * channels for factor in _WIDENING]
        self.blocks = nn.ModuleList([TemporalMixer(a, b) for a, b in itertools.pairwise(widths)])

    def forward(self, frames: Frames) -> Frames:
        """Map the frames' (M, C, J) to (M, 8C, J)."""
        for block in self.blocks:
            frames = block(frames)
        return frames


def mirrored_places(lengths: Tensor, frames: int, reach: int) -> Tensor:
    """Return which frames stand for those before the first, (N, reach).

    Frame -k is frame k; behind the last frame of a sequence the way goes back again.

    Parameters
    ----------
    lengths
        Real frames of each sequence, (N,).
    frames
        T of the padded batch.
    reach
        How many frames before the first are wanted.
    """
    back = torch.arange(reach, 0, -1, device=lengths.device).expand(len(lengths), -1)
    last = (lengths - 1).clamp(min=0, max=frames - 1)[:, None]
    turn = back % (2 * last).clamp(min=1)
    return torch.minimum(turn, 2 * last - turn).clamp(min=0)


def gaitmixer(
    joints: int, in_channels: int, channels: int, embedding: int, classes: Classes
) -> GaitModel:
    """Return GaitMixer.

    Parameters
    ----------
    joints, in_channels
        J and C of the skeletons.
    channels
        Channels of the tokens, 32 in the paper, a multiple of the eight heads.
    embedding
        Size of the embedding, 128 in the paper.
    classes
        What the classifier tells apart.
    """
    slots = Slots(
        stem=JointTransformer(joints, in_channels, channels),
        backbone=TemporalMixers(channels),
        temporal_pooling=TemporalMean(),
        part_pooling=JointMean(),
        head=NormLinear(_WIDENING[-1] * channels, embedding),
        neck=neck(1, embedding, classes),
    )
    head = ("temporal_pooling", "part_pooling", "head", "neck")
    return initialise(
        GaitModel(slots, {"spatial": ("stem",), "temporal": ("backbone",), "head": head})
    )
