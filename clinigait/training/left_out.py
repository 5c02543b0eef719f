"""Networks of a table, judged on one person left out at a time, under several seeds.

What ``clinigait train`` does with one protocol, for comparing many: the same folds, seeds and walks
for all, walks also as they might have been seen under other conditions, and paired differences.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.models.scoring import softmax
from clinigait.nn.equal_size import parameter_count
from clinigait.stats.bootstrap import Estimate
from clinigait.stats.classification import classification_metrics, paired_comparison
from clinigait.training.fit import Lesson, fit_network, scores_of, tensors
from clinigait.training.folds import Fold, folds_by_person
from clinigait.training.kept import Kept
from clinigait.training.plan import TrainingPlan
from clinigait.training.prepared import Prepared

#: Told a sentence after each fit.
Told = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Seen:
    """Everybody as networks of one kind of input see them.

    Parameters
    ----------
    people
        Who teaches.
    by_condition
        The same people as they are judged, by name of the condition.
    kept
        What was said of them before.
    """

    people: Prepared
    by_condition: Mapping[str, Prepared]
    kept: Kept


@dataclass(frozen=True, eq=False)
class Judged:
    """What networks of one kind said, each of the person that it never saw.

    Parameters
    ----------
    seen
        What they saw.
    by_condition
        (seeds, N, K) log-probabilities of the N records.
    parameters
        Of one network.
    seconds
        Of the processor, for all that was not kept.
    """

    seen: Seen
    by_condition: Mapping[str, NDArray[np.float64]]
    parameters: int
    seconds: float

    def rows(self, condition: str, *, walks: bool) -> dict[str, NDArray[Any]]:
        """Return labels, people and probabilities of records, or of walks, seed after seed.

        A walk with several records has their mean.
        """
        records, scores = self.seen.by_condition[condition].records, self.by_condition[condition]
        keys = np.array([r.walk if walks else r.sequence for r in records])
        _, first, place = np.unique(keys, return_index=True, return_inverse=True)
        sums = np.zeros((len(scores), len(first), scores.shape[2]))
        for seed, own in enumerate(scores):
            np.add.at(sums[seed], place, own)
        probabilities = softmax(sums / np.bincount(place)[:, None])
        labels = np.array([record.label for record in records])[first]
        people = np.array([record.person for record in records])[first]
        return {
            "labels": np.tile(labels, len(scores)),
            "people": np.tile(people, len(scores)),
            "probabilities": probabilities.reshape(-1, scores.shape[2]),
        }

    def accuracy(self, condition: str, *, walks: bool) -> Estimate:
        """Return the share that is told rightly, with its interval over people."""
        rows = self.rows(condition, walks=walks)
        found = classification_metrics(
            rows["labels"], rows["probabilities"], rows["people"], self.seen.people.classes,
            ordered=False, seed=0,
        )  # fmt: skip
        return Estimate(found["accuracy"], *found["accuracy_ci95"])

    def gain_over(self, other: Judged, condition: str, *, walks: bool) -> Estimate | None:
        """Return what it is more often right than another, paired; None if walks differ."""
        rows, before = (one.rows(condition, walks=walks) for one in (self, other))
        if len(before["labels"]) != len(rows["labels"]):
            return None
        pair = paired_comparison(
            before["labels"], before["probabilities"], rows["probabilities"], before["people"],
            self.seen.people.classes, ordered=False,
        )  # fmt: skip
        return pair["accuracy"].difference


def accuracy_table(what: str, found: Mapping[str, Judged]) -> list[str]:
    """Return lines of a table: size and accuracy of every row, by condition.

    Parameters
    ----------
    what
        Head of the first column.
    found
        What was judged, by title; all under the same conditions.
    """
    views = _views(next(iter(found.values())))
    lines = _heads((what, "parameters", *views))
    for title, judged in found.items():
        cells = [judged.accuracy(name, walks=walks).text() for name, walks in views.values()]
        lines.append(f"| {title} | {judged.parameters:,} | {' | '.join(cells)} |")
    return lines


def gain_table(what: str, pairs: Iterable[tuple[str, Judged, Judged]]) -> list[str]:
    """Return lines of a table: what one is more often right than another, by condition.

    Parameters
    ----------
    what
        Head of the first column.
    pairs
        Title, the one, and the other.
    """
    lines: list[str] = []
    for title, judged, other in pairs:
        views = _views(judged)
        lines = lines or _heads((what, *views))
        gains = [judged.gain_over(other, name, walks=walks) for name, walks in views.values()]
        cells = [gain.text("+.3f") if gain else "not the same walks" for gain in gains]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def _views(judged: Judged) -> dict[str, tuple[str, bool]]:
    """Return conditions, each per record and per walk, by head of the column."""
    return {
        f"{name}, per {'walk' if walks else 'sequence'}": (name, walks)
        for name in judged.by_condition
        for walks in (False, True)
    }


def _heads(heads: tuple[str, ...]) -> list[str]:
    return [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]


def judge(plan: TrainingPlan, seen: Seen, seeds: int, told: Told | None = None) -> Judged:
    """Fit the first network of a plan on each fold and seed; ask it of the person left out.

    Parameters
    ----------
    plan
        How it learns.
    seen
        What it sees.
    seeds
        How often everybody is left out.
    told
        Is told of each fit.
    """
    records = {name: people.records for name, people in seen.by_condition.items()}
    classes = seen.people.classes
    said = {n: np.full((seeds, len(r), len(classes)), np.nan) for n, r in records.items()}
    began = time.process_time()
    for seed in range(seeds):
        for fold in folds_by_person(seen.people.labels, len(seen.people.labels), 0, classes):
            asked = partial(_fitted, plan, seen, seed, fold, told)
            for name, scores in seen.kept.scores((plan, seed, fold), asked).items():
                own = np.isin([record.person for record in records[name]], fold.test)
                said[name][seed, own] = scores
    size = parameter_count({**plan.networks[0].spec, "classes": len(classes)})
    return Judged(seen, said, size, time.process_time() - began)


def _fitted(
    plan: TrainingPlan, seen: Seen, seed: int, fold: Fold, told: Told | None
) -> dict[str, NDArray[np.float64]]:
    began = time.process_time()
    lesson = Lesson(plan, plan.networks[0], seen.people.of(fold.train), seed=seed)
    arrays = tensors(fit_network(lesson).arrays)
    found = {n: scores_of(lesson, arrays, p.of(fold.test)) for n, p in seen.by_condition.items()}
    if told is not None:
        took_s = time.process_time() - began
        told(f"seed {seed}, without {fold.test[0]}: {took_s:.0f} CPU s")
    return found
