"""How good a model is on the labelled walks of a study: numbers, tables and pictures.

Walks are read, prepared and judged one record at a time, so that a study of any size fits into
memory. A record that cannot be judged is counted with its reason and stays in the table. Records
of one walk by several cameras are judged by themselves and once more together.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SYNTHETIC, BadInputError, Card, Progress, Refused, RefusedError
from clinigait.datasets.study import Sample, Study
from clinigait.io.output import workplace
from clinigait.models.baselines import baseline_probabilities
from clinigait.models.pictures import with_pictures_of
from clinigait.models.sets import prediction_set, sets_of
from clinigait.models.task import Task, load_task
from clinigait.representations.clip import Clip
from clinigait.representations.inputs import prepare
from clinigait.stats import (
    bootstrap_estimate,
    classification_metrics,
    confusion,
    paired_comparison,
    reliability_table,
    set_coverage,
    tempered,
)
from clinigait.stats.classification import as_flat
from clinigait.stats.weighted import weighted_mean
from clinigait.training.class_pictures import confusion_png, reliability_png
from clinigait.training.measured import Measure, measured_for
from clinigait.training.prepared import values_of
from clinigait.training.validate import table_cell

PREDICTIONS, METRICS = "predictions.csv", "metrics.json"
CONFUSION, RELIABILITY = "confusion.png", "reliability.png"
OUTPUTS = (METRICS, PREDICTIONS, CONFUSION, RELIABILITY)
#: Statistics of the table that are not given once more for walks.
_RECORDS_ONLY = {"per_class", "confusion", "intervals_note", "people"}

Floats = NDArray[np.float64]


class WalkScorer(Protocol):
    """What :class:`clinigait.models.scoring.Scorer` gives; it keeps PyTorch out of this file."""

    @property
    def card(self) -> Card:
        """The card of the bundle."""
        ...

    def window_scores(self, clip: Clip) -> Floats:
        """Return log-probabilities window by window, (W, K)."""
        ...


@dataclass(frozen=True, eq=False)
class Judged:
    """One record of a walk, judged or refused.

    Parameters
    ----------
    sample
        The record; it has a label.
    score
        (K,) mean log-probabilities of its windows; None where it is refused.
    windows
        How many windows.
    refused
        Why it is not judged.
    values
        What baselines know of it, by name with unit.
    """

    sample: Sample
    score: Floats | None = None
    windows: int = 0
    refused: Refused | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The outcome of an evaluation.

    Parameters
    ----------
    card
        The model.
    records
        Every labelled record, in the order of the study.
    metrics
        The content of ``metrics.json``.
    """

    card: Card
    records: tuple[Judged, ...]
    metrics: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class _Rows:
    """What was judged, as columns: (n,) labels and people, (n, K) probabilities."""

    labels: NDArray[np.intp]
    probabilities: Floats
    people: NDArray[np.str_]


def evaluate(
    scorer: WalkScorer,
    study: Study,
    out: Path,
    progress: Progress | None = None,
    *,
    seed: int = 0,
) -> Evaluation:
    """Judge the labelled walks of a study and write how good the model is.

    Parameters
    ----------
    scorer
        The model with its card: ``Scorer(read_bundle(name_or_path))``.
    study
        The walks. Those without a label are passed over and counted.
    out
        Folder for ``metrics.json``, ``predictions.csv``, ``confusion.png``, ``reliability.png``.
    progress
        Called with the fraction of records that are done.
    seed
        Of the bootstrap over people.

    Returns
    -------
    Evaluation
        Also written into ``out``, all or nothing.

    Raises
    ------
    BadInputError
        If no walk has a label, a label is none of the model's, records of one walk have several
        labels, or the folder cannot be written. Labels are checked before anything is read.
    RefusedError
        If no record at all can be judged: with the commonest reason.
    """
    card = scorer.card
    samples, task = labelled(study, card), load_task(card.task)
    measure = measured_for(task) if card.baselines else None
    records = []
    with workplace(out, OUTPUTS, METRICS) as folder:  # a folder that is of no use is told of first
        for number, sample in enumerate(samples):
            records.append(_judged(scorer, sample, task, measure))
            if progress is not None:
                progress((number + 1) / len(samples))
        if all(record.score is None for record in records):
            raise _nothing_judged(records)
        result = Evaluation(card, tuple(records), metrics_of(card, study, records, seed))
        _write(result, folder)
    return result


