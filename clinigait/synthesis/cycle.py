"""Where in the gait cycle each foot is, and curves over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from clinigait.core import SIDES, Side
from clinigait.synthesis.curves import CycleCurves
from clinigait.synthesis.footsteps import Footsteps
from clinigait.synthesis.motion import Step
from clinigait.synthesis.prescription import SideGait
from clinigait.synthesis.rotations import Array, smooth_step

#: Part of the cycle at which somebody stands: the middle of the stance, foot flat.
STANDING = 0.3
#: The pitch of a foot grows fastest so long before it leaves the floor, in cycles. On force plates
#: (5 foot offs at 1.2 m/s; github demotu/BMC, CC BY 4.0) that is 26 ms (SD 13), and heel and
#: forefoot together rise fastest 8 ms (SD 12) after the foot off. With toes that bend as these do
#: both cannot be had: here it is 14 ms before, and 4 ms before.
_FASTEST_BEFORE_OFF = 0.013
#: A heel rises at least by this share of what is usual.
_LEAST_RISE = 0.55
#: Below this pitch a foot is about flat.
_FLAT_DEG = 5.0


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


def foot_pitch(usual: CycleCurves, comfortable: CycleCurves, gait: SideGait) -> Curve:
    """Return the pitch of the foot over the cycle, heel up positive.

    Its size is that of the joint curves at the speed, its shape that of comfortable walking: the
    means of slower walks are smeared over people who lift their heels at different times.

    Parameters
    ----------
    usual, comfortable
        Curves at the speed of the walk, and at a comfortable one.
    gait
        A foot that drops hangs in swing, still when it lands, and lies flat soon after. Below a
        knee that bends less the heel rises less.
    """
    foot_off = usual.foot_off_pct / 100
    sizes = _pitch_deg(usual)
    shape = _pitch_deg(comfortable.retimed(usual.foot_off_pct))
    up, down = shape.max() or 1.0, shape.min() or -1.0
    phase = np.arange(len(shape)) / len(shape)
    swing = np.clip((phase - foot_off) / (1 - foot_off), 0, 1)
    share = _rise_share(usual, gait.knee_peak_flexion_deg)
    # A leg that swings stiffly brings its foot to the level at once.
    rise = sizes.max() / up * share * (1 - max(0.0, 1 - share**2) * smooth_step(swing / 0.3))
    pitch = np.where(shape > 0, shape * rise, shape * sizes.min() / down)
    hanging = np.where(phase >= foot_off, np.sin(np.pi / 2 * np.minimum(swing / 0.5, 1)) ** 2, 0.0)
    landing = np.where(phase < 0.12, np.cos(np.pi / 2 * phase / 0.12) ** 2, 0.0)
    return Curve(_lifting_off(pitch, phase, foot_off) + gait.foot_drop_deg * (hanging + landing))


def _rise_share(usual: CycleCurves, knee_peak_deg: float | None) -> float:
    if knee_peak_deg is None:
        return 1.0
    natural = float(usual.angles_deg["knee_flexion_deg"].max())
    return float(np.clip(knee_peak_deg / natural, _LEAST_RISE, 1.15))


def _pitch_deg(curves: CycleCurves) -> Array:
    """Return (400,) pitch from the joint angles.

    The foot lies quite flat in the middle of stance: its mean there is taken out, and what is
    left within a few degrees of flat is drawn to it.
    """
    phase = np.arange(400) / 400
    hip, tilt, knee, ankle = (
        Curve(curves.angles_deg[name][:-1]).at(phase)
        for name in (
            "hip_flexion_deg", "pelvis_anterior_tilt_deg", "knee_flexion_deg",
            "ankle_dorsiflexion_deg",
        )
    )  # fmt: skip
    pitch = -(hip - tilt - knee + ankle)
    foot_off = curves.foot_off_pct / 100
    flat = (phase > 0.2 * foot_off) & (phase < 0.5 * foot_off)
    pitch = pitch - pitch[flat].mean()
    return np.asarray(np.sign(pitch) * (np.sqrt(pitch**2 + _FLAT_DEG**2) - _FLAT_DEG))


def _lifting_off(pitch: Array, phase: Array, foot_off: float) -> Array:
    """Move the rise of the heel so that it is fastest just before the foot leaves the floor."""
    rising = np.gradient(pitch)
    rising[phase > foot_off] = 0.0
    found = phase[rising.argmax()]
    moved = foot_off - _FASTEST_BEFORE_OFF - found
    knots = np.array([0.0, 0.3, found, found + 0.08, 0.9, 1.0])
    shift = np.array([0.0, 0.0, moved, moved, 0.0, 0.0])
    if (np.diff(knots + shift) <= 0).any():
        return pitch
    old = PchipInterpolator(knots + shift, knots)(phase)
    return Curve(pitch).at(old)
