"""Other bodies, sensors and habits for the same gait: how few people stand for many.

What is varied is what differs between people and sensors and says nothing of the gait: lengths of
limbs, where a sensor believes a joint to be, how it trembles, small errors of heading and of the
vertical, tempo. The affected side is varied by the mirror image, see
:meth:`clinigait.representations.skeletons.Skeleton.mirrored`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES
from clinigait.representations.skeletons import BODY_17, PARENTS, Skeleton

_PAIRED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
#: Joints, each after the one that it hangs on.
_OUTWARDS = ("thorax", "head", *(f"{side}_{joint}" for joint in _PAIRED for side in SIDES))
_SHORTEST_FRAMES = 20


@dataclass(frozen=True)
class SkeletonVariation:
    """How much is varied; each is one standard deviation unless it says otherwise.

    Parameters
    ----------
    limb_share
        Length of a bone, alike on both sides, as a share of it.
    side_share
        Of one side's bone alone.
    offset_sizes
        Where a sensor believes a joint to be, in body sizes: the same for the whole walk.
    tremble_sizes
        Slow trembling of a joint, in body sizes; its size is drawn up to one and a half of this.
    heading_deg, tilt_deg
        Error of the heading, and of the vertical.
    tempo
        Tempo is drawn evenly from 1 / exp(tempo) to exp(tempo).
    """

    __pydantic_config__: ClassVar[dict[str, str | bool]] = {
        "extra": "forbid", "allow_inf_nan": False,
    }  # fmt: skip

    limb_share: float = 0.06
    side_share: float = 0.03
    offset_sizes: float = 0.008
    tremble_sizes: float = 0.008
    heading_deg: float = 4.0
    tilt_deg: float = 1.5
    tempo: float = 0.22

    def __post_init__(self) -> None:
        degrees = (self.heading_deg, self.tilt_deg)
        shares = (self.limb_share, self.side_share, self.offset_sizes, self.tremble_sizes)
        if not all(0 <= share <= 1 for share in (*shares, self.tempo)):
            raise ValueError("shares, sizes and tempo: 0 to 1")
        if not all(0 <= angle <= 90 for angle in degrees):
            raise ValueError("heading_deg and tilt_deg: 0 to 90")


def varied(
    body: Skeleton, rng: np.random.Generator, variation: SkeletonVariation | None = None
) -> Skeleton:
    """Return the gait of a skeleton on another body before another sensor.

    Parameters
    ----------
    body
        The skeleton; it is left as it is.
    rng
        Where the chance comes from: the same state gives the same skeleton.
    variation
        How much is varied; None takes what is usual.
    """
    by = variation or SkeletonVariation()
    joints = _other_lengths(body, rng, by)
    joints = joints + rng.normal(0, by.offset_sizes, (1, *joints.shape[1:]))
    joints = joints + _trembling(joints.shape, rng) * by.tremble_sizes * rng.uniform(0, 1.5)
    joints = joints @ _misaligned(rng, by).T
    return _at_tempo(replace(body, joints=joints), float(np.exp(rng.uniform(-1, 1) * by.tempo)))


def _other_lengths(
    body: Skeleton, rng: np.random.Generator, by: SkeletonVariation
) -> NDArray[np.float64]:
    share = np.ones(len(BODY_17))
    for joint in _PAIRED:
        both = rng.normal(1, by.limb_share)
        for side in SIDES:
            share[BODY_17.index(joint, side)] = both * rng.normal(1, by.side_share)
    for joint in ("thorax", "head"):
        share[BODY_17.index(joint)] = rng.normal(1, by.limb_share)
    bones = body.bones() * share[None, :, None]
    joints = np.zeros_like(body.joints)
    joints[:, 0] = bones[:, 0]
    for name in _OUTWARDS:
        index = BODY_17.index(name)
        joints[:, index] = joints[:, PARENTS[index]] + bones[:, index]
    return joints


def _trembling(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return noise of unit size that changes every six frames, straight in between."""
    knots = rng.normal(0, 1, (shape[0] // 6 + 2, *shape[1:]))
    return _resampled(knots, shape[0])


def _misaligned(rng: np.random.Generator, by: SkeletonVariation) -> NDArray[np.float64]:
    turn = np.eye(3)
    for (first, second), size_deg in (
        ((0, 1), by.heading_deg), ((0, 2), by.tilt_deg), ((1, 2), by.tilt_deg),
    ):  # fmt: skip
        angle = np.radians(rng.normal(0, size_deg))
        step = np.eye(3)
        step[first, first] = step[second, second] = np.cos(angle)
        step[first, second], step[second, first] = -np.sin(angle), np.sin(angle)
        turn = turn @ step
    return turn


def _at_tempo(body: Skeleton, tempo: float) -> Skeleton:
    length = max(round(len(body) / tempo), min(_SHORTEST_FRAMES, len(body)))
    tempo = len(body) / length
    speed = _resampled(body.speed, length) * tempo
    return replace(body, joints=_resampled(body.joints, length), speed=speed)


def _resampled(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    at = np.linspace(0, len(values) - 1, length)
    before = np.clip(at.astype(int), 0, max(len(values) - 2, 0))
    share = (at - before).reshape(-1, *(1,) * (values.ndim - 1))
    after = np.minimum(before + 1, len(values) - 1)
    return np.asarray(values[before] * (1 - share) + values[after] * share)
