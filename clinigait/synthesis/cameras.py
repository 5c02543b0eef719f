"""Virtual cameras: fixed, moving with the walker, held in a hand.

The walker is thought to go along x. Angles of view are counted about the vertical from the way:
0 sees the front, 90 the left side, 180 the back, 270 the right side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Extrinsics, Intrinsics, Side
from clinigait.core.camera import assumed_focal_px

#: Hands tremble and sway between these frequencies; the share of a sine falls with its own.
_SHAKE_HZ = (0.4, 0.9, 1.7, 3.1, 6.3)


@dataclass(frozen=True)
class Lens:
    """The picture and the focal length of a camera without distortion.

    Parameters
    ----------
    size_px
        (width, height).
    focal_px
        None for a usual one: 0.9 of the longer side.
    """

    size_px: tuple[int, int] = (640, 480)
    focal_px: float | None = None

    def intrinsics(self) -> Intrinsics:
        """Return the camera's numbers; its line of sight meets the middle of the picture."""
        focal_px = assumed_focal_px(self.size_px) if self.focal_px is None else self.focal_px
        middle = ((self.size_px[0] - 1) / 2, (self.size_px[1] - 1) / 2)
        return Intrinsics(self.size_px, focal_px, focal_px, *middle, source="synthesis")


@dataclass(frozen=True)
class Shake:
    """How a camera in a hand shakes: sines in three turns and three ways.

    Parameters
    ----------
    turn_deg, way_m
        Standard deviation of each turn and of each way.
    seed
        Another seed shakes otherwise.
    """

    turn_deg: float = 0.4
    way_m: float = 0.008
    seed: int = 0

    def at(self, time_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return three turns in rad and three ways in m."""
        rng = np.random.default_rng([self.seed, 0x5A4E])
        hz = np.array(_SHAKE_HZ) * rng.uniform(0.8, 1.25, (6, len(_SHAKE_HZ)))
        phase = rng.uniform(0, 2 * math.pi, hz.shape)
        share = 1 / hz
        share /= np.sqrt((share**2).sum(axis=1, keepdims=True) / 2)
        value = (share * np.sin(2 * math.pi * hz * time_s + phase)).sum(axis=1)
        return value[:3] * math.radians(self.turn_deg), value[3:] * self.way_m


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera whose place is known at every time.

    Parameters
    ----------
    intrinsics
        Focal lengths and size of the picture.
    time_s
        (N,) increasing; one for a camera that stands still.
    rotations
        (N, 3, 3) from the world to the camera: x to the right, y down, z away.
    positions_m
        (N, 3) where it stands in the world.
    shake
        None where it is mounted.
    """

    intrinsics: Intrinsics
    time_s: NDArray[np.float64]
    rotations: NDArray[np.float64]
    positions_m: NDArray[np.float64]
    shake: Shake | None = field(default=None)

    @property
    def is_fixed(self) -> bool:
        """Whether every picture is taken from the same place."""
        return len(self.time_s) == 1 and self.shake is None

    def at(self, time_s: float) -> Extrinsics:
        """Return where the world lies as the camera sees it at a time."""
        rotation, position = self._path(time_s)
        if self.shake is not None:
            turns, ways = self.shake.at(time_s)
            rotation = _turned(turns) @ rotation
            position = position + ways
        moved = -rotation @ position
        rows = tuple((float(r[0]), float(r[1]), float(r[2])) for r in rotation)
        return Extrinsics(rows, (float(moved[0]), float(moved[1]), float(moved[2])))

    def _path(self, time_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if len(self.time_s) == 1:
            return self.rotations[0], self.positions_m[0]
        position = np.array([np.interp(time_s, self.time_s, way) for way in self.positions_m.T])
        later = int(np.clip(np.searchsorted(self.time_s, time_s), 1, len(self.time_s) - 1))
        span = self.time_s[later] - self.time_s[later - 1]
        share = float(np.clip((time_s - self.time_s[later - 1]) / span, 0, 1))
        mixed = (1 - share) * self.rotations[later - 1] + share * self.rotations[later]
        # The nearest rotation to the mean of two.
        u, _, v = np.linalg.svd(mixed)
        return np.asarray(u @ v), position

    def project(self, points_m: NDArray[np.float64], time_s: float) -> NDArray[np.float64]:
        """Return (…, 2) pixels of (…, 3) points of the world; NaN behind the camera."""
        return self.intrinsics.project(self.at(time_s).apply(points_m))

    def project_motion(
        self, points_m: NDArray[np.float64], time_s: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return (T, …, 2) pixels of (T, …, 3) points of the world at (T,) times."""
        frames = [
            self.project(points, float(t)) for points, t in zip(points_m, time_s, strict=True)
        ]
        return np.stack(frames) if frames else np.empty((0, *points_m.shape[1:-1], 2))

    def shaken(self, shake: Shake) -> Camera:
        """Return the same camera held in a hand."""
        return replace(self, shake=shake)

    def calibration(self) -> dict[str, Any]:
        """Return the content of ``calibration.json`` for depth that is aligned to this camera."""
        camera = self.intrinsics
        width, height = camera.size_px
        return {
            "schema": "clinigait-rgbd-1",
            "colour": {
                "width_px": width,
                "height_px": height,
                "fx_px": camera.fx_px,
                "fy_px": camera.fy_px,
                "cx_px": camera.cx_px,
                "cy_px": camera.cy_px,
            },
            "depth_unit_mm": 1.0,
        }


@dataclass(frozen=True)
class Placement:
    """Where a camera stands against the middle of what it looks at.

    Parameters
    ----------
    distance_m
        On the floor, from that middle.
    height_m
        Of the lens above the floor.
    tilt_deg
        Downwards.
    roll_deg
        Of the picture about the line of sight.
    middle_m
        (x, y) of the world.
    """

    distance_m: float = 4.0
    height_m: float = 1.0
    tilt_deg: float = 0.0
    roll_deg: float = 0.0
    middle_m: tuple[float, float] = (0.0, 0.0)


def sagittal(lens: Lens, place: Placement, *, side: Side = "left") -> Camera:
    """Return a camera that sees the given side of a walker along x."""
    return oblique(lens, place, angle_deg=90.0 if side == "left" else 270.0)


def frontal(lens: Lens, place: Placement, *, from_behind: bool = False) -> Camera:
    """Return a camera towards which a walker along x comes, or from which they go."""
    return oblique(lens, place, angle_deg=180.0 if from_behind else 0.0)


def oblique(lens: Lens, place: Placement, *, angle_deg: float) -> Camera:
    """Return a camera at an angle: 0 sees the front, 90 the left side, 180 the back."""
    rotation, position = _placed(place, angle_deg, np.array(place.middle_m))
    return Camera(lens.intrinsics(), np.zeros(1), rotation[None], position[None])


def following(
    lens: Lens,
    place: Placement,
    *,
    angle_deg: float,
    time_s: NDArray[np.float64],
    path_m: NDArray[np.float64],
) -> Camera:
    """Return a camera that moves along with a walker, at a fixed angle to the x axis.

    Parameters
    ----------
    lens, place
        ``place.middle_m`` is added to the path.
    angle_deg
        As of :func:`oblique`.
    time_s
        (N,) increasing.
    path_m
        (N, 2) where the walker is on the floor at these times.
    """
    if len(time_s) != len(path_m) or len(time_s) < 2 or np.any(np.diff(time_s) <= 0):
        raise ValueError("a path has two or more places, at increasing times")
    rotation, _ = _placed(place, angle_deg, np.zeros(2))
    middles = path_m + np.array(place.middle_m)
    positions = np.stack([_placed(place, angle_deg, middle)[1] for middle in middles])
    rotations = np.broadcast_to(rotation, (len(time_s), 3, 3)).copy()
    return Camera(lens.intrinsics(), np.array(time_s, np.float64), rotations, positions)


def _placed(
    place: Placement, angle_deg: float, middle_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    angle, tilt = math.radians(angle_deg), math.radians(place.tilt_deg)
    out = np.array([math.cos(angle), math.sin(angle), 0.0])
    away = -out * math.cos(tilt) + np.array([0.0, 0.0, -math.sin(tilt)])
    right = np.cross(away, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(away, right), away])
    rotation = _turned(np.array([0.0, 0.0, math.radians(place.roll_deg)])) @ rotation
    position = np.array([*middle_m, 0.0]) + place.distance_m * out
    position[2] = place.height_m
    return rotation, position


def _turned(turns_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation about x, then y, then z."""
    matrix = np.eye(3)
    for axis, turn in enumerate(turns_rad):
        c, s = math.cos(turn), math.sin(turn)
        one, two = (axis + 1) % 3, (axis + 2) % 3
        step = np.eye(3)
        step[one, one], step[one, two], step[two, one], step[two, two] = c, -s, s, c
        matrix = step @ matrix
    return matrix
