"""3-D keypoints of a synthetic walk: the truth, or what a pose model would make of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Depth, Extrinsics, Intrinsics, KeypointLayout, Space, Subject, Walk
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.body_points import BodyPoints
from clinigait.synthesis.motion import Motion, SyntheticWalk
from clinigait.synthesis.sensors.keypoint_error import KeypointError

Array = NDArray[np.float64]
PROVENANCE = {"synthetic": "true", "source": "clinigait virtual gait clinic"}


class PointCamera(Protocol):
    """A camera as far as points need it."""

    @property
    def intrinsics(self) -> Intrinsics:
        """Focal lengths and size of the picture."""
        ...

    def at(self, time_s: float) -> Extrinsics:
        """Return where the world lies as the camera sees it at a time."""
        ...


@dataclass(frozen=True, eq=False)
class Seen:
    """Points of the world as they were taken, with the moments they belong to.

    Parameters
    ----------
    time_s
        (T,) times.
    points_m
        (T, K, 3) of the world; NaN where a sensor found nothing.
    confidence
        (T, K).
    """

    time_s: Array
    points_m: Array
    confidence: Array


def truth_pieces(
    motions: Iterable[Motion], layout: KeypointLayout, *, as_taught: bool = False
) -> Iterator[Walk]:
    """Yield true keypoints in world metres, a piece at a time.

    Parameters
    ----------
    motions
        Pieces of one body's movement.
    layout
        Which points.
    as_taught
        As for :class:`~clinigait.synthesis.body_points.BodyPoints`.
    """
    points: BodyPoints | None = None
    for motion in motions:
        points = points or BodyPoints(motion.body, layout, as_taught=as_taught)
        places = points.points_m(motion)
        seen = Seen(motion.time_s, places, np.ones(places.shape[:2]))
        yield _walk(seen, layout, motion.body, None, Depth.MEASURED)


def keypoints_3d(
    walk: SyntheticWalk,
    layout: KeypointLayout,
    camera: PointCamera | None = None,
    error: KeypointError | None = None,
    *,
    seed: int = 0,
    as_taught: bool = False,
) -> Walk:
    """Return the keypoints of a walk in metres: of the world, or of a camera where one is given.

    The movement is solved and taken piece by piece; what is kept is K points a frame.

    Parameters
    ----------
    walk
        The movement.
    layout
        Which points.
    camera
        Whose axes; it is also where errors along and across the line of sight come from. With an
        error and without a camera the line of sight is the x axis.
    error
        What a pose model does to the truth; None leaves it.
    seed
        Of the error.
    as_taught
        As for :class:`~clinigait.synthesis.body_points.BodyPoints`.

    Raises
    ------
    BadInputError
        If the error is impossible.
    """
    seen = seen_points(walk, layout, camera, error, seed=seed, as_taught=as_taught)
    depth = Depth.MEASURED if error is None else Depth.INFERRED
    return _walk(seen, layout, walk.body, camera, depth)


def seen_points(
    walk: SyntheticWalk,
    layout: KeypointLayout,
    camera: PointCamera | None,
    error: KeypointError | None,
    *,
    seed: int,
    as_taught: bool,
) -> Seen:
    """Return the points of the world as a sensor finds them; see :func:`keypoints_3d`."""
    points = BodyPoints(walk.body, layout, as_taught=as_taught)
    times, places = [], []
    for motion in walk:
        times.append(motion.time_s)
        places.append(points.points_m(motion))
    time_s, places_m = np.concatenate(times), np.concatenate(places)
    if error is None:
        return Seen(time_s, places_m, np.ones(places_m.shape[:2]))
    eyes_m = eye_m(camera, time_s) if camera is not None else None
    found, confidence = error.applied(
        places_m, layout, walk.rate_hz, np.random.default_rng(seed), eyes_m=eyes_m
    )
    return Seen(time_s, found, confidence)


def eye_m(camera: PointCamera, time_s: Array) -> Array:
    """Return (T, 3) where a camera stands in the world."""
    places = []
    for moment in time_s:
        view = camera.at(float(moment))
        places.append(-np.array(view.rotation).T @ np.array(view.translation_m))
    return np.array(places).reshape(len(time_s), 3)


def _walk(
    seen: Seen, layout: KeypointLayout, body: Body, camera: PointCamera | None, depth: Depth
) -> Walk:
    places = seen.points_m
    if camera is not None:
        moments = zip(places, seen.time_s, strict=True)
        places = np.stack([camera.at(float(moment)).apply(frame) for frame, moment in moments])
    return Walk(
        time_s=seen.time_s,
        keypoints=places,
        confidence=seen.confidence,
        layout=layout,
        space=Space.WORLD_M if camera is None else Space.CAMERA_M,
        depth=depth,
        subject=subject_of(body),
        provenance=PROVENANCE,
    )


def subject_of(body: Body) -> Subject:
    """Return what is known of a synthetic person."""
    build = body.build
    return Subject(
        height_m=build.stature_m, mass_kg=build.mass_kg, age_y=build.age_y, sex=build.sex
    )
