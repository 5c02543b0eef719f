"""Rotations of many frames at once: (T, 3, 3) matrices about the axes x, y and z."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def about(axis: int, angle_rad: Array) -> Array:
    """Return (..., 3, 3) turns about an axis (0 x, 1 y, 2 z) by (...,) angles, right-handed."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    turns = np.zeros((*np.shape(angle_rad), 3, 3))
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    turns[..., axis, axis] = 1
    turns[..., first, first] = turns[..., second, second] = cosine
    turns[..., second, first], turns[..., first, second] = sine, -sine
    return turns


def by_vector(vector_rad: Array) -> Array:
    """Return (..., 3, 3) turns about (..., 3) vectors by their length (Rodrigues' formula)."""
    angle = np.linalg.norm(vector_rad, axis=-1)[..., None, None]
    safe = np.maximum(angle, 1e-12)
    x, y, z = np.moveaxis(vector_rad, -1, 0)
    nothing = np.zeros_like(x)
    cross = np.stack([nothing, -z, y, z, nothing, -x, -y, x, nothing], axis=-1)
    cross = cross.reshape(*x.shape, 3, 3) / safe
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross))


def unit(vectors: Array) -> Array:
    """Return (..., 3) vectors of length 1."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def frame(up: Array, left: Array) -> Array:
    """Return (..., 3, 3) with columns x forward, y left, z along ``up``.

    y is ``left`` as far as it is at right angles to ``up``.
    """
    z = unit(up)
    y = unit(left - (left * z).sum(axis=-1, keepdims=True) * z)
    return np.stack([np.cross(y, z), y, z], axis=-1)


def smooth_step(share: Array) -> Array:
    """Return 0 before 0, 1 after 1, and a rise without corners in between (quintic)."""
    s = np.clip(share, 0.0, 1.0)
    return np.asarray(s * s * s * (10 + s * (6 * s - 15)))


def bump(share: Array, peak: float) -> Array:
    """Return a hump from 0 at 0 to 1 at ``peak`` to 0 at 1, flat at the ends."""
    s = np.clip(share, 0.0, 1.0)
    warped = np.where(s < peak, 0.5 * s / peak, 1 - 0.5 * (1 - s) / (1 - peak))
    return np.asarray(np.sin(np.pi * warped) ** 2)
