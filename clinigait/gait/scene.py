"""What a walk's space allows: its axes, its scale, its bouts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import theilslopes

from clinigait.core import (
    Bout,
    Depth,
    Direction,
    RefusedError,
    Scale,
    Space,
    Surface,
    Walk,
    assumed_focal_px,
)
from clinigait.gait.bouts import floor_bouts, picture_bouts, sight_bouts, straight_bouts
from clinigait.gait.filtering import EvenWalk
from clinigait.gait.ground import (
    FloorGround,
    Ground,
    GuessedGround,
    PictureGround,
    SightGround,
    belt_path,
    smoothed_path,
)
from clinigait.gait.oriented import Oriented
from clinigait.gait.stature import KnownLength, lengths_scale, space_scale, stature
from clinigait.gait.view import Viewed, facing, stance_facing, viewed

#: Up in the picture and in the two spaces in metres.
_UP = {
    Space.IMAGE_PX: np.array([0.0, -1.0]),
    Space.CAMERA_M: np.array([0.0, -1.0, 0.0]),
    Space.WORLD_M: np.array([0.0, 0.0, 1.0]),
}
#: Height of the hip joint over the floor as a fraction of body height (Drillis & Contini 1966).
_HIP_HEIGHT = 0.53
#: Distance to the camera, in body heights, where the size of the picture is not known.
_USUAL_DISTANCE_BH = 4.0
#: A camera is not tilted by more than this against the floor.
_MOST_TILT = np.tan(np.radians(20))


@dataclass(frozen=True, eq=False)
class Scene:
    """A walk with its axes and its scale.

    Parameters
    ----------
    walk, even
        The walk as recorded, and on an even clock.
    view
        From where it is seen.
    axes
        (3, D) rows: the first and the second axis of the floor and up; in a picture (2, 2).
    height
        (T,) body height in units of the space.
    scale, per_unit
        How lengths are reported; (T,) units of the space in one of them.
    surface
        Floor or treadmill.
    known_length
        A known length that was marked in the picture.
    """

    walk: Walk
    even: EvenWalk
    view: Viewed
    axes: NDArray[np.float64]
    height: NDArray[np.float64]
    scale: Scale
    per_unit: NDArray[np.float64]
    surface: Surface
    known_length: KnownLength | None = None

    @property
    def in_picture(self) -> bool:
        """Whether the walk is known in a picture only."""
        return self.walk.space is Space.IMAGE_PX

    @property
    def is_frontal(self) -> bool:
        """Whether a picture shows the walk from the front or from behind."""
        return self.in_picture and self.view.name == "frontal"

    @property
    def travels(self) -> bool:
        """Whether the body truly travels in the walk's coordinates."""
        return self.surface == "overground" and not self.is_guessed

    @property
    def is_guessed(self) -> bool:
        """Whether the way along the floor was guessed by a pose model."""
        return not self.in_picture and self.walk.depth is Depth.INFERRED

    @property
    def sees_left(self) -> bool:
        """Whether positions across the way are known."""
        return self.is_frontal or not self.in_picture

    @property
    def travel_bh(self) -> float:
        """How far the pelvis goes in the walk's coordinates, in body heights; 0 if never seen."""
        path = self.even.middle("hip")[:, :1] if self.in_picture else self._floor_path()
        places = path / self.height[:, None]
        known = places[np.isfinite(places).all(axis=1)]
        low, high = np.percentile(known, (2, 98), axis=0) if len(known) else (np.zeros(2),) * 2
        return float(np.linalg.norm(high - low))

    @property
    def has_feet(self) -> bool:
        """Whether the layout has heels and toes."""
        return "left_heel" in self.even.layout and "left_toe" in self.even.layout

    def bouts(self, *, steady: bool) -> tuple[Bout, ...]:
        """Find the bouts of walking.

        Parameters
        ----------
        steady
            Leave out starting, stopping and turning; else all of the record is one bout, if it
            goes one way.
        """
        if self.surface == "treadmill":
            return self._treadmill_bouts()
        if self.is_frontal:
            return sight_bouts(self.even, self._focal_px() / self.height)
        if self.in_picture:
            return picture_bouts(self.even, self.height)
        path, time_s = self._floor_path(), self.even.time_s
        height = float(np.median(self.height))
        if not steady or self.walk.depth is Depth.INFERRED:
            bouts = straight_bouts(time_s, path, height)
        else:
            bouts = floor_bouts(time_s, self.even.rate_hz, path, height)
        if self.walk.space is Space.WORLD_M:
            return bouts
        return tuple(replace(b, direction=_seen_direction(b.heading_deg or 0.0)) for b in bouts)

    def _treadmill_bouts(self) -> tuple[Bout, ...]:
        time_s = self.even.time_s
        start_s, end_s = float(time_s[0]), float(time_s[-1])
        if not self.in_picture:
            return (Bout(start_s, end_s, "along", self._facing_deg()),)
        if self.is_frontal:
            across = self.even.point("hip", "left") - self.even.point("hip", "right")
            from_behind = np.nanmedian(across[:, 0]) < 0  # the left hip on the left
            return (Bout(start_s, end_s, "away" if from_behind else "towards"),)
        way = facing(self.even) or stance_facing(self.even)
        return (Bout(start_s, end_s, "left" if way < 0 else "right"),)

    def _facing_deg(self) -> float:
        """Heading of somebody who stays in place: square to the line of the hips."""
        across = (self.even.point("hip", "left") - self.even.point("hip", "right")) @ self.axes.T
        x, y = np.nanmedian(across[:, :2], axis=0)
        return float(np.degrees(np.arctan2(-x, y)))

    def _floor_path(self) -> NDArray[np.float64]:
        return np.asarray((self.even.middle("hip") @ self.axes.T)[:, :2])

    def oriented(self, bout: Bout) -> Oriented:
        """Turn one bout to the walker's axes."""
        inside = self.even.between(bout.start_s, bout.end_s)
        return Oriented(
            time_s=self.even.time_s[inside],
            rate_hz=self.even.rate_hz,
            points=self._turned(inside, bout),
            confidence=self.even.confidence[inside],
            layout=self.even.layout,
            per_unit=self._per_unit(inside),
            travels=self.travels,
            guessed=self.is_guessed,
        )

    def _turned(self, inside: slice, bout: Bout) -> NDArray[np.float64]:
        points = self.even.points[inside] @ self.axes.T
        unknown = np.full(points.shape[:2], np.nan)
        if self.is_frontal:
            # Sizes change with the distance: everything as at the middle distance.
            steady = (float(np.median(self.height)) / self.height[inside])[:, None]
            across, up = points[..., 0] - self._centre_px(), points[..., 1] + self._middle_px()
            left = (1.0 if bout.direction == "towards" else -1.0) * across * steady
            return np.stack([unknown, left, up * steady], axis=2)
        if self.in_picture:
            sign = -1.0 if bout.direction == "left" else 1.0
            return np.stack([sign * points[..., 0], unknown, points[..., 1]], axis=2)
        heading = np.radians(bout.heading_deg or 0.0)
        forward = np.array([np.cos(heading), np.sin(heading), 0.0])
        left = np.array([-np.sin(heading), np.cos(heading), 0.0])
        return np.stack([points @ forward, points @ left, points[..., 2]], axis=2)

    def _per_unit(self, inside: slice) -> NDArray[np.float64]:
        """Units of the space in one reported length; in a front view sizes are already evened."""
        own = self.per_unit[inside]
        return np.full(len(own), float(np.median(self.per_unit))) if self.is_frontal else own

    def _centre_px(self) -> float:
        size_px = self.walk.image_size_px or (0, 0)
        return size_px[0] / 2

    def _middle_px(self) -> float:
        """Row of the line of sight of a level camera; of an unknown picture, that of the pelvis."""
        if self.walk.image_size_px is not None:
            return self.walk.image_size_px[1] / 2
        rows = self.even.middle("hip")[:, 1]
        known = rows[np.isfinite(rows)]
        return float(np.median(known)) if len(known) else 0.0

    def _focal_px(self) -> float:
        """Assumed focal length; of a picture of unknown size, from a usual distance."""
        assumed_px = assumed_focal_px(self.walk.image_size_px or (0, 0))
        return assumed_px or _USUAL_DISTANCE_BH * float(np.median(self.height))

    def ground(self, bout: Bout, part: Oriented) -> Ground:
        """Return what tells where the feet stand in a bout."""
        unit = self.scale.unit
        if self.is_frontal:
            return SightGround(part, unit)
        if self.in_picture and part.travels:
            sign = -1.0 if bout.direction == "left" else 1.0
            return PictureGround(part, sign * self._centre_px(), self._focal_px(), unit)
        if part.travels:
            return FloorGround(part, unit)
        on_belt = self.surface == "treadmill"
        return GuessedGround(part, belt_path(part) if on_belt else smoothed_path(part), unit)


