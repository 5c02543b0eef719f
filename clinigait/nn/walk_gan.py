"""Networks that make walks of a named pathology, and judge them (after arXiv 2603.14409).

Of the published system only the outline is known: a conditional auto-encoder as generator, the
one-hot label in generator and discriminator, adversarial and reconstruction losses. Sizes here are
our own. The label comes in at every stage of the encoder and of the decoder; the discriminator
takes it by projection (arXiv:1802.05637) under spectral norm (arXiv:1802.05957). The latent is
drawn, so that the decoder can also make a walk of nothing but chance.

Groups are normalised rather than single channels: by itself a channel would lose its mean, which
here is a posture.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from clinigait.nn.settings import Settings

_KERNEL = 5
_GROUPS = 8
_SLOPE = 0.2
#: Halvings of the frames between a walk and its latent.
_HALVINGS = 3


def _labelled(x: Tensor, label: Tensor) -> Tensor:
    """Put (N, K) one-hot labels beside the channels of (N, C, T)."""
    return torch.cat([x, label[:, :, None].expand(-1, -1, x.shape[2])], 1)


class _Stage(nn.Module):
    """Convolution over time of what is labelled, group norm, leaky ReLU."""

    def __init__(self, channels: tuple[int, int], classes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv1d(
            channels[0] + classes, channels[1], _KERNEL, stride, padding=_KERNEL // 2
        )
        self.norm = nn.GroupNorm(_GROUPS, channels[1])

    def forward(self, x: Tensor, label: Tensor) -> Tensor:
        """Map (N, C, T) under (N, K) to (N, C', T / stride)."""
        return functional.leaky_relu(self.norm(self.conv(_labelled(x, label))), _SLOPE)


class WalkEncoder(nn.Module):
    """From a walk to where its latent is drawn.

    Parameters
    ----------
    shape
        C and T of a walk; T is a multiple of 8.
    classes
        K.
    channels
        Of the first stage, a multiple of 8; the last has four times as many.
    latent
        L.
    """

    def __init__(self, shape: tuple[int, int], classes: int, channels: int, latent: int) -> None:
        super().__init__()
        widths = (channels, channels, 2 * channels, 4 * channels)
        first = _Stage((shape[0], widths[0]), classes)
        pairs = itertools.pairwise(widths)
        self.stages = nn.ModuleList([first, *(_Stage(pair, classes, 2) for pair in pairs)])
        self.head = nn.Linear(widths[-1] * (shape[1] >> _HALVINGS), 2 * latent)

    def forward(self, x: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Return (N, L) means and logarithms of the variances of the latents of (N, C, T)."""
        for stage in self.stages:
            x = stage(x, label)
        mean, log_variance = self.head(x.flatten(1)).chunk(2, 1)
        return mean, log_variance.clamp(-8, 4)


class WalkDecoder(nn.Module):
    """From a latent and a label to a walk.

    Parameters
    ----------
    shape
        C and T of a walk; T is a multiple of 8. The last channel is the same in all frames.
    classes
        K.
    channels
        Of the last stage, a multiple of 8; the first has four times as many.
    latent
        L.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, shape: tuple[int, int], classes: int, channels: int, latent: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape[0]))
        self.register_buffer("spread", torch.ones(shape[0]))
        self.latent, self.classes = latent, classes
        widths = (4 * channels, 2 * channels, channels, channels)
        self.first = widths[0], shape[1] >> _HALVINGS
        self.begin = nn.Linear(latent + classes, self.first[0] * self.first[1])
        pairs = itertools.pairwise(widths)
        self.stages = nn.ModuleList(_Stage(pair, classes) for pair in pairs)
        self.end = nn.Conv1d(widths[-1] + classes, shape[0], _KERNEL, padding=_KERNEL // 2)

    def standardise_by(self, walks: Tensor) -> None:
        """Take the scale of every channel from (N, C, T) walks."""
        flat = walks.transpose(1, 2).flatten(0, 1)
        spread = flat.std(0)
        self.mean.copy_(flat.mean(0))
        # What never moves, as the pelvis over itself, has no scale, and is never made to move.
        self.spread.copy_(torch.where(spread > 1e-6, spread, 0.0))

    def standardised(self, walks: Tensor) -> Tensor:
        """Return (N, C, T) walks on the scale that the networks see."""
        return (walks - self.mean[:, None]) / torch.where(self.spread > 0, self.spread, 1)[:, None]

    def plain(self, walks: Tensor) -> Tensor:
        """Return (N, C, T) walks in their own units."""
        return walks * self.spread[:, None] + self.mean[:, None]

    def forward(self, latent: Tensor, label: Tensor) -> Tensor:
        """Map (N, L) latents under (N, K) one-hot labels to (N, C, T) standardised walks."""
        x: Tensor = self.begin(torch.cat([latent, label], 1)).view(-1, *self.first)
        for stage in self.stages:
            x = stage(functional.interpolate(x, scale_factor=2, mode="linear"), label)
        x = self.end(_labelled(x, label))
        same = x[:, -1:].mean(2, keepdim=True).expand(-1, -1, x.shape[2])
        return torch.cat([x[:, :-1], same], 1) * (self.spread > 0)[:, None]


class WalkJudge(nn.Module):
    """Tells how real a walk of a label is, and which label it looks like.

    Parameters
    ----------
    shape
        C and T of a walk.
    classes
        K.
    channels
        Twice those of the first stage, a multiple of 8.
    """

    def __init__(self, shape: tuple[int, int], classes: int, channels: int) -> None:
        super().__init__()
        half = channels // 2
        widths = (shape[0], half, 2 * half, 4 * half, 8 * half)
        self.stages = nn.ModuleList(
            spectral_norm(nn.Conv1d(inside, outside, _KERNEL, 2, padding=_KERNEL // 2))
            for inside, outside in itertools.pairwise(widths)
        )
        self.real = spectral_norm(nn.Linear(widths[-1], 1))
        self.of_label = spectral_norm(nn.Linear(classes, widths[-1], bias=False))
        self.guess = spectral_norm(nn.Linear(widths[-1], classes))

    def forward(self, walks: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Return (N,) how real (N, C, T) walks of (N, K) labels are, and (N, K) logits."""
        x = walks
        for stage in self.stages:
            x = functional.leaky_relu(stage(x), _SLOPE)
        seen = x.mean(2)
        score = self.real(seen)[:, 0] + (self.of_label(label) * seen).sum(1)
        return score, self.guess(seen)


def build_decoder(spec: Mapping[str, object]) -> WalkDecoder:
    """Build the decoder that a specification describes.

    Parameters
    ----------
    spec
        Whole numbers ``in_channels``, ``frames``, ``classes``, ``channels`` and ``latent``.

    Raises
    ------
    ValueError
        If a setting is missing, not known, or cannot be.
    """
    settings = Settings("walk_decoder", spec)
    shape = settings.integer("in_channels", smallest=2), settings.integer("frames")
    classes, channels = settings.integer("classes", smallest=2), settings.integer("channels")
    latent = settings.integer("latent")
    settings.finish()
    if shape[1] % (1 << _HALVINGS) or channels % _GROUPS:
        raise ValueError("walk_decoder: frames and channels have to be multiples of 8")
    return WalkDecoder(shape, classes, channels, latent)
