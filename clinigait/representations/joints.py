"""Places and velocities of a skeleton's joints, as networks of joints take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, RefusedError, Walk
from clinigait.representations.clip import Clip
from clinigait.representations.options import read_options
from clinigait.representations.skeletons import MIRRORED, RATE_HZ, Skeleton, skeleton

JOINTS = "joints"
#: How forward, left and up of a vector change in the mirror.
_MIRROR_SIGN = (1.0, -1.0, 1.0)


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
    return joints_of(skeleton_of(walk), options)


def joints_of(body: Skeleton, options: Mapping[str, Any]) -> Clip:
    """Return places and velocities of a skeleton at 30 Hz, as :func:`prepare_joints` does."""
    rate_hz = read_options(JOINTS, JointOptions, options).rate_hz
    return vectors_clip(JOINTS, (body.joints, body.velocities()), rate_hz)


def skeleton_of(walk: Walk) -> Skeleton:
    """Return the skeleton of a walk, which only a model refuses: the walk itself is well.

    Raises
    ------
    RefusedError
        As :func:`prepare_joints`.
    """
    try:
        return skeleton(walk, RATE_HZ)
    except BadInputError as error:
        raise RefusedError("no_skeleton", error.message, error.remedy) from error


def vectors_clip(kind: str, vectors: Sequence[NDArray[np.float64]], rate_hz: int) -> Clip:
    """Return vectors of the joints, (T, 17, 3) each at 30 Hz, side by side at a rate.

    Parameters
    ----------
    kind
        Name of the frames.
    vectors
        In the order of the channels.
    rate_hz
        A whole part of 30 Hz.
    """
    every = round(RATE_HZ) // rate_hz
    frames = np.concatenate([each.swapaxes(1, 2) for each in vectors], axis=1)[::every]
    return Clip({kind: frames.astype(np.float32)}, {}, np.arange(len(frames)) / rate_hz)


def mirror_joints(frames: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return (T, 3 V, 17) channels of V vectors of the mirror image."""
    sign = np.tile(np.array(_MIRROR_SIGN, np.float32), frames.shape[1] // len(_MIRROR_SIGN))
    return np.asarray(frames[:, :, list(MIRRORED)].astype(np.float32) * sign[:, None])
