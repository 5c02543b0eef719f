"""A walk turned so that its axes are the walker's own: forward, to the left, and up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, KeypointLayout, Side
from clinigait.gait.filtering import EvenPoints, derivative, sharp_derivative

_FORWARD, _LEFT, _UP = range(3)
#: A foot stands for three fifths of the time: this percentile of its speed is the middle of stance.
_STANCE_PERCENTILE = 30


@dataclass(frozen=True, eq=False)
class Oriented(EvenPoints):
    """Points of one bout along the walker's axes: forward, left and up, in units of its space.

    A position is NaN on an axis that the camera cannot see.

    Parameters
    ----------
    per_unit
        (T,) units of the space in one unit of the reported lengths.
    travels
        Whether the body truly travels in these coordinates: not on a treadmill, and not where
        the way to the camera is only guessed.
    guessed
        Whether a pose model guessed the third dimension.
    """

    per_unit: NDArray[np.float64]
    travels: bool = True
    guessed: bool = False

    def forward(self, name: str, side: Side) -> NDArray[np.float64]:
        """Return (T,) forward positions of a point."""
        return self.point(name, side)[:, _FORWARD]

    def left(self, name: str, side: Side) -> NDArray[np.float64]:
        """Return (T,) positions of a point across the way, to the left positive."""
        return self.point(name, side)[:, _LEFT]

    def up(self, name: str, side: Side) -> NDArray[np.float64]:
        """Return (T,) heights of a point."""
        return self.point(name, side)[:, _UP]

    def ahead(self, name: str, side: Side) -> NDArray[np.float64]:
        """Return (T,) forward positions of a point relative to the pelvis."""
        return self.forward(name, side) - self.middle("hip")[:, _FORWARD]

    @property
    def sees_forward(self) -> bool:
        """Whether positions along the way are known."""
        return bool(np.isfinite(self.points[:, :, _FORWARD]).any())

    @property
    def sees_left(self) -> bool:
        """Whether positions across the way are known."""
        return bool(np.isfinite(self.points[:, :, _LEFT]).any())

    @property
    def has_feet(self) -> bool:
        """Whether the layout has heels and toes of both feet."""
        return all(f"{s}_{p}" in self.layout for s in SIDES for p in ("heel", "toe"))

    @property
    def feet_in_space(self) -> bool:
        """Whether heels and toes were measured in three dimensions, not guessed."""
        return self.has_feet and self.sees_forward and self.sees_left and not self.guessed


def heel_and_toe(layout: KeypointLayout) -> tuple[str, str]:
    """Return the points that stand for heel and toe: the ankle for both where there are none."""
    has_feet = "left_heel" in layout and "left_toe" in layout
    return ("heel", "toe") if has_feet else ("ankle", "ankle")


def leg_length(part: Oriented) -> float:
    """Return the height of the pelvis over the lower ankle, in units of the space."""
    pelvis = part.middle("hip")[:, _UP]
    lower = np.fmin(part.up("ankle", "left"), part.up("ankle", "right"))
    known = (pelvis - lower)[np.isfinite(pelvis - lower)]
    return max(float(np.median(known)), 1e-6) if len(known) else np.nan


def walking_speed(oriented: Oriented) -> float:
    """Return the speed of the body over the ground, in units of the space per second.

    Where the body does not truly travel, it is the speed at which standing feet move backwards
    under the pelvis.
    """
    if oriented.travels:
        pelvis = oriented.middle("hip")[:, _FORWARD]
        return _median(derivative(pelvis, oriented.rate_hz))
    foot = heel_and_toe(oriented.layout)[0]
    speeds = [derivative(oriented.ahead(foot, side), oriented.rate_hz) for side in SIDES]
    known = np.concatenate(speeds)
    known = known[np.isfinite(known)]
    return -float(np.percentile(known, _STANCE_PERCENTILE)) if len(known) else np.nan


def ground_speed(oriented: Oriented, name: str, side: Side, walking: float) -> NDArray[np.float64]:
    """Return (T,) forward speed of a point over the ground, in units of the space per second."""
    if oriented.travels:
        return slope(oriented, oriented.forward(name, side))
    return slope(oriented, oriented.ahead(name, side)) + walking


def slope(oriented: Oriented, signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T,) the time derivative of a foot's signal: sharp where the foot was measured."""
    steep = sharp_derivative if oriented.feet_in_space else derivative
    return steep(signal, oriented.rate_hz)


def _median(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan
