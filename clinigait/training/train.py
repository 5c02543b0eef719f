"""From a training protocol and labelled walks to a bundle. Needs PyTorch and Lightning."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from clinigait._version import __version__
from clinigait.core import (
    BadInputError,
    Baseline,
    Calibration,
    Card,
    DataUse,
    Progress,
    Walk,
    hash_of,
)
from clinigait.datasets.study import Study
from clinigait.io.bundle import Bundle, read_bundle, write_bundle
from clinigait.models.pictures import with_pictures_of
from clinigait.models.scoring import check_length, own_arrays
from clinigait.models.task import Task, load_task
from clinigait.representations.clip import Clip
from clinigait.representations.inputs import inputs_sha256, prepare
from clinigait.training.augment import check_augmentations, check_mirror
from clinigait.training.body_shape import BODIES, body_shape, on_other_bodies, sees_bodies
from clinigait.training.calibrate import (
    baselines_of,
    calibration_of,
    columns_of,
    cross_fitted,
    metrics_of,
)
from clinigait.training.cross_validation import (
    Choice,
    Course,
    OutOfFold,
    Start,
    choose,
    fits_to_choose,
    lessons_of,
    out_of_fold,
    outer_folds,
    taught,
)
from clinigait.training.encoder_start import EncoderStart, encoder_start
from clinigait.training.fit import (
    Arrays,
    Floats,
    Lesson,
    check_device,
    entry_of,
    new_network,
    scorer_of,
    scores_of,
    set_threads,
    tensors,
)
from clinigait.training.folds import fold_of_share, need_classes
from clinigait.training.freezing import frozen_stages, parameter_groups
from clinigait.training.measured import measured_for
from clinigait.training.plan import AUTO, NetworkPlan, TrainingPlan
from clinigait.training.prepared import Prepared, prepare_study
from clinigait.training.typical import typical_arrays
from clinigait.training.variations import check_variations, variations_of
from clinigait.training.work import Work

#: Called with a stage and the share of it that is done.
Report = Callable[[str, float], None]
Validate = Literal["folds", "none"]
_CLASSIFIER = "neck.classifier"
_KINDS = {
    "patients": "patients", "acted": "people who acted", "synthetic": "synthetic walkers",
    "mixed": "people of several kinds",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Order:
    """What is asked for.

    Parameters
    ----------
    plan
        How to train.
    study
        Whose walks.
    out
        Folder of the bundle.
    validate
        ``folds``: nested folds say how good it is; ``none``: nothing does, and the card says so.
    initial
        Bundle whose weights are the start; None for the one of the plan, or a random start.
    command
        What was typed, for the card.
    threads
        Of PyTorch.
    device
        ``cpu`` or ``cuda``.
    compare
        Adds to the metrics what everybody, judged by others, is compared with.
    beside
        The synthetic walkers that the plan wants beside the people.
    encoder
        File of YOLO11 weights with which encoders of colour and depth begin.
    """

    plan: TrainingPlan
    study: Study
    out: Path
    validate: Validate = "folds"
    initial: Bundle | None = None
    command: str = ""
    threads: int = 1
    device: str = "cpu"
    compare: Callable[[Prepared, OutOfFold], dict[str, Any]] | None = None
    beside: Study | None = None
    encoder: Path | None = None


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training gave.

    Parameters
    ----------
    bundle
        As it lies on the disk.
    people
        What it learned from.
    choice
        What inner folds over everybody chose for it.
    """

    bundle: Bundle
    people: Prepared
    choice: Choice


