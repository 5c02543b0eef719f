"""Pickles of silhouettes and poses, as gait recognition keeps them."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def body(
    n: int = 20, height: int = 64, width: int | None = None, seed: int = 0
) -> NDArray[np.uint8]:
    """Return (n, height, width) grey pictures: a bar as high as the picture, with moving legs."""
    width = width or height
    rng = np.random.default_rng(seed)
    pictures = np.zeros((n, height, width), np.uint8)
    pictures[:, :, width // 2 - 4 : width // 2 + 5] = 255
    for picture in pictures:
        reach = int(rng.integers(1, 8))
        picture[-height // 3 :, width // 2 - reach : width // 2 + reach + 1] = 255
    return pictures


def pose(n: int = 20, seed: int = 0) -> NDArray[np.float32]:
    """Return (n, 17, 3) points and confidence."""
    rng = np.random.default_rng(seed)
    return np.dstack([rng.uniform(10, 500, (n, 17, 2)), np.full((n, 17), 0.9)]).astype(np.float32)


def put(path: Path, content: object) -> Path:
    """Write a pickle, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(content))
    return path
