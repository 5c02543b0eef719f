"""Training protocols: how a model is trained, as data."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any, ClassVar, Literal

from pydantic import TypeAdapter, ValidationError

from clinigait.core import BadInputError, InputSpec, hash_of
from clinigait.io.bundle import check_name, check_spec
from clinigait.io.protocol import load_data, plain_data, shipped_protocols

_STRICT: dict[str, str | bool] = {"extra": "forbid", "allow_inf_nan": False}
TermKind = Literal[
    "cross_entropy", "focal", "ordinal", "gait_and_side", "triplet", "supcon", "auxiliary"
]
#: Terms that look at the class.
_CLASSIFYING = ("cross_entropy", "focal", "ordinal", "gait_and_side")
#: Words for what is frozen, beside names of stages.
NOTHING, EVERYTHING, AUTO = "none", "all", "auto"
_MOST_CANDIDATES = 64


@dataclass(frozen=True)
class NetworkPlan:
    """One network, or several that differ in their random start.

    Parameters
    ----------
    spec
        As of :func:`clinigait.nn.build_network`, without the number of classes.
    inputs
        Kinds of input that it sees; empty for all of the protocol, in order.
    window_frames, hop_frames
        How a walk is judged: windows of so many frames, so far apart; None for the whole walk.
    mirror
        Whether a walk is judged together with its mirror image.
    seeds
        How many of them.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    spec: Mapping[str, Any]
    inputs: tuple[str, ...] = ()
    window_frames: int | None = None
    hop_frames: int | None = None
    mirror: bool = False
    seeds: int = 1

    def __post_init__(self) -> None:
        if "classes" in self.spec:
            raise ValueError("the number of classes comes from the task")
        check_spec(self.spec)
        if not 1 <= self.seeds <= 20:
            raise ValueError("seeds: 1 to 20")
        if any(n is not None and n < 2 for n in (self.window_frames, self.hop_frames)):
            raise ValueError("windows and hops have 2 frames or more")


@dataclass(frozen=True)
class Term:
    """One part of what is made small.

    Parameters
    ----------
    kind
        ``cross_entropy``, ``focal`` and ``ordinal`` look at the class, ``gait_and_side`` at the
        class and at which side is affected where that is known (``affected_side``); ``triplet``
        and ``supcon`` at the distances of embeddings; ``auxiliary`` at how well a covariate can
        be told.
    weight
        Factor.
    smoothing
        Of the labels, for ``cross_entropy`` and ``gait_and_side``.
    margin
        Of the ``triplet``.
    by
        Whose embeddings belong together, for ``triplet`` and ``supcon``.
    gamma
        Of the ``focal`` loss.
    temperature
        Of ``supcon``.
    target
        Name of the covariate, for ``auxiliary``.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    kind: TermKind
    weight: float = 1.0
    smoothing: float = 0.1
    margin: float = 0.2
    by: Literal["person", "walk", "label"] = "person"
    gamma: float = 2.0
    temperature: float = 0.07
    target: str = ""

    def __post_init__(self) -> None:
        if (self.kind == "auxiliary") != bool(self.target):
            raise ValueError("an auxiliary term, and only one, names its target")
        if self.weight <= 0 or not 0 <= self.smoothing < 1 or self.temperature <= 0:
            raise ValueError("weight and temperature are above 0, smoothing from 0 to below 1")


@dataclass(frozen=True)
class Optimiser:
    """How the weights move.

    Parameters
    ----------
    name
        ``adamw`` or ``sgd`` (with a momentum of 0.9).
    rate
        Largest learning rate.
    weight_decay
        Pull towards zero.
    steps
        Number of steps.
    schedule
        ``one_cycle``: warm-up, then down along a cosine; ``steps``: a tenth after each milestone;
        ``constant``.
    warm_up
        Share of the steps in which the rate rises.
    milestones
        Shares of the steps.
    clip_norm
        Longest gradient; None for any.
    ema
        Decay of the running mean of the weights that is used in the end; None for the weights.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    name: Literal["adamw", "sgd"] = "adamw"
    rate: float = 1e-3
    weight_decay: float = 1e-3
    steps: int = 1000
    schedule: Literal["one_cycle", "steps", "constant"] = "one_cycle"
    warm_up: float = 0.1
    milestones: tuple[float, ...] = (0.5, 0.75, 0.9)
    clip_norm: float | None = 1.0
    ema: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 10 or self.weight_decay < 0:
            raise ValueError("rate lies between 0 and 10, weight_decay is not below 0")
        if not 1 <= self.steps <= 10_000_000:
            raise ValueError("steps: 1 to 10000000")
        if not 0 <= self.warm_up < 1 or not all(0 < share < 1 for share in self.milestones):
            raise ValueError("warm_up and milestones are shares of the steps")
        if self.ema is not None and not 0 < self.ema < 1:
            raise ValueError("ema lies between 0 and 1")

    def factor(self, step: int) -> float:
        """Return what the rate is multiplied by at a step, counted from 0."""
        warm = round(self.warm_up * self.steps)
        if step < warm:
            return (step + 1) / (warm + 1)
        if self.schedule == "one_cycle":
            return 0.5 * (1 + math.cos(math.pi * (step - warm) / max(self.steps - warm, 1)))
        if self.schedule == "steps":
            return float(0.1 ** sum(step >= share * self.steps for share in self.milestones))
        return 1.0