def scene_of(
    walk: Walk, even: EvenWalk, known_length: KnownLength | None, surface: Surface
) -> Scene:
    """Find the axes and the scale of a walk.

    Raises
    ------
    RefusedError
        If the body is never seen whole, or is of an impossible size.
    """
    if walk.space is Space.IMAGE_PX:
        return _picture_scene(walk, even, known_length, surface)
    return _space_scene(walk, even, surface)


def _seen_direction(heading_deg: float) -> Direction:
    """Return how a heading looks from a camera whose line of sight is at 90 degrees."""
    x, y = np.cos(np.radians(heading_deg)), np.sin(np.radians(heading_deg))
    if abs(y) >= abs(x):
        return "away" if y > 0 else "towards"
    return "right" if x > 0 else "left"


def _picture_scene(
    walk: Walk, even: EvenWalk, known_length: KnownLength | None, surface: Surface
) -> Scene:
    size = stature(even, _UP[walk.space], even.middle("hip")[:, 0])
    view = viewed(walk, even, size.local)
    height = size.local if view.name == "frontal" else size.steady
    scale, per_unit = lengths_scale(walk, height, known_length)
    axes = np.array([[1.0, 0.0], _UP[walk.space]])
    return Scene(walk, even, view, axes, height, scale, per_unit, surface, known_length)


