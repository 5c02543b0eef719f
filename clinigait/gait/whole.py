"""Parameters of a walk as a whole: asymmetry and variability."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clinigait.core import Parameter, Stride
from clinigait.gait.values import values_of
from clinigait.gait.walked import WalkedBouts
from clinigait.stats import cv_interval, difference_interval, mean_interval

_FEW_STRIDES_FOR_CV = 10
#: Standard deviation to expect of one step: of its time in s, of its length in m or body heights.
_SINGLE_STEP = {"s": 0.02, "m": 0.05, "bh": 0.03}


def _asymmetry(name: str, walked: WalkedBouts) -> Parameter:
    used = walked.used
    base = name.removesuffix("_asymmetry_pct")
    base = "step_time_s" if base == "step_time" else _length_in(base, used)
    left, right = values_of(base, "left", used), values_of(base, "right", used)
    if not len(left) or not len(right):
        return Parameter(name, "both", None, "%", 0, reason="one side has no usable step")
    if (left.mean() + right.mean()) / 2 <= 0:
        return Parameter(name, "both", None, "%", 0, reason="the steps have no length to compare")
    single = _SINGLE_STEP[base.rpartition("_")[2]]
    index = difference_interval(
        mean_interval(left, 0.0, single),
        mean_interval(right, 0.0, single),
        systematic=1.0 if base == "step_time_s" else 3.0,
    )
    return Parameter(name, "both", index.value, "%", index.n, index.low, index.high)


def _length_in(base: str, used: list[Stride]) -> str:
    return f"{base}_m" if any(f"{base}_m" in s.values for s in used) else f"{base}_bh"


def step_time_asymmetry_pct(walked: WalkedBouts) -> Parameter:
    """Symmetry index of the step times."""
    return _asymmetry("step_time_asymmetry_pct", walked)


def step_length_asymmetry_pct(walked: WalkedBouts) -> Parameter:
    """Symmetry index of the step lengths."""
    return _asymmetry("step_length_asymmetry_pct", walked)


def stride_time_cv_pct(walked: WalkedBouts) -> Parameter:
    """Coefficient of variation of the stride times, with the floor that the camera sets."""
    name, rate_hz = "stride_time_cv_pct", walked.scene.even.rate_hz
    groups = [values_of("stride_time_s", side, walked.used) for side in ("left", "right")]
    interval = cv_interval([group for group in groups if len(group)])
    if interval is None:
        reason = "variability needs at least two strides of a side"
        return Parameter(name, "both", None, "%", 0, reason=reason)
    mean_s = float(np.concatenate(groups).mean())
    floor = 100 * np.sqrt(2) / (rate_hz * np.sqrt(12)) / mean_s
    cautions = [f"the camera's floor at {rate_hz:.0f} Hz is {floor:.1f} %"]
    if interval.value < floor:
        cautions.append("the value lies below it and cannot be told from steady walking")
    if interval.n < _FEW_STRIDES_FOR_CV:
        cautions.append(f"{interval.n} strides are too few to judge variability")
    return Parameter(
        name,
        "both",
        interval.value,
        "%",
        interval.n,
        interval.low,
        interval.high,
        reason="; ".join(cautions),
    )


#: The parameters of the walk as a whole; a new one is one function and one line.
WHOLE: dict[str, Callable[[WalkedBouts], Parameter]] = {
    "step_time_asymmetry_pct": step_time_asymmetry_pct,
    "step_length_asymmetry_pct": step_length_asymmetry_pct,
    "stride_time_cv_pct": stride_time_cv_pct,
}
