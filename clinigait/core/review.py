"""Review: what a person looked at, corrected and signed of an assessment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from clinigait.core.layout import Side
from clinigait.core.measurement import EventKind

#: Name of the method of events that a person set.
MANUAL = "manual"


@dataclass(frozen=True)
class MoveEvent:
    """An event is elsewhere in time.

    Parameters
    ----------
    kind, side, time_s
        Which event, and where it was.
    to_s
        Where it is.
    """

    kind: EventKind
    side: Side
    time_s: float
    to_s: float
    action: Literal["move_event"] = "move_event"


@dataclass(frozen=True)
class AddEvent:
    """An event that was not found."""

    kind: EventKind
    side: Side
    time_s: float
    action: Literal["add_event"] = "add_event"


@dataclass(frozen=True)
class DeleteEvent:
    """An event that is none."""

    kind: EventKind
    side: Side
    time_s: float
    action: Literal["delete_event"] = "delete_event"


@dataclass(frozen=True)
class SwapLegs:
    """Left and right leg were taken for each other in all frames from one time to another."""

    from_s: float
    to_s: float
    action: Literal["swap_legs"] = "swap_legs"


Correction = MoveEvent | AddEvent | DeleteEvent | SwapLegs


@dataclass(frozen=True)
class ReviewStep:
    """What one person did at one time.

    Parameters
    ----------
    by
        Name of the user.
    at
        When, ISO 8601 with offset; None for a preview that nobody kept.
    corrections
        What was corrected; empty where the events were looked at and found right.
    note
        What the person said of it.
    """

    by: str
    at: str | None
    corrections: tuple[Correction, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Review:
    """That a person reviewed the events of an assessment, and all that was corrected.

    Parameters
    ----------
    steps
        In the order in which they were made; one at least.
    """

    steps: tuple[ReviewStep, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError("a review has one step at least")

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """All corrections in their order."""
        return tuple(one for step in self.steps for one in step.corrections)

    @property
    def by(self) -> tuple[str, ...]:
        """Names of those who reviewed, each once, the first first."""
        return tuple(dict.fromkeys(step.by for step in self.steps))


@dataclass(frozen=True)
class SignOff:
    """That a report was signed: by whom, when, and why where it amends an earlier one.

    Parameters
    ----------
    by
        Name of the user.
    at
        When, ISO 8601 with offset.
    amends
        Why an earlier signed report of the visit is amended; None for the first.
    """

    by: str
    at: str
    amends: str | None = None


@dataclass(frozen=True)
class Score:
    """A scale that the clinician scored.

    Parameters
    ----------
    key, name, name_zh
        Key in the list of scales, and the scale's name, in English and in Chinese.
    value, unit
        The score; ``unit`` is ``points`` or a unit of measurement.
    low, high
        The scale's range.
    """

    key: str
    name: str
    value: float
    unit: str
    low: float
    high: float
    name_zh: str = ""