@dataclass(frozen=True)
class Batch:
    """What is seen at once.

    Parameters
    ----------
    by
        ``person``: people × clips of each; ``label``: labels × clips of each, from as many people
        as there are.
    groups, clips
        People (or labels), and clips of each.
    frames
        Frames of a clip.
    speed
        Clips are played this much slower to this much faster, by time.
    shortest
        Clips have at least this share of the frames, as many as is drawn.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    by: Literal["person", "label"] = "person"
    groups: int = 8
    clips: int = 4
    frames: int = 30
    speed: tuple[float, float] = (0.9, 1.1)
    shortest: float = 1.0

    def __post_init__(self) -> None:
        if not (1 <= self.groups <= 1024 and 1 <= self.clips <= 1024 and 2 <= self.frames <= 2000):
            raise ValueError("groups and clips: 1 to 1024; frames: 2 to 2000")
        if self.groups * self.clips < 2:
            raise ValueError("a batch has two clips or more")
        if not 0.25 <= self.speed[0] <= self.speed[1] <= 4:
            raise ValueError("speed: two numbers from 0.25 to 4, the lower first")
        if not 0 < self.shortest <= 1:
            raise ValueError("shortest: a share of the frames")


@dataclass(frozen=True)
class Augmentation:
    """How a clip is changed at random.

    Parameters
    ----------
    name
        One of the augmentations.
    p
        How often.
    options
        What it is told.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    name: str
    p: float = 0.2
    options: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.p <= 1:
            raise ValueError("p lies between 0 and 1")


@dataclass(frozen=True)
class Variations:
    """The same gaits on other bodies, before other sensors: drawn once, beside the walks.

    Parameters
    ----------
    copies
        Of every walk.
    options
        As of :class:`clinigait.training.augment_skeletons.SkeletonVariation`.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    copies: int = 0
    options: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.copies <= 50:
            raise ValueError("copies: 0 to 50")


@dataclass(frozen=True)
class Beside:
    """Synthetic walkers who teach beside the people, and never judge.

    Parameters
    ----------
    population
        Who walks: name or file of a population.
    walkers, seed
        How many, and which ones.
    level_by
        Label by whose walks the walkers' channels are fitted to the people's.
    variations
        Of their gait, on top of their own bodies.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    population: str
    walkers: int
    seed: int
    level_by: str
    variations: Variations = Variations()

    def __post_init__(self) -> None:
        if not 1 <= self.walkers <= 100_000 or self.seed < 0:
            raise ValueError("walkers: 1 to 100000; seed: 0 or more")


@dataclass(frozen=True)
class Stopping:
    """When training ends early; inner folds only, the others stop where those found best.

    Parameters
    ----------
    every
        Steps from look to look at the validation people.
    patience
        Looks without a better one.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    every: int = 100
    patience: int = 5

    def __post_init__(self) -> None:
        if self.every < 1 or self.patience < 1:
            raise ValueError("every and patience are 1 or more")


@dataclass(frozen=True)
class CalibrationPlan:
    """Whose walks make scores into probabilities.

    Parameters
    ----------
    by
        ``out_of_fold``: everybody, judged by networks that never saw them; ``held_out``: a share
        of the people, who then teach nothing.
    share
        That share.
    alpha
        One minus the coverage of the prediction sets.
    typicality
        Whether the model learns how typical walks look to it, and says nothing of others; by
        people who are held out.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    by: Literal["out_of_fold", "held_out"] = "out_of_fold"
    share: float = 0.3
    alpha: float = 0.1
    typicality: bool = False

    def __post_init__(self) -> None:
        if self.typicality and self.by != "held_out":
            raise ValueError("typicality is learned from people who are held out")
        if not (0 < self.share < 1 and 0 < self.alpha < 1):
            raise ValueError("share and alpha lie between 0 and 1")


