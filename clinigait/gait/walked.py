"""The bouts of a walk with everything that happened in them: events, strides, angles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Bout, Correction, Event, RefusedError, Side, Stride
from clinigait.gait.edited import edited
from clinigait.gait.events import detect_events
from clinigait.gait.feet import stride_feet
from clinigait.gait.kinematics import Angles, Cycles, cycles_of, stride_angles
from clinigait.gait.lifted import corrected
from clinigait.gait.oriented import Oriented, leg_length
from clinigait.gait.posture import stride_posture
from clinigait.gait.scene import Scene
from clinigait.gait.strides import build_strides

#: Toes or hips that lie this part of a leg ahead, or to the left, tell which way a body faces; they
#: lie a quarter of it. A depth camera that sees a heel before its toe takes both for one place.
_LEAST_TURNED = 0.05


@dataclass(frozen=True, eq=False)
class WalkedBouts:
    """All bouts of a walk.

    Parameters
    ----------
    scene
        The walk with its axes and scale.
    bouts, parts, angles
        Every bout, its points along the walker's axes, and its angles.
    events, strides
        In order of time; strides with the values of their time, length and angles.
    cycles
        Angles over the cycle by stride number.
    """

    scene: Scene
    bouts: tuple[Bout, ...]
    parts: tuple[Oriented, ...]
    angles: tuple[Angles, ...]
    events: tuple[Event, ...]
    strides: tuple[Stride, ...]
    cycles: Mapping[int, Cycles] = field(default_factory=dict)

    @cached_property
    def mean_stride_s(self) -> float:
        """Mean stride time of the used strides; NaN where there is none."""
        return float(np.mean([s.end_s - s.start_s for s in self.used])) if self.used else np.nan

    @cached_property
    def used(self) -> list[Stride]:
        """The strides that enter the parameters."""
        return [stride for stride in self.strides if stride.used]

    def of_bout(self, index: int) -> list[Stride]:
        """Return the used strides of one bout."""
        bout = self.bouts[index]
        return [s for s in self.used if bout.start_s <= s.start_s <= bout.end_s]


def walked_bouts(
    scene: Scene, *, steady: bool, corrections: Sequence[Correction] = ()
) -> WalkedBouts:
    """Find bouts, events and strides of a walk.

    Parameters
    ----------
    scene
        The walk.
    steady
        Leave out starting, stopping and turning.
    corrections
        What a person corrected of the events: this is the one place where they enter.

    Raises
    ------
    BadInputError
        If a correction is impossible.
    RefusedError
        If the person walks backwards, or left and right are exchanged.
    """
    bouts = scene.bouts(steady=steady)
    parts = tuple(scene.oriented(bout) for bout in bouts)
    for part in parts:
        if walks_backwards(part):
            raise RefusedError(
                "walks_backwards",
                "The body faces against the direction of the walk.",
                "Film forward walking; check that the video is not played in reverse, and that "
                "left and right are not exchanged.",
            )
        if sides_exchanged(part):
            raise RefusedError(
                "sides_exchanged",
                "The left side of the body lies to its right.",
                "Exchange the names of the sides, or export the file with right-handed axes.",
            )
    found = [detect_events(part) for part in parts]
    lifted = corrected(scene, parts, found)
    right = edited(lifted.events, bouts, corrections, scene.even.rate_hz)
    events: list[Event] = []
    strides: list[Stride] = []
    for bout, part, own in zip(bouts, parts, right, strict=True):
        events += own
        ground = scene.ground(bout, part)
        strides += build_strides(own, part, ground, first_number=len(strides) + 1)
    strides = [lifted.with_true_lengths(stride) for stride in strides]
    angles = tuple(Angles(part) for part in parts)
    bare = WalkedBouts(scene, bouts, parts, angles, tuple(events), tuple(strides))
    return _with_angles(bare)


def _with_angles(walked: WalkedBouts) -> WalkedBouts:
    """Add what every used stride's angles and feet tell."""
    near_only = near_sides(walked)
    strides = {stride.number: stride for stride in walked.strides}
    cycles: dict[int, Cycles] = {}
    for index, (part, angles) in enumerate(zip(walked.parts, walked.angles, strict=True)):
        for stride in walked.of_bout(index):
            seen = near_only is None or near_only[index] == stride.side
            own = cycles_of(angles, stride) if seen else {}
            cycles[stride.number] = own
            values = {
                **stride.values,
                **stride_angles(own, stride),
                **stride_feet(part, stride, walked.scene.scale.unit),
                **stride_posture(part, stride, walked.scene.scale.unit),
            }
            strides[stride.number] = replace(stride, values=values)
    return replace(walked, strides=tuple(strides.values()), cycles=cycles)


def near_sides(walked: WalkedBouts) -> list[Side] | None:
    """Return the near side of every bout, where a side view shows bouts in both directions.

    Then each leg's angles come from the bouts in which it was the near one. None where one
    direction is all there is, or where a leg has no stride as the near one.
    """
    directions = {bout.direction for bout in walked.bouts}
    if walked.scene.view.name != "sagittal" or directions != {"left", "right"}:
        return None
    near: list[Side] = ["left" if bout.direction == "left" else "right" for bout in walked.bouts]
    seen = {
        stride.side
        for index, side in enumerate(near)
        for stride in walked.of_bout(index)
        if stride.side == side
    }
    return near if len(seen) == len(SIDES) else None


def walks_backwards(part: Oriented) -> bool:
    """Return whether the feet point, and the hips turn, against the direction of the walk."""
    known = [sign for sign in _facing(part) if sign]
    return bool(known) and all(sign < 0 for sign in known)


def sides_exchanged(part: Oriented) -> bool:
    """Return whether feet and hips face opposite ways, where both are measured."""
    feet, hips = _facing(part)
    return feet * hips < 0


def _facing(part: Oriented) -> tuple[float, float]:
    """Return whether feet and hips face along the way: 1 yes, -1 against it, 0 unknown."""
    feet = hips = np.nan
    if part.has_feet and part.sees_forward:
        feet = _middle([part.forward("toe", s) - part.forward("heel", s) for s in SIDES])
    if part.sees_left and (part.travels or part.guessed):
        hips = _middle([part.left("hip", "left") - part.left("hip", "right")])
    least = _LEAST_TURNED * leg_length(part)
    feet, hips = (
        0.0 if abs(each) < least else float(np.sign(np.nan_to_num(each))) for each in (feet, hips)
    )
    return feet, hips


def _middle(values: list[NDArray[np.float64]]) -> float:
    together = np.concatenate(values)
    together = together[np.isfinite(together)]
    return float(np.median(together)) if len(together) else np.nan
