"""Prediction: what a model says beside the measurement, how sure it is, or why it says nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from clinigait.core.measurement import Reference
from clinigait.core.refusal import Refused
from clinigait.core.saliency import Saliency

#: Probabilities of the classes of one prediction add up to one, up to this.
_SUM_TOLERANCE = 1e-3


def percent_text(probability: float) -> str:
    """Return a probability in whole per cent; what is neither sure nor impossible reads so."""
    percent = 100 * probability
    if 0 < percent < 1:
        return "< 1 %"
    return "> 99 %" if 99 < percent < 100 else f"{percent:.0f} %"


@dataclass(frozen=True)
class ClassProbability:
    """One class of a task.

    Parameters
    ----------
    label, title
        Name in tables, and as printed.
    probability
        Calibrated, 0 to 1.
    low, high
        Its 95 % interval over the parts of the walk that were judged; None where the walk gave
        too few of them.
    """

    label: str
    title: str
    probability: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class BaselinePrediction:
    """What a simple rule says of the same walk, for comparison.

    Parameters
    ----------
    name, title
        Name in tables, and as printed, for example ``speed, age and sex``.
    inputs
        What it knows, by name with unit, for example ``speed_mps``.
    probabilities
        By label, in the order of the task; empty where something that it needs is unknown.
    reason
        Why it says nothing; None where it does.
    """

    name: str
    title: str
    inputs: dict[str, float]
    probabilities: dict[str, float]
    reason: str | None = None


@dataclass(frozen=True)
class SignedMeasure:
    """A measured value that stands beside a prediction, with its direction.

    Parameters
    ----------
    name, title, unit
        What it is.
    value
        Positive where ``positive`` says.
    positive
        What a positive value means, for example ``left shoulder higher``.
    """

    name: str
    title: str
    unit: str
    value: float
    positive: str


@dataclass(frozen=True)
class MeasuredSign:
    """What was measured of a sign that a clinician looks for, before any model speaks.

    Parameters
    ----------
    name, title, unit
        Parameter of the catalogue, and as printed.
    values
        By side: ``left``, ``right``, ``both``; empty where it could not be measured.
    reference
        Range that applies to this person; None where there is none.
    asymmetry
        How far the sides differ, in ``asymmetry_unit``, positive where the right side has more;
        None where that was not measured.
    asymmetry_unit
        Its unit, as printed.
    reason
        Why it could not be measured.
    """

    name: str
    title: str
    unit: str
    values: dict[str, float]
    reference: Reference | None = None
    asymmetry: float | None = None
    asymmetry_unit: str = ""
    reason: str | None = None

    def __post_init__(self) -> None:
        if not self.values and not self.reason:
            raise ValueError(f"{self.name} has neither a value nor a reason")

    def against_reference(self) -> Literal["below", "within", "above"] | None:
        """Return where the value farthest from the reference lies; None without a reference."""
        if self.reference is None or not self.values:
            return None
        low, high = self.reference.low, self.reference.high
        below, above = low - min(self.values.values()), max(self.values.values()) - high
        if max(below, above) <= 0:
            return "within"
        return "below" if below >= above else "above"


@dataclass(frozen=True)
class Typicality:
    """How like the walks that a model was tested on a walk looks to its network.

    Parameters
    ----------
    score
        Distance of what the network sees from what it saw of those walks; the greater the less
        alike.
    limit
        Beyond it the model says nothing.
    """

    score: float
    limit: float

    @property
    def beyond(self) -> bool:
        """Whether the walk is too unlike them."""
        return not self.score <= self.limit


@dataclass(frozen=True)
class PredictiveValue:
    """What a positive result is worth where the condition is as common as stated.

    Parameters
    ----------
    label
        The class that counts as positive.
    prevalence_pct
        Share of people who have it where the test is used; who states it is the user.
    sensitivity, specificity
        As measured on held-out people, 0 to 1.
    positive, negative
        Positive and negative predictive value, 0 to 1.
    """

    label: str
    prevalence_pct: float
    sensitivity: float
    specificity: float
    positive: float
    negative: float


@dataclass(frozen=True)
class Prediction:
    """What one bundle says of one walk.

    Parameters
    ----------
    task, title
        Name of the task, and as printed.
    card_id
        Name of the bundle and the beginning of the hash of its card.
    learned_from
        Where its knowledge comes from, in words, for example ``synthetic walkers only``.
    synthetic
        Whether it learned from synthetic walkers only.
    classes
        In the bundle's order; empty where the model says nothing.
    prediction
        Label of the most probable class; None where the model says nothing.
    prediction_set
        Labels that cannot be excluded at ``coverage``.
    coverage
        Share of held-out people whose class lay in their set, by design, 0 to 1.
    abstained
        Why no class is named; None where one is.
    statement
        What it says, in one sentence; None where it says nothing.
    held_out
        How often it was right where it had not learned, in one sentence, or that nobody knows.
    interval_reason
        Why the classes have no intervals; None where they have.
    research
        Whether a number is shown that the model would keep to itself in a clinic.
    baselines, measures, predictive_values
        What stands beside it.
    limits
        Sentences that every page with the prediction carries.
    signs
        What was measured of the signs that a clinician looks for: they come first.
    to_enter
        What only a clinician can see, by title: fields that nobody computes.
    typicality
        How like the walks of its test the walk looks; None where the model does not know.
    saliency
        Where it looked, with the checks of that; None where nobody asked.
    saliency_refused
        Why there is none though somebody asked.
    corrections
        To how many of the review's corrections it answers: later ones it does not know.
    kept
        Whether it was asked before the last of these, and kept because they change nothing that
        the model looks at.
    """

    task: str
    title: str
    card_id: str
    learned_from: str
    synthetic: bool
    classes: tuple[ClassProbability, ...] = ()
    prediction: str | None = None
    prediction_set: tuple[str, ...] = ()
    coverage: float | None = None
    abstained: Refused | None = None
    statement: str | None = None
    held_out: str | None = None
    interval_reason: str | None = None
    research: bool = False
    baselines: tuple[BaselinePrediction, ...] = ()
    measures: tuple[SignedMeasure, ...] = ()
    predictive_values: tuple[PredictiveValue, ...] = ()
    limits: tuple[str, ...] = ()
    signs: tuple[MeasuredSign, ...] = ()
    to_enter: tuple[str, ...] = ()
    typicality: Typicality | None = None
    saliency: Saliency | None = None
    saliency_refused: Refused | None = None
    corrections: int = 0
    kept: bool = False

    def __post_init__(self) -> None:
        total = math.fsum(c.probability for c in self.classes)
        if self.classes and not abs(total - 1) < _SUM_TOLERANCE:
            raise ValueError(f"probabilities add up to {total:g}")
        if (self.prediction is None) != (not self.classes):
            raise ValueError("a prediction has classes, and only then")
        if self.prediction is None and self.abstained is None:
            raise ValueError("a model that says nothing says why")
