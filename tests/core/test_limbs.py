"""Limbs lie between their points, in every layout that has them."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core import BLAZEPOSE_33, COCO_17, LAYOUTS, body_height, limbs_of
from support.walker import HEIGHT_M, PX_PER_M, Gait, synthetic_walk

GAIT = Gait(duration_s=2, rate_hz=30)


@pytest.mark.parametrize("name", ["blazepose33", "coco17", "wholebody23", "body25", "halpe26"])
def test_every_layout_with_a_whole_body_has_its_limbs(name) -> None:
    layout = LAYOUTS[name]
    parts = {(limb.part, limb.side) for limb in limbs_of(layout)}
    sided = {"upper_arm", "forearm", "hand", "thigh", "shank"}
    sided |= {"foot"} if "left_heel" in layout else set()
    wanted = {(part, side) for part in sided for side in ("left", "right")}
    assert parts == wanted | {("head", None), ("torso", None)}


def test_a_hand_goes_on_from_the_forearm_where_there_are_no_knuckles() -> None:
    keypoints = np.full((1, 17, 2), np.nan)
    keypoints[0, COCO_17.index("left_elbow")] = [0, 0]
    keypoints[0, COCO_17.index("left_wrist")] = [100, 0]
    (hand,) = [b for b in limbs_of(COCO_17) if (b.part, b.side) == ("hand", "left")]
    np.testing.assert_allclose(hand.ends(keypoints, COCO_17)[0], [[105, 0], [145, 0]])


def test_a_limb_with_a_missing_end_is_not_known() -> None:
    keypoints = np.zeros((2, 33, 2))
    keypoints[1, BLAZEPOSE_33.index("left_knee")] = np.nan
    known = {}
    for limb in limbs_of(BLAZEPOSE_33):
        ends = limb.ends(keypoints, BLAZEPOSE_33)
        known.setdefault((limb.part, limb.side), np.isfinite(ends).all(axis=(1, 2)).tolist())
    gone = {key for key, frames in known.items() if frames == [True, False]}
    assert gone == {("thigh", "left"), ("shank", "left")}


def test_points_of_the_head_stand_in_for_each_other() -> None:
    keypoints = np.full((1, 17, 2), np.nan)
    for side in ("left", "right"):
        keypoints[0, COCO_17.index("shoulder", side)] = [50, 100]
    keypoints[0, COCO_17.index("nose")] = [50, 0]
    (head,) = [limb for limb in limbs_of(COCO_17) if limb.part == "head"]
    np.testing.assert_allclose(head.ends(keypoints, COCO_17)[0], [[50, 28], [50, -12]])


def test_the_body_height_is_that_of_the_figure() -> None:
    """To 6 %: the figure's shank stretches at the ends of its longest steps."""
    walk = synthetic_walk(GAIT)
    heights = body_height(walk.keypoints, walk.layout)
    np.testing.assert_allclose(heights, HEIGHT_M * PX_PER_M, rtol=0.06)


def test_gaps_take_the_height_around_them_and_nothing_gives_nothing() -> None:
    walk = synthetic_walk(GAIT)
    holed = walk.keypoints.copy()
    holed[10:20] = np.nan
    heights = body_height(holed, walk.layout)
    np.testing.assert_allclose(heights, body_height(walk.keypoints, walk.layout), rtol=0.02)
    assert np.isnan(body_height(np.full_like(holed, np.nan), walk.layout)).all()
    assert body_height(holed[:0], walk.layout).shape == (0,)
