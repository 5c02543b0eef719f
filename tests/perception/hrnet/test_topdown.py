"""Crops show what they should, and keypoints come back from where they were."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import COCO_17, WHOLEBODY_23
from clinigait.perception.hrnet import topdown

INPUT = (192, 256)
MAPS = (48, 64)
KINDS = ("plain", "dark", "udp")
BLUR = {"plain": 0, "dark": 11, "udp": 11}
#: Of a heatmap pixel: plain decoding knows quarters only.
EXACT = {"plain": 0.26, "dark": 0.02, "udp": 0.02}


def gaussian(x: float, y: float, sigma: float = 2.0, top: float = 0.9) -> np.ndarray:
    columns, rows = np.arange(MAPS[0]), np.arange(MAPS[1])[:, None]
    squared = (columns - x) ** 2 + (rows - y) ** 2
    return (top * np.exp(-squared / (2 * sigma**2))).astype(np.float32)


def boxes(size: float = 800.0) -> st.SearchStrategy[np.ndarray]:
    corner = st.floats(-size, size)
    extent = st.floats(2.0, size)
    return st.tuples(corner, corner, extent, extent).map(
        lambda b: np.array([b[0], b[1], b[0] + b[2], b[1] + b[3]])
    )


# ---------------------------------------------------------------- windows and crops


def test_a_window_is_padded_first_and_widened_then() -> None:
    tall = topdown.window(np.array([100, 100, 150, 300]), INPUT, 1.25)
    assert tall.size.tolist() == [187.5, 250.0]
    assert tall.centre.tolist() == [125.0, 200.0]
    wide = topdown.window(np.array([0, 0, 300, 100]), INPUT, 1.25)
    assert wide.size.tolist() == [375.0, 500.0]


@given(boxes())
def test_a_window_holds_the_padded_box_and_has_the_input_proportions(box) -> None:
    view = topdown.window(box, INPUT, 1.25)
    assert view.size[0] / view.size[1] == pytest.approx(0.75)
    assert (view.size >= 1.25 * (box[2:] - box[:2]) * (1 - 1e-9)).all()
    assert view.centre == pytest.approx((box[:2] + box[2:]) / 2)


@pytest.mark.parametrize("kind", KINDS)
@given(box=boxes())
def test_the_corners_of_a_window_are_the_corners_of_its_crop(kind, box) -> None:
    """UDP counts from the middle of the first pixel to the middle of the last."""
    view = topdown.window(box, INPUT, 1.25)
    matrix = topdown.affine(view, INPUT, kind)
    first, last = view.centre - view.size / 2, view.centre + view.size / 2
    size = np.array(INPUT) - (kind == "udp")
    # Single precision: the last digit of a place in the picture, magnified.
    exact = 1e-6 * (np.abs(box).max() + view.size.max()) * size[0] / view.size[0] + 1e-3
    assert matrix[:, :2] @ first + matrix[:, 2] == pytest.approx([0, 0], abs=exact)
    assert matrix[:, :2] @ last + matrix[:, 2] == pytest.approx(size, abs=exact)


@pytest.mark.parametrize("kind", KINDS)
@given(box=boxes(), place=st.tuples(st.floats(0, 47), st.floats(0, 63)))
def test_a_place_in_the_heatmap_goes_back_to_where_the_crop_took_it_from(kind, box, place) -> None:
    view = topdown.window(box, INPUT, 1.25)
    image = topdown.to_image(np.array(place), view, MAPS, kind)
    matrix = topdown.affine(view, INPUT, kind)
    less = kind == "udp"
    in_crop = np.array(place) * (np.array(INPUT) - less) / (np.array(MAPS) - less)
    exact = 1e-6 * (np.abs(box).max() + view.size.max()) * INPUT[0] / view.size[0] + 1e-3
    assert matrix[:, :2] @ image + matrix[:, 2] == pytest.approx(in_crop, abs=exact)


@pytest.mark.parametrize("kind", KINDS)
def test_a_crop_shows_the_picture_and_black_beyond_it(kind) -> None:
    picture = np.full((100, 80, 3), (10, 20, 30), np.uint8)
    view = topdown.window(np.array([-40, 20, 40, 80]), INPUT, 1.25)
    crop = topdown.crop(picture, topdown.affine(view, INPUT, kind), INPUT)
    assert crop.shape == (256, 192, 3)
    assert crop[128, 150].tolist() == [10, 20, 30], "the colours stay in their order"
    assert crop[128, 20].tolist() == [0, 0, 0]


# ---------------------------------------------------------------- decoding


@pytest.mark.parametrize("kind", KINDS)
@given(x=st.floats(4, 43), y=st.floats(4, 59), top=st.floats(0.3, 1.5))
def test_the_middle_of_a_gaussian_is_found(kind, x, y, top) -> None:
    points, score = topdown.decode(gaussian(x, y, top=top)[None, None], kind, BLUR[kind])
    assert points[0, 0] == pytest.approx([x, y], abs=EXACT[kind])
    assert 0.93 * top < score[0, 0] <= top * (1 + 1e-6)


@pytest.mark.parametrize("kind", ["dark", "udp"])
def test_refinement_beats_quarter_steps_in_noise_as_networks_make_it(kind) -> None:
    rng = np.random.default_rng(0)
    places = rng.uniform([5, 5], [42, 58], (200, 2))
    maps = np.stack([gaussian(x, y) for x, y in places])[None]
    maps += rng.normal(0, 0.01, maps.shape).astype(np.float32)
    plain, fine = (
        np.linalg.norm(topdown.decode(maps, one, BLUR[one])[0][0] - places, axis=1).mean()
        for one in ("plain", kind)
    )
    assert fine < 0.1 < plain


def test_plain_decoding_moves_a_quarter_towards_the_higher_neighbour() -> None:
    maps = np.zeros((1, 4, 8, 6), np.float32)
    maps[0, 0, 4, 3], maps[0, 0, 4, 4], maps[0, 0, 3, 3] = 1, 0.5, 0.25
    maps[0, 1, 0, 0], maps[0, 1, 0, 1] = 1, 0.5  # at the corner
    maps[0, 2, 4, 1], maps[0, 2, 4, 2], maps[0, 2, 5, 1] = 1, 0.5, 0.5  # beside the left edge
    maps[0, 3] = 0.5  # the same everywhere: the first
    points, _ = topdown.decode(maps, "plain")
    assert points[0].tolist() == [[3.25, 3.75], [0, 0], [1, 4.25], [0, 0]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_heatmap_without_a_peak_is_no_point(kind) -> None:
    maps = np.stack([gaussian(20, 30), np.zeros((64, 48)), np.full((64, 48), -0.2),
                     np.full((64, 48), np.nan)]).astype(np.float32)[None]  # fmt: skip
    points, score = topdown.decode(maps, kind, BLUR[kind])
    assert np.isfinite(points[0, 0]).all()
    assert np.isnan(points[0, 1:]).all()
    assert score[0, 1] == 0
    assert score[0, 2] == pytest.approx(-0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_is_decoded_as_its_parts_are(kind) -> None:
    maps = np.random.default_rng(1).normal(0.5, 0.2, (3, 17, 64, 48)).astype(np.float32)
    points, score = topdown.decode(maps, kind, BLUR[kind])
    for one, its_points, its_score in zip(maps, points, score, strict=True):
        alone = topdown.decode(one[None], kind, BLUR[kind])
        assert np.array_equal(alone[0][0], its_points)
        assert np.array_equal(alone[1][0], its_score)


# ---------------------------------------------------------------- flip test


def test_the_mirror_image_of_a_person_gives_the_same_heatmaps() -> None:
    """UDP: the mirror image of pixel x is pixel W - 1 - x, so nothing is shifted."""
    rng = np.random.default_rng(2)
    maps = rng.normal(size=(2, 23, 64, 48)).astype(np.float32)
    partner = WHOLEBODY_23.mirrored()
    of_mirrored = maps[:, list(partner)][..., ::-1]
    merged = topdown.merge_flipped(maps, of_mirrored, partner, shift=False)
    assert np.array_equal(merged, maps)


def test_the_shift_moves_mirrored_heatmaps_one_column_to_the_right() -> None:
    maps = np.zeros((1, 17, 2, 4), np.float32)
    back = np.tile(np.arange(4, dtype=np.float32), (1, 17, 2, 1))
    merged = topdown.merge_flipped(maps, back[..., ::-1], COCO_17.mirrored(), shift=True)
    assert (2 * merged[0, 0, 0]).tolist() == [0, 0, 1, 2]


def test_left_and_right_trade_places_in_the_published_order() -> None:
    assert COCO_17.mirrored() == (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
    assert WHOLEBODY_23.mirrored()[17:] == (20, 21, 22, 17, 18, 19)
