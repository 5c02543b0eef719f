"""From a walk to what a network sees, as its card says: one preparation a kind of input."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, RefusedError, Walk
from clinigait.core.card import InputSpec, hash_of
from clinigait.representations.clip import Clip
from clinigait.representations.clocks import longest_stretch, nearest
from clinigait.representations.joint_loads import JOINT_LOADS, prepare_joint_loads
from clinigait.representations.pictures import (
    SILHOUETTES,
    SKELETON_MAPS,
    prepare_silhouettes,
    prepare_skeleton_maps,
)
from clinigait.representations.posture_vector import POSTURE, prepare_posture
from clinigait.representations.rgbd_pictures import RGBD, prepare_rgbd
from clinigait.representations.skeleton_inputs import GAIT_ANGLES, prepare_gait_angles

#: Prepares one kind of input; options come from the card. Raises RefusedError where the walk has
#: not what it needs, BadInputError where an option is unknown or impossible.
Preparation = Callable[[Walk, Mapping[str, Any]], Clip]

#: Version and preparation by kind. A change of what a preparation gives is a new version: cards
#: with another one are refused.
PREPARATIONS: dict[str, tuple[str, Preparation]] = {
    SILHOUETTES: ("1", prepare_silhouettes),
    SKELETON_MAPS: ("1", prepare_skeleton_maps),
    POSTURE: ("2", prepare_posture),
    GAIT_ANGLES: ("1", prepare_gait_angles),
    JOINT_LOADS: ("1", prepare_joint_loads),
    RGBD: ("1", prepare_rgbd),
}
#: Frames of two inputs that are further apart in time do not show the same moment.
_TOGETHER_S = 0.05


def inputs_sha256(inputs: Sequence[InputSpec]) -> str:
    """Return the hash of a preparation: kinds, options, and the versions of what prepares.

    Raises
    ------
    BadInputError
        If nothing prepares a kind.
    """
    return hash_of([{**asdict(spec), "version": _of_kind(spec.kind)[0]} for spec in inputs])


def prepare(walk: Walk, inputs: Sequence[InputSpec]) -> Clip:
    """Return what a network sees of a walk.

    Several inputs with frames come on the clock of the first of them, each with its frame nearest
    in time; the longest part in which all are there counts.

    Raises
    ------
    RefusedError
        If the walk does not hold what is needed, or not at the same time (``inputs_apart``).
    BadInputError
        If nothing prepares a kind, one is asked for twice, or an option is impossible.
    """
    kinds = [spec.kind for spec in inputs]
    if not kinds or len(set(kinds)) < len(kinds):
        raise BadInputError(
            "A model sees one input or more, each kind once.", "Mend the list of inputs."
        )
    clips = [_of_kind(spec.kind)[1](walk, spec.options) for spec in inputs]
    vectors = {name: vector for clip in clips for name, vector in clip.vectors.items()}
    framed = [clip for clip in clips if clip.frames]
    if not framed:
        return Clip({}, vectors, clips[0].time_s)
    if len(framed) == 1:
        return replace(framed[0], vectors=vectors)
    return _together(framed, vectors, min(len(clip) for clip in framed))


def _of_kind(kind: str) -> tuple[str, Preparation]:
    if kind not in PREPARATIONS:
        raise BadInputError(
            f"Nothing here prepares the input {kind[:40]}.",
            f"Choose of: {', '.join(sorted(PREPARATIONS))}; or use a newer clinigait.",
        )
    return PREPARATIONS[kind]


def _together(
    clips: Sequence[Clip], vectors: Mapping[str, NDArray[np.float32]], shortest: int
) -> Clip:
    clock = clips[0].time_s
    numbers = [nearest(clip.time_s, clock) for clip in clips]
    apart_s = [np.abs(c.time_s[n] - clock) for c, n in zip(clips, numbers, strict=True)]
    there = np.flatnonzero(np.max(apart_s, axis=0) <= _TOGETHER_S)
    part = longest_stretch(there.astype(float), 1.0)
    kept = there[part]
    # Where the inputs were cut at different gaps, little may be left of what each of them has.
    if 2 * len(kept) < min(shortest, len(clock)):
        raise RefusedError(
            "inputs_apart",
            f"Silhouettes and keypoints are there together in only {len(kept)} of {len(clock)} "
            "frames.",
            "Film a walk with the whole person in view.",
        )
    frames = {
        name: array[number[kept]]
        for clip, number in zip(clips, numbers, strict=True)
        for name, array in clip.frames.items()
    }
    return Clip(frames, vectors, clock[kept])
