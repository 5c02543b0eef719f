"""Which layout a file means that gives only the number of its points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BLAZEPOSE_33, COCO_17, LAYOUTS, WHOLEBODY_23, BadInputError
from clinigait.core.layout import BODY_25, HALPE_26, KeypointLayout

#: OpenPose's order of 18 points, COCO's with a neck; it is read as ``coco17``.
_COCO_18 = (
    *("nose", "neck"),
    *("right_shoulder", "right_elbow", "right_wrist"),
    *("left_shoulder", "left_elbow", "left_wrist"),
    *("right_hip", "right_knee", "right_ankle"),
    *("left_hip", "left_knee", "left_ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
)
_N_WHOLEBODY = 133

#: Layouts by number of points in files of 2-D pose estimators.
IN_THE_PICTURE: Mapping[int, KeypointLayout] = {
    17: COCO_17, 18: COCO_17, 23: WHOLEBODY_23, 26: HALPE_26, 33: BLAZEPOSE_33,
    _N_WHOLEBODY: WHOLEBODY_23,
}  # fmt: skip
#: The same with the 25 points of OpenPose.
OPENPOSE: Mapping[int, KeypointLayout] = {**IN_THE_PICTURE, 25: BODY_25}


def unambiguous() -> dict[int, KeypointLayout]:
    """Return the layouts whose number of points no other layout has."""
    count = Counter(len(layout) for layout in LAYOUTS.values())
    known = {len(layout): layout for layout in LAYOUTS.values() if count[len(layout)] == 1}
    return known | {_N_WHOLEBODY: WHOLEBODY_23}


def layout_of(
    n_points: int, wanted: str | None, known: Mapping[int, KeypointLayout], name: str
) -> tuple[KeypointLayout, NDArray[np.intp]]:
    """Return the layout of a file and which of its points to take.

    Parameters
    ----------
    n_points
        Number of points in the file.
    wanted
        Name of the layout that the user gave.
    known
        Layouts by number of points, for files without one given.
    name
        Name of the file, for messages.

    Raises
    ------
    BadInputError
        If the layout is unknown, does not have this many points, or is not given and cannot be
        told.
    """
    if wanted is not None and wanted not in LAYOUTS:
        raise BadInputError(
            f"There is no keypoint layout {wanted[:40]!r}.",
            f"Give one of {', '.join(sorted(LAYOUTS))} with --layout.",
        )
    layout = known.get(n_points) if wanted is None else LAYOUTS[wanted]
    if layout is None:
        fitting = sorted(known.name for known in LAYOUTS.values() if len(known) == n_points)
        raise BadInputError(
            f"{name} has {n_points} points a frame and does not name them.",
            f"Give the layout with --layout: {', '.join(fitting)}."
            if fitting
            else "Give a file of a known keypoint layout.",
        )
    if n_points == len(_COCO_18) and layout is COCO_17:
        return layout, np.array([_COCO_18.index(point) for point in layout.points])
    if len(layout) != n_points and (n_points, layout) != (_N_WHOLEBODY, WHOLEBODY_23):
        raise BadInputError(
            f"{name} has {n_points} points a frame, but layout {layout.name} has {len(layout)}.",
            "Give the layout of the file with --layout.",
        )
    return layout, np.arange(len(layout))
