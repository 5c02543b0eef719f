"""Skeletons as networks take them: gait angles on an even clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Walk
from clinigait.representations.clip import Clip
from clinigait.representations.gait_angles import (
    CHANNELS,
    MIRROR_ORDER,
    MIRROR_SIGN,
    gait_angles,
)
from clinigait.representations.options import read_options
from clinigait.representations.skeletons import RATE_HZ, Skeleton, skeleton

GAIT_ANGLES = "gait_angles"


@dataclass(frozen=True)
class AngleOptions:
    """How gait angles are prepared: ``rate_hz`` is a whole part of 30 Hz."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    rate_hz: Literal[30, 15, 10] = 15


def prepare_gait_angles(walk: Walk, options: Mapping[str, Any]) -> Clip:
    """Return the channels of :func:`clinigait.representations.gait_angles`, (T, 44, 1) float32.

    Joints that the layout does not know leave NaN in their channels. Options are those of
    :class:`AngleOptions`.

    Raises
    ------
    RefusedError
        If the walk is too short, a joint is seen too rarely, or the lengths are nobody's.
    BadInputError
        If the walk is in a picture, its layout lacks a needed joint, or an option is impossible.
    """
    return angles_of(skeleton(walk, RATE_HZ), options)


def angles_of(body: Skeleton, options: Mapping[str, Any]) -> Clip:
    """Return the channels of a skeleton at 30 Hz, as :func:`prepare_gait_angles` does."""
    rate_hz = read_options(GAIT_ANGLES, AngleOptions, options).rate_hz
    values = gait_angles(body).every(round(RATE_HZ) // rate_hz).values
    frames = {GAIT_ANGLES: values[:, :, None].astype(np.float32)}
    return Clip(frames, {}, np.arange(len(values)) / rate_hz)


#: Channels that a camera may see badly together: a model should not hang on one of these groups.
ANGLE_GROUPS: tuple[tuple[int, ...], ...] = tuple(
    tuple(i for i, name in enumerate(CHANNELS) if name.split("_", 1)[-1].startswith(part)
          or name.startswith(part))
    for part in (("arm", "elbow", "wrist", "hand"), ("head",), ("foot", "ankle_deg"), ("speed",))
)  # fmt: skip


def mirror_angles(frames: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return (T, 44, 1) channels of the mirror image."""
    sign = np.array(MIRROR_SIGN, np.float32)[:, None]
    return np.asarray(frames[:, list(MIRROR_ORDER)].astype(np.float32) * sign)
