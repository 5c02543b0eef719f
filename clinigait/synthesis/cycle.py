"""Where in the gait cycle each foot is, and curves over it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from clinigait.core import SIDES, Side
from clinigait.synthesis.footsteps import Footsteps
from clinigait.synthesis.motion import Step
from clinigait.synthesis.rotations import Array

#: Part of the cycle at which somebody stands: the middle of the stance, foot flat.
STANDING = 0.3


@dataclass(frozen=True, eq=False)
class Curve:
    """A periodic curve, sampled evenly from the contact on, without its end.

    Parameters
    ----------
    values
        (N,) samples.
    """

    values: Array

    def at(self, phase: Array) -> Array:
        """Return values at phases of the cycle (periodic cubic interpolation, Catmull-Rom)."""
        n = len(self.values)
        place = np.mod(phase, 1.0) * n
        k = np.floor(place).astype(int)
        s = place - k
        p0, p1, p2, p3 = (self.values[(k + shift) % n] for shift in (-1, 0, 1, 2))
        return np.asarray(
            p1
            + 0.5
            * s
            * (p2 - p0 + s * (2 * p0 - 5 * p1 + 4 * p2 - p3 + s * (3 * (p1 - p2) + p3 - p0)))
        )


class Cycles:
    """The phase of each foot at any time: whole numbers at its contacts, ``foot_off`` later off.

    In standing and in freezing the phase stands still.
    """

    def __init__(self, plan: Footsteps, foot_off: float) -> None:
        self.foot_off = foot_off
        self._phase = {side: self._of(plan, side) for side in SIDES}

    def phase(self, side: Side, time_s: Array) -> Array:
        """Return (T,) phases, rising with time; their whole part counts the cycles."""
        return np.asarray(self._phase[side](time_s))

    def _of(self, plan: Footsteps, side: Side) -> PchipInterpolator:
        knots: dict[float, float] = {}
        for number, step in enumerate(plan.of(side)):
            knots.update(self._stay(step, number, plan))
        times = np.array(sorted(knots))
        phases = np.array([knots[t] for t in times])
        ends = plan.cycle_s * np.array([-4.0, 4.0])
        times = np.concatenate([[times[0] + ends[0]], times, [times[-1] + ends[1]]])
        phases = np.concatenate([[phases[0] - 0.0], phases, [phases[-1] + 0.0]])
        return PchipInterpolator(times, phases, extrapolate=True)

    def _stay(self, step: Step, number: int, plan: Footsteps) -> dict[float, float]:
        """Return knots of one stay: contact, off, and the pauses in between."""
        cycle = plan.cycle_s
        begin, off = step.contact_s, step.off_s
        if begin < plan.begin_s - 5:  # stands before the first step
            rise = off - (self.foot_off - STANDING) * cycle
            return {
                begin: number + STANDING, rise: number + STANDING, off: number + self.foot_off
            }  # fmt: skip
        if off > plan.end_s + 5:  # stands after the last one
            still = begin + STANDING * cycle
            return {begin: number, still: number + STANDING, off: number + STANDING + 1e-6}
        knots = {begin: float(number), off: number + self.foot_off}
        pauses = [(a, b) for a, b in plan.holds_s if begin < a and b < off]
        walking_s = off - begin - sum(b - a for a, b in pauses)
        waited = 0.0
        for a, b in pauses:
            phase = number + self.foot_off * (a - begin - waited) / walking_s
            knots.update({a: phase, b: phase + 1e-6})
            waited += b - a
        return knots


def foot_pitch(curves: Mapping[str, Curve], foot_off: float, drop_deg: float) -> Curve:
    """Return the pitch of the foot over the cycle from the joint curves, heel up positive.

    The foot lies quite flat in the middle of stance: its mean there is taken out, and what is
    left within a few degrees of flat is drawn to it.
    """
    phase = np.arange(400) / 400
    thigh = curves["hip_flexion_deg"].at(phase) - curves["pelvis_anterior_tilt_deg"].at(phase)
    shank = thigh - curves["knee_flexion_deg"].at(phase)
    pitch = -(shank + curves["ankle_dorsiflexion_deg"].at(phase))
    flat = (phase > 0.2 * foot_off) & (phase < 0.5 * foot_off)
    pitch = pitch - pitch[flat].mean()
    width = 5.0
    pitch = np.sign(pitch) * (np.sqrt(pitch**2 + width**2) - width)
    swing = np.clip((phase - foot_off) / (1 - foot_off), 0, 1)
    # A foot that drops still hangs when it lands, and lies flat soon after.
    hanging = np.where(
        phase >= foot_off, np.sin(np.pi / 2 * np.minimum(swing / 0.5, 1)) ** 2, 0.0
    )
    landing = np.where(phase < 0.12, np.cos(np.pi / 2 * phase / 0.12) ** 2, 0.0)
    return Curve(pitch + drop_deg * (hanging + landing))
