"""What stands around the walker: floor, walls and boxes, all of them made up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Extrinsics, Intrinsics
from clinigait.synthesis.appearance import Colour
from clinigait.synthesis.compiled import compiled

Texture = Literal["plain", "planks", "tiles", "mottled"]
_TEXTURES: tuple[Texture, ...] = ("plain", "planks", "tiles", "mottled")
#: Views that are kept: a camera that stands still asks for the same one in every frame.
_KEPT = 4
#: Unevenness of surfaces: cells of a periodic table, a power of two, their size, and how much.
_TABLE, _TABLE_CELL_M, _TABLE_SD = 512, 0.012, 0.12
#: Where in a pixel colours are sampled.
_SAMPLES = ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))


@dataclass(frozen=True)
class Box:
    """A thing that stands about, its sides along x, y and z.

    Parameters
    ----------
    low_m, high_m
        Its corners in the world.
    colour
        Red, green and blue as screens show them, 0 to 1.
    """

    low_m: tuple[float, float, float]
    high_m: tuple[float, float, float]
    colour: Colour = (0.45, 0.38, 0.30)


@dataclass(frozen=True)
class Backdrop:
    """A room.

    Parameters
    ----------
    low_m, high_m
        Its corners; cameras and people are inside, and the floor is at z = 0.
    wall, floor, ceiling
        Colours.
    wall_texture, floor_texture
        How they are patterned.
    gradient
        How much walls darken downwards, 0 to 1.
    boxes
        Furniture, and what hides the lower body where it stands before it.
    seed
        Of the textures.
    """

    low_m: tuple[float, float, float] = (-12.0, -2.5, 0.0)
    high_m: tuple[float, float, float] = (12.0, 7.0, 2.8)
    wall: Colour = (0.78, 0.76, 0.72)
    floor: Colour = (0.45, 0.40, 0.35)
    ceiling: Colour = (0.85, 0.85, 0.85)
    wall_texture: Texture = "plain"
    floor_texture: Texture = "mottled"
    gradient: float = 0.0
    boxes: tuple[Box, ...] = ()
    seed: int = 0


@dataclass(frozen=True, eq=False)
class View:
    """What a camera sees of a room.

    Parameters
    ----------
    albedo
        (H, W, 3) float32 linear colours, without light.
    points_m
        (H, W, 3) float32 places in the world.
    depth_m
        (H, W) float32 along the line of sight.
    normal
        (H, W, 3) float32 directions that surfaces face, their mean over a pixel.
    """

    albedo: NDArray[np.float32]
    points_m: NDArray[np.float32]
    depth_m: NDArray[np.float32]
    normal: NDArray[np.float32]


class _Room(NamedTuple):
    """What compiled functions know of a backdrop."""

    boxes: NDArray[np.float64]
    colours: NDArray[np.float64]
    kinds: NDArray[np.int64]
    gradient: float
    seed: int
    table: NDArray[np.float32]
    has_colour: bool


class _Out(NamedTuple):
    """What they write."""

    albedo: NDArray[np.float32]
    points: NDArray[np.float32]
    depth: NDArray[np.float32]
    normal: NDArray[np.float32]


#: How far, the axis of the side that is hit, and the direction in which that side faces.
_Hit = tuple[float, int, float]


@lru_cache(maxsize=_KEPT)
def seen(backdrop: Backdrop, lens: Intrinsics, place: Extrinsics) -> View:
    """Return what a camera sees of a room: colours of four samples a pixel, places of its middle.

    Raises
    ------
    ValueError
        If the camera is outside of the room.
    """
    width, height = lens.size_px
    albedo, facing = np.zeros((height, width, 3)), np.zeros((height, width, 3))
    for shift in _SAMPLES:
        sample = _cast(backdrop, lens, place, shift)
        albedo += sample.albedo / len(_SAMPLES)
        facing += sample.normal / len(_SAMPLES)
    middle = _middle(backdrop, lens, place)
    return View(albedo.astype(np.float32), middle.points, middle.depth, facing.astype(np.float32))


def seen_depth_m(backdrop: Backdrop, lens: Intrinsics, place: Extrinsics) -> NDArray[np.float32]:
    """Return the (H, W) depth alone of what a camera sees of a room: a tenth of the work.

    Raises
    ------
    ValueError
        If the camera is outside of the room.
    """
    return _middle(backdrop, lens, place).depth


@lru_cache(maxsize=_KEPT)
def _middle(backdrop: Backdrop, lens: Intrinsics, place: Extrinsics) -> _Out:
    return _cast(backdrop, lens, place, (0.0, 0.0), has_colour=False)


def _cast(
    backdrop: Backdrop,
    lens: Intrinsics,
    place: Extrinsics,
    shift: tuple[float, float],
    *,
    has_colour: bool = True,
) -> _Out:
    rotation, moved = np.array(place.rotation), np.array(place.translation_m)
    eye = -rotation.T @ moved
    if np.any(eye <= backdrop.low_m) or np.any(eye >= backdrop.high_m):
        raise ValueError("the camera stands outside of the room")
    width, height = lens.size_px
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float64)
    pixels = grid + np.array(shift)
    # Along the line of sight the rays have length 1: what they are multiplied by is the depth.
    rays = np.ascontiguousarray(lens.rays(pixels) @ rotation)
    boxes = [(backdrop.low_m, backdrop.high_m), *((b.low_m, b.high_m) for b in backdrop.boxes)]
    colours = [backdrop.floor, backdrop.wall, backdrop.ceiling, *(b.colour for b in backdrop.boxes)]
    kinds = [_TEXTURES.index(backdrop.floor_texture), _TEXTURES.index(backdrop.wall_texture)]
    room = _Room(
        boxes=np.array(boxes, np.float64),
        colours=linear(np.array(colours)),
        kinds=np.array(kinds, np.int64),
        gradient=float(backdrop.gradient),
        seed=int(backdrop.seed),
        table=_unevenness(),
        has_colour=has_colour,
    )
    shape = pixels.shape[:2]
    out = _Out(
        np.empty((*shape, 3), np.float32), np.empty((*shape, 3), np.float32),
        np.empty(shape, np.float32), np.zeros((*shape, 3), np.float32),
    )  # fmt: skip
    _cast_rays(eye, rays, room, out)
    return out


def linear(colour: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return amounts of light for colours as screens show them."""
    return np.asarray(np.clip(colour, 0, 1) ** 2.2, np.float64)


