"""Places and velocities of a skeleton's joints, as networks of joints take them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, RefusedError, Walk
from clinigait.representations.clip import Clip
from clinigait.representations.options import read_options
from clinigait.representations.skeletons import MIRRORED, RATE_HZ, Skeleton, skeleton

JOINTS = "joints"
#: Channels, forward, left and up of each: places first.
VECTORS = ("place", "velocity")
_MIRROR_SIGN = np.array([1.0, -1.0, 1.0] * len(VECTORS), np.float32)[:, None]


@dataclass(frozen=True)
class JointOptions:
    """How joints are prepared.

    Parameters
    ----------
    rate_hz
        A whole part of 30 Hz.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    rate_hz: Literal[30, 15, 10] = 30


def prepare_joints(walk: Walk, options: Mapping[str, Any]) -> Clip:
    """Return places and velocities of the 17 joints of a walk, (T, 6, 17) float32.

    Forward, left and up each: places from the pelvis and up from the floor in body sizes,
    velocities over the ground in body sizes a second. Options are those of :class:`JointOptions`.

    Raises
    ------
    RefusedError
        If the walk is in a picture, its layout lacks a needed joint, it is too short, a joint is
        seen too rarely, or the lengths are nobody's.
    BadInputError
        If an option is impossible.
    """
    read_options(JOINTS, JointOptions, options)
    try:
        body = skeleton(walk, RATE_HZ)
    except BadInputError as error:  # the walk is well: it is the model that cannot see it
        raise RefusedError("no_skeleton", error.message, error.remedy) from error
    return joints_of(body, options)


def joints_of(body: Skeleton, options: Mapping[str, Any]) -> Clip:
    """Return places and velocities of a skeleton at 30 Hz, as :func:`prepare_joints` does."""
    rate_hz = read_options(JOINTS, JointOptions, options).rate_hz
    found = (body.joints, body.velocities())
    frames = np.concatenate([part.swapaxes(1, 2) for part in found], axis=1)
    frames = frames[:: round(RATE_HZ) // rate_hz]
    clock = np.arange(len(frames)) / rate_hz
    return Clip({JOINTS: frames.astype(np.float32)}, {}, clock)


def mirror_joints(frames: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return (T, 6, 17) channels of the mirror image."""
    return np.asarray(frames[:, :, list(MIRRORED)].astype(np.float32) * _MIRROR_SIGN)
