"""A figure before a camera, one moment after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Extrinsics, Intrinsics
from clinigait.synthesis.backdrop import Backdrop, seen_depth_m
from clinigait.synthesis.cameras import Camera
from clinigait.synthesis.figure import AID, Figure
from clinigait.synthesis.motion import Motion
from clinigait.synthesis.rasteriser import Raster, projected, rasterise, tube_faces, tube_points


@dataclass(frozen=True, eq=False)
class Surface:
    """Points of the figure and of what it leans on, placed in the world.

    Parameters
    ----------
    points_m
        (V, 3) float32; those of the walking aid come last.
    faces
        (F, 3) int32, likewise.
    n_closed
        The first so many triangles can only be seen from outside.
    n_figure
        The first so many triangles belong to the person, the others to the walking aid.
    """

    points_m: NDArray[np.float32]
    faces: NDArray[np.int32]
    n_closed: int
    n_figure: int


def placed_surface(
    figure: Figure, bones: NDArray[np.float32], aid_points_m: NDArray[np.float64]
) -> Surface:
    """Return the surface for (B, 3, 4) bones and the (2 A, 3) ends of a walking aid's parts."""
    points, faces = figure.placed(bones), figure.faces
    if len(aid_points_m):
        tubes = tube_faces(len(aid_points_m) // 2, len(points))
        points = np.concatenate([points, tube_points(aid_points_m)])
        faces = np.concatenate([faces, tubes])
    return Surface(points, faces, figure.n_closed, len(figure.faces))


@dataclass(frozen=True, eq=False)
class Shot:
    """One moment before a camera: what every sensor makes its picture of.

    Parameters
    ----------
    frame
        Number from 0 on.
    time_s
        When.
    figure, camera
        Who, and who looks.
    bones
        (B, 3, 4) float32 of :class:`Motion`.
    aid_points_m
        (2 A, 3) ends of the walking aid's parts.
    bones_change, aid_change_m
        What they changed since the frame before, for motion blur; zero in a first frame that
        nothing follows.
    duration_s
        Time from frame to frame; 0 where it is not known.
    backdrop
        The room around; None where only the person counts.
    """

    frame: int
    time_s: float
    figure: Figure
    camera: Camera
    bones: NDArray[np.float32]
    aid_points_m: NDArray[np.float64]
    bones_change: NDArray[np.float32]
    aid_change_m: NDArray[np.float64]
    duration_s: float
    backdrop: Backdrop | None = None

    @cached_property
    def place(self) -> Extrinsics:
        """Where the world lies as the camera sees it."""
        return self.camera.at(self.time_s)

    @property
    def lens(self) -> Intrinsics:
        """The camera's focal lengths and size."""
        return self.camera.intrinsics

    @cached_property
    def surface(self) -> Surface:
        """What there is to see."""
        return placed_surface(self.figure, self.bones, self.aid_points_m)

    def surface_at(self, share: float) -> Surface:
        """Return what there is to see so many frames later (or earlier, below 0)."""
        bones = self.bones + np.float32(share) * self.bones_change
        return placed_surface(self.figure, bones, self.aid_points_m + share * self.aid_change_m)

    @cached_property
    def raster(self) -> Raster:
        """What the camera sees, drawn once for all sensors."""
        surface = self.surface
        pixels = projected(surface.points_m, self.lens, self.place)
        return rasterise(pixels, surface.faces, surface.n_closed, self.lens.size_px)

    @cached_property
    def labels(self) -> NDArray[np.uint8]:
        """(H, W) the part of the body that each pixel shows, or ``figure.AID``.

        What boxes of the room hide is not labelled.
        """
        n_aid = len(self.surface.faces) - self.surface.n_figure
        parts = np.concatenate([self.figure.part_of_face, np.full(n_aid, AID, np.uint8)])
        labels = self.raster.labels(parts)
        if self.backdrop is not None and self.backdrop.boxes:
            room_m = seen_depth_m(self.backdrop, self.lens, self.place)
            labels[self.raster.inverse_m * room_m <= 1] = 0
        return labels


@dataclass(frozen=True, eq=False)
class Scene:
    """A figure and the camera before it.

    Parameters
    ----------
    figure
        Who walks, and in what.
    camera
        Who looks.
    backdrop
        The room around, whose boxes may hide the figure; None where only the person counts.
    """

    figure: Figure
    camera: Camera
    backdrop: Backdrop | None = None

    def shots(self, pieces: Iterable[Motion]) -> Iterator[Shot]:
        """Yield every moment of pieces of a movement, in order; one piece is held at a time."""
        frame, before = 0, None
        for motion in pieces:
            for row in range(len(motion)):
                bones, aid = motion.bones[row], motion.aid_points_m[row]
                now = (bones, aid, float(motion.time_s[row]))
                if before is None and row + 1 < len(motion):
                    # The first frame goes on as it will.
                    ahead = (motion.bones[row + 1], motion.aid_points_m[row + 1])
                    step = (ahead[0] - bones, ahead[1] - aid)
                    duration_s = float(motion.time_s[row + 1]) - now[2]
                elif before is None:
                    step, duration_s = (np.zeros_like(bones), np.zeros_like(aid)), 0.0
                else:
                    step = (bones - before[0], aid - before[1])
                    duration_s = now[2] - before[2]
                yield Shot(
                    frame,
                    now[2],
                    self.figure,
                    self.camera,
                    bones,
                    aid,
                    *step,
                    duration_s,
                    self.backdrop,
                )
                frame, before = frame + 1, now
