"""Every parameter that clinigait reports: its definition, unit, view and source."""

from __future__ import annotations

from typing import get_args

from clinigait.core import Definition, DefinitionGroup
from clinigait.core.definition import ANY_VIEW, FRONT_VIEW, SIDE_VIEW
from clinigait.gait.catalogue_whole import WHOLE_WALK
from clinigait.gait.task_catalogue import TASK_DEFINITIONS

SIDE, FRONT = SIDE_VIEW, FRONT_VIEW
_EVENTS = "Perry & Burnfield, Gait Analysis, 2nd ed. 2010"
_PRINTS = "foot-print definition: Hollman 2011, doi 10.1016/j.gaitpost.2011.03.024"
_WINTER = "Winter, Biomechanics and Motor Control, 4th ed. 2009, doi 10.1002/9780470549148"
_STENUM = "error of video against motion capture: Stenum 2021, doi 10.1371/journal.pcbi.1008935"
_ANGLES = f"{_WINTER}; {_STENUM}"
_CLEARANCE = "Winter 1992, doi 10.1093/ptj/72.1.45"


def _time(name: str, title: str, definition: str, group: DefinitionGroup) -> Definition:
    return Definition(name, title, "s", definition, ANY_VIEW, _EVENTS, group, 2)


def _share(name: str, title: str, definition: str) -> Definition:
    return Definition(name, title, "%", definition, ANY_VIEW, _EVENTS, "phase", 1)


def _angle(name: str, title: str, definition: str) -> Definition:
    return Definition(name, title, "deg", definition, SIDE, _ANGLES, "kinematics", 0)


def _posture(name: str, title: str, definition: str) -> Definition:
    level = f"{definition} The camera must be level."
    return Definition(name, title, "deg", level, FRONT, _WINTER, "posture", 1)


def _clearance(name: str, title: str, definition: str) -> Definition:
    return Definition(name, title, "m", definition, SIDE, _CLEARANCE, "feet", 3)


def _length(name: str, title: str, definition: str) -> tuple[Definition, Definition]:
    relative = f"{definition} In body heights: no scale was known."
    return (
        Definition(f"{name}_m", title, "m", definition, SIDE, _PRINTS, "pace", 2),
        Definition(f"{name}_bh", title, "BH", relative, SIDE, _PRINTS, "pace", 3),
    )


_WIDTH = "Distance across the line of progression between the foot-prints (heels) of a step."
_SPEED = "Stride length divided by stride time; the median over the strides."

