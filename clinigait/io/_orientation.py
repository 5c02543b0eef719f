"""Which way is up in a file of 3-D points, and how to turn it to the floor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, BadInputError, KeypointLayout, Space, Walk

#: Rotations (never mirrorings) to x, y on the floor and z up, by the axis and sign that point up.
ROTATIONS: Mapping[tuple[int, int], NDArray[np.float64]] = {
    (0, 1): np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    (0, -1): np.array([[0.0, 1, 0], [0, 0, -1], [-1, 0, 0]]),
    (1, 1): np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    (1, -1): np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    (2, 1): np.eye(3),
    (2, -1): np.array([[1.0, 0, 0], [0, -1, 0], [0, 0, -1]]),
}
Y_UP = (1, 1)
Y_DOWN = (1, -1)
Z_UP = (2, 1)

#: Pelvis above ankle of anyone who walks: toddlers have 0.35 m, very tall adults 1.2 m.
_LEG_RANGE_M = (0.3, 1.4)
#: A standing body leans less than this (37 degrees) from the vertical.
_UPRIGHT = 0.8


def up_axis(positions_m: NDArray[np.float64], layout: KeypointLayout, name: str) -> tuple[int, int]:
    """Find the axis (0, 1, 2) and its sign (1, -1) along which the pelvis lies above the ankles.

    Parameters
    ----------
    positions_m
        (T, K, 3) in m.
    layout
        Names of the K points.
    name
        Name of the file, for messages.

    Raises
    ------
    BadInputError
        If pelvis and ankles are never seen together, lie implausibly far apart, or not along one
        axis.
    """
    lift_m = leg_vector_m(positions_m, layout)
    if lift_m is None:
        raise BadInputError(
            f"{name} never shows the pelvis together with an ankle or heel.",
            "Give a recording with pelvis and legs.",
        )
    length_m = float(np.linalg.norm(lift_m))
    if not _LEG_RANGE_M[0] <= length_m <= _LEG_RANGE_M[1]:
        raise BadInputError(
            f"The pelvis lies {length_m:.3g} m above the ankles in {name}: the unit seems wrong.",
            "Give the true unit with --unit: m, cm or mm.",
        )
    axis = int(np.abs(lift_m).argmax())
    if abs(lift_m[axis]) < _UPRIGHT * length_m:
        raise BadInputError(
            f"The vertical is not an axis of {name}.", "Export it with one axis pointing up."
        )
    return axis, 1 if lift_m[axis] > 0 else -1


def to_world(
    positions_m: NDArray[np.float64], layout: KeypointLayout, name: str
) -> NDArray[np.float64]:
    """Turn (T, K, 3) positions to x, y on the floor and z up, the vertical found from the body.

    Raises
    ------
    BadInputError
        As :func:`up_axis`.
    """
    return np.asarray(positions_m @ ROTATIONS[up_axis(positions_m, layout, name)].T)


def from_world(walk: Walk, up: tuple[int, int]) -> NDArray[np.float64]:
    """Return the positions of a 3-D walk in axes of which ``up`` is vertical.

    Raises
    ------
    BadInputError
        If the walk is in pixels.
    """
    if walk.space is Space.IMAGE_PX or walk.keypoints.shape[2] != 3:
        raise BadInputError(
            "This walk is in pixels of the picture and has no positions in metres.",
            "Give a walk of 3-D keypoints.",
        )
    own = Z_UP if walk.space is Space.WORLD_M else Y_DOWN
    return np.asarray(walk.keypoints @ (ROTATIONS[up].T @ ROTATIONS[own]).T)


def leg_vector_m(
    positions: NDArray[np.float64], layout: KeypointLayout
) -> NDArray[np.float64] | None:
    """Return the median (3,) vector from the ankles (or heels) to the pelvis, None if unseen."""
    for upper in (("pelvis",), ("left_hip", "right_hip")):
        for lower in ("ankle", "heel"):
            names = (*upper, *(f"{side}_{lower}" for side in SIDES))
            if not all(name in layout for name in names):
                continue
            points = positions[:, [layout.index(name) for name in names]]
            whole = points[np.isfinite(points).all(axis=(1, 2))]
            if len(whole):
                legs = whole[:, : len(upper)].mean(axis=1) - whole[:, len(upper) :].mean(axis=1)
                return np.asarray(np.median(legs, axis=0))
    return None
