"""The body as capsules between named points: where each limb lies, and how thick it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core.layout import SIDES, KeypointLayout, Side

BodyPart = Literal[
    "head", "torso", "upper_arm", "forearm", "hand", "thigh", "shank", "foot"
]  # fmt: skip

#: Lengths along the chain from the middle of eyes and ears over shoulder, hip and knee down to
#: the ankle, as a fraction of body height (Drillis & Contini 1966, in Winter, Biomechanics and
#: Motor Control, doi 10.1002/9780470549148).
CHAIN_BH = 0.936 - 0.039
_HEAD_POINTS = ("left_ear", "right_ear", "left_eye", "right_eye", "nose", "head")
#: The height of a body changes slowly in the picture: it is smoothed over so many frames.
_SMOOTHED_FRAMES = 31


@dataclass(frozen=True)
class Limb:
    """A capsule: everything within a radius of the way from one point to another.

    Parameters
    ----------
    part, side
        What it belongs to; no side for head and torso.
    start, end
        Names of the points whose mean is the end of the way; a point named twice weighs twice.
        Points of the head stand in for each other; of any other list all must be believed.
    radius_bh
        Radius in body heights: half the usual breadth of that limb without clothes.
    span
        Part of the way that is meant: (0, 1) is all of it, 1.3 ends three tenths beyond the end.
    """

    part: BodyPart
    side: Side | None
    start: tuple[str, ...]
    end: tuple[str, ...]
    radius_bh: float
    span: tuple[float, float] = (0.0, 1.0)

    def ends(self, keypoints: NDArray[np.float64], layout: KeypointLayout) -> NDArray[np.float64]:
        """Return (T, 2, 2) both ends of the way, in the space of (T, K, 2) points; NaN unknown."""
        start = _mean(keypoints, layout, self.start)
        way = _mean(keypoints, layout, self.end) - start
        return np.stack([start + share * way for share in self.span], axis=1)


def limbs_of(layout: KeypointLayout) -> tuple[Limb, ...]:
    """Return the limbs that a layout has the points for.

    Hands reach from the wrist over the knuckles; where a layout has none, on along the forearm.
    A layout without heels and toes has no feet.
    """
    limbs = [*_TRUNK]
    for side in SIDES:
        limbs += _limbs_of_side(side)
        if f"{side}_index" not in layout:
            arm = ((f"{side}_elbow",), (f"{side}_wrist",))
            limbs.append(Limb("hand", side, *arm, 0.022, (1.05, 1.45)))
    return tuple(limb for limb in limbs if _has(layout, limb.start) and _has(layout, limb.end))


def body_height(keypoints: NDArray[np.float64], layout: KeypointLayout) -> NDArray[np.float64]:
    """Return (T,) the body height in the unit of (T, K, 2) points, however bent the body is.

    The chain from the head over shoulders, hips, knee and ankle is measured along the straighter
    leg, smoothed over a second, and carried on into frames in which it is not seen whole. NaN
    where it never is.
    """
    trunk = [_mean(keypoints, layout, _HEAD_POINTS)]
    trunk += [_middle(keypoints, layout, point) for point in ("shoulder", "hip")]
    legs = [
        [trunk[-1], *(_mean(keypoints, layout, (f"{side}_{p}",)) for p in ("knee", "ankle"))]
        for side in SIDES
    ]
    # A hip of one side alone would make that leg's chain longer than the other's by half a pelvis.
    chain = _length(trunk) + np.fmax(*(_length(leg) for leg in legs))
    return _carried_on(chain / CHAIN_BH)


def _length(places: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    steps = np.diff(np.stack(places), axis=0)
    return np.asarray(np.linalg.norm(steps, axis=2).sum(axis=0))


def _carried_on(height: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.flatnonzero(np.isfinite(height))
    if not len(known):
        return height
    whole = np.interp(np.arange(len(height)), known, height[known])
    padded = np.pad(whole, _SMOOTHED_FRAMES // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHED_FRAMES)
    return np.asarray(np.median(windows, axis=1))


def _has(layout: KeypointLayout, names: tuple[str, ...]) -> bool:
    if names == _HEAD_POINTS:
        return any(name in layout for name in names)
    return all(name in layout for name in names)


def _mean(
    keypoints: NDArray[np.float64], layout: KeypointLayout, names: tuple[str, ...]
) -> NDArray[np.float64]:
    """(T, 2) mean of points; of the head's those that are believed, else only of all of them."""
    there = [layout.index(name) for name in names if name in layout]
    points = keypoints[:, there]
    if names != _HEAD_POINTS:
        whole = len(there) == len(names)
        return np.asarray(points.mean(axis=1) if whole else np.full(keypoints[:, 0].shape, np.nan))
    known = np.isfinite(points).all(axis=2, keepdims=True)
    count = known.sum(axis=1)
    total = np.where(known, points, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _middle(
    keypoints: NDArray[np.float64], layout: KeypointLayout, point: str
) -> NDArray[np.float64]:
    return _mean(keypoints, layout, tuple(f"{side}_{point}" for side in SIDES))


def _trunk_limbs() -> tuple[Limb, ...]:
    shoulders, hips = (tuple(f"{side}_{p}" for side in SIDES) for p in ("shoulder", "hip"))
    # Seen from the front a trunk is broad: one capsule down each side and one between, their
    # ends drawn in so that they end where the trunk does. Seen from the side they are one.
    columns = [
        Limb("torso", None, (sh, sh, far_sh), (hip, hip, far_hip), 0.07)
        for sh, far_sh, hip, far_hip in (shoulders + hips, shoulders[::-1] + hips[::-1])
    ]
    return (
        *columns,
        Limb("torso", None, shoulders, hips, 0.075),
        Limb("torso", None, shoulders[:1], shoulders[1:], 0.045),
        Limb("torso", None, hips[:1], hips[1:], 0.07),
        Limb("head", None, shoulders, _HEAD_POINTS, 0.068, (0.72, 1.12)),
    )


def _limbs_of_side(side: Side) -> tuple[Limb, ...]:
    """Breadths after the mean girths of adults, to half a per cent of body height (inference)."""
    shoulder, elbow, wrist, hip, knee, ankle, heel, toe, index, pinky = (
        f"{side}_{point}"
        for point in (
            "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "toe", "index", "pinky",
        )
    )  # fmt: skip
    return (
        Limb("upper_arm", side, (shoulder,), (elbow,), 0.03),
        Limb("forearm", side, (elbow,), (wrist,), 0.024),
        Limb("hand", side, (wrist,), (index, pinky), 0.024, (0.2, 1.7)),
        Limb("thigh", side, (hip,), (knee,), 0.048),
        Limb("shank", side, (knee,), (ankle,), 0.033),
        Limb("foot", side, (heel,), (toe,), 0.022),
    )


_TRUNK = _trunk_limbs()
