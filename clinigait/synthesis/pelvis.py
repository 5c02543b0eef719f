"""The way of the pelvis over the floor, its turns and its height."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from clinigait.core import SIDES, Side, opposite
from clinigait.synthesis.cycle import Curve, Cycles
from clinigait.synthesis.footsteps import Footsteps
from clinigait.synthesis.motion import Step
from clinigait.synthesis.prescription import Prescription
from clinigait.synthesis.rotations import Array, about, bump, smooth_step
from clinigait.synthesis.skeleton import Skeleton

#: Share of the way from the middle line to the standing foot that the pelvis goes with it.
#: A quarter to a half is seen: 4 cm of sway in all at usual step widths (Orendurff 2004,
#: doi 10.1682/JRRD.2003.10.0150).
_SWAY_SHARE = 0.42
#: The hips lie this far ahead of the middle between the heels in the middle of double support,
#: as shares of the leg: in standing, and what long steps add, in which the hind foot stands on its
#: toes. Found as the least distance from the published curves of thigh and knee in stance, for
#: three bodies at 0.7 to 1.6 m/s.
_AHEAD_STANDING = 0.06
_AHEAD_ADDED = 0.145
#: Range of the forward tilt over a cycle.
_TILT_RANGE_DEG = 2.0
_GRID_HZ = 100.0
_SMOOTH_S = 0.03


#: For (T,) times: (T, 3) ankle of a foot, whether it stands, and its share of the weight.
AnkleInStance = Callable[[Array], tuple[Array, Array, Array]]


class Pelvis:
    """Place and turn of the pelvis at any time.

    Parameters
    ----------
    skeleton, plan, cycles
        Whose pelvis, and the walk so far.
    curves
        Turns of the pelvis over the cycle; their shapes count, their ranges are commanded.
    prescription
        What is commanded.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        plan: Footsteps,
        cycles: Cycles,
        curves: Mapping[str, Curve],
        prescription: Prescription,
    ) -> None:
        self._skeleton, self._plan, self._cycles = skeleton, plan, cycles
        self._curves = curves
        self._prescription = prescription
        self._leg_m = skeleton.legs["left"].reach_m
        self._heading = self._heading_spline()
        self._xy = self._way_spline()
        self._height: CubicSpline | None = None

    # ------------------------------------------------------------------ over the floor
    def heading_rad(self, time_s: Array) -> Array:
        """Return (T,) direction of the way."""
        return np.asarray(np.radians(self._heading(time_s)))

    def forward(self, time_s: Array) -> Array:
        """Return (T, 3) direction of the way, level and of length 1."""
        heading = self.heading_rad(time_s)
        return np.column_stack([np.cos(heading), np.sin(heading), np.zeros_like(heading)])

    def xy_m(self, time_s: Array) -> Array:
        """Return (T, 2) middle between the hips."""
        return np.asarray(self._xy(time_s))

    def _supports(self) -> list[tuple[float, float, Step, Step]]:
        """Return begin and end of each double support, the hind and the front foot's stay."""
        return [
            (front.contact_s, hind.off_s, hind, front)
            for hind, front in pairwise(self._plan.steps)
            if front.contact_s > self._plan.begin_s - 5
        ]

    def _heading_spline(self) -> PchipInterpolator:
        times, angles = [], []
        for step in self._plan.steps:
            middle = max(step.contact_s, self._plan.begin_s - 3.0)
            times.append(middle + 0.1 * self._plan.cycle_s)
            angles.append(step.heading_deg)
        order, first = np.unique(np.round(times, 6), return_index=True)
        return PchipInterpolator(
            np.concatenate([[order[0] - 30], order, [order[-1] + 30]]),
            np.array(angles)[np.concatenate([[first[0]], first, [first[-1]]])],
        )

    def _way_spline(self) -> CubicSpline:
        knots: dict[float, Array] = {}
        supports = self._supports()
        previous: tuple[float, Array] | None = None
        for begin, end, hind, front in supports:
            holds = [(a, b) for a, b in self._plan.holds_s if begin <= a and b <= end]
            middle = self._between(hind, front)
            half = (begin + min(end, begin + self._plan.cycle_s)) / 2
            times = _resting(*holds[0]) if holds else np.array([half])
            if previous is not None:
                knots.update(self._over(hind, previous, (float(times[0]), middle)))
            for time_s in times:
                knots[float(time_s)] = middle
            previous = (float(times[-1]), middle)
        knots.update(self._standing(knots))
        times_s = np.array(sorted(knots))
        return CubicSpline(
            times_s,
            np.array([knots[t] for t in times_s]),
            bc_type="clamped" if self._prescription.course.standing_start else "not-a-knot",
        )

    def _over(
        self, stance: Step, before: tuple[float, Array], after: tuple[float, Array]
    ) -> dict[float, Array]:
        """Return places on the way over one foot: beside the middle line."""
        (begin_s, begin), (end_s, end) = before, after
        return {
            begin_s + share * (end_s - begin_s): begin + share * (end - begin)
            + sway * self._sway(stance)
            for share, sway in ((0.25, 0.65), (0.5, 1.0), (0.75, 0.65))
        }  # fmt: skip

    def _standing(self, knots: Mapping[float, Array]) -> dict[float, Array]:
        """Return places before the first and after the last step of who stands there."""
        more: dict[float, Array] = {}
        plan, course = self._plan, self._prescription.course
        if course.standing_start:
            place = self._upright(plan.steps[0], plan.steps[1])
            leave = plan.steps[0].off_s - 0.35 * plan.cycle_s
            for time_s in _resting(plan.begin_s - 3.0, min(leave, min(knots) - 0.1)):
                more[float(time_s)] = place
        if course.standing_stop:
            place = self._upright(plan.steps[-2], plan.steps[-1])
            last = plan.steps[-1].contact_s
            for key in [k for k in knots if k > last]:
                more[key] = place
            for time_s in _resting(last + 0.45 * plan.cycle_s, plan.end_s + 3.0):
                more[float(time_s)] = place
        return more

    def _upright(self, first: Step, second: Step) -> Array:
        ahead = self._skeleton.rest_m("hip", "left")[0] - self._heel_x()
        middle = (np.array(first.heel_m) + np.array(second.heel_m)) / 2
        return np.asarray(middle + ahead * along(second.heading_deg))

    def _heel_x(self) -> float:
        points = self._skeleton.body.points_m
        return float(points[points[:, 2] < 0.05, 0].min())

    def _between(self, hind: Step, front: Step) -> Array:
        middle = (np.array(hind.heel_m) + np.array(front.heel_m)) / 2
        heading = np.radians((hind.heading_deg + front.heading_deg) / 2)
        gap = abs((np.array(front.heel_m) - np.array(hind.heel_m)) @ along(np.degrees(heading)))
        # Standing still the hips are over the ankles; the longer the step, the farther ahead.
        added = _AHEAD_ADDED * np.tanh(gap / (0.3 * self._leg_m))
        ahead = self._leg_m * (_AHEAD_STANDING + added)
        return np.asarray(middle + ahead * along(np.degrees(heading)))

    def _sway(self, stance: Step) -> Array:
        half = self._prescription.step_width_m / 2
        outward = 1.0 if stance.side == "left" else -1.0
        return np.asarray(outward * _SWAY_SHARE * half * across(stance.heading_deg))

    # ------------------------------------------------------------------ turns
    def turn(self, time_s: Array) -> Array:
        """Return (T, 3, 3) turn of the pelvis against rest."""
        angles = self.angles_rad(time_s)
        yaw = self.heading_rad(time_s) + angles["rotation"]
        return about(2, yaw) @ about(1, angles["tilt"]) @ about(0, angles["obliquity"])

    def angles_rad(self, time_s: Array) -> dict[str, Array]:
        """Return (T,) rotation (to the left), tilt (forward) and obliquity (left side up)."""
        wanted = self._prescription
        left, right = (self._cycles.phase(side, time_s) for side in SIDES)
        vigour = self.vigour(time_s)
        forward = _even(self._curves["pelvis_rotation_forward_deg"], left, right, -1.0)
        up = _even(self._curves["pelvis_obliquity_up_deg"], left, right, -1.0)
        tilt = _even(self._curves["pelvis_anterior_tilt_deg"], left, right, 1.0)
        obliquity = np.radians(wanted.pelvis_obliquity_deg) * up * vigour
        for side in SIDES:
            outward = 1.0 if side == "left" else -1.0
            obliquity = obliquity + outward * self._lift_rad(side, time_s)
        return {
            # With its left side forward the pelvis is turned to the right.
            "rotation": -np.radians(wanted.pelvis_rotation_deg) * forward * vigour,
            "tilt": np.radians(_TILT_RANGE_DEG) * tilt * vigour,
            "obliquity": obliquity + np.radians(wanted.spine.pelvis_tilt_deg),
        }

    def _lift_rad(self, side: Side, time_s: Array) -> Array:
        """Return how far a side is lifted: by a hike in its swing, by a drop of the other's."""
        own, other = self._prescription.side(side), self._prescription.side(opposite(side))
        swing = self.swing_share(side, time_s)
        # A weak hip gives way as it takes the weight; a hike is highest when the foot passes.
        lift_deg = own.hip_hike_deg * bump(swing, 0.5) - other.trendelenburg_deg * bump(swing, 0.3)
        return np.asarray(np.radians(np.where((swing > 0) & (swing < 1), lift_deg, 0.0)))

    def swing_share(self, side: Side, time_s: Array) -> Array:
        """Return (T,) 0 to 1 through the swing of a side; 0 in its stance."""
        phase = np.mod(self._cycles.phase(side, time_s), 1.0)
        off = self._cycles.foot_off
        return np.asarray(np.clip((phase - off) / (1 - off), 0.0, 1.0))

    def vigour(self, time_s: Array) -> Array:
        """Return (T,) 0 in standing and freezing to 1 in full gait: how much the body swings."""
        plan, course = self._plan, self._prescription.course
        vigour = np.ones_like(time_s)
        if course.standing_start:
            begin = plan.steps[0].off_s - 0.3 * plan.cycle_s
            vigour = vigour * smooth_step((time_s - begin) / (1.2 * plan.cycle_s))
        if course.standing_stop:
            last = plan.steps[-1].contact_s + 0.2 * plan.cycle_s
            vigour = vigour * smooth_step((last - time_s) / (1.2 * plan.cycle_s))
        for begin, end in plan.holds_s:
            near = np.maximum(begin - time_s, time_s - end)
            vigour = vigour * smooth_step((near + 0.15) / 0.4)
        return np.asarray(vigour)

    # ------------------------------------------------------------------ height
    def set_height(self, ankles: Mapping[Side, AnkleInStance], knee: Curve) -> None:
        """Find the height at which both legs bend as they should while they carry."""
        plan = self._plan
        time_s = np.arange(plan.begin_s - 1.5, plan.end_s + 1.5, 1 / _GRID_HZ)
        offsets = self.hip_offsets_m(time_s)
        xy = self.xy_m(time_s)
        total, weights = np.zeros_like(time_s), np.full_like(time_s, 1e-9)
        highest = np.full_like(time_s, np.inf)
        for side in SIDES:
            ankle, carries, share = ankles[side](time_s)
            hip = xy + offsets[side][:, :2]
            across = np.linalg.norm(ankle[:, :2] - hip, axis=1)
            flexion = np.radians(np.maximum(knee.at(self._cycles.phase(side, time_s)), 3.0))
            wanted = self._above(ankle, across, self._length_m(side, flexion))
            limb = self._skeleton.legs[side]
            top = self._above(ankle, across, np.full_like(time_s, 0.9985 * limb.reach_m))
            total += share * (wanted - offsets[side][:, 2])
            weights += share
            highest = np.where(carries, np.minimum(highest, top - offsets[side][:, 2]), highest)
        height = self._trembling(time_s, _smoothed(total / weights))
        self._height = CubicSpline(time_s, _below(height, highest))

    def _length_m(self, side: Side, flexion_rad: Array) -> Array:
        limb = self._skeleton.legs[side]
        return np.sqrt(
            limb.first_m**2 + limb.second_m**2
            + 2 * limb.first_m * limb.second_m * np.cos(flexion_rad)
        )  # fmt: skip

    @staticmethod
    def _above(ankle: Array, across_m: Array, length_m: Array) -> Array:
        return np.asarray(ankle[:, 2] + np.sqrt(np.maximum(length_m**2 - across_m**2, 0.01)))

    def _trembling(self, time_s: Array, height: Array) -> Array:
        """Let the knees shake while the feet are frozen to the floor."""
        for (begin, end), freeze in zip(
            self._plan.holds_s,
            sorted(self._prescription.freezes, key=lambda f: f.after_step),
            strict=True,
        ):
            inside = smooth_step((time_s - begin) / 0.15) * smooth_step((end - time_s) / 0.15)
            shake = 1 - np.cos(2 * np.pi * freeze.trembling_hz * (time_s - begin))
            height = height - inside * (0.012 + 0.005 * shake)
        return height

    def hip_offsets_m(self, time_s: Array) -> dict[Side, Array]:
        """Return (T, 3) from the middle between the hips to each of them."""
        turn = self.turn(time_s)
        rest = self._skeleton
        return {side: turn @ (rest.rest_m("hip", side) - rest.hips_middle_m) for side in SIDES}

    def place_m(self, time_s: Array) -> Array:
        """Return (T, 3) middle between the hips."""
        if self._height is None:
            raise AssertionError("set_height comes first")
        return np.column_stack([self.xy_m(time_s), self._height(time_s)])


