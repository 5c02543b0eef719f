"""A coat and a bag: points are lost and moved, others stay, and a name is always covered alike."""

from __future__ import annotations

import numpy as np

from clinigait.core import SIDES, WHOLEBODY_23
from clinigait.datasets.study import Sample, Study
from clinigait.synthesis.covered import covered, covered_study
from support.walker import Gait, synthetic_space_walk

WALK = synthetic_space_walk(Gait(duration_s=6.0), WHOLEBODY_23)
_COVERED = ("shoulder", "elbow", "wrist", "hip", "knee")


def _moved(name: str) -> np.ndarray:
    return covered(WALK, name).keypoints - WALK.keypoints


def test_what_no_garment_covers_stays() -> None:
    own = [WALK.layout.index(joint, side) for joint in _COVERED for side in SIDES]
    others = np.setdiff1d(np.arange(len(WALK.layout.points)), own)
    np.testing.assert_array_equal(
        covered(WALK, "a").keypoints[:, others], WALK.keypoints[:, others]
    )


def test_a_coat_moves_points_by_centimetres_and_loses_some() -> None:
    knees = [WALK.layout.index("knee", side) for side in SIDES]
    moved = np.concatenate([_moved(str(number))[:, knees] for number in range(40)])
    lost = np.isnan(moved).any(-1)
    assert 0.05 < lost.mean() < 0.12
    assert 0.03 < np.nanstd(moved) < 0.045  # bulk and sway: 3 and 2 cm


def test_a_bag_hides_one_arm() -> None:
    for number in range(20):
        moved = _moved(str(number))
        wrists = [np.isnan(moved[:, WALK.layout.index("wrist", side)]).mean() for side in SIDES]
        assert min(wrists) == 0
        assert 0.25 < max(wrists) < 0.5


def test_a_name_is_covered_alike_every_time() -> None:
    np.testing.assert_array_equal(_moved("a"), _moved("a"))
    assert not np.array_equal(_moved("a"), _moved("b"), equal_nan=True)
    study = Study(
        "walks", "", "CC0-1.0", "acted", "", (Sample("a", "p", "w", "normal", lambda: WALK),)
    )
    (sample,) = covered_study(study).samples
    np.testing.assert_array_equal(sample.read().keypoints, covered(WALK, "a").keypoints)
