"""Poses that no walk has: a pose network that saw only walks would take a habit for a body.

Joints are bent by chance, each about its own axes, and what hangs on them goes along. Nothing is
asked of balance or comfort, but knees and elbows bend one way only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from clinigait.synthesis.bodies import Body
from clinigait.synthesis.motion import Motion

Floats = NDArray[np.float64]


class _Joint(NamedTuple):
    """Where a body is bent, and standard deviations in degrees.

    Of leaning to the side, bending forwards and turning; of a hinge only of bending more.
    """

    bone: str
    spread_deg: tuple[float, float, float]
    hinge: bool = False


#: What is bent first comes first: what hangs on it goes along.
_MIDDLE = (
    _Joint("spine05", (9, 14, 9)),
    _Joint("spine02", (6, 8, 8)),
    _Joint("neck01", (8, 16, 20)),
)
_SIDED = (
    _Joint("upperarm01", (22, 32, 15)),
    _Joint("lowerarm01", (0, 40, 0), hinge=True),
    _Joint("upperleg01", (12, 18, 8)),
    _Joint("lowerleg01", (0, 22, 0), hinge=True),
    _Joint("foot", (5, 9, 7)),
)
_JOINTS = (*_MIDDLE, *(j._replace(bone=f"{j.bone}.{side}") for j in _SIDED for side in "LR"))
_MOST_DEG = 70.0


@dataclass(frozen=True, eq=False)
class Oddness:
    """How a body is bent at T moments.

    Parameters
    ----------
    degrees
        (T, J, 3) about the three axes of J joints; 0 where the walk stays as it is.
    """

    degrees: Floats

    def every(self, step: int) -> Oddness:
        """Return the first of every so many moments."""
        return replace(self, degrees=self.degrees[::step])


def drawn_oddness(rng: np.random.Generator, moments: int, share: float) -> Oddness:
    """Draw how a body is bent.

    Parameters
    ----------
    rng
        Chance.
    moments
        How many.
    share
        Of the moments, so many are bent, some much and some little.
    """
    spread = np.array([joint.spread_deg for joint in _JOINTS])
    degrees = rng.standard_normal((moments, len(_JOINTS), 3)) * spread
    hinges = np.array([joint.hinge for joint in _JOINTS])
    degrees[:, hinges] = np.abs(degrees[:, hinges])
    strength = (rng.random(moments) < share) * rng.uniform(0.2, 1.3, moments)
    return Oddness(np.clip(degrees * strength[:, None, None], -_MOST_DEG, _MOST_DEG))


def bent(motion: Motion, how: Oddness) -> Motion:
    """Return a movement with its body bent; the lowest ankle or ball stays as high as it was.

    Heels may come 4 cm below the floor (one in twenty of bodies that stood), and elbows into the
    trunk.
    """
    body, bones = motion.body, motion.bones.astype(np.float64)
    for number, joint in enumerate(_JOINTS):
        index = body.bone(joint.bone)
        axes = _axes(body, joint)
        local = Rotation.from_euler("xyz", how.degrees[:, number], degrees=True).as_matrix()
        frame = bones[:, body.model.parents[index], :, :3] @ axes
        turn = frame @ local @ frame.transpose(0, 2, 1)
        place = bones[:, index, :, :3] @ body.heads_m[index] + bones[:, index, :, 3]
        below = _below(body, index)
        turned = turn[:, None] @ bones[:, below]
        turned[..., 3] += (place - np.einsum("tij,tj->ti", turn, place))[:, None]
        bones[:, below] = turned
    found = replace(motion, bones=bones.astype(np.float32))
    found.bones[:, :, 2, 3] += (_lowest_m(motion) - _lowest_m(found))[:, None].astype(np.float32)
    return found


def _lowest_m(motion: Motion) -> Floats:
    """Return (T,) how high the lowest ankle or ball of a foot is."""
    ends = [motion.joint_m(f"{bone}.{side}") for bone in ("foot", "toe2-1") for side in "LR"]
    return np.asarray(np.min([end[:, 2] for end in ends], axis=0))


def _axes(body: Body, joint: _Joint) -> Floats:
    """Return the axes at rest as columns: forwards, to the left, upwards; an elbow's lie otherwise.

    A positive turn about the second bends a knee, and takes a forearm forwards.
    """
    if not joint.bone.startswith("lowerarm"):
        return np.eye(3)
    # The arms are held away at rest: the forearm bends towards the front, square to itself.
    side = joint.bone[-1]
    along = body.head_m(f"wrist.{side}") - body.head_m(joint.bone)
    along /= np.linalg.norm(along)
    hinge = np.cross(along, (1.0, 0.0, 0.0))
    hinge /= np.linalg.norm(hinge)
    return np.stack([np.cross(hinge, along), hinge, along], axis=1)


def _below(body: Body, bone: int) -> NDArray[np.intp]:
    """Return the numbers of a bone and of all that hang on it."""
    hangs = np.zeros(len(body.model.parents), bool)
    hangs[bone] = True
    # Parents come before their children; the root is its own.
    for number, parent in enumerate(body.model.parents):
        hangs[number] |= hangs[parent]
    return np.flatnonzero(hangs)
