"""Multi-scale local and global extraction, MLGE (arXiv:2512.04425)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from clinigait.nn.areas import pooled, spread
from clinigait.nn.attention import TransformerBlock
from clinigait.nn.yolo11 import Cbs

_SIZES = (3, 5, 7)
_TOKENS = 7  # along each side at most
_HEADS = 4


class Mlge(nn.Module):
    """Three neighbourhoods of each pixel, and the whole map, added to what is there.

    x + mix([3×3, 5×5, 7×7 of each channel; attention over the means of 7×7 areas]). The paper's
    text gives the branches, not their sizes.

    Parameters
    ----------
    channels
        C, a multiple of four.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.local = nn.ModuleList([Cbs(channels, channels, k, depthwise=True) for k in _SIZES])
        self.whole = TransformerBlock(channels, _HEADS, ratio=1)
        self.mix = Cbs((len(_SIZES) + 1) * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (M, C, H, W) to the same shape."""
        areas = pooled(x, _TOKENS)
        tokens: Tensor = self.whole(areas.flatten(2).transpose(1, 2))
        overall = spread(tokens.transpose(1, 2).reshape(areas.shape), x)
        y: Tensor = x + self.mix(torch.cat([*(near(x) for near in self.local), overall], 1))
        return y