def _space_scene(walk: Walk, even: EvenWalk, surface: Surface) -> Scene:
    axes = _floor_axes(walk, even)
    height = _space_stature(even, axes[2])
    scale, per_unit = space_scale(walk, height)
    view = Viewed("spatial", 0.0, None)
    return Scene(walk, even, view, axes, height, scale, per_unit, surface)


def _space_stature(even: EvenWalk, up: NDArray[np.float64]) -> NDArray[np.float64]:
    """Body height; by the height of the hips where the head has no point."""
    try:
        return stature(even, up, None).steady
    except RefusedError:
        hips = even.middle("hip") @ up
        feet = np.fmin(even.point("ankle", "left") @ up, even.point("ankle", "right") @ up)
        known = (hips - feet)[np.isfinite(hips - feet)]
        if not len(known) or np.median(known) <= 0:
            raise
        return np.full(len(even.time_s), float(np.median(known)) / (_HIP_HEIGHT - 0.039))


def _floor_axes(walk: Walk, even: EvenWalk) -> NDArray[np.float64]:
    """Rows: two axes of the floor and up; a camera's tilt is read from the feet."""
    up = _UP[walk.space]
    if walk.space is Space.WORLD_M:
        return np.eye(3)
    away = np.array([0.0, 0.0, 1.0])
    tilt = _tilt(even, up, away)
    up, away = up - tilt * away, away + tilt * up
    up, away = up / np.linalg.norm(up), away / np.linalg.norm(away)
    return np.stack([np.cross(away, up), away, up])


def _tilt(even: EvenWalk, up: NDArray[np.float64], away: NDArray[np.float64]) -> float:
    """Slope of the floor along the camera's line of sight: how the lower foot's height changes."""
    feet = [even.point("ankle", side) for side in ("left", "right")]
    heights = [foot @ up for foot in feet]
    is_left = heights[0] < heights[1]
    lower = np.where(is_left, heights[0], heights[1])
    distance = np.where(is_left, feet[0] @ away, feet[1] @ away)
    known = np.isfinite(lower) & np.isfinite(distance)
    if known.sum() < 2 or np.ptp(distance[known]) < 1.0:
        return 0.0
    thin = slice(None, None, max(1, int(known.sum()) // 100))
    slope = float(theilslopes(lower[known][thin], distance[known][thin])[0])
    return float(np.clip(slope, -_MOST_TILT, _MOST_TILT))