@dataclass(frozen=True)
class TrainingPlan:
    """How a model is trained.

    Parameters
    ----------
    name, version, kind, title
        Identity of the protocol; the bundle gets its name.
    task
        Name of the task.
    inputs
        What the networks see.
    networks
        Which ones.
    data_set
        Name of the data set; None finds out.
    objective
        What is made small.
    class_weights
        ``conservative``: the class's share to the power of minus ``class_power``, mean 1.
    class_power
        0.5 is mild, 1 the inverse share.
    optimiser, batch, augment, variations
        See there.
    beside
        Synthetic walkers who teach too; None for none.
    initial
        Bundle whose weights are the start, where they fit; None for random ones.
    freeze
        Stages that keep their weights; ``none``, ``all``.
    freeze_norms
        ``all`` keeps the statistics of every batch normalisation, ``frozen`` of frozen stages.
    rates
        Factor of the learning rate by stage.
    stopping
        None runs all steps.
    outer_folds, inner_folds
        Folds by person: outer ones are scored once, inner ones choose.
    grid
        What inner folds choose among, by dotted name, for example ``freeze`` or
        ``optimiser.rate``; ``freeze: [auto]`` is every row from nothing to all.
    calibration
        See there.
    half
        Whether the bundle keeps its matrices in half precision.
    seed
        Of everything that is drawn.
    learned_from, limits, erased, intended_use, out_of_scope
        Sentences for the card.
    sha256
        Hash of the file.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    name: str
    version: str
    kind: Literal["training"]
    title: str
    task: str
    inputs: tuple[InputSpec, ...]
    networks: tuple[NetworkPlan, ...]
    data_set: str | None = None
    objective: tuple[Term, ...] = (Term("cross_entropy"),)
    class_weights: Literal["none", "conservative"] = "conservative"
    class_power: float = 0.5
    optimiser: Optimiser = Optimiser()
    batch: Batch = Batch()
    augment: tuple[Augmentation, ...] = ()
    variations: Variations = Variations()
    beside: Beside | None = None
    initial: str | None = None
    freeze: tuple[str, ...] = (NOTHING,)
    freeze_norms: Literal["all", "frozen"] = "frozen"
    rates: Mapping[str, float] = field(default_factory=dict)
    stopping: Stopping | None = None
    outer_folds: int = 5
    inner_folds: int = 3
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    calibration: CalibrationPlan = CalibrationPlan()
    half: bool = False
    seed: int = 0
    learned_from: str = ""
    limits: tuple[str, ...] = ()
    erased: tuple[str, ...] = ()
    intended_use: str = ""
    out_of_scope: tuple[str, ...] = ()
    sha256: str = ""

    def __post_init__(self) -> None:
        if not self.inputs or not self.networks or not self.objective:
            raise ValueError("a training protocol has inputs, networks and an objective")
        kinds = {spec.kind for spec in self.inputs}
        for network in self.networks:
            if strangers := set(network.inputs) - kinds:
                raise ValueError(f"networks: {min(strangers)} is none of the inputs")
        if not any(term.kind in _CLASSIFYING for term in self.objective):
            raise ValueError("objective: one term looks at the class")
        if not (2 <= self.outer_folds <= 100 and 2 <= self.inner_folds <= 100):
            raise ValueError("outer_folds and inner_folds: 2 to 100")
        if not 0 <= self.class_power <= 1 or self.seed < 0:
            raise ValueError("class_power: 0 to 1; seed: 0 or more")
        check_name(self.name)
        if not all(0 <= rate <= 1000 for rate in self.rates.values()):
            raise ValueError("rates: 0 to 1000")

    def kinds_of(self, network: NetworkPlan) -> tuple[str, ...]:
        """Return what a network sees."""
        return network.inputs or tuple(spec.kind for spec in self.inputs)

    def candidates(self) -> tuple[Candidate, ...]:
        """Return all that inner folds choose among; the protocol itself where there is no grid.

        Raises
        ------
        BadInputError
            If the grid names what is not in a protocol, is empty or is very large.
        """
        axes = [[(name, value) for value in values] for name, values in self.grid.items()]
        count = math.prod(len(axis) for axis in axes)
        if not 1 <= count <= _MOST_CANDIDATES:
            raise _fault(
                self.name, "grid", f"it has {count} points; 1 to {_MOST_CANDIDATES} can be"
            )
        plain = replace(self, grid={})
        return tuple(
            Candidate(dict(chosen), _changed(plain, dict(chosen)))
            for chosen in itertools.product(*axes)
        )

    def as_data(self) -> dict[str, Any]:
        """Return the protocol as plain data, for a card.

        A key that is younger than cards which are out there is left out where it asks for nothing.
        """
        kept = {key: value for key, value in asdict(self).items() if key != "sha256"}
        data: dict[str, Any] = {key: _plain(value) for key, value in kept.items()}
        if not self.calibration.typicality:
            del data["calibration"]["typicality"]
        return data

    @property
    def digest(self) -> str:
        """Hash of what the protocol says, however its file is laid out."""
        return hash_of(self.as_data())


@dataclass(frozen=True)
class Candidate:
    """One point of the grid.

    Parameters
    ----------
    chosen
        Values by dotted name.
    plan
        The protocol with them.
    """

    chosen: Mapping[str, Any]
    plan: TrainingPlan


def load_plan(name_or_path: str) -> TrainingPlan:
    """Load a shipped training protocol by name, or one of your own by the path of its file.

    Raises
    ------
    BadInputError
        If there is no such protocol, or the file has a fault; the first one is named by key.
    """
    content, data, name = load_data(name_or_path, kind="training")
    return _parsed(content, data, name)


def parse_plan(content: bytes, name: str) -> TrainingPlan:
    """Check the content of a training protocol and return it with its hash.

    Raises
    ------
    BadInputError
        If it has a fault; the first one is named by key.
    """
    return _parsed(content, plain_data(content, name), name)


def plan_of(data: Mapping[str, Any], name: str) -> TrainingPlan:
    """Return the training protocol that plain data describe.

    Raises
    ------
    BadInputError
        If they describe none; the first fault is named by key.
    """
    try:
        plan = _ADAPTER.validate_python(dict(data))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])[:120] or "the file"
        raise _fault(name, where, fault["msg"].removeprefix("Value error, ")[:200]) from error
    plan.candidates()  # what the grid names is there
    return plan


def _parsed(content: bytes, data: object, name: str) -> TrainingPlan:
    if not isinstance(data, dict) or data.get("kind") != "training":
        shipped = ", ".join(shipped_protocols("training"))
        raise BadInputError(
            f"{name} is not a training protocol.",
            f"Give one of: {shipped}; or a file of that kind."
            if shipped
            else "Give a file of that kind.",
        )
    return replace(plan_of(data, name), sha256=hashlib.sha256(content).hexdigest())


def _changed(plan: TrainingPlan, chosen: Mapping[str, Any]) -> TrainingPlan:
    """Return the protocol with other values, checked as a file is."""
    data = plan.as_data()
    for dotted, value in chosen.items():
        *parents, last = dotted.split(".")
        place: Any = data
        for parent in parents:
            place = place.get(parent) if isinstance(place, dict) else None
        if not isinstance(place, dict) or last not in _names_at(plan, parents):
            raise _fault(plan.name, f"grid.{dotted[:60]}", "a protocol has no such entry")
        as_list = dotted == "freeze" and isinstance(value, str)
        place[last] = [value] if as_list else value
    try:
        return replace(_ADAPTER.validate_python(data), sha256=plan.sha256)
    except ValidationError as error:
        what = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise _fault(plan.name, "grid", what.removeprefix("Value error, ")[:200]) from error


def _names_at(plan: TrainingPlan, parents: list[str]) -> set[str]:
    place: Any = plan
    for parent in parents:
        place = getattr(place, parent)
    return {f.name for f in fields(place)} if is_dataclass(place) else set()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value


def _fault(name: str, where: str, what: str) -> BadInputError:
    return BadInputError(
        f"{name} is not a valid training protocol: {where}: {what}.",
        "Correct it; docs/training.md has an example.",
    )


_ADAPTER = TypeAdapter(TrainingPlan)
