"""Crops with a bright spot for every keypoint: what a network can learn in seconds."""

from __future__ import annotations

import numpy as np

from clinigait.training.pose_set import PosePart


def part(n: int, seed: int = 0, points: int = 23) -> PosePart:
    """Return noise with labels."""
    rng = np.random.default_rng(seed)
    return PosePart(
        crops=rng.integers(0, 256, (n, 256, 192, 3), np.uint8),
        keypoints_px=rng.uniform(20, 170, (n, points, 2)).astype(np.float32),
        weight=np.ones((n, points), np.float32),
        visible=rng.choice(np.array([0.0, 1.0, np.nan], np.float32), (n, points)),
        stature_px=np.full(n, 200, np.float32),
        person=np.arange(n, dtype=np.int64),
    )


def spotted(n: int, seed: int = 0) -> PosePart:
    """Return crops with one spot, at which all points lie; they are seen where it is green."""
    rng = np.random.default_rng(seed)
    crops = rng.integers(0, 60, (n, 256, 192, 3), np.uint8)
    places = rng.integers((40, 40), (152, 216), (n, 2))
    seen = rng.random(n) < 0.5
    for crop, (x, y), is_seen in zip(crops, places, seen, strict=True):
        crop[y - 9 : y + 10, x - 9 : x + 10] = (40, 250, 40) if is_seen else (250, 40, 40)
    one = part(n, seed)
    return PosePart(
        crops=crops,
        keypoints_px=np.repeat(places[:, None].astype(np.float32), 23, axis=1),
        weight=one.weight,
        visible=np.repeat(seen[:, None].astype(np.float32), 23, axis=1),
        stature_px=one.stature_px,
        person=one.person,
    )