@compiled
def noise(x: float, y: float, z: float, seed: int) -> float:
    """Return a smooth value of 0 to 1 that changes over a unit of length."""
    ix, iy, iz = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    fx, fy, fz = x - ix, y - iy, z - iz
    fx, fy, fz = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy), fz * fz * (3 - 2 * fz)
    value = 0.0
    for corner in range(8):
        cx, cy, cz = corner & 1, (corner >> 1) & 1, corner >> 2
        mixed = (ix + cx) * 73856093 ^ (iy + cy) * 19349663 ^ (iz + cz) * 83492791 ^ seed * 265443
        mixed = (mixed & 0x7FFFFFFF) * 1103515245 & 0x7FFFFFFF
        mixed = ((mixed >> 13) ^ mixed) * 60493 & 0x7FFFFFFF
        share = (fx if cx else 1 - fx) * (fy if cy else 1 - fy) * (fz if cz else 1 - fz)
        value += share * ((mixed >> 7) & 0xFFFF) / 65535.0
    return value


@lru_cache(maxsize=1)
def _unevenness() -> NDArray[np.float32]:
    """Return a periodic table of values about 0.5, uneven at all sizes.

    What nothing is so smooth as to lack: a camera that stands still is known by fine detail that
    stays where it is.
    """
    white = np.random.default_rng(0x6A1).standard_normal((_TABLE, _TABLE))
    down, across = np.meshgrid(np.fft.fftfreq(_TABLE), np.fft.fftfreq(_TABLE), indexing="ij")
    frequency = np.hypot(down, across) * _TABLE
    # As on real surfaces the contrast is about the same at all sizes, up to a third of a metre.
    share = np.where(frequency >= _TABLE * _TABLE_CELL_M * 3, 1 / np.maximum(frequency, 1), 0)
    table = np.fft.ifft2(np.fft.fft2(white) * share).real
    return np.asarray(np.clip(0.5 + _TABLE_SD * table / table.std(), 0, 1), np.float32)


@compiled
def _looked_up(table: NDArray[np.float32], a: float, b: float) -> float:
    ia, ib = np.floor(a), np.floor(b)
    fa, fb = a - ia, b - ib
    column, row = int(ia) & (_TABLE - 1), int(ib) & (_TABLE - 1)
    right, below = (column + 1) & (_TABLE - 1), (row + 1) & (_TABLE - 1)
    above = (1 - fa) * table[row, column] + fa * table[row, right]
    lower = (1 - fa) * table[below, column] + fa * table[below, right]
    return float((1 - fb) * above + fb * lower)


