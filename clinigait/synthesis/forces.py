"""Forces under the feet of a synthetic walker: what Newton's law asks of the movement.

The body is 16 rigid masses (de Leva 1996, doi 10.1016/0021-9290(95)00178-6, tables 4 and 5) on the
bones; the total force is mass times (acceleration of their common centre + gravity). How two feet
share it is not determined by the movement: here the load goes over from one foot to the other by
half a cosine over the double support, from 0 at contact and to 0 at foot off; each foot pushes
from its centre of pressure towards the centre of mass, and what is then missing of the horizontal
force is shared like the load. A rule, not a measurement: shear in double support is the least sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from clinigait.core import SIDES, Sex, Side, opposite
from clinigait.core.layout import WHOLEBODY_23
from clinigait.gait.filtering import low_passed
from clinigait.gait.loads.joints import COP_PLACE, COP_TIME
from clinigait.gait.loads.segments import percent_of
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.body_points import BodyPoints
from clinigait.synthesis.motion import Motion, Step, SyntheticWalk

Array = NDArray[np.float64]
GRAVITY_MPS2 = 9.81
#: Bones that a limb of the table lies between; a foot is from the heel to the tip of the toes.
_LIMBS = {
    ("upperarm01", "lowerarm01"): "upper_arm",
    ("lowerarm01", "wrist"): "forearm",
    ("wrist", "finger3-1"): "hand",
    ("upperleg01", "lowerleg01"): "thigh",
    ("lowerleg01", "foot"): "shank",
}
#: The trunk's three parts: the bone that carries each; of women and men its share of mass in %,
#: and the height of its centre in % of the way from the middle of the hips to the base of the neck.
_TRUNK = {
    "root": ((12.47, 11.17), (17.4, 10.6)),
    "spine03": ((14.65, 16.33), (55.6, 49.7)),
    "spine01": ((15.45, 15.96), (94.4, 90.4)),
}
#: What moves faster than this is left out before the movement is differentiated twice.
_CUTOFF_HZ = 8.0
#: Somebody who stands on two feet takes the load off one no earlier than this before it leaves.
_LONGEST_SHIFT_S = 0.5


@dataclass(frozen=True, eq=False)
class Forces:
    """Forces of the floor and of a walking aid on the body, T times, in the axes of the world.

    Parameters
    ----------
    time_s
        (T,) times.
    centre_m
        (T, 3) centre of mass.
    total_n
        (T, 3) all of them together.
    feet_n
        (T, 3) on each foot; 0 while it is in the air.
    pressure_m
        (T, 3) centre of pressure under each foot; NaN while it is in the air.
    aid_n
        (T, 3) what a walking aid carries.
    body_weight_n
        Mass times gravity.
    """

    time_s: Array
    centre_m: Array
    total_n: Array
    feet_n: Mapping[Side, Array]
    pressure_m: Mapping[Side, Array]
    aid_n: Array
    body_weight_n: float


class Masses:
    """The centre of mass of one body in any pose."""

    def __init__(self, body: Body) -> None:
        self._row = np.zeros((len(body.model.bones), 4))
        for bone, place_m, percent in _segments(body):
            self._row[body.bone(bone)] += percent / 100 * np.array([*place_m, 1.0])

    @property
    def share(self) -> float:
        """All segments together, as a share of the body: 1 but for rounding in the tables."""
        return float(self._row[:, 3].sum())

    def centre_m(self, motion: Motion) -> Array:
        """Return (T, 3) the centre of mass."""
        moved = np.einsum("tbij,bj->ti", motion.bones.astype(np.float64), self._row)
        return np.asarray(moved / self.share)


def _segments(body: Body) -> list[tuple[str, Array, float]]:
    """Return bone, place at rest and share of mass in % of every segment."""
    sex = body.build.sex
    marks = body.model.landmark_weights @ body.points_m
    mark = {name: marks[k] for k, name in enumerate(body.model.landmarks)}
    found: list[tuple[str, Array, float]] = []
    for side, letter in (("left", "L"), ("right", "R")):
        for (near, far), name in _LIMBS.items():
            mass, place = percent_of(name, sex)
            start, end = (body.head_m(f"{bone}.{letter}") for bone in (near, far))
            found.append((f"{near}.{letter}", start + place / 100 * (end - start), mass))
        mass, place = percent_of("foot", sex)
        heel, toe = mark[f"{side}_heel"], mark[f"{side}_big_toe"]
        found.append((f"foot.{letter}", heel + place / 100 * (toe - heel), mass))
    hips = (body.head_m("upperleg01.L") + body.head_m("upperleg01.R")) / 2
    up = body.head_m("neck01") - hips
    for bone, (masses, heights) in _TRUNK.items():
        height = heights[_column(sex)]
        found.append((bone, hips + height / 100 * up, masses[_column(sex)]))
    head_mass, _ = percent_of("head", sex)
    found.append(("head", (mark["left_ear"] + mark["right_ear"]) / 2, head_mass))
    return found


def _column(sex: Sex) -> int:
    return 0 if sex == "female" else 1


def segment_percent(sex: Sex) -> float:
    """Return the sum of the tables' shares of mass in %."""
    limbs = sum(percent_of(name, sex)[0] for name in (*_LIMBS.values(), "foot"))
    trunk = sum(masses[_column(sex)] for masses, _ in _TRUNK.values())
    return 2 * limbs + percent_of("head", sex)[0] + trunk


