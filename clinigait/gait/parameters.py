"""From the stride table to the parameters of the report."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clinigait.core import Depth, Parameter, Protocol
from clinigait.gait.catalogue import CATALOGUE, FRONT, SIDE, WITHOUT_SCALE
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
#: Without heel and toe the ankle stands for both: its foot off is off by about a tenth of stance
#: (inference, from the spread of people in lifted.json before the correction).
_UNLIKE_EVENTS_WITHOUT_FEET = Uncertainty(0.03, 0.0, 0.03)
#: Markers and depth cameras against video (inference).
_MEASURED_ANGLES = 0.5
#: Clearances are a few centimetres: keypoints on shoes move by one (inference); markers by less.
_HEIGHTS = ("toe_clearance_m", "heel_lift_m", "trunk_shift_m")
_HEIGHTS_GUESSED = Uncertainty(0.015, 0.0, 0.015)
_HEIGHTS_MEASURED = Uncertainty(0.003, 0.0, 0.005)
#: Speed by a guessed depth against sensors, after the correction of lifted.json.
_GUESSED_WAY = 0.10
_NEED_FEET = (
    "toe_clearance_m",
    "heel_lift_m",
    "ankle_dorsiflexion_peak_stance_deg",
    "ankle_plantarflexion_at_foot_off_deg",
    "ankle_rom_deg",
)
_ANGLE_DEG = {
    "hip": 4.0,
    "knee": 5.6,
    "ankle": 7.4,
    "trunk": 5.0,
    "arm": 8.0,
    "shoulder": 2.0,
    "pelvis": 2.0,
}


def measurement_error(
    name: str, typical_stride_s: float, scene: Scene, *, is_far: bool = False
) -> Uncertainty:
    """Return the measurement error of a per-stride parameter.

    Parameters
    ----------
    name
        Name in the catalogue.
    typical_stride_s
        Mean stride time, to turn seconds into percent of the cycle.
    scene
        The walk: how its lengths and its depth came about.
    is_far
        Whether it is the side that is turned away from the camera.
    """
    unit = CATALOGUE[name].unit
    measured = not scene.in_picture and scene.walk.depth is Depth.MEASURED
    events = _UNLIKE_EVENTS if scene.has_feet else _UNLIKE_EVENTS_WITHOUT_FEET
    if unit == "deg":
        error = next(value for part, value in _ANGLE_DEG.items() if name.startswith(part))
        error *= _MEASURED_ANGLES if measured else 1.0
        return Uncertainty(error * (_FAR_SIDE if is_far else 1.0), 0.0, error)
    if unit == "%":
        to_percent = 100 / typical_stride_s
        return Uncertainty(events.systematic * to_percent, 0.0, events.single * to_percent)
    if unit == "s":
        return _LIKE_EVENTS if name in ("stride_time_s", "step_time_s") else events
    if name == "cadence_spm":
        return Uncertainty(0.0, 0.003, 2.0)
    if name in _HEIGHTS:
        return _HEIGHTS_MEASURED if measured else _HEIGHTS_GUESSED
    if measured:
        return Uncertainty(0.0, scene.scale.relative_uncertainty, 0.02)
    relative = _GUESSED_WAY if scene.is_guessed else scene.scale.relative_uncertainty
    # 0.05 m is about 0.03 body heights.
    return Uncertainty(0.0, relative, 0.05 if unit.startswith("m") else 0.03)


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
    used, scene = walked.used, walked.scene
    values = values_of(name, side, used)
    if not len(values):
        return Parameter(name, side, None, unit, 0, reason=_why_absent(name, side, walked))
    error = measurement_error(name, walked.mean_stride_s, scene, is_far=_is_far(side, walked))
    shared = float(np.hypot(error.systematic, error.relative * abs(values.mean())))
    interval = mean_interval(values, shared, error.single)
    if name in _MEDIAN:
        interval = _around(interval, float(np.median(values)))
    return Parameter(
        name, side, interval.value, unit, interval.n, interval.low, interval.high, interval.sd
    )


def _is_far(side: ReportedSide, walked: WalkedBouts) -> bool:
    """Whether it is the side that was turned away from the camera all the time."""
    near = walked.scene.view.near_side
    one_way = len({bout.direction for bout in walked.bouts}) == 1
    return one_way and near is not None and side not in ("both", near)


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
