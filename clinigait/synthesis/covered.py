"""Recorded skeletons as a camera might have seen them under a coat and with a bag."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Walk
from clinigait.datasets.study import Sample, Study

#: Garments (ours): points of a coat lie beside the joints, sway, and are lost now and then; the
#: arm that holds a bag, and the hip behind it, are hidden for a good third of the walk.
_COAT = ("shoulder", "hip", "knee")
_BULK_M, _SWAY_M, _SWAY_S = 0.03, 0.02, 0.2
_LOST_S = 0.3
_COAT_LOST, _BAG_LOST = 0.1, {"elbow": 0.4, "wrist": 0.4, "hip": 0.3}


def covered(walk: Walk, name: str) -> Walk:
    """Return a walk as it might have been seen under a coat and with a bag; drawn by its name."""
    digest = hashlib.sha256(name.encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    points = walk.keypoints.copy()
    for side in SIDES:
        for joint in _COAT:
            own = points[:, walk.layout.index(joint, side)]
            own += rng.normal(0, _BULK_M, 3) + _swaying(walk.time_s, rng)
            own[_lost(walk.time_s, _COAT_LOST, rng)] = np.nan
    bag_side = SIDES[int(rng.integers(2))]
    for joint, share in _BAG_LOST.items():
        points[_lost(walk.time_s, share, rng), walk.layout.index(joint, bag_side)] = np.nan
    return replace(walk, keypoints=points)


def _swaying(time_s: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    knots_s = np.arange(time_s[0], time_s[-1] + 2 * _SWAY_S, _SWAY_S)
    knots = rng.normal(0, _SWAY_M, (3, len(knots_s)))
    return np.stack([np.interp(time_s, knots_s, axis) for axis in knots], axis=1)


def _lost(time_s: NDArray[np.float64], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return (T,) frames that are lost, in runs of some tenths of a second."""
    run = ((time_s - time_s[0]) / _LOST_S + rng.random()).astype(int)
    count = int(run.max()) + 1
    return np.asarray(rng.permutation(count)[run] < int(share * count))


def covered_study(study: Study) -> Study:
    """Return the same walks, covered."""

    def under(sample: Sample) -> Sample:
        return replace(sample, read=lambda: covered(sample.read(), sample.sequence))

    return replace(study, samples=tuple(under(sample) for sample in study.samples))
