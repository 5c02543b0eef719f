"""Variations of walks for a training protocol: the same gait on other bodies."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from clinigait.core import BadInputError, Walk
from clinigait.representations.clip import Clip
from clinigait.representations.skeleton_inputs import GAIT_ANGLES, angles_of
from clinigait.representations.skeletons import skeleton
from clinigait.training.augment_skeletons import SkeletonVariation, varied
from clinigait.training.plan import TrainingPlan


def check_variations(plan: TrainingPlan) -> None:
    """Refuse variations that cannot be drawn.

    Raises
    ------
    BadInputError
        If an option is unknown, or the networks see something else than skeletons.
    """
    if not plan.variations.copies:
        return
    if [spec.kind for spec in plan.inputs] != [GAIT_ANGLES]:
        raise BadInputError(
            f"Only walks whose one input is {GAIT_ANGLES} can be put on other bodies.",
            "Take variations out of the protocol.",
        )
    _variation(plan)


def variations_of(plan: TrainingPlan, walk: Walk, sequence: str) -> tuple[Clip, ...]:
    """Return the gait of a walk on other bodies, drawn by the seed and the name of the sequence."""
    body, variation = skeleton(walk), _variation(plan)
    name = int.from_bytes(hashlib.sha256(sequence.encode()).digest()[:8], "big")
    rng = np.random.default_rng([plan.seed, name])
    options: dict[str, Any] = dict(plan.inputs[0].options)
    copies = range(plan.variations.copies)
    return tuple(angles_of(varied(body, rng, variation), options) for _ in copies)


def _variation(plan: TrainingPlan) -> SkeletonVariation:
    try:
        return _ADAPTER.validate_python(dict(plan.variations.options))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(("variations", "options", *map(str, fault["loc"])))[:80]
        what = fault["msg"].removeprefix("Value error, ")
        raise BadInputError(
            f"{plan.name} is not a valid training protocol: {where}: {what}.",
            "Correct it; docs/training.md has an example.",
        ) from error


_ADAPTER = TypeAdapter(SkeletonVariation)
