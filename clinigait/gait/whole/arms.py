"""The arms: how far one swings against the other, and in which phase with the legs."""

from __future__ import annotations

import numpy as np

from clinigait.core import SIDES, Parameter, opposite
from clinigait.gait.coordination import (
    RelativePhase,
    arm_swing_asymmetry_pct,
    relative_phase_deg,
)
from clinigait.gait.symmetry import Absent, symmetry_angle_uncertainty_pct
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.shared import (
    NO_LENGTHS,
    WholeWalk,
    absent,
    around,
    had,
    half_of,
    half_width,
    whole_walk,
)
from clinigait.stats import mean_interval

#: Standard uncertainty of the swing of one arm that the other does not share, and standard
#: deviation of one swing (inference: most of the error of an angle is shared or cancels in a
#: range).
_ONE_ARM_DEG, _SINGLE_DEG = 4.0, 8.0
#: Standard uncertainty of a phase that all cycles share (inference).
_PHASE_DEG = 5.0
#: Mean length of the phase arrows below which the arms have no common phase (our choice).
_LEAST_AGREEMENT = 0.5
_HIDDEN_ARM = Absent("an arm is hidden behind the body for too long")
_NORMAL = 1.96


def arm_swing_asymmetry(walked: WalkedBouts) -> Parameter:
    """Symmetry angle of the arm swings."""
    name, walk = "arm_swing_asymmetry_pct", whole_walk(walked)
    swings = [walk.values("arm_swing_deg", side) for side in SIDES]
    if not all(len(swing) for swing in swings):
        return absent(name, _why_no_arm(walk))
    left, right = (mean_interval(swing, _ONE_ARM_DEG, _SINGLE_DEG) for swing in swings)
    value = arm_swing_asymmetry_pct(left.value, right.value)
    if isinstance(value, Absent):
        return absent(name, value)
    errors = [half_of(mean) / _NORMAL for mean in (left, right)]
    error = symmetry_angle_uncertainty_pct(left.value, right.value, errors[0], errors[1])
    if isinstance(error, Absent):
        return absent(name, error)
    return had(name, value, around(value, _NORMAL * error), min(left.n, right.n))


def arm_leg_phase(walked: WalkedBouts) -> Parameter:
    """Phase of each arm against the thigh of the other side, both together."""
    name, walk = "arm_leg_phase_deg", whole_walk(walked)
    found = [_phase(walk, index) for index in range(len(SIDES))]
    known = [phase for phase in found if isinstance(phase, RelativePhase)]
    if not known:
        return absent(name, next(why for why in found if isinstance(why, Absent)))
    n = np.array([phase.n for phase in known])
    angles = np.radians([phase.mean_deg for phase in known])
    arrow = (n * [p.agreement for p in known] * np.exp(1j * angles)).sum() / n.sum()
    agreement = min(float(np.abs(arrow)), 1.0)
    if agreement < _LEAST_AGREEMENT:
        return absent(name, Absent("left and right arm keep different phases"))
    if n.sum() < 2:
        return absent(name, Absent("two cycles in which an arm is seen are needed"))
    value = float(np.degrees(np.angle(arrow)))
    spread_deg = float(np.degrees(np.sqrt(-2 * np.log(agreement))))
    random = half_width(spread_deg / float(np.sqrt(n.sum())), int(n.sum()) - 1)
    half = float(np.hypot(random, _NORMAL * _PHASE_DEG))
    caution = [] if len(known) == len(SIDES) else ["of one arm: the other is not seen well enough"]
    return had(name, value, around(value, half), int(n.sum()), caution)


def _phase(walk: WholeWalk, index: int) -> RelativePhase | Absent:
    arm = SIDES[index]
    if not len(walk.values("arm_swing_deg")):
        return _why_no_arm(walk)
    return relative_phase_deg(
        walk.angle("arm_swing_deg", arm),
        walk.angle("hip_flexion_deg", opposite(arm)),
        walk.scene.even.rate_hz,
        walk.bounds_s(opposite(arm)),
        start_s=walk.start_s,
    )


def _why_no_arm(walk: WholeWalk) -> Absent:
    if not walk.sees_forward:
        return NO_LENGTHS
    has_wrists = all(f"{side}_wrist" in walk.scene.even.layout for side in SIDES)
    return _HIDDEN_ARM if has_wrists else Absent("the keypoints have no wrists")
