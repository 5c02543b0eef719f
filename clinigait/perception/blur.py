"""Parts of a picture made unrecognisable, in place."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

#: Points that lie on the head, by the names of all layouts that have them.
HEAD_POINTS = ("nose", "left_eye", "right_eye", "left_ear", "right_ear", "head", "head_top")
#: The longer side of what is hidden keeps so many blocks: a face in a body is less than one.
_BLOCKS = 6


def pixelate(image: NDArray[np.uint8], box: NDArray[np.float64]) -> None:
    """Leave only a few blocks of colour of a box x0, y0, x1, y1."""
    height, width = image.shape[:2]
    x0, y0 = max(int(box[0]), 0), max(int(box[1]), 0)
    x1, y1 = min(int(box[2]) + 1, width), min(int(box[3]) + 1, height)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    patch = image[y0:y1, x0:x1]
    columns = max(1, round(_BLOCKS * (x1 - x0) / max(x1 - x0, y1 - y0)))
    rows = max(1, round(_BLOCKS * (y1 - y0) / max(x1 - x0, y1 - y0)))
    small = cv2.resize(patch, (columns, rows), interpolation=cv2.INTER_AREA)
    image[y0:y1, x0:x1] = cv2.resize(small, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)


def blur_disc(image: NDArray[np.uint8], centre: NDArray[np.float64], radius: float) -> None:
    """Leave only three by three colours of a disc."""
    height, width = image.shape[:2]
    reach = int(np.ceil(radius))
    x0, y0 = max(int(centre[0]) - reach, 0), max(int(centre[1]) - reach, 0)
    x1, y1 = min(int(centre[0]) + reach + 1, width), min(int(centre[1]) + reach + 1, height)
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    patch = image[y0:y1, x0:x1]
    small = cv2.resize(patch, (3, 3), interpolation=cv2.INTER_AREA)
    smooth = cv2.resize(small, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    rows, columns = np.ogrid[y0:y1, x0:x1]
    inside = (columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 <= radius**2
    patch[inside] = smooth[inside]
