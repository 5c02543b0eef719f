"""From a prescription to a movement: the gait solver.

What over-determines a walk is ranked: footprints and timing are exact, ranges and asymmetries
come next, joint curves as near as that allows; what is left over is in ``Truth.residuals``.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from clinigait.core import SIDES, BadInputError, Side
from clinigait.gait.norms.curves import normalised_speed
from clinigait.synthesis.aids import Aids
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.curves import cycle_curves
from clinigait.synthesis.cycle import Curve, Cycles, foot_pitch
from clinigait.synthesis.foot_contact import rolling
from clinigait.synthesis.footsteps import Footsteps, check, footsteps
from clinigait.synthesis.legs import Leg
from clinigait.synthesis.motion import Motion, MotionSource, SyntheticWalk
from clinigait.synthesis.pelvis import Pelvis
from clinigait.synthesis.prescription import CurveSet, Pace, Prescription
from clinigait.synthesis.rotations import Array
from clinigait.synthesis.skeleton import Skeleton
from clinigait.synthesis.truth import truth_of
from clinigait.synthesis.upper_body import UpperBody

#: Frames that are solved at a time.
PIECE = 64
#: Comfortable walking of adults without unit (Hof 1996, doi 10.1016/0966-6362(95)01057-2).
_COMFORTABLE = 0.42
RATE_LIMITS_HZ = (5.0, 1000.0)


class Solver(MotionSource):
    """A planned walk of one body, solved at any time of it.

    Parameters
    ----------
    body, prescription
        Who walks, and how.
    rate_hz
        Frames a second.
    rng
        For what differs from stride to stride.
    curves
        Which fit moves trunk and arms.
    """

    def __init__(
        self,
        body: Body,
        prescription: Prescription,
        rate_hz: float,
        rng: np.random.Generator,
        curves: CurveSet = "captured",
    ) -> None:
        self.body, self.prescription, self.rate_hz = body, prescription, rate_hz
        self.skeleton = Skeleton(body)
        pace = check(prescription)
        speed = normalised_speed(pace.speed, self.skeleton.legs["left"].reach_m)
        self._check_reach(pace, speed)
        self.plan: Footsteps = footsteps(prescription, rng)
        usual = cycle_curves(speed)
        foot_off = usual.foot_off_pct / 100
        self.cycles = Cycles(self.plan, foot_off)
        legs = {name: Curve(angles[:-1]) for name, angles in usual.angles_deg.items()}
        self.pelvis = Pelvis(self.skeleton, self.plan, self.cycles, legs, prescription)
        self.legs: dict[Side, Leg] = {}
        for side in SIDES:
            gait = prescription.side(side)
            yaw = _yaw_rest_rad(body, side)
            pitch = foot_pitch(usual, cycle_curves(_COMFORTABLE), gait)
            self.legs[side] = Leg(
                self.skeleton,
                side,
                rolling(body, side, yaw),
                yaw,
                (self.plan, self.cycles, self.pelvis),
                (legs, pitch),
                (gait, pace.stride_length),
            )
        self.pelvis.set_height(
            {side: leg.in_stance for side, leg in self.legs.items()},
            legs["knee_flexion_deg"],
        )
        self.aids = Aids(self.skeleton, self.plan, self.pelvis, prescription)
        self.upper = UpperBody(
            self.skeleton, self.pelvis, self.cycles, prescription, self.aids.holding, curves
        )
        self.curves = legs

    def _check_reach(self, pace: Pace, speed_nondimensional: float) -> None:
        leg_m, stride_m = self.skeleton.legs["left"].reach_m, pace.stride_length
        # At a Froude number of 1 gravity no longer keeps the feet on the floor (Alexander 1989,
        # doi 10.1152/physrev.1989.69.4.1199).
        fastest_mps = pace.speed / speed_nondimensional
        if speed_nondimensional > 1:
            raise BadInputError(
                f"{pace.speed:.2f} m/s is faster than legs of {leg_m:.2f} m can walk.",
                f"Give a speed of at most {fastest_mps:.2f} m/s, or a taller person.",
            )
        if stride_m > 2.4 * leg_m:
            raise BadInputError(
                f"A stride of {stride_m:.2f} m is more than legs of {leg_m:.2f} m can walk.",
                f"Give a stride length of at most {2.4 * leg_m:.2f} m, or a taller person.",
            )

    @property
    def time_s(self) -> Array:
        """(T,) times of the frames."""
        n = int(np.floor((self.plan.end_s - self.plan.begin_s) * self.rate_hz)) + 1
        return self.plan.begin_s + np.arange(n) / self.rate_hz

    def pieces(self) -> Iterator[Motion]:
        """Yield the movement in pieces of :data:`PIECE` frames."""
        time_s = self.time_s
        for begin in range(0, len(time_s), PIECE):
            yield self.at(time_s[begin : begin + PIECE])

    def at(self, time_s: Array) -> Motion:
        """Return the movement at (T,) times."""
        trunk = self.upper.trunk(time_s)
        shoulders_m = self.upper.shoulders_m(time_s, trunk)
        held = self.aids.at(time_s, shoulders_m)
        turns = {**trunk, **self.upper.arms(time_s, trunk, shoulders_m, held.hands_m)}
        for leg in self.legs.values():
            turns.update(leg.turns(time_s))
        bones = self.skeleton.bones(turns, self.pelvis.place_m(time_s))
        return Motion(self.body, time_s, bones, held.points_m)


def _yaw_rest_rad(body: Body, side: Side) -> float:
    """Return where a foot points at rest, from x towards y."""
    names = body.model.landmarks
    points = body.model.landmark_weights @ body.points_m
    heel, big, small = (
        points[names.index(f"{side}_{name}")] for name in ("heel", "big_toe", "small_toe")
    )
    ahead = (big + small) / 2 - heel
    return float(np.arctan2(ahead[1], ahead[0]))


def walk_of(
    body: Body,
    prescription: Prescription,
    rate_hz: float,
    seed: int,
    curves: CurveSet = "captured",
) -> SyntheticWalk:
    """Return the walk of a body by a prescription.

    Parameters
    ----------
    body
        Who walks.
    prescription
        How; see there.
    rate_hz
        Frames a second, 5 to 1000.
    seed
        Of what differs from stride to stride: the same seed gives the same walk, to the bit.
    curves
        Which fit moves trunk and arms, see
        :func:`clinigait.synthesis.curves.upper_body_curves`.

    Raises
    ------
    BadInputError
        If the prescription contradicts itself, or this body cannot walk it.
    """
    if not RATE_LIMITS_HZ[0] <= rate_hz <= RATE_LIMITS_HZ[1]:
        raise BadInputError(
            f"A walk cannot be filmed at {rate_hz:g} frames a second.",
            f"Give {RATE_LIMITS_HZ[0]:g} to {RATE_LIMITS_HZ[1]:g}.",
        )
    solver = Solver(body, prescription, rate_hz, np.random.default_rng(seed), curves)
    return SyntheticWalk(
        body=body,
        rate_hz=rate_hz,
        n_frames=len(solver.time_s),
        truth=truth_of(solver),
        motions=solver,
    )
