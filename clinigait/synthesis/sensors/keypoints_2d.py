"""2-D keypoints of a synthetic walk: where the points lie in a camera's picture."""

from __future__ import annotations

import numpy as np

from clinigait.core import KeypointLayout, Space, Walk
from clinigait.synthesis.motion import SyntheticWalk
from clinigait.synthesis.sensors.keypoint_error import KeypointError
from clinigait.synthesis.sensors.keypoints_3d import (
    PROVENANCE,
    PointCamera,
    seen_points,
    subject_of,
)


def keypoints_2d(
    walk: SyntheticWalk,
    layout: KeypointLayout,
    camera: PointCamera,
    error: KeypointError | None = None,
    *,
    seed: int = 0,
    as_taught: bool = False,
) -> Walk:
    """Return the keypoints of a walk in the pixels of a camera.

    Points outside the picture or behind the camera are not seen: NaN, confidence 0. The body hides
    nothing: a pose estimator guesses hidden points too. Of an error only what lies across the line
    of sight shows; it is that of 3-D points, so its pixels fall with the distance.

    Parameters
    ----------
    walk, layout, camera, error, seed, as_taught
        As for :func:`~clinigait.synthesis.sensors.keypoints_3d.keypoints_3d`.

    Raises
    ------
    BadInputError
        If the error is impossible.
    """
    flat = error.across_only() if error is not None else None
    seen = seen_points(walk, layout, camera, flat, seed=seed, as_taught=as_taught)
    lens = camera.intrinsics
    moments = zip(seen.points_m, seen.time_s, strict=True)
    pixels = np.stack([lens.project(camera.at(float(t)).apply(frame)) for frame, t in moments])
    width, height = lens.size_px
    x, y = np.nan_to_num(pixels, nan=-np.inf).transpose(2, 0, 1)
    inside = (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)
    return Walk(
        time_s=seen.time_s,
        keypoints=np.where(inside[..., None], pixels, np.nan),
        confidence=np.where(inside, seen.confidence, 0.0),
        layout=layout,
        space=Space.IMAGE_PX,
        image_size_px=lens.size_px,
        subject=subject_of(walk.body),
        provenance=PROVENANCE,
    )
