"""Tasks: what can be told of a walk, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from typing import ClassVar, Literal

import yaml
from pydantic import TypeAdapter

from clinigait.core import BadInputError
from clinigait.datasets.study import Study

_STRICT = {"extra": "forbid"}


@dataclass(frozen=True)
class Label:
    """One class of a task.

    Parameters
    ----------
    name, title
        Name in tables, and as printed.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    title: str


@dataclass(frozen=True)
class BaselineTask:
    """What a baseline of a task knows.

    Parameters
    ----------
    title
        As printed.
    columns
        Names with units; ``sex_female`` is 1 or 0.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    title: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """What can be told of a walk.

    Parameters
    ----------
    name, title
        Name, and as printed.
    labels
        Classes, in order.
    ordered
        Whether neighbours are more alike than others.
    sided
        Whether a mirrored walk has another label: then no walk is mirrored.
    positive
        Labels of which predictive values are given.
    baseline
        What runs beside every network.
    wording
        The sentence about a result; ``{title}`` is that of the label.
    limits
        Sentences for every page.
    measures
        What was measured and stands with a prediction: ``posture`` of shoulders, hips and trunk
        with their signs, or ``parkinson_signs``, which come before it.
    without_side
        Labels of gaits in which no side of the body is affected.
    synonyms
        Labels of data sets that mean one of the classes, by that class.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    title: str
    labels: tuple[Label, ...]
    ordered: bool
    sided: bool
    positive: tuple[str, ...]
    baseline: BaselineTask
    wording: str
    limits: tuple[str, ...] = ()
    measures: tuple[Literal["posture", "parkinson_signs"], ...] = ()
    without_side: tuple[str, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the labels in order."""
        return tuple(label.name for label in self.labels)

    def named(self, study: Study) -> Study:
        """Return a study with the names that this task has for its labels."""
        if not self.synonyms:
            return study
        samples = tuple(
            s if s.label is None else replace(s, label=self.synonyms.get(s.label, s.label))
            for s in study.samples
        )
        return replace(study, samples=samples)

    def check_label(self, label: str, where: str) -> None:
        """Refuse a label that is none of the task's.

        Raises
        ------
        BadInputError
            If it is none.
        """
        if label not in self.classes:
            raise BadInputError(
                f"{where} has the label {label[:40]}, which is none of the task {self.name}.",
                f"Use one of: {', '.join(self.classes)}.",
            )


def task_names() -> tuple[str, ...]:
    """Return the names of the tasks."""
    found = files("clinigait.models").joinpath("tasks").iterdir()
    return tuple(sorted(f.name.removesuffix(".yaml") for f in found if f.name.endswith(".yaml")))


def load_task(name: str) -> Task:
    """Return a task.

    Raises
    ------
    BadInputError
        If there is none of that name.
    """
    if name not in task_names():
        raise BadInputError(
            f"There is no task {name[:40]}.", f"Choose of: {', '.join(task_names())}."
        )
    text = files("clinigait.models").joinpath("tasks", f"{name}.yaml").read_text("utf-8")
    return TypeAdapter(Task).validate_python(yaml.safe_load(text))
