"""What stands around the walker: floor, walls and boxes, all of them made up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Extrinsics, Intrinsics
from clinigait.synthesis.appearance import Colour
from clinigait.synthesis.compiled import compiled

Texture = Literal["plain", "planks", "tiles", "mottled"]
_TEXTURES: tuple[Texture, ...] = ("plain", "planks", "tiles", "mottled")
#: Views that are kept: a camera that stands still asks for the same one in every frame.
_KEPT = 4


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
        (H, W, 3) float32 directions that surfaces face.
    """

    albedo: NDArray[np.float32]
    points_m: NDArray[np.float32]
    depth_m: NDArray[np.float32]
    normal: NDArray[np.float32]


@lru_cache(maxsize=_KEPT)
def seen(backdrop: Backdrop, lens: Intrinsics, place: Extrinsics) -> View:
    """Return what a camera sees of a room: colours of four samples a pixel, places of its middle.

    Raises
    ------
    ValueError
        If the camera is outside of the room.
    """
    width, height = lens.size_px
    rotation, moved = np.array(place.rotation), np.array(place.translation_m)
    eye = -rotation.T @ moved
    if np.any(eye <= backdrop.low_m) or np.any(eye >= backdrop.high_m):
        raise ValueError("the camera stands outside of the room")
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float64)
    albedo = np.zeros((height, width, 3))
    for dx, dy in ((-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)):
        albedo += _cast(backdrop, lens, rotation, eye, grid + (dx, dy))[0] / 4
    _, points, depth, normal = _cast(backdrop, lens, rotation, eye, grid)
    return View(albedo.astype(np.float32), points, depth, normal)


def _cast(
    backdrop: Backdrop,
    lens: Intrinsics,
    rotation: NDArray[np.float64],
    eye: NDArray[np.float64],
    pixels: NDArray[np.float64],
) -> tuple[NDArray[np.float32], ...]:
    # Along the line of sight the rays have length 1: what they are multiplied by is the depth.
    rays = np.ascontiguousarray(lens.rays(pixels) @ rotation)
    boxes = [(backdrop.low_m, backdrop.high_m), *((b.low_m, b.high_m) for b in backdrop.boxes)]
    colours = [backdrop.floor, backdrop.wall, backdrop.ceiling, *(b.colour for b in backdrop.boxes)]
    shape = pixels.shape[:2]
    out = (
        np.empty((*shape, 3), np.float32), np.empty((*shape, 3), np.float32),
        np.empty(shape, np.float32), np.zeros((*shape, 3), np.float32),
    )  # fmt: skip
    kinds = np.array(
        [_TEXTURES.index(backdrop.floor_texture), _TEXTURES.index(backdrop.wall_texture)]
    )
    _cast_rays(
        eye, rays, np.array(boxes, np.float64), linear(np.array(colours)), kinds,
        backdrop.gradient, backdrop.seed, *out,
    )  # fmt: skip
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
        mixed = (ix + cx) * 73856093 ^ (iy + cy) * 19349663 ^ (iz + cz) * 83492791 ^ seed * 2654435
        mixed = (mixed & 0x7FFFFFFF) * 1103515245 & 0x7FFFFFFF
        mixed = ((mixed >> 13) ^ mixed) * 60493 & 0x7FFFFFFF
        share = (fx if cx else 1 - fx) * (fy if cy else 1 - fy) * (fz if cz else 1 - fz)
        value += share * ((mixed >> 7) & 0xFFFF) / 65535.0
    return value


@compiled
def _texture(kind: int, a: float, b: float, seed: int) -> float:
    """Return the brightness of a texture at a place of a surface, about 1."""
    grain = 0.5 * noise(a * 3, b * 3, 0.5, seed) + 0.5 * noise(a * 17, b * 17, 0.5, seed + 1)
    if kind == 1:
        row = np.floor(b / 0.14)
        shift = noise(row * 7.3, 0.5, 0.5, seed + 2) * 1.8
        plank = np.floor((a + shift) / 1.8)
        joint = min(b / 0.14 - row, (a + shift) / 1.8 * 12 - plank * 12)
        tone = 0.78 + 0.35 * noise(plank * 5.7 + 0.3, row * 3.1 + 0.3, 0.5, seed + 3)
        return (tone + 0.12 * (grain - 0.5)) * (0.7 if joint < 0.04 else 1.0)
    if kind == 2:
        u, v = a / 0.4 - np.floor(a / 0.4), b / 0.4 - np.floor(b / 0.4)
        tone = 0.92 + 0.12 * noise(np.floor(a / 0.4) * 3.3, np.floor(b / 0.4) * 3.7, 0.5, seed)
        return (tone + 0.06 * (grain - 0.5)) * (0.72 if min(u, v) < 0.02 else 1.0)
    if kind == 3:
        return 0.75 + 0.5 * grain
    return 0.97 + 0.06 * grain


