"""Bundles of generators of walks: the decoder's weights, and a card that says what they are.

A generator answers no question about a person: it has no calibration and no task, so its card is
another one than that of a model. Nothing here needs PyTorch.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from clinigait.core import BadInputError, DataUse
from clinigait.core.card import hash_of
from clinigait.io.bundle import (
    CARD_FILE,
    MAX_CARD_BYTES,
    card_schema,
    check_name,
    check_spec,
    checked_card,
    read_part,
    shown_name,
)
from clinigait.io.output import workplace
from clinigait.io.tensors import MAX_WEIGHTS_BYTES, load_tensors, numpy_library

GENERATOR_SCHEMA = "clinigait-generator-1"
#: Another name than that of a model's weights: a generator is no model that a walk is given to.
WEIGHTS_FILE = "generator.safetensors"
_STRICT = {"extra": "forbid"}
_REMEDY = "Give a folder that examples/pathology_generation.py --bundle wrote, unchanged."
#: Sizes that bodies have, leg and trunk together.
_SIZES_M = (0.4, 2.0)


@dataclass(frozen=True)
class Sign:
    """One thing that is measured on a walk, and on which side of a limit it has to lie.

    Parameters
    ----------
    name
        What is measured, with its unit.
    above
        Whether above the limit or below.
    limit
        Halfway between the people who walked normally and those of the class.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    above: bool
    limit: float

    def shown_by(self, measured: Mapping[str, float]) -> bool:
        """Tell whether measured values show it; what was not measured is not shown."""
        value = measured.get(self.name, math.nan)
        return value > self.limit if self.above else value < self.limit


@dataclass(frozen=True)
class Gate:
    """What a walk of a class has to show.

    Parameters
    ----------
    every
        Groups of signs: one at least of every group has to be shown.
    none_of
        Names of classes of which not all groups may be shown.
    people_share
        Share of the walks of the people that taught the limits who pass it.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    every: tuple[tuple[Sign, ...], ...] = ()
    none_of: tuple[str, ...] = ()
    people_share: float = 1.0


@dataclass(frozen=True)
class GeneratorCard:
    """All that stands beside the weights of a generator.

    Parameters
    ----------
    name, version, title
        Identity.
    classes
        Labels in the order of the one-hot vector.
    spec
        What the decoder is built from.
    affected_side
        The side on which it makes one-sided gaits; the mirror image has the other.
    sizes_m
        Least and greatest body size of the people whom it learned from.
    gates
        What is asked of what it makes, by class.
    learned_from
        In words.
    data
        What it learned from.
    training
        Command, plan, seed, steps, versions.
    metrics
        What was measured of it.
    limits, intended_use, out_of_scope
        Sentences.
    weights_sha256
        Hash of the file of weights.
    schema
        Version of this structure.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    name: str
    version: str
    title: str
    classes: tuple[str, ...]
    spec: Mapping[str, int]
    affected_side: str
    sizes_m: tuple[float, float]
    gates: Mapping[str, Gate]
    learned_from: str
    data: tuple[DataUse, ...]
    training: Mapping[str, Any]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    intended_use: str = ""
    out_of_scope: tuple[str, ...] = ()
    weights_sha256: str = ""
    schema: str = GENERATOR_SCHEMA

    @property
    def id(self) -> str:
        """Name of the bundle and the beginning of the hash of this card."""
        return f"{self.name}-{hash_of(asdict(self))[:8]}"


@dataclass(frozen=True, eq=False)
class GeneratorBundle:
    """A generator as it lies on the disk.

    Parameters
    ----------
    card
        What it is.
    arrays
        Weights of the decoder by name, float32.
    """

    card: GeneratorCard
    arrays: Mapping[str, NDArray[Any]]


def read_generator(name_or_path: str | Path) -> GeneratorBundle:
    """Read a shipped generator by name, or one of your own by the path of its folder.

    Raises
    ------
    BadInputError
        If there is none, a file is damaged, or the weights are not those of the card.
    """
    folder = _folder_of(name_or_path)
    shown = shown_name(folder)
    text = read_part(folder, CARD_FILE, MAX_CARD_BYTES, _REMEDY)
    if card_schema(text, shown, _REMEDY) != GENERATOR_SCHEMA:
        raise BadInputError(f"The card of {shown} is none of a generator of this version.", _REMEDY)
    card = checked_card(text, shown, _adapter(), _check, _REMEDY)
    content = read_part(folder, WEIGHTS_FILE, MAX_WEIGHTS_BYTES, _REMEDY)
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise BadInputError(
            f"The weights of {shown} are not those that its card describes.", _REMEDY
        )
    arrays = load_tensors(content, f"The weights of {shown}", _REMEDY, lambda key: len(key) < 200)
    return GeneratorBundle(card, arrays)


def write_generator(
    folder: Path, card: GeneratorCard, arrays: Mapping[str, NDArray[Any]]
) -> GeneratorBundle:
    """Write a generator, all or nothing, and read it back.

    Kernels are stored in float16, vectors in float32.

    Raises
    ------
    BadInputError
        If the folder cannot be written.
    ValueError
        If the card is one that no generator may have.
    """
    _check(card)
    halved = {
        key: np.array(array, np.float16 if array.ndim > 1 else np.float32, order="C")
        for key, array in sorted(arrays.items())
    }
    content = numpy_library().save(halved)
    whole = replace(card, weights_sha256=hashlib.sha256(content).hexdigest())
    text = json.dumps(asdict(whole), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    with workplace(folder, (CARD_FILE, WEIGHTS_FILE), CARD_FILE) as place:
        (place / CARD_FILE).write_text(text, "utf-8")
        (place / WEIGHTS_FILE).write_bytes(content)
    return read_generator(folder)


def _folder_of(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, str) and name_or_path.isidentifier():
        shipped = Path(str(files("clinigait.bundles").joinpath(name_or_path)))
        if (shipped / WEIGHTS_FILE).is_file():
            return shipped
    folder = Path(name_or_path)
    try:
        there = folder.is_dir() and str(name_or_path) != ""
    except (OSError, ValueError):  # a name that no folder can have
        there = False
    if not there:
        raise BadInputError(f"There is no generator {str(name_or_path)[:80]!r}.", _REMEDY)
    return folder


@cache
def _adapter() -> TypeAdapter[GeneratorCard]:
    return TypeAdapter(GeneratorCard)


def _check(card: GeneratorCard) -> None:
    """Refuse, with a ValueError, what the types alone let pass."""
    check_name(card.name)
    check_spec(card.spec)
    low, high = card.sizes_m
    if len(set(card.classes)) != len(card.classes) or len(card.classes) < 2:
        raise ValueError("classes: two or more, each once")
    if set(card.gates) != set(card.classes) or card.spec.get("classes") != len(card.classes):
        raise ValueError("gates and spec: every class")
    if not _SIZES_M[0] <= low <= high <= _SIZES_M[1]:
        raise ValueError("sizes_m: those of a body")
    if card.affected_side not in {"left", "right"}:
        raise ValueError("affected_side: left or right")
    for gate in card.gates.values():
        if not set(gate.none_of) <= set(card.classes):
            raise ValueError("gates: none_of names classes")
        if not all(math.isfinite(sign.limit) for group in gate.every for sign in group):
            raise ValueError("gates: a limit is not finite")
