"""What is commanded of a walk: the clinical parameters of a gait, which have to go together."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from clinigait.core import BadInputError, Side

_STRICT = {"extra": "forbid"}
AidKind = Literal["none", "stick", "crutch", "two_crutches", "wheeled_frame"]
#: What the movement of trunk and arms was fitted to: everybody who was captured, or motion capture
#: of the CMU database alone.
CurveSet = Literal["captured", "cmu"]

#: Cadence × stride length / 120 and the speed contradict each other beyond this share.
_SPEED_TOLERANCE = 0.005


@dataclass(frozen=True)
class SideGait:
    """What each side does on its own; every value is for that side.

    Parameters
    ----------
    step_length_share
        The step that ends with this foot's contact, as a share of the stride length; the two
        sides add up to 1.
    step_time_share
        Likewise of the stride time.
    stance_pct
        Share of the stride time in which the foot stands, in percent.
    knee_peak_flexion_deg
        Largest knee flexion in swing; None takes what is usual at the speed.
    hip_range_deg
        Range of the thigh against the vertical over a cycle; None takes what follows from the
        steps.
    arm_swing_deg
        Range of the upper arm about the shoulder in the sagittal plane over a cycle.
    elbow_flexion_deg
        Mean flexion of the elbow.
    foot_clearance_m
        Least height of the forefoot in mid-swing (usually 13 mm: Winter 1992,
        doi 10.1093/ptj/72.1.45).
    foot_drop_deg
        Plantarflexion added in swing.
    foot_progression_deg
        Turn of the foot outwards from the way.
    circumduction_m
        How far the swinging foot goes out to the side.
    hip_hike_deg
        Lift of the pelvis on this side while its leg swings.
    trendelenburg_deg
        Drop of the pelvis on the other side while this leg stands.
    trunk_lurch_deg
        Lean of the trunk over this leg while it stands.
    trunk_back_deg
        Lean of the trunk backwards while this leg stands.
    load_share
        Share of body weight that a walking aid takes off this leg in its stance.
    tremor_deg, tremor_hz
        Shaking of the forearm and hand.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    step_length_share: float = 0.5
    step_time_share: float = 0.5
    stance_pct: float = 61.0
    knee_peak_flexion_deg: float | None = None
    hip_range_deg: float | None = None
    arm_swing_deg: float = 32.0
    elbow_flexion_deg: float = 25.0
    foot_clearance_m: float = 0.013
    foot_drop_deg: float = 0.0
    foot_progression_deg: float = 6.0
    circumduction_m: float = 0.0
    hip_hike_deg: float = 0.0
    trendelenburg_deg: float = 0.0
    trunk_lurch_deg: float = 0.0
    trunk_back_deg: float = 0.0
    load_share: float = 0.0
    tremor_deg: float = 0.0
    tremor_hz: float = 4.8


@dataclass(frozen=True)
class Spine:
    """Curvature of the spine and what hangs on it; positive leans or bends to the left.

    Parameters
    ----------
    lateral_deg
        Angle between the most tilted vertebrae of a lateral curve that is convex to the left.
        It is a shape of the synthetic spine, measured on it, not on a radiograph.
    apex
        Height of the apex, 0 at the pelvis, 1 at the neck.
    rotation_deg
        Turn of the thorax about the vertical that goes with the curve.
    shoulder_tilt_deg, pelvis_tilt_deg
        Left shoulder, left side of the pelvis higher.
    lean_deg
        Forward lean of the trunk.
    kyphosis_deg
        Added rounding of the upper back, with the head carried forward.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    lateral_deg: float = 0.0
    apex: float = 0.55
    rotation_deg: float = 0.0
    shoulder_tilt_deg: float = 0.0
    pelvis_tilt_deg: float = 0.0
    lean_deg: float = 3.0
    kyphosis_deg: float = 0.0


@dataclass(frozen=True)
class Variability:
    """How strides differ from each other.

    Parameters
    ----------
    stride_time_cv_pct, stride_length_cv_pct, step_width_cv_pct
        Standard deviation over strides in percent of the mean.
    drift_pct
        Change of stride length over the walk in percent, the stride time following.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    stride_time_cv_pct: float = 1.8
    stride_length_cv_pct: float = 2.0
    step_width_cv_pct: float = 20.0
    drift_pct: float = 0.0


