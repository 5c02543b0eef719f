"""Meshes that are worn but do not lie on the body's surface: skirt, shoe, bag, hair."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from clinigait.core import Side
from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.figure import Piece

_TORSO, _HEAD = PARTS.index("torso"), PARTS.index("head")
_ANGLES = 40
_RINGS = 14


def skirt(body: Body, length: float, flare: float, thickness_m: float, *, layer: int) -> Piece:
    """Return a cone from the waist that follows both thighs.

    Parameters
    ----------
    length
        From the hip, 0, to the ankle, 1.
    flare
        Growth of the radius, m for a m.
    thickness_m
        Distance from the body.
    layer
        Material.
    """
    hip, ankle = body.head_m("upperleg01.L")[2], body.head_m("foot.L")[2]
    heights = np.linspace(hip + 0.05 * body.build.stature_m, hip + length * (ankle - hip), _RINGS)
    centre = np.array([body.head_m("root")[0], 0.0])
    legs = _of_parts(body, "torso", "thigh", "shank")
    radius = np.zeros((_RINGS, _ANGLES))
    for ring, height in enumerate(heights):
        near = legs[np.abs(legs[:, 2] - height) < 0.03, :2] - centre
        radius[ring] = _radius_of_hull(near) + thickness_m
        # Walking legs are nearer to each other than those at rest.
        if height < hip:
            radius[ring] = np.minimum(radius[ring], radius[: ring + 1].max(axis=0) * 1.02)
        if ring:
            drop = heights[ring - 1] - height
            radius[ring] = np.maximum(
                radius[ring], radius[ring - 1] + (flare if ring > 3 else 0.0) * drop
            )
    ways = _ways()
    points = np.empty((_RINGS, _ANGLES, 3))
    points[..., :2] = centre + radius[..., None] * ways
    points[..., 2] = heights[:, None]
    bones, weights = _hung(body, points, heights)
    faces = _loft_faces(_RINGS, _ANGLES, closed_round=True)
    middle = points.reshape(-1, 3)[faces].mean(axis=1)
    thighs = [PARTS.index("left_thigh"), PARTS.index("right_thigh")]
    shanks = [PARTS.index("left_shank"), PARTS.index("right_shank")]
    knee = body.head_m("lowerleg01.L")[2]
    legs_below = np.where(middle[:, 1] > 0, thighs[0], thighs[1])
    lower = np.where(middle[:, 1] > 0, shanks[0], shanks[1])
    parts = np.where(
        middle[:, 2] > hip - 0.03, _TORSO, np.where(middle[:, 2] > knee, legs_below, lower)
    )
    return Piece(
        np.ascontiguousarray(points.reshape(-1, 3), np.float32), faces, bones, weights,
        parts.astype(np.uint8), is_closed=False, layer=layer,
    )  # fmt: skip


def _hung(
    body: Body, points: NDArray[np.float64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Bones and weights of rings that hang from the pelvis and are pushed by the legs."""
    hip, knee = body.head_m("upperleg01.L")[2], body.head_m("lowerleg01.L")[2]
    names = ("root", "upperleg01.L", "upperleg01.R", "lowerleg01.L", "lowerleg01.R")
    y = points[..., 1]
    half = np.abs(y).max(axis=1, keepdims=True)
    left = _smooth((y / (0.55 * half) + 1) / 2)
    leg = 0.95 * _smooth((hip + 0.03 - heights) / 0.2)[:, None] * np.ones_like(y)
    shank = 0.55 * _smooth((knee + 0.08 - heights) / 0.3)[:, None] * np.ones_like(y)
    weights = np.stack(
        [
            1 - leg,
            leg * (1 - shank) * left,
            leg * (1 - shank) * (1 - left),
            leg * shank * left,
            leg * shank * (1 - left),
        ],
        axis=-1,
    ).reshape(-1, 5)
    bones = np.tile([body.bone(name) for name in names], (len(weights), 1))
    return bones.astype(np.int32), weights.astype(np.float32)


def shoe(body: Body, side: Side, *, layer: int) -> Piece:
    """Return a shoe: closed, its sole no lower than the foot's."""
    foot = _of_parts(body, f"{side}_foot")
    ankle = body.head_m(f"foot.{'L' if side == 'left' else 'R'}")
    # Rings from the sole upwards: the hull of all of the foot that reaches so high.
    low, top = float(foot[:, 2].min()), float(ankle[2]) - 0.012
    heights = np.concatenate([[0.0, 0.004], np.linspace(0.016, 1.0, 7) * (top - low)]) + low
    beyond = np.array([0.001, 0.006, 0.007, 0.007, 0.006, 0.006, 0.005, 0.005, 0.004])
    sole = foot[foot[:, 2] < low + 0.05]
    centre = (sole[:, :2].max(axis=0) + sole[:, :2].min(axis=0)) / 2
    rings = []
    for height, wider in zip(heights, beyond, strict=True):
        there = foot[
            foot[:, 2] > height - 0.004 if height > low + 0.015 else foot[:, 2] < low + 0.04
        ]
        outline = _outline(there[:, :2]) + wider * _ways()
        rings.append(np.column_stack([outline, np.full(_ANGLES, height)]))
    # A lid and a bottom close it.
    bottom = np.array([[*centre, low]])
    lid = np.append(rings[-1][:, :2].mean(axis=0), heights[-1] + 0.004)[None]
    points = np.concatenate([*rings, lid, bottom])
    faces = _capped_faces(len(rings), _ANGLES)
    bones, weights = _of_nearest(body, points, f"{side}_foot")
    parts = np.full(len(faces), PARTS.index(f"{side}_foot"), np.uint8)
    return Piece(
        np.ascontiguousarray(points, np.float32), faces, bones, weights, parts,
        is_closed=True, layer=layer, on_floor=True,
    )  # fmt: skip


