"""Variability: how much the strides of a walk differ, and how much of that was measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import chdtri

from clinigait.core import Depth, Parameter
from clinigait.gait.symmetry import Absent
from clinigait.gait.variability import (
    Variability,
    camera_floor_s,
    floor_verdict,
    noise_corrected_sd,
)
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.shared import (
    WholeWalk,
    absent,
    had,
    whole_walk,
    why_no_length,
    why_no_width,
)

Measure = Literal["sd", "cv", "robust cv"]

#: Fewer strides than this say little of variability (our choice).
_FEW_STRIDES = 30
#: Standard uncertainty of the place of one foot-print in m (inference): a keypoint on a shoe, a
#: marker, a guessed depth.
_PRINT_SEEN_M, _PRINT_MEASURED_M, _PRINT_GUESSED_M = 0.02, 0.003, 0.035
#: The median absolute deviation of a normal sample is as good as the standard deviation of this
#: share of it.
_MAD_EFFICIENCY = 0.37
#: A median of fewer distances says next to nothing.
_FEWEST_FOR_ROBUST = 10
_TOO_FEW = Absent("a robust measure of variability needs ten strides")


@dataclass(frozen=True)
class _Spread:
    """A spread in the unit of the strides, and what it may be given in percent of."""

    value: float
    low: float | None
    high: float | None
    middle: float
    freedom: int


def spread_of(name: str, base: str, measure: Measure) -> Callable[[WalkedBouts], Parameter]:
    """Return the function that computes one measure of variability.

    Parameters
    ----------
    name
        Of the parameter.
    base
        Name of the per-stride parameter; of a length without its unit.
    measure
        Standard deviation, or coefficient of variation, plain or robust.
    """

    def compute(walked: WalkedBouts) -> Parameter:
        walk = whole_walk(walked)
        is_time = base.endswith("_s")
        metric = name.endswith("_m")
        per_stride = base if is_time else f"{base}_m" if metric else walk.length_name(base)
        found = walk.spread(per_stride)
        if isinstance(found, Absent):
            known = is_time or len(walk.values(per_stride)) > 0
            why = why_no_width if base == "step_width" else why_no_length
            return absent(name, found if known else why(walk, metric=metric))
        if measure != "sd" and isinstance(found.cv_pct, Absent):
            return absent(name, found.cv_pct)
        if measure == "robust cv" and found.n < _FEWEST_FOR_ROBUST:
            return absent(name, _TOO_FEW)
        return _parameter(name, walk, per_stride, found, measure)

    return compute


def _parameter(
    name: str, walk: WholeWalk, per_stride: str, found: Variability, measure: Measure
) -> Parameter:
    spread = _spread(found, measure, float(np.median(walk.values(per_stride))))
    error = walk.event_error_s if per_stride.endswith("_s") else _print_error(walk, per_stride)
    to_unit = 1.0 if measure == "sd" else 100 / spread.middle
    # The error of both ends is in what is seen: the true spread may be smaller by all of it. Where
    # strides are exactly alike it may be as large.
    low = noise_corrected_sd(spread.low, error) if spread.low is not None else 0.0
    high = spread.high if spread.high is not None else float(np.sqrt(2)) * error
    cautions = _cautions(walk, per_stride, spread, error, to_unit, found.n)
    return had(name, spread.value * to_unit, (low * to_unit, high * to_unit), found.n, cautions)


def _spread(found: Variability, measure: Measure, median: float) -> _Spread:
    if measure == "robust cv":
        freedom = _MAD_EFFICIENCY * found.freedom
        low, high = found.robust_sd * np.sqrt(freedom / chdtri(freedom, [0.025, 0.975]))
        return _Spread(found.robust_sd, float(low), float(high), median, int(freedom))
    sd = found.sd
    if measure == "sd" or isinstance(found.cv_pct, Absent):
        return _Spread(sd.value, sd.low, sd.high, found.mean, found.freedom)
    low_, high_ = found.cv_pct.low, found.cv_pct.high
    share = found.mean / 100
    return _Spread(
        sd.value,
        None if low_ is None else low_ * share,
        None if high_ is None else high_ * share,
        found.mean,
        found.freedom,
    )


def _print_error(walk: WholeWalk, per_stride: str) -> float:
    """Return the standard uncertainty of one end of a length, in the unit of the strides."""
    scene = walk.scene
    metres = _PRINT_GUESSED_M if scene.is_guessed else _PRINT_SEEN_M
    if not scene.in_picture and scene.walk.depth is Depth.MEASURED:
        metres = _PRINT_MEASURED_M
    # A width lies between one print and the middle of two others.
    share = np.sqrt(3) / 2 if per_stride.startswith("step_width") else 1.0
    return walk.in_lengths(metres) * float(share)


def _cautions(
    walk: WholeWalk, per_stride: str, spread: _Spread, error: float, to_unit: float, n: int
) -> list[str]:
    unit, decimals = ("%", 1) if to_unit != 1 else (per_stride.rpartition("_")[2], 3)

    def text(value: float) -> str:
        return f"{value * to_unit:.{decimals}f} {unit}"

    is_time, rate_hz = per_stride.endswith("_s"), walk.scene.even.rate_hz
    cautions = []
    if is_time:
        cautions.append(
            f"the camera's floor at {rate_hz:.0f} Hz is {text(camera_floor_s(rate_hz))}"
        )
    if floor_verdict(spread.value, error, spread.freedom) == "measurable":
        left = text(noise_corrected_sd(spread.value, error))
        ends = "events" if is_time else "foot-prints"
        cautions.append(f"without the error of the {ends} it is {left}")
    else:
        cautions.append("it is below the measurable floor and cannot be told from steady walking")
    if n < _FEW_STRIDES:
        cautions.append(f"{n} strides are too few to judge variability")
    return cautions
