"""Skeletons as networks take them: gait angles on an even clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, BadInputError, RefusedError, Space, Walk
from clinigait.representations.clip import Clip
from clinigait.representations.gait_angles import (
    ACROSS,
    CHANNELS,
    MIRROR_ORDER,
    MIRROR_SIGN,
    gait_angles,
)
from clinigait.representations.options import read_options
from clinigait.representations.skeletons import (
    RATE_HZ,
    Skeleton,
    picture_skeleton,
    seen_from_the_side,
    skeleton,
)

GAIT_ANGLES = "gait_angles"
#: Standard deviation of a thigh's angle below which nobody walks; the slowest step is 5 times that.
_LEAST_SWING_DEG = 1.0


@dataclass(frozen=True)
class AngleOptions:
    """How gait angles are prepared.

    Parameters
    ----------
    rate_hz
        A whole part of 30 Hz.
    centred
        Channels of which the mean over the walk is taken out: where a sensor's place, not the
        person, makes the level.
    plane
        ``sagittal`` gives what a camera at the side sees, of walks in metres and of pictures
        alike; other channels are NaN. ``all`` needs a walk in metres.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    rate_hz: Literal[30, 15, 10] = 15
    centred: tuple[str, ...] = ()
    plane: Literal["all", "sagittal"] = "all"

    def __post_init__(self) -> None:
        if strangers := set(self.centred) - set(CHANNELS):
            raise ValueError(f"there is no channel {min(strangers)[:40]}")


def prepare_gait_angles(walk: Walk, options: Mapping[str, Any]) -> Clip:
    """Return the channels of :func:`clinigait.representations.gait_angles`, (T, 44, 1) float32.

    Joints that the layout does not know, or the plane does not show, leave NaN in their channels.
    Options are those of
    :class:`AngleOptions`.

    Raises
    ------
    RefusedError
        If the walk is in a picture (unless ``plane`` is ``sagittal`` and it passes the camera),
        its layout lacks a needed joint, it is too short, a joint is seen too rarely, the lengths
        are nobody's, or nobody walks.
    BadInputError
        If an option is impossible.
    """
    chosen = read_options(GAIT_ANGLES, AngleOptions, options)
    pictured = chosen.plane == "sagittal" and walk.space is Space.IMAGE_PX
    try:
        body = (picture_skeleton if pictured else skeleton)(walk, RATE_HZ)
    except BadInputError as error:  # the walk is well: it is the model that cannot see it
        raise RefusedError("no_skeleton", error.message, error.remedy) from error
    clip = angles_of(body, options)
    thighs = clip.frames[GAIT_ANGLES][:, [CHANNELS.index(f"{side}_thigh_deg") for side in SIDES]]
    if thighs.std(axis=0).max() < _LEAST_SWING_DEG:
        raise RefusedError(
            "no_steps",
            "Neither thigh swings in this walk: nobody walks here.",
            "Give the part of the recording in which the person walks.",
        )
    return clip


def angles_of(body: Skeleton, options: Mapping[str, Any]) -> Clip:
    """Return the channels of a skeleton at 30 Hz, as :func:`prepare_gait_angles` does."""
    chosen = read_options(GAIT_ANGLES, AngleOptions, options)
    rate_hz = chosen.rate_hz
    if chosen.plane == "sagittal":
        body = seen_from_the_side(body)
    values = gait_angles(body).every(round(RATE_HZ) // rate_hz).values
    if chosen.plane == "sagittal":
        values[:, [CHANNELS.index(name) for name in ACROSS]] = np.nan
    for name in chosen.centred:
        values[:, CHANNELS.index(name)] -= values[:, CHANNELS.index(name)].mean()
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
