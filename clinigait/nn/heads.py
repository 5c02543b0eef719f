"""Heads: linear maps part by part, the batch-normalised neck and the cosine classifier."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class PartLinear(nn.Module):
    """One linear map without bias for each part.

    Parameters
    ----------
    parts, channels_in, channels_out
        P, C and C'.
    """

    def __init__(self, parts: int, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(_xavier(parts, channels_in, channels_out))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, P) to (N, C', P)."""
        return torch.einsum("ncp,pcd->ndp", x, self.weight)


class NormLinear(nn.Module):
    """Layer normalisation and a linear map, for embeddings of one part."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels_in)
        self.linear = nn.Linear(channels_in, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, 1) to (N, C', 1)."""
        y: Tensor = self.linear(self.norm(x[..., 0]))
        return y[..., None]


class PartNorm(nn.Module):
    """Batch normalisation of every channel of every part, then length 1 in each part.

    The order of the C·P channels is channel-major: c·P + p.
    """

    def __init__(self, parts: int, channels: int) -> None:
        super().__init__()
        self.bn1d = nn.BatchNorm1d(channels * parts)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, P) to the same shape."""
        normed: Tensor = self.bn1d(x.flatten(1))
        return functional.normalize(normed.view(x.shape), dim=1)


class PartClassifier(nn.Module):
    """Cosine logits for each part, times a scale that is saved with the weights.

    Cosines alone lie in [-1, 1], so that their softmax is nearly flat; trained with a scale, they
    have to be read with the same one.

    Parameters
    ----------
    parts, channels, classes
        P, C and K.
    scale
        Factor of the cosines.
    """

    scale: Tensor

    def __init__(self, parts: int, channels: int, classes: int, scale: float = 16.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(_xavier(parts, channels, classes))
        self.register_buffer("scale", torch.tensor(float(scale)))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, P), of length 1 in each part, to logits (N, K, P)."""
        directions = functional.normalize(self.weight, dim=1)
        return torch.einsum("ncp,pck->nkp", x, directions) * self.scale


class Neck(nn.Module):
    """Batch-normalised neck (arXiv:1903.07071) and its classifier.

    Parameters
    ----------
    norm
        (N, C, P) to the same shape.
    classifier
        (N, C, P) to logits (N, K, P).
    """

    def __init__(self, norm: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.norm = norm
        self.classifier = classifier

    def forward(self, parts: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, C, P) to normalised parts (N, C, P) and logits (N, K, P)."""
        normed: Tensor = self.norm(parts)
        return normed, self.classifier(normed)


def _xavier(parts: int, channels_in: int, channels_out: int) -> Tensor:
    bound = math.sqrt(6 / (channels_in + channels_out))
    return torch.empty(parts, channels_in, channels_out).uniform_(-bound, bound)
