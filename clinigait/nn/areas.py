"""Means over areas of a map that are given as shares of its size, and regions of the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Span = tuple[float, float]


@dataclass(frozen=True)
class Region:
    """A region of a picture that shows one upright person from head to feet.

    Parameters
    ----------
    name
        What is there.
    top, bottom
        Shares of the picture's height, from above.
    across
        Which part of the width: the limbs beside the trunk are at the sides.
    """

    name: str
    top: float
    bottom: float
    across: Literal["all", "middle", "sides"] = "all"


#: Heights of chin, shoulder, hip, wrist, knee and ankle as shares of the stature: Drillis and
#: Contini 1966, Body segment parameters, report 1166-03, New York University.
REGIONS = (
    Region("head", 0.0, 0.13),
    Region("trunk", 0.13, 0.45, "middle"),
    Region("arms", 0.18, 0.52, "sides"),
    Region("pelvis", 0.45, 0.54, "middle"),
    Region("thighs", 0.54, 0.715),
    Region("shanks", 0.715, 0.93),
    Region("feet", 0.93, 1.0),
)
_ACROSS: dict[str, tuple[Span, ...]] = {
    "all": ((0.0, 1.0),),
    "middle": ((0.3, 0.7),),
    "sides": ((0.0, 0.35), (0.65, 1.0)),
}


def region_means(x: Tensor) -> Tensor:
    """Return the mean over each of the `REGIONS`, (M, C, R), of maps (M, C, H, W)."""
    rows = _means(shares([((r.top, r.bottom),) for r in REGIONS], x.shape[-2], x))
    columns = _means(shares([_ACROSS[r.across] for r in REGIONS], x.shape[-1], x))
    by_row = torch.einsum("mchw,rh->mcrw", x, rows)
    return torch.einsum("mcrw,rw->mcr", by_row, columns)


def pooled(x: Tensor, most: int) -> Tensor:
    """Return (M, C, h, w), the means over areas of equal size, at most so many along each side."""
    rows, columns = (_means(_equal(size, most, x)) for size in x.shape[-2:])
    return torch.einsum("mchw,ah,bw->mcab", x, rows, columns)


def spread(tokens: Tensor, like: Tensor) -> Tensor:
    """Return (M, C, H, W): what `pooled` made, laid back over maps of that size."""
    rows, columns = (
        _means(_equal(size, most, tokens).T)
        for size, most in zip(like.shape[-2:], tokens.shape[-2:], strict=True)
    )
    return torch.einsum("mcab,ha,wb->mchw", tokens, rows, columns)


def shares(spans: Sequence[Sequence[Span]], size: int, like: Tensor) -> Tensor:
    """Return how much of each pixel along a side lies in each list of spans, (R, size).

    Parameters
    ----------
    spans
        Lists of spans, as shares of the side; those of one list do not overlap.
    size
        Pixels along the side.
    like
        For the kind of number and the device.
    """
    pixel = torch.arange(size, dtype=torch.float64)
    rows = [
        sum(
            ((pixel + 1).clamp(max=end * size) - pixel.clamp(min=start * size)).clamp(min=0)
            for start, end in each
        )
        for each in spans
    ]
    return torch.stack([torch.as_tensor(row) for row in rows]).to(like)


def _equal(size: int, most: int, like: Tensor) -> Tensor:
    count = min(size, most)
    return shares([((k / count, (k + 1) / count),) for k in range(count)], size, like)


def _means(weights: Tensor) -> Tensor:
    return weights / weights.sum(1, keepdim=True)