def train(order: Order, report: Report | None = None) -> Trained:
    """Train a model: validate it by nested folds, calibrate it, fit it on everybody, write it.

    A training that was interrupted goes on where it stopped when the same is asked for again.

    Parameters
    ----------
    order
        What is asked for.
    report
        Is told how far it is.

    Raises
    ------
    BadInputError
        If protocol or data cannot be used, a class is missing where it should be learned, or
        the bundle cannot be written.
    """
    set_threads(order.threads)
    check_device(order.device)
    if order.initial is None and order.plan.initial is not None:
        order = replace(order, initial=read_bundle(order.plan.initial))
    task = load_task(order.plan.task)
    check_plan(order.plan, task)
    encoders = _encoders(order, len(task.classes))
    people = prepare_people(order.plan, order.study, task, _share_of(report, "Preparing walks"))
    need_classes(people.labels, list(people.labels), people.classes, "the data")
    _need_targets(order.plan, people)
    course = course_of(order, people, report, encoders)
    course.total = _count_fits(order, people)
    validated = None
    if order.validate == "folds":
        validated = out_of_fold(order.plan, people, course, otherwise=_other_bodies(order, task))
    learners, judges = _sides(order.plan, people)
    choice = choose(order.plan, learners, course, "final")
    lessons = lessons_of(choice, taught(order.plan, learners, course), course.starts)
    fits = [course.fitted(f"final-{i}", lesson) for i, lesson in enumerate(lessons)]
    typical: Arrays = {}
    if judges is None:
        calibration = _by_everybody(order, people, course, (validated, choice))
    else:
        pairs = zip(lessons, fits, strict=True)
        said = [scores_of(lesson, tensors(fit.arrays), judges) for lesson, fit in pairs]
        calibration = calibrated_on(said, judges, order.plan.calibration.alpha)
        if order.plan.calibration.typicality:
            typical = typical_arrays(scorer_of(lessons[0], fits[0].arrays), learners, judges)
    metrics, baselines = numbers_of(order, people, task, validated)
    facts = training_facts(order, people, course, choice)
    facts |= {
        "steps": [fit.steps for fit in fits],
        "frozen": [list(fit.frozen) for fit in fits],
        "seconds": round(sum(fit.seconds for fit in fits), 1),
        "outer_choices": [each.as_data() for each in validated.choices] if validated else [],
    }
    card = replace(
        _card(order, learners, course, calibration),
        networks=tuple(entry_of(x.plan, x.network, len(task.classes)) for x in lessons),
        metrics=metrics, baselines=baselines, training=facts,
    )  # fmt: skip
    arrays = {**_together([fit.arrays for fit in fits]), **typical}
    bundle = write_bundle(order.out, card, arrays, half=order.plan.half)
    course.work.remove()
    return Trained(bundle, people, choice)


def check_plan(plan: TrainingPlan, task: Task) -> None:
    """Refuse a plan whose networks, stages or augmentations cannot be, before any data are read.

    Raises
    ------
    BadInputError
        If one cannot be.
    """
    inputs_sha256(plan.inputs)
    check_variations(plan)
    if plan.beside is not None:
        task.check_label(plan.beside.level_by, "beside.level_by of the protocol")
    nobody = Prepared(task.classes, (), {})
    for candidate in plan.candidates():
        for network in candidate.plan.networks:
            kinds = plan.kinds_of(network)
            _check_sides(candidate.plan, network)
            model = new_network(Lesson(candidate.plan, network, nobody))
            if candidate.plan.freeze != (AUTO,):
                frozen_stages(model, candidate.plan.freeze)
            parameter_groups(model, candidate.plan.rates, 1.0, 0.0)
            check_augmentations(candidate.plan.augment, kinds, sided=task.sided)
            if network.mirror:
                check_mirror(kinds, sided=task.sided)


def _other_bodies(order: Order, task: Task) -> Prepared | None:
    """Return everybody on other bodies, where networks can see how a body is made."""
    if not sees_bodies(order.plan):
        return None
    varied = replace(order.plan, variations=BODIES)
    return on_other_bodies(prepare_people(varied, order.study, task, measured=False))


def _need_targets(plan: TrainingPlan, people: Prepared) -> None:
    for term in plan.objective:
        if term.target and not any(term.target in record.values for record in people.records):
            raise BadInputError(
                f"The objective wants {term.target[:40]} told, which is known of no walk.",
                "Take the auxiliary term out, or use data that state it.",
            )


def _check_sides(plan: TrainingPlan, network: NetworkPlan) -> None:
    wants = any(term.kind == "gait_and_side" for term in plan.objective)
    if wants and network.spec.get("kind") != "either_side":
        raise BadInputError(
            f"A network of the kind {network.spec.get('kind')} tells no sides.",
            "Use the objective cross_entropy, or the network either_side.",
        )


def prepare_people(
    plan: TrainingPlan,
    study: Study,
    task: Task,
    told: Progress | None = None,
    *,
    measured: bool = True,
) -> Prepared:
    """Read and prepare all walks of a study for the networks and baselines of a plan.

    Raises
    ------
    BadInputError
        If a label is none of the task's, or no walk is left.
    """
    study = with_pictures_of(task.named(study), plan.inputs)
    entries = [entry_of(plan, network, len(task.classes)) for network in plan.networks]

    def prepared(walk: Walk) -> Clip:
        clip = prepare(walk, plan.inputs)
        check_length(clip, entries)
        return clip

    vary = partial(variations_of, plan) if plan.variations.copies else None
    measure_it = measured_for(task) if measured else None
    return prepare_study(study, task, prepared, measure_it, told, vary)


