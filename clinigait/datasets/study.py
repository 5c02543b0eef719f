"""Study: walks with person, visit and label, whatever data set they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from clinigait.core import BadInputError, Recording, Walk
from clinigait.core.card import DataKind


@dataclass(frozen=True, eq=False)
class Sample:
    """One record of one walk, read when it is needed.

    Parameters
    ----------
    sequence
        Its name, once in a study.
    person
        Who walked: no person is in two folds.
    walk
        Records of one walk by several cameras share it.
    label
        What is to be told; None where it is not known.
    read
        Reads the walk.
    visit
        Name of the visit.
    view
        Name of the camera or sensor; None where there is one only.
    covariates
        What else is known: ``age_y``, ``sex``, ``speed_mps``, ``aid``, ``medication_state`` …
    recording
        Opens what the walk was seen in, for models that look at pictures; None where it is not
        there.
    measured
        Reads the record that is measured for baselines; None where it is the walk itself.
    """

    sequence: str
    person: str
    walk: str
    label: str | None
    read: Callable[[], Walk]
    visit: str = "1"
    view: str | None = None
    covariates: Mapping[str, float | str] = field(default_factory=dict)
    recording: Callable[[], Recording] | None = None
    measured: Callable[[], Walk] | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """The walks of a data set.

    Parameters
    ----------
    name, source, licence
        Data set, citation, and licence as stated.
    kind
        Who walked: patients, healthy people who acted, synthetic walkers, or several kinds.
    obtain
        One sentence: how to get the data.
    samples
        In a fixed order.
    limits
        Sentences on what a study of these data cannot show.
    """

    name: str
    source: str
    licence: str
    kind: DataKind
    obtain: str
    samples: tuple[Sample, ...]
    limits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [sample.sequence for sample in self.samples]
        if len(set(names)) != len(names):
            double, _ = Counter(names).most_common(1)[0]
            raise BadInputError(
                f"The sequence {double[:80]} stands twice in {self.name}.", "Name each one once."
            )

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody, in order of first appearance."""
        return tuple(dict.fromkeys(sample.person for sample in self.samples))

    def labels_of(self, person: str) -> frozenset[str]:
        """Return the labels of a person's walks: several where gaits were acted."""
        found = (s.label for s in self.samples if s.person == person)
        return frozenset(label for label in found if label is not None)