def backpack(body: Body, thickness_m: float, *, layer: int) -> Piece:
    """Return a rounded box on the back."""
    scale = body.build.stature_m / 1.75
    shoulder = body.head_m("upperarm01.L")[2]
    torso = _of_parts(body, "torso")
    there = torso[np.abs(torso[:, 2] - shoulder + 0.15 * scale) < 0.12 * scale]
    depth = 0.16 * scale
    back = float(there[:, 0].min()) - thickness_m
    centre = np.array([back - 0.4 * depth, 0.0, shoulder - 0.19 * scale])
    size = np.array([depth, 0.29 * scale, 0.42 * scale]) / 2
    return _box(body, centre, size, "spine02", layer)


def shoulder_bag(body: Body, side: Side, thickness_m: float, *, layer: int) -> Piece:
    """Return a rounded box at the side of the hip."""
    scale = body.build.stature_m / 1.75
    sign = 1.0 if side == "left" else -1.0
    hip = body.head_m("upperleg01.L")[2]
    torso = _of_parts(body, "torso", "thigh")
    there = torso[np.abs(torso[:, 2] - hip) < 0.1 * scale]
    out = float(np.abs(there[:, 1]).max()) + thickness_m
    centre = np.array([body.head_m("root")[0] - 0.04 * scale, sign * (out + 0.045 * scale), hip])
    size = np.array([0.30 * scale, 0.10 * scale, 0.24 * scale]) / 2
    return _box(body, centre, size, "root", layer)


def _box(
    body: Body, centre: NDArray[np.float64], half: NDArray[np.float64], bone: str, layer: int
) -> Piece:
    """Return a superellipsoid that one bone carries."""
    points, faces = _ball(12, 0.35)
    points = centre + half * points
    bones = np.full((len(points), 1), body.bone(bone), np.int32)
    return Piece(
        points.astype(np.float32), faces, bones, np.ones((len(points), 1), np.float32),
        np.full(len(faces), _TORSO, np.uint8), is_closed=True, layer=layer,
    )  # fmt: skip


def bun(body: Body, *, layer: int) -> Piece:
    """Return a bun of hair at the back of the head."""
    eye = body.head_m("eye.L")[2]
    top = float(body.points_m[:, 2].max()) - eye
    head = _of_parts(body, "head")
    centre = np.array([float(head[:, 0].min()) - 0.02, 0.0, eye + 0.3 * top])
    points, faces = _ball(10, 1.0)
    points = centre + 0.4 * top * np.array([0.8, 1.0, 1.0]) * points
    bones = np.full((len(points), 1), body.bone("head"), np.int32)
    return Piece(
        points.astype(np.float32), faces, bones, np.ones((len(points), 1), np.float32),
        np.full(len(faces), _HEAD, np.uint8), is_closed=True, layer=layer,
    )  # fmt: skip


def long_hair(body: Body, *, layer: int) -> Piece:
    """Return hair that falls from the sides and the back of the head to the shoulders."""
    eye, neck = body.head_m("eye.L"), body.head_m("neck01")
    top = float(body.points_m[:, 2].max()) - eye[2]
    head = _of_parts(body, "head")
    heights = np.linspace(eye[2] + 0.55 * top, neck[2] - 0.25 * top, _RINGS)
    angles = np.radians(np.linspace(88, 272, _ANGLES))
    ways = np.column_stack([np.cos(angles), np.sin(angles)])
    skull = head[np.abs(head[:, 2] - eye[2] - 0.2 * top) < 0.6 * top]
    centre = np.array([(skull[:, 0].max() + skull[:, 0].min()) / 2 - 0.01, 0.0])
    points = np.empty((_RINGS, _ANGLES, 3))
    widest = np.zeros(_ANGLES)
    for ring, height in enumerate(heights):
        near = head[(np.abs(head[:, 2] - height) < 0.015) & (head[:, 2] > eye[2] - 0.4 * top), :2]
        if len(near) > 2:
            widest = np.maximum(0.99 * widest, (ways @ (near - centre).T).max(axis=1) + 0.017)
        share = ring / (_RINGS - 1)
        points[ring, :, :2] = centre + (widest * (1 - 0.12 * share**2))[:, None] * ways
        points[ring, :, 2] = height
    faces = _loft_faces(_RINGS, _ANGLES, closed_round=False)
    down = _smooth((eye[2] - 0.3 * top - points[..., 2].ravel()) / (0.9 * top)) * 0.6
    weights = np.stack([1 - down, down], axis=1).astype(np.float32)
    bones = np.tile([body.bone("head"), body.bone("neck01")], (len(weights), 1)).astype(np.int32)
    return Piece(
        points.reshape(-1, 3).astype(np.float32), faces, bones, weights,
        np.full(len(faces), _HEAD, np.uint8), is_closed=False, layer=layer,
    )  # fmt: skip


