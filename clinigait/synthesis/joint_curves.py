"""Joint curves for a speed: published means between their classes of speed."""

from __future__ import annotations

from functools import cache

import numpy as np

from clinigait.gait.norms.curves import curve_reference
from clinigait.synthesis.cycle import Curve
from clinigait.synthesis.rotations import Array

#: Middles of the classes of speed (v / sqrt(g l)) of the curves, slow to fast.
_CLASS_SPEEDS = (0.16, 0.30, 0.43, 0.57, 0.70)
#: Foot off in the same classes as a share of the cycle.
_FOOT_OFF = (0.68, 0.635, 0.60, 0.585, 0.57)
_NAMES = (
    "hip_flexion_deg", "knee_flexion_deg", "ankle_dorsiflexion_deg", "pelvis_anterior_tilt_deg"
)  # fmt: skip


def leg_curves(speed: float) -> dict[str, Curve]:
    """Return hip, knee, ankle and pelvis tilt over the cycle at a speed without unit.

    They are the means of Schwartz 2008 (doi 10.1016/j.jbiomech.2008.03.015), linear between its
    classes of speed.
    """
    return {name: Curve(_between(name, speed)) for name in _NAMES}


def foot_off_share(speed: float) -> float:
    """Return the share of the cycle at which the foot leaves the floor in these curves."""
    return float(np.interp(speed, _CLASS_SPEEDS, _FOOT_OFF))


def _between(name: str, speed: float) -> Array:
    classes = _class_curves(name)
    return np.array([np.interp(speed, _CLASS_SPEEDS, column) for column in classes.T])


@cache
def _class_curves(name: str) -> Array:
    """Return (5, 50) means by class of speed; their two ends are drawn to the same value."""
    rows = []
    for speed in _CLASS_SPEEDS:
        mean = np.asarray(curve_reference(name, speed).mean)
        gap = mean[-1] - mean[0]
        share = np.linspace(-0.5, 0.5, len(mean))
        closed = mean - gap * np.where(np.abs(share) > 0.4, np.sign(share) * (
            np.abs(share) - 0.4) / 0.2, 0.0)
        rows.append(closed[:-1])
    return np.array(rows)


def arm_swing_curve(_speed: float) -> Curve:
    """Return the swing of an arm over the cycle of its own side's foot, range 1, forward positive."""
    phase = np.arange(100) / 100
    return Curve(-0.5 * np.cos(2 * np.pi * phase))
