"""Sketches: edges of the film, inside the body, whatever the light."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError, Frame, Recording
from clinigait.representations import align, each_sketch, sketch, sketches
from support.drawn import drawn_walk, masks_of
from support.walker import SIZE_PX

SHAPE = (64, 64)


class _Film:
    """A film of a striped body before a restless ground, drawn frame by frame."""

    def __init__(self, walk, gain: float = 1.0, offset: float = 0.0) -> None:
        self._walk, self._gain, self._offset = walk, gain, offset
        self.open_frames: list[int] = []

    def frames(self) -> Iterator[Frame]:
        masks = masks_of(self._walk)
        rng = np.random.default_rng(0)
        ground = rng.integers(40, 90, (SIZE_PX[1] // 20, SIZE_PX[0] // 20)).astype(np.uint8)
        ground = cv2.resize(ground, SIZE_PX, interpolation=cv2.INTER_NEAREST)
        for index, time_s in enumerate(self._walk.time_s):
            to_image = cv2.invertAffineTransform(self._walk.silhouettes.affine[index])
            body = cv2.warpAffine(masks[index].astype(np.uint8), to_image, SIZE_PX) > 0
            stripes = (np.arange(SIZE_PX[1]) // 12 % 2 * 40 + 90).astype(np.uint8)
            picture = np.where(body, stripes[:, None], ground)
            lit = (self._gain * picture + self._offset).astype(np.uint8)
            yield Frame(index, float(time_s), np.repeat(lit[:, :, None], 3, axis=2))


def _recording(film, size=SIZE_PX) -> Recording:
    return Recording(Path("x.mp4"), "0" * 64, *size, *size, 0, False, "raw", film)


@pytest.fixture(scope="module")
def walk():
    return drawn_walk()


@pytest.fixture(scope="module")
def some(walk):
    """Return a few aligned frames of the walk."""
    return align(walk.silhouettes, walk.time_s)


@pytest.fixture(scope="module")
def drawn(walk, some):
    return sketches(_recording(_Film(walk)), walk, some)


def test_edges_lie_inside_the_dilated_silhouette(drawn, some) -> None:
    """Two pixels of the film are less than half a pixel of the crop: one pixel of the crop."""
    assert drawn.found.all()
    for image, body in zip(drawn.images, some.images, strict=True):
        near = cv2.dilate((body > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        strength = image.astype(float)
        assert strength.sum() > 0
        assert strength[near].sum() >= 0.99 * strength.sum()


def test_the_stripes_of_the_body_are_seen_and_the_ground_is_not(drawn, some) -> None:
    body = some.images > 200
    inner = np.stack([cv2.erode(b.astype(np.uint8), np.ones((5, 5))) > 0 for b in body])
    outer = np.stack([cv2.dilate(b.astype(np.uint8), np.ones((5, 5))) > 0 for b in some.images])
    assert drawn.images[inner].mean() > 20
    assert drawn.images[~outer].max() == 0


@pytest.mark.parametrize(("gain", "offset"), [(0.5, 0), (1.0, 60), (1.5, 20), (0.7, 100)])
def test_light_does_not_matter(walk, some, drawn, gain, offset) -> None:
    again = sketches(_recording(_Film(walk, gain, offset)), walk, some)
    # Brightness is rounded to whole numbers: half the gain leaves edges half as exact.
    apart = np.abs(again.images.astype(int) - drawn.images.astype(int))
    assert apart.mean() < 1.0
    assert np.percentile(apart, 99) <= 8


@given(gain=st.floats(0.2, 5), offset=st.floats(-100, 100), seed=st.integers(0, 100))
@settings(max_examples=25)
def test_gain_and_offset_cancel_exactly(gain, offset, seed) -> None:
    rng = np.random.default_rng(seed)
    image = rng.uniform(0, 255, (90, 80, 3)).astype(np.float32)
    mask = np.zeros((90, 80), bool)
    mask[20:70, 20:60] = True
    affine = np.array([[0.7, 0, 3.0], [0, 0.7, -2.0]])
    once = sketch(image, mask, affine, SHAPE)
    again = sketch((gain * image + offset).astype(np.float32), mask, affine, SHAPE)
    np.testing.assert_allclose(once, again, atol=2e-3)
    assert once.min() >= 0
    assert once.max() <= 1


def test_an_edge_comes_where_the_affine_says() -> None:
    """One vertical step at x = 202.5 of the picture: column 0.2 * 202.5 + 4 of the crop."""
    image = np.zeros((400, 400, 3), np.uint8)
    image[:, 203:] = 100
    mask = np.zeros((400, 400), bool)
    mask[100:300, 100:300] = True
    affine = np.array([[0.2, 0, 4.0], [0, 0.2, 0.0]])
    found = sketch(image, mask, affine, (80, 80))
    columns = found.sum(axis=0)
    assert (columns * np.arange(80)).sum() / columns.sum() == pytest.approx(
        0.2 * 202.5 + 4, abs=0.01
    )
    rows = np.flatnonzero(found.sum(axis=1) > 0)
    assert (rows[0], rows[-1]) == (round(0.2 * 98), round(0.2 * 301))


def test_the_mean_over_the_area_keeps_thin_lines() -> None:
    """A line 2 px wide in a crop ten times smaller is pale, but there in every row."""
    image = np.zeros((640, 640, 3), np.uint8)
    image[:, 321:323] = 200
    found = sketch(image, np.ones((640, 640), bool), np.array([[0.1, 0, 0], [0, 0.1, 0]]), SHAPE)
    assert (found.max(axis=1)[1:-1] > 0.1).all()


def test_an_even_picture_and_a_crop_outside_of_it_have_no_edges() -> None:
    even, mask = np.full((50, 50, 3), 90, np.uint8), np.ones((50, 50), bool)
    assert sketch(even, mask, np.eye(2, 3), SHAPE).max() == 0
    away = np.array([[1.0, 0, 500], [0, 1, 0]])
    assert sketch(even, mask, away, SHAPE).max() == 0
    assert sketch(even, ~mask, np.eye(2, 3), SHAPE).max() == 0


def test_a_turned_crop_is_not_drawn_wrongly() -> None:
    with pytest.raises(ValueError, match="turned"):
        sketch(np.zeros((9, 9, 3), np.uint8), np.ones((9, 9), bool),
               np.array([[1, 0.1, 0], [-0.1, 1, 0]]), SHAPE)  # fmt: skip


def test_the_head_can_be_left_out(walk, some, drawn) -> None:
    without = sketches(_recording(_Film(walk)), walk, some, with_head=False)
    assert without.images[:, :12].max() == 0
    np.testing.assert_array_equal(without.images[:, 12:], drawn.images[:, 12:])


def test_a_cut_crop_gives_a_cut_sketch(walk, some, drawn) -> None:
    narrow = sketches(_recording(_Film(walk)), walk, some.cut())
    assert narrow.images.shape[1:] == (64, 44)
    assert np.abs(narrow.images.astype(int) - drawn.images[:, :, 10:54].astype(int)).max() <= 1


def test_frames_that_the_film_lacks_are_named(walk, some) -> None:
    class Shorter(_Film):
        def frames(self) -> Iterator[Frame]:
            return (frame for frame in super().frames() if frame.index not in (3, 4))

    found = sketches(_recording(Shorter(walk)), walk, some).found
    assert np.flatnonzero(~found).tolist() == [3, 4]


def test_no_more_than_a_few_frames_are_held(walk, some) -> None:
    """One frame is 7.5 MB: forty of them would be 300."""
    frame_bytes = SIZE_PX[0] * SIZE_PX[1] * 3
    playing = each_sketch(_recording(_Film(walk)), walk, some)
    next(playing)
    tracemalloc.start()
    for _ in playing:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * frame_bytes


def test_another_film_and_no_silhouettes_are_refused(walk, some) -> None:
    with pytest.raises(BadInputError, match="the walk is in a picture of"):
        next(each_sketch(_recording(_Film(walk), (640, 480)), walk, some))
    with pytest.raises(BadInputError, match="needs silhouettes"):
        next(each_sketch(_recording(_Film(walk)), replace(walk, silhouettes=None), some))