# ---------------------------------------------------------------- geometry


def _of_parts(body: Body, *names: str) -> NDArray[np.float64]:
    numbers = [number for number, part in enumerate(PARTS) if part.endswith(names)]
    return body.points_m[np.isin(body.part_of_point, numbers)].astype(np.float64)


def _of_nearest(
    body: Body, points: NDArray[np.float64], part: str
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the bones and weights of the nearest point of a part."""
    there = np.flatnonzero(body.part_of_point == PARTS.index(part))
    nearest = there[cKDTree(body.points_m[there]).query(points)[1]]
    return body.model.skin_bones[nearest], body.model.skin_weights[nearest]


def _smooth(share: NDArray[np.float64]) -> NDArray[np.float64]:
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def _ways() -> NDArray[np.float64]:
    angles = 2 * math.pi * np.arange(_ANGLES) / _ANGLES
    return np.column_stack([np.cos(angles), np.sin(angles)])


def _hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 2) the corners of the convex hull, anticlockwise (Andrew's monotone chain)."""
    ordered = np.unique(points, axis=0)

    def half(sequence: Sequence[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
        chain: list[NDArray[np.float64]] = []
        for p in sequence:
            while len(chain) > 1:
                a, b = chain[-2], chain[-1]
                if (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]) > 0:
                    break
                chain.pop()
            chain.append(p)
        return chain[:-1]

    return np.array(half(list(ordered)) + half(list(ordered[::-1])))


def _radius_of_hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (_ANGLES,) the distance from the origin to the hull around it in each direction."""
    corners = _hull(points)
    edges = np.roll(corners, -1, axis=0) - corners
    out = np.column_stack([edges[:, 1], -edges[:, 0]])
    off = np.einsum("ij,ij->i", out, corners)
    facing = _ways() @ out.T
    ratio = np.where(facing > 1e-12, off / np.where(facing > 1e-12, facing, 1.0), np.inf)
    return np.asarray(ratio.min(axis=1))


def _outline(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (_ANGLES, 2) places on the hull, by direction from its middle."""
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    half = np.maximum((points.max(axis=0) - points.min(axis=0)) / 2, 1e-4)
    radius = _radius_of_hull((points - middle) / half)
    return np.asarray(middle + radius[:, None] * _ways() * half)


def _loft_faces(n_rings: int, n_angles: int, *, closed_round: bool) -> NDArray[np.int32]:
    """Triangles between rings that go down, their points anticlockwise from above."""
    last = n_angles if closed_round else n_angles - 1
    ring, turn = (
        v.ravel() for v in np.meshgrid(np.arange(n_rings - 1), np.arange(last), indexing="ij")
    )
    after = (turn + 1) % n_angles
    a, b = ring * n_angles + turn, ring * n_angles + after
    c, d = a + n_angles, b + n_angles
    return np.concatenate([np.stack([a, c, d], 1), np.stack([a, d, b], 1)]).astype(np.int32)


def _capped_faces(n_rings: int, n_angles: int) -> NDArray[np.int32]:
    """Triangles of rings that go up, with a lid and then a bottom as the last two points."""
    sides = _loft_faces(n_rings, n_angles, closed_round=True)[:, ::-1]
    turn = np.arange(n_angles)
    after = (turn + 1) % n_angles
    first, lid = (n_rings - 1) * n_angles, n_rings * n_angles
    top = np.stack([first + turn, first + after, np.full(n_angles, lid)], 1)
    below = np.stack([after, turn, np.full(n_angles, lid + 1)], 1)
    return np.ascontiguousarray(np.concatenate([sides, top, below]), np.int32)


def _ball(n: int, power: float) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return a superellipsoid of half axes 1: round for power 1, a box towards 0."""
    up = np.linspace(math.pi / 2, -math.pi / 2, n + 1)[1:-1]
    turn = 2 * math.pi * np.arange(2 * n) / (2 * n)

    def shaped(value: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.sign(value) * np.abs(value) ** power

    rings = np.empty((len(up), len(turn), 3))
    rings[..., 0] = shaped(np.cos(up))[:, None] * shaped(np.cos(turn))
    rings[..., 1] = shaped(np.cos(up))[:, None] * shaped(np.sin(turn))
    rings[..., 2] = shaped(np.sin(up))[:, None]
    n_angles = len(turn)
    points = np.concatenate([rings[::-1].reshape(-1, 3), [[0, 0, 1.0], [0, 0, -1.0]]])
    return points, _capped_faces(len(up), n_angles)
