"""Feet that roll over the floor and swing to their next place, and the legs above them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clinigait.core import Side
from clinigait.synthesis.cycle import STANDING, Curve, Cycles
from clinigait.synthesis.foot_contact import Roll, foot_turns, toe_bend_deg
from clinigait.synthesis.footsteps import Footsteps
from clinigait.synthesis.pelvis import Pelvis
from clinigait.synthesis.prescription import SideGait
from clinigait.synthesis.rotations import Array, about, bump, smooth_step
from clinigait.synthesis.skeleton import Limb, Skeleton, bent

#: Velocities at the ends of a swing are taken over this time within the stance.
_MOMENT_S = 2e-3
#: Times of a swing at which its path is shaped, and the part in which clearance counts.
_SHARES = np.linspace(0.0, 1.0, 41)
_MID_SWING = (_SHARES > 0.4) & (_SHARES < 0.72)
_LIFT_PEAK = 0.58
#: How much of a foot's speed against the floor is gone when they meet: all of it as it leaves,
#: none as it lands (Winter 1992, doi 10.1093/ptj/72.1.45: a heel lands at 0.87 m/s).
_BRAKED = {"off": 1.0, "contact": 0.0}
_SOFTNESS_M = 0.003
#: Within a swing the sole is at least this far from the floor, but near its ends.
_LEAST_CLEARANCE_M = 0.003
_TUNING_ROUNDS = 7
#: Commanded ranges count as met when they are as near as this together.
_CLOSE_RAD = np.radians(0.5)
#: Knee and thigh are not held back farther: that would drag the foot over the floor.
_LEAST_ADDED_RAD = np.array([-0.8, -0.1])
#: No knee bends farther in walking.
_MOST_FLEXION_RAD = np.radians(120.0)


@dataclass(frozen=True, eq=False)
class FootState:
    """A foot at T times.

    Parameters
    ----------
    ankle_m
        (T, 3) in the world.
    pitch_deg, bend_deg, yaw_rad
        (T,) heel up; toes bent up; turn from the world's x.
    """

    ankle_m: Array
    pitch_deg: Array
    bend_deg: Array
    yaw_rad: Array


@dataclass(frozen=True, eq=False)
class SwingPath:
    """The path of an ankle from one place on the floor to the next."""

    off_s: float
    contact_s: float
    knee_added_rad: float
    thigh_added_rad: float
    lifted_m: float
    ends: Array  # (4, 3) corrections of place and velocity at both ends


class Leg:
    """One leg of a planned walk, at any time.

    Parameters
    ----------
    skeleton, side, roll, yaw_rest_rad
        Whose leg, and how its foot rolls.
    plan, cycles, pelvis
        The walk so far.
    curves, pitch
        Joint curves over the cycle, and the pitch of the foot.
    wanted
        What this side shall do, and its usual stride in m.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        side: Side,
        roll: Roll,
        yaw_rest_rad: float,
        walk: tuple[Footsteps, Cycles, Pelvis],
        curves: tuple[Mapping[str, Curve], Curve],
        wanted: tuple[SideGait, float],
    ) -> None:
        self.skeleton, self.side, self._roll = skeleton, side, roll
        self._yaw_rest_rad = yaw_rest_rad
        self._plan, self._cycles, self._pelvis = walk
        self._curves, self._pitch = curves
        self._gait, stride_m = wanted
        self._limb: Limb = skeleton.legs[side]
        self._outward = 1.0 if side == "left" else -1.0
        self._stays = self._plan.of(side)
        self._contacts = np.array([stay.contact_s for stay in self._stays])
        self._offs = np.array([stay.off_s for stay in self._stays])
        self._yaws = np.radians(
            [
                stay.heading_deg + self._outward * self._gait.foot_progression_deg
                for stay in self._stays
            ]
        )
        self._heels = np.array([stay.heel_m for stay in self._stays])
        self._sizes = self._step_sizes(stride_m)
        self._swings: dict[int, SwingPath] = {}

    def _step_sizes(self, stride_m: float) -> Array:
        """Return by how much less a foot pitches in each of its swings: short ones are flat."""
        ways = np.linalg.norm(np.diff(self._heels, axis=0), axis=1)
        return np.clip(1.15 * ways / stride_m, 0.3, 1.0) if len(ways) else np.ones(1)

    # ------------------------------------------------------------------ stance
    def in_stance(self, time_s: Array) -> tuple[Array, Array, Array]:
        """Return (T, 3) ankle, (T,) whether the foot stands, (T,) its share of the weight."""
        stay = self._stay(time_s)
        ankle = self._standing(stay, time_s)
        carries = (time_s >= self._contacts[stay]) & (time_s <= self._offs[stay])
        into = self._overlap(stay, time_s, first=True)
        out = self._overlap(stay, time_s, first=False)
        return ankle, carries, np.where(carries, smooth_step(into) * smooth_step(out), 0.0)

    def _stay(self, time_s: Array) -> Array:
        last = np.searchsorted(self._contacts, time_s, side="right") - 1
        return np.asarray(np.clip(last, 0, len(self._contacts) - 1))

    def _overlap(self, stay: Array, time_s: Array, *, first: bool) -> Array:
        """Return (T,) how far through its first double support, or before the end of its last."""
        others = [step for step in self._plan.steps if step.side != self.side]
        contacts = np.array([step.contact_s for step in others])
        offs = np.array([step.off_s for step in others])
        if first:
            begin = self._contacts[stay]
            following = offs[np.minimum(np.searchsorted(offs, begin), len(offs) - 1)]
            return np.asarray((time_s - begin) / np.clip(following - begin, 0.05, 0.5))
        end = self._offs[stay]
        before = contacts[np.maximum(np.searchsorted(contacts, end) - 1, 0)]
        return np.asarray((end - time_s) / np.clip(end - before, 0.05, 0.5))

    def _standing(self, stay: Array, time_s: Array) -> Array:
        rolled = self._roll.ankle(self._pitch_deg(time_s))
        yaw = self._yaws[stay]
        x, y = rolled[..., 0], rolled[..., 1]
        heel = self._heels[stay]
        return np.stack(
            [
                heel[..., 0] + np.cos(yaw) * x - np.sin(yaw) * y,
                heel[..., 1] + np.sin(yaw) * x + np.cos(yaw) * y,
                rolled[..., 2],
            ],
            axis=-1,
        )

    def _pitch_deg(self, time_s: Array) -> Array:
        phase = self._cycles.phase(self.side, time_s)
        # From the middle of one stance to that of the next, where the foot lies flat.
        swing = np.clip(np.floor(phase - STANDING).astype(int), 0, len(self._sizes) - 1)
        return np.asarray(self._sizes[swing] * self._pitch.at(phase))

    # ------------------------------------------------------------------ any time
    def foot(self, time_s: Array) -> FootState:
        """Return the foot at (T,) times."""
        stay = self._stay(time_s)
        pitch = self._pitch_deg(time_s)
        ankle = self._standing(stay, time_s)
        yaw = self._yaws[stay].copy()
        bend = toe_bend_deg(pitch)
        swings = (time_s > self._offs[stay]) & (stay + 1 < len(self._contacts))
        for number in np.unique(stay[swings]):
            at = swings & (stay == number)
            path = self._swing(int(number))
            share = (time_s[at] - path.off_s) / (path.contact_s - path.off_s)
            ankle[at] = self._swinging(path, time_s[at])
            yaw[at] += smooth_step(share) * (self._yaws[number + 1] - self._yaws[number])
            bend[at] *= _toes_bent(share)
        return FootState(ankle, pitch, bend, yaw)

    def turns(self, time_s: Array) -> dict[str, Array]:
        """Return (T, 3, 3) turns of thigh, shank, foot and toes."""
        foot = self.foot(time_s)
        hip = self._hip(time_s)
        heading = self._pelvis.heading_rad(time_s)
        # Both go on counting through a turn: their difference has no jump.
        pointing = heading + 0.6 * (foot.yaw_rad - heading)
        forward = np.column_stack([np.cos(pointing), np.sin(pointing), np.zeros_like(pointing)])
        thigh, shank, _ = bent(self._limb, hip, foot.ankle_m, forward)
        flat, toes = foot_turns(foot.pitch_deg, foot.bend_deg)
        yaw, straight = about(2, foot.yaw_rad), about(2, np.array(-self._yaw_rest_rad))
        return {
            f"{self.side}_thigh": thigh,
            f"{self.side}_shank": shank,
            f"{self.side}_foot": yaw @ flat @ straight,
            f"{self.side}_toes": yaw @ toes @ straight,
        }

    def _hip(self, time_s: Array) -> Array:
        return self._pelvis.place_m(time_s) + self._pelvis.hip_offsets_m(time_s)[self.side]

    # ------------------------------------------------------------------ swing
    def _swing(self, number: int) -> SwingPath:
        if number not in self._swings:
            self._swings[number] = self._shaped(number)
        return self._swings[number]

    def _shaped(self, number: int) -> SwingPath:
        """Bend knee and hip as commanded, and clear the floor, as far as it goes."""
        off_s, contact_s = self._offs[number], self._contacts[number + 1]
        lowest = self._lowest_thigh_rad(number) if self._gait.hip_range_deg is not None else 0.0
        added = np.zeros(2)
        best = path = self._cleared(off_s, contact_s, added)
        least = np.inf
        for _ in range(_TUNING_ROUNDS):
            missing = self._missing_rad(path, lowest)
            if np.abs(missing).sum() < least:
                best, least = path, float(np.abs(missing).sum())
            if least < _CLOSE_RAD:
                break
            added = np.maximum(added + np.clip(missing, -0.25, 0.25), _LEAST_ADDED_RAD)
            path = self._cleared(off_s, contact_s, added)
        return best

    def _missing_rad(self, path: SwingPath, lowest_thigh_rad: float) -> Array:
        """Return what knee flexion and the swing of the thigh lack against what is commanded."""
        knee, thigh = self._peaks(path)
        wanted_knee, wanted_range = self._gait.knee_peak_flexion_deg, self._gait.hip_range_deg
        return np.array(
            [
                0.0 if wanted_knee is None else np.radians(wanted_knee) - knee,
                0.0
                if wanted_range is None
                else lowest_thigh_rad + np.radians(wanted_range) - thigh,
            ]
        )

    def _cleared(self, off_s: float, contact_s: float, added: Array) -> SwingPath:
        """Return a path with something added to knee and thigh that clears the floor."""
        knee, thigh = (float(value) for value in added)
        path = self._joined(off_s, contact_s, (knee, thigh, 0.0))
        return self._joined(off_s, contact_s, (knee, thigh, self._lift(path)))

    def _joined(self, off_s: float, contact_s: float, added: tuple[float, ...]) -> SwingPath:
        """Return a path that leaves and lands with the place and velocity of the standing foot."""
        knee, thigh, lifted = added
        bare = SwingPath(off_s, contact_s, knee, thigh, lifted, np.zeros((4, 3)))
        ends = []
        for time_s, sign, end in ((off_s, -1.0, "off"), (contact_s, 1.0, "contact")):
            stay = self._stay(np.array([time_s + sign * 1e-9]))
            moments = np.array([time_s, time_s + sign * _MOMENT_S])
            floor = self._standing(np.repeat(stay, 2), moments)
            free = self._free(bare, moments)
            gap = floor - free
            slope = sign * (gap[1] - gap[0]) / _MOMENT_S * (contact_s - off_s)
            ends += [gap[0], _BRAKED[end] * slope]
        return SwingPath(off_s, contact_s, knee, thigh, lifted, np.array(ends))

    def _swinging(self, path: SwingPath, time_s: Array) -> Array:
        share = (time_s - path.off_s) / (path.contact_s - path.off_s)
        ankle = self._free(path, time_s) + _hermite(share, path.ends)
        ankle[:, 2] = self._above_floor(ankle[:, 2], time_s, share)
        return np.asarray(self._reachable(ankle, time_s))

    def _above_floor(self, height_m: Array, time_s: Array, share: Array) -> Array:
        """Keep an ankle above the height at which the sole would touch, without a corner.

        Before it lands a foot comes down from about the height at which it cleared the floor.
        """
        inside = smooth_step(np.minimum(share, 1 - share) / 0.15)
        descent = np.minimum(smooth_step((share - 0.5) / 0.25), np.clip((1 - share) / 0.2, 0, 1))
        least = self._needed_m(time_s, share) + _LEAST_CLEARANCE_M * inside
        least = least + max(self._gait.foot_clearance_m - 0.002, 0.0) * descent
        softness = np.maximum(_SOFTNESS_M * inside, 1e-6)
        return np.asarray(least + softness * np.logaddexp(0.0, (height_m - least) / softness))

    def _reachable(self, ankle: Array, time_s: Array) -> Array:
        """Draw an ankle that the leg does not reach toward the hip."""
        hip = self._hip(time_s)
        way = ankle - hip
        distance = np.linalg.norm(way, axis=1, keepdims=True)
        return np.asarray(hip + way * np.minimum(1.0, 0.9995 * self._limb.reach_m / distance))

    def _free(self, path: SwingPath, time_s: Array) -> Array:
        """Return the ankle where the joint curves put it, with what was added to them."""
        share = (time_s - path.off_s) / (path.contact_s - path.off_s)
        phase = self._cycles.phase(self.side, time_s)
        thigh = np.radians(
            self._curves["hip_flexion_deg"].at(phase)
            - self._curves["pelvis_anterior_tilt_deg"].at(phase)
        ) + path.thigh_added_rad * bump(share, 0.7)
        knee = np.radians(self._curves["knee_flexion_deg"].at(phase))
        knee = knee + path.knee_added_rad * bump(share, 0.32)
        knee = np.clip(
            knee + 0.8 * path.thigh_added_rad * bump(share, 0.6), 0.03, _MOST_FLEXION_RAD
        )
        first, second = self._limb.first_m, self._limb.second_m
        ahead = first * np.sin(thigh) + second * np.sin(thigh - knee)
        below = first * np.cos(thigh) + second * np.cos(thigh - knee)
        heading = self._pelvis.heading_rad(time_s)
        aside = self._outward * self._gait.circumduction_m * bump(share, 0.5)
        hip = self._hip(time_s)
        return np.column_stack(
            [
                hip[:, 0] + np.cos(heading) * ahead - np.sin(heading) * aside,
                hip[:, 1] + np.sin(heading) * ahead + np.cos(heading) * aside,
                hip[:, 2] - below + path.lifted_m * _lifting(share),
            ]
        )

    def _times(self, path: SwingPath) -> Array:
        return path.off_s + _SHARES * (path.contact_s - path.off_s)

    def _needed_m(self, time_s: Array, share: Array) -> Array:
        """Return (T,) height of the ankle at which the swinging sole touches the floor."""
        return self._roll.lowest(self._pitch_deg(time_s), _toes_bent(share))

    def _lift(self, path: SwingPath) -> float:
        """Return the lift with which the sole clears the floor by just what was commanded."""
        time_s = self._times(path)
        ankle = self._free(path, time_s) + _hermite(_SHARES, path.ends)
        unlifted = ankle[:, 2] - path.lifted_m * _lifting(_SHARES)
        clearance = unlifted - self._needed_m(time_s, _SHARES)
        short = self._gait.foot_clearance_m - clearance[_MID_SWING]
        return float((short / _lifting(_SHARES[_MID_SWING])).max())

    def _peaks(self, path: SwingPath) -> tuple[float, float]:
        """Return the largest knee flexion and the largest forward turn of the thigh in a swing."""
        time_s = self._times(path)
        knee, thigh = self._angles_rad(self._swinging(path, time_s), time_s)
        return float(knee.max()), float(thigh.max())

    def _lowest_thigh_rad(self, number: int) -> float:
        stay = self._stays[number]
        time_s = np.linspace(max(stay.contact_s, self._plan.begin_s - 1), stay.off_s, 60)
        ankle = self._standing(np.full(60, number), time_s)
        return float(self._angles_rad(ankle, time_s)[1].min())

    def _angles_rad(self, ankle: Array, time_s: Array) -> tuple[Array, Array]:
        """Return knee flexion and forward turn of the thigh, by the law of cosines."""
        hip = self._hip(time_s)
        heading = self._pelvis.heading_rad(time_s)
        way = ankle - hip
        distance = np.clip(np.linalg.norm(way, axis=1), 1e-6, self._limb.reach_m * 0.99999)
        first, second = self._limb.first_m, self._limb.second_m
        inner = (first**2 + second**2 - distance**2) / (2 * first * second)
        at_hip = (first**2 + distance**2 - second**2) / (2 * first * distance)
        ahead = way[:, 0] * np.cos(heading) + way[:, 1] * np.sin(heading)
        line = np.arctan2(ahead, -way[:, 2])
        knee = np.pi - np.arccos(np.clip(inner, -1, 1))
        return knee, line + np.arccos(np.clip(at_hip, -1, 1))


def _toes_bent(share: Array) -> Array:
    """Return how far the toes of a swinging foot are held up, against a standing one's."""
    return 1 - 0.4 * bump(share, 0.5)


def _lifting(share: Array) -> Array:
    """Return the shape of a lift in mid-swing; the knee bends most before it."""
    return bump(share, _LIFT_PEAK) ** 2


def _hermite(share: Array, ends: Array) -> Array:
    """Return (T, 3) a cubic with given values and slopes at 0 and at 1."""
    s = share[:, None]
    place0, speed0, place1, speed1 = ends
    return np.asarray(
        (1 + 2 * s) * (1 - s) ** 2 * place0
        + s * (1 - s) ** 2 * speed0
        + s * s * (3 - 2 * s) * place1
        + s * s * (s - 1) * speed1
    )
