"""Triangles into pixels: a z-buffer on the processor.

Pixel (0, 0) is the middle of the first pixel, as everywhere in the toolkit. A pixel belongs to the
nearest triangle that covers its middle. Only the box around the triangles is touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Extrinsics, Intrinsics
from clinigait.synthesis.compiled import compiled

#: Triangles that come nearer to the camera than this are left out.
_NEAREST_M = 0.05
#: Sides of the tube that stands for a straight part of a walking aid.
_TUBE_SIDES = 8
TUBE_RADIUS_M = 0.011


@dataclass(frozen=True, eq=False)
class Raster:
    """What a camera sees of triangles.

    Parameters
    ----------
    inverse_m
        (H, W) float32: 1 / distance along the line of sight; 0 where there is nothing.
    triangle
        (H, W) int32 which triangle; -1 where there is none.
    box
        (left, top, right, bottom): no pixel outside of ``[top:bottom, left:right]`` is covered.
    """

    inverse_m: NDArray[np.float32]
    triangle: NDArray[np.int32]
    box: tuple[int, int, int, int]

    def labels(self, of_triangle: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return (H, W) the label of every pixel's triangle; 0 where there is none."""
        out = np.zeros(self.triangle.shape, np.uint8)
        left, top, right, bottom = self.box
        _look_up(self.triangle, of_triangle, out, left, top, right, bottom)
        return out

    def depth_m(self) -> NDArray[np.float32]:
        """Return (H, W) float32 distance along the line of sight; 0 where there is nothing."""
        out = np.zeros(self.inverse_m.shape, np.float32)
        left, top, right, bottom = self.box
        _inverted(self.inverse_m, out, left, top, right, bottom)
        return out


def projected(
    points_m: NDArray[np.float32], camera: Intrinsics, place: Extrinsics
) -> NDArray[np.float32]:
    """Return (V, 3) float32 of (V, 3) points: x and y in pixels, and 1 / distance in 1/m.

    The distance is that along the line of sight. Points behind the camera have 0.
    """
    rotation, moved = np.array(place.rotation), np.array(place.translation_m)
    out = np.empty_like(points_m)
    lens = np.array([camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px])
    _project(points_m, rotation, moved, lens, out)
    if camera.distortion is not None:
        pixels = camera.project(place.apply(points_m.astype(np.float64)))
        out[:, :2] = np.where(out[:, 2:] > 0, pixels, 0)
    return out


def rasterise(
    pixels: NDArray[np.float32],
    faces: NDArray[np.int32],
    n_closed: int,
    size_px: tuple[int, int],
) -> Raster:
    """Return what is seen of triangles.

    Parameters
    ----------
    pixels
        (V, 3) as :func:`projected` gives them.
    faces
        (F, 3) int32, anticlockwise as seen from outside.
    n_closed
        The first so many triangles are of closed surfaces: their backs are never seen and left
        out. The others are seen from both sides.
    size_px
        (width, height) of the picture.
    """
    width, height = size_px
    inverse = np.zeros((height, width), np.float32)
    triangle = np.full((height, width), -1, np.int32)
    left, top, right, bottom = _draw(pixels, faces, n_closed, inverse, triangle)
    return Raster(inverse, triangle, (left, top, right, bottom))


@compiled
def _project(
    points: NDArray[np.float32],
    rotation: NDArray[np.float64],
    moved: NDArray[np.float64],
    lens: NDArray[np.float64],
    out: NDArray[np.float32],
) -> None:
    fx, fy, cx, cy = lens[0], lens[1], lens[2], lens[3]
    for v in range(points.shape[0]):
        x, y, z = np.float64(points[v, 0]), np.float64(points[v, 1]), np.float64(points[v, 2])
        depth = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + moved[2]
        if depth < _NEAREST_M:
            out[v, 0] = 0
            out[v, 1] = 0
            out[v, 2] = 0
            continue
        inverse = 1.0 / depth
        across = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + moved[0]
        down = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + moved[1]
        out[v, 0] = fx * across * inverse + cx
        out[v, 1] = fy * down * inverse + cy
        out[v, 2] = inverse


