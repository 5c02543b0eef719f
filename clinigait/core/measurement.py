"""Measurement: events, strides, parameters, curves and how far to trust them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from clinigait.core.layout import Side

Direction = Literal["left", "right", "towards", "away", "along"]
ViewName = Literal["sagittal", "oblique", "frontal", "spatial"]


class EventKind(StrEnum):
    """The two instants that divide a gait cycle."""

    INITIAL_CONTACT = "initial_contact"
    FOOT_OFF = "foot_off"


@dataclass(frozen=True)
class Event:
    """One foot meeting or leaving the ground.

    Parameters
    ----------
    kind, side
        What happened, and to which foot.
    time_s
        When, on the recording's clock, between frames where need be.
    uncertainty_s
        How far the methods that see the event scatter, and the frames, as a standard deviation;
        what all events of a walk are early or late alike is not in it.
    confidence
        0 to 1: agreement of the methods, weighed by the confidence of the keypoints.
    by_method
        The time that each detection method gives in s; a method that saw nothing is absent.
    """

    kind: EventKind
    side: Side
    time_s: float
    uncertainty_s: float
    confidence: float
    by_method: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Stride:
    """One gait cycle: initial contact to the next initial contact of the same foot.

    Parameters
    ----------
    number
        Position in the table, from 1.
    side
        The foot whose cycle this is.
    start_s, end_s
        Its two initial contacts.
    foot_off_s, opposite_foot_off_s, opposite_initial_contact_s
        The events between them; None where one was not found.
    values
        Per-stride parameters by name, in the unit of the catalogue.
    rejected_because
        Why the stride is left out of the parameters; None where it is used.
    """

    number: int
    side: Side
    start_s: float
    end_s: float
    foot_off_s: float | None
    opposite_foot_off_s: float | None
    opposite_initial_contact_s: float | None
    values: Mapping[str, float] = field(default_factory=dict)
    rejected_because: str | None = None

    @property
    def used(self) -> bool:
        """Whether the stride enters the parameters."""
        return self.rejected_because is None


@dataclass(frozen=True)
class Reference:
    """A range of a reference population that this person may be held against.

    Parameters
    ----------
    low, high
        The range, in the unit of the parameter.
    kind
        What the range is, for example ``mean ± 1 SD``.
    population
        Who was measured.
    source
        Citation, with DOI where there is one.
    """

    low: float
    high: float
    kind: str
    population: str
    source: str


@dataclass(frozen=True)
class Parameter:
    """One number of the report, or the reason why it cannot be had.

    Parameters
    ----------
    name
        Name in the catalogue; it carries the unit.
    side
        ``left``, ``right`` or ``both``.
    value, low, high
        The value and its 95 % interval; None where it cannot be had.
    unit
        Unit symbol as printed.
    n
        Number of strides (or steps) behind the value.
    sd
        Standard deviation over those strides; None for fewer than two.
    reference
        Range that applies to this person, if one does.
    reason
        Why there is no value, or a caution that belongs to the value.
    definition
        What the number is, in one or two sentences.
    """

    name: str
    side: Literal["left", "right", "both"]
    value: float | None
    unit: str
    n: int
    low: float | None = None
    high: float | None = None
    sd: float | None = None
    reference: Reference | None = None
    reason: str | None = None
    definition: str = ""

    def __post_init__(self) -> None:
        numbers = (self.value, self.low, self.high, self.sd)
        if any(number is not None and not math.isfinite(number) for number in numbers):
            raise ValueError(f"{self.name} is not finite: leave the value out and give a reason")
        if self.value is None and not self.reason:
            raise ValueError(f"{self.name} has neither a value nor a reason")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"{self.name} has an interval upside down")


@dataclass(frozen=True)
class Curve:
    """A joint angle over the gait cycle, every used stride of one side.

    Parameters
    ----------
    name, side
        What the curve shows, and of which side.
    unit
        Unit symbol, ``deg`` for angles.
    strides
        One row of 101 values (0 % to 100 % of the cycle) per stride.
    stride_numbers
        The number of each row's stride in the stride table.
    mean, sd
        101 values each; ``sd`` is None for fewer than two strides.
    """

    name: str
    side: Side
    unit: str
    strides: tuple[tuple[float, ...], ...]
    stride_numbers: tuple[int, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...] | None


class Grade(StrEnum):
    """Outcome of one quality check."""

    PASS = "pass"
    WARNING = "warning"
    REFUSAL = "refusal"


@dataclass(frozen=True)
class QualityCheck:
    """One thing that was checked before the numbers were believed.

    Parameters
    ----------
    name
        What was checked.
    grade
        Pass, warning or refusal.
    value, unit
        What was found; None where the check is not a number.
    limit
        What was asked for, in words.
    code, message, remedy
        Filled for a warning or a refusal.
    """

    name: str
    grade: Grade
    value: float | None
    unit: str
    limit: str
    code: str | None = None
    message: str | None = None
    remedy: str | None = None


@dataclass(frozen=True)
class Bout:
    """A stretch of steady walking in one direction.

    Parameters
    ----------
    start_s, end_s
        When it begins and ends.
    direction
        Where the person goes: as the camera sees it, or ``along`` the floor of a motion capture.
    heading_deg
        Direction on the floor of a walk in metres, anticlockwise from the first floor axis
        (camera: from its right); None in a picture.
    """

    start_s: float
    end_s: float
    direction: Direction
    heading_deg: float | None = None


@dataclass(frozen=True)
class Scale:
    """How lengths in the picture became lengths of the report.

    Parameters
    ----------
    unit
        ``m`` where the scale is known, else ``BH`` (body heights).
    source
        ``body height``, ``known length``, ``calibration`` or ``none``.
    px_per_unit
        Median image pixels per unit of length at the walker's distance.
    relative_uncertainty
        Standard uncertainty of the scale as a fraction.
    """

    unit: Literal["m", "BH"]
    source: str
    px_per_unit: float
    relative_uncertainty: float


@dataclass(frozen=True)
class TimeFrequency:
    """How strongly a point of the body swings at each frequency and time of one bout.

    Parameters
    ----------
    name, side
        The point, for example ``ankle``.
    unit
        Unit of the amplitude.
    time_s
        Times of the columns, on the recording's clock.
    frequency_hz
        Frequencies of the rows, rising, even in their logarithm.
    amplitude
        One row a frequency: that of a sine which would show so.
    trusted_s
        Of each row, from when to when the ends of the bout do not spoil it; None for a row in
        which they spoil everything.
    """

    name: str
    side: Literal["left", "right", "both"]
    unit: str
    time_s: tuple[float, ...]
    frequency_hz: tuple[float, ...]
    amplitude: tuple[tuple[float, ...], ...]
    trusted_s: tuple[tuple[float, float] | None, ...]

    def __post_init__(self) -> None:
        rows = (len(self.amplitude), len(self.trusted_s))
        if rows != (len(self.frequency_hz),) * 2 or not self.frequency_hz:
            raise ValueError("a picture of time and frequency has one row a frequency")
        if len(self.time_s) < 2 or any(len(row) != len(self.time_s) for row in self.amplitude):
            raise ValueError("a picture of time and frequency has one column a time")
        if not all(math.isfinite(value) for row in self.amplitude for value in row):
            raise ValueError("a picture of time and frequency has no holes")


@dataclass(frozen=True)
class Measurement:
    """Everything that was measured of one walk.

    Parameters
    ----------
    view
        How the camera sees the walk: ``sagittal``, ``oblique`` or ``frontal``; ``spatial`` where
        the walk is known in three dimensions.
    view_angle_deg
        0 for a pure side view, 90 for a frontal one.
    near_side
        The side of the body that is turned to the camera; None where both were in turn.
    rate_hz
        Median frame rate by presentation timestamps.
    scale
        How pixels became lengths; None where no length could be had.
    bouts, events, strides, parameters, curves, quality
        The tables, in the order in which they are printed.
    time_frequency
        Pictures of the longest bout; empty where it is too short for them.
    """

    view: ViewName
    view_angle_deg: float
    near_side: Side | None
    rate_hz: float
    scale: Scale | None
    bouts: tuple[Bout, ...]
    events: tuple[Event, ...]
    strides: tuple[Stride, ...]
    parameters: tuple[Parameter, ...]
    curves: tuple[Curve, ...]
    quality: tuple[QualityCheck, ...]
    time_frequency: tuple[TimeFrequency, ...] = ()

    def parameter(self, name: str, side: str = "both") -> Parameter | None:
        """Return the parameter of that name and side, or None where it is not in the table."""
        found = (p for p in self.parameters if p.name == name and p.side == side)
        return next(found, None)
