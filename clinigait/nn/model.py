"""The one network, composed of named slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from clinigait.nn.frames import Frames
from clinigait.nn.output import GaitOutput


@dataclass(frozen=True)
class Slots:
    """What a network is made of.

    Parameters
    ----------
    stem
        `Frames` to `Frames`: from the input's channels to features.
    backbone
        `Frames` to `Frames`; may shorten time.
    temporal_pooling
        (N, C, T, …) and mask (N, T) to (N, C, …).
    part_pooling
        (N, C, …) to (N, C, P).
    head
        (N, C, P) to (N, C', P).
    neck
        (N, C', P) to normalised parts (N, C', P) and logits (N, K, P).
    guide
        (N, C, …) and a vector for each sequence to (N, C, …), before part pooling.
    beside
        (N, C, T, …) and mask (N, T) to a descriptor (N, C″) of the same input, which is laid behind
        the one part of the head: the neck sees C' + C″ channels.
    """

    stem: nn.Module
    backbone: nn.Module
    temporal_pooling: nn.Module
    part_pooling: nn.Module
    head: nn.Module
    neck: nn.Module
    guide: nn.Module | None = None
    beside: nn.Module | None = None


class GaitModel(nn.Module):
    """A gait network: stem, backbone, temporal pooling, part pooling, head and neck.

    The result for a sequence does not depend on the others in its batch or on its padding.

    Parameters
    ----------
    slots
        The parts.
    stages
        For each stage, from the input to the output, the dotted names of its modules: what can be
        frozen together.
    """

    def __init__(self, slots: Slots, stages: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.stem = slots.stem
        self.backbone = slots.backbone
        self.temporal_pooling = slots.temporal_pooling
        self.part_pooling = slots.part_pooling
        self.head = slots.head
        self.neck = slots.neck
        self.guide = slots.guide
        self.beside = slots.beside
        self._stages = {name: tuple(modules) for name, modules in stages.items()}

    @property
    def stages(self) -> dict[str, list[nn.Module]]:
        """Modules of each named stage, from the input to the output."""
        return {
            name: [self.get_submodule(module) for module in modules]
            for name, modules in self._stages.items()
        }

    def with_beside(self, name: str, beside: nn.Module, neck: nn.Module) -> GaitModel:
        """Return the network with a second descriptor beside that of its head.

        Parameters
        ----------
        name
            Of its stage, which comes before the head's.
        beside, neck
            As of `Slots`; the rest of the network is kept as it is.
        """
        slots = Slots(
            self.stem, self.backbone, self.temporal_pooling, self.part_pooling, self.head, neck,
            self.guide, beside,
        )  # fmt: skip
        stages = {stage: own for stage, own in self._stages.items() if stage != "head"}
        return GaitModel(slots, {**stages, name: ("beside",), "head": self._stages["head"]})

    def forward(
        self, x: Tensor, mask: Tensor | None = None, vector: Tensor | None = None
    ) -> GaitOutput:
        """Run the network.

        Parameters
        ----------
        x
            Pictures (N, C, T, H, W) or skeletons (N, C, T, J).
        mask
            (N, T) bool, True for real frames, which come first; None if all frames are real.
        vector
            What a guided network is told of each sequence: postural asymmetry vectors, (N, 24).

        Raises
        ------
        ValueError
            If mask or vector do not fit the network.
        """
        if (vector is None) != (self.guide is None):
            raise ValueError(
                "this network is not guided by a postural asymmetry vector"
                if self.guide is None
                else "this network needs the postural asymmetry vector of each sequence"
            )
        frames: Frames = self.backbone(self.stem(Frames.of(x, mask)))
        features = frames.padded()
        pooled: Tensor = self.temporal_pooling(features, frames.mask)
        if self.guide is not None:
            pooled = self.guide(pooled, vector)
        parts: Tensor = self.head(self.part_pooling(pooled))
        if self.beside is not None:
            parts = torch.cat([parts, self.beside(x, mask)[..., None]], 1)
        parts_bn, logits = self.neck(parts)
        return GaitOutput(parts, parts_bn, logits, features)
