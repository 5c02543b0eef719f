"""Populations: protocol files that say who walks, how, and by which publication.

A population of one's own may build on a shipped one (``base``): it takes its draws, sources and
cameras, and says only what differs.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any, ClassVar, Literal, get_args

from pydantic import TypeAdapter, ValidationError

from clinigait.core import SIDES, BadInputError, Sex
from clinigait.io.protocol import load_data, shipped_protocols
from clinigait.synthesis.distributions import INFERENCE, Draw, Source
from clinigait.synthesis.prescription import (
    AidKind,
    Course,
    CurveSet,
    Prescription,
    SideGait,
    Spine,
    Variability,
)

_STRICT: dict[str, str | bool] = {"extra": "forbid", "allow_inf_nan": False}
#: More walks in one study are a slip of the pen.
MOST_WALKERS = 1_000_000
Modality = Literal[
    "film", "depth", "silhouettes", "labels", "keypoints", "estimated", "trc", "forces"
]
#: Where a camera can stand: below the ceiling of the rooms that are drawn, above their floor.
_VIEW_LIMITS = {
    "angle_deg": (-360, 360),
    "distance_m": (0.5, 50),
    "height_m": (0.2, 2.4),
    "tilt_deg": (-89, 89),
    "focal_px": (10, 100_000),
    "shake_deg": (0, 2),
}
MODALITIES: tuple[Modality, ...] = (
    "film", "depth", "silhouettes", "labels", "keypoints", "estimated", "trc", "forces",
)  # fmt: skip

#: Quantities of a person and of what they wear; ``trait.*`` is free, for what others hang on.
PERSON = (
    "age_y", "sex", "stature_m", "bmi_kgpm2", "muscle", "proportions", "affected_side",
    "aid", "aid_hand", "outfit", "thickness_class",
)  # fmt: skip
#: What may be worn.
OUTFITS = ("shirt_trousers", "shorts", "skirt", "coat", "bag")
#: Those that are chosen by name, and the names.
_TEXTS: dict[str, tuple[str, ...]] = {
    "sex": get_args(Sex),
    "affected_side": (*SIDES, "none"),
    "aid": get_args(AidKind),
    "aid_hand": SIDES,
    "outfit": OUTFITS,
}
_PACE = ("speed_mps", "cadence_spm", "stride_length_m")
_SIDED_SPINE = ("lateral_deg", "rotation_deg", "shoulder_tilt_deg", "pelvis_tilt_deg")
#: ``sided.spine.*`` bends towards the affected side.
_PREFIXES = ("both", "left", "right", "affected", "other")


def _names_of(kind: type, *, but: tuple[str, ...] = ()) -> tuple[str, ...]:
    return tuple(f.name for f in fields(kind) if f.name not in but)


#: Numbers of :class:`Prescription` that are no group of their own.
WHOLE_GAIT = _names_of(
    Prescription, but=("left", "right", "spine", "variability", "course", "aid", "freezes")
)
QUANTITIES = frozenset(
    {
        *PERSON,
        *WHOLE_GAIT,
        "walk_ratio_mpspm",
        *(f"{prefix}.{name}" for prefix in _PREFIXES for name in _names_of(SideGait)),
        *(f"spine.{name}" for name in _names_of(Spine)),
        *(f"sided.spine.{name}" for name in _SIDED_SPINE),
        *(f"variability.{name}" for name in _names_of(Variability)),
        *(f"course.{name}" for name in _names_of(Course)),
        *("freeze.count", "freeze.duration_s", "freeze.trembling_hz"),
    }
)


@dataclass(frozen=True)
class ViewSpec:
    """A camera.

    Parameters
    ----------
    name
        As in the names of files.
    angle_deg
        About the vertical from the way: 0 sees the front, 90 the left side, 180 the back.
    distance_m, height_m, tilt_deg
        From the middle of the walk, above the floor, downwards.
    size_px
        (width, height).
    focal_px
        None for a usual one.
    follows
        Whether it moves along with the walker.
    shake_deg
        Standard deviation of the shaking of a hand; 0 on a tripod.
    sensors
        What of the population's sensors this view records; None for all.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    name: str
    angle_deg: float
    distance_m: float = 5.0
    height_m: float = 1.0
    tilt_deg: float = 0.0
    size_px: tuple[int, int] = (640, 480)
    focal_px: float | None = None
    follows: bool = False
    shake_deg: float = 0.0
    sensors: tuple[Modality, ...] | None = None

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or not self.name.islower():
            raise ValueError("a view is named in small letters, digits and _")
        if min(self.size_px) < 16 or max(self.size_px) > 4096 or any(s % 2 for s in self.size_px):
            raise ValueError("sides are even numbers of 16 to 4096 pixels")
        for name, (low, high) in _VIEW_LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} of a camera is {low:g} to {high:g}")


