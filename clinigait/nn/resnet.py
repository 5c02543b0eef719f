"""ResNet-50 for skeletons drawn as pictures: time is one side, the joints are the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from torch import Tensor, nn

from clinigait.nn.frames import Frames

_DEPTHS = (3, 4, 6, 3)
_WIDENING = (4, 8, 16, 32)


class ResNet50(nn.Module):
    """ResNet-50 (arXiv:1512.03385) on (N, C, T, J), at 1/8 of its usual reduction.

    The blocks are those of the transformers library, built from their configuration with random
    weights. A walk of sixty frames and some twenty joints is much smaller than a photograph: the
    first convolution keeps the size, and there is no pooling after it, so that the map that comes
    out is 1/8 as long and as wide. Padding frames stay zero in every layer, and reach neither a
    result nor the statistics of a batch normalisation.

    Parameters
    ----------
    in_channels
        C.
    channels
        Channels of the first convolution; 64 is ResNet-50, whose maps then have 2048.
    """

    def __init__(self, in_channels: int, channels: int) -> None:
        super().__init__()
        from transformers import ResNetConfig, ResNetModel  # noqa: PLC0415  slow to import

        made: Any = ResNetModel(
            ResNetConfig(
                num_channels=in_channels,
                embedding_size=channels,
                hidden_sizes=[factor * channels for factor in _WIDENING],
                depths=list(_DEPTHS),
                layer_type="bottleneck",
            )
        )
        self.stem: Any = made.embedder.embedder
        self.stem.convolution.stride = (1, 1)
        self.stages: Any = made.encoder.stages
        self.out_channels = _WIDENING[-1] * channels

    def forward(self, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Map (N, C, T, J) and its mask (N, T) to (N, C', T', J') and the mask of T' frames.

        Parameters
        ----------
        x
            Zero where there is no frame.
        mask
            As of `Frames`; None if every frame is real.
        """
        x, mask = _run_layer(self.stem, x, mask)
        for stage in self.stages:
            for block in stage.layers:
                x, mask = _run_block(block, x, mask)
        return x, mask


class _Layer(Protocol):
    """A convolution and its batch normalisation, as the library names them."""

    convolution: nn.Conv2d
    normalization: nn.BatchNorm2d


class _Block(Protocol):
    """Three layers and what goes around them, as the library names them."""

    shortcut: Any
    layer: Iterable[_Layer]
    activation: nn.Module


def _run_block(block: _Block, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
    plain = isinstance(block.shortcut, nn.Identity)
    around = x if plain else _run_layer(block.shortcut, x, mask)[0]
    for layer in block.layer:
        x, mask = _run_layer(layer, x, mask)
    joined: Tensor = block.activation(x + around)
    return joined, mask


def _run_layer(layer: _Layer, x: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Run a convolution, the batch normalisation of its real frames, and what follows."""
    y: Tensor = layer.convolution(x)
    follows = getattr(layer, "activation", None)
    if mask is None:
        y = layer.normalization(y)
    else:
        mask = mask[:, :: layer.convolution.stride[0]]
        real = Frames.of(y, mask)
        y = real.map(lambda v: layer.normalization(v[:, :, None])[:, :, 0]).padded()
    return (y if follows is None else follows(y)), mask
