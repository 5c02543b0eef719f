"""Cleaning and judging silhouettes: faults go, legs stay, and the score tells them apart."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import Silhouettes, Space, Walk
from clinigait.perception.silhouette_quality import USABLE_SCORE
from clinigait.perception.silhouettes import clean
from support.drawn import drawn_walk, masks_of, with_masks
from support.walker import Gait, synthetic_space_walk, synthetic_walk

FRAME = 20


@pytest.fixture(scope="module")
def walk() -> Walk:
    return drawn_walk()


def _changed(walk: Walk, change) -> Walk:
    """Return the walk with ``change(frame, mask)`` made to every mask."""
    masks = masks_of(walk).copy()
    for frame, mask in enumerate(masks):
        change(frame, mask)
    return with_masks(walk, masks, walk.silhouettes.affine)


def _disc(mask, centre, radius, value) -> None:
    rows, columns = np.ogrid[: mask.shape[0], : mask.shape[1]]
    mask[(columns - centre[0]) ** 2 + (rows - centre[1]) ** 2 <= radius**2] = value


def _place(walk: Walk, frame: int, *names: str) -> np.ndarray:
    """Middle of some points in mask pixels."""
    points = walk.keypoints[frame, [walk.layout.index(name) for name in names]].mean(axis=0)
    return walk.silhouettes.affine[frame] @ [*points, 1.0]


def test_clean_silhouettes_stay_as_they_are(walk) -> None:
    cleaned, quality = clean(walk)
    same = (masks_of(cleaned) == masks_of(walk)).mean(axis=(1, 2))
    assert same.min() > 0.999
    assert quality.score == 1.0
    assert quality.usable.all()
    assert not quality.looks.mended.any()
    facts = quality.facts()
    assert (facts.usable_pct, facts.cut_pct, facts.mended_frames) == (100, 0, 0)
    assert (facts.aid_pct, facts.aid, facts.aid_side) == (0, False, None)


def test_the_walk_that_was_given_is_not_changed(walk) -> None:
    before = walk.silhouettes.bits.copy()
    clean(_changed(walk, lambda f, m: _disc(m, (20, 20), 6, True)))
    clean(walk)
    np.testing.assert_array_equal(walk.silhouettes.bits, before)


# ---------------------------------------------------------------- every frame by itself


def test_loose_pieces_go_and_a_foot_that_came_off_stays(walk) -> None:
    def change(frame: int, mask: np.ndarray) -> None:
        _disc(mask, (15, 15), 7, True)
        ankle, knee = (_place(walk, frame, f"left_{p}") for p in ("ankle", "knee"))
        _disc(mask, 0.6 * ankle + 0.4 * knee, 9, False)  # a gap in the shank

    cleaned = masks_of(clean(_changed(walk, change))[0])
    assert not cleaned[:, :25, :25].any()
    for frame in range(len(walk)):
        x, y = _place(walk, frame, "left_heel", "left_toe").round().astype(int)
        assert cleaned[frame, y, x]


def test_without_keypoints_the_largest_piece_stays(walk) -> None:
    blind = replace(walk, keypoints=np.full_like(walk.keypoints, np.nan))
    cleaned, quality = clean(_changed(blind, lambda f, m: _disc(m, (15, 15), 7, True)))
    assert not masks_of(cleaned)[:, :25, :25].any()
    assert (masks_of(cleaned) == masks_of(walk)).mean(axis=(1, 2)).min() > 0.999
    assert quality.aid.share is None
    assert quality.facts().aid_pct is None


def test_small_holes_are_filled_and_counted(walk) -> None:
    def change(frame: int, mask: np.ndarray) -> None:
        _disc(mask, _place(walk, frame, "left_shoulder", "left_hip"), 1.5, False)

    cleaned, quality = clean(_changed(walk, change))
    assert (masks_of(cleaned) == masks_of(walk)).mean() > 0.9999
    assert (quality.looks.hole_share > 0).all()
    assert quality.usable.all()


def test_a_large_hole_in_the_trunk_is_filled_and_costs_the_frame(walk) -> None:
    def change(frame: int, mask: np.ndarray) -> None:
        if frame == FRAME:
            _disc(mask, _place(walk, frame, "left_shoulder", "left_hip"), 8, False)

    cleaned, quality = clean(_changed(walk, change))
    assert masks_of(cleaned)[FRAME].sum() >= 0.995 * masks_of(walk)[FRAME].sum()
    assert quality.looks.hole_share[FRAME] > 0.02
    assert quality.frame_score[FRAME] == quality.frame_score.min() < 1


def test_the_gap_between_the_legs_is_no_hole(walk) -> None:
    """A bridge between the feet closes the gap; what is enclosed then stays empty."""

    def change(frame: int, mask: np.ndarray) -> None:
        heel, toe = (_place(walk, frame, f"{s}_ankle") for s in ("left", "right"))
        start, end = (tuple(int(v) for v in np.round(p)) for p in (heel, toe))
        bridged = mask.astype(np.uint8)
        cv2.line(bridged, start, end, 1, 3)
        mask[:] = bridged > 0

    bridged = _changed(walk, change)
    cleaned = masks_of(clean(bridged)[0])
    gap = ~masks_of(bridged)
    filled = (cleaned & gap).sum(axis=(1, 2))
    apart = np.abs(np.diff([walk.keypoints[:, walk.layout.index("ankle", s), 0]
                            for s in ("left", "right")], axis=0))[0]  # fmt: skip
    assert filled[apart > 100].max() <= 40


# ---------------------------------------------------------------- over time


def test_a_piece_lost_in_one_frame_comes_back(walk) -> None:
    def change(frame: int, mask: np.ndarray) -> None:
        if frame == FRAME:
            mask[: round(_place(walk, frame, "left_shoulder")[1])] = False  # no head

    cleaned, quality = clean(_changed(walk, change))
    truth = masks_of(walk)[FRAME]
    lost = truth & ~masks_of(_changed(walk, change))[FRAME]
    back = masks_of(cleaned)[FRAME] & lost
    assert back.sum() > 0.85 * lost.sum()
    assert np.flatnonzero(quality.looks.mended).tolist() == [FRAME]
    assert quality.facts().mended_frames == 1


def test_a_blot_of_one_frame_goes(walk) -> None:
    def change(frame: int, mask: np.ndarray) -> None:
        if frame == FRAME:
            x, y = _place(walk, frame, "left_shoulder").round().astype(int)
            mask[y - 10 : y + 20, x : x + 70] = True  # a board carried past, touching the body

    cleaned, quality = clean(_changed(walk, change))
    blot = masks_of(_changed(walk, change))[FRAME] & ~masks_of(walk)[FRAME]
    left = masks_of(cleaned)[FRAME] & blot
    assert left.sum() < 0.35 * blot.sum()  # what lies as near to the body as clothes do, stays
    assert quality.looks.mended[FRAME]


@given(
    rate_hz=st.sampled_from([15.0, 30.0, 60.0]),
    stride_time_s=st.floats(0.7, 1.4),
    stride_length_m=st.floats(0.6, 1.6),
)
@settings(max_examples=8)
def test_a_swinging_leg_is_never_touched(rate_hz, stride_time_s, stride_length_m) -> None:
    """However fast it goes: no two frames have it in the same place, and still it stays."""
    walk = drawn_walk(
        Gait(stride_time_s, stride_length_m, duration_s=1.2, rate_hz=rate_hz, start_x_m=-1.0)
    )
    cleaned, quality = clean(walk)
    assert not quality.looks.mended.any()
    changed = masks_of(cleaned) != masks_of(walk)
    # What small holes close between crossing legs is all that may change.
    assert changed.sum(axis=(1, 2)).max() <= 40


def test_a_leg_stays_in_a_frame_that_is_mended(walk) -> None:
    def change(frame: int, mask: np.ndarray) -> None:
        if frame == FRAME:
            mask[: round(_place(walk, frame, "left_shoulder")[1])] = False

    cleaned = masks_of(clean(_changed(walk, change))[0])[FRAME]
    legs = masks_of(walk)[FRAME].copy()
    legs[: round(_place(walk, FRAME, "left_hip")[1])] = False
    assert (cleaned & legs).sum() == legs.sum()


def test_frames_across_a_gap_in_time_are_no_neighbours(walk) -> None:
    late = walk.time_s + np.where(np.arange(len(walk)) >= FRAME, 0.5, 0.0)

    def change(frame: int, mask: np.ndarray) -> None:
        if frame == FRAME:
            mask[: round(_place(walk, frame, "left_shoulder")[1])] = False

    _, quality = clean(replace(_changed(walk, change), time_s=late))
    assert not quality.looks.mended[FRAME]
    assert np.isnan(quality.looks.neighbours_iou[[FRAME - 1, FRAME]]).all()


# ---------------------------------------------------------------- the score


def test_half_a_body_gone_for_long_costs_those_frames(walk) -> None:
    def change(frame: int, mask: np.ndarray) -> None:
        if 15 <= frame < 25:
            mask[round(_place(walk, frame, "left_hip")[1]) :] = False

    _, quality = clean(_changed(walk, change))
    assert np.flatnonzero(~quality.usable).tolist() == list(range(15, 25))


def test_empty_masks_of_an_unknown_height_score_nothing(walk) -> None:
    masks = np.zeros((len(walk), 256, 256), bool)
    unknown = replace(
        with_masks(walk, masks, walk.silhouettes.affine),
        keypoints=np.full_like(walk.keypoints, np.nan),
        boxes_px=None,
    )
    for length in (1, len(walk)):
        _, quality = clean(unknown.part(slice(length)))
        assert not quality.frame_score.any()


def test_an_empty_frame_scores_nothing(walk) -> None:
    def change(frame: int, mask: np.ndarray) -> None:
        if frame in (5, 6):
            mask[:] = False

    _, quality = clean(_changed(walk, change))
    assert quality.frame_score[[5, 6]].tolist() == [0, 0]
    assert quality.usable.sum() == len(walk) - 2


def test_a_body_cut_by_the_crop_or_the_picture_is_told(walk) -> None:
    shifted = walk.silhouettes.affine.copy()
    shifted[:, 1, 2] += 70.0
    masks = [np.roll(mask, 70, axis=0) & (np.arange(256) >= 70)[:, None] for mask in masks_of(walk)]
    _, by_crop = clean(with_masks(walk, np.stack(masks), shifted))
    hips = walk.keypoints[:, walk.layout.index("left_hip"), 0]
    narrow = replace(walk, image_size_px=(int(np.median(hips)), 1000))

    def change(frame: int, mask: np.ndarray) -> None:
        edge = narrow.silhouettes.affine[frame] @ [narrow.image_size_px[0] - 1, 0, 1.0]
        mask[:, max(int(edge[0]) + 1, 0) :] = False

    _, by_picture = clean(_changed(narrow, change))
    assert (by_crop.looks.border_bh > 0.05).mean() > 0.8
    assert by_crop.facts().cut_pct > 80
    assert (by_picture.looks.border_bh[np.abs(hips - np.median(hips)) < 15] > 0.2).all()
    assert by_picture.facts().usable_pct < 90


def test_somebody_else_for_one_frame_is_not_usable(walk) -> None:
    masks = masks_of(walk).copy()
    masks[FRAME] = np.rot90(masks[FRAME])  # a body lying down
    _, quality = clean(with_masks(walk, masks, walk.silhouettes.affine))
    assert quality.frame_score[FRAME] < USABLE_SCORE
    assert quality.usable.sum() >= len(walk) - 1


def test_walks_without_silhouettes_and_in_space_are_left_alone() -> None:
    gait = Gait(duration_s=0.5)
    for walk in (synthetic_walk(gait), synthetic_space_walk(gait)):
        cleaned, quality = clean(walk)
        assert cleaned is walk
        assert quality is None
    walk = drawn_walk()
    in_space = replace(
        synthetic_space_walk(Gait(duration_s=1.5, rate_hz=30)), silhouettes=walk.silhouettes
    )
    assert in_space.space is Space.WORLD_M
    assert clean(in_space)[1] is None


@pytest.mark.parametrize("n_frames", [1, 2, 3])
def test_short_walks(walk, n_frames) -> None:
    few = replace(
        walk,
        time_s=walk.time_s[:n_frames],
        keypoints=walk.keypoints[:n_frames],
        confidence=walk.confidence[:n_frames],
        silhouettes=Silhouettes(
            walk.silhouettes.bits[:n_frames], 256, walk.silhouettes.affine[:n_frames]
        ),
    )
    cleaned, quality = clean(few)
    assert len(cleaned.silhouettes) == n_frames
    assert quality.usable.all()
    assert quality.facts().aid_pct is None


def test_all_empty_masks() -> None:
    walk = drawn_walk()
    empty = with_masks(walk, np.zeros((len(walk), 256, 256), bool), walk.silhouettes.affine)
    cleaned, quality = clean(empty)
    assert not masks_of(cleaned).any()
    assert quality.score == 0
    assert quality.facts().usable_pct == 0
