"""Variations of walks for a training protocol: the same gait on other bodies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from clinigait.core import BadInputError, Walk
from clinigait.representations.clip import Clip
from clinigait.representations.joint_loads import JOINT_LOADS, dynamics_of
from clinigait.representations.joints import JOINTS, joints_of
from clinigait.representations.skeleton_inputs import GAIT_ANGLES, angles_of
from clinigait.representations.skeletons import Skeleton, skeleton
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
    if len(plan.inputs) != 1 or plan.inputs[0].kind not in _OF_BODY:
        raise BadInputError(
            f"Only walks whose one input is of {', '.join(_OF_BODY)} can be put on other bodies.",
            "Take variations out of the protocol.",
        )
    _variation(plan)


def variations_of(plan: TrainingPlan, walk: Walk, sequence: str) -> tuple[Clip, ...]:
    """Return the gait of a walk on other bodies, drawn by the seed and the name of the sequence."""
    body, variation = skeleton(walk), _variation(plan)
    name = int.from_bytes(hashlib.sha256(sequence.encode()).digest()[:8], "big")
    rng = np.random.default_rng([plan.seed, name])
    (seen,) = plan.inputs
    copies = range(plan.variations.copies)
    return tuple(_OF_BODY[seen.kind](varied(body, rng, variation), seen.options) for _ in copies)


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


#: What networks see of a skeleton, by kind of input.
_OF_BODY: dict[str, Callable[[Skeleton, Mapping[str, Any]], Clip]] = {
    GAIT_ANGLES: angles_of,
    JOINTS: joints_of,
    JOINT_LOADS: dynamics_of,
}
_ADAPTER = TypeAdapter(SkeletonVariation)