def forces_of(walk: SyntheticWalk) -> Forces:
    """Return the forces of a walk.

    The movement is taken piece by piece; three points of each moment are kept. Impacts of less
    than an eighth of a second are not in it, so the first peak of a heel strike is missing.

    Parameters
    ----------
    walk
        At 25 frames a second or more, for the movement to be differentiated.
    """
    masses, points = Masses(walk.body), BodyPoints(walk.body, WHOLEBODY_23)
    times, centres, feet = [], [], []
    for motion in walk:
        times.append(motion.time_s)
        centres.append(masses.centre_m(motion))
        feet.append(points.points_m(motion)[:, -6:])
    time_s, centre_m = np.concatenate(times), np.concatenate(centres)
    feet_m = dict(zip(SIDES, np.split(np.concatenate(feet), 2, axis=1), strict=True))
    mass_kg = walk.body.build.mass_kg
    weight_n = mass_kg * GRAVITY_MPS2
    total_n = mass_kg * _acceleration(centre_m, walk.rate_hz)
    total_n[:, 2] += weight_n
    shares = load_shares(walk.truth.steps, time_s)
    pressure_m = {side: _pressure_m(walk.truth.steps, side, time_s, feet_m[side]) for side in SIDES}
    helped = {s: walk.truth.prescription.side(s).load_share * shares[s] for s in SIDES}
    vertical_n = {
        side: np.maximum(shares[side] * total_n[:, 2] - helped[side] * weight_n, 0.0)
        for side in SIDES
    }
    feet_n = _pushed(vertical_n, (total_n, centre_m), pressure_m, shares)
    aid_n = np.zeros_like(total_n)
    aid_n[:, 2] = total_n[:, 2] - sum(vertical_n.values())
    aid_n[np.abs(aid_n) < 1e-6 * weight_n] = 0.0
    return Forces(time_s, centre_m, total_n, feet_n, pressure_m, aid_n, weight_n)


def _acceleration(place_m: Array, rate_hz: float) -> Array:
    smooth = low_passed(place_m, rate_hz, _CUTOFF_HZ)
    time_s = np.arange(len(place_m)) / rate_hz
    return np.asarray(make_interp_spline(time_s, smooth, k=5).derivative(2)(time_s))


