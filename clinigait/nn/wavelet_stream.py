"""Wavelet Feature Stream: what time and frequency say, beside any network of skeletons.

Velocity of every joint, its scalogram, a small convolutional network over pictures of time and
frequency, a descriptor that is laid behind the backbone's (arXiv:2604.03002; the paper leaves
wavelet, scales and widths open).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinigait.nn.convolution import initialise
from clinigait.nn.frames import Frames
from clinigait.nn.model import GaitModel
from clinigait.nn.tail import Classes, neck
from clinigait.nn.wavelets import (
    bridged,
    cone_of_influence_s,
    detrended,
    frequencies_hz,
    morlet_amplitude,
    trusted,
)

_KERNELS = (3, 5, 7)
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True)
class WaveletSettings:
    """What the stream sees, and how large it is.

    Parameters
    ----------
    joints, coordinates
        J, and how many of the input's channels, the first ones, are places of joints.
    rate_hz
        Frames a second of the input.
    torso
        Two joints whose distance is the unit of length; none where places are in body sizes.
    channels
        Of each of the three branches.
    embedding
        Size of the descriptor.
    hop
        Every so many frames of the scalogram are looked at.
    """

    joints: int
    coordinates: int
    rate_hz: float
    torso: tuple[int, ...] = ()
    channels: int = 32
    embedding: int = 128
    hop: int = 1


class WaveletStream(nn.Module):
    """Scalograms of the joints' velocities, and a network of three branches that looks at them.

    Every cell is on the scale of log(1 + amplitude), standardised joint by joint by those who
    teach. Cells that the ends of a walk spoil (the cone of influence) and frames in which a joint
    is not seen count as average, one more channel says which cells can be trusted, and only those
    are pooled.

    Parameters
    ----------
    settings
        See there.

    Raises
    ------
    ValueError
        If the rate is too low for every frequency.
    """

    mean: Tensor
    spread: Tensor
    frequency_hz: Tensor

    def __init__(self, settings: WaveletSettings) -> None:
        super().__init__()
        self.settings = settings
        signals, width = settings.joints * settings.coordinates, settings.channels
        # Not in the state: it follows from the settings.
        grid = frequencies_hz(settings.rate_hz)
        self.register_buffer("frequency_hz", grid, persistent=False)
        self.register_buffer("mean", torch.zeros(signals))
        self.register_buffer("spread", torch.ones(signals))
        self.branches = nn.ModuleList(
            nn.Conv2d(signals + 1, width, size, padding=size // 2, bias=False) for size in _KERNELS
        )
        self.mix = nn.Conv1d(len(_KERNELS) * width, 2 * width, 1, bias=False)
        self.norm = nn.BatchNorm1d(2 * width)
        self.describe = nn.Linear(2 * width, settings.embedding)

    @property
    def size(self) -> int:
        """Size of the descriptor."""
        return self.settings.embedding

    def velocities(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return velocities in torso lengths a second, less a straight line, and what is seen.

        Parameters
        ----------
        x
            (N, C, T, J) with NaN where a joint is not seen.
        mask
            (N, T).

        Returns
        -------
        tuple
            (N, S, T), S the coordinates of one joint after the other, 0 where nothing is, and
            (N, S, T) bool. A gap of a joint is bridged by a straight line.
        """
        places = x[:, : self.settings.coordinates].permute(0, 3, 1, 2).flatten(1, 2)
        seen = places.isfinite() & mask[:, None]
        places = bridged(places, seen)
        last = mask.sum(1) - 1
        at = torch.arange(x.shape[2], device=x.device)
        before, after = (at - 1).clamp(min=0), torch.minimum(at + 1, last[:, None])
        apart = (after - before).clamp(min=1)[:, None]
        following = torch.cat([places[..., 1:], places[..., -1:]], -1)
        speed = (following - places[..., before]) * (self.settings.rate_hz / apart)
        speed = speed / self._torso(places, mask)
        return detrended(speed, mask[:, None].to(speed.dtype)), seen

    def _torso(self, places: Tensor, mask: Tensor) -> Tensor:
        if not self.settings.torso:
            return places.new_ones(len(places), 1, 1)
        by_joint = places.reshape(len(places), self.settings.joints, -1, places.shape[2])
        joints = by_joint[:, list(self.settings.torso)]
        length = (joints[:, 0] - joints[:, 1]).square().sum(1).sqrt()
        mean: Tensor = (length * mask).sum(1) / mask.sum(1)
        return mean.clamp(min=_LEAST_SPREAD)[:, None, None]

    def scalograms(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return log(1 + amplitude), (N, S, F, T'), what of it is trusted, and the cone.

        Both bool, (N, S, F, T') and (N, F, T'); T' are every so many frames.
        """
        speed, seen = self.velocities(x, mask)
        lengths, hop = mask.sum(1), self.settings.hop
        rate_hz = self.settings.rate_hz
        swings = morlet_amplitude(speed, rate_hz, self.frequency_hz, lengths)[..., ::hop]
        reach_s = cone_of_influence_s(self.frequency_hz)
        cone = trusted(lengths, x.shape[2], rate_hz, reach_s)[..., ::hop]
        return swings.log1p(), seen[:, :, None, ::hop] & cone[:, None], cone

    def standardise_by(self, walks: Sequence[Tensor]) -> None:
        """Set what joints are standardised by, from the (C, T, J) walks of those who teach."""
        total = torch.zeros(3, len(self.mean), dtype=torch.float64)
        for walk in walks:
            mask = torch.ones(1, walk.shape[1], dtype=torch.bool)
            shown, known, _ = self.scalograms(walk[None], mask)
            value = torch.where(known, shown, 0.0).double()
            parts = (known.double(), value, value.square())
            total += torch.stack([part.sum(dim=(0, 2, 3)) for part in parts])
        count = total[0].clamp(min=1)
        mean = total[1] / count
        spread = (total[2] / count - mean.square()).clamp(min=0).sqrt()
        self.mean.copy_(mean)
        self.spread.copy_(torch.where(spread > _LEAST_SPREAD, spread, 1.0))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Describe skeletons (N, C, T, J) under (N, T), (N, E)."""
        if mask is None:
            mask = torch.ones(x.shape[0], x.shape[2], dtype=torch.bool, device=x.device)
        shown, known, cone = self.scalograms(x, mask)
        normal = (shown - self.mean[:, None, None]) / self.spread[:, None, None]
        picture = torch.cat([torch.where(known, normal, 0.0), cone[:, None].to(normal.dtype)], 1)
        looks = torch.cat([branch(picture) for branch in self.branches], 1)  # (N, C, F, T')
        frames = Frames.of(looks.transpose(2, 3), mask[:, :: self.settings.hop])
        frames = frames.map(lambda values: functional.gelu(self.norm(self.mix(values))))
        pooled = _trusted_mean(frames.padded(), cone.transpose(1, 2))
        described: Tensor = self.describe(pooled)
        return described


def _trusted_mean(features: Tensor, cone: Tensor) -> Tensor:
    """Return the mean of (N, C, T, F) over the cells of (N, T, F), 0 where there is none."""
    weight = cone[:, None].to(features.dtype)
    return (features * weight).sum(dim=(2, 3)) / weight.sum(dim=(2, 3)).clamp(min=1)


def with_wavelet(
    model: GaitModel, settings: WaveletSettings | None, embedding: int, classes: Classes
) -> GaitModel:
    """Return a network of skeletons with the stream beside it; as it is where there is none.

    Parameters
    ----------
    model
        The network, of one part.
    settings
        Of the stream; None for none.
    embedding
        Size of the network's own descriptor.
    classes
        What the classifier tells apart.
    """
    if settings is None:
        return model
    stream = WaveletStream(settings)
    both = nn.ModuleList([stream, neck(1, embedding + settings.embedding, classes)])
    initialise(both)
    return model.with_beside("wavelet", both[0], both[1])
