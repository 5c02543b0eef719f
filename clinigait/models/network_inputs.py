"""From a clip to the arrays that a network takes: channels, mirror images, windows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, RefusedError
from clinigait.representations.clip import Clip
from clinigait.representations.gait_angles import CHANNELS, MIRROR_ORDER, MIRROR_SIGN
from clinigait.representations.joint_loads import JOINT_LOADS
from clinigait.representations.joints import JOINTS, mirror_joints
from clinigait.representations.posture_vector import POSTURE
from clinigait.representations.rgbd_pictures import MODALITIES, RGBD
from clinigait.representations.skeleton_inputs import ANGLE_GROUPS, GAIT_ANGLES, mirror_angles

Floats = NDArray[np.float32]


def mirror_pictures(frames: NDArray[np.generic]) -> NDArray[np.generic]:
    """Mirror pictures, (T, C, H, W), left to right."""
    return frames[..., ::-1]


#: How one kind of input is mirrored, (T, C, ...) to the same shape. A kind that is not here has
#: no mirror image, and a network that sees it is never shown one.
MIRRORS: dict[str, Callable[[NDArray[np.generic]], NDArray[np.generic]]] = {
    "silhouettes": mirror_pictures,
    "skeleton_maps": mirror_pictures,
    GAIT_ANGLES: mirror_angles,
    JOINTS: mirror_joints,
    JOINT_LOADS: mirror_joints,
    RGBD: mirror_pictures,
}
#: What may be unknown, as NaN; its networks take that for the average of those who taught them.
GAPPED = frozenset({GAIT_ANGLES, POSTURE})
#: What a network of named channels is told of them, unless its specification says otherwise.
_CHANNELS_OF: dict[str, dict[str, Any]] = {
    GAIT_ANGLES: {
        "in_channels": len(CHANNELS),
        "mirror_order": list(MIRROR_ORDER),
        "mirror_sign": list(MIRROR_SIGN),
        "groups": [list(group) for group in ANGLE_GROUPS],
    }
}


def completed(spec: Mapping[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    """Return a specification with what its input says of the channels.

    Parameters
    ----------
    spec
        As of :func:`clinigait.nn.build_network`.
    kinds
        Kinds of input that the network sees.
    """
    known = _CHANNELS_OF.get(kinds[0], {}) if len(kinds) == 1 else {}
    return {**(known if spec.get("kind") == "either_side" else {}), **spec}


#: Vectors that are the same for a walk and its mirror image.
UNSIDED = frozenset({POSTURE, MODALITIES})
#: Vectors that tell a network of its frames, by the kind of the frames: they come along unasked.
TOLD_WITH: dict[str, tuple[str, ...]] = {RGBD: (MODALITIES,)}


def frame_kinds(clip: Clip, kinds: Sequence[str]) -> tuple[str, ...]:
    """Return those of the kinds that are arrays of frames, in order.

    Raises
    ------
    BadInputError
        If the clip has one of the kinds in no form.
    """
    absent = [kind for kind in kinds if kind not in clip.frames and kind not in clip.vectors]
    if absent:
        raise BadInputError(
            f"The network wants {absent[0][:40]}, which was not prepared.",
            "List it among the inputs of the protocol or of the card.",
        )
    return tuple(kind for kind in kinds if kind in clip.frames)


def network_frames(clip: Clip, kinds: Sequence[str], *, mirror: bool = False) -> Floats:
    """Return what a network sees frame by frame, the kinds one after the other along the channels.

    Parameters
    ----------
    clip
        A prepared walk.
    kinds
        Kinds of input, in the order of the network's specification.
    mirror
        Whether left and right change places.

    Returns
    -------
    numpy.ndarray
        (C, T, ...) float32; pictures from 0 to 1.

    Raises
    ------
    BadInputError
        If the clip lacks a kind, kinds do not fit together, or one has no mirror image.
    RefusedError
        If a value is missing.
    """
    found = [clip.frames[kind] for kind in frame_kinds(clip, kinds)]
    if not found:
        raise BadInputError(
            "A network has to see the frames of a walk.", "Add an input that has frames."
        )
    if len({array.shape[2:] for array in found}) > 1:
        shapes = ", ".join(str(array.shape[2:]) for array in found)
        raise BadInputError(
            f"Inputs of unlike shape cannot be laid upon each other: {shapes}.",
            "Give one network inputs of one shape.",
        )
    if mirror:
        found = [_mirrored(kind, clip) for kind in frame_kinds(clip, kinds)]
    ready = [_floats(a, kind) for kind, a in zip(frame_kinds(clip, kinds), found, strict=True)]
    return np.ascontiguousarray(np.concatenate(ready, 1).swapaxes(0, 1))


def network_vector(clip: Clip, kinds: Sequence[str]) -> Floats | None:
    """Return what a network is told of the whole walk, (V,) float32; None where it is nothing.

    That is every vector among its kinds, and what belongs to its frames (:data:`TOLD_WITH`).

    Raises
    ------
    RefusedError
        If a value is missing.
    """
    names = [name for kind in kinds for name in (kind, *TOLD_WITH.get(kind, ()))]
    found = [_floats(clip.vectors[name], name) for name in names if name in clip.vectors]
    return np.concatenate(found) if found else None


def window_starts(n_frames: int, window: int | None, hop: int | None) -> list[int]:
    """Return where the windows of a walk begin; the last one ends with the walk.

    Parameters
    ----------
    n_frames
        Frames of the walk.
    window, hop
        Length of a window and distance of their beginnings; None for the whole walk at once, and
        for windows that touch.
    """
    if window is None or n_frames <= window:
        return [0]
    last = n_frames - window
    starts = list(range(0, last + 1, hop or window))
    return starts if starts[-1] == last else [*starts, last]


def _mirrored(kind: str, clip: Clip) -> NDArray[np.generic]:
    if kind not in MIRRORS:
        raise BadInputError(
            f"The input {kind[:40]} has no mirror image.", "Set mirror to false for this network."
        )
    return MIRRORS[kind](clip.frames[kind])


def _floats(frames: NDArray[np.generic], kind: str) -> Floats:
    if frames.dtype == np.uint8:
        return frames.astype(np.float32) / np.float32(255)
    values = frames.astype(np.float32)
    return values if kind in GAPPED else _finite(values)


def _finite(array: Floats) -> Floats:
    if not np.isfinite(array).all():
        raise RefusedError(
            "input_incomplete",
            "Points of the body are missing that the model has to see.",
            "Film the whole body without anything before it.",
        )
    return array
