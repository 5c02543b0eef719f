"""Light on triangles and rooms: colours of materials, shadows, darkness where feet stand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.backdrop import View, linear, noise
from clinigait.synthesis.compiled import compiled
from clinigait.synthesis.figure import AID_MATERIAL, HAIR, Figure
from clinigait.synthesis.rasteriser import Raster, rasterise
from clinigait.synthesis.scene import Surface
from clinigait.synthesis.skinning import normals

#: Grid of the picture that the light sees, and what it may be off before there is shadow.
_CELL_M, _BIAS_M = 0.015, 0.02
#: Up to this height over the floor a foot darkens it.
_CONTACT_M, _CONTACT_SHARE = 0.10, 0.45
_PATTERNS = ("plain", "stripes", "checks", "speckles")
_FEET = tuple(number for number, part in enumerate(PARTS) if part.endswith("foot"))


class Light(NamedTuple):
    """Light of one direction, and light from everywhere.

    Parameters
    ----------
    towards
        (3,) unit vector to the light.
    strength
        Of the light that comes from there.
    ambient
        Of the other.
    tint
        (3,) colour of the first.
    """

    towards: NDArray[np.float64]
    strength: float
    ambient: float
    tint: NDArray[np.float64]


class Map(NamedTuple):
    """What the light sees: how near to it the nearest surface is, on a grid.

    ``axes`` (3, 3) are the directions to the right, down and to the light; ``origin`` (3,) is
    taken off; ``cell_m`` is the size of the grid.
    """

    near: NDArray[np.float32]
    axes: NDArray[np.float64]
    origin: NDArray[np.float64]
    cell_m: float


class Paint(NamedTuple):
    """Materials as compiled functions want them, one row each."""

    colour: NDArray[np.float64]
    second: NDArray[np.float64]
    pattern: NDArray[np.int64]
    scale_m: NDArray[np.float64]
    folds: NDArray[np.float64]


class Mesh(NamedTuple):
    """All that is looked up of a triangle's corners."""

    faces: NDArray[np.int32]
    points: NDArray[np.float32]
    pixels: NDArray[np.float32]
    normals: NDArray[np.float32]
    rest: NDArray[np.float32]
    albedo: NDArray[np.float32]
    fields: NDArray[np.float32]
    layer: NDArray[np.uint8]
    n_closed: int


@dataclass(frozen=True, eq=False)
class Look:
    """What shading knows of a figure before it moves: made once, used for every frame."""

    paint: Paint
    albedo: NDArray[np.float32]
    feet: NDArray[np.int32]


@lru_cache(maxsize=4)
def look_of(figure: Figure) -> Look:
    """Return the materials of a figure, its skin, and the triangles of its feet."""
    all_of = figure.materials
    paint = Paint(
        linear(np.array([m.colour for m in all_of])),
        linear(np.array([m.second for m in all_of])),
        np.array([_PATTERNS.index(m.pattern) for m in all_of], np.int64),
        np.array([m.scale_m for m in all_of], np.float64),
        np.array([m.folds for m in all_of], np.float64),
    )
    feet = np.ascontiguousarray(figure.faces[np.isin(figure.part_of_face, _FEET)])
    return Look(paint, linear(figure.albedo).astype(np.float32), feet)


def mesh_of(figure: Figure, surface: Surface, pixels: NDArray[np.float32]) -> Mesh:
    """Return what is looked up of a surface that was projected to pixels."""
    n_aid = len(surface.points_m) - len(figure.points_m)
    layer = figure.layer_of_face
    rest, fields, albedo = figure.points_m, figure.fields, look_of(figure).albedo
    if n_aid:
        beside = ((0, n_aid), (0, 0))
        rest, albedo = np.pad(rest, beside), np.pad(albedo, beside)
        fields = np.pad(fields, beside, constant_values=-1)
        n_faces = len(surface.faces) - surface.n_figure
        layer = np.concatenate([layer, np.full(n_faces, AID_MATERIAL, np.uint8)])
    return Mesh(
        surface.faces, surface.points_m, pixels, normals(surface.points_m, surface.faces),
        rest, albedo, fields, layer, surface.n_closed,
    )  # fmt: skip


def light_map(surface: Surface, light: Light) -> Map:
    """Return what the light sees of a surface."""
    return _mapped(surface.points_m, surface.faces, surface.n_closed, light.towards, _CELL_M)


def contact_map(figure: Figure, surface: Surface) -> Map:
    """Return what the floor sees of the feet."""
    below = np.array([0.0, 0.0, -1.0])
    return _mapped(surface.points_m, look_of(figure).feet, 0, below, 2 * _CELL_M)


