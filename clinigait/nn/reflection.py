"""Symmetric and antisymmetric half of a network's answer to a walk and its mirror image."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def reflection_pair(
    embed: Callable[[Tensor], Tensor], x: Tensor, mirror: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Return f(x) + f(mirror x) and f(x) - f(mirror x), both halved.

    The first does not change when the walk is mirrored; the second changes its sign. The second is
    small against the first, so that it needs its own normalisation before anything is learned from
    it.

    Parameters
    ----------
    embed
        The network, in evaluation mode; every result depends on its own sequence only.
    x
        Batch, (N, C, T, …).
    mirror
        `mirror_pictures`, or `mirror_skeletons` with its pairs bound.
    """
    here, there = embed(x), embed(mirror(x))
    return (here + there) / 2, (here - there) / 2


def mirror_pictures(x: Tensor) -> Tensor:
    """Mirror pictures, (N, C, T, H, W), left to right."""
    return x.flip(-1)


def mirror_skeletons(
    x: Tensor, pairs: list[tuple[int, int]], sideways: tuple[int, ...] = (0,)
) -> Tensor:
    """Mirror skeletons: sideways channels change sign, left and right joints change places.

    Parameters
    ----------
    x
        (N, C, T, J), sideways coordinates measured from the mid-line.
    pairs
        Indices of left and right joints that belong together.
    sideways
        Channels whose sign changes.
    """
    places = torch.arange(x.shape[-1], device=x.device)
    for left, right in pairs:
        places[left], places[right] = right, left
    signs = torch.ones(x.shape[1], dtype=x.dtype, device=x.device)
    signs[list(sideways)] = -1
    return x[..., places] * signs[:, None, None]
