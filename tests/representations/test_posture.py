"""Postural asymmetry: hand-computed bodies, mirrored bodies, and pairs that are not seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import COCO_17, BadInputError, Space, Walk
from clinigait.representations import (
    MEASURES,
    PAIRS,
    posture_frames,
)
from support.walker import Gait, synthetic_space_walk

#: A person facing the camera: its left is to the right of the picture. 100 px tall.
BODY = {
    "nose": (50, 10), "left_eye": (52, 8), "right_eye": (48, 8),
    "left_ear": (54, 10), "right_ear": (46, 10),
    "left_shoulder": (60, 20), "right_shoulder": (40, 22),
    "left_elbow": (63, 35), "right_elbow": (36, 36),
    "left_wrist": (64, 50), "right_wrist": (34, 50),
    "left_hip": (56, 50), "right_hip": (44, 50),
    "left_knee": (56, 72), "right_knee": (43, 73),
    "left_ankle": (56, 95), "right_ankle": (44, 95),
}  # fmt: skip


def _walk(points: np.ndarray) -> Walk:
    keypoints = points if points.ndim == 3 else points[None]
    confidence = np.where(np.isfinite(keypoints[:, :, 0]), 0.9, 0.0)
    time_s = np.arange(len(keypoints)) / 30
    return Walk(time_s, keypoints, confidence, COCO_17, Space.IMAGE_PX)


def _body() -> np.ndarray:
    return np.array([BODY[name] for name in COCO_17.points], float)


def _at(pair: str, measure: str) -> tuple[int, int]:
    return PAIRS.index(pair), MEASURES.index(measure)


def test_a_body_by_hand() -> None:
    """Trunk middles are x = 50 and 50, so the midline is 50; the left shoulder is 2 px higher."""
    signed = posture_frames(_walk(_body()), height=100.0).signed[0]
    assert signed[_at("shoulder", "vertical")] == pytest.approx(0.02)
    assert signed[_at("shoulder", "midline")] == pytest.approx(0.0)
    assert signed[_at("shoulder", "angular")] == pytest.approx(np.degrees(np.arctan2(2, 20)))
    assert signed[_at("elbow", "vertical")] == pytest.approx(0.01)
    assert signed[_at("elbow", "midline")] == pytest.approx((13 - 14) / 100)
    assert signed[_at("wrist", "midline")] == pytest.approx((14 - 16) / 100)
    assert signed[_at("wrist", "angular")] == pytest.approx(0.0)
    assert signed[_at("knee", "angular")] == pytest.approx(np.degrees(np.arctan2(1, 13)))
    np.testing.assert_allclose(signed[PAIRS.index("hip")], 0)


def test_the_right_side_higher_is_negative_and_unsigned_forgets_it() -> None:
    points = _body()
    points[COCO_17.index("right_hip"), 1] -= 5
    frames = posture_frames(_walk(points), height=100.0)
    assert frames.signed[0][_at("hip", "vertical")] == pytest.approx(-0.05)
    assert frames.signed[0][_at("hip", "angular")] == pytest.approx(np.degrees(np.arctan2(-5, 12)))
    np.testing.assert_array_equal(frames.unsigned, np.abs(frames.signed))


def test_a_trunk_shift_moves_the_midline() -> None:
    points = _body()
    for side in ("left", "right"):
        points[COCO_17.index("shoulder", side), 0] += 4  # the midline moves by 2
    signed = posture_frames(_walk(points), height=100.0).signed[0]
    assert signed[_at("ankle", "midline")] == pytest.approx((4 - 8) / 100)


# In eighths of a pixel: taken from 300 they lose no digit, however near two of them lie.
places = st.integers(-400, 1200).map(lambda eighths: eighths / 8)


@given(
    points=st.lists(st.tuples(places, places), min_size=17, max_size=17),
    gone=st.sets(st.integers(0, 16), max_size=3),
)
@settings(max_examples=80)
def test_the_mirror_image_has_the_opposite_sign(points, gone) -> None:
    """Signed measures change sign exactly, unsigned ones not at all, angles lie in 0 to 90."""
    body = np.array(points)
    body[list(gone)] = np.nan
    mirrored = body[list(COCO_17.mirrored())].copy()
    mirrored[:, 0] = 300 - mirrored[:, 0]
    seen = posture_frames(_walk(body), height=100.0)
    other = posture_frames(_walk(mirrored), height=100.0)
    np.testing.assert_allclose(other.signed, -seen.signed, atol=1e-9)
    np.testing.assert_allclose(other.unsigned, seen.unsigned, atol=1e-9)
    angles = seen.unsigned[..., 2]
    assert ((angles <= 90) | np.isnan(angles)).all()


def test_it_does_not_depend_on_place_or_size_in_the_picture() -> None:
    body = _body() + np.random.default_rng(0).normal(0, 1.5, (17, 2))
    once, again = posture_frames(_walk(body)), posture_frames(_walk(3 * body + [400, 70]))
    np.testing.assert_allclose(once.signed, again.signed, atol=1e-9)
    assert np.isfinite(once.signed).all()


# ---------------------------------------------------------------- what is not seen


def test_a_missing_point_takes_its_pair_away_and_no_other() -> None:
    points = _body()
    points[COCO_17.index("left_wrist")] = np.nan
    frames = posture_frames(_walk(points), height=100.0)
    gone = ~np.isfinite(frames.signed[0]).all(axis=1)
    assert [PAIRS[i] for i in np.flatnonzero(gone)] == ["wrist"]
    posture = frames.summary()
    wrist = PAIRS.index("wrist")
    assert np.isnan(posture.signed[wrist]).all()
    assert np.isnan(posture.unsigned[wrist]).all()
    assert not posture.seen[wrist].any()
    assert posture.seen.sum() == 21


def test_without_the_trunk_there_is_no_midline() -> None:
    points = _body()
    points[COCO_17.index("left_shoulder")] = np.nan
    signed = posture_frames(_walk(points), height=100.0).signed[0]
    assert np.isnan(signed[:, MEASURES.index("midline")]).all()
    assert np.isfinite(signed[_at("hip", "vertical")])
    assert np.isfinite(signed[_at("hip", "angular")])


def test_no_frames_and_no_points_give_no_values() -> None:
    for keypoints in (np.zeros((0, 17, 2)), np.full((3, 17, 2), np.nan)):
        posture = posture_frames(_walk(keypoints)).summary()
        assert np.isnan(posture.signed).all()
        assert not posture.seen.any()


def test_a_room_has_no_left_and_right_of_the_picture() -> None:
    with pytest.raises(BadInputError, match="space of a room"):
        posture_frames(synthetic_space_walk(Gait(duration_s=0.5)))


# ---------------------------------------------------------------- over frames


def test_outliers_do_not_count() -> None:
    """Nine frames of 0.02 +- 0.001 and one of 0.3: the mean is that of the nine."""
    body = np.tile(_body(), (10, 1, 1))
    drops = np.array([1.9, 2.0, 2.1, 1.9, 2.0, 2.1, 1.9, 2.0, 2.1, 30.0])
    body[:, COCO_17.index("right_shoulder"), 1] = 20 + drops
    posture = posture_frames(_walk(body), height=100.0).summary()
    shoulder = _at("shoulder", "vertical")
    assert posture.signed[shoulder] == pytest.approx(drops[:9].mean() / 100)
    assert posture.n_frames[shoulder] == 9


def test_a_sway_that_goes_both_ways_is_unsigned_but_not_signed() -> None:
    body = np.tile(_body(), (10, 1, 1))
    body[:, COCO_17.index("right_shoulder"), 1] = 20 + 3 * np.array([1, -1] * 5)
    posture = posture_frames(_walk(body), height=100.0).summary()
    shoulder = _at("shoulder", "vertical")
    assert posture.signed[shoulder] == pytest.approx(0.0)
    assert posture.unsigned[shoulder] == pytest.approx(0.03)


def test_confidence_of_zero_is_not_seen() -> None:
    walk = _walk(_body())
    confidence = walk.confidence.copy()
    confidence[0, COCO_17.index("left_knee")] = 0
    signed = posture_frames(replace(walk, confidence=confidence), height=100.0).signed[0]
    assert np.isnan(signed[PAIRS.index("knee")]).all()
