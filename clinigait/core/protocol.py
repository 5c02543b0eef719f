"""Protocol: what to do with a walk, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from clinigait.core.saliency import SaliencyMethod

#: Unknown keys in a protocol file are faults, not decoration.
_STRICT = {"extra": "forbid"}

Surface = Literal["overground", "treadmill"]
Task = Literal["walk", "course", "timed_up_and_go"]
EntryKind = Literal["text", "number", "choice"]
ProtocolKind = Literal["clinical", "evaluation", "training", "population"]


@dataclass(frozen=True)
class Limit:
    """A check's two thresholds: beyond ``warn`` the report warns, beyond ``refuse`` there is none.

    Parameters
    ----------
    warn, refuse
        Thresholds in the unit of the check; None where the check has none of that kind.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    warn: float | None
    refuse: float | None

    def __post_init__(self) -> None:
        _need_finite(self.warn, self.refuse)


@dataclass(frozen=True)
class WalkerRule:
    """How the walker is told from other people in view.

    Parameters
    ----------
    min_duration_s
        Shortest time that a person must be followed.
    min_travel_heights
        Shortest way in one direction, in body heights.
    min_steadiness
        Least ratio of net way to way walked, 0 to 1.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    min_duration_s: float
    min_travel_heights: float
    min_steadiness: float

    def __post_init__(self) -> None:
        _need_finite(self.min_duration_s, self.min_travel_heights, self.min_steadiness)


def _need_finite(*numbers: float | None) -> None:
    if not all(number is None or math.isfinite(number) for number in numbers):
        raise ValueError("a limit must be a finite number")


@dataclass(frozen=True)
class Entry:
    """Something that only the clinician can know, entered beside the measurement.

    Parameters
    ----------
    name, title
        Key, and name as shown.
    kind
        Free text, a number, or a choice of ``options``.
    options
        What to choose from.
    unit
        Unit of a number.
    hint
        How to fill it in.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    title: str
    kind: EntryKind = "text"
    options: tuple[str, ...] = ()
    unit: str = ""
    hint: str = ""

    def __post_init__(self) -> None:
        if (self.kind == "choice") != bool(self.options):
            raise ValueError(f"{self.name}: a choice, and only a choice, has options")


@dataclass(frozen=True)
class Protocol:
    """A kind of walk: how it is filmed, when it is refused, and what is reported.

    Parameters
    ----------
    name, version, kind, title
        Identity of the protocol.
    view
        The camera view that it needs.
    instructions
        What to tell the person and the one who films.
    walker
        How the walker is chosen.
    limits
        Quality limits by check name.
    parameters
        Names of the reported parameters, in the order of the report.
    curves
        Names of the reported joint curves.
    surface
        Floor or treadmill.
    strides
        ``steady`` leaves out starting, stopping and turning; ``all`` counts every stride.
    task
        What the person does: walk; walk a course of known length; stand up, walk, turn, sit down.
    course_m
        Length of the course in m, for the task ``course``.
    pace, start
        What the person is told, and how the timed way begins; None where it is left open.
    entries
        What only the clinician can enter.
    models
        Bundles that say something beside the measurement: names of shipped ones, or folders. Of a
        list within the list, the first that can see the walk speaks.
    research
        Whether numbers are shown, watermarked, that a model would keep to itself in a clinic.
    narration
        Who words the findings: the templates, or a frozen language model whose every sentence is
        checked, with the templates where it fails.
    prevalence_pct
        How common the condition is where the protocol is used, in per cent: for predictive values.
    saliency
        How it is shown where the models looked: of ``integrated_gradients``, ``grad_cam`` and
        ``occlusion``; ``none`` leaves it out.
    sha256
        Hash of the file that the protocol was read from.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    version: str
    kind: ProtocolKind
    title: str
    view: Literal["sagittal", "frontal", "any"]
    instructions: tuple[str, ...]
    walker: WalkerRule
    limits: dict[str, Limit]
    parameters: tuple[str, ...]
    curves: tuple[str, ...]
    surface: Surface = "overground"
    strides: Literal["steady", "all"] = "steady"
    task: Task = "walk"
    course_m: float | None = None
    pace: Literal["slow", "usual", "fast"] | None = "usual"
    start: Literal["rolling", "standing"] | None = None
    entries: tuple[Entry, ...] = ()
    models: tuple[str | tuple[str, ...], ...] = ()
    research: bool = False
    prevalence_pct: float | None = None
    saliency: SaliencyMethod | Literal["none"] = "none"
    narration: Literal["template", "llm"] = "template"
    sha256: str = ""

    def __post_init__(self) -> None:
        _need_finite(self.course_m, self.prevalence_pct)
        if not all(self.models):
            raise ValueError("models: an entry is empty")
        if self.prevalence_pct is not None and not 0 < self.prevalence_pct < 100:
            raise ValueError("prevalence_pct lies between 0 and 100")
        if (self.task == "course") != (self.course_m is not None):
            raise ValueError("course_m belongs to the task course, and only there")
        if self.course_m is not None and not 1 <= self.course_m <= 1000:
            raise ValueError("a course is 1 to 1000 m long")