@dataclass(frozen=True)
class Freeze:
    """A freezing episode: the feet stay, the knees tremble, then walking goes on.

    Parameters
    ----------
    after_step
        The step (from 1) after which it happens.
    duration_s
        How long the feet stay.
    trembling_hz
        Of the knees, 3 to 8.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    after_step: int
    duration_s: float
    trembling_hz: float = 5.0


@dataclass(frozen=True)
class Course:
    """Where and how long the person walks.

    Parameters
    ----------
    steps
        Steps on each straight way.
    turns
        Half turns: 0 walks one way, 1 walks there and back.
    steps_per_turn
        Steps that a half turn takes, 2 or more.
    standing_start, standing_stop
        Whether the walk begins and ends in standing; else it begins and ends in full gait.
    stand_s
        How long is stood before and after.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    steps: int = 12
    turns: int = 0
    steps_per_turn: int = 4
    standing_start: bool = False
    standing_stop: bool = False
    stand_s: float = 0.5


@dataclass(frozen=True)
class Aid:
    """A walking aid.

    Parameters
    ----------
    kind
        What it is.
    side
        The hand that holds a stick or one crutch.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    kind: AidKind = "none"
    side: Side = "right"


@dataclass(frozen=True)
class Prescription:
    """The gait that is commanded.

    Cadence, stride length and speed hang together; give two of them and leave the third None, or
    give all three in agreement. The double support follows from the stance of both sides.

    Parameters
    ----------
    cadence_spm, stride_length_m, speed_mps
        Steps a minute, m, m/s; two of the three.
    step_width_m
        Between the heels, across the way.
    double_support_pct
        Both periods of a cycle together; None takes what the stance of both sides gives. A value
        that contradicts them is refused.
    pelvis_obliquity_deg, pelvis_rotation_deg
        Range over a cycle of the frontal and of the horizontal turn of the pelvis.
    trunk_sway_deg
        Range over a cycle of the sideways lean of the trunk.
    trunk_rotation_deg
        Range over a cycle of the turn of the shoulders against the pelvis.
    left, right
        What each side does.
    spine, variability, course, aid, freezes
        See there.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    cadence_spm: float | None = None
    stride_length_m: float | None = None
    speed_mps: float | None = None
    step_width_m: float = 0.09
    double_support_pct: float | None = None
    pelvis_obliquity_deg: float = 8.0
    pelvis_rotation_deg: float = 10.0
    trunk_sway_deg: float = 3.0
    trunk_rotation_deg: float = 10.0
    left: SideGait = field(default_factory=SideGait)
    right: SideGait = field(default_factory=SideGait)
    spine: Spine = field(default_factory=Spine)
    variability: Variability = field(default_factory=Variability)
    course: Course = field(default_factory=Course)
    aid: Aid = field(default_factory=Aid)
    freezes: tuple[Freeze, ...] = ()

    def side(self, side: Side) -> SideGait:
        """Return what one side does."""
        return self.left if side == "left" else self.right

    @property
    def stride_time_s(self) -> float:
        """Two steps at the cadence."""
        return 120.0 / self.resolved().cadence

    def resolved(self) -> Pace:
        """Return cadence, stride length and speed, each from the other two where it is not given.

        Raises
        ------
        BadInputError
            If fewer than two are given, or the three contradict each other.
        """
        cadence, length, speed = self.cadence_spm, self.stride_length_m, self.speed_mps
        given = [value for value in (cadence, length, speed) if value is not None]
        if len(given) < 2 or not all(math.isfinite(v) and v > 0 for v in given):
            raise BadInputError(
                "A gait needs two of cadence_spm, stride_length_m and speed_mps, each above 0.",
                "Give two of them; the third follows.",
            )
        if cadence is None and length is not None and speed is not None:
            cadence = 120 * speed / length
        elif length is None and cadence is not None and speed is not None:
            length = 120 * speed / cadence
        elif speed is None and cadence is not None and length is not None:
            speed = cadence * length / 120
        if cadence is None or length is None or speed is None:
            raise AssertionError("two were given")
        implied = cadence * length / 120
        if abs(implied - speed) > _SPEED_TOLERANCE * speed:
            raise BadInputError(
                f"{cadence:g} steps a minute of {length / 2:.3f} m make {implied:.3f} m/s, "
                f"not {speed:g}.",
                "Leave out one of cadence_spm, stride_length_m and speed_mps.",
            )
        return Pace(cadence, length, implied)


@dataclass(frozen=True)
class Pace:
    """Cadence in steps a minute, stride length in m, speed in m/s."""

    cadence: float
    stride_length: float
    speed: float
