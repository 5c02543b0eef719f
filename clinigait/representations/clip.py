"""Clip: what a network sees of one walk, as arrays on one clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Clip:
    """Arrays of one walk, by the kind of input that they are.

    Parameters
    ----------
    frames
        Per-frame arrays, (T, C, ...): silhouettes (T, 1, 64, 44) and skeleton maps (T, 2, 64, 44)
        in uint8, 255 at most; colour and depth (T, 4, H, W) in uint8; streams of skeletons
        (T, C, J) in float32.
    vectors
        Arrays of the whole walk, (V,) float32.
    time_s
        (T,) times; all per-frame arrays lie on this clock.
    """

    frames: Mapping[str, NDArray[np.generic]]
    vectors: Mapping[str, NDArray[np.float32]]
    time_s: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, array in self.frames.items():
            if len(array) != len(self.time_s):
                raise ValueError(f"{name} has {len(array)} frames for {len(self.time_s)} times")

    def __len__(self) -> int:
        return len(self.time_s)
