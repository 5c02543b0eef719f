"""From a walk to a prediction: what a bundle says of it, or why it says nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    BadInputError,
    Card,
    ClassProbability,
    Measurement,
    Prediction,
    Refused,
    RefusedError,
    Subject,
    Walk,
    WalkEmbedding,
    is_synthetic,
)
from clinigait.io.bundle import TYPICAL, Bundle, read_bundle
from clinigait.models.baselines import baseline_prediction, log_softmax
from clinigait.models.beside import predictive_values, signed_measures
from clinigait.models.sets import prediction_set
from clinigait.models.signs import parkinson_signs
from clinigait.models.task import Task, load_task
from clinigait.representations.inputs import PREPARATIONS, inputs_sha256, prepare

if TYPE_CHECKING:
    from clinigait.models.scoring import Scorer

Floats = NDArray[np.float64]
#: So many windows that do not overlap give an interval; fewer say little of their own spread.
LEAST_WINDOWS = 5
_RESAMPLES = 2000
_LEVEL = 0.95

SYNTHETIC_MODEL = Refused(
    "synthetic_model",
    "The model learned from synthetic walkers only: what it is worth for people is not known.",
    "Go by the measurements. For research, set research: true in a copy of the protocol: its "
    "number is then shown, marked on every page.",
)
_SILENT_BASELINE = "It learned from the same synthetic walkers as the model."
ATYPICAL_WALK = Refused(
    "atypical_walk",
    "The walk is unlike those that the model was tested on: no category fits it well enough.",
    "Go by the measurements; check that the film shows the walk that the protocol asks for.",
)
UNLIKE_WALK = Refused(
    "atypical_walk",
    "To the network this walk looks unlike all those that the model was tested on.",
    "Go by the measurements; a real picture always looks so to a model of synthetic ones.",
)


def open_model(name_or_path: str | Path) -> Bundle:
    """Read a bundle and check that this version of clinigait prepares walks as it learned them.

    Raises
    ------
    BadInputError
        If there is none, it is damaged, or it is of another task, order of classes or preparation;
        or if PyTorch, which it runs on, is not installed.
    """
    bundle = read_bundle(name_or_path)
    check_card(bundle.card)
    if find_spec("torch") is None:
        raise BadInputError(
            f"The model {bundle.card.name} needs PyTorch, which is not installed.",
            "pip install 'clinigait[models]', or choose a protocol without a model.",
        )
    return bundle


def check_card(card: Card) -> None:
    """Refuse a card whose task, classes or preparation are not those of this version.

    Raises
    ------
    BadInputError
        Naming the mismatch.
    """
    task = load_task(card.task)
    remedy = "Take a bundle that was made for this version of clinigait, or train it anew."
    if card.classes != task.classes:
        raise BadInputError(
            f"The classes of the model {card.name} are {', '.join(card.classes)[:200]}; those of "
            f"the task {task.name} are {', '.join(task.classes)}, in this order.",
            remedy,
        )
    unknown = [spec.kind for spec in card.inputs if spec.kind not in PREPARATIONS]
    if unknown:
        raise BadInputError(
            f"The model {card.name} wants the input {unknown[0][:40]}, which is not known here.",
            remedy,
        )
    if card.inputs_sha256 != inputs_sha256(card.inputs):
        raise BadInputError(
            f"The model {card.name} learned from walks that were prepared in another way.", remedy
        )


@dataclass(frozen=True, eq=False)
class Answer:
    """What a bundle says of a walk, and what its network made of it.

    Parameters
    ----------
    prediction
        What it says.
    embedding
        Of networks that see regions of the body, where they were asked; None elsewhere.
    """

    prediction: Prediction
    embedding: WalkEmbedding | None = None


def predict(
    bundle: Bundle,
    walks: Sequence[Walk],
    subject: Subject,
    measurement: Measurement,
    *,
    research: bool = False,
    prevalence_pct: float | None = None,
) -> Prediction:
    """Return what a bundle says of a walk.

    Parameters
    ----------
    bundle
        As of :func:`open_model`.
    walks
        The records of one walk.
    subject
        What is known of the person, for the baselines.
    measurement
        What was measured, for the baselines and the measures beside it.
    research
        Whether a model that learned from synthetic walkers only shows its number for people.
    prevalence_pct
        How common the condition is where the model is used, in per cent; None gives no
        predictive values.

    Returns
    -------
    Prediction
        With classes, or with the reason why there are none.

    Raises
    ------
    BadInputError
        If the weights do not fit the networks of the card.
    """
    return answer(
        bundle, walks, subject, measurement, research=research, prevalence_pct=prevalence_pct
    ).prediction


def answer(
    bundle: Bundle,
    walks: Sequence[Walk],
    subject: Subject,
    measurement: Measurement,
    *,
    research: bool = False,
    prevalence_pct: float | None = None,
) -> Answer:
    """Return what :func:`predict` does, with what the network made of the walk.

    Raises
    ------
    BadInputError
        If the weights do not fit the networks of the card.
    """
    card, task = bundle.card, load_task(bundle.card.task)
    unproven = _is_unproven(card, walks)
    silent = _SILENT_BASELINE if unproven and not research else None
    beside = with_measured(
        Prediction(
            task=task.name,
            title=task.title,
            card_id=card.id,
            learned_from=card.learned_from,
            synthetic=card.synthetic,
            abstained=ATYPICAL_WALK,
            held_out=held_out(card),
            limits=tuple(dict.fromkeys((*task.limits, *card.limits))),
        ),
        card, walks, subject, measurement, research=research,
    )  # fmt: skip
    try:
        clips = [prepare(walk, card.inputs) for walk in walks]
        if silent is not None and not _knows_typical(bundle):
            return Answer(replace(beside, abstained=SYNTHETIC_MODEL))
        scorer = _scorer(bundle)
        looked = [scorer.look(clip) for clip in clips]
    except RefusedError as error:
        return Answer(replace(beside, abstained=error.refused))
    looks = [look for _, look in looked]
    embedding, typicality = scorer.embedding_of(looks), scorer.typicality_of(looks)
    beside = replace(beside, typicality=typicality)
    if silent is not None:  # how unlike its walkers a person looks is told all the same
        return Answer(replace(beside, abstained=SYNTHETIC_MODEL))
    if typicality is not None and typicality.beyond:
        return Answer(replace(beside, abstained=UNLIKE_WALK), embedding)
    said = _judged(card, task, [scores for scores, _ in looked], beside)
    if said.abstained is not None:
        return Answer(said, embedding)
    values = predictive_values(card, task, prevalence_pct)
    return Answer(replace(said, research=unproven, predictive_values=values), embedding)


def with_measured(
    said: Prediction,
    card: Card,
    walks: Sequence[Walk],
    subject: Subject,
    measurement: Measurement,
    *,
    research: bool = False,
) -> Prediction:
    """Return an answer with what a measurement puts beside it; no network is asked.

    Parameters
    ----------
    said
        The answer.
    card
        Of the bundle that gave it.
    walks, subject, measurement, research
        As of :func:`predict`.
    """
    task = load_task(card.task)
    # A baseline of the same synthetic walkers is no better founded than the model.
    silent = _SILENT_BASELINE if _is_unproven(card, walks) and not research else None
    return replace(
        said,
        baselines=tuple(
            baseline_prediction(each, card.classes, measurement, subject, silent)
            for each in card.baselines
        ),
        measures=signed_measures(walks, measurement) if "posture" in task.measures else (),
        signs=parkinson_signs(measurement) if "parkinson_signs" in task.measures else (),
    )


def _is_unproven(card: Card, walks: Sequence[Walk]) -> bool:
    """Tell whether a model of synthetic walkers is asked about a person."""
    return card.synthetic and not all(is_synthetic(walk) for walk in walks)


def saw_the_walk(prediction: Prediction) -> bool:
    """Tell whether a model was shown the walk, even if it keeps what it thinks to itself."""
    kept = (SYNTHETIC_MODEL, ATYPICAL_WALK, UNLIKE_WALK)
    return prediction.abstained is None or prediction.abstained in kept


def held_out(card: Card) -> str:
    """Return how often a model was right where it had not learned, or that nobody knows."""
    share = card.metrics.get("accuracy")
    if not isinstance(share, int | float):
        return "Not validated: how often it is right is not known."
    whom = "synthetic walkers" if card.synthetic else "people"
    bounds = card.metrics.get("accuracy_ci95")
    interval = ""
    if isinstance(bounds, list | tuple) and all(isinstance(b, int | float) for b in bounds):
        interval = " (95 % interval {:.0f} to {:.0f} %)".format(*(100 * b for b in bounds))
    return f"Right in {100 * share:.0f} % of the walks of {whom} it had not seen{interval}."


def _knows_typical(bundle: Bundle) -> bool:
    return any(name.startswith(f"0.{TYPICAL}") for name in bundle.arrays)


@lru_cache(maxsize=8)
def _scorer(bundle: Bundle) -> Scorer:
    """Return the networks of a bundle; who keeps the bundle open finds them loaded."""
    from clinigait.models.scoring import Scorer  # noqa: PLC0415  PyTorch, only when it is asked

    return Scorer(bundle)


def _judged(card: Card, task: Task, windows: Sequence[Floats], beside: Prediction) -> Prediction:
    """Return the prediction of log-probabilities, (W, K) of every record."""
    temperature = card.calibration.temperature
    probabilities = np.exp(log_softmax(np.concatenate(windows).mean(axis=0) / temperature))
    inside = prediction_set(card, probabilities)
    if not inside:
        return beside
    block = windows_apart(card)
    interval = probability_interval(windows, temperature, block)
    low, high = interval if interval is not None else (None, None)
    classes = tuple(
        ClassProbability(
            label.name,
            label.title,
            float(p),
            None if low is None else float(min(low[k], p)),
            None if high is None else float(max(high[k], p)),
        )
        for k, (label, p) in enumerate(zip(task.labels, probabilities, strict=True))
    )
    apart = sum(len(each) // block or 1 for each in windows)
    windows_ = "one separate window" if apart == 1 else f"{apart} separate windows"
    reason = f"The walk is long enough for {windows_}; an interval needs {LEAST_WINDOWS}."
    return replace(
        beside,
        classes=classes,
        prediction=card.classes[int(np.argmax(probabilities))],
        prediction_set=inside,
        coverage=1 - card.calibration.alpha,
        abstained=None,
        statement=statement(task, inside),
        interval_reason=None if interval is not None else reason,
    )


def statement(task: Task, inside: Sequence[str]) -> str:
    """Return the sentence about a prediction set, by the wording of the task."""
    titles = [label.title for label in task.labels if label.name in inside]
    if len(titles) == 1:
        return task.wording.format(title=titles[0])
    if len(titles) == len(task.labels):
        return "The model cannot tell: no category can be excluded for this walk."
    listed = f"{', '.join(titles[:-1])} and {titles[-1]}"
    return f"The model cannot tell between {listed}."


def windows_apart(card: Card) -> int:
    """Return after how many windows one begins that shares no frame with the first."""
    apart = [1]
    for network in card.networks:
        window, hop = network.get("window_frames"), network.get("hop_frames")
        if window and hop:
            apart.append(math.ceil(window / hop))
    return max(apart)


def probability_interval(
    windows: Sequence[Floats], temperature: float, block: int, seed: int = 0
) -> tuple[Floats, Floats] | None:
    """Return 95 % intervals of the probabilities over the parts of a walk.

    Runs of neighbouring windows are drawn with replacement (moving blocks, Künsch 1989,
    doi 10.1214/aos/1176347265), as long as neighbours share frames; the interval lies between two
    quantiles of the probabilities of the redrawn walks. It tells how far the walk agrees with
    itself, and nothing of how good the model is.

    Parameters
    ----------
    windows
        Log-probabilities of every record, (W, K).
    temperature
        What they are divided by.
    block
        Neighbours in a run.
    seed
        The same seed gives the same interval.

    Returns
    -------
    tuple of numpy.ndarray, or None
        Lower and upper bounds, (K,); None for fewer than :data:`LEAST_WINDOWS` stretches apart.
    """
    runs = [
        each[start : start + block].mean(axis=0)
        for each in windows
        for start in range(len(each) - block + 1)
    ]
    n_drawn = sum(len(each) // block for each in windows)
    if n_drawn < LEAST_WINDOWS:
        return None
    means = np.array(runs)
    drawn = np.random.default_rng(seed).integers(0, len(means), (_RESAMPLES, n_drawn))
    replicates = np.exp(log_softmax(means[drawn].mean(axis=1) / temperature))
    low, high = np.quantile(replicates, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2], axis=0)
    return np.asarray(low), np.asarray(high)
