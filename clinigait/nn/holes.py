"""Pixels of a depth picture of which nothing is known."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_MIDDLE = 0.5  # the walker's own distance
_LEAST = 1e-9


def filled(depth: Tensor) -> tuple[Tensor, Tensor]:
    """Fill holes by the mean of what is known around them, and say where something was known.

    A hole holds 0, which left alone would be a sharp edge to a thing right before the camera. It
    gets the mean over the smallest of 2×2, 4×4, 8×8, … pixels that has known ones; where the whole
    picture is unknown, the middle of the range.

    Parameters
    ----------
    depth
        (M, 1, H, W), 0 where unknown, else above 0, to 1.

    Returns
    -------
    tuple
        The depth without holes and 1.0 where it was known, else 0.0, both (M, 1, H, W).
    """
    known = (depth > 0).to(depth.dtype)
    levels = [(torch.where(depth > 0, depth, 0.0), known)]
    while max(levels[-1][0].shape[-2:]) > 1:
        total, weight = levels[-1]
        levels.append((_halved(total), _halved(weight)))
    guess = torch.full_like(levels[-1][0], _MIDDLE)
    for total, weight in reversed(levels):
        guess = guess[..., : total.shape[-2], : total.shape[-1]]
        guess = torch.where(weight > 0, total / weight.clamp(min=_LEAST), guess)
        finest, guess = guess, functional.interpolate(guess, scale_factor=2.0, mode="nearest")
    return finest, known


def _halved(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 2, ceil_mode=True)
