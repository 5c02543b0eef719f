"""Pace in forms that allow people of different size and speed to be compared."""

from __future__ import annotations

import numpy as np

from clinigait.core import Parameter
from clinigait.gait.measurement_error import LIFTED_WAY
from clinigait.gait.norms import normalised_speed
from clinigait.gait.symmetry import Absent
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.shared import (
    WholeWalk,
    absent,
    around,
    had,
    half_of,
    whole_walk,
    why_no_length,
)
from clinigait.stats import mean_interval

#: Leg length (hip joint to floor) as a share of body height (Drillis & Contini 1966).
LEG_SHARE = 0.530
#: Relative standard deviation of that share between people (inference).
_LEG_SPREAD = 0.03
#: Standard deviation to expect of the length of one step, from video, in m.
_SINGLE_STEP_M = 0.05
_SINGLE_SPEED_MPS = 0.05


def walk_ratio_mm_per_spm(walked: WalkedBouts) -> Parameter:
    """Step length over cadence."""
    name, walk = "walk_ratio_mm_per_spm", whole_walk(walked)
    strides = [s.values for s in walk.used if "step_length_m" in s.values]
    if not strides:
        return absent(name, why_no_length(walk, metric=True))
    cadence_spm = np.array([values["cadence_spm"] for values in strides])
    ratio = 1000 * np.array([values["step_length_m"] for values in strides]) / cadence_spm
    shared = way_error(walk) * abs(float(ratio.mean()))
    found = mean_interval(ratio, shared, 1000 * _SINGLE_STEP_M / float(cadence_spm.mean()))
    return had(name, found.value, around(found.value, half_of(found)), found.n)


def speed_normalised(walked: WalkedBouts) -> Parameter:
    """Speed over the root of gravity times leg length."""
    name, walk = "speed_normalised", whole_walk(walked)
    value = speed_without_unit(walk)
    if isinstance(value, Absent):
        return absent(name, value)
    speed_mps = walk.values("speed_mps")
    found = mean_interval(speed_mps, 0.0, _SINGLE_SPEED_MPS)
    random = half_of(found) / found.value
    # A wrong size of the person changes speed and leg alike: half of it cancels in the root.
    shared = 1.96 * float(np.hypot(way_error(walk), _LEG_SPREAD / 2))
    return had(name, value, around(value, value * float(np.hypot(random, shared)), 0.0), found.n)


def speed_without_unit(walk: WholeWalk) -> float | Absent:
    """Return the median speed over the root of gravity times leg length."""
    speed_mps = walk.values("speed_mps")
    if not len(speed_mps):
        return why_no_length(walk, metric=True)
    return normalised_speed(float(np.median(speed_mps)), LEG_SHARE * body_height_m(walk))


def body_height_m(walk: WholeWalk) -> float:
    """Return the body height that was given, else the one that is seen; the scale is metric."""
    given_m = walk.scene.walk.subject.height_m
    return given_m or float(np.median(walk.scene.height / walk.scene.per_unit))


def way_error(walk: WholeWalk) -> float:
    """Return the relative standard uncertainty that all lengths along the way share."""
    return LIFTED_WAY if walk.scene.is_guessed else walk.scene.scale.relative_uncertainty
