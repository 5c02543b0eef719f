"""From a walk to what a network sees, as its card says: one preparation a kind of input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from clinigait.core import Walk
from clinigait.core.card import InputSpec, hash_of
from clinigait.representations.clip import Clip

#: Prepares one kind of input; options come from the card. Raises RefusedError where the walk has
#: not what it needs, BadInputError where an option is unknown or impossible.
Preparation = Callable[[Walk, Mapping[str, Any]], Clip]

#: Version and preparation by kind. A change of what a preparation gives is a new version: cards
#: with another one are refused.
PREPARATIONS: dict[str, tuple[str, Preparation]] = {}


def inputs_sha256(inputs: Sequence[InputSpec]) -> str:
    """Return the hash of a preparation: kinds, options, and the versions of what prepares."""
    parts = [{**asdict(spec), "version": PREPARATIONS[spec.kind][0]} for spec in inputs]
    return hash_of(parts)


def prepare(walk: Walk, inputs: Sequence[InputSpec]) -> Clip:
    """Return what a network sees of a walk; several inputs come on the clock of the first.

    Raises
    ------
    RefusedError
        If the walk does not hold what is needed.
    """
    raise NotImplementedError