def course_of(
    order: Order,
    people: Prepared,
    report: Report | None = None,
    encoders: Sequence[EncoderStart] = (),
) -> Course:
    """Return what fits the networks of an order, and keeps what is done beside its output.

    Raises
    ------
    BadInputError
        If nothing can be written there.
    """
    beside = prepare_beside(order, report)
    starts = starts_of(order, people.classes)
    if encoders:
        pairs = zip(starts, encoders, strict=True)
        starts = tuple({**(own or {}), **given.arrays} for own, given in pairs)
    fingerprint = hash_of({
        **({"encoder": [each.weights.sha256 for each in encoders]} if encoders else {}),
        "beside": beside.digest if beside else "",
        "plan": order.plan.digest, "data": people.digest, "validate": order.validate,
        "initial": order.initial.card.weights_sha256 if order.initial else "",
        "versions": versions(),
    })  # fmt: skip

    work, told = Work(order.out, fingerprint), _share_of(report, "Training")
    notes = tuple(dict.fromkeys(each.weights.note for each in encoders))
    return Course(work, starts, order.device, told, beside=beside, notes=notes)


def _encoders(order: Order, n_classes: int) -> list[EncoderStart]:
    """Return the encoder that a user brought, for each network; nothing without one."""
    if order.encoder is None:
        return []
    return [encoder_start(network, order.encoder, n_classes) for network in order.plan.networks]


def prepare_beside(order: Order, report: Report | None = None) -> Prepared | None:
    """Read and prepare the walkers beside the people; None where the plan has none.

    Raises
    ------
    BadInputError
        If the plan wants walkers and nobody brought them, or a label is none of the task's.
    """
    plan = order.plan
    if plan.beside is None:
        return None
    if order.beside is None:
        raise BadInputError(
            f"{plan.name} wants synthetic walkers beside the people, and there are none.",
            "Use clinigait train, which makes them.",
        )
    as_theirs = replace(plan, variations=plan.beside.variations)

    told = _share_of(report, "Making synthetic walkers")
    return prepare_people(as_theirs, order.beside, load_task(plan.task), told, measured=False)


def _share_of(report: Report | None, stage: str) -> Progress | None:
    return None if report is None else partial(report, stage)


def starts_of(order: Order, classes: Sequence[str]) -> tuple[Start, ...]:
    """Return the weights that each network of a plan begins with.

    Network number i begins as network number i of the bundle, or as its first one. What tells
    classes apart is taken over only where the bundle tells the same ones.
    """
    if order.initial is None:
        return tuple(None for _ in order.plan.networks)
    card, found = order.initial.card, []
    for i in range(len(order.plan.networks)):
        arrays = own_arrays(order.initial.arrays, i if i < len(card.networks) else 0)
        if card.classes != tuple(classes):
            arrays = {k: a for k, a in arrays.items() if not k.startswith(_CLASSIFIER)}
        found.append(arrays)
    return tuple(found)


def calibrated_on(said: Sequence[Floats], judges: Prepared, alpha: float) -> Calibration:
    """Return the calibration by people who were held out of a fit.

    Parameters
    ----------
    said
        (N, K) log-probabilities of their records by each network.
    judges
        Who they are.
    alpha
        One minus the coverage.
    """
    scores = sum(said[1:], said[0]) / len(said)
    return calibration_of(scores, judges, alpha, "people who taught nothing, held out")[0]


