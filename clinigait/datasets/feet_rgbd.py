"""Feet RGB-D: the legs of one person behind a walking frame, with a motion suit (MIT licence).

Sixty frames of colour and aligned depth from a camera on the frame, looking back and down
(github JoseFilipeFerreira/feet). The suit's joints stand in ``gait_groundtruth_60frames.csv``,
one row a frame. They are **pixels**, counted from the lower right corner of the picture to the
left and up; the third column is 0 throughout, so there is no truth of the distance. The clock
column is empty of meaning (0). Of the camera nothing is said.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, BadInputError, Recording, Side
from clinigait.io._source import number_table, text_lines
from clinigait.io.rgbd import is_rgbd_folder, open_rgbd

NAME = "feet-rgbd"
TRUTH = "gait_groundtruth_60frames.csv"
#: The suit calls the joint of the ankle a foot.
_ANKLE = "{side}_foot_{axis}"


@dataclass(frozen=True, eq=False)
class SuitFilm:
    """The recording and the suit's ankles in its pictures.

    Parameters
    ----------
    recording
        Colour with depth.
    ankles_px
        (T, 2) by side, in pixels of the picture: x to the right, y down.
    """

    recording: Recording
    ankles_px: dict[Side, NDArray[np.float64]]


def read_suit_film(root: Path) -> SuitFilm:
    """Read the data set.

    Raises
    ------
    BadInputError
        If the folder has not the published layout.
    """
    if not is_rgbd_folder(root) or not (root / TRUTH).is_file():
        raise BadInputError(
            f"{root.name[:80] or 'This'} is not the feet data set: it has no depth, or no {TRUTH}.",
            "Give the folder that holds both.",
        )
    recording = open_rgbd(root)
    rows = [row for row in csv.reader(text_lines(root / TRUTH)) if any(c.strip() for c in row)]
    names = [cell.strip() for cell in rows[0]] if rows else []
    wanted = [_ANKLE.format(side=side, axis=axis) for side in SIDES for axis in "xy"]
    if not set(wanted) <= set(names) or len(rows) < 2:
        raise BadInputError(f"{TRUTH} has no ankles.", "Fetch the file again.")
    table = number_table(rows[1:], len(names), TRUTH)
    size = np.array([recording.width_px, recording.height_px])
    places = {
        side: size - table[:, [names.index(_ANKLE.format(side=side, axis=axis)) for axis in "xy"]]
        for side in SIDES
    }
    return SuitFilm(recording, places)
