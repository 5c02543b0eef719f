"""Adapt a model to the people of a site, and see honestly whether it helped. Needs PyTorch.

Everybody of the site is judged twice by models that never saw them: by the one that came, and by
one that learned from the others of the site. What is frozen is given, or chosen by inner folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from clinigait.core import BadInputError, Card
from clinigait.datasets.study import Study
from clinigait.io.bundle import Bundle
from clinigait.models.scoring import Floats, Scorer
from clinigait.models.task import load_task
from clinigait.stats import people_needed, tempered
from clinigait.training.before_after import BeforeAfter, compare_before_after
from clinigait.training.calibrate import cross_fitted
from clinigait.training.cross_validation import OutOfFold
from clinigait.training.plan import (
    AUTO,
    Batch,
    CalibrationPlan,
    NetworkPlan,
    Optimiser,
    Stopping,
    Term,
    TrainingPlan,
    plan_of,
)
from clinigait.training.prepared import Prepared
from clinigait.training.train import Order, Report, train

#: What a site of some tens of people needs; the frailty study took AdamW at 1e-4, a clipped
#: gradient and frozen statistics of batch normalisation for longer (arXiv:2603.24434).
_OPTIMISER = Optimiser(rate=3e-4, weight_decay=1e-3, steps=100, warm_up=0.1)
_BATCH = Batch(groups=4, clips=2, frames=24)
_STOPPING = Stopping(every=25, patience=3)
_OBJECTIVE = (Term("cross_entropy"), Term("triplet", weight=0.5, by="person"))


@dataclass(frozen=True, eq=False)
class SiteOrder:
    """What is asked for.

    Parameters
    ----------
    bundle
        The model that came.
    study
        The people of the site.
    freeze
        Names of stages; or ``none``, ``all``; or ``auto``: inner folds choose.
    out
        Folder of the new bundle.
    steps
        Most steps of a fit; None for what is usual.
    seed, threads, command, device
        As for a training.
    """

    bundle: Bundle
    study: Study
    freeze: tuple[str, ...]
    out: Path
    steps: int | None = None
    seed: int = 0
    threads: int = 1
    command: str = ""
    device: str = "cpu"


@dataclass(frozen=True, eq=False)
class Adapted:
    """What came of it.

    Parameters
    ----------
    bundle
        The new model, as it lies on the disk.
    comparison
        Before and after on the same held-out people.
    frozen
        Stages that kept their weights.
    fits, seconds
        What all choosing took.
    people
        Whom it learned from.
    """

    bundle: Bundle
    comparison: BeforeAfter
    frozen: tuple[str, ...]
    fits: int
    seconds: float
    people: Prepared


def finetune(order: SiteOrder, report: Report | None = None) -> Adapted:
    """Fine-tune a model on a site, compare before and after, and write the new bundle.

    Parameters
    ----------
    order
        What is asked for.
    report
        Is told how far it is.

    Raises
    ------
    BadInputError
        If a stage is none, the site has fewer people of a class than the calibration needs, or
        data or output cannot be used.
    """
    card = order.bundle.card
    need_people(order.study, card)
    plan = site_plan(card, order)
    before: list[BeforeAfter] = []

    def compared(people: Prepared, validated: OutOfFold) -> dict[str, Any]:
        found = compare(order.bundle, people, validated, plan)
        before.append(found)
        return {"before_after": found.as_data()}

    done = train(
        Order(
            plan, order.study, order.out, "folds", order.bundle, order.command, order.threads,
            order.device, compared,
        ),
        report,
    )  # fmt: skip
    facts = done.bundle.card.training
    choices = [facts["choice"], *facts["outer_choices"]]
    return Adapted(
        done.bundle, before[0], tuple(facts["frozen"][0]), sum(c["fits"] for c in choices),
        sum(c["seconds"] for c in choices), done.people,
    )  # fmt: skip


def need_people(study: Study, card: Card) -> None:
    """Refuse a site with fewer people of a class than the sets of the card need.

    Raises
    ------
    BadInputError
        Saying how many are missing.
    """
    needed = people_needed(card.calibration.alpha)
    who: dict[str, set[str]] = {label: set() for label in card.classes}
    task = load_task(card.task)
    for sample in task.named(study).samples:
        if sample.label is not None:
            task.check_label(sample.label, sample.sequence[:80])
            who[sample.label].add(sample.person)
    lacking = {label: needed - len(own) for label, own in who.items() if len(own) < needed}
    if lacking:
        missing = ", ".join(f"{count} of {label}" for label, count in lacking.items())
        raise BadInputError(
            f"{study.name} has too few people: prediction sets that are right in "
            f"{1 - card.calibration.alpha:.0%} need {needed} people of each class; missing: "
            f"{missing}.",
            "Record more people, or keep the model as it is.",
        )


def site_plan(card: Card, order: SiteOrder) -> TrainingPlan:
    """Return how a model is adapted: its own protocol where it has one, with short, gentle steps.

    Parameters
    ----------
    card
        Of the model that came.
    order
        What is asked for.
    """
    protocol = card.training.get("protocol")
    base = plan_of(protocol, card.name) if isinstance(protocol, dict) else None
    networks = tuple(_network_of(entry) for entry in card.networks)
    steps = order.steps or _OPTIMISER.steps
    is_auto, batch = order.freeze == (AUTO,), _BATCH
    if base is not None:
        batch = replace(batch, by=base.batch.by, frames=min(base.batch.frames, batch.frames))
    return TrainingPlan(
        name=f"{card.name[:70]}_site", version=card.version, kind="training",
        title=f"{card.title}, adapted to a site", task=card.task, inputs=card.inputs,
        networks=networks, objective=base.objective if base else _OBJECTIVE,
        class_weights="conservative", optimiser=replace(_OPTIMISER, steps=steps),
        batch=batch,
        augment=base.augment if base else (), initial=card.name,
        freeze=("none",) if is_auto else order.freeze, freeze_norms="all",
        stopping=replace(_STOPPING, every=max(1, min(_STOPPING.every, steps // 4))),
        outer_folds=5, inner_folds=2, grid={"freeze": (AUTO,)} if is_auto else {},
        calibration=CalibrationPlan("out_of_fold", alpha=card.calibration.alpha),
        half=base.half if base else False, seed=order.seed, limits=card.limits, erased=card.erased,
        intended_use=card.intended_use, out_of_scope=card.out_of_scope,
    )  # fmt: skip


def compare(
    bundle: Bundle, people: Prepared, validated: OutOfFold, plan: TrainingPlan
) -> BeforeAfter:
    """Compare what came with what was adapted, on people of the site who taught neither.

    The model that came keeps its own calibration; each fold of the other one is calibrated on the
    other folds.

    Parameters
    ----------
    bundle
        The model that came.
    people
        Everybody of the site.
    validated
        Judged by adapted models that learned from others.
    plan
        How those learned.
    """
    task = load_task(bundle.card.task)
    after, _ = cross_fitted(validated.scores, validated.folds, people, plan.calibration.alpha)
    before = before_scores(bundle, people)
    labels = np.array([record.label for record in people.records], np.intp)
    who = np.array([record.person for record in people.records])
    return compare_before_after(
        labels, tempered(before, bundle.card.calibration.temperature), after, who, people.classes,
        ordered=task.ordered, seed=plan.seed,
    )  # fmt: skip


def before_scores(bundle: Bundle, people: Prepared) -> Floats:
    """Return the log-probabilities, (N, K), that a bundle gives to the records of people."""
    scorer = Scorer(bundle)
    return np.stack([scorer.window_scores(record.clip).mean(0) for record in people.records])


def parse_freeze(text: str) -> tuple[str, ...]:
    """Return names of stages from ``stem,layer1``; ``auto``, ``none`` and ``all`` stand alone.

    Raises
    ------
    BadInputError
        If there is none.
    """
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not names:
        raise BadInputError("No stage is named.", "Give --freeze auto, none, all, or stages.")
    return names


def _network_of(entry: Any) -> NetworkPlan:  # noqa: ANN401  an entry of a card
    spec = {key: value for key, value in entry["spec"].items() if key != "classes"}
    return NetworkPlan(
        spec, tuple(entry["inputs"]), entry.get("window_frames"), entry.get("hop_frames"),
        bool(entry.get("mirror", False)),
    )  # fmt: skip


def told(comparison: BeforeAfter, classes: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Return rows for a table: what, before, after, and the difference with its interval."""
    names = ["balanced_accuracy", "accuracy", "auc_macro", "nll"]
    names += [f"{what}_{label}" for label in classes for what in ("sensitivity", "specificity")]
    rows = []
    for name in names:
        found = comparison.statistics[name]
        if found.before is None or found.after is None or found.difference.value is None:
            continue
        low, high = found.difference.low, found.difference.high
        interval = "" if low is None or high is None else f" ({low:+.2f} to {high:+.2f})"
        rows.append(
            (name, f"{found.before:.2f}", f"{found.after:.2f}",
             f"{found.difference.value:+.2f}{interval}")
        )  # fmt: skip
    return rows