@compiled
def _grain(table: NDArray[np.float32], a: float, b: float, seed: int) -> float:
    """Return a value about 0.5 that is uneven at all sizes from a foot to a few millimetres."""
    shift = (seed * 37) % 1009
    coarse = _looked_up(table, a / _TABLE_CELL_M + shift, b / _TABLE_CELL_M + 2 * shift)
    fine = _looked_up(table, a * 5.3 / _TABLE_CELL_M, b * 5.3 / _TABLE_CELL_M + shift)
    return 0.5 + 0.8 * (coarse - 0.5) + 0.6 * (fine - 0.5)


@compiled
def _texture(room: _Room, kind: int, a: float, b: float, seed: int) -> float:
    """Return the brightness of a texture at a place of a surface, about 1."""
    grain = _grain(room.table, a, b, seed)
    if kind == 1:
        row = np.floor(b / 0.14)
        shift = noise(row * 7.3, 0.5, 0.5, seed + 2) * 1.8
        plank = np.floor((a + shift) / 1.8)
        joint = min(b / 0.14 - row, (a + shift) / 1.8 * 12 - plank * 12)
        tone = 0.78 + 0.35 * noise(plank * 5.7 + 0.3, row * 3.1 + 0.3, 0.5, seed + 3)
        return (tone + 0.7 * (grain - 0.5)) * (0.7 if joint < 0.04 else 1.0)
    if kind == 2:
        u, v = a / 0.4 - np.floor(a / 0.4), b / 0.4 - np.floor(b / 0.4)
        tone = 0.92 + 0.12 * noise(np.floor(a / 0.4) * 3.3, np.floor(b / 0.4) * 3.7, 0.5, seed)
        return (tone + 0.7 * (grain - 0.5)) * (0.72 if min(u, v) < 0.02 else 1.0)
    if kind == 3:
        return 0.6 + 0.8 * grain
    return 0.7 + 0.6 * grain


@compiled
def _room_hit(
    eye: NDArray[np.float64], ray: NDArray[np.float64], boxes: NDArray[np.float64]
) -> _Hit:
    """Return where a ray leaves the room."""
    best, axis_hit, sign = np.inf, 0, 1.0
    for axis in range(3):
        if ray[axis] != 0:
            side = 1 if ray[axis] > 0 else 0
            far = (boxes[0, side, axis] - eye[axis]) / ray[axis]
            if far < best:
                best, axis_hit, sign = far, axis, -1.0 if side else 1.0
    return best, axis_hit, sign


@compiled
def _box_hit(eye: NDArray[np.float64], ray: NDArray[np.float64], box: NDArray[np.float64]) -> _Hit:
    """Return where a ray enters a box; at infinity where it does not."""
    near, far, axis_in = 0.0, np.inf, -1
    for axis in range(3):
        if ray[axis] == 0:
            if not box[0, axis] < eye[axis] < box[1, axis]:
                far = -1.0
            continue
        one, two = (box[0, axis] - eye[axis]) / ray[axis], (box[1, axis] - eye[axis]) / ray[axis]
        if min(one, two) > near:
            near, axis_in = min(one, two), axis
        far = min(far, max(one, two))
    if axis_in < 0 or near >= far:
        return np.inf, 0, 1.0
    return near, axis_in, -1.0 if ray[axis_in] > 0 else 1.0


@compiled
def _surface(
    room: _Room, box: int, axis: int, sign: float, at: tuple[float, float, float]
) -> tuple[int, float]:
    """Return which colour a place has, and how bright it is."""
    x, y, z = at
    if box > 0:
        grained = _grain(room.table, x + 0.7 * y, 0.3 * z + 0.2 * y, room.seed + 9 + box)
        return 2 + box, 0.7 + 0.6 * grained
    if axis == 2:
        if sign > 0:
            return 0, _texture(room, room.kinds[0], x, y, room.seed)
        return 2, 0.8 + 0.2 * _texture(room, 0, x, y, room.seed)
    tone = _texture(room, room.kinds[1], x if axis == 1 else y, z, room.seed + 5)
    tone *= 1 - room.gradient * (1 - z / room.boxes[0, 1, 2])
    return 1, tone * (0.8 if z < 0.09 else 1.0)  # the skirting board


@compiled
def _cast_rays(eye: NDArray[np.float64], rays: NDArray[np.float64], room: _Room, out: _Out) -> None:
    for row in range(rays.shape[0]):
        for column in range(rays.shape[1]):
            ray = rays[row, column]
            best, axis, sign = _room_hit(eye, ray, room.boxes)
            box = 0
            for other in range(1, room.boxes.shape[0]):
                near, its_axis, its_sign = _box_hit(eye, ray, room.boxes[other])
                if near < best:
                    best, axis, sign, box = near, its_axis, its_sign, other
            at = (eye[0] + best * ray[0], eye[1] + best * ray[1], eye[2] + best * ray[2])
            if room.has_colour:
                colour, tone = _surface(room, box, axis, sign, at)
                for k in range(3):
                    out.albedo[row, column, k] = room.colours[colour, k] * tone
            for k in range(3):
                out.points[row, column, k] = at[k]
            out.depth[row, column] = best
            out.normal[row, column, axis] = sign


