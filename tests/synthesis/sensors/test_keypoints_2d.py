"""2-D keypoints of a synthetic walk."""

import numpy as np
import pytest

from clinigait.core import Space
from clinigait.core.layout import HALPE_26
from clinigait.synthesis.cameras import Lens, Placement, sagittal
from clinigait.synthesis.sensors.keypoint_error import fitted_error
from clinigait.synthesis.sensors.keypoints_2d import keypoints_2d
from support.synthetic import walk

LENS = Lens((640, 480), 500.0)


def test_points_fall_where_a_pinhole_puts_them() -> None:
    camera = sagittal(LENS, Placement(distance_m=5.0, height_m=1.0, middle_m=(2.0, 0.0)))
    seen = keypoints_2d(walk(), HALPE_26, camera)
    assert seen.space is Space.IMAGE_PX
    assert seen.image_size_px == (640, 480)
    # A person who walks along x goes to the left of a camera that sees their left side.
    x = seen.keypoints[:, HALPE_26.index("pelvis"), 0]
    x = x[np.isfinite(x)]
    assert (np.diff(x) < 0).all() or (np.diff(x) > 0).all()
    stature_px = np.nanmedian(
        seen.keypoints[:, HALPE_26.index("heel", "left"), 1]
        - seen.keypoints[:, HALPE_26.index("head_top"), 1]
    )
    assert stature_px == pytest.approx(500 / 5.0 * 1.7, rel=0.04)


def test_outside_the_picture_nothing_is_seen() -> None:
    camera = sagittal(LENS, Placement(distance_m=3.0, middle_m=(4.0, 0.0)))
    seen = keypoints_2d(walk(), HALPE_26, camera)
    inside = np.isfinite(seen.keypoints).all(axis=2)
    assert 0.1 < inside.mean() < 0.95
    assert (seen.confidence[~inside] == 0).all()
    assert (seen.keypoints[inside] >= -0.5).all()
    assert (seen.keypoints[inside] < [639.5, 479.5]).all()


def test_errors_in_the_picture_are_those_across_the_line_of_sight() -> None:
    near, far = (
        sagittal(LENS, Placement(distance_m=d, height_m=1.0, middle_m=(3.0, 0.0))) for d in (4, 8)
    )
    spread_px = []
    for camera in (near, far):
        true, seen = (keypoints_2d(walk(), HALPE_26, camera, e) for e in (None, fitted_error()))
        gap = (seen.keypoints - true.keypoints)[:, HALPE_26.index("knee", "left")]
        spread_px.append(np.nanstd(np.diff(gap, axis=0)))
    assert 0.05 < spread_px[0] < 3
    assert spread_px[0] / spread_px[1] == pytest.approx(2, rel=0.5)
