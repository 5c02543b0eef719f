"""How far a per-stride value may be off, by what it is and by how the walk was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clinigait.core import Depth
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.lifted import applies_to
from clinigait.gait.values import ReportedSide
from clinigait.gait.walked import WalkedBouts


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
#: Without heel and toe the ankle stands for both (inference: half as much again).
_WITHOUT_FEET = Uncertainty(0.03, 0.0, 0.03)
#: Guessed joints after the corrections of lifted.json: standard deviation of the differences from
#: the sensors, of people whom the corrections were not learned from (docs/validation.md). Of one
#: side, and of both together.
_LIFTED_S = {
    "stride_time_s": (0.005, 0.005),
    "step_time_s": (0.012, 0.003),
    "double_support": (0.018, 0.018),
    "other": (0.015, 0.010),
}
#: Relative standard uncertainty of lengths along a guessed way, from the same sensors.
LIFTED_WAY = 0.10
_LIFTED_WIDTH_M = 0.045
_LIFTED_ANGLES = 1.7
#: The belt of a treadmill is read from standing feet (found on figures with noise).
_BELT = 0.03
#: Both foot offs, or both contacts, are off alike: two periods of double support have it twice.
_TWICE = 2.0
#: Angles are off by about the same in every stride of a walk: nothing of that is averaged out.
#: The far leg, half hidden behind the near one, is seen worse (factor by inference).
_FAR_SIDE = 1.5
_ANGLE_DEG = {
    "hip": 4.0,
    "knee": 5.6,
    "ankle": 7.4,
    "trunk": 5.0,
    "arm": 8.0,
    "shoulder": 2.0,
    "pelvis": 2.0,
}
#: Markers and depth cameras against video (inference).
_MEASURED_ANGLES = 0.5
#: Clearances are a few centimetres: keypoints on shoes move by one (inference); markers by less.
_HEIGHTS = ("toe_clearance_m", "heel_lift_m", "trunk_shift_m")
_HEIGHTS_GUESSED = Uncertainty(0.015, 0.0, 0.015)
_HEIGHTS_MEASURED = Uncertainty(0.003, 0.0, 0.005)


def measurement_error(name: str, side: ReportedSide, walked: WalkedBouts) -> Uncertainty:
    """Return the measurement error of a per-stride parameter.

    Parameters
    ----------
    name
        Name in the catalogue.
    side
        Which side it is reported of.
    walked
        The walk: how its lengths and its depth came about.
    """
    unit = CATALOGUE[name].unit
    if unit == "deg":
        return _of_angle(name, side, walked)
    if unit == "s":
        return _of_time(name, side, walked)
    if unit == "%":
        seconds = _of_time(name, side, walked)
        share = 100 / walked.mean_stride_s
        return Uncertainty(share * seconds.systematic, 0.0, share * seconds.single)
    if name == "cadence_spm":
        return Uncertainty(0.0, 0.0035, 2.0)
    return _of_length(name, walked)


def _of_angle(name: str, side: ReportedSide, walked: WalkedBouts) -> Uncertainty:
    error = next(value for part, value in _ANGLE_DEG.items() if name.startswith(part))
    if _is_measured(walked):
        error *= _MEASURED_ANGLES
    elif walked.scene.is_guessed:
        error *= _LIFTED_ANGLES
    return Uncertainty(error * (_FAR_SIDE if _is_far(side, walked) else 1.0), 0.0, error)


def _of_time(name: str, side: ReportedSide, walked: WalkedBouts) -> Uncertainty:
    twice = name.startswith("double_support")
    is_like = name in ("stride_time_s", "step_time_s")
    scene = walked.scene
    if applies_to(scene):
        key = name if is_like else "double_support" if twice else "other"
        return replace(_WITHOUT_FEET, systematic=_LIFTED_S[key][side == "both"])
    if is_like:
        return _LIKE_EVENTS
    error = _UNLIKE_EVENTS if scene.has_feet else _WITHOUT_FEET
    return replace(error, systematic=_TWICE * error.systematic) if twice else error


def _of_length(name: str, walked: WalkedBouts) -> Uncertainty:
    scene = walked.scene
    measured = _is_measured(walked)
    if name in _HEIGHTS:
        return _HEIGHTS_MEASURED if measured else _HEIGHTS_GUESSED
    relative = scene.scale.relative_uncertainty
    if scene.surface == "treadmill":
        relative = max(relative, _BELT)
    if measured:
        return Uncertainty(0.0, relative, 0.02)
    # 0.05 m is about 0.03 body heights.
    single = 0.05 if CATALOGUE[name].unit.startswith("m") else 0.03
    if not scene.is_guessed:
        return Uncertainty(0.0, relative, single)
    if name.startswith("step_width"):
        return Uncertainty(_LIFTED_WIDTH_M * single / 0.05, 0.0, single)
    return Uncertainty(0.0, LIFTED_WAY, single)


def _is_measured(walked: WalkedBouts) -> bool:
    return not walked.scene.in_picture and walked.scene.walk.depth is Depth.MEASURED


def _is_far(side: ReportedSide, walked: WalkedBouts) -> bool:
    """Whether it is the side that was turned away from the camera all the time."""
    near = walked.scene.view.near_side
    one_way = len({bout.direction for bout in walked.bouts}) == 1
    return one_way and near is not None and side not in ("both", near)