def labelled(study: Study, card: Card) -> tuple[Sample, ...]:
    """Return the samples that have a label, by its name in the task, after a check of all labels.

    They come with pictures, where the model looks at some.

    Raises
    ------
    BadInputError
        If there is none, a label is none of the model's, or one walk has several.
    """
    study = with_pictures_of(load_task(card.task).named(study), card.inputs)
    samples = tuple(sample for sample in study.samples if sample.label is not None)
    if not samples:
        what = "no walk with a label" if study.samples else "no walks"
        raise BadInputError(
            f"{study.name} holds {what}.", "Give walks of which the label is known."
        )
    label_of: dict[tuple[str, str, str], str | None] = {}
    for sample in samples:
        if sample.label not in card.classes:
            raise BadInputError(
                f"{sample.sequence[:80]} has the label {str(sample.label)[:40]}, which the model "
                f"{card.name} does not know.",
                f"Use one of: {', '.join(card.classes)}.",
            )
        if label_of.setdefault(_walk_of(sample), sample.label) != sample.label:
            raise BadInputError(
                f"Records of the walk {sample.walk[:80]} of {sample.person[:40]} have several "
                "labels.",
                "Give all records of one walk the same label.",
            )
    return samples


def metrics_of(card: Card, study: Study, records: Sequence[Judged], seed: int) -> dict[str, Any]:
    """Return the content of ``metrics.json``: flat, with ``per_subject`` and ``flow``.

    Parameters
    ----------
    card
        The model.
    study
        What was judged.
    records
        Every labelled record; at least one is judged.
    seed
        Of the bootstrap over people.
    """
    ordered = load_task(card.task).ordered
    judged = [record for record in records if record.score is not None]
    rows, walks = _rows(judged, card), _rows(_together(judged), card)
    flat: dict[str, Any] = {
        "bundle": card.id,
        "task": card.task,
        "learned_from": card.learned_from,
        "data_set": study.name,
        "data_set_kind": study.kind,
        "data_set_limits": list(study.limits),
        SYNTHETIC: study.kind == "synthetic",
        "learned_from_same_data_set": study.name in {use.name for use in card.data},
        "classes": list(card.classes),
    }
    flat |= classification_metrics(
        rows.labels, rows.probabilities, rows.people, card.classes, ordered=ordered, seed=seed
    )
    of_walks = classification_metrics(
        walks.labels, walks.probabilities, walks.people, card.classes, ordered=ordered, seed=seed
    )
    flat |= {f"walk_{k}": v for k, v in of_walks.items() if k not in _RECORDS_ONLY}
    flat |= _set_metrics(card, rows, seed)
    flat["baselines"] = _baselines(card, judged, rows, ordered, seed)
    flat["flow"] = _flow(study, records, _singles(card, rows.probabilities))
    flat["per_subject"] = _per_subject(records, rows, walks)
    return flat


def predictions_csv(result: Evaluation) -> str:
    """Return the table of all labelled records; a refused one has a reason and no probabilities.

    ``abstained`` says that the prediction set does not hold exactly one class, or that the record
    was refused; ``prediction`` is the most probable class in any case.
    """
    card = result.card
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ("sequence", "subject", "label", "prediction", "abstained")
    ps = [f"p_{name}" for name in card.classes]
    writer.writerow([*head, *ps, "prediction_set", "walk", "windows", "reason"])
    for record in result.records:
        sample = record.sample
        start = [sample.sequence, sample.person, sample.label or ""]
        if record.score is None:
            reason = record.refused.message if record.refused else ""
            row = [*start, "", "true", *[""] * len(ps), "", sample.walk, "0", reason]
        else:
            p = tempered(record.score, card.calibration.temperature)
            inside = prediction_set(card, p)
            row = [
                *start,
                card.classes[int(p.argmax())],
                "false" if len(inside) == 1 else "true",
                *(f"{each:.6f}" for each in p),
                " ".join(inside),
                sample.walk,
                str(record.windows),
                "",
            ]
        writer.writerow([table_cell(cell) for cell in row])
    return text.getvalue()


def _write(result: Evaluation, folder: Path) -> None:
    card, flat = result.card, result.metrics
    rows = _rows([record for record in result.records if record.score is not None], card)
    (folder / PREDICTIONS).write_text(predictions_csv(result), encoding="utf-8")
    text = json.dumps(flat, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / METRICS).write_text(f"{text}\n", encoding="utf-8")
    subtitle = f"{flat['n']} records of {_count(flat['people'], 'person', 'people')}"
    title_of = {label.name: label.title for label in load_task(card.task).labels}
    confusion_png(
        confusion(rows.labels, rows.probabilities.argmax(axis=1), len(card.classes)),
        [title_of.get(name, name) for name in card.classes],
        subtitle,
        folder / CONFUSION,
    )
    reliability_png(
        reliability_table(rows.probabilities, rows.labels, rows.people),
        f"{flat['calibration_error']:.3f}",
        subtitle,
        folder / RELIABILITY,
    )


def _judged(scorer: WalkScorer, sample: Sample, task: Task, measure: Measure | None) -> Judged:
    try:
        walk = sample.read()
        windows = scorer.window_scores(prepare(walk, scorer.card.inputs))
    except RefusedError as error:
        return Judged(sample, refused=error.refused)
    except BadInputError as error:
        return Judged(sample, refused=Refused("unreadable", error.message, error.remedy))
    values = values_of(sample, walk, task, measure)
    return Judged(sample, windows.mean(axis=0), len(windows), values=values)


