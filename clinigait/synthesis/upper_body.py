"""Trunk, head and arms above a walking pelvis."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from scipy.spatial.transform import Rotation

from clinigait.core import SIDES, Side
from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.curves import upper_body_curves
from clinigait.synthesis.cycle import Cycles
from clinigait.synthesis.pelvis import Pelvis
from clinigait.synthesis.prescription import CurveSet, Prescription, SideGait
from clinigait.synthesis.rotations import Array, about, bump, by_vector, unit
from clinigait.synthesis.skeleton import FINGERS, SPINE, Limb, Skeleton, bent

#: How far each trunk bone, from the pelvis up, has taken over the twist and the lean of the chest:
#: people bend low down, and twist all along.
_TWISTED = (0.1, 0.3, 0.5, 0.78, 1.0)
_LEANT = (0.4, 0.75, 0.95, 1.0, 1.0)
#: Heights of the middles of the trunk bones, 0 at the pelvis, 1 at the neck.
_HEIGHTS = np.array([0.08, 0.24, 0.38, 0.55, 0.82])
_KYPHOSIS = np.array([0.0, 0.0, 0.2, 0.55, 1.0])
#: Fingers of a hand at rest are a little bent.
_CURL_DEG = 28.0
_GRIP_DEG = 70.0
#: The forearm hangs turned in by this much: the hinge of the elbow does not lie quite across.
_TURNED_IN_DEG = 6.0
_CLEAR_OF_HIP_M = 0.06
#: Range of the elbow over a cycle, as a share of that of the shoulder.
_ELBOW_SHARE = 0.6
#: Range of the forward nod of the trunk, twice in a cycle.
_NOD_DEG = 2.5
_NEUTRAL_ARM = np.diag([-1.0, -1.0, 1.0])


class UpperBody:
    """Turns of all segments above the hips, at any time.

    Parameters
    ----------
    skeleton, pelvis, cycles
        The walk below.
    prescription
        What the trunk and the arms shall do.
    holding
        Hands that hold an aid.
    curves
        Which fit moves trunk and arms, see
        :func:`clinigait.synthesis.curves.upper_body_curves`.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        pelvis: Pelvis,
        cycles: Cycles,
        prescription: Prescription,
        holding: tuple[Side, ...] = (),
        curves: CurveSet = "captured",
    ) -> None:
        self._skeleton, self._pelvis, self._cycles = skeleton, pelvis, cycles
        self._prescription, self._shapes = prescription, upper_body_curves(curves)
        self._leant_share = _leant_share(skeleton.body)
        self._spread_rad = {side: _spread_rad(skeleton, side) for side in SIDES}
        self._curl = {
            side: _curl(skeleton.body, side, _GRIP_DEG if side in holding else _CURL_DEG)
            for side in SIDES
        }

    # ------------------------------------------------------------------ trunk
    def trunk(self, time_s: Array) -> dict[str, Array]:
        """Return turns of pelvis, spine, neck, head and collar bones."""
        pelvis, own = self._pelvis.angles_rad(time_s), self._chest_rad(time_s)
        heading = self._pelvis.heading_rad(time_s)
        spine = self._prescription.spine
        turns = {"pelvis": self._pelvis.turn(time_s)}
        side_bend = np.radians(spine.lateral_deg) * _lateral(spine.apex)
        twist = np.radians(spine.rotation_deg) * np.sin(np.pi * _HEIGHTS)
        round_back = np.radians(spine.kyphosis_deg) * _KYPHOSIS
        for number, name in enumerate(SPINE):
            twisted, leant = _TWISTED[number], _LEANT[number]
            yaw = heading + pelvis["rotation"] + twisted * own["rotation"] + twist[number]
            roll = (1 - leant) * pelvis["obliquity"] - leant * own["lean_left"] - side_bend[number]
            pitch = (1 - leant) * pelvis["tilt"] + leant * own["lean"] + round_back[number]
            turns[name] = about(2, yaw) @ about(0, roll) @ about(1, pitch)
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

    def _chest_rad(self, time_s: Array) -> dict[str, Array]:
        """Return (T,) turn of the chest against the pelvis, and its leans against the upright.

        The line from the hips to the shoulders leans as commanded; since its lower end stays with
        the pelvis, the chest leans a little more.
        """
        wanted, spine = self._prescription, self._prescription.spine
        left, right = (self._cycles.phase(side, time_s) for side in SIDES)
        vigour = self._pelvis.vigour(time_s)
        across = self._both("thorax_rotation_deg", left, right) * vigour
        over = self._both("trunk_lean_deg", left, right) * vigour
        nod = self._shapes["trunk_pitch_deg"].shape(left) * vigour
        lean_left = np.radians(wanted.trunk_sway_deg) * over
        lean = np.radians(spine.lean_deg + _NOD_DEG * nod)
        for side in SIDES:
            outward = 1.0 if side == "left" else -1.0
            gait, stands = wanted.side(side), self._stance_hump(side, time_s)
            lean_left = lean_left + outward * np.radians(gait.trunk_lurch_deg) * stands
            lean = lean - np.radians(gait.trunk_back_deg) * stands
        return {
            "rotation": np.radians(wanted.trunk_rotation_deg) * across,
            "lean_left": lean_left / self._leant_share,
            "lean": lean / self._leant_share,
        }

    def _both(self, name: str, left: Array, right: Array) -> Array:
        """Return a shape that the other foot's cycle mirrors."""
        shape = self._shapes[name].shape
        return np.asarray((shape(left) - shape(right)) / 2)

    def _stance_hump(self, side: Side, time_s: Array) -> Array:
        share = np.mod(self._cycles.phase(side, time_s), 1.0) / self._cycles.foot_off
        return np.where(share < 1, bump(share, 0.5), 0.0) * self._pelvis.vigour(time_s)

    def _head(self, time_s: Array) -> Array:
        """Return the turn of a head that looks ahead, level but for what a round back costs."""
        spine = self._prescription.spine
        pitch = 0.35 * spine.lean_deg + 0.35 * spine.kyphosis_deg
        look = about(2, self._pelvis.heading_rad(time_s))
        return look @ about(1, np.full_like(time_s, np.radians(pitch)))

    def shoulders_m(self, time_s: Array, trunk: Mapping[str, Array]) -> dict[Side, Array]:
        """Return (T, 3) places of the shoulders above a trunk."""
        body = self._skeleton.body
        hips = self._pelvis.place_m(time_s)
        place = hips + trunk["pelvis"] @ (body.head_m(SPINE[0]) - self._skeleton.hips_middle_m)
        for name, following in pairwise(SPINE):
            place = place + trunk[name] @ (body.head_m(following) - body.head_m(name))
        places: dict[Side, Array] = {}
        for side in SIDES:
            collar = body.head_m(f"clavicle.{'L' if side == 'left' else 'R'}")
            start = place + trunk[SPINE[-1]] @ (collar - body.head_m(SPINE[-1]))
            shoulder = self._skeleton.rest_m("shoulder", side)
            places[side] = start + trunk[f"{side}_clavicle"] @ (shoulder - collar)
        return places

    # ------------------------------------------------------------------ arms
    def arms(
        self,
        time_s: Array,
        trunk: Mapping[str, Array],
        shoulders_m: Mapping[Side, Array],
        hands_m: Mapping[Side, Array],
    ) -> dict[str, Array]:
        """Return turns of the arms; ``hands_m`` has (T, 3) where a hand holds an aid."""
        turns: dict[str, Array] = {}
        for side in SIDES:
            held = (shoulders_m[side], hands_m.get(side))
            turns.update(self._arm(side, time_s, trunk, held))
        return turns

    def _arm(
        self,
        side: Side,
        time_s: Array,
        trunk: Mapping[str, Array],
        held: tuple[Array, Array | None],
    ) -> dict[str, Array]:
        limb = self._skeleton.arms[side]
        upper, fore = self._swinging(side, time_s, limb, trunk)
        shoulder, hand_m = held
        if hand_m is not None:
            back = -self._pelvis.forward(time_s) - np.array([0.0, 0.0, 0.4])
            upper, fore, _ = bent(limb, shoulder, hand_m, back)
        hand = fore @ self._shaking(side, time_s, limb)
        return {
            f"{side}_upper_arm": upper,
            f"{side}_forearm": fore,
            f"{side}_hand": hand,
            **{f"{side}_{name}": hand @ turn for name, turn in self._curl[side].items()},
        }

    def _swinging(
        self, side: Side, time_s: Array, limb: Limb, trunk: Mapping[str, Array]
    ) -> tuple[Array, Array]:
        gait = self._prescription.side(side)
        flexion, elbow = self.arm_angles_rad(side, time_s, gait)
        outward = 1.0 if side == "left" else -1.0
        chest = Rotation.from_matrix(trunk[SPINE[-1]]).as_euler("ZYX")
        carried = about(2, chest[:, 0]) @ about(0, 0.25 * chest[:, 2]) @ about(1, 0.3 * chest[:, 1])
        spread = about(0, np.array(outward * self._spread_rad[side]))
        turned = about(2, np.array(-outward * np.radians(_TURNED_IN_DEG)))
        hanging = carried @ spread @ about(1, -flexion) @ turned
        upper = hanging @ _NEUTRAL_ARM @ limb.first_rest.T
        fore = hanging @ about(1, -elbow) @ _NEUTRAL_ARM @ limb.second_rest.T
        return upper, fore

    def arm_angles_rad(self, side: Side, time_s: Array, gait: SideGait) -> tuple[Array, Array]:
        """Return (T,) forward angle of the upper arm and flexion of the elbow."""
        phase, vigour = self._cycles.phase(side, time_s), self._pelvis.vigour(time_s)
        swing = self._shapes["shoulder_flexion_deg"].shape(phase) * vigour
        bend = self._shapes["elbow_flexion_deg"].shape(phase) * vigour
        reach = np.radians(gait.arm_swing_deg)
        # A bent arm hangs with its elbow behind, so that the hand stays below the shoulder.
        resting = np.radians(0.35 * gait.elbow_flexion_deg - 9.0)
        elbow = np.radians(gait.elbow_flexion_deg) + _ELBOW_SHARE * reach * bend
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
    below, above = 0.5 * _HEIGHTS / apex, 1 - 0.5 * (1 - _HEIGHTS) / (1 - apex)
    warped = np.where(apex > _HEIGHTS, below, above)
    return np.asarray(0.5 * np.cos(np.pi * warped))


