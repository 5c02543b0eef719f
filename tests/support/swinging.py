"""A body that swings its legs and arms on the spot, for tests of what is drawn of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.synthesis.bodies import Body
from clinigait.synthesis.motion import Motion


def _about(axis: int, angle: float) -> NDArray[np.float64]:
    c, s = np.cos(angle), np.sin(angle)
    one, two = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[one, one], matrix[one, two], matrix[two, one], matrix[two, two] = c, -s, s, c
    return matrix


def _local(body: Body, phase: float, swing: float) -> dict[str, NDArray[np.float64]]:
    """Turns of bones about the axes of the world, on top of their parents'."""
    turns = {}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        own = phase + (0 if side == "L" else np.pi)
        thigh = swing * np.radians(22) * np.sin(own)
        knee = swing * np.radians(30) * max(0.0, np.cos(own)) ** 2 + np.radians(4)
        turns[f"upperleg01.{side}"] = _about(1, -thigh) @ _about(0, sign * np.radians(4))
        turns[f"lowerleg01.{side}"] = _about(1, knee) @ _about(0, -sign * np.radians(2))
        arm = -swing * np.radians(18) * np.sin(own)
        turns[f"upperarm01.{side}"] = (
            _about(1, -arm) @ _about(0, -sign * np.radians(36)) @ _about(1, np.radians(8))
        )
        turns[f"lowerarm01.{side}"] = _about(2, -sign * np.radians(20)) @ _about(1, np.radians(10))
    return turns


def swinging(
    body: Body,
    *,
    duration_s: float = 1.0,
    rate_hz: float = 25.0,
    speed_mps: float = 0.0,
    swing: float = 1.0,
    aid_points_m: NDArray[np.float64] | None = None,
) -> Motion:
    """Return a body whose legs and arms swing about the heads of their bones."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    n_bones = len(body.model.bones)
    bones = np.zeros((len(time_s), n_bones, 3, 4), np.float32)
    for t, at in enumerate(time_s):
        turns = _local(body, 2 * np.pi * at / 1.1, swing)
        world = np.zeros((n_bones, 3, 4))
        for bone, name in enumerate(body.model.bones):
            parent = int(body.model.parents[bone])
            head = body.heads_m[bone]
            if parent == bone:
                rotation, place = np.eye(3), head
            else:
                rotation = world[parent, :, :3]
                place = rotation @ head + world[parent, :, 3]
            rotation = rotation @ turns.get(name, np.eye(3))
            world[bone, :, :3] = rotation
            world[bone, :, 3] = place - rotation @ head
        feet = [
            (world[body.bone(f"foot.{side}")] @ np.append(toe, 1.0))[2]
            for side in "LR"
            for toe in body.points_m[body.points_m[:, 2] < 0.004]
            if (toe[1] > 0) == (side == "L")
        ]
        world[:, 0, 3] += speed_mps * (at - duration_s / 2)
        world[:, 2, 3] -= min(feet)
        bones[t] = world
    aid = np.zeros((len(time_s), 0, 3)) if aid_points_m is None else aid_points_m
    if aid.ndim == 2:
        way = np.stack([speed_mps * (time_s - duration_s / 2), 0 * time_s, 0 * time_s], axis=1)
        aid = aid[None] + way[:, None]
    return Motion(body, time_s, bones, aid)
