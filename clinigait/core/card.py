"""Card: what a model is, what it learned from, how good it is, and where it must not be used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

CARD_SCHEMA = "clinigait-card-1"
DataKind = Literal["patients", "acted", "synthetic", "mixed"]
_STRICT = {"extra": "forbid"}


def hash_of(content: object) -> str:
    """Return the SHA-256 of plain data: the same for the same content in any order of keys."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class InputSpec:
    """One thing that a network sees of a walk, and how it is prepared.

    Parameters
    ----------
    kind
        Name of the preparation, for example ``silhouettes``.
    options
        What it is told; plain data.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DataUse:
    """What a model learned from.

    Parameters
    ----------
    name, source, licence
        Data set, citation, and licence as stated.
    kind
        Who walked: patients, healthy people who acted, synthetic walkers.
    people, walks
        How many.
    per_class
        People by label.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    source: str
    licence: str
    kind: DataKind
    people: int
    walks: int
    per_class: Mapping[str, int]


@dataclass(frozen=True)
class Calibration:
    """How scores become probabilities and sets; fitted on people who taught the model nothing else.

    Parameters
    ----------
    temperature
        What logits are divided by.
    alpha
        One minus the coverage of the prediction sets.
    thresholds
        By label: a class is in the set where one minus its probability is at most this.
    people
        How many people it was fitted on.
    method
        In words.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    temperature: float
    alpha: float
    thresholds: Mapping[str, float]
    people: int
    method: str


@dataclass(frozen=True)
class Baseline:
    """A small model that is written out in the card: multinomial logistic regression.

    Parameters
    ----------
    name, title
        Name in tables, and as printed.
    columns
        What it knows, by name with unit; ``sex_female`` is 1 or 0.
    mean, sd
        Of the columns among the people whom it learned from.
    coefficients, intercepts
        Rows by class in the card's order, columns as above.
    metrics
        As of the card's.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    title: str
    columns: tuple[str, ...]
    mean: tuple[float, ...]
    sd: tuple[float, ...]
    coefficients: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]
    metrics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """All that stands beside the weights.

    Parameters
    ----------
    name, version, title
        Identity of the bundle.
    task
        Name of the task.
    classes
        Labels, in the order of the network's outputs.
    inputs
        What the networks see, in order.
    networks
        Specification of each network; the mean of their log-probabilities counts. Weights of
        network number i have names that begin with ``i.``.
    calibration
        Of the probabilities.
    learned_from
        In words, as on the report.
    data
        What it learned from.
    training
        Protocol with hash, seed, command, steps, frozen stages, versions: how to make it again.
    metrics
        On held-out people, with intervals; ``per_class`` has sensitivity and specificity.
    baselines
        Small models beside it.
    limits, erased, intended_use, out_of_scope
        Sentences: for every page; quantities that the input does not hold; what it is for; what
        it is not for.
    inputs_sha256, weights_sha256
        Hashes: of the preparation, and of the file of weights.
    schema
        Version of this structure.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    version: str
    title: str
    task: str
    classes: tuple[str, ...]
    inputs: tuple[InputSpec, ...]
    networks: tuple[Mapping[str, Any], ...]
    calibration: Calibration
    learned_from: str
    data: tuple[DataUse, ...]
    training: Mapping[str, Any]
    metrics: Mapping[str, Any]
    baselines: tuple[Baseline, ...] = ()
    limits: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    intended_use: str = ""
    out_of_scope: tuple[str, ...] = ()
    inputs_sha256: str = ""
    weights_sha256: str = ""
    schema: str = CARD_SCHEMA

    def __post_init__(self) -> None:
        if len(set(self.classes)) != len(self.classes) or len(self.classes) < 2:
            raise ValueError("a card has two classes or more, each once")
        if not self.networks or not self.inputs or not self.data:
            raise ValueError("a card names its networks, inputs and data")

    @property
    def synthetic(self) -> bool:
        """Whether the model learned from synthetic walkers only."""
        return all(use.kind == "synthetic" for use in self.data)

    @property
    def id(self) -> str:
        """Name of the bundle and the beginning of the hash of this card."""
        return f"{self.name}-{hash_of(asdict(self))[:8]}"
