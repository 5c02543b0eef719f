"""From the stride table to the parameters of the report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clinigait.core import Parameter, Protocol
from clinigait.gait.catalogue import CATALOGUE, FRONT, SIDE, WITHOUT_SCALE
from clinigait.gait.measurement_error import measurement_error
from clinigait.gait.norms import WalkConditions, reference_for
from clinigait.gait.scene import Scene
from clinigait.gait.tasks import task_parameters
from clinigait.gait.values import ReportedSide, values_of
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole import WHOLE
from clinigait.stats import Interval, mean_interval

#: Parameters of the walk as a whole; the others are given per side as well.
_BOTH_ONLY = (
    "speed_mps",
    "speed_bhps",
    "cadence_spm",
    "step_width_m",
    "step_width_bh",
    "trunk_lean_deg",
    "trunk_sway_deg",
    "trunk_shift_m",
    "shoulder_tilt_deg",
    "pelvis_tilt_deg",
)
#: Parameters that only make sense per side.
_PER_SIDE = "kinematics"
_MEDIAN = ("speed_mps", "speed_bhps")
_NEED_FEET = (
    "toe_clearance_m",
    "heel_lift_m",
    "ankle_dorsiflexion_peak_stance_deg",
    "ankle_plantarflexion_at_foot_off_deg",
    "ankle_rom_deg",
)
#: Ranges, times and shares: whatever the interval says, they are not negative.
_NEVER_NEGATIVE = ("_rom_deg", "_swing_deg", "_sway_deg", "_s", "_pct", "_spm", "_mps", "_bhps")


def parameters_of(
    walked: WalkedBouts, names: tuple[str, ...], protocol: Protocol
) -> tuple[Parameter, ...]:
    """Summarise the used strides of a walk.

    Parameters
    ----------
    walked
        The bouts of the walk.
    names
        Names of the wanted parameters, in the order of the report.
    protocol
        Under which conditions the person walked.

    Returns
    -------
    tuple of Parameter
        Every wanted parameter of every side that it has; absent ones with the reason.
    """
    of_task = {p.name: p for p in task_parameters(walked, protocol, walked.scene.known_length)}
    found: list[Parameter] = []
    for name in names:
        if name in of_task:
            found.append(of_task[name])
        elif name in WHOLE:
            found.append(WHOLE[name](walked))
        else:
            found += [_summary(name, side, walked) for side in _sides(name)]
    subject, conditions = walked.scene.walk.subject, conditions_of(protocol)
    return tuple(
        replace(
            p,
            definition=CATALOGUE[p.name].definition,
            reference=reference_for(p.name, subject, conditions) if p.value is not None else None,
        )
        for p in found
    )


def conditions_of(protocol: Protocol) -> WalkConditions:
    """Return the walking conditions that reference values must have been measured under."""
    return WalkConditions(pace=protocol.pace, start=protocol.start, surface=protocol.surface)


def with_scale(names: tuple[str, ...], scene: Scene) -> tuple[str, ...]:
    """Return the names to report: lengths in body heights beside the metric ones if need be."""
    if scene.scale.unit == "m":
        return names
    wanted: list[str] = []
    for name in names:
        other = WITHOUT_SCALE.get(name)
        sees_it = CATALOGUE[name].view != FRONT or scene.sees_left
        wanted += [other, name] if other is not None and sees_it else [name]
    return tuple(wanted)


def _sides(name: str) -> tuple[ReportedSide, ...]:
    if name in _BOTH_ONLY:
        return ("both",)
    if CATALOGUE[name].group == _PER_SIDE:
        return ("left", "right")
    return ("left", "right", "both")


def _summary(name: str, side: ReportedSide, walked: WalkedBouts) -> Parameter:
    unit = CATALOGUE[name].unit
    values = values_of(name, side, walked.used)
    if not len(values):
        return Parameter(name, side, None, unit, 0, reason=_why_absent(name, side, walked))
    error = measurement_error(name, side, walked)
    shared = float(np.hypot(error.systematic, error.relative * abs(values.mean())))
    interval = mean_interval(values, shared, error.single)
    if name in _MEDIAN:
        interval = _around(interval, float(np.median(values)))
    low = interval.low
    if low is not None and name.endswith(_NEVER_NEGATIVE):
        low = min(max(low, 0.0), interval.value)
    return Parameter(name, side, interval.value, unit, interval.n, low, interval.high, interval.sd)


def _around(interval: Interval, value: float) -> Interval:
    """Move an interval from its mean to another estimate of the same centre."""
    shift = value - interval.value
    low = interval.low + shift if interval.low is not None else None
    high = interval.high + shift if interval.high is not None else None
    return replace(interval, value=value, low=low, high=high)


def _why_absent(name: str, side: ReportedSide, walked: WalkedBouts) -> str:
    used, part = walked.used, walked.parts[0]
    view = CATALOGUE[name].view
    if name in WITHOUT_SCALE and any(WITHOUT_SCALE[name] in s.values for s in used):
        return "no scale was known: give the body height or a known length"
    if view == FRONT and not part.sees_left:
        return "one camera at the side cannot see it: film from the front"
    if view == SIDE and not part.sees_forward:
        return "one camera in front cannot see it: film from the side"
    if CATALOGUE[name].unit == "m" and walked.scene.scale.unit != "m":
        return "no scale was known: give the body height or a known length"
    where = "" if side == "both" else f" of the {side} side"
    if not any(side in ("both", s.side) for s in used):
        return f"no usable stride{where}"
    if name in _NEED_FEET and not part.has_feet:
        return "the keypoints have no heel and toe"
    if name == "arm_swing_deg":
        return f"the arm{where} is hidden behind the body for too long"
    return f"the points that it needs are not seen for whole strides{where}"
