"""Where feet stand on the ground, in the unit of the reported lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Side
from clinigait.gait.filtering import low_passed
from clinigait.gait.oriented import Oriented, heel_and_toe, walking_speed
from clinigait.gait.runs import finite_stretches

#: A foot-print is read while the foot is flat: this part of stance.
_FLAT = (0.15, 0.5)
#: Axes of :class:`Oriented`: across the way, and both of the floor.
_LEFT, _FLOOR = slice(1, 2), slice(0, 2)
#: The guessed way to the camera trembles with every step; the true one is steadier than this.
_PATH_CUTOFF_HZ = 0.4


class Ground(Protocol):
    """Tells where a foot stood in one bout."""

    @property
    def unit(self) -> Literal["m", "BH"]:
        """Unit of the lengths."""
        ...

    @property
    def sees_width(self) -> bool:
        """Whether distances across the way are known."""
        ...

    @property
    def sees_length(self) -> bool:
        """Whether distances along the way are known."""
        ...

    def print_of(
        self, side: Side, contact_s: float, foot_off_s: float
    ) -> NDArray[np.float64] | None:
        """Return the (2,) place of a foot-print on the floor; None where it is not seen."""
        ...


def flat(part: Oriented, contact_s: float, foot_off_s: float) -> tuple[slice, float]:
    """Return the samples in which a standing foot lies flat, and the time in their middle."""
    span_s = foot_off_s - contact_s
    inside = part.between(contact_s + _FLAT[0] * span_s, contact_s + _FLAT[1] * span_s)
    return inside, contact_s + sum(_FLAT) / 2 * span_s


def _flat_heel(
    part: Oriented, side: Side, contact_s: float, foot_off_s: float, axes: slice
) -> NDArray[np.float64] | None:
    """Return where the heel was on some axes while the foot lay flat, in reported lengths."""
    inside, _ = flat(part, contact_s, foot_off_s)
    heel = heel_and_toe(part.layout)[0]
    return _median(part.point(heel, side)[inside, axes] / part.per_unit[inside, None])


def _median(places: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the median of the (N, D) places that are known."""
    known = places[np.isfinite(places).all(axis=1)]
    return np.median(known, axis=0) if len(known) else None


@dataclass(frozen=True, eq=False)
class PictureGround:
    """A walk across the picture, by a pinhole camera over a straight path.

    Parameters
    ----------
    part
        The bout.
    centre_px
        Forward position of the middle of the picture.
    focal_px
        Assumed focal length; it only enters through the small change of distance on the way.
    unit
        ``m`` or ``BH``.
    """

    part: Oriented
    centre_px: float
    focal_px: float
    unit: Literal["m", "BH"]
    sees_width: bool = False
    sees_length: bool = True

    def print_of(
        self, side: Side, contact_s: float, foot_off_s: float
    ) -> NDArray[np.float64] | None:
        """Return (along, away) of the heel while the foot was flat."""
        inside, middle_s = flat(self.part, contact_s, foot_off_s)
        heel = heel_and_toe(self.part.layout)[0]
        place = _median(self.part.point(heel, side)[inside, :1])
        if place is None:
            return None
        scale = self.part.per_unit[self.part.nearest(middle_s)]
        return np.asarray(np.array([place[0] - self.centre_px, self.focal_px]) / scale)


@dataclass(frozen=True, eq=False)
class SightGround:
    """A walk towards the camera or away from it: only widths are seen.

    Parameters
    ----------
    part
        The bout.
    unit
        ``m`` or ``BH``.
    """

    part: Oriented
    unit: Literal["m", "BH"]
    sees_width: bool = True
    sees_length: bool = False

    def print_of(
        self, side: Side, contact_s: float, foot_off_s: float
    ) -> NDArray[np.float64] | None:
        """Return (unknown, left) of the heel while the foot was flat."""
        left = _flat_heel(self.part, side, contact_s, foot_off_s, _LEFT)
        return None if left is None else np.array([0.0, left[0]])


@dataclass(frozen=True, eq=False)
class FloorGround:
    """A walk in three dimensions whose places on the floor are measured.

    Parameters
    ----------
    part
        The bout.
    unit
        ``m`` or ``BH``.
    """

    part: Oriented
    unit: Literal["m", "BH"]
    sees_width: bool = True
    sees_length: bool = True

    def print_of(
        self, side: Side, contact_s: float, foot_off_s: float
    ) -> NDArray[np.float64] | None:
        """Return (forward, left) of the heel while the foot was flat."""
        return _flat_heel(self.part, side, contact_s, foot_off_s, _FLOOR)


@dataclass(frozen=True, eq=False)
class GuessedGround:
    """A walk whose way is not measured: on a treadmill, or towards a camera by a guessed depth.

    A guessed path trembles, so that a standing foot seems to slide; on a belt it slides indeed.
    A foot-print is where the foot lands ahead of the pelvis, on a smooth path of the pelvis.

    Parameters
    ----------
    part
        The bout.
    path
        (T,) forward position of the pelvis: :func:`smoothed_path` or :func:`belt_path`.
    unit
        ``m`` or ``BH``.
    """

    part: Oriented
    path: NDArray[np.float64]
    unit: Literal["m", "BH"]
    sees_length: bool = True

    @property
    def sees_width(self) -> bool:
        """Whether the space shows widths at all."""
        return self.part.sees_left

    def print_of(
        self, side: Side, contact_s: float, foot_off_s: float
    ) -> NDArray[np.float64] | None:
        """Return (forward, left) of the foot, both in the unit of the lengths."""
        heel = heel_and_toe(self.part.layout)[0]
        contact = self.part.nearest(contact_s)
        ahead = self.part.ahead(heel, side)[contact]
        forward = (self.path[contact] + ahead) / self.part.per_unit[contact]
        if not np.isfinite(forward):
            return None
        if not self.sees_width:
            return np.array([forward, 0.0])
        left = _flat_heel(self.part, side, contact_s, foot_off_s, _LEFT)
        return None if left is None else np.array([forward, left[0]])


def smoothed_path(part: Oriented) -> NDArray[np.float64]:
    """Return the (T,) forward position of the pelvis without the trembling of a guessed depth."""
    pelvis = part.middle("hip")[:, 0]
    path = np.full(len(pelvis), np.nan)
    for stretch in finite_stretches(pelvis):
        path[stretch] = low_passed(pelvis[stretch], part.rate_hz, _PATH_CUTOFF_HZ)
    return path


def belt_path(part: Oriented) -> NDArray[np.float64]:
    """Return the (T,) way that the pelvis has gone over a treadmill's belt."""
    return np.asarray((part.time_s - part.time_s[0]) * walking_speed(part))
