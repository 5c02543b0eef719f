"""Weights of a YOLO11 by a rule that needs no random generator, and what they have to give."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_SHARPER = 16  # attention would be nearly uniform otherwise


def noise(key: str, count: int) -> NDArray[np.float64]:
    """Return numbers in [0, 1) that depend on the name and the place only (MurmurHash3's end)."""
    h = np.arange(count, dtype=np.uint32) ^ np.uint32(zlib.crc32(key.encode("ascii")))
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    return (h ^ (h >> np.uint32(16))) / 2.0**32


def picture(height: int, width: int) -> Tensor:
    """Return the reference picture, (1, 3, H, W), double."""
    return torch.from_numpy(noise("input", 3 * height * width).reshape(1, 3, height, width))


def weights(shapes: Mapping[str, torch.Size], rule: str) -> dict[str, Tensor]:
    """Return double weights for the names and shapes of a network, by rule A or B."""
    return {key: torch.as_tensor(_weight(key, tuple(shape), rule)) for key, shape in shapes.items()}


def _weight(key: str, shape: tuple[int, ...], rule: str) -> NDArray[np.float64] | NDArray[np.int64]:
    if key.endswith("num_batches_tracked"):
        return np.zeros((), np.int64)
    v = 2 * noise(key, int(np.prod(shape))).reshape(shape) - 1
    if len(shape) == 4:
        sharper = _SHARPER if ".attn.qkv." in key else 1
        return np.sqrt(7 / np.prod(shape[1:])) * v * sharper
    middle, spread = {
        "weight": (1.0, 0.1), "bias": (0.0, 0.1), "running_mean": (0.0, 0.1),
        "running_var": (1.0, 0.2),
    }[key.rsplit(".", 1)[1]]  # fmt: skip
    return middle + (spread * v if rule == "B" else 0 * v)


@dataclass(frozen=True)
class Expected:
    """What a map has to be like: mean, standard deviation, values at places of ten along it."""

    mean: float
    std: float
    samples: Mapping[int, float]

    def worst(self, found: Tensor) -> float:
        """Return the largest deviation, in standard deviations."""
        flat = found.double().flatten()
        last = len(flat) - 1
        off = [float(flat[k * last // 9]) - value for k, value in self.samples.items()]
        off += [float(flat.mean()) - self.mean, float(flat.std(correction=0)) - self.std]
        return max(map(abs, off)) / self.std
