"""What a protocol's task adds to a walk: the course, the turns, the timed up and go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from clinigait.core import Parameter, Protocol, QualityCheck
from clinigait.gait.course import course_parameters
from clinigait.gait.quality import warning
from clinigait.gait.stature import KnownLength
from clinigait.gait.task_catalogue import TASK_DEFINITIONS
from clinigait.gait.timed_up_and_go import tug_parameters
from clinigait.gait.turns import turn_parameters, turns_of
from clinigait.gait.walked import WalkedBouts

_DEFINITIONS = {definition.name: definition for definition in TASK_DEFINITIONS}

#: The parameters that belong to a task.
TASK_PARAMETERS: frozenset[str] = frozenset(_DEFINITIONS)

#: The outcome without which a task was not done, and what to do then, by task.
_OUTCOMES = {
    "course": (
        "course_time_s",
        "The course of the protocol was not timed",
        "Film the whole course from the side, with a metre more at both ends.",
    ),
    "timed_up_and_go": (
        "tug_time_s",
        "The timed up and go was not seen from sitting to sitting",
        "Film from the side, from before the person rises until the person sits again.",
    ),
}


def task_parameters(
    walked: WalkedBouts, protocol: Protocol, known: KnownLength | None
) -> tuple[Parameter, ...]:
    """Measure what belongs to a task.

    Parameters
    ----------
    walked
        The bouts of the walk.
    protocol
        What to report, and the task that the person was given.
    known
        A known length in the picture.

    Returns
    -------
    tuple of Parameter
        Those of the protocol's parameters that belong to a task, in its order, with interval and
        definition; absent ones with the reason.
    """
    wanted = [name for name in protocol.parameters if name in TASK_PARAMETERS]
    found: dict[str, Parameter] = {}
    for prefix, of_kind in _kinds(walked, protocol, known).items():
        if any(name.startswith(prefix) for name in wanted):
            found |= of_kind()
    return tuple(replace(found[name], definition=_DEFINITIONS[name].definition) for name in wanted)


def _kinds(
    walked: WalkedBouts, protocol: Protocol, known: KnownLength | None
) -> dict[str, Callable[[], dict[str, Parameter]]]:
    """Return what measures the parameters whose names begin alike."""
    is_tug = protocol.task == "timed_up_and_go"
    return {
        "course_": lambda: course_parameters(walked, protocol, known),
        "turn_": lambda: turn_parameters(turns_of(walked)),
        "tug_": lambda: tug_parameters(walked) if is_tug else _other_task(),
    }


def _other_task() -> dict[str, Parameter]:
    reason = "the task of the protocol is no timed up and go"
    return {
        name: Parameter(name, "both", None, definition.unit, 0, reason=reason)
        for name, definition in _DEFINITIONS.items()
        if name.startswith("tug_")
    }


def task_checks(parameters: tuple[Parameter, ...], protocol: Protocol) -> list[QualityCheck]:
    """Warn where the outcome of the protocol's task could not be had.

    Parameters
    ----------
    parameters
        What :func:`task_parameters` returned.
    protocol
        The task that the person was given.

    Returns
    -------
    list of QualityCheck
        Empty where the outcome is there, or where the protocol does not ask for it.
    """
    if protocol.task not in _OUTCOMES:
        return []
    name, message, remedy = _OUTCOMES[protocol.task]
    missing = [p for p in parameters if p.name == name and p.value is None]
    return [warning("Task", "task_not_seen", f"{message}: {p.reason}.", remedy) for p in missing]
