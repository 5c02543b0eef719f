"""Walking aids: where they stand, how they go along, and where the hands hold them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clinigait.core import SIDES, Side, opposite
from clinigait.synthesis.footsteps import Footsteps
from clinigait.synthesis.pelvis import Pelvis, across, along
from clinigait.synthesis.prescription import Prescription
from clinigait.synthesis.rotations import Array, bump, smooth_step, unit
from clinigait.synthesis.skeleton import Skeleton

#: The tip of a stick lands this far ahead of the heel of the foot that it goes with.
_AHEAD_M = 0.14
#: And this far outside the shoulder.
_BESIDE_M = 0.10
_TIP_LIFT_M = 0.05
#: Handles of a wheeled frame: ahead of the hips, and beside the middle.
_HANDLE_AHEAD = 0.15  # of the stature
_HANDLE_BESIDE_M = 0.26
_WHEEL_BASE_M = 0.46
#: A crutch goes up to below the elbow.
_CUFF_SHARE = 0.75


@dataclass(frozen=True, eq=False)
class Held:
    """Walking aids at T times.

    Parameters
    ----------
    points_m
        (T, 2 A, 3) ends of their straight parts.
    hands_m
        Side to (T, 3) where the hand holds.
    """

    points_m: Array
    hands_m: dict[Side, Array]


class Aids:
    """The walking aid of a planned walk, at any time."""

    def __init__(
        self, skeleton: Skeleton, plan: Footsteps, pelvis: Pelvis, prescription: Prescription
    ) -> None:
        self._skeleton, self._plan, self._pelvis = skeleton, plan, pelvis
        self._aid, self._prescription = prescription.aid, prescription
        # Prescribed to the height of the greater trochanter, which lies level with the hip.
        straight = skeleton.legs["left"].reach_m + skeleton.rest_m("ankle", "left")[2]
        self._length_m = straight

    @property
    def holding(self) -> tuple[Side, ...]:
        """The hands that hold something."""
        if self._aid.kind == "none":
            return ()
        return (self._aid.side,) if self._aid.kind in ("stick", "crutch") else SIDES

    def at(self, time_s: Array, shoulders_m: dict[Side, Array]) -> Held:
        """Return aid and hands at (T,) times, from (T, 3) shoulders."""
        if self._aid.kind == "wheeled_frame":
            return self._frame(time_s)
        points: list[Array] = []
        hands: dict[Side, Array] = {}
        for side in self.holding:
            tip = self._tip(side, time_s)
            top = self._top(side, tip, time_s, shoulders_m[side])
            hands[side] = top
            points += [tip, top]
            if self._aid.kind != "stick":
                cuff = top + _CUFF_SHARE * self._skeleton.arms[side].second_m * unit(
                    shoulders_m[side] - top - 0.12 * self._pelvis.forward(time_s)
                )
                points += [top, cuff]
        if not points:
            return Held(np.zeros((len(time_s), 0, 3)), {})
        return Held(np.stack(points, axis=1), hands)

    # ------------------------------------------------------------------ sticks
    def goes_with(self, hand: Side) -> Side:
        """Return the leg with which the stick of a hand is set down.

        A stick goes with the leg of the other side; two crutches go with the leg that they spare.
        """
        shares = {side: self._prescription.side(side).load_share for side in SIDES}
        if self._aid.kind == "two_crutches" and shares["left"] != shares["right"]:
            return "left" if shares["left"] > shares["right"] else "right"
        return opposite(hand)

    def _tip(self, hand: Side, time_s: Array) -> Array:
        stays = self._plan.of(self.goes_with(hand))
        contacts = np.array([stay.contact_s for stay in stays])
        offs = np.array([stay.off_s for stay in stays])
        places = np.array([self._planted(hand, stay.heel_m, stay.heading_deg) for stay in stays])
        number = np.clip(np.searchsorted(contacts, time_s, side="right") - 1, 0, len(stays) - 1)
        following = np.minimum(number + 1, len(stays) - 1)
        swing = np.maximum(contacts[following] - offs[number], 1e-3)
        share = np.where(following > number, (time_s - offs[number]) / swing, 0.0)
        moved = smooth_step(share)[:, None]
        floor = places[number] * (1 - moved) + places[following] * moved
        lift = np.where((share > 0) & (share < 1), _TIP_LIFT_M * bump(share, 0.5), 0.0)
        return np.column_stack([floor, lift])

    def _planted(self, hand: Side, heel_m: tuple[float, float], heading_deg: float) -> Array:
        ahead, left = along(heading_deg), across(heading_deg)
        outward = 1.0 if hand == "left" else -1.0
        foot_outward = 1.0 if self.goes_with(hand) == "left" else -1.0
        middle = np.array(heel_m) - foot_outward * self._prescription.step_width_m / 2 * left
        beside = abs(self._skeleton.rest_m("shoulder", hand)[1]) + _BESIDE_M
        return np.asarray(middle + _AHEAD_M * ahead + outward * beside * left)

    def _top(self, hand: Side, tip: Array, time_s: Array, shoulder: Array) -> Array:
        """Return the handle: the stick leans to where the hand would like to be."""
        outward = 1.0 if hand == "left" else -1.0
        forward = self._pelvis.forward(time_s)
        left = np.column_stack([-forward[:, 1], forward[:, 0], np.zeros(len(time_s))])
        ahead = ((tip - shoulder) * forward).sum(axis=1)[:, None]
        reach = self._skeleton.arms[hand].reach_m
        wish = shoulder + (0.45 * ahead + 0.05) * forward + outward * 0.06 * left
        wish[:, 2] = shoulder[:, 2] - 0.88 * reach
        top = tip + self._length_m * unit(wish - tip)
        way = top - shoulder
        distance = np.linalg.norm(way, axis=1, keepdims=True)
        return np.asarray(shoulder + way * np.minimum(1.0, 0.995 * reach / distance))

    # ------------------------------------------------------------------ wheels
    def _frame(self, time_s: Array) -> Held:
        """Return a frame on wheels, which goes along ahead of the hips."""
        forward = self._pelvis.forward(time_s)
        left = np.column_stack([-forward[:, 1], forward[:, 0], np.zeros(len(time_s))])
        hips = np.column_stack([self._pelvis.xy_m(time_s), np.zeros(len(time_s))])
        ahead = _HANDLE_AHEAD * self._skeleton.body.build.stature_m
        up = np.array([0.0, 0.0, self._length_m])
        hands: dict[Side, Array] = {}
        points, fronts = [], []
        for side in SIDES:
            outward = 1.0 if side == "left" else -1.0
            handle = hips + ahead * forward + outward * _HANDLE_BESIDE_M * left + up
            rear = hips + (ahead - 0.05) * forward + outward * (_HANDLE_BESIDE_M + 0.04) * left
            front = rear + _WHEEL_BASE_M * forward
            knee = (handle + front) / 2 + 0.1 * forward
            hands[side] = handle
            points += [handle, knee, knee, front, knee, rear]
            fronts.append(knee)
        points += fronts
        lifted = np.stack(points, axis=1)
        lifted[:, :, 2] = np.maximum(lifted[:, :, 2], 0.011)
        return Held(lifted, hands)