def _even(curve: Curve, left: Array, right: Array, sign: float) -> Array:
    """Return the shape of a pelvis curve, of range 1 about 0, from the phases of both feet."""
    values = curve.values - curve.values.mean()
    shape = Curve(values / np.ptp(values))
    return np.asarray((shape.at(left) + sign * shape.at(right)) / 2)


def _resting(begin_s: float, end_s: float) -> Array:
    """Return times so near to each other that a spline through one place stays there."""
    return np.linspace(begin_s, end_s, max(3, int((end_s - begin_s) / 0.15)))


def along(heading_deg: float) -> Array:
    """Return (2,) direction on the floor of a heading."""
    return np.array([np.cos(np.radians(heading_deg)), np.sin(np.radians(heading_deg))])


def across(heading_deg: float) -> Array:
    """Return (2,) direction on the floor to the left of a heading."""
    return np.array([-np.sin(np.radians(heading_deg)), np.cos(np.radians(heading_deg))])


def _smoothed(height: Array) -> Array:
    return np.asarray(gaussian_filter1d(height, _SMOOTH_S * _GRID_HZ, mode="nearest"))


def _below(height: Array, highest: Array) -> Array:
    """Lower a height, without corners, until it is nowhere above the highest that legs reach."""
    radius = 18
    for _ in range(2):
        excess = maximum_filter1d(np.maximum(height - highest, 0.0), 2 * radius + 1)
        height = height - gaussian_filter1d(excess, radius / 3, radius=radius, mode="nearest")
    return np.asarray(height)
