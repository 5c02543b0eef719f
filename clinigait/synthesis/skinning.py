"""Skin that follows its bones: linear blend skinning, and the directions that skin faces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.synthesis.compiled import compiled

#: Weights below this move skin by less than anybody can see, and cost as much as the others.
_LEAST_WEIGHT = 1e-3


@dataclass(frozen=True, eq=False)
class Skin:
    """Which bones move which points, without what does not matter.

    Parameters
    ----------
    starts
        (V + 1,) int32: the entries of point v are ``starts[v]`` to ``starts[v + 1]``.
    bones, weights
        (N,) int32 and float32; the weights of a point add up to 1.
    """

    starts: NDArray[np.int32]
    bones: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, bones: NDArray[np.int32], weights: NDArray[np.float32]) -> Skin:
        """Return the skin of (V, S) bones and weights.

        Weights below 0.001 are left out and the others made to add up to 1 again.
        """
        kept = weights >= _LEAST_WEIGHT
        if not kept.any(axis=1).all():
            raise ValueError("every point is moved by a bone")
        wide = np.where(kept, weights, 0).astype(np.float64)
        wide /= wide.sum(axis=1, keepdims=True)
        starts = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
        return cls(starts, bones[kept].astype(np.int32), wide[kept].astype(np.float32))

    def placed(
        self, bones: NDArray[np.float32], points_m: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return (V, 3) float32 points in the world.

        Parameters
        ----------
        bones
            (B, 3, 4) float32 from the body at rest to the world.
        points_m
            (V, 3) float32 at rest.
        """
        out = np.empty_like(points_m)
        _skin(bones, points_m, self.starts, self.bones, self.weights, out)
        return out


@compiled
def _skin(
    bones: NDArray[np.float32],
    points: NDArray[np.float32],
    starts: NDArray[np.int32],
    which: NDArray[np.int32],
    weights: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    for v in range(points.shape[0]):
        x, y, z = points[v, 0], points[v, 1], points[v, 2]
        px = np.float32(0)
        py = np.float32(0)
        pz = np.float32(0)
        for entry in range(starts[v], starts[v + 1]):
            m = bones[which[entry]]
            w = weights[entry]
            px += w * (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3])
            py += w * (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3])
            pz += w * (m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3])
        out[v, 0] = px
        out[v, 1] = py
        out[v, 2] = pz


def normals(points_m: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return (V, 3) float32 unit vectors away from the surface, by the triangles' areas."""
    out = np.zeros_like(points_m)
    _add_normals(points_m, faces, out)
    return out


@compiled
def _add_normals(
    points: NDArray[np.float32], faces: NDArray[np.int32], out: NDArray[np.float32]
) -> None:
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux, uy, uz = (
            points[b, 0] - points[a, 0],
            points[b, 1] - points[a, 1],
            points[b, 2] - points[a, 2],
        )
        vx, vy, vz = (
            points[c, 0] - points[a, 0],
            points[c, 1] - points[a, 1],
            points[c, 2] - points[a, 2],
        )
        nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            out[corner, 0] += nx
            out[corner, 1] += ny
            out[corner, 2] += nz
    for v in range(out.shape[0]):
        length = np.sqrt(out[v, 0] ** 2 + out[v, 1] ** 2 + out[v, 2] ** 2)
        if length > 0:
            out[v, 0] /= length
            out[v, 1] /= length
            out[v, 2] /= length
