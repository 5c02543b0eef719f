"""The postural asymmetry vector: 24 numbers of a walk, on the scale of the training people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from clinigait.core import BadInputError, RefusedError, Walk
from clinigait.representations.clip import Clip
from clinigait.representations.options import read_options
from clinigait.representations.pictures import seen_by_a_camera
from clinigait.representations.posture import (
    MEASURES,
    PAIRS,
    Posture,
    PostureRange,
    posture_frames,
)

POSTURE = "posture"
_N = len(PAIRS) * len(MEASURES)
_Number = Annotated[float, Field(allow_inf_nan=False)]
_Row = Annotated[tuple[_Number, ...], Field(min_length=len(MEASURES), max_length=len(MEASURES))]
Table = Annotated[tuple[_Row, ...], Field(min_length=len(PAIRS), max_length=len(PAIRS))]


@dataclass(frozen=True)
class PostureOptions:
    """How the vector is made; tables are 8 pairs by 3 measures, as in :mod:`.posture`.

    Parameters
    ----------
    low, high
        Least and greatest unsigned asymmetry of the training people.
    fill
        What stands, on the scale from ``low`` (0) to ``high`` (1), for a measure that a walk has
        not; without it every measure is needed.
    max_missing
        Walks that miss more of the 24 are refused.
    min_frames
        A measure seen in fewer frames is missing.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    low: Table
    high: Table
    fill: Table | None = None
    max_missing: Annotated[int, Field(ge=0, le=_N)] = 12
    min_frames: Annotated[int, Field(ge=1, le=1000)] = 15


def prepare_posture(walk: Walk, options: Mapping[str, Any]) -> Clip:
    """Return the vector, (24,) float32: pairs in order, three measures each.

    0 is the training people's least asymmetry and 1 their greatest; people beyond them get less
    or more. It means posture only in walks towards or away from the camera.

    Raises
    ------
    RefusedError
        ``no_view``, or ``too_little_posture`` where too many measures are missing.
    BadInputError
        If an option is missing, unknown or impossible.
    """
    chosen = read_options(POSTURE, PostureOptions, options)
    try:
        limits = PostureRange(np.array(chosen.low), np.array(chosen.high))
    except ValueError as error:
        raise BadInputError(
            f"The options of the input {POSTURE} are wrong: {error}.", "Use the model's own card."
        ) from error
    posture = posture_frames(seen_by_a_camera(walk)).summary()
    scaled = limits.scaled(posture).ravel()
    missing = ~np.isfinite(scaled) | (posture.n_frames.ravel() < chosen.min_frames)
    allowed = 0 if chosen.fill is None else chosen.max_missing
    if missing.sum() > allowed:
        raise RefusedError(
            "too_little_posture",
            f"{missing.sum()} of {_N} measures of posture were not seen in {chosen.min_frames} "
            f"frames; {allowed} may be missing.",
            "Film from the front or the back, with the whole person in view.",
        )
    if chosen.fill is not None:
        scaled = np.where(missing, np.array(chosen.fill).ravel(), scaled)
    return Clip({}, {POSTURE: scaled.astype(np.float32)}, walk.time_s)


def posture_options(postures: Sequence[Posture]) -> dict[str, Any]:
    """Return options learned from the walks of the training people, and of nobody else.

    Parameters
    ----------
    postures
        Of every training walk.

    Returns
    -------
    dict
        ``low``, ``high`` and ``fill`` (the median on that scale), as plain numbers.

    Raises
    ------
    BadInputError
        If a measure is missing in all walks, or the same in all.
    """
    try:
        limits = PostureRange.of(list(postures))
    except ValueError as error:
        raise BadInputError(
            f"No range of posture can be learned from {len(postures)} walks: {error}.",
            "Give more walks, seen from the front or the back.",
        ) from error
    middle = np.nanmedian(np.stack([limits.scaled(posture) for posture in postures]), axis=0)
    tables = {"low": limits.low, "high": limits.high, "fill": middle}
    return {name: table.tolist() for name, table in tables.items()}
