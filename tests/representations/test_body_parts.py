"""Body-part labels: every pixel of the body goes to the limb that it lies on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import COCO_17, LAYOUTS, BadInputError
from clinigait.representations import GROUPS, PARTS, align, body_parts, label_parts
from clinigait.representations.body_parts import UNKNOWN
from support.drawn import drawn_walk, masks_of
from support.walker import Gait, synthetic_space_walk

#: A frame in which the figure's legs are far apart.
WIDE = Gait(duration_s=0.7, rate_hz=30, start_x_m=-1.0)


def _labels(walk, near_side=None, body=True):
    silhouettes = walk.silhouettes
    frames = np.arange(len(walk))
    return label_parts(
        walk,
        frames,
        silhouettes.affine,
        masks_of(walk) if body else (256, 256),
        near_side=near_side,
    )


def _at(walk, labels, frame, start, end, share=0.5):
    """Name of the part at a place between two points."""
    a, b = (walk.keypoints[frame, walk.layout.index(name)] for name in (start, end))
    x, y = walk.silhouettes.affine[frame] @ [*(a + share * (b - a)), 1.0]
    return PARTS[labels[frame, round(y), round(x)]]


def _apart(walk):
    """The frame in which the ankles are furthest apart."""
    x = walk.keypoints[:, :, 0]
    ankles = [walk.layout.index("ankle", side) for side in ("left", "right")]
    return int(np.abs(np.diff(x[:, ankles], axis=1)).argmax())


def test_the_middles_of_limbs_have_their_names() -> None:
    walk = drawn_walk(WIDE)
    labels, frame = _labels(walk).labels, _apart(walk)
    for side in ("left", "right"):
        assert _at(walk, labels, frame, f"{side}_hip", f"{side}_knee", 0.6) == f"{side}_thigh"
        assert _at(walk, labels, frame, f"{side}_knee", f"{side}_ankle") == f"{side}_shank"
        assert _at(walk, labels, frame, f"{side}_heel", f"{side}_toe", 0.8) == f"{side}_foot"
        assert _at(walk, labels, frame, f"{side}_elbow", f"{side}_wrist", 0.6) == f"{side}_forearm"
        assert _at(walk, labels, frame, f"{side}_wrist", f"{side}_index", 0.9) == f"{side}_hand"
    assert _at(walk, labels, frame, "nose", "left_ear") == "head"
    assert _at(walk, labels, frame, "left_shoulder", "left_hip", 0.9) in ("torso", "left_thigh")


def test_background_has_no_label_and_the_body_has_one() -> None:
    walk = drawn_walk(WIDE)
    labels, masks = _labels(walk).labels, masks_of(walk)
    assert (labels[~masks] == 0).all()
    assert (labels[masks] > 0).all()
    assert (labels[masks] != UNKNOWN).all()


def test_the_near_side_is_drawn_over_the_far_side() -> None:
    """With both legs and arms in line, all that is seen of them is the near side's."""
    walk = drawn_walk(WIDE)
    layout = walk.layout
    for name in layout.points:
        if name.startswith("left_"):
            right = layout.points.index("right_" + name.removeprefix("left_"))
            walk.keypoints[:, layout.index(name)] = walk.keypoints[:, right]
    for near, far in (("left", "right"), ("right", "left")):
        labels = _labels(walk, near).labels
        seen = {PARTS[i].split("_")[0] for i in np.unique(labels)}
        assert near in seen
        assert far not in seen


def test_the_trunk_hides_the_far_arm_and_not_the_near_one() -> None:
    walk = drawn_walk(WIDE)
    for side in ("left", "right"):
        walk.keypoints[:, walk.layout.index("elbow", side)] = walk.keypoints[
            :, walk.layout.index("shoulder", side)
        ] + [0.0, 70.0]
    labels = _labels(walk, "left").labels
    upper = ("left_shoulder", "left_elbow", 0.7)
    assert {_at(walk, labels, f, *upper) for f in range(len(walk))} == {"left_upper_arm"}
    assert not (labels == PARTS.index("right_upper_arm")).any()


def test_without_a_silhouette_only_the_limbs_themselves_are_labelled() -> None:
    walk = drawn_walk(WIDE)
    labels, masks = _labels(walk, body=False).labels, masks_of(walk)
    overlap = ((labels > 0) & masks).sum() / ((labels > 0) | masks).sum()
    assert overlap > 0.92  # the figure's limbs are drawn in whole pixels
    assert (labels != UNKNOWN).all()


def test_what_no_known_limb_explains_is_unknown() -> None:
    walk = drawn_walk(WIDE)
    frame = _apart(walk)
    keypoints = walk.keypoints.copy()
    for name in ("left_knee", "left_ankle", "left_heel", "left_toe"):
        keypoints[:, walk.layout.index(name)] = np.nan
    holed = replace(walk, keypoints=keypoints)
    found = _labels(holed)
    foot = walk.keypoints[frame, walk.layout.index("left_toe")]
    x, y = walk.silhouettes.affine[frame] @ [*foot, 1.0]
    assert PARTS[found.labels[frame, round(y) - 1, round(x) - 1]] == "unknown"
    assert not found.known[frame, PARTS.index("left_shank")]
    assert found.known[frame, PARTS.index("right_shank")]
    assert not (found.labels == PARTS.index("left_shank")).any()


def test_a_walk_without_points_is_unknown_all_over() -> None:
    walk = drawn_walk(WIDE)
    found = _labels(replace(walk, keypoints=np.full_like(walk.keypoints, np.nan)))
    masks = masks_of(walk)
    assert (found.labels[masks] == UNKNOWN).all()
    assert not found.known.any()


def test_aligned_labels_lie_on_the_aligned_silhouette() -> None:
    walk = drawn_walk(WIDE)
    aligned = align(walk.silhouettes, walk.time_s).cut()
    found = body_parts(walk, aligned, "left")
    assert found.labels.shape == (len(walk), 64, 44)
    assert ((found.labels > 0) == (aligned.images >= 128)).all()
    # The head is on top, the feet are below.
    rows = np.arange(64)[None, :, None]
    for part, low, high in (("head", 0, 16), ("left_foot", 45, 64), ("torso", 10, 42)):
        here = found.labels == PARTS.index(part)
        assert low <= (rows * here).sum() / here.sum() <= high


def test_groups_are_the_fields_eleven() -> None:
    assert len(GROUPS) == 12
    walk = drawn_walk(WIDE)
    found = _labels(walk)
    groups = found.groups()
    thigh, shank = (found.labels == PARTS.index(f"left_{p}") for p in ("thigh", "shank"))
    assert (groups[thigh | shank] == GROUPS.index("left_leg")).all()
    assert (groups[found.labels == PARTS.index("head")] == GROUPS.index("head")).all()
    assert not (groups == GROUPS.index("dress")).any()


@pytest.mark.parametrize("layout", [COCO_17, LAYOUTS["body25"], LAYOUTS["halpe26"]])
def test_other_layouts(layout) -> None:
    walk = drawn_walk(WIDE, layout)
    found = _labels(walk)
    names = {PARTS[i] for i in np.unique(found.labels)}
    assert {"head", "torso", "left_thigh", "right_shank", "left_hand"} <= names
    assert ("left_foot" in names) == ("left_heel" in layout)


def test_points_in_metres_are_refused() -> None:
    walk = synthetic_space_walk(Gait(duration_s=0.3))
    with pytest.raises(BadInputError, match="in metres"):
        label_parts(walk, np.arange(2), np.zeros((2, 2, 3)), (64, 64))
