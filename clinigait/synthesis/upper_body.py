"""Trunk, head and arms above a walking pelvis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from clinigait.core import SIDES, Side
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.cycle import Curve, Cycles
from clinigait.synthesis.pelvis import Pelvis
from clinigait.synthesis.prescription import Prescription, SideGait
from clinigait.synthesis.rotations import Array, about, bump, by_vector, unit
from clinigait.synthesis.skeleton import SPINE, Limb, Skeleton, bent

#: How far each trunk bone, from the pelvis up, has taken over the turn of the chest.
_TAKEN_OVER = (0.1, 0.3, 0.5, 0.78, 1.0)
#: Heights of the middles of the trunk bones, 0 at the pelvis, 1 at the neck.
_HEIGHTS = np.array([0.08, 0.24, 0.38, 0.55, 0.82])
_KYPHOSIS = np.array([0.0, 0.0, 0.2, 0.55, 1.0])
#: Fingers of a hand at rest are a little bent.
_CURL_DEG = 28.0
#: The forearm hangs turned in by this much: the hinge of the elbow does not lie quite across.
_TURNED_IN_DEG = 22.0
_CLEAR_OF_HIP_M = 0.045
_NEUTRAL_ARM = np.diag([-1.0, -1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Grip:
    """Where a hand holds an aid: (T, 3), and (T,) how far it does, 0 to 1."""

    place_m: Array
    share: Array


class UpperBody:
    """Turns of all segments above the hips, at any time.

    Parameters
    ----------
    skeleton, pelvis, cycles
        The walk below.
    prescription
        What the trunk and the arms shall do.
    arm_swing
        Forward swing of an arm over the cycle of its own side's foot, with a range of 1.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        pelvis: Pelvis,
        cycles: Cycles,
        prescription: Prescription,
        arm_swing: Curve,
    ) -> None:
        self._skeleton, self._pelvis, self._cycles = skeleton, pelvis, cycles
        self._prescription, self._arm_swing = prescription, arm_swing
        self._spread_rad = {side: _spread_rad(skeleton, side) for side in SIDES}
        self._curl = {side: _curl(skeleton.body, side) for side in SIDES}

    def turns(self, time_s: Array, grips: Mapping[Side, Grip] | None = None) -> dict[str, Array]:
        """Return (T, 3, 3) turns against rest of trunk, head and arms."""
        trunk = self.trunk(time_s)
        turns = dict(trunk)
        places = self._shoulders(time_s, trunk)
        for side in SIDES:
            grip = (grips or {}).get(side)
            turns.update(self._arm(side, time_s, trunk, (places[side], grip)))
        return turns

    # ------------------------------------------------------------------ trunk
    def trunk(self, time_s: Array) -> dict[str, Array]:
        """Return turns of pelvis, spine, neck, head and collar bones."""
        pelvis = self._pelvis.turn(time_s)
        chest = self._chest(time_s)
        way = Rotation.from_matrix(pelvis.transpose(0, 2, 1) @ chest).as_rotvec()
        spine = self._prescription.spine
        turns = {"pelvis": pelvis}
        side_bend = np.radians(spine.lateral_deg) * _lateral(spine.apex)
        twist = np.radians(spine.rotation_deg) * np.sin(np.pi * _HEIGHTS)
        round_back = np.radians(spine.kyphosis_deg) * _KYPHOSIS
        for number, name in enumerate(SPINE):
            own = about(2, np.array(twist[number])) @ about(0, np.array(-side_bend[number]))
            own = own @ about(1, np.array(round_back[number]))
            turns[name] = pelvis @ by_vector(_TAKEN_OVER[number] * way) @ own
        head = self._head(time_s)
        top = turns[SPINE[-1]]
        up = Rotation.from_matrix(top.transpose(0, 2, 1) @ head).as_rotvec()
        turns["neck01"] = top @ by_vector(0.4 * up)
        turns["neck02"] = top @ by_vector(0.75 * up)
        turns["head"] = head
        tilt = about(0, np.array(np.radians(spine.shoulder_tilt_deg)))
        for side in SIDES:
            turns[f"{side}_clavicle"] = top @ tilt
        return turns

    def _chest(self, time_s: Array) -> Array:
        wanted, spine = self._prescription, self._prescription.spine
        left, right = (self._cycles.phase(side, time_s) for side in SIDES)
        vigour = self._pelvis.vigour(time_s)
        across = 0.25 * (np.cos(2 * np.pi * left) - np.cos(2 * np.pi * right)) * vigour
        yaw = self._pelvis.heading_rad(time_s) + self._pelvis.angles_rad(time_s)["rotation"]
        yaw = yaw + np.radians(wanted.trunk_rotation_deg) * across
        over = 0.25 * (np.sin(2 * np.pi * left) - np.sin(2 * np.pi * right)) * vigour
        lean_left = np.radians(wanted.trunk_sway_deg) * over
        for side, outward in (("left", 1.0), ("right", -1.0)):
            lurch = np.radians(wanted.side(side).trunk_lurch_deg) * self._stance_hump(side, time_s)
            lean_left = lean_left + outward * lurch
        lean = np.radians(spine.lean_deg) + np.radians(0.8) * np.sin(2 * np.pi * (left + right))
        return about(2, yaw) @ about(0, -lean_left) @ about(1, lean)

    def _stance_hump(self, side: Side, time_s: Array) -> Array:
        share = np.mod(self._cycles.phase(side, time_s), 1.0) / self._cycles.foot_off
        return np.where(share < 1, bump(share, 0.5), 0.0) * self._pelvis.vigour(time_s)

    def _head(self, time_s: Array) -> Array:
        """The head looks where the way goes and stays level, but for what a round back costs."""
        spine = self._prescription.spine
        pitch = 0.35 * spine.lean_deg + 0.35 * spine.kyphosis_deg
        look = about(2, self._pelvis.heading_rad(time_s))
        return look @ about(1, np.full_like(time_s, np.radians(pitch)))

    def _shoulders(self, time_s: Array, trunk: Mapping[str, Array]) -> dict[Side, Array]:
        """Return (T, 3) places of the shoulders."""
        body = self._skeleton.body
        hips = self._pelvis.place_m(time_s)
        place = hips + trunk["pelvis"] @ (body.head_m(SPINE[0]) - self._skeleton.hips_middle_m)
        chain = [*SPINE]
        for name, following in zip(chain, chain[1:], strict=False):
            place = place + trunk[name] @ (body.head_m(following) - body.head_m(name))
        places: dict[Side, Array] = {}
        for side, letter in (("left", "L"), ("right", "R")):
            collar = body.head_m(f"clavicle.{letter}")
            start = place + trunk[SPINE[-1]] @ (collar - body.head_m(SPINE[-1]))
            shoulder = self._skeleton.rest_m("shoulder", side)
            places[side] = start + trunk[f"{side}_clavicle"] @ (shoulder - collar)
        return places

    # ------------------------------------------------------------------ arms
    def _arm(
        self, side: Side, time_s: Array, trunk: Mapping[str, Array], held: tuple[Array, Grip | None]
    ) -> dict[str, Array]:
        limb = self._skeleton.arms[side]
        upper, fore = self._swinging(side, time_s, limb, trunk)
        shoulder, grip = held
        if grip is not None:
            back = -_forward(self._pelvis.heading_rad(time_s)) - np.array([0.0, 0.0, 0.4])
            upper, fore, _ = bent(limb, shoulder, grip.place_m, back)
        hand = fore @ self._shaking(side, time_s, limb)
        return {
            f"{side}_upper_arm": upper,
            f"{side}_forearm": fore,
            f"{side}_hand": hand,
            f"{side}_fingers": hand @ self._curl[side],
        }

    def _swinging(
        self, side: Side, time_s: Array, limb: Limb, trunk: Mapping[str, Array]
    ) -> tuple[Array, Array]:
        gait = self._prescription.side(side)
        flexion, elbow = self.arm_angles_rad(side, time_s, gait)
        outward = 1.0 if side == "left" else -1.0
        chest = Rotation.from_matrix(trunk[SPINE[-1]]).as_euler("ZYX")
        carried = about(2, chest[:, 0]) @ about(0, 0.6 * chest[:, 2]) @ about(1, 0.3 * chest[:, 1])
        spread = about(0, np.array(outward * self._spread_rad[side]))
        turned = about(2, np.array(-outward * np.radians(_TURNED_IN_DEG)))
        hanging = carried @ spread @ about(1, -flexion) @ turned
        upper = hanging @ _NEUTRAL_ARM @ limb.first_rest.T
        fore = hanging @ about(1, -elbow) @ _NEUTRAL_ARM @ limb.second_rest.T
        return upper, fore

    def arm_angles_rad(
        self, side: Side, time_s: Array, gait: SideGait
    ) -> tuple[Array, Array]:
        """Return (T,) forward angle of the upper arm and flexion of the elbow."""
        swing = self._arm_swing.at(self._cycles.phase(side, time_s))
        swing = swing * self._pelvis.vigour(time_s)
        reach = np.radians(gait.arm_swing_deg)
        resting = np.radians(0.35 * gait.elbow_flexion_deg - 9.0)
        elbow = np.radians(gait.elbow_flexion_deg) + 0.35 * reach * swing
        return reach * swing - resting, np.maximum(elbow, np.radians(3.0))

    def _shaking(self, side: Side, time_s: Array, limb: Limb) -> Array:
        """Tremor turns the hand about the forearm, and its beat comes and goes a little."""
        gait = self._prescription.side(side)
        if gait.tremor_deg == 0:
            return np.broadcast_to(np.eye(3), (len(time_s), 3, 3))
        beat = np.sin(2 * np.pi * gait.tremor_hz * time_s)
        size = np.radians(gait.tremor_deg) * (1 + 0.25 * np.sin(2 * np.pi * 0.31 * time_s))
        about_forearm = limb.second_rest[:, 2]
        across = limb.second_rest[:, 1]
        return by_vector((size * beat)[:, None] * (about_forearm + 0.6 * across))