def _nothing_judged(records: Sequence[Judged]) -> RefusedError:
    reasons = [record.refused for record in records if record.refused is not None]
    (code, times), *_ = Counter(reason.code for reason in reasons).most_common(1)
    reason = next(reason for reason in reasons if reason.code == code)
    return RefusedError(
        code,
        f"None of {_count(len(records), 'record', 'records')} can be judged; {times} for this "
        f"reason: {reason.message}",
        reason.remedy,
    )


def _walk_of(sample: Sample) -> tuple[str, str, str]:
    return sample.person, sample.visit, sample.walk


def _together(judged: Sequence[Judged]) -> list[Judged]:
    """Return one record for each walk: the mean over the windows of all of its records."""
    groups: dict[tuple[str, str, str], list[Judged]] = {}
    for record in judged:
        groups.setdefault(_walk_of(record.sample), []).append(record)
    return [
        Judged(
            own[0].sample,
            np.average([r.score for r in own if r.score is not None], axis=0,
                       weights=[r.windows for r in own]),
            sum(r.windows for r in own),
        )
        for own in groups.values()
    ]  # fmt: skip


def _rows(judged: Sequence[Judged], card: Card) -> _Rows:
    scores = np.array([record.score for record in judged])
    return _Rows(
        np.array([card.classes.index(str(record.sample.label)) for record in judged]),
        tempered(scores, card.calibration.temperature),
        np.array([record.sample.person for record in judged]),
    )


def _singles(card: Card, probabilities: Floats) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = sets_of(card, probabilities).sum(axis=1) == 1
    return found


def _set_metrics(card: Card, rows: _Rows, seed: int) -> dict[str, Any]:
    sets = sets_of(card, rows.probabilities)
    found = set_coverage(sets, rows.labels, rows.people, seed=seed)
    single = sets.sum(axis=1) == 1
    right = (rows.probabilities.argmax(axis=1) == rows.labels).astype(np.float64)
    named = bootstrap_estimate(weighted_mean, rows.people[single], right[single], seed=seed)
    return {
        "set_coverage_promised": 1 - card.calibration.alpha,
        **as_flat("set_coverage", found.coverage),
        **as_flat("set_size", found.size),
        **as_flat("set_single_share", found.single),
        **as_flat("set_empty_share", found.empty),
        **as_flat("accuracy_where_single", named),
        "set_coverage_per_class": {
            name: estimate.value
            for name, estimate in zip(card.classes, found.per_class, strict=True)
        },
    }


def _baselines(
    card: Card, judged: Sequence[Judged], rows: _Rows, ordered: bool, seed: int
) -> dict[str, Any]:
    """Hold the model against each baseline of its card, where what that knows is known."""
    found = {}
    for baseline in card.baselines:
        said = [baseline_probabilities(baseline, record.values) for record in judged]
        there = np.array([each is not None for each in said])
        entry: dict[str, Any] = {"title": baseline.title, "n": int(there.sum())}
        if there.any():
            compared = paired_comparison(
                rows.labels[there],
                np.array([each for each in said if each is not None]),
                rows.probabilities[there],
                rows.people[there],
                card.classes,
                ordered=ordered,
                seed=seed,
            )
            for name in ("accuracy", "balanced_accuracy"):
                pair = compared[name]
                entry |= {name: pair.before, f"{name}_of_the_model": pair.after}
                entry |= as_flat(f"{name}_gain_of_the_model", pair.difference)
        found[baseline.name] = entry
    return found


def _flow(study: Study, records: Sequence[Judged], singles: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the way of the records through the evaluation, as a STARD diagram has it."""
    judged = [record for record in records if record.score is not None]
    reasons = Counter(record.refused.code for record in records if record.refused is not None)
    return {
        "records": len(study.samples),
        "people": len(study.people),
        "without_label": len(study.samples) - len(records),
        "refused": dict(reasons.most_common()),
        "judged": len(judged),
        "people_judged": len({record.sample.person for record in judged}),
        "abstained": int((~singles).sum()),
        "named": int(singles.sum()),
        "walks": len({_walk_of(record.sample) for record in records}),
        "walks_judged": len({_walk_of(record.sample) for record in judged}),
    }


def _per_subject(records: Sequence[Judged], rows: _Rows, walks: _Rows) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for person in sorted({record.sample.person for record in records}):
        own = [record for record in records if record.sample.person == person]
        found[person] = {
            "labels": sorted({str(record.sample.label) for record in own}),
            "refused": sum(record.refused is not None for record in own),
            **_share_right("", rows, person),
            **_share_right("walk_", walks, person),
        }
    return found


def _share_right(start: str, rows: _Rows, person: str) -> dict[str, Any]:
    own = rows.people == person
    right = rows.probabilities[own].argmax(axis=1) == rows.labels[own]
    share = float(right.mean()) if len(right) else None
    return {f"{start}n": len(right), f"{start}accuracy": share}


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"
