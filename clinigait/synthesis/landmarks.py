"""Places of the body that pose estimators are taught to find, in the world."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import WHOLEBODY_23
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.motion import Motion

#: Names of the body model where they are not those of the layout.
_NAMES = {
    f"{side}_{ours}": f"{side}_{theirs}"
    for side in ("left", "right")
    for ours, theirs in (("toe", "big_toe"), ("small_toe", "small_toe"))
}


class Landmarks:
    """The points of ``WHOLEBODY_23`` on the skin of a body, wherever its bones carry them.

    A landmark is a mean of skin, skin is a mean of its bones' places: so a landmark is a sum over
    bones, and no skin has to be moved.

    Parameters
    ----------
    body
        Who moves.
    """

    layout = WHOLEBODY_23

    def __init__(self, body: Body) -> None:
        model = body.model
        rows = [model.landmarks.index(_NAMES.get(name, name)) for name in self.layout.points]
        weights = model.landmark_weights[rows].astype(np.float64)
        points = np.column_stack([body.points_m.astype(np.float64), np.ones(len(body.points_m))])
        self._places = np.zeros((len(rows), len(model.bones), 4))
        for column in range(model.skin_bones.shape[1]):
            share = weights * model.skin_weights[:, column]
            for row, skin in enumerate(share):
                seen = np.flatnonzero(skin)
                np.add.at(
                    self._places[row],
                    model.skin_bones[seen, column],
                    skin[seen, None] * points[seen],
                )

    def at(self, motion: Motion) -> NDArray[np.float64]:
        """Return (T, 23, 3) places in m."""
        bones = motion.bones.astype(np.float64)
        return np.asarray(np.einsum("tbij,kbj->tki", bones, self._places, optimize=True))
