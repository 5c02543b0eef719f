"""Keypoints as representations want them: in a picture, in a known order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, KeypointLayout, Space, Walk


def picture_points(walk: Walk) -> NDArray[np.float64]:
    """Return (T, K, 2) points with x to the right and y down: in pixels, or metres of a camera.

    Raises
    ------
    BadInputError
        If the walk is in the space of a room: nobody says from where it is looked at.
    """
    if walk.space is Space.WORLD_M:
        raise BadInputError(
            "These points are in the space of a room, which no camera looks at.",
            "Give keypoints in the picture or in the space of a camera.",
        )
    return walk.keypoints[:, :, :2]


def in_layout(
    walk: Walk, layout: KeypointLayout
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a walk's points in the order of another layout, matched by name.

    Parameters
    ----------
    walk
        A walk in a picture or in the space of a camera.
    layout
        The wanted layout.

    Returns
    -------
    points, confidence
        (T, K, 2), NaN where a point is not believed or the walk's layout lacks it, and (T, K),
        0 there.

    Raises
    ------
    BadInputError
        If the walk is in the space of a room.
    """
    points = np.full((len(walk), len(layout), 2), np.nan)
    confidence = np.zeros((len(walk), len(layout)))
    seen_from = picture_points(walk)
    for index, name in enumerate(layout.points):
        if name in walk.layout:
            points[:, index] = seen_from[:, walk.layout.index(name)]
            confidence[:, index] = walk.confidence[:, walk.layout.index(name)]
    missing = ~np.isfinite(points).all(axis=2) | (confidence <= 0)
    points[missing], confidence[missing] = np.nan, 0.0
    return points, confidence
