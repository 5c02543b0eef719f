"""Aligned silhouettes: as the field makes them, to the pixel, and with the way back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError, Silhouettes
from clinigait.representations import align, align_picture, cut
from support.drawn import drawn_walk, masks_of, with_masks


def _as_the_field_does(grey: np.ndarray, size: int) -> np.ndarray | None:
    """Follow the recipe step by step, one column at a time."""
    if int(grey.astype(int).sum()) <= 10_000:
        return None
    first = next(r for r in range(len(grey)) if grey[r].any())
    last = next(r for r in reversed(range(len(grey))) if grey[r].any())
    rows = grey[first : last + 1]
    ratio = rows.shape[1] / rows.shape[0]
    resized = cv2.resize(rows, (int(size * ratio), size), interpolation=cv2.INTER_CUBIC)
    total, so_far, centre = int(resized.astype(int).sum()), 0, 0
    for column in range(resized.shape[1]):
        so_far += int(resized[:, column].astype(int).sum())
        if so_far > total / 2:
            centre = column
            break
    half = size // 2
    empty = np.zeros((size, half), np.uint8)
    wide = np.concatenate([empty, resized, empty], axis=1)
    return wide[:, centre : centre + size]  # centre - half, and half more for the padding


@given(
    seed=st.integers(0, 10_000),
    shape=st.sampled_from([(256, 256), (120, 90), (90, 200), (300, 40)]),
    size=st.sampled_from([64, 128]),
)
@settings(max_examples=60)
def test_a_picture_is_aligned_as_the_field_does(seed, shape, size) -> None:
    rng = np.random.default_rng(seed)
    grey = np.zeros(shape, np.uint8)
    for _ in range(rng.integers(0, 5)):
        a, b = (tuple(int(v) for v in rng.integers(0, shape[::-1])) for _ in range(2))
        cv2.line(grey, a, b, int(rng.integers(100, 256)), int(rng.integers(1, 30)))
    wanted, found = _as_the_field_does(grey, size), align_picture(grey, size)
    if wanted is None:
        assert found is None
        return
    assert found is not None
    np.testing.assert_array_equal(found[0], wanted)


@pytest.mark.parametrize("size", [64, 128])
def test_a_walk_is_aligned_frame_by_frame(size) -> None:
    walk = drawn_walk()
    found = align(walk.silhouettes, walk.time_s, size=size)
    assert found.images.shape == (len(walk), size, size)
    assert found.images.dtype == np.uint8
    for frame, mask in enumerate(masks_of(walk)):
        wanted = _as_the_field_does(np.uint8(255) * mask, size)
        np.testing.assert_array_equal(found.images[frame], wanted)


@pytest.mark.parametrize(("pixels", "kept"), [(39, False), (40, True)])
def test_frames_of_39_pixels_or_fewer_are_dropped_and_named(pixels, kept) -> None:
    masks = np.zeros((3, 50, 50), bool)
    masks[0, 10:40, 20:30] = masks[2, 10:40, 20:30] = True
    masks[1].ravel()[:pixels] = True
    affine = np.tile(np.eye(2, 3), (3, 1, 1))
    silhouettes = Silhouettes(np.packbits(masks, axis=2), 50, affine)
    for scale_of in ("frame", "sequence"):
        found = align(silhouettes, np.array([0.0, 0.1, 0.3]), scale_of=scale_of)
        assert found.kept.tolist() == [True, kept, True]
        assert found.frames.tolist() == ([0, 1, 2] if kept else [0, 2])
        assert found.time_s.tolist() == ([0.0, 0.1, 0.3] if kept else [0.0, 0.3])


def test_nothing_comes_of_empty_masks() -> None:
    silhouettes = Silhouettes(np.zeros((4, 16, 2), np.uint8), 16, np.zeros((4, 2, 3)))
    for scale_of in ("frame", "sequence"):
        found = align(silhouettes, np.arange(4.0), scale_of=scale_of)
        assert found.images.shape == (0, 64, 64)
        assert not found.kept.any()
        assert found.cut().images.shape == (0, 64, 44)


# ---------------------------------------------------------------- the way back


@pytest.mark.parametrize("scale_of", ["frame", "sequence"])
@pytest.mark.parametrize("size", [64, 128])
def test_points_of_the_picture_are_found_in_the_crop(scale_of, size) -> None:
    """A window cut into a body at a known place of the picture comes out where the affine says."""
    zooms, windows = (0.5, 0.8, 1.1), ((300.0, 500.0), (310.0, 560.0), (290.0, 470.0))
    masks, affine = np.zeros((3, 256, 256), bool), np.zeros((3, 2, 3))
    for frame, (zoom, window) in enumerate(zip(zooms, windows, strict=True)):
        affine[frame] = [[zoom, 0, 128 - zoom * 300], [0, zoom, 128 - zoom * 510]]
        masks[frame, 20:236, 90:166] = True
        x, y = (affine[frame] @ [*window, 1.0]).round().astype(int)
        masks[frame, y - 8 : y + 9, x - 8 : x + 9] = False
    silhouettes = Silhouettes(np.packbits(masks, axis=2), 256, affine)
    aligned = align(silhouettes, np.arange(3.0), size=size, scale_of=scale_of)
    for frame in range(3):
        x, y = (affine[frame] @ [*windows[frame], 1.0]).round()
        in_picture = cv2.invertAffineTransform(affine[frame]) @ [x, y, 1.0]
        u, v = aligned.affine[frame] @ [*in_picture, 1.0]
        image = aligned.images[frame].astype(float)
        body = np.argwhere(image > 127)
        (top, left), (bottom, right) = body.min(axis=0) + 2, body.max(axis=0) - 2
        hole = 255 - image[top:bottom, left:right]
        rows, columns = np.mgrid[top:bottom, left:right]
        assert (hole * columns).sum() / hole.sum() == pytest.approx(u, abs=0.4)
        assert (hole * rows).sum() / hole.sum() == pytest.approx(v, abs=0.4)


@pytest.mark.parametrize("scale_of", ["frame", "sequence"])
def test_the_affine_warps_the_mask_onto_the_crop(scale_of) -> None:
    walk = drawn_walk()
    aligned = align(walk.silhouettes, walk.time_s, size=128, scale_of=scale_of)
    for frame, mask in enumerate(masks_of(walk)):
        back = cv2.invertAffineTransform(walk.silhouettes.affine[frame])
        matrix = aligned.affine[frame] @ np.vstack([back, [0, 0, 1]])
        warped = cv2.warpAffine(mask.astype(np.float32), matrix, (128, 128)) > 0.5
        body = aligned.images[frame] > 127
        assert (warped & body).sum() / (warped | body).sum() > 0.97


def test_cutting_moves_the_affine_along() -> None:
    walk = drawn_walk()
    whole = align(walk.silhouettes, walk.time_s)
    narrow = whole.cut()
    assert narrow.images.shape == (len(walk), 64, 44)
    np.testing.assert_array_equal(narrow.images, whole.images[:, :, 10:54])
    np.testing.assert_allclose(narrow.affine[:, 0, 2], whole.affine[:, 0, 2] - 10)
    np.testing.assert_array_equal(narrow.affine[:, 1], whole.affine[:, 1])


def test_some_silhouettes_keep_all_that_belongs_to_them() -> None:
    walk = drawn_walk()
    every = align(walk.silhouettes, walk.time_s)
    some = every.take(np.array([3, 7]))
    assert some.frames.tolist() == np.flatnonzero(some.kept).tolist() == [3, 7]
    np.testing.assert_array_equal(some.images, every.images[[3, 7]])
    np.testing.assert_array_equal(some.affine, every.affine[[3, 7]])
    np.testing.assert_array_equal(some.time_s, walk.time_s[[3, 7]])


def test_cut_widths_and_no_second_cut() -> None:
    assert cut(np.zeros((2, 64, 64), np.uint8)).shape == (2, 64, 44)
    assert cut(np.zeros((2, 128, 128), np.uint8)).shape == (2, 128, 88)
    for done in ((2, 64, 44), (2, 128, 88)):
        with pytest.raises(BadInputError, match="cut already"):
            cut(np.zeros(done, np.uint8))


@pytest.mark.parametrize("size", [0, 32, 63, 256])
def test_other_sizes_are_refused(size) -> None:
    walk = drawn_walk()
    with pytest.raises(BadInputError, match="64 or 128"):
        align(walk.silhouettes, walk.time_s, size=size)


# ---------------------------------------------------------------- one scale


def _bouncing(tops_px, heights_px, zooms) -> Silhouettes:
    """Boxes of known rows in the picture, seen through crops of different zoom."""
    bits, affine = [], []
    for top, height, zoom in zip(tops_px, heights_px, zooms, strict=True):
        matrix = np.array([[zoom, 0, 20.0], [0, zoom, (zoom - 1) / 2 - zoom * (top - 30)]])
        mask = np.zeros((256, 256), bool)
        first = round(zoom * 30)
        mask[first : first + round(zoom * height), 60:100] = True
        bits.append(Silhouettes.pack(mask))
        affine.append(matrix)
    return Silhouettes(np.stack(bits), 256, np.stack(affine))


def _rows(images) -> tuple[np.ndarray, np.ndarray]:
    body = (images > 127).any(axis=2)
    return body.argmax(axis=1), images.shape[1] - body[:, ::-1].argmax(axis=1)


def test_one_scale_keeps_height_and_bounce_whatever_the_crops_zoom() -> None:
    tops, heights = np.array([400, 390, 400, 390, 400]), np.array([200, 200, 180, 200, 200])
    silhouettes = _bouncing(tops, heights, [1.0, 0.5, 1.0, 0.5, 1.0])
    time_s = np.arange(5.0)
    top, bottom = _rows(align(silhouettes, time_s, size=128, scale_of="sequence").images)
    px = 0.9 * 128 / 200
    np.testing.assert_allclose(bottom - top, heights * px, atol=1)
    np.testing.assert_allclose(top - top[0], (tops - tops[0]) * px, atol=1)
    own_top, own_bottom = _rows(align(silhouettes, time_s, size=128).images)
    assert (own_bottom - own_top == 128).all()


def test_one_scale_gives_way_where_the_body_grows() -> None:
    heights = np.linspace(100, 200, 41)
    silhouettes = _bouncing(500 - heights, heights, np.ones(41))
    images = align(silhouettes, np.arange(41.0), scale_of="sequence").images
    top, bottom = _rows(images)
    assert top[-3] >= 0
    assert bottom[0] - top[0] == pytest.approx((bottom[-3] - top[-3]) / 1.9, abs=1.5)
    assert (bottom - top)[-3] > 60


def test_half_of_the_body_lies_on_either_side_of_the_middle() -> None:
    walk = drawn_walk()
    for scale_of in ("frame", "sequence"):
        grey = align(walk.silhouettes, walk.time_s, scale_of=scale_of).images.astype(float)
        left, right = grey[:, :, :32].sum(axis=(1, 2)), grey[:, :, 33:].sum(axis=(1, 2))
        total = grey.sum(axis=(1, 2))
        assert (left <= 0.54 * total).all()
        assert (right <= 0.54 * total).all()


def test_a_walking_aid_can_be_left_out() -> None:
    walk = drawn_walk()
    masks = masks_of(walk)
    aid = np.zeros_like(masks)
    aid[:, 60:230, 240:246] = True
    stuck = with_masks(walk, masks | aid, walk.silhouettes.affine).silhouettes
    stuck = Silhouettes(stuck.bits, stuck.width, stuck.affine, np.packbits(aid & ~masks, axis=2))
    without = align(stuck, walk.time_s, with_aids=False)
    np.testing.assert_array_equal(without.images, align(walk.silhouettes, walk.time_s).images)
    assert (align(stuck, walk.time_s).images != without.images).any()
