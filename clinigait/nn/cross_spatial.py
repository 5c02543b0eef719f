"""Maps of two modalities become one, and maps of three sizes learn of each other.

Cross-spatial neck fusion (arXiv:2512.04425), with the top-down and bottom-up path of PANet
(doi:10.1109/CVPR.2018.00913).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from clinigait.nn.yolo11 import C3k2, Cbs, doubled

_HEADS = 4


class CrossAttention(nn.Module):
    """Each pixel of one map looks at all pixels of the other, and is added to what it finds.

    Places are told by a depthwise convolution of the other map's values, which also brings what
    lies at the same pixel.

    Parameters
    ----------
    channels
        C of both maps, a multiple of four.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = Cbs(channels, channels, act=False)
        self.key_value = Cbs(channels, 2 * channels, act=False)
        self.place = Cbs(channels, channels, 3, act=False, depthwise=True)
        self.proj = Cbs(channels, channels, act=False)

    def forward(self, own: Tensor, other: Tensor) -> Tensor:
        """Map (M, C, H, W) and the same of the other modality to one of that shape."""
        key, value = self.key_value(other).chunk(2, 1)
        looked = functional.scaled_dot_product_attention(
            _by_head(self.query(own)), _by_head(key), _by_head(value)
        )
        seen = looked.transpose(2, 3).reshape(own.shape)
        y: Tensor = own + self.proj(seen + self.place(value))
        return y


class CrossSpatialFusion(nn.Module):
    """F = g·(colour that looked at depth) + (1 - g)·(depth that looked at colour).

    The gate g lies between 0 and 1 for each pixel and channel. Where a modality is missing the
    other one stays as it is, beside a learned vector that says so.

    Parameters
    ----------
    channels
        C, a multiple of four.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.colour = CrossAttention(channels)
        self.depth = CrossAttention(channels)
        self.gate = nn.Conv2d(2 * channels, channels, 1)
        self.missing = nn.Parameter(torch.zeros(2, channels))

    def forward(self, colour: Tensor | None, depth: Tensor | None) -> Tensor:
        """Fuse two maps (M, C, H, W) into one; None for the modality that is missing.

        Raises
        ------
        ValueError
            If both are missing.
        """
        if colour is None or depth is None:
            lone, missing = (depth, 0) if colour is None else (colour, 1)
            if lone is None:
                raise ValueError("there is neither colour nor depth")
            return lone + self.missing[missing][:, None, None]
        first: Tensor = self.colour(colour, depth)
        second: Tensor = self.depth(depth, colour)
        gate: Tensor = self.gate(torch.cat([first, second], 1)).sigmoid()
        return gate * first + (1 - gate) * second


class Paths(nn.Module):
    """From coarse to fine and back again: every map comes to know the others.

    Parameters
    ----------
    channels
        C of all three maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down_middle = C3k2(2 * channels, channels)
        self.down_fine = C3k2(2 * channels, channels)
        self.to_middle = Cbs(channels, channels, 3, 2)
        self.up_middle = C3k2(2 * channels, channels)
        self.to_coarse = Cbs(channels, channels, 3, 2)
        self.up_coarse = C3k2(2 * channels, channels)

    def down(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
        """Return the fine and the middle map, (M, C, …), told of the coarser ones."""
        middle = self.down_middle(torch.cat([doubled(coarse), middle], 1))
        fine = self.down_fine(torch.cat([doubled(middle), fine], 1))
        return fine, middle

    def up(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
        """Return the middle and the coarse map, (M, C, …), told of the finer ones."""
        middle = self.up_middle(torch.cat([self.to_middle(fine), middle], 1))
        coarse = self.up_coarse(torch.cat([self.to_coarse(middle), coarse], 1))
        return middle, coarse


def _by_head(x: Tensor) -> Tensor:
    """Return (M, heads, H·W, C / heads), laid out as fast attention wants it."""
    return x.reshape(len(x), _HEADS, x.shape[1] // _HEADS, -1).transpose(2, 3).contiguous()
