"""Definitions of what belongs to a task: a course of known length, a turn, the timed up and go."""

from __future__ import annotations

from clinigait.core import Definition

#: All of them are seen from the side, or in three dimensions.
_SIDE = "side view"
_TURN = (
    "After El-Gohary 2014, doi 10.3390/s140100356, who bounds a turn of the pelvis by its rate; "
    "the bounds of 15 and 30 deg/s are ours"
)
_COURSE = "Timing of a marked course as in Guralnik 1994, doi 10.1093/geronj/49.2.M85"
_TUG = (
    "Podsiadlo & Richardson 1991, doi 10.1111/j.1532-5415.1991.tb01616.x; the bounds of the "
    "phases are ours"
)
_ABOUT_TURN = (
    "About-turns (120 deg or more) only; a turn lasts while the body turns faster than 15 deg/s"
)


def _tug(name: str, title: str, definition: str) -> Definition:
    return Definition(f"tug_{name}_s", title, "s", definition, _SIDE, _TUG, "task", 2)


#: In the order of the report.
TASK_DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        "course_time_s",
        "Time for the course",
        "s",
        "Time in which the pelvis goes forward by the length of the course. Where the person "
        "starts from standing it begins when the pelvis passes a tenth of the walking speed; else "
        "it is the middle of the way.",
        _SIDE,
        _COURSE,
        "task",
        2,
    ),
    Definition(
        "course_speed_mps",
        "Speed over the course",
        "m/s",
        "Length of the course divided by the time for it.",
        _SIDE,
        _COURSE,
        "task",
        2,
    ),
    Definition(
        "turn_duration_s",
        "Turn: duration",
        "s",
        f"Time for turning round. {_ABOUT_TURN}.",
        _SIDE,
        _TURN,
        "task",
        2,
    ),
    Definition(
        "turn_steps",
        "Turn: steps",
        "steps",
        "Steps in a turn: movements of a foot whose middle lies within it. The interval runs from "
        "those that lie wholly within the turn to all that it may touch.",
        _SIDE,
        _TURN,
        "task",
        1,
    ),
    Definition(
        "turn_peak_velocity_degps",
        "Turn: peak velocity",
        "deg/s",
        "Greatest rate at which the line of shoulders and hips turns; in a picture, the rate over "
        "the middle 90 deg of the turn.",
        _SIDE,
        _TURN,
        "task",
        0,
    ),
    Definition(
        "turn_angle_deg",
        "Turn: angle",
        "deg",
        "Angle by which the line of shoulders and hips turns. In a picture a turn is seen as a "
        "reversal of the way: 180 deg.",
        _SIDE,
        _TURN,
        "task",
        0,
    ),
    _tug(
        "time",
        "Timed up and go: time",
        "Time from the first movement of the trunk on the seat until the pelvis is back at the "
        "height of the seat.",
    ),
    _tug(
        "rise",
        "Timed up and go: rise",
        "Time from the first movement of the trunk until the pelvis has gone nine tenths of its "
        "way up from the seat.",
    ),
    _tug(
        "walk_out", "Timed up and go: walk out", "Time from the end of the rise to the first turn."
    ),
    _tug("turn", "Timed up and go: turn", "Time for turning round at the far end."),
    _tug(
        "walk_back",
        "Timed up and go: walk back",
        "Time from the end of the first turn until the person turns to sit, or lowers the pelvis.",
    ),
    _tug(
        "sit",
        "Timed up and go: turn and sit",
        "Time from the end of the walk back until the pelvis has gone nine tenths of its way down "
        "to the seat.",
    ),
)