def _lateral(apex: float) -> Array:
    """Return (5,) lean to the left of the trunk bones, as a share of the lateral angle.

    Below the apex they lean to the convex side, above it back again.
    """
    warped = np.where(_HEIGHTS < apex, 0.5 * _HEIGHTS / apex,
                      1 - 0.5 * (1 - _HEIGHTS) / (1 - apex))
    return np.asarray(0.5 * np.cos(np.pi * warped))


def _forward(heading_rad: Array) -> Array:
    return np.column_stack([np.cos(heading_rad), np.sin(heading_rad), np.zeros_like(heading_rad)])


def _spread_rad(skeleton: Skeleton, side: Side) -> float:
    """Return by how much a hanging arm is held away so that it clears the hips."""
    body = skeleton.body
    limb = skeleton.arms[side]
    shoulder = skeleton.rest_m("shoulder", side)
    reach = shoulder[2] - 0.9 * limb.reach_m
    beside = np.abs(body.points_m[:, 2] - max(reach, skeleton.hips_middle_m[2] * 0.9)) < 0.08
    trunk = body.part_of_point == 2  # torso
    breadth = np.abs(body.points_m[beside & trunk, 1]).max(initial=0.15)
    needed = (breadth + _CLEAR_OF_HIP_M - abs(shoulder[1])) / (0.85 * limb.reach_m)
    return float(np.clip(np.arcsin(np.clip(needed, -0.9, 0.9)), np.radians(4), np.radians(28)))


def _curl(body: Body, side: Side) -> Array:
    """Return (3, 3) turn of the fingers toward the palm, against rest."""
    letter = "L" if side == "left" else "R"
    wrist, index, little = (
        body.head_m(f"{name}.{letter}") for name in ("wrist", "finger2-1", "finger5-1")
    )
    along = unit((index + little) / 2 - wrist)
    palm = np.cross(along, little - index) * (-1.0 if side == "left" else 1.0)
    return by_vector(unit(np.cross(along, palm)) * np.radians(_CURL_DEG))