@dataclass(frozen=True)
class Group:
    """People of one kind.

    Parameters
    ----------
    name
        As in tables.
    label
        What is learned to tell; several groups may share one.
    share
        Of the walkers, against the shares of the other groups.
    draws
        Where this group differs.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    name: str
    label: str
    share: float
    draws: dict[str, Draw] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.share >= 0:
            raise ValueError("a share is not below 0")
        if not all(0 < len(text) <= 80 and text.isprintable() for text in (self.name, self.label)):
            raise ValueError("name and label are 1 to 80 letters that can be printed")


@dataclass(frozen=True)
class Separability:
    """How well speed and age alone may tell two sets of groups apart.

    Parameters
    ----------
    of, against
        Names of groups.
    low, high
        Published range of the area under the curve.
    source, why
        As of a draw.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    of: tuple[str, ...]
    against: tuple[str, ...]
    low: float
    high: float
    source: str
    why: str = ""


@dataclass(frozen=True)
class Population:
    """Who walks, how, and what is filmed of it.

    Parameters
    ----------
    name, version, kind, title
        Identity of the protocol.
    base
        Name of a shipped population that this one builds on.
    sources
        Publications by key.
    draws
        Distributions that hold for everybody, by quantity.
    groups
        Kinds of people.
    visits, walks
        Visits of each person, walks of each visit.
    rate_hz
        Frames a second.
    curves
        Which fit moves trunk and arms: ``captured``, or ``cmu`` for walkers that owe nothing to
        data on which a model is tested.
    views
        Cameras.
    sensors
        What is written; the truth always is.
    separability
        What speed and age alone may tell.
    sha256
        Hash of the file, and of those that it builds on.
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = _STRICT

    name: str
    version: str
    kind: Literal["population"]
    title: str
    groups: tuple[Group, ...]
    base: str | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    draws: dict[str, Draw] = field(default_factory=dict)
    visits: int = 1
    walks: int = 1
    rate_hz: float = 30.0
    curves: CurveSet = "captured"
    views: tuple[ViewSpec, ...] = ()
    sensors: tuple[Modality, ...] = ("film", "keypoints")
    separability: tuple[Separability, ...] = ()
    sha256: str = ""

    def __post_init__(self) -> None:
        if not self.groups or not sum(group.share for group in self.groups) > 0:
            raise ValueError("groups: there is no group with a share above 0")
        for title, names in (
            ("groups", [group.name for group in self.groups]),
            ("views", [view.name for view in self.views]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"{title}: a name stands there twice")
        if not (1 <= self.visits <= 20 and 1 <= self.walks <= 20):
            raise ValueError("visits and walks: 1 to 20 of each")
        if not 5 <= self.rate_hz <= 500:
            raise ValueError("rate_hz: 5 to 500 frames a second")

    def draws_of(self, group: Group) -> dict[str, Draw]:
        """Return the distributions of a group, each after those that it hangs on."""
        draws = {**self.draws, **group.draws}
        # Sorted: the order of sets is not the same in every process.
        needs = {name: sorted(draw.needs() & set(draws)) for name, draw in draws.items()}
        order = TopologicalSorter(needs)
        return {name: draws[name] for name in order.static_order()}

    def group(self, name: str) -> Group:
        """Return a group by its name."""
        return next(group for group in self.groups if group.name == name)

    def with_share(self, name: str, share: float) -> Population:
        """Return the population with another prevalence of one group.

        Raises
        ------
        BadInputError
            If there is no such group, or the share is not from 0 to 1.
        """
        rest = sum(group.share for group in self.groups if group.name != name)
        if name not in {group.name for group in self.groups}:
            names = ", ".join(group.name for group in self.groups)
            raise BadInputError(f"There is no group {name[:40]}.", f"Choose of: {names}.")
        if not 0 <= share <= 1 or not (rest > 0 or share == 1):
            raise BadInputError(
                f"A share of {share:g} of the group {name} is impossible.", "Give 0 to 1."
            )
        scaled = {
            group.name: share if group.name == name else (1 - share) * group.share / rest
            for group in self.groups
        }
        groups = tuple(replace(group, share=scaled[group.name]) for group in self.groups)
        return replace(self, groups=groups)


def load_population(name_or_path: str) -> Population:
    """Load a shipped population by name, or one of your own by the path of its file.

    Raises
    ------
    BadInputError
        If there is no such population, or the file has a fault; the first one is named by key.
    """
    content, data, name = load_data(name_or_path, kind="population")
    return _parsed(content, data, name)


def parse_population(content: bytes, name: str) -> Population:
    """Check the content of a population file and return it with its hash.

    Raises
    ------
    BadInputError
        If it has a fault; the first one is named by key.
    """
    from clinigait.io.protocol import plain_data  # noqa: PLC0415 - beside its only use

    return _parsed(content, plain_data(content, name), name)


def _parsed(content: bytes, data: object, name: str) -> Population:
    if not isinstance(data, dict) or data.get("kind") != "population":
        raise BadInputError(
            f"{name} is not a population.",
            f"Give one of: {', '.join(shipped_protocols('population'))}; or a file of that kind.",
        )
    digest = hashlib.sha256(content)
    data = _on_its_base(data, name, digest.update)
    try:
        population = _ADAPTER.validate_python(data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])[:120] or "the file"
        raise _fault(name, where, fault["msg"].removeprefix("Value error, ")[:200]) from error
    _check_names(population, name)
    return replace(population, sha256=digest.hexdigest())


def _on_its_base(
    data: Mapping[str, Any], name: str, used: Callable[[bytes], None]
) -> Mapping[str, Any]:
    """Return a population together with what it builds on, however deep that goes."""
    base = data.get("base")
    if base is None:
        return data
    if base not in shipped_protocols("population"):
        raise _fault(name, "base", f"there is no shipped population {str(base)[:60]}")
    content, theirs, _ = load_data(str(base), kind="population")
    if not isinstance(theirs, dict):
        raise _fault(name, "base", f"{base} is no population")
    used(content)
    return _on_base(data, _on_its_base(theirs, str(base), used), name)


def _on_base(data: Mapping[str, Any], base: Mapping[str, Any], name: str) -> dict[str, Any]:
    merged = {**base, **data}
    for key in ("draws", "sources"):
        theirs, ours = base.get(key, {}), data.get(key, {})
        if not isinstance(ours, dict):
            raise _fault(name, key, "it is no table of names")
        merged[key] = {**theirs, **ours}
    if "separability" not in data:
        merged.pop("separability", None)
    return merged


def _fault(name: str, where: str, what: str) -> BadInputError:
    return BadInputError(
        f"{name} is not a valid population: {where}: {what}.",
        "Correct it; protocols/healthy_population.yaml is an example.",
    )


def _check_names(population: Population, name: str) -> None:
    """Refuse names that mean nothing, and what hangs on what is never drawn."""
    names = {group.name for group in population.groups}
    for number, asked in enumerate(population.separability):
        strangers = {*asked.of, *asked.against} - names
        if strangers:
            raise _fault(name, f"separability.{number}", f"no group {min(strangers)}")
        _check_source(population, {asked.source}, f"separability.{number}", name)
    for group in population.groups:
        draws = {**population.draws, **group.draws}
        for quantity in draws:
            inside = f"groups.{group.name}." if quantity in group.draws else ""
            _check_draw(population, draws, quantity, f"{inside}draws.{quantity}", name)
        try:
            population.draws_of(group)
        except CycleError as error:
            circle = ", ".join(sorted(set(error.args[1])))
            raise _fault(name, "draws", f"each hangs on the other: {circle}") from error
        _check_enough(draws, group, name)


def _check_draw(
    population: Population, draws: Mapping[str, Draw], quantity: str, where: str, name: str
) -> None:
    draw = draws[quantity]
    if quantity not in QUANTITIES and not quantity.startswith("trait."):
        raise _fault(name, where, "there is no such quantity; free ones begin with trait.")
    if quantity in _TEXTS:
        if draw.kind != "choice":
            raise _fault(name, where, "it is chosen: kind: choice")
        strangers = _options(draw) - set(_TEXTS[quantity])
        if strangers:
            known = ", ".join(_TEXTS[quantity])
            raise _fault(name, f"{where}.options", f"{min(strangers)[:40]} is none of {known}")
    elif not quantity.startswith("trait.") and not _has_numbers(draw):
        raise _fault(name, f"{where}.options", "the options are numbers, in quotes")
    _check_needs(draws, draw, where, name)
    if quantity.startswith(("affected.", "other.", "sided.")) and "affected_side" not in draws:
        raise _fault(name, where, "there is no affected_side")
    _check_source(population, draw.sources(), where, name)


def _check_needs(draws: Mapping[str, Draw], draw: Draw, where: str, name: str) -> None:
    """Refuse a draw that hangs on what is not drawn, or that reckons with words."""
    missing = {need for need in draw.needs() if need not in draws and need != "visit"}
    if missing:
        raise _fault(name, where, f"it hangs on {min(missing)}, which is not drawn")
    if draw.correlation is not None and draw.correlation.of not in draws:
        raise _fault(name, f"{where}.correlation", f"{draw.correlation.of} is not drawn")
    for need in draw.slopes:
        if need in draws and (need in _TEXTS or not _has_numbers(draws[need])):
            raise _fault(name, f"{where}.slopes", f"{need} is no number: give shifts")


def _check_source(
    population: Population, keys: set[str] | frozenset[str], where: str, name: str
) -> None:
    unknown = keys - set(population.sources) - {INFERENCE}
    if unknown:
        raise _fault(name, f"{where}.source", f"there is no source {min(unknown)}")


def _options(draw: Draw) -> set[str]:
    return {*draw.options, *(option for shares in draw.options_by.values() for option in shares)}


def _has_numbers(draw: Draw) -> bool:
    """Tell whether what is drawn are numbers, or words that are numbers."""
    return all(_is_number(option) for option in _options(draw))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _check_enough(draws: Mapping[str, Draw], group: Group, name: str) -> None:
    for quantity in ("age_y", "sex", "stature_m", "bmi_kgpm2"):
        if quantity not in draws:
            raise _fault(name, f"groups.{group.name}.draws.{quantity}", "it is missing")
    paces = [quantity for quantity in _PACE if quantity in draws]
    wanted = ["speed_mps"] if "walk_ratio_mpspm" in draws else None
    if paces != wanted and (wanted or len(paces) != 2):
        raise _fault(
            name,
            f"groups.{group.name}.draws",
            "a gait needs speed_mps with walk_ratio_mpspm, or two of " + ", ".join(_PACE),
        )


_ADAPTER = TypeAdapter(Population)
