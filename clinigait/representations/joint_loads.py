"""Places, velocities and inferred loads of a skeleton's joints: what a model sees of the dynamics.

The load of a joint is the force that the body beyond it exerts through it, inferred from the
movement by rigid segments (:mod:`clinigait.gait.loads`), in N for each kg of the body: the mass of
the person is not needed. At the pelvis stands the whole force of the floor, at a foot that under
it. They are inferred, not measured: after arXiv 2512.20451, whose own numbers are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import cumulative_trapezoid

from clinigait.core import SIDES, KeypointLayout, Walk
from clinigait.gait.filtering import EvenPoints
from clinigait.gait.loads.floor import shared_by_stillness
from clinigait.gait.loads.joints import BEYOND, LEG_JOINTS, joint_force
from clinigait.gait.loads.moved import GRAVITY_MPS2, MovedBody, moved_body
from clinigait.representations.clip import Clip
from clinigait.representations.joints import JointOptions, skeleton_of, vectors_clip
from clinigait.representations.options import read_options
from clinigait.representations.skeletons import BODY_17, Skeleton

JOINT_LOADS = "joint_loads"
#: More body weights than this nobody puts on a leg in walking: a sensor lost a joint.
_MOST_WEIGHTS = 3.0


def prepare_joint_loads(walk: Walk, options: Mapping[str, Any]) -> Clip:
    """Return places, velocities and loads of the 17 joints of a walk, (T, 9, 17) float32.

    Three channels each, forward, left and up: places from the pelvis and up from the floor in body
    sizes, velocities over the ground in body sizes a second, loads in body weights (9.81 N/kg),
    at most three of them.
    Options are those of :class:`clinigait.representations.joints.JointOptions`.

    Raises
    ------
    RefusedError
        If the walk is in a picture, its layout lacks a needed joint, it is too short, a joint is
        seen too rarely, or the lengths are nobody's.
    BadInputError
        If an option is impossible.
    """
    read_options(JOINT_LOADS, JointOptions, options)
    return dynamics_of(skeleton_of(walk), options)


def dynamics_of(body: Skeleton, options: Mapping[str, Any]) -> Clip:
    """Return places, velocities and loads of a skeleton at 30 Hz; see `prepare_joint_loads`."""
    rate_hz = read_options(JOINT_LOADS, JointOptions, options).rate_hz
    loads = np.clip(joint_loads(body) / GRAVITY_MPS2, -_MOST_WEIGHTS, _MOST_WEIGHTS)
    return vectors_clip(JOINT_LOADS, (body.joints, body.velocities(), loads), rate_hz)


def joint_loads(body: Skeleton) -> NDArray[np.float64]:
    """Return (T, 17, 3) inferred loads in N/kg: forward, left and up of the walker.

    Joints that the layout does not know stay NaN. The walker's axes are taken not to turn: on a
    bend what turning takes is left out.
    """
    moved = moved_body(_on_the_floor(body))
    floor = moved.floor_npkg
    feet = shared_by_stillness(moved.points, floor, float(np.median(body.speed)) * body.size_m)
    found = np.full(body.joints.shape, np.nan)
    found[:, BODY_17.index("pelvis")] = floor
    found[:, BODY_17.index("thorax")] = _upper(moved)
    found[:, BODY_17.index("head")] = _hanging(moved, "head")
    for column, side in enumerate(SIDES):
        own = feet[:, column]
        found[:, BODY_17.index("foot", side)] = own
        for joint in BEYOND:
            force = joint_force(moved, joint, side, own if joint in LEG_JOINTS else None)
            found[:, BODY_17.index(joint, side)] = force
    found[:, ~body.known] = np.nan
    return found


def _on_the_floor(body: Skeleton) -> EvenPoints:
    """Return a skeleton's known joints in metres, moving over the floor."""
    known = body.known
    names = tuple(name for name, there in zip(BODY_17.points, known, strict=True) if there)
    points = body.joints[:, known] * body.size_m
    way_m = body.size_m * cumulative_trapezoid(body.speed, dx=1 / body.rate_hz, initial=0)
    points[:, :, 0] += way_m[:, None]
    time_s = np.arange(len(body)) / body.rate_hz
    layout = KeypointLayout(BODY_17.name, names)
    return EvenPoints(time_s, body.rate_hz, points, np.ones(points.shape[:2]), layout)


def _hanging(moved: MovedBody, *names: str) -> NDArray[np.float64]:
    return np.asarray(-moved.push_npkg[:, moved.numbers(frozenset(names))].sum(axis=1))


def _upper(moved: MovedBody) -> NDArray[np.float64]:
    arms = [f"{side}_{name}" for side in SIDES for name in BEYOND["shoulder"]]
    return _hanging(moved, "head", *arms)