@compiled
def _draw(
    pixels: NDArray[np.float32],
    faces: NDArray[np.int32],
    n_closed: int,
    inverse: NDArray[np.float32],
    triangle: NDArray[np.int32],
) -> tuple[int, int, int, int]:
    height, width = inverse.shape
    left, top, right, bottom = width, height, 0, 0
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        az, bz, cz = pixels[a, 2], pixels[b, 2], pixels[c, 2]
        if az <= 0 or bz <= 0 or cz <= 0:
            continue
        ax, ay = np.float64(pixels[a, 0]), np.float64(pixels[a, 1])
        bx, by = np.float64(pixels[b, 0]), np.float64(pixels[b, 1])
        cx, cy = np.float64(pixels[c, 0]), np.float64(pixels[c, 1])
        # y points down: what is anticlockwise in space has a negative area in the picture.
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == 0 or (area > 0 and f < n_closed):
            continue
        x0 = max(int(np.ceil(min(ax, bx, cx))), 0)
        x1 = min(int(np.floor(max(ax, bx, cx))), width - 1)
        y0 = max(int(np.ceil(min(ay, by, cy))), 0)
        y1 = min(int(np.floor(max(ay, by, cy))), height - 1)
        if x0 > x1 or y0 > y1:
            continue
        share = 1.0 / area
        # Shares of the corners b and c in the first pixel, and how they change to the right.
        b_x, b_y = (cy - ay) * share, -(cx - ax) * share
        c_x, c_y = -(by - ay) * share, (bx - ax) * share
        for y in range(y0, y1 + 1):
            u = b_x * (x0 - ax) + b_y * (y - ay)
            v = c_x * (x0 - ax) + c_y * (y - ay)
            for x in range(x0, x1 + 1):
                if u >= 0 and v >= 0 and u + v <= 1:
                    near = np.float32(az + u * (bz - az) + v * (cz - az))
                    if near > inverse[y, x]:
                        inverse[y, x] = near
                        triangle[y, x] = f
                        left, right = min(left, x), max(right, x + 1)
                        top, bottom = min(top, y), max(bottom, y + 1)
                u += b_x
                v += c_x
    return min(left, right), min(top, bottom), right, bottom


@compiled
def _look_up(
    triangle: NDArray[np.int32],
    of_triangle: NDArray[np.uint8],
    out: NDArray[np.uint8],
    left: int,
    top: int,
    right: int,
    bottom: int,
) -> None:
    for y in range(top, bottom):
        for x in range(left, right):
            if triangle[y, x] >= 0:
                out[y, x] = of_triangle[triangle[y, x]]


@compiled
def _inverted(
    inverse: NDArray[np.float32],
    out: NDArray[np.float32],
    left: int,
    top: int,
    right: int,
    bottom: int,
) -> None:
    for y in range(top, bottom):
        for x in range(left, right):
            if inverse[y, x] > 0:
                out[y, x] = 1 / inverse[y, x]


def tube_faces(n_tubes: int, first_point: int) -> NDArray[np.int32]:
    """Return (F, 3) int32 triangles of closed tubes whose points begin at a number."""
    n, turn = _TUBE_SIDES, np.arange(_TUBE_SIDES)
    after = (turn + 1) % n
    sides = [np.stack([turn, after, n + after], 1), np.stack([turn, n + after, n + turn], 1)]
    inner = turn[1:-1]
    zero = np.zeros_like(inner)
    caps = [np.stack([zero, inner + 1, inner], 1), n + np.stack([zero, inner, inner + 1], 1)]
    one = np.concatenate([*sides, *caps])
    starts = first_point + 2 * n * np.arange(n_tubes)
    return np.asarray((one[None] + starts[:, None, None]).reshape(-1, 3), np.int32)


def tube_points(ends_m: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return (16 A, 3) float32 points of tubes.

    Parameters
    ----------
    ends_m
        (2 A, 3) pairs of ends.
    """
    pairs = ends_m.reshape(-1, 2, 3)
    way = pairs[:, 1] - pairs[:, 0]
    long = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    # Any direction that is not that of the tube.
    other = np.where(np.abs(long[:, 2:]) < 0.9, [0.0, 0.0, 1.0], [1.0, 0.0, 0.0])
    one = np.cross(other, long)
    one /= np.maximum(np.linalg.norm(one, axis=1, keepdims=True), 1e-9)
    two = np.cross(long, one)
    angle = 2 * np.pi * np.arange(_TUBE_SIDES) / _TUBE_SIDES
    ring = TUBE_RADIUS_M * (
        one[:, None] * np.cos(angle)[:, None] + two[:, None] * np.sin(angle)[:, None]
    )
    return np.ascontiguousarray((pairs[:, :, None] + ring[:, None]).reshape(-1, 3), np.float32)
