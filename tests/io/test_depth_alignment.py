"""Depth moved into the colour camera lies where the colour camera sees it."""

import numpy as np
import pytest

from clinigait.core import Extrinsics, Intrinsics
from clinigait.io.depth_alignment import Aligner
from support import rgbd
from support.walker import Gait

_STRAIGHT = ((1, 0, 0), (0, 1, 0), (0, 0, 1))


def test_a_wall_and_a_box_before_it_move_by_their_parallax() -> None:
    camera = Intrinsics((160, 120), 100.0, 100.0, 79.5, 59.5)
    depth = np.full((120, 160), 4000, np.uint16)
    depth[40:60, 50:70] = 1000
    shift_m = 0.05  # the colour camera is to the left of the depth camera: things move right
    found = Aligner(camera, camera, Extrinsics(_STRAIGHT, (shift_m, 0, 0))).aligned(depth)
    by_box_px, by_wall_px = 5, 1  # 100 x 0.05 / 1 and / 4, rounded
    assert (found[40:60, 50 + by_box_px : 70 + by_box_px] == 1000).all()
    assert (found[100, by_wall_px:] == 4000).all()
    assert found[100, 0] == 0  # what the depth camera does not see is not known
    shadow = found[50, 52:55]  # the wall behind the left edge of the box was never seen
    assert (shadow == 0).all()


def test_the_same_camera_changes_nothing() -> None:
    camera = Intrinsics((160, 120), 100.0, 100.0, 79.5, 59.5)
    depth = np.random.default_rng(0).integers(300, 8000, (120, 160)).astype(np.uint16)
    depth[::7] = 0
    found = Aligner(camera, camera, Extrinsics(_STRAIGHT, (0, 0, 0))).aligned(depth)
    assert (found == depth).all()


@pytest.mark.parametrize("lens", [None, (-0.1, 0.03, 0.0005, 0.0, 0.0)])
def test_another_camera_beside_sees_what_the_colour_camera_would_have_measured(lens) -> None:
    """A walker rendered in both cameras: half the resolution, 25 mm aside, turned by 2 degrees."""
    colour = Intrinsics((424, 240), 215.0, 215.0, 211.5, 119.5)
    depth = Intrinsics((320, 240), 150.0, 150.0, 158.0, 121.0, lens)
    angle = np.radians(2)
    turned = ((np.cos(angle), 0, np.sin(angle)), (0, 1, 0), (-np.sin(angle), 0, np.cos(angle)))
    place = Extrinsics(tuple(map(tuple, turned)), (0.025, -0.003, 0.001))
    walk = rgbd.walker(Gait(duration_s=0.2, rate_hz=30, start_x_m=0.0))
    truth = rgbd.render(walk, 2, colour)[1].astype(float)
    # The walker as the depth camera sees it: the other way round.
    back = np.array(place.rotation).T
    moved = (walk.keypoints - np.array(place.translation_m)) @ back.T
    object.__setattr__(walk, "keypoints", moved)
    taken = rgbd.render(walk, 2, depth)[1]
    taken[taken > 5000] = 0  # the wall would be another one
    found = Aligner(depth, colour, place).aligned(taken).astype(float)
    body = truth < 5000
    known = body & (found > 0)
    assert known.sum() > 0.93 * body.sum()
    assert np.median(np.abs(found - truth)[known]) < 5
    assert np.percentile(np.abs(found - truth)[known], 90) < 40
    assert (found[~body] > 0).mean() < 0.01