def load_shares(steps: tuple[Step, ...], time_s: Array) -> dict[Side, Array]:
    """Return (T,) the share of the load on each foot; both add up to 1 while one of them stands.

    Parameters
    ----------
    steps
        The stays on the floor.
    time_s
        (T,) times.
    """
    raw = {}
    for side in SIDES:
        raw[side] = np.zeros_like(time_s)
        others = [step for step in steps if step.side != side]
        for step in (step for step in steps if step.side == side):
            raw[side] = np.maximum(raw[side], _carried(step, others, time_s))
    both = raw["left"] + raw["right"]
    return {side: np.where(both > 0, raw[side] / np.where(both > 0, both, 1), 0) for side in SIDES}


def _carried(step: Step, others: list[Step], time_s: Array) -> Array:
    """Rise after contact and fall before foot off, each over the double support there."""
    before = [o.off_s for o in others if o.contact_s < step.contact_s < o.off_s]
    after = [o.contact_s for o in others if step.contact_s < o.contact_s < step.off_s]
    rise_s = min(min(before, default=step.contact_s) - step.contact_s, _LONGEST_SHIFT_S)
    fall_s = min(step.off_s - max(after, default=step.off_s), _LONGEST_SHIFT_S)
    up = _eased((time_s - step.contact_s) / max(rise_s, 1e-9))
    down = _eased((step.off_s - time_s) / max(fall_s, 1e-9))
    standing = (time_s >= step.contact_s) & (time_s <= step.off_s)
    return np.where(standing, np.minimum(up, down), 0.0)


def _eased(share: Array) -> Array:
    return np.asarray((1 - np.cos(np.pi * np.clip(share, 0, 1))) / 2)


def _pressure_m(steps: tuple[Step, ...], side: Side, time_s: Array, foot_m: Array) -> Array:
    """Return (T, 3) the centre of pressure, from the heel to the toes where the foot lies flat.

    Parameters
    ----------
    steps, side, time_s
        Which stays, of which foot, when.
    foot_m
        (T, 3, 3) big toe, small toe and heel of the foot.
    """
    found = np.full((len(time_s), 3), np.nan)
    for step in (step for step in steps if step.side == side):
        during = (time_s >= step.contact_s) & (time_s <= step.off_s)
        if not during.any():
            continue
        share = (time_s[during] - step.contact_s) / (step.off_s - step.contact_s)
        flat = int(np.abs(share - 0.35).argmin())
        big, small, heel = foot_m[during][flat]
        along = np.interp(share, COP_TIME, COP_PLACE)
        toes = 0.7 * big + 0.3 * small
        place = heel + along[:, None] * (toes - heel)
        place[:, 2] = 0.0
        found[during] = place
    return found


def _pushed(
    vertical_n: Mapping[Side, Array],
    moved: tuple[Array, Array],
    pressure_m: Mapping[Side, Array],
    shares: Mapping[Side, Array],
) -> dict[Side, Array]:
    """Return (T, 3) forces on the feet whose horizontal parts add up to the total's."""
    total_n, centre_m = moved
    feet_n = {}
    for side in SIDES:
        slope = (centre_m - np.nan_to_num(pressure_m[side], nan=0.0))[:, :2] / centre_m[:, 2:]
        slope = np.where(shares[side][:, None] > 0, slope, 0.0)
        feet_n[side] = np.column_stack([vertical_n[side][:, None] * slope, vertical_n[side]])
    missing = total_n[:, :2] - sum(feet_n[side][:, :2] for side in SIDES)
    for side in SIDES:
        feet_n[side][:, :2] += shares[side][:, None] * missing
    return feet_n


def vertical_curve(forces: Forces, steps: tuple[Step, ...], side: Side) -> list[Array]:
    """Return (101,) vertical force over body weight of every whole stance of steady walking."""
    found = []
    for step in (step for step in steps if step.side == side and step.steady):
        other_stands = any(s.side == opposite(side) and s.contact_s < step.off_s for s in steps)
        if other_stands and forces.time_s[0] < step.contact_s and step.off_s < forces.time_s[-1]:
            moments = np.linspace(step.contact_s, step.off_s, 101)
            own = np.interp(moments, forces.time_s, forces.feet_n[side][:, 2])
            found.append(own / forces.body_weight_n)
    return found