def numbers_of(
    order: Order, people: Prepared, task: Task, validated: OutOfFold | None
) -> tuple[dict[str, Any], tuple[Baseline, ...]]:
    """Return metrics and baselines for a card.

    Parameters
    ----------
    order, people, task
        What was asked for, and everybody.
    validated
        Everybody judged by others; None where nothing was validated.
    """
    seed, alpha = order.plan.seed, order.plan.calibration.alpha
    if validated is None:
        baselines, why = baselines_of(people, (), task, seed)
        metrics: dict[str, Any] = {
            "validation": "Not validated: there are no metrics. Train with --validate folds, or "
            "judge it with clinigait evaluate on people who taught it nothing."
        }
    else:
        folds = outer_folds(order.plan, people)
        probabilities, sets = cross_fitted(validated.scores, validated.folds, people, alpha)
        metrics = metrics_of(probabilities, sets, people, task, seed)
        baselines, why = baselines_of(people, folds, task, seed)
        metrics["validation"] = (
            f"Nested cross-validation by person, {len(folds)} outer folds, each scored once; inner "
            "folds chose, and each fold was calibrated on the others."
        )
        if validated.otherwise is not None:
            metrics["body_shape"] = body_shape(
                validated.scores, validated.otherwise, *columns_of(people)
            )
        if order.compare is not None:
            metrics |= order.compare(people, validated)
    return metrics | ({"no_baseline": why} if why else {}), baselines


def training_facts(
    order: Order, people: Prepared, course: Course, choice: Choice
) -> dict[str, Any]:
    """Return how to make a model again, for its card."""
    return {
        "protocol": order.plan.as_data(),
        "protocol_sha256": order.plan.sha256 or order.plan.digest,
        "data_sha256": people.digest,
        "initial": order.initial.card.id if order.initial else None,
        "seed": order.plan.seed,
        "command": order.command,
        "threads": order.threads,
        "device": course.device,
        "versions": versions(),
        "choice": choice.as_data(),
        "refused": dict(Counter(people.refused.values())),
        "unlabelled": people.unlabelled,
    }


def versions() -> dict[str, str]:
    """Return the versions of what a training depends on."""
    return {
        "clinigait": __version__,
        "python": platform.python_version(),
        **{name: version(name) for name in ("torch", "lightning", "numpy")},
    }


def _count_fits(order: Order, people: Prepared) -> int:
    plan = order.plan
    members = sum(network.seeds for network in plan.networks)
    folds, choosing = min(plan.outer_folds, len(people.labels)), fits_to_choose(plan, people)
    if order.validate == "folds":
        return (folds + 1) * (choosing + members)
    quick = folds if plan.calibration.by == "out_of_fold" else 0
    return choosing + members + quick


def _sides(plan: TrainingPlan, people: Prepared) -> tuple[Prepared, Prepared | None]:
    """Return who teaches the final networks, and who is held out to calibrate them."""
    if plan.calibration.by == "out_of_fold":
        return people, None
    fold = fold_of_share(people.labels, plan.calibration.share, plan.seed, people.classes)
    return people.of(fold.train), people.of(fold.test)


def _by_everybody(
    order: Order, people: Prepared, course: Course, known: tuple[OutOfFold | None, Choice]
) -> Calibration:
    """Return the calibration by everybody judged out of fold."""
    plan, (validated, choice) = order.plan, known
    how = "cross-conformal: everybody judged by networks of the other folds"
    if validated is None:
        validated = out_of_fold(plan, people, course, choice)
        how = "cross-conformal: everybody judged by the first network of the other folds"
    return calibration_of(validated.scores, people, plan.calibration.alpha, how)[0]


def _card(order: Order, learners: Prepared, course: Course, calibration: Calibration) -> Card:
    plan, study, task = order.plan, order.study, load_task(order.plan.task)
    own = learners.data_use(study)
    walkers: tuple[DataUse, ...] = ()
    if course.beside is not None and order.beside is not None:
        walkers = (course.beside.data_use(order.beside),)
    before = order.initial.card.data if order.initial else ()
    who = f"{own.people} {_KINDS[study.kind]} of {study.name}"
    with_walkers = f" and {walkers[0].people} synthetic walkers" if walkers else ""
    earlier = f", after {order.initial.card.learned_from}" if order.initial else ""
    return Card(
        name=plan.name, version=plan.version, title=plan.title, task=task.name,
        classes=task.classes, inputs=plan.inputs, networks=({},), calibration=calibration,
        learned_from=plan.learned_from or f"{who}{with_walkers}{earlier}",
        data=(own, *walkers, *(use for use in before if use != own)), training={}, metrics={},
        limits=(*plan.limits, *course.notes), erased=plan.erased, intended_use=plan.intended_use,
        out_of_scope=plan.out_of_scope, inputs_sha256=inputs_sha256(plan.inputs),
    )  # fmt: skip


def _together(arrays: Sequence[Arrays]) -> Arrays:
    return {f"{i}.{key}": array for i, own in enumerate(arrays) for key, array in own.items()}