def _mapped(
    points: NDArray[np.float32],
    faces: NDArray[np.int32],
    n_closed: int,
    towards: NDArray[np.float64],
    cell_m: float,
) -> Map:
    other = np.array([0.0, 1.0, 0.0]) if abs(towards[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
    right = np.cross(towards, other)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(right, towards), towards])
    seen = np.empty_like(points)
    low, high = _along(points, faces, axes, seen)
    # A margin of empty cells, so that blurring needs no edge; nearness stays above 0.
    origin = low - np.array([4 * cell_m, 4 * cell_m, 1.0])
    size = np.ceil((high - origin) / cell_m).astype(int)[:2] + 4
    seen = (seen - origin.astype(np.float32)) / np.array([cell_m, cell_m, 1.0], np.float32)
    raster = rasterise(seen, faces, n_closed, (int(size[0]), int(size[1])))
    return Map(raster.inverse_m, axes, origin, cell_m)


@compiled
def _along(
    points: NDArray[np.float32],
    faces: NDArray[np.int32],
    axes: NDArray[np.float64],
    out: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Write places along three axes, and return the least and the largest of the triangles'."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for v in range(points.shape[0]):
        x, y, z = points[v, 0], points[v, 1], points[v, 2]
        for k in range(3):
            out[v, k] = axes[k, 0] * x + axes[k, 1] * y + axes[k, 2] * z
    for f in range(faces.shape[0]):
        for corner in range(3):
            for k in range(3):
                value = out[faces[f, corner], k]
                low[k], high[k] = min(low[k], value), max(high[k], value)
    return low, high


@compiled
def _placed(found: Map, x: float, y: float, z: float) -> tuple[float, float, float]:
    a, o = found.axes, found.origin
    return (
        (a[0, 0] * x + a[0, 1] * y + a[0, 2] * z - o[0]) / found.cell_m,
        (a[1, 0] * x + a[1, 1] * y + a[1, 2] * z - o[1]) / found.cell_m,
        a[2, 0] * x + a[2, 1] * y + a[2, 2] * z - o[2],
    )


@compiled
def _lit(found: Map, x: float, y: float, z: float, reach: int) -> float:
    """Return the share of light that comes to a place, softened over some cells."""
    u, v, near = _placed(found, x, y, z)
    rows, columns = found.near.shape
    if u < reach or v < reach or u >= columns - reach - 1 or v >= rows - reach - 1:
        return 1.0
    iu, iv = int(u), int(v)
    fu, fv = u - iu, v - iv
    shadow, total = 0.0, 0.0
    for dv in range(-reach, reach + 2):
        wv = reach + 1 - abs(dv - fv)
        for du in range(-reach, reach + 2):
            weight = wv * (reach + 1 - abs(du - fu))
            if weight > 0 and wv > 0:
                total += weight
                seen = found.near[iv + dv, iu + du]
                if seen > 0 and seen > near + _BIAS_M:
                    shadow += weight
    return 1 - shadow / total


@compiled
def _contact(found: Map, x: float, y: float) -> float:
    """Return how much a place of the floor is darkened by feet above it, 0 to 1."""
    reach = 2
    u, v, near = _placed(found, x, y, 0.0)
    rows, columns = found.near.shape
    if u < reach or v < reach or u >= columns - reach - 1 or v >= rows - reach - 1:
        return 0.0
    iu, iv = int(u), int(v)
    fu, fv = u - iu, v - iv
    dark, total = 0.0, 0.0
    for dv in range(-reach, reach + 2):
        wv = max(reach + 1 - abs(dv - fv), 0.0)
        for du in range(-reach, reach + 2):
            weight = wv * max(reach + 1 - abs(du - fu), 0.0)
            total += weight
            seen = found.near[iv + dv, iu + du]
            if seen > 0:
                # The nearness to below is minus the height.
                height = near - seen
                dark += weight * max(1 - max(height, 0.0) / _CONTACT_M, 0.0)
    return dark / total


class Sun(NamedTuple):
    """Light with its maps."""

    light: Light
    shadow: Map
    contact: Map


def room_colours(view: View, sun: Sun) -> NDArray[np.float32]:
    """Return (H, W, 3) float32 light that comes from a room, with shadows."""
    out = np.empty_like(view.albedo)
    _shade_room(view.albedo, view.points_m, view.normal, sun, out)
    return out


@compiled
def _shade_room(
    albedo: NDArray[np.float32],
    points: NDArray[np.float32],
    normal: NDArray[np.float32],
    sun: Sun,
    out: NDArray[np.float32],
) -> None:
    light = sun.light
    for row in range(albedo.shape[0]):
        for column in range(albedo.shape[1]):
            n = normal[row, column]
            x, y, z = points[row, column, 0], points[row, column, 1], points[row, column, 2]
            facing = n[0] * light.towards[0] + n[1] * light.towards[1] + n[2] * light.towards[2]
            direct, ambient = 0.0, light.ambient
            if facing > 0:
                direct = light.strength * facing * _lit(sun.shadow, x, y, z, 2)
            if z < 0.001:
                ambient *= 1 - _CONTACT_SHARE * _contact(sun.contact, x, y)
            for k in range(3):
                out[row, column, k] = albedo[row, column, k] * (ambient + direct * light.tint[k])


def figure_colours(raster: Raster, mesh: Mesh, paint: Paint, sun: Sun) -> NDArray[np.float32]:
    """Return (H, W, 3) float32 light that comes from a surface; 0 beside it."""
    out = np.zeros((*raster.triangle.shape, 3), np.float32)
    box = np.array(raster.box, np.int64)
    _shade(raster.triangle, box, mesh, paint, sun, out)
    return out


@compiled
def _shares(mesh: Mesh, f: int, x: float, y: float) -> tuple[float, float, float, float]:
    """Return the shares of a triangle's corners at a pixel, in space, and its signed area."""
    p = mesh.pixels
    a, b, c = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
    ax, ay = np.float64(p[a, 0]), np.float64(p[a, 1])
    bx, by, cx, cy = p[b, 0] - ax, p[b, 1] - ay, p[c, 0] - ax, p[c, 1] - ay
    area = bx * cy - by * cx
    v = ((x - ax) * cy - (y - ay) * cx) / area
    w = (bx * (y - ay) - by * (x - ax)) / area
    # Even steps in the picture are not even in space.
    u, v, w = (1 - v - w) * p[a, 2], v * p[b, 2], w * p[c, 2]
    total = u + v + w
    return u / total, v / total, w / total, area


@compiled
def _layer(mesh: Mesh, f: int, s: tuple[float, float, float, float]) -> int:
    """Return the uppermost material at a place of a triangle."""
    if mesh.layer[f] > 0:
        return int(mesh.layer[f])
    a, b, c = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
    for field in range(mesh.fields.shape[1] - 1, -1, -1):
        value = (
            s[0] * mesh.fields[a, field]
            + s[1] * mesh.fields[b, field]
            + s[2] * mesh.fields[c, field]
        )
        if value > 0:
            return field + 1
    return 0


@compiled
def _mean(
    of: NDArray[np.float32], mesh: Mesh, f: int, s: tuple[float, float, float, float]
) -> tuple[float, float, float]:
    a, b, c = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
    return (
        s[0] * of[a, 0] + s[1] * of[b, 0] + s[2] * of[c, 0],
        s[0] * of[a, 1] + s[1] * of[b, 1] + s[2] * of[c, 1],
        s[0] * of[a, 2] + s[1] * of[b, 2] + s[2] * of[c, 2],
    )


@compiled
def _is_second(paint: Paint, layer: int, x: float, y: float, z: float) -> bool:
    """Whether a pattern has its second colour at a place of the body at rest."""
    kind, scale = paint.pattern[layer], paint.scale_m[layer]
    if kind == 1:
        return int(np.floor(z / scale)) % 2 == 0
    if kind == 2:
        return (int(np.floor(z / scale)) + int(np.floor((x + y) / scale))) % 2 == 0
    if kind == 3:
        return noise(x / scale * 2, y / scale * 2, z / scale * 2, 77) > 0.68
    return False


@compiled
def _bent(
    n: tuple[float, float, float], at: tuple[float, float, float], folds: float, layer: int
) -> tuple[float, float, float]:
    """Return a direction bent as folds of cloth (or strands of hair) bend it."""
    x, y, z = at
    if layer == HAIR:
        across, down = 130.0, 25.0
    else:
        across, down = 22.0, 9.0
    one = noise(x * across, y * across, z * down, 31) - 0.5
    two = noise(x * across + 7.7, y * across, z * down, 32) - 0.5
    three = noise(x * down, y * down, z * across * 0.7, 33) - 0.5
    nx, ny, nz = n[0] + folds * one, n[1] + folds * two, n[2] + folds * 0.8 * three
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    return nx / length, ny / length, nz / length


@compiled
def _shade(
    triangle: NDArray[np.int32],
    box: NDArray[np.int64],
    mesh: Mesh,
    paint: Paint,
    sun: Sun,
    out: NDArray[np.float32],
) -> None:
    light = sun.light
    lx, ly, lz = light.towards[0], light.towards[1], light.towards[2]
    for row in range(box[1], box[3]):
        for column in range(box[0], box[2]):
            f = triangle[row, column]
            if f < 0:
                continue
            s = _shares(mesh, f, column, row)
            layer = _layer(mesh, f, s)
            rest = _mean(mesh.rest, mesh, f, s)
            n = _mean(mesh.normals, mesh, f, s)
            if f >= mesh.n_closed and s[3] > 0:
                n = (-n[0], -n[1], -n[2])
            n = _bent(n, rest, paint.folds[layer], layer)
            colour = paint.second[layer] if _is_second(paint, layer, *rest) else paint.colour[layer]
            x, y, z = _mean(mesh.points, mesh, f, s)
            # Soft things let light creep around their edge.
            facing = max((n[0] * lx + n[1] * ly + n[2] * lz + 0.15) / 1.15, 0.0)
            if facing > 0:
                # A little outside of the surface, or it would shade itself.
                reach = 0.012
                facing *= _lit(sun.shadow, x + reach * n[0], y + reach * n[1], z + reach * n[2], 1)
            ambient = light.ambient * (0.72 + 0.28 * n[2])
            skin = _mean(mesh.albedo, mesh, f, s)
            for k in range(3):
                base = colour[k] if layer > 0 else skin[k]
                out[row, column, k] = base * (ambient + light.strength * facing * light.tint[k])
