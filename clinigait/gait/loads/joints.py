"""Forces and moments in the joints: Newton and Euler from the feet upwards.

Below a joint hang segments. What their movement asks for comes from the floor under the foot and
through the joint; so what goes through the joint is the floor's force less what the segments below
it take. Forces are those that the part below exerts on the part above, per kg of the body: under a
standing leg they point up, in a swinging one down. Moments are net, about the joint's centre, of
the part above on the part below. A segment is a thin rod between its ends: its spin about its own
axis cannot be seen in two points, and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Side
from clinigait.gait.loads.floor import Stance
from clinigait.gait.loads.moved import MovedBody, acceleration
from clinigait.gait.loads.segments import Segment

Array = NDArray[np.float64]
#: Segments beyond a joint, of the same side.
BEYOND: Mapping[str, tuple[str, ...]] = {
    "hip": ("thigh", "shank", "foot"),
    "knee": ("shank", "foot"),
    "ankle": ("foot",),
    "shoulder": ("upper_arm", "forearm", "hand"),
    "elbow": ("forearm", "hand"),
    "wrist": ("hand",),
}
LEG_JOINTS = ("hip", "knee", "ankle")
#: The centre of pressure over the stance, as shares of the way from heel to toe: early on the heel,
#: then long on the forefoot (mean of seven steps of two walks of one person on force plates,
#: github demotu/BMC; the ends of the foot's way are set).
COP_TIME = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.0)
COP_PLACE = (0.07, 0.215, 0.325, 0.45, 0.61, 0.69, 0.725, 0.77, 0.92)
#: A foot lies flat at this share of its stance.
_FLAT = 0.35


def joint_force(body: MovedBody, joint: str, side: Side, foot_npkg: Array | None = None) -> Array:
    """Return (T, 3) the force through a joint.

    Parameters
    ----------
    body
        The movement.
    joint, side
        One of :data:`BEYOND`, of one side.
    foot_npkg
        (T, 3) what the floor pushes this foot with; for joints of the leg.
    """
    beyond = body.push_npkg[:, _beyond(body, joint, side)].sum(axis=1)
    return np.asarray(-beyond if foot_npkg is None else foot_npkg - beyond)


def joint_moment(
    body: MovedBody, joint: str, side: Side, foot_npkg: Array, pressure_m: Array
) -> Array:
    """Return (T, 3) the net moment at a joint of the leg, in N m for each kg of the body.

    Parameters
    ----------
    body, joint, side, foot_npkg
        As for :func:`joint_force`.
    pressure_m
        (T, 3) where the floor pushes; it may be NaN where the foot bears nothing.
    """
    centre = body.points.point(joint, side)
    found = np.zeros_like(centre)
    for index in _beyond(body, joint, side):
        arm = body.centre_m[:, index] - centre
        found += np.cross(arm, body.push_npkg[:, index])
        found += _spin(body, body.segments[index])
    bears = np.any(foot_npkg != 0, axis=1)
    lever = np.where(bears[:, None], pressure_m - centre, 0.0)
    return np.asarray(found - np.cross(lever, foot_npkg))


def pressure_m(body: MovedBody, side: Side, stances: Sequence[Stance]) -> Array:
    """Return (T, 3) where the floor is taken to push a foot: from heel to toe over its stance.

    The way of the centre of pressure is that of healthy walking; NaN outside of whole stances and
    where the layout has no heel and toe.
    """
    time_s = body.points.time_s
    foot = body.segments[_beyond(body, "ankle", side)[0]]
    found = np.full((len(time_s), 3), np.nan)
    if np.array_equal(foot.near, foot.far):
        return found
    heel, toe = (np.einsum("k,tkd->td", end, body.points.points) for end in (foot.near, foot.far))
    for stance in stances:
        during = (time_s >= stance.contact_s) & (time_s <= stance.off_s)
        if stance.side != side or not stance.is_whole or not during.any():
            continue
        share = (time_s[during] - stance.contact_s) / (stance.off_s - stance.contact_s)
        flat = np.flatnonzero(during)[int(np.abs(share - _FLAT).argmin())]
        along = np.interp(share, COP_TIME, COP_PLACE)[:, None]
        found[during] = heel[flat] + along * (toe[flat] - heel[flat])
        found[during, 2] = min(heel[flat, 2], toe[flat, 2])  # nearer to the floor than the other
    return found


def _beyond(body: MovedBody, joint: str, side: Side) -> list[int]:
    return body.numbers(frozenset(f"{side}_{name}" for name in BEYOND[joint]))


def _spin(body: MovedBody, segment: Segment) -> Array:
    """Return (T, 3) the change of a segment's spin about its centre, per kg of the body."""
    way = np.einsum("k,tkd->td", segment.far - segment.near, body.points.points)
    length_m = np.linalg.norm(way, axis=1, keepdims=True)
    if not np.nanmax(length_m, initial=0.0) > 0:
        return np.zeros_like(way)
    turning = acceleration(way / length_m, body.points.rate_hz)
    steady_m = float(np.nanmedian(length_m))
    inertia = segment.inertia.mass * (segment.inertia.radius * steady_m) ** 2
    return np.asarray(inertia * np.cross(way / length_m, turning))


def leg_forces(body: MovedBody, feet_npkg: Mapping[Side, Array]) -> dict[tuple[str, Side], Array]:
    """Return (T, 3) the forces through hips, knees and ankles, by joint and side."""
    return {
        (joint, side): joint_force(body, joint, side, feet_npkg[side])
        for joint in LEG_JOINTS
        for side in SIDES
    }
