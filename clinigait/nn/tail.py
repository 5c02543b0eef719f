"""What follows the backbone: pooling, head and neck, chosen by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from clinigait.nn.heads import Neck, PartClassifier, PartLinear, PartNorm
from clinigait.nn.ordinal import OrdinalClassifier
from clinigait.nn.pooling import GeMHorizontalPooling, HorizontalPooling
from clinigait.nn.temporal import TemporalAttention, TemporalGeM, TemporalMax, TemporalMean

TEMPORAL_POOLINGS = ("max", "mean", "gem", "attention")
PART_POOLINGS = ("hpp", "gem")


@dataclass(frozen=True)
class Classes:
    """What the classifier tells apart.

    Parameters
    ----------
    count
        Number of classes, K.
    scale
        Factor of the cosines.
    order
        Class indices from lowest to highest for a cumulative link classifier; None for K
        independent directions.
    """

    count: int
    scale: float = 16.0
    order: Sequence[int] | None = None


@dataclass(frozen=True)
class PartSettings:
    """What happens between feature map and classifier.

    Parameters
    ----------
    strips
        Numbers of horizontal strips.
    embedding
        C' of each part, or None for half the channels of the feature map.
    temporal
        One of `TEMPORAL_POOLINGS`.
    pooling
        One of `PART_POOLINGS`.
    """

    strips: Sequence[int] = (16,)
    embedding: int | None = None
    temporal: str = "max"
    pooling: str = "hpp"

    @property
    def parts(self) -> int:
        """Number of parts."""
        return sum(self.strips)

    def embedding_of(self, channels: int) -> int:
        """Return C' for a feature map of so many channels."""
        return self.embedding or channels // 2


def temporal_pooling(name: str, channels: int) -> nn.Module:
    """Return the temporal pooling of that name."""
    if name == "attention":
        return TemporalAttention(channels)
    return {"max": TemporalMax, "mean": TemporalMean, "gem": TemporalGeM}[name]()


def part_pooling(settings: PartSettings) -> nn.Module:
    """Return the pooling into horizontal strips."""
    kind = GeMHorizontalPooling if settings.pooling == "gem" else HorizontalPooling
    return kind(settings.strips)


def part_head(settings: PartSettings, channels: int) -> nn.Module:
    """Return the linear maps of the parts."""
    return PartLinear(settings.parts, channels, settings.embedding_of(channels))


def neck(parts: int, channels: int, classes: Classes) -> nn.Module:
    """Return the batch-normalised neck and its classifier."""
    classifier: nn.Module
    if classes.order is None:
        classifier = PartClassifier(parts, channels, classes.count, classes.scale)
    else:
        classifier = OrdinalClassifier(parts, channels, classes.order, classes.scale)
    return Neck(PartNorm(parts, channels), classifier)
