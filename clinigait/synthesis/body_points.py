"""Named points of a moving body, in every keypoint layout that the toolkit reads.

What is truth: joints are **joint centres**, where the bones of the body begin (hip, knee, ankle,
shoulder, elbow, wrist). Pose estimators are taught points that people marked in pictures: their
hip lies about 37 mm and their knee 26 mm from the joint centre (one body measured). ``as_taught``
gives those points in place of the joint centres. Nose, eyes, ears, heels and toes are means of
skin points in both. The rest is made of them: the pelvis is the middle of the hips; thorax, and
the neck of OpenPose, Halpe and markers, the middle of the shoulders; the head the middle of the
ears; hands are where finger bones begin. A motion capture's toe is the marker on the head of the
second metatarsal bone, where laboratories put it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinigait.core import KeypointLayout, Side
from clinigait.core.layout import H36M_17, KINECT_25, MARKERS_22
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.motion import Motion

Array = NDArray[np.float64]

#: Joint centres by name: the bone that begins there.
_JOINTS = {
    "hip": "upperleg01", "knee": "lowerleg01", "ankle": "foot",
    "shoulder": "upperarm01", "elbow": "lowerarm01", "wrist": "wrist",
}  # fmt: skip
#: Points of hand and foot that are bones' beginnings: knuckles, tips, the ball of the foot.
_BONES = {
    "pinky": "finger5-1", "index": "finger2-1", "thumb": "finger1-2", "hand": "finger3-1",
    "hand_tip": "finger3-3", "foot": "toe2-1",
}  # fmt: skip
_TAUGHT = {"toe": "big_toe"}
#: Corners of eyes and mouth lie so far from the middle of the eye, as shares of the distance
#: between the eyes: (forward, outwards, up). Ours; they move with the head.
_FACE = {
    "eye_inner": (0.0, -0.25, 0.0),
    "eye_outer": (-0.1, 0.25, 0.0),
    "mouth": (0.1, -0.12, -1.0),
}
_LETTER: dict[Side, str] = {"left": "L", "right": "R"}


class BodyPoints:
    """The points of a layout on one body: exact means of skinned points, without skinning.

    A mean of skin points moves with the bones alone: its weights and its means at rest are
    gathered by bone once, and one matrix product gives all points of all times.

    Parameters
    ----------
    body
        Whose points.
    layout
        Which points.
    as_taught
        Whether joints are where pose estimators are taught to find them, not the joint centres.
    """

    def __init__(self, body: Body, layout: KeypointLayout, *, as_taught: bool = False) -> None:
        self.body, self.layout, self._as_taught = body, layout, as_taught
        self._matrix = np.stack([self._row(name).ravel() for name in layout.points])

    def points_m(self, motion: Motion) -> Array:
        """Return (T, K, 3) points of the world."""
        moves = motion.bones.transpose(0, 2, 1, 3).astype(np.float64)
        flat = moves.reshape(len(motion) * 3, -1)
        return np.ascontiguousarray(
            (flat @ self._matrix.T).reshape(len(motion), 3, -1).transpose(0, 2, 1)
        )

    def _row(self, name: str) -> Array:
        """Return (B, 4): by bone, the sum of weighted points at rest, and of weights."""
        first, _, rest = name.partition("_")
        if first in _LETTER:
            return self._sided(rest, "left" if first == "left" else "right")
        return self._middle(name)

    def _sided(self, point: str, side: Side) -> Array:
        taught = f"{side}_{_TAUGHT.get(point, point)}"
        if point in _JOINTS and not self._as_taught:
            return self._bone(f"{_JOINTS[point]}.{_LETTER[side]}")
        if point == "toe" and self.layout == MARKERS_22:
            return self._metatarsal_marker(side)
        if taught in self._landmarks:
            return self._landmarks[taught]
        if point in _BONES:
            return self._bone(f"{_BONES[point]}.{_LETTER[side]}")
        if point in _FACE:
            return self._face(point, side)
        raise KeyError(f"no point {side}_{point} on a synthetic body")

    def _metatarsal_marker(self, side: Side) -> Array:
        """Return the skin above the head of the second metatarsal: it goes with the foot."""
        head = self.body.head_m(f"toe2-1.{_LETTER[side]}")
        points = self.body.points_m.astype(np.float64)
        away_m = np.hypot(*(points[:, :2] - head[:2]).T) + (points[:, 2] > 0.15)
        around = points[np.argsort(away_m)[:20], 2]
        return self._fixed(np.array([head[0], head[1], around.max()]), f"foot.{_LETTER[side]}")

    def _middle(self, name: str) -> Array:
        if name in self._landmarks:
            return self._landmarks[name]
        made: Mapping[str, Callable[[], Array]] = {
            "pelvis": lambda: self._between("hip"),
            "thorax": lambda: self._between("shoulder"),
            "neck": self._neck,
            "head": self._head,
            "head_top": self._head_top,
            "spine": lambda: self._bone("spine03"),
        }
        return made[name]()

    def _neck(self) -> Array:
        if self.layout in (KINECT_25, H36M_17):
            return self._bone("neck02")
        return self._between("shoulder")

    def _head(self) -> Array:
        return self._head_top() if self.layout == H36M_17 else self._between("ear")

    def _head_top(self) -> Array:
        """Return the highest point of the skull when standing."""
        top = self.body.points_m[int(self.body.points_m[:, 2].argmax())].astype(np.float64)
        return self._fixed(top, "head")

    def _between(self, point: str) -> Array:
        return (self._sided(point, "left") + self._sided(point, "right")) / 2

    def _face(self, point: str, side: Side) -> Array:
        eyes = {s: self._rest_m(self._landmarks[f"{s}_eye"]) for s in _LETTER}
        forward, outwards, up = _FACE[point]
        sign = 1.0 if side == "left" else -1.0
        apart_m = float(np.linalg.norm(eyes["left"] - eyes["right"]))
        return self._fixed(eyes[side] + apart_m * np.array([forward, sign * outwards, up]), "head")

    def _rest_m(self, row: Array) -> Array:
        return np.asarray(row[:, :3].sum(axis=0))

    def _bone(self, bone: str) -> Array:
        return self._fixed(self.body.head_m(bone), bone)

    def _fixed(self, place_m: Array, bone: str) -> Array:
        row = np.zeros((len(self.body.model.bones), 4))
        row[self.body.bone(bone)] = (*place_m, 1.0)
        return row

    @cached_property
    def _landmarks(self) -> dict[str, Array]:
        model = self.body.model
        found = {}
        for name, weights in zip(model.landmarks, model.landmark_weights, strict=True):
            own = np.flatnonzero(weights)
            share = weights[own, None].astype(np.float64) * model.skin_weights[own]
            places = np.repeat(self.body.points_m[own, None].astype(np.float64), share.shape[1], 1)
            row = np.zeros((len(model.bones), 4))
            np.add.at(row[:, :3], model.skin_bones[own], share[..., None] * places)
            np.add.at(row[:, 3], model.skin_bones[own], share)
            found[name] = row
        return found
