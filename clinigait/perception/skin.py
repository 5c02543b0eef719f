"""Whether skin is as red as skin is: colours whose channels changed places show it first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Walk

_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_HANDS = ("left_wrist", "right_wrist")
#: Half the side of a patch, as a share of the person's height in the picture.
_PATCH = 0.012
#: Fewer frames with a point of a group tell nothing.
_LEAST_FRAMES = 10
#: Dark pixels have no colour to speak of: this much is added to both channels.
_FLOOR = 8.0


class SkinColour:
    """Looks at face and hands of one person, frame by frame.

    Skin of every tone holds more red than blue, as blood and melanin take away blue; a blue mask
    or blue gloves alone do not count, as face and hands must both be blue.

    Parameters
    ----------
    walk
        In the picture.
    """

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._groups = [
            [walk.layout.index(name) for name in names if name in walk.layout]
            for names in (_FACE, _HANDS)
        ]
        self._found: list[list[float]] = [[] for _ in self._groups]

    def look(self, image: NDArray[np.uint8], index: int) -> None:
        """Look at the frame of a time of the walk; ``image`` is (height, width, 3) RGB."""
        points = self._walk.keypoints[index]
        seen = points[np.isfinite(points).all(axis=1)]
        if not len(seen):
            return
        radius = max(1, round(_PATCH * float(np.ptp(seen[:, 1]))))
        for rows, found in zip(self._groups, self._found, strict=True):
            known = [points[row] for row in rows if np.isfinite(points[row]).all()]
            ratios = [ratio for point in known if (ratio := _ratio(image, point, radius)) > 0]
            if ratios:
                found.append(float(np.median(ratios)))

    def red_over_blue(self) -> float | None:
        """Return the ratio of red to blue, of face or hands whichever is redder; None unknown."""
        if any(len(found) < _LEAST_FRAMES for found in self._found):
            return None
        return max(float(np.median(found)) for found in self._found)


def _ratio(image: NDArray[np.uint8], point: NDArray[np.float64], radius: int) -> float:
    """Return the ratio in a patch; 0 where it lies outside of the picture."""
    x, y = round(float(point[0])), round(float(point[1]))
    patch = image[max(y - radius, 0) : y + radius + 1, max(x - radius, 0) : x + radius + 1]
    if y < 0 or x < 0 or not patch.size:
        return 0.0
    red, _, blue = np.median(patch.reshape(-1, 3), axis=0)
    return float((red + _FLOOR) / (blue + _FLOOR))