@compiled
def _cast_rays(
    eye: NDArray[np.float64],
    rays: NDArray[np.float64],
    boxes: NDArray[np.float64],
    colours: NDArray[np.float64],
    kinds: NDArray[np.int64],
    gradient: float,
    seed: int,
    albedo: NDArray[np.float32],
    points: NDArray[np.float32],
    depth: NDArray[np.float32],
    normal: NDArray[np.float32],
) -> None:
    for row in range(rays.shape[0]):
        for column in range(rays.shape[1]):
            ray = rays[row, column]
            best, axis_hit, box_hit, sign = np.inf, 0, 0, 1.0
            for axis in range(3):  # the room, from inside
                if ray[axis] != 0:
                    side = 1 if ray[axis] > 0 else 0
                    far = (boxes[0, side, axis] - eye[axis]) / ray[axis]
                    if far < best:
                        best, axis_hit, sign = far, axis, -1.0 if side else 1.0
            for box in range(1, boxes.shape[0]):
                near, far, axis_in = 0.0, np.inf, -1
                for axis in range(3):
                    if ray[axis] == 0:
                        if not boxes[box, 0, axis] < eye[axis] < boxes[box, 1, axis]:
                            far = -1.0
                        continue
                    one = (boxes[box, 0, axis] - eye[axis]) / ray[axis]
                    two = (boxes[box, 1, axis] - eye[axis]) / ray[axis]
                    if min(one, two) > near:
                        near, axis_in = min(one, two), axis
                    far = min(far, max(one, two))
                if axis_in >= 0 and near < far and near < best:
                    best, axis_hit, box_hit = near, axis_in, box
                    sign = -1.0 if ray[axis_in] > 0 else 1.0
            x, y, z = eye[0] + best * ray[0], eye[1] + best * ray[1], eye[2] + best * ray[2]
            tone = 1.0
            if box_hit > 0:
                colour = 2 + box_hit
                tone = 0.9 + 0.2 * noise(x * 20, y * 20, z * 4, seed + 9)
            elif axis_hit == 2:
                colour = 0 if sign > 0 else 2
                if sign > 0:
                    tone = _texture(kinds[0], x, y, seed)
            else:
                colour = 1
                tone = _texture(kinds[1], x if axis_hit == 1 else y, z, seed + 5)
                tone *= 1 - gradient * (1 - z / boxes[0, 1, 2])
                if z < 0.09:
                    tone *= 0.8  # the skirting board
            for k in range(3):
                albedo[row, column, k] = colours[colour, k] * tone
            points[row, column, 0] = x
            points[row, column, 1] = y
            points[row, column, 2] = z
            depth[row, column] = best
            normal[row, column, axis_hit] = sign


def drawn_backdrop(
    rng: np.random.Generator,
    *,
    behind_m: float = 1.5,
    beside_m: float = 8.0,
    length_m: float = 12.0,
) -> Backdrop:
    """Draw a room whose walkway goes along x through the middle.

    Parameters
    ----------
    rng
        Chance.
    behind_m
        Least distance of the walls beside the walkway that a camera might look at.
    beside_m
        Where cameras stand at most, on either side.
    length_m
        Half of the room's length.
    """
    wall = np.clip(rng.uniform(0.35, 0.92) * (1 + rng.normal(0, 0.05, 3)), 0.05, 0.97)
    floor = np.clip(rng.uniform(0.2, 0.65) * (1 + np.array([0.12, 0, -0.15]) * rng.random()), 0, 1)
    far = behind_m + rng.uniform(0.2, 2.5)
    # One wall is near; on the side of the camera the room is deep.
    low = (-length_m, -float(far), 0.0)
    high = (length_m, beside_m + 1.0, float(rng.uniform(2.6, 3.4)))
    boxes = []
    for _ in range(int(rng.integers(0, 4))):
        size = rng.uniform((0.3, 0.25, 0.4), (1.4, 0.45, 1.9))
        at = rng.uniform(-4, 4)
        shade = rng.uniform(0.15, 0.8) * (1 + rng.normal(0, 0.12, 3))
        r, g, b = (float(v) for v in np.clip(shade, 0.03, 0.95))
        boxes.append(
            Box((at - size[0] / 2, low[1], 0.0), (at + size[0] / 2, low[1] + size[1], size[2]), (r, g, b))
        )
    return Backdrop(
        low_m=low,
        high_m=high,
        wall=(float(wall[0]), float(wall[1]), float(wall[2])),
        floor=(float(floor[0]), float(floor[1]), float(floor[2])),
        wall_texture=_TEXTURES[int(rng.choice([0, 0, 2, 3]))],
        floor_texture=_TEXTURES[int(rng.integers(len(_TEXTURES)))],
        gradient=float(rng.uniform(0, 0.4)),
        boxes=tuple(boxes),
        seed=int(rng.integers(1 << 20)),
    )
