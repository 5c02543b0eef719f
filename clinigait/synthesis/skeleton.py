"""Bones: from the turn of every segment to where each point of the body goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Side
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.rotations import Array, frame

#: Thumb to little finger.
FINGERS = (1, 2, 3, 4, 5)
#: The segments that turn as one, and the beginnings of the names of their bones. Sided segments
#: have bones that end in .L or .R.
_SEGMENTS = {
    "pelvis": ("root", "pelvis"),
    **{f"spine0{n}": (f"spine0{n}",) for n in range(5, 0, -1)},
    "neck01": ("neck01",),
    "neck02": ("neck02", "neck03"),
    "head": ("head", "eye"),
    "clavicle": ("clavicle", "shoulder01"),
    "upper_arm": ("upperarm",),
    "forearm": ("lowerarm",),
    "hand": ("wrist", "metacarpal"),
    **{f"finger{n}": (f"finger{n}",) for n in FINGERS},
    "thigh": ("upperleg",),
    "shank": ("lowerleg",),
    "foot": ("foot",),
    "toes": ("toe",),
}
_SIDED = (
    "clavicle", "upper_arm", "forearm", "hand", "thigh", "shank", "foot", "toes",
    *(f"finger{n}" for n in FINGERS),
)  # fmt: skip
#: Trunk bones from the pelvis upwards.
SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
_LETTER = {"left": "L", "right": "R"}


def joint(name: str, side: Side) -> str:
    """Return the bone that begins at a joint of a side."""
    bone = {
        "hip": "upperleg01", "knee": "lowerleg01", "ankle": "foot",
        "shoulder": "upperarm01", "elbow": "lowerarm01", "wrist": "wrist",
    }[name]  # fmt: skip
    return f"{bone}.{_LETTER[side]}"


@dataclass(frozen=True, eq=False)
class Limb:
    """Two bones with a hinge between them, at rest.

    Parameters
    ----------
    first_m, second_m
        Lengths of thigh and shank, or of upper arm and forearm.
    first_rest, second_rest
        (3, 3) frames at rest: z from the far end to the near one, y along the hinge: to the left
        for legs, to the right for arms, which bend the other way.
    """

    first_m: float
    second_m: float
    first_rest: Array
    second_rest: Array

    @property
    def reach_m(self) -> float:
        """Length of the stretched limb."""
        return self.first_m + self.second_m


class Skeleton:
    """The bones of one body and how they hang together."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self._segment_of = [_segment_of(bone) for bone in body.model.bones]

    def rest_m(self, name: str, side: Side) -> Array:
        """Return (3,) where a joint lies at rest."""
        return self.body.head_m(joint(name, side))

    @cached_property
    def hips_middle_m(self) -> Array:
        """(3,) the middle between the hips at rest."""
        return np.asarray(sum(self.rest_m("hip", side) for side in SIDES) / 2)

    @cached_property
    def legs(self) -> dict[Side, Limb]:
        """Hip, knee and ankle of both sides."""
        left = np.array([0.0, 1.0, 0.0])
        return {side: self._limb(("hip", "knee", "ankle"), side, left) for side in SIDES}

    @cached_property
    def arms(self) -> dict[Side, Limb]:
        """Shoulder, elbow and wrist of both sides; at rest the elbows are bent."""
        return {side: self._limb(("shoulder", "elbow", "wrist"), side, None) for side in SIDES}

    def _limb(self, names: tuple[str, str, str], side: Side, hinge: Array | None) -> Limb:
        near, middle, far = (self.rest_m(name, side) for name in names)
        first, second = near - middle, middle - far
        if hinge is None:
            # At right angles to both bones; to the right: elbows bend the other way than knees.
            hinge = np.cross(first, second)
        return Limb(
            float(np.linalg.norm(first)),
            float(np.linalg.norm(second)),
            frame(first, hinge),
            frame(second, hinge),
        )

    def bones(self, turns: Mapping[str, Array], hips_m: Array) -> NDArray[np.float32]:
        """Return (T, B, 3, 4) what takes points at rest to the world.

        Parameters
        ----------
        turns
            (T, 3, 3) turn against rest of every segment, by ``name`` or ``left_name``.
        hips_m
            (T, 3) the middle between the hips.
        """
        model, heads = self.body.model, self.body.heads_m
        moved = np.empty((len(hips_m), len(heads), 3, 4))
        pelvis = turns["pelvis"]
        places = np.empty((len(hips_m), len(heads), 3))
        places[:, 0] = hips_m + pelvis @ (heads[0] - self.hips_middle_m)
        for index, segment in enumerate(self._segment_of):
            turn = turns[segment]
            if index:
                parent = model.parents[index]
                offset = heads[index] - heads[parent]
                places[:, index] = places[:, parent] + moved[:, parent, :, :3] @ offset
            moved[:, index, :, :3] = turn
            moved[:, index, :, 3] = places[:, index] - turn @ heads[index]
        return moved.astype(np.float32)


def segments() -> tuple[str, ...]:
    """Return the names of all segments whose turns :meth:`Skeleton.bones` needs."""
    names = []
    for name in _SEGMENTS:
        names += [f"{side}_{name}" for side in SIDES] if name in _SIDED else [name]
    return tuple(names)


def _segment_of(bone: str) -> str:
    name = next(
        name for name, starts in _SEGMENTS.items() if any(bone.startswith(s) for s in starts)
    )
    if name not in _SIDED:
        return name
    return f"{'left' if bone.endswith('.L') else 'right'}_{name}"


def bent(limb: Limb, near_m: Array, far_m: Array, toward: Array) -> tuple[Array, Array, Array]:
    """Bend a limb so that it reaches from one place to another (the law of cosines).

    Parameters
    ----------
    limb
        The bones.
    near_m, far_m
        (T, 3) where it begins and where it shall end; farther than it reaches ends at its reach.
    toward
        (T, 3) direction to which the hinge points: forward for a knee.

    Returns
    -------
    tuple
        (T, 3, 3) turns against rest of the first and of the second bone, (T, 3) the hinge.
    """
    way = far_m - near_m
    distance = np.linalg.norm(way, axis=-1, keepdims=True)
    along = way / distance
    shortest = abs(limb.first_m - limb.second_m) * 1.001
    distance = np.clip(distance, shortest, limb.reach_m * 0.99999)
    first_along = (limb.first_m**2 - limb.second_m**2 + distance**2) / (2 * distance)
    aside = np.sqrt(np.maximum(limb.first_m**2 - first_along**2, 0.0))
    out = toward - (toward * along).sum(axis=-1, keepdims=True) * along
    out = out / np.linalg.norm(out, axis=-1, keepdims=True)
    hinge_m = near_m + first_along * along + aside * out
    end_m = near_m + distance * along
    left = np.cross(out, along)
    first = frame(near_m - hinge_m, left) @ limb.first_rest.T
    second = frame(hinge_m - end_m, left) @ limb.second_rest.T
    return first, second, hinge_m