def _leant_share(body: Body) -> float:
    """Return the lean of the line from hips to shoulders, as a share of that of the chest."""
    heights = np.array([body.head_m(name)[2] for name in (*SPINE, "clavicle.L")])
    return float(np.average(_LEANT, weights=np.diff(heights)))


def _spread_rad(skeleton: Skeleton, side: Side) -> float:
    """Return by how much a hanging arm is held away so that it clears the hips."""
    body = skeleton.body
    limb = skeleton.arms[side]
    shoulder = skeleton.rest_m("shoulder", side)
    reach = shoulder[2] - 0.9 * limb.reach_m
    beside = np.abs(body.points_m[:, 2] - max(reach, skeleton.hips_middle_m[2] * 0.9)) < 0.08
    trunk = body.part_of_point == PARTS.index("torso")
    breadth = np.abs(body.points_m[beside & trunk, 1]).max(initial=0.15)
    needed = (breadth + _CLEAR_OF_HIP_M - abs(shoulder[1])) / (0.85 * limb.reach_m)
    return float(np.clip(np.arcsin(np.clip(needed, -0.9, 0.9)), np.radians(4), np.radians(28)))


def _curl(body: Body, side: Side, curl_deg: float) -> dict[str, Array]:
    """Return (3, 3) turns of the fingers against rest: together, and a little toward the palm."""
    letter = "L" if side == "left" else "R"

    def place(name: str) -> Array:
        return body.head_m(f"{name}.{letter}")

    along = unit((place("finger2-1") + place("finger5-1")) / 2 - place("wrist"))
    palm = np.cross(along, place("finger5-1") - place("finger2-1"))
    palm = unit(palm) * (-1.0 if side == "left" else 1.0)
    turns = {}
    for finger in FINGERS:
        way = unit(place(f"finger{finger}-3") - place(f"finger{finger}-1"))
        flat = unit(way - (way @ palm) * palm)
        spread = np.arcsin(np.clip(np.cross(flat, along) @ palm, -1.0, 1.0))
        share = 0.4 if finger == 1 else 0.8
        together = by_vector(palm * spread * share)
        curl = curl_deg * (0.4 if finger == 1 else 1.0)
        bent_in = by_vector(unit(np.cross(along, palm)) * np.radians(curl))
        turns[f"finger{finger}"] = bent_in @ together
    return turns