def drawn_backdrop(
    rng: np.random.Generator, eye_m: tuple[float, float], length_m: float = 12.0
) -> Backdrop:
    """Draw a room for a walkway along x through (0, 0).

    Parameters
    ----------
    rng
        Chance.
    eye_m
        x and y of the camera: on its side the room is deep; on the other a wall is near.
    length_m
        Half of the room's length; the camera stays inside of it.
    """
    paint = np.clip(rng.uniform(0.35, 0.92) * (1 + rng.normal(0, 0.05, 3)), 0.05, 0.97)
    floor = np.clip(rng.uniform(0.2, 0.65) * (1 + np.array([0.12, 0, -0.15]) * rng.random()), 0, 1)
    far = 1.7 + float(rng.uniform(0, 2.5))
    low_y, high_y = min(-far, eye_m[1] - 1), max(far, eye_m[1] + 1)
    length = max(length_m, abs(eye_m[0]) + 1)
    wall = _Wall(low_y, 1.0, length) if eye_m[1] >= 0 else _Wall(high_y, -1.0, length)
    n_large, n_flat = (rng.uniform(0.1, 0.35) * length, rng.uniform(0.3, 0.7) * length)
    boxes = [_furniture(rng, wall) for _ in range(int(n_large))]
    boxes += [_picture(rng, wall) for _ in range(int(n_flat))]
    return Backdrop(
        low_m=(-length, low_y, 0.0),
        high_m=(length, high_y, float(rng.uniform(2.6, 3.4))),
        wall=_triple(paint),
        floor=_triple(floor),
        wall_texture=_TEXTURES[int(rng.choice([0, 0, 2, 3]))],
        floor_texture=_TEXTURES[int(rng.integers(len(_TEXTURES)))],
        gradient=float(rng.uniform(0, 0.4)),
        boxes=tuple(boxes),
        seed=int(rng.integers(1 << 20)),
    )


class _Wall(NamedTuple):
    """Where the wall behind the walkway is, which way the room lies, and half of its length."""

    y_m: float
    inward: float
    half_m: float


def _furniture(rng: np.random.Generator, wall: _Wall) -> Box:
    return _at_wall(rng, wall, rng.uniform((0.3, 0.25, 0.4), (1.4, 0.45, 1.9)), 0.0)


def _picture(rng: np.random.Generator, wall: _Wall) -> Box:
    """Return something flat on the wall: a picture, a notice, a switch, a door."""
    if rng.random() < 0.2:
        return _at_wall(rng, wall, np.array([0.9, 0.04, 2.05]), 0.0)
    size = rng.uniform((0.08, 0.01, 0.08), (0.9, 0.03, 0.7))
    return _at_wall(rng, wall, size, float(rng.uniform(0.9, 1.7)))


def _at_wall(rng: np.random.Generator, wall: _Wall, size: NDArray[np.float64], up_m: float) -> Box:
    at = float(rng.uniform(-wall.half_m + 1, wall.half_m - 1))
    colour = np.clip(rng.uniform(0.05, 0.95) * (1 + rng.normal(0, 0.1, 3)), 0.03, 0.97)
    near, far = sorted((wall.y_m, wall.y_m + wall.inward * float(size[1])))
    return Box(
        (at - float(size[0]) / 2, near, up_m),
        (at + float(size[0]) / 2, far, up_m + float(size[2])),
        _triple(colour),
    )


def _triple(colour: NDArray[np.float64]) -> Colour:
    return float(colour[0]), float(colour[1]), float(colour[2])


def with_low_wall(backdrop: Backdrop, eye_m: tuple[float, float], height_m: float) -> Backdrop:
    """Return a room with a wall before the walkway that hides the lower body from a camera.

    Parameters
    ----------
    backdrop
        The room.
    eye_m
        x and y of the camera; it looks across the walkway.
    height_m
        Of the wall.
    """
    near = 0.9 if eye_m[1] > 0 else -1.0
    wall = Box((eye_m[0] - 6.0, near, 0.0), (eye_m[0] + 6.0, near + 0.1, height_m))
    return replace(backdrop, boxes=(*backdrop.boxes, wall))
