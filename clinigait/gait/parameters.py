"""From the stride table to the parameters of the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Parameter, Side, Stride, Subject
from clinigait.gait.catalogue import CATALOGUE, FRONT, WITHOUT_SCALE
from clinigait.gait.norms import reference_for
from clinigait.stats import Interval, cv_interval, difference_interval, mean_interval

ReportedSide = Literal["left", "right", "both"]

#: Parameters of the walk as a whole; the others are given per side as well.
_WHOLE = ("speed_mps", "speed_bhps", "cadence_spm", "step_width_m", "trunk_lean_deg")
#: Parameters that only make sense per side.
_PER_SIDE = "kinematics"
_MEDIAN = ("speed_mps", "speed_bhps")
_FEW_STRIDES_FOR_CV = 10


@dataclass(frozen=True)
class Uncertainty:
    """Measurement error of one kind of parameter.

    Parameters
    ----------
    systematic
        Standard uncertainty that all strides share, in the unit of the parameter.
    relative
        The same as a fraction of the value; the two add in quadrature.
    single
        Standard deviation to expect of one stride.
    """

    systematic: float
    relative: float
    single: float


#: Errors that repetition does not take away, by unit and kind. Video against motion capture:
#: about 0.02 s, 0.05 m, hip 4, knee 6, ankle 7 degrees mean absolute error of single values
#: (Stenum 2021, doi 10.1371/journal.pcbi.1008935); how much of that is shared by all strides of
#: a walk is our inference: contacts are late or early alike, so intervals between like events
#: keep little of it.
_LIKE_EVENTS = Uncertainty(0.003, 0.0, 0.02)
_UNLIKE_EVENTS = Uncertainty(0.02, 0.0, 0.02)
#: Angles are off by about the same in every stride of a walk: nothing of that is averaged out.
#: The far leg, half hidden behind the near one, is seen worse (factor by inference).
_FAR_SIDE = 1.5
_ANGLE_DEG = {"hip": 4.0, "knee": 5.6, "ankle": 7.4, "trunk": 5.0, "arm": 8.0}


def measurement_error(
    name: str, typical_stride_s: float, scale_error: float, *, is_far: bool = False
) -> Uncertainty:
    """Return the measurement error of a per-stride parameter.

    Parameters
    ----------
    name
        Name in the catalogue.
    typical_stride_s
        Mean stride time, to turn seconds into percent of the cycle.
    scale_error
        Relative standard uncertainty of the scale of lengths.
    is_far
        Whether it is the side that is turned away from the camera.
    """
    unit = CATALOGUE[name].unit
    if unit == "deg":
        error = next(value for part, value in _ANGLE_DEG.items() if name.startswith(part))
        return Uncertainty(error * (_FAR_SIDE if is_far else 1.0), 0.0, error)
    if unit == "%":
        to_percent = 100 / typical_stride_s
        return Uncertainty(
            _UNLIKE_EVENTS.systematic * to_percent, 0.0, _UNLIKE_EVENTS.single * to_percent
        )
    if unit == "s":
        return _LIKE_EVENTS if name in ("stride_time_s", "step_time_s") else _UNLIKE_EVENTS
    if name == "cadence_spm":
        return Uncertainty(0.0, 0.003, 2.0)
    # 0.05 m is about 0.03 body heights.
    return Uncertainty(0.0, scale_error, 0.05 if unit.startswith("m") else 0.03)


def parameters_of(
    strides: tuple[Stride, ...],
    names: tuple[str, ...],
    *,
    rate_hz: float,
    scale_error: float,
    near_side: Side | None,
    subject: Subject,
) -> tuple[Parameter, ...]:
    """Summarise the used strides.

    Parameters
    ----------
    strides
        The stride table.
    names
        Names of the wanted parameters, in the order of the report.
    rate_hz
        Frame rate, for the floor of variability.
    scale_error
        Relative standard uncertainty of the scale of lengths.
    near_side
        The side that is turned to the camera; None where both were in turn.
    subject
        The person, for reference ranges.

    Returns
    -------
    tuple of Parameter
        Every wanted parameter of every side that it has; absent ones with the reason.
    """
    used = [stride for stride in strides if stride.used]
    found: list[Parameter] = []
    for name in names:
        if name == "stride_time_cv_pct":
            found.append(_variability(used, rate_hz))
        elif name.endswith("_asymmetry_pct"):
            found.append(_asymmetry(name, used))
        else:
            found += [_summary(name, side, used, scale_error, near_side) for side in _sides(name)]
    return tuple(
        replace(
            p,
            definition=CATALOGUE[p.name].definition,
            reference=reference_for(p.name, subject) if p.value is not None else None,
        )
        for p in found
    )


def with_scale(names: tuple[str, ...], unit: str) -> tuple[str, ...]:
    """Return the names to report: lengths in body heights beside the metric ones if need be."""
    if unit == "m":
        return names
    wanted: list[str] = []
    for name in names:
        wanted += [WITHOUT_SCALE[name], name] if name in WITHOUT_SCALE else [name]
    return tuple(wanted)


def _sides(name: str) -> tuple[ReportedSide, ...]:
    if name in _WHOLE:
        return ("both",)
    if CATALOGUE[name].group == _PER_SIDE:
        return ("left", "right")
    return ("left", "right", "both")


def _values(name: str, side: ReportedSide, used: list[Stride]) -> NDArray[np.float64]:
    chosen = [s for s in used if side in ("both", s.side)]
    return np.array([s.values[name] for s in chosen if name in s.values])


def _summary(
    name: str,
    side: ReportedSide,
    used: list[Stride],
    scale_error: float,
    near_side: Side | None,
) -> Parameter:
    unit = CATALOGUE[name].unit
    values = _values(name, side, used)
    if not len(values):
        return Parameter(name, side, None, unit, 0, reason=_why_absent(name, side, used))
    typical_s = float(_values("stride_time_s", "both", used).mean())
    is_far = near_side is not None and side not in ("both", near_side)
    error = measurement_error(name, typical_s, scale_error, is_far=is_far)
    shared = float(np.hypot(error.systematic, error.relative * abs(values.mean())))
    interval = mean_interval(values, shared, error.single)
    if name in _MEDIAN:
        interval = _around(interval, float(np.median(values)))
    return Parameter(
        name, side, interval.value, unit, interval.n, interval.low, interval.high, interval.sd
    )


def _around(interval: Interval, value: float) -> Interval:
    """Move an interval from its mean to another estimate of the same centre."""
    shift = value - interval.value
    low = interval.low + shift if interval.low is not None else None
    high = interval.high + shift if interval.high is not None else None
    return replace(interval, value=value, low=low, high=high)


def _why_absent(name: str, side: ReportedSide, used: list[Stride]) -> str:
    if name in WITHOUT_SCALE and any(WITHOUT_SCALE[name] in s.values for s in used):
        return "no scale was known: give the body height or a known length"
    if CATALOGUE[name].view == FRONT:
        return "one camera at the side cannot see it: film from the front"
    where = "" if side == "both" else f" of the {side} side"
    if not any(side in ("both", s.side) for s in used):
        return f"no usable stride{where}"
    if name == "arm_swing_deg":
        return f"the arm{where} is hidden behind the body for too long"
    return f"the points that it needs are not seen for whole strides{where}"


def _asymmetry(name: str, used: list[Stride]) -> Parameter:
    base = name.removesuffix("_asymmetry_pct")
    base = "step_time_s" if base == "step_time" else _length_in(base, used)
    left, right = _values(base, "left", used), _values(base, "right", used)
    if not len(left) or not len(right):
        return Parameter(name, "both", None, "%", 0, reason="one side has no usable step")
    if (left.mean() + right.mean()) / 2 <= 0:
        return Parameter(name, "both", None, "%", 0, reason="the steps have no length to compare")
    single = measurement_error(base, 1.0, 0.0).single
    index = difference_interval(
        mean_interval(left, 0.0, single),
        mean_interval(right, 0.0, single),
        systematic=1.0 if base == "step_time_s" else 3.0,
    )
    return Parameter(name, "both", index.value, "%", index.n, index.low, index.high)


def _length_in(base: str, used: list[Stride]) -> str:
    return f"{base}_m" if any(f"{base}_m" in s.values for s in used) else f"{base}_bh"


def _variability(used: list[Stride], rate_hz: float) -> Parameter:
    name = "stride_time_cv_pct"
    groups = [_values("stride_time_s", side, used) for side in ("left", "right")]
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
