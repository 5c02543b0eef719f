"""Left against right."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clinigait.core import SIDES, Parameter, Side, opposite
from clinigait.gait.symmetry import (
    Absent,
    log_ratio_pct,
    log_ratio_uncertainty_pct,
    phase_coordination_floor_pct,
    phase_coordination_index_pct,
    symmetry_angle_pct,
    symmetry_angle_uncertainty_pct,
    symmetry_index_pct,
    symmetry_index_uncertainty_pct,
)
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.shared import (
    WholeWalk,
    absent,
    around,
    had,
    half_of,
    half_width,
    whole_walk,
    why_no_length,
)
from clinigait.stats import Interval, mean_interval

#: Standard deviation to expect of one value: of a time in s, of a length in m.
_SINGLE_S, _SINGLE_M = 0.02, 0.05
#: What is wrong with one side and not with the other, in percent of the value (inference): the
#: length of steps of the near and the far leg.
_LENGTH_BETWEEN_SIDES_PCT = 3.0
#: The same of the times between like events and between unlike ones, in s.
_LIKE_S, _UNLIKE_S = 0.0055, 0.01
_NORMAL = 1.96
#: Values of the index up to this multiple of what the contacts' error makes say nothing.
_NEAR_FLOOR = 1.5

Index = Callable[[float, float], float | Absent]
Error = Callable[[float, float, float, float], float | Absent]


def index_of(name: str, base: str) -> Callable[[WalkedBouts], Parameter]:
    """Return the function that computes the symmetry index of a per-stride parameter."""
    return _compare(name, base, symmetry_index_pct, symmetry_index_uncertainty_pct)


def symmetry_angle_of(name: str, base: str) -> Callable[[WalkedBouts], Parameter]:
    """Return the function that computes the symmetry angle of a per-stride parameter."""
    return _compare(name, base, symmetry_angle_pct, symmetry_angle_uncertainty_pct)


def log_ratio_of(name: str, base: str) -> Callable[[WalkedBouts], Parameter]:
    """Return the function that computes the unsigned log ratio of a per-stride parameter."""
    return _compare(name, base, log_ratio_pct, log_ratio_uncertainty_pct, least=0.0)


def _compare(
    name: str, base: str, of: Index, error_of: Error, least: float = -np.inf
) -> Callable[[WalkedBouts], Parameter]:
    def compute(walked: WalkedBouts) -> Parameter:
        walk = whole_walk(walked)
        per_stride = base if base.endswith("_s") else walk.length_name(base)
        means = _means(walk, per_stride)
        if isinstance(means, Absent):
            is_length = base != per_stride and not len(walk.values(per_stride))
            return absent(name, why_no_length(walk, metric=False) if is_length else means)
        left, right = means
        value = of(left.value, right.value)
        errors = [half_of(mean) / _NORMAL for mean in means]
        random = error_of(left.value, right.value, errors[0], errors[1])
        if isinstance(value, Absent):
            return absent(name, value)
        if isinstance(random, Absent):
            return absent(name, random)
        shared = _between_sides(base, per_stride, left, right, error_of)
        half = _NORMAL * float(np.hypot(random, shared))
        return had(name, value, around(value, half, least), min(left.n, right.n))

    return compute


def _means(walk: WholeWalk, per_stride: str) -> tuple[Interval, Interval] | Absent:
    left, right = (walk.values(per_stride, side) for side in SIDES)
    if not len(left) or not len(right):
        return Absent("one side has no usable step")
    single = _SINGLE_S if per_stride.endswith("_s") else walk.in_lengths(_SINGLE_M)
    return mean_interval(left, 0.0, single), mean_interval(right, 0.0, single)


def _between_sides(
    base: str, per_stride: str, left: Interval, right: Interval, error_of: Error
) -> float:
    """Return the standard uncertainty of an index by what is wrong with one side alone."""
    middle = (abs(left.value) + abs(right.value)) / 2
    if base != per_stride:
        wrong = _LENGTH_BETWEEN_SIDES_PCT / 100 * middle
    else:
        wrong = _LIKE_S if base == "step_time_s" else _UNLIKE_S
    found = error_of(left.value, right.value, 0.0, wrong)
    return 0.0 if isinstance(found, Absent) else found


def phase_coordination(walked: WalkedBouts) -> Parameter:
    """Accuracy and steadiness of the antiphase of the legs."""
    name, walk = "phase_coordination_index_pct", whole_walk(walked)
    contacts_s = _contacts_s(walk)
    swings_s = {side: walk.values("swing_time_s", side) for side in SIDES}
    found = phase_coordination_index_pct(
        contacts_s["left"], contacts_s["right"], swings_s["left"], swings_s["right"]
    )
    if isinstance(found, Absent):
        return absent(name, found)
    value = found.index_pct
    floor = phase_coordination_floor_pct(walk.stride_time_s, walk.event_error_s)
    low, high = around(value, half_width(found.standard_uncertainty_pct, found.n - 1), 0.0)
    # The contacts' error is in what is seen: the true index may be smaller by all of it.
    low = float(np.sqrt(max(low**2 - floor**2, 0.0)))
    cautions = [f"errors of the contacts alone make an index of {floor:.1f} %"]
    if value < _NEAR_FLOOR * floor:
        cautions.append("it cannot be told from a perfect one")
    return had(name, value, (low, high), found.n, cautions)


def _contacts_s(walk: WholeWalk) -> dict[Side, list[float]]:
    """Return every initial contact around the used strides; one that is named twice counts once."""
    contacts_s: dict[Side, list[float]] = {side: [] for side in SIDES}
    for stride in walk.used:
        contacts_s[stride.side] += [stride.start_s, stride.end_s]
        if stride.opposite_initial_contact_s is not None:
            contacts_s[opposite(stride.side)].append(stride.opposite_initial_contact_s)
    return contacts_s
