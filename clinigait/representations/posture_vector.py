"""The postural asymmetry vector: 24 numbers of a walk, as measured.

The network that is guided by it knows the range of those who taught it, and takes the vector on
that scale (:class:`clinigait.nn.drf.PavGuidedAttention`): no range of anybody else is needed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from clinigait.core import RefusedError, Walk
from clinigait.representations.clip import Clip
from clinigait.representations.options import read_options
from clinigait.representations.pictures import seen_by_a_camera
from clinigait.representations.posture import MEASURES, PAIRS, posture_frames

POSTURE = "posture"
_N = len(PAIRS) * len(MEASURES)


@dataclass(frozen=True)
class PostureOptions:
    """How the vector is made.

    Parameters
    ----------
    max_missing
        Walks that miss more of the 24 measures are refused.
    min_frames
        A measure seen in fewer frames is missing.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    max_missing: Annotated[int, Field(ge=0, le=_N)] = 12
    min_frames: Annotated[int, Field(ge=1, le=1000)] = 15


def prepare_posture(walk: Walk, options: Mapping[str, Any]) -> Clip:
    """Return the vector, (24,) float32: pairs in order, three unsigned measures each.

    In body heights and degrees, NaN for a measure that is missing. It means posture only in walks
    towards or away from the camera.

    Raises
    ------
    RefusedError
        ``no_view``, or ``too_little_posture`` where too many measures are missing.
    BadInputError
        If an option is unknown or impossible.
    """
    chosen = read_options(POSTURE, PostureOptions, options)
    posture = posture_frames(seen_by_a_camera(walk)).summary()
    measured = posture.unsigned.ravel()
    missing = ~np.isfinite(measured) | (posture.n_frames.ravel() < chosen.min_frames)
    if missing.sum() > chosen.max_missing:
        raise RefusedError(
            "too_little_posture",
            f"{missing.sum()} of {_N} measures of posture were not seen in {chosen.min_frames} "
            f"frames; {chosen.max_missing} may be missing.",
            "Film from the front or the back, with the whole person in view.",
        )
    vector = np.where(missing, np.nan, measured).astype(np.float32)
    return Clip({}, {POSTURE: vector}, walk.time_s)
