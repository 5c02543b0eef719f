"""An HRNet of random weights on the road: it works, and its points are another model's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clinigait.core import BLAZEPOSE_33
from clinigait.perception.estimators import WithSilhouettes
from clinigait.perception.pose import PoseSample


class BorrowedKeypoints(WithSilhouettes):
    """Works as hard as with trained weights, and gives the keypoints of the other model."""

    def results(self) -> dict[int, PoseSample]:
        """Wait for both models; return the body model's points in HRNet's layout."""
        self._keypoints.results()
        names = [name.replace("small_toe", "toe") for name in self.layout.points]
        chosen = np.array([BLAZEPOSE_33.index(name) for name in names])
        return {
            key: replace(
                sample,
                keypoints_px=sample.keypoints_px[chosen],
                confidence=sample.confidence[chosen],
            )
            for key, sample in self._body.results().items()
        }
