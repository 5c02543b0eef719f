"""The walks of a study as networks see them, kept in memory."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from clinigait.core import BadInputError, DataUse, InputSpec, Progress, RefusedError, Walk
from clinigait.datasets.study import Sample, Study
from clinigait.models.task import Task
from clinigait.representations.clip import Clip
from clinigait.training.measured import Measure

#: Prepares a walk: :func:`clinigait.representations.inputs.prepare`, or a stand-in.
Prepare = Callable[[Walk, Sequence[InputSpec]], Clip]
#: Puts the gait of a walk on other bodies; the name of its sequence says which.
Vary = Callable[[Walk, str], tuple[Clip, ...]]


@dataclass(frozen=True, eq=False)
class Record:
    """One record of one walk.

    Parameters
    ----------
    sequence, person, visit, walk
        As of its sample.
    label
        Index of its class.
    clip
        What networks see.
    values
        What else is known, by name with unit.
    side
        The affected side; empty where there is none, or nobody knows.
    variations
        The same gait on other bodies; only learned from.
    """

    sequence: str
    person: str
    visit: str
    walk: str
    label: int
    clip: Clip
    values: dict[str, float] = field(default_factory=dict)
    side: str = ""
    variations: tuple[Clip, ...] = ()


@dataclass(frozen=True, eq=False)
class Prepared:
    """A study, ready to learn from.

    Parameters
    ----------
    classes
        Labels in the order of the indices.
    records
        In the order of the study.
    refused
        Reason by sequence, for walks that cannot be seen.
    unlabelled
        How many walks have no label.
    """

    classes: tuple[str, ...]
    records: tuple[Record, ...]
    refused: dict[str, str]
    unlabelled: int = 0

    @property
    def labels(self) -> dict[str, frozenset[str]]:
        """Labels of each person, in order of first appearance."""
        found: dict[str, set[str]] = {}
        for record in self.records:
            found.setdefault(record.person, set()).add(self.classes[record.label])
        return {person: frozenset(own) for person, own in found.items()}

    def of(self, people: Sequence[str]) -> Prepared:
        """Return the records of some people."""
        wanted = set(people)
        return replace(self, records=tuple(r for r in self.records if r.person in wanted))

    def few_of_each(self, most: int) -> Prepared:
        """Return at most so many records of each person, spread over all of theirs."""
        own: dict[str, list[Record]] = {}
        for record in self.records:
            own.setdefault(record.person, []).append(record)
        chosen = {
            theirs[i].sequence
            for theirs in own.values()
            for i in np.linspace(0, len(theirs) - 1, min(most, len(theirs))).round().astype(int)
        }
        return replace(self, records=tuple(r for r in self.records if r.sequence in chosen))

    def people_per_class(self) -> dict[str, int]:
        """Return how many people have each label."""
        counts = Counter(label for own in self.labels.values() for label in own)
        return {label: counts[label] for label in self.classes}

    def data_use(self, study: Study) -> DataUse:
        """Return what a model that learns from all of it learned from."""
        walks = {(r.person, r.visit, r.walk) for r in self.records}
        return DataUse(
            study.name, study.source, study.licence, study.kind, len(self.labels), len(walks),
            self.people_per_class(),
        )  # fmt: skip

    @property
    def digest(self) -> str:
        """Hash of all that is learned from: who, what, the side, and every frame with its time."""
        whole = hashlib.sha256()
        for r in self.records:
            whole.update(f"{r.sequence}|{r.person}|{r.visit}|{r.walk}|{r.label}|".encode())
            whole.update(repr((r.side, sorted(r.values.items()))).encode())
            whole.update(np.ascontiguousarray(r.clip.time_s).tobytes())
            for arrays in (r.clip.frames, r.clip.vectors):
                for kind, array in sorted(arrays.items()):
                    whole.update(f"{kind}{array.shape}{array.dtype}".encode())
                    whole.update(np.ascontiguousarray(array).tobytes())
        return whole.hexdigest()


def prepare_study(
    study: Study,
    task: Task,
    prepare: Callable[[Walk], Clip],
    measure: Measure | None = None,
    progress: Progress | None = None,
    vary: Vary | None = None,
) -> Prepared:
    """Read and prepare all walks of a study.

    A walk that is refused is left out and counted; a fault of the data ends it.

    Parameters
    ----------
    study
        The walks.
    task
        Which labels there are.
    prepare
        What networks see of a walk.
    measure
        Measures what the baseline of the task knows, where the data do not state all of it; None
        for nothing.
    progress
        Is told how far it is.
    vary
        Gives variations of a walk by the name of its sequence; None for none.

    Raises
    ------
    BadInputError
        If a label is none of the task's, or no walk is left.
    """
    known = [sample for sample in study.samples if sample.label is not None]
    for sample in known:
        task.check_label(str(sample.label), sample.sequence[:80])
    records, refused = [], {}
    for number, sample in enumerate(known, 1):
        try:
            records.append(_record(sample, task, prepare, measure, vary))
        except RefusedError as error:
            refused[sample.sequence] = error.refused.code
        if progress:
            progress(number / len(known))
    if not records:
        why = "none has a label"
        if known:
            codes = ", ".join(code for code, _ in Counter(refused.values()).most_common(3))
            why = f"all {len(known)} were refused ({codes})"
        raise BadInputError(
            f"{study.name} holds no walk to learn from: {why}.", "Look at labels and inputs."
        )
    return Prepared(task.classes, tuple(records), refused, len(study.samples) - len(known))


def _record(
    sample: Sample,
    task: Task,
    prepare: Callable[[Walk], Clip],
    measure: Measure | None,
    vary: Vary | None,
) -> Record:
    walk = sample.read()
    clip = prepare(walk)
    values = values_of(sample, walk, task, measure)
    label = task.classes.index(str(sample.label))
    variations = vary(walk, sample.sequence) if vary is not None else ()
    side = "" if sample.label in task.without_side else sample.covariates.get("affected_side", "")
    return Record(
        sample.sequence, sample.person, sample.visit, sample.walk, label, clip, values,
        str(side), variations,
    )  # fmt: skip


def values_of(sample: Sample, walk: Walk, task: Task, measure: Measure | None) -> dict[str, float]:
    """Return what is known of a walk; what a baseline needs beside it is measured."""
    values = known_values(sample, walk)
    if measure is not None and not set(task.baseline.columns) <= set(values):
        values = {**measure(walk), **values}
    return values


def known_values(sample: Sample, walk: Walk) -> dict[str, float]:
    """Return the numbers that are known of a walk without measuring it."""
    found = {k: float(v) for k, v in sample.covariates.items() if not isinstance(v, str)}
    sex = sample.covariates.get("sex", walk.subject.sex)
    if sex in ("female", "male"):
        found["sex_female"] = float(sex == "female")
    if walk.subject.age_y is not None:
        found.setdefault("age_y", walk.subject.age_y)
    return {name: value for name, value in found.items() if np.isfinite(value)}