_PER_STRIDE: tuple[Definition, ...] = (
    Definition("speed_mps", "Walking speed", "m/s", _SPEED, SIDE, _PRINTS, "pace", 2),
    Definition(
        "speed_bhps",
        "Walking speed",
        "BH/s",
        f"{_SPEED} In body heights per second: no scale was known.",
        SIDE,
        _PRINTS,
        "pace",
        3,
    ),
    Definition(
        "cadence_spm",
        "Cadence",
        "steps/min",
        "Steps per minute: 120 divided by the stride time in seconds.",
        ANY_VIEW,
        _EVENTS,
        "pace",
        1,
    ),
    *_length(
        "stride_length",
        "Stride length",
        "Distance along the walkway between two successive foot-prints (heels) of the same foot.",
    ),
    *_length(
        "step_length",
        "Step length",
        "Distance along the walkway from the other foot's print (heel) to this foot's next print.",
    ),
    Definition(
        "step_width_m",
        "Step width",
        "m",
        _WIDTH,
        FRONT,
        _PRINTS,
        "pace",
        2,
    ),
    Definition(
        "step_width_bh",
        "Step width",
        "BH",
        f"{_WIDTH} In body heights: no scale was known.",
        FRONT,
        _PRINTS,
        "pace",
        3,
    ),
    _time(
        "stride_time_s",
        "Stride time",
        "Time from an initial contact to the next initial contact of the same foot.",
        "rhythm",
    ),
    _time(
        "step_time_s",
        "Step time",
        "Time from the other foot's initial contact to this foot's next initial contact.",
        "rhythm",
    ),
    _time("stance_time_s", "Stance time", "Time from initial contact to foot off.", "phase"),
    _time("swing_time_s", "Swing time", "Time from foot off to the next initial contact.", "phase"),
    _time(
        "single_support_time_s",
        "Single support time",
        "Time in a cycle in which only this foot stands: the swing of the other foot.",
        "phase",
    ),
    _time(
        "double_support_time_s",
        "Double support time",
        "Time in a cycle in which both feet stand: its two periods together.",
        "phase",
    ),
    _share("stance_pct", "Stance", "Stance time in percent of the stride time."),
    _share("swing_pct", "Swing", "Swing time in percent of the stride time."),
    _share(
        "single_support_pct", "Single support", "Single support time in percent of the stride time."
    ),
    _share(
        "double_support_pct", "Double support", "Double support time in percent of the stride time."
    ),
    _clearance(
        "toe_clearance_m",
        "Toe clearance, least",
        "Least height of the toe in mid-swing (30 to 80 % of swing) over its height while the "
        "foot lay flat.",
    ),
    _clearance(
        "heel_lift_m",
        "Heel lift, greatest",
        "Greatest height of the heel in swing over its height while the foot lay flat.",
    ),
    _angle(
        "hip_flexion_peak_deg",
        "Hip flexion, peak",
        "Greatest angle of the thigh ahead of the trunk line.",
    ),
    _angle(
        "hip_extension_peak_deg",
        "Hip extension, peak",
        "Greatest angle of the thigh behind the trunk line; negative if it never gets behind.",
    ),
    _angle(
        "hip_flexion_rom_deg",
        "Hip flexion range",
        "Greatest minus least angle of the thigh against the trunk line in a cycle.",
    ),
    _angle(
        "knee_flexion_at_contact_deg",
        "Knee flexion at initial contact",
        "Angle of the shank against the thigh at initial contact, 0 with the leg straight.",
    ),
    _angle(
        "knee_flexion_peak_stance_deg",
        "Knee flexion in early stance, peak",
        "Greatest angle of the shank against the thigh in the first half of stance, where the "
        "knee takes up the load.",
    ),
    _angle(
        "knee_flexion_peak_swing_deg",
        "Knee flexion in swing, peak",
        "Greatest angle of the shank against the thigh between foot off and initial contact.",
    ),
    _angle(
        "knee_flexion_rom_deg",
        "Knee flexion range",
        "Greatest minus least angle of the shank against the thigh in a cycle.",
    ),
    _angle(
        "ankle_dorsiflexion_peak_stance_deg",
        "Ankle dorsiflexion in stance, peak",
        "Greatest angle of the foot (heel to toe) against the shank before foot off, 0 at a "
        "right angle.",
    ),
    _angle(
        "ankle_plantarflexion_at_foot_off_deg",
        "Ankle plantarflexion at foot off",
        "Angle of the foot (heel to toe) below a right angle to the shank at foot off; negative "
        "while it is still dorsiflexed.",
    ),
    _angle(
        "ankle_rom_deg",
        "Ankle range",
        "Greatest minus least angle of the foot against the shank in a cycle.",
    ),
    Definition(
        "trunk_lean_deg",
        "Trunk lean, forward",
        "deg",
        "Mean angle of the trunk line (shoulder middle to hip middle) against the vertical, "
        "forward positive. The camera must be level.",
        SIDE,
        _ANGLES,
        "posture",
        0,
    ),
    _posture(
        "trunk_sway_deg",
        "Trunk sway, sideways",
        "Greatest minus least angle of the trunk line (shoulder middle to hip middle) against the "
        "vertical in a cycle, seen from the front.",
    ),
    Definition(
        "trunk_shift_m",
        "Trunk shift, to the right",
        "m",
        "Mean distance of the middle of the shoulders to the right of the middle of the hips; "
        "negative to the left.",
        FRONT,
        _WINTER,
        "posture",
        3,
    ),
    _posture(
        "shoulder_tilt_deg",
        "Shoulder tilt",
        "Mean angle of the line of the shoulders against the horizontal, positive with the right "
        "shoulder higher.",
    ),
    _posture(
        "pelvis_tilt_deg",
        "Pelvis tilt, sideways (obliquity)",
        "Mean angle of the line of the hips against the horizontal, positive with the right hip "
        "higher.",
    ),
    Definition(
        "arm_swing_deg",
        "Arm swing",
        "deg",
        "Greatest minus least angle of the line from shoulder to wrist against the trunk line in "
        "a cycle.",
        SIDE,
        _ANGLES,
        "arms",
        0,
    ),
)

#: Definitions by parameter name, in the order of the report.
CATALOGUE: dict[str, Definition] = {
    definition.name: definition
    for group in get_args(DefinitionGroup)
    for definition in (*_PER_STRIDE, *WHOLE_WALK, *TASK_DEFINITIONS)
    if definition.group == group
}

#: What a joint curve shows: title by curve name.
CURVE_TITLES: dict[str, str] = {
    "hip_flexion_deg": "Hip flexion (+) / extension (-)",
    "knee_flexion_deg": "Knee flexion (+)",
    "ankle_dorsiflexion_deg": "Ankle dorsiflexion (+) / plantarflexion (-)",
    "trunk_sway_deg": "Trunk to its own side (+) / away from it (-)",
    "pelvis_tilt_deg": "Pelvis right side up (+) / left side up (-)",
}

#: The body-height form of a length or speed that stands in where no scale is known.
WITHOUT_SCALE: dict[str, str] = {
    "speed_mps": "speed_bhps",
    "stride_length_m": "stride_length_bh",
    "step_length_m": "step_length_bh",
    "step_width_m": "step_width_bh",
}
