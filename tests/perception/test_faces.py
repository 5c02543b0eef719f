"""No face stays recognisable: the walker's head and every bystander are blurred."""

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import COCO_17, WHOLEBODY_23, Walk
from clinigait.perception.blur import HEAD_POINTS
from clinigait.perception.faces import FaceBlur
from clinigait.perception.tracking import Track
from support.walker import Gait, synthetic_walk


@pytest.fixture
def walk() -> Walk:
    figure = synthetic_walk(Gait(rate_hz=30, duration_s=5))
    x = np.nanmean(figure.keypoints[:, :, 0], axis=1)
    boxes = np.column_stack([x - 90, np.full_like(x, 470), x + 90, np.full_like(x, 900)])
    return replace(figure, boxes_px=boxes)


def _noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1000, 2500, 3), dtype=np.uint8)


def _detail(image: np.ndarray, x: float, y: float, reach: int = 20) -> float:
    """Contrast between neighbouring pixels around a point: 0 where nothing can be recognised."""
    patch = image[int(y) - reach : int(y) + reach, int(x) - reach : int(x) + reach].astype(float)
    return float(np.abs(np.diff(patch, axis=0)).mean())


def test_the_head_is_blurred_and_the_feet_are_not(walk) -> None:
    image = _noise()
    before = image.copy()
    FaceBlur(walk, ()).apply(image, float(walk.time_s[60]))
    nose = walk.keypoints[60, walk.layout.index("nose")]
    assert _detail(image, *nose) < 0.1 * _detail(before, *nose)
    heel = walk.keypoints[60, walk.layout.index("heel", "left")]
    assert _detail(image, *heel) == _detail(before, *heel)


@pytest.mark.parametrize("lost", [range(50, 62), range(40, 90)], ids=["0.4 s", "1.7 s"])
def test_a_lost_face_stays_blurred(walk, lost) -> None:
    """Where the head's points are missing, its last place and the top of the box are blurred."""
    true_nose = walk.keypoints[:, walk.layout.index("nose")].copy()
    head = [i for i, p in enumerate(walk.layout.points) if any(
        part in p for part in ("nose", "eye", "ear", "mouth"))]  # fmt: skip
    keypoints = walk.keypoints.copy()
    keypoints[np.ix_(list(lost), head)] = np.nan
    blind = replace(walk, keypoints=keypoints)
    blur = FaceBlur(blind, ())
    for index in lost:
        image = _noise()
        blur.apply(image, float(walk.time_s[index]))
        assert _detail(image, *true_nose[index]) < 10


def test_bystanders_are_hidden_whole_and_a_little_longer(walk) -> None:
    track = Track([1.0, 1.1, 1.2], [np.array([1500.0, 200, 1600, 600])] * 3)
    blur = FaceBlur(walk, (track,))
    for time_s, hidden in ((1.1, True), (0.3, True), (2.0, True), (4.0, False)):
        image = _noise()
        blur.apply(image, time_s)
        assert (_detail(image, 1550, 260) < 5) is hidden


def test_a_glimpse_of_one_look_is_hidden(walk) -> None:
    track = Track([1.0], [np.array([1500.0, 200, 1600, 600])])
    image = _noise()
    FaceBlur(walk, (track,)).apply(image, 1.05)
    assert _detail(image, 1550, 260) < 5


def test_a_face_at_the_border_does_not_fail(walk) -> None:
    walk.boxes_px[:] = [-50.0, -80, 60, 300]
    FaceBlur(walk, ()).apply(_noise(), float(walk.time_s[3]))


@pytest.mark.parametrize("layout", [WHOLEBODY_23, COCO_17], ids=lambda layout: layout.name)
def test_other_layouts_have_heads_too(walk, layout) -> None:
    """The keypoints of other pose models name the head differently, or have fewer points of it."""
    common = [walk.layout.index(p) for p in layout.points if p in walk.layout]
    named = [i for i, p in enumerate(layout.points) if p in walk.layout]
    keypoints = np.full((len(walk), len(layout), 2), np.nan)
    keypoints[:, named] = walk.keypoints[:, common]
    confidence = np.isfinite(keypoints[:, :, 0]).astype(float)
    other = replace(walk, keypoints=keypoints, confidence=confidence, layout=layout)
    image = _noise()
    FaceBlur(other, ()).apply(image, float(walk.time_s[60]))
    nose = walk.keypoints[60, walk.layout.index("nose")]
    assert _detail(image, *nose) < 10


def test_a_bowed_head_that_is_lost_is_hidden_where_it_was_in_the_box(walk) -> None:
    """Far in front of the box's middle, where heads are not usually."""
    heads = [i for i, p in enumerate(walk.layout.points) if p in HEAD_POINTS]
    keypoints = walk.keypoints.copy()
    ahead = np.array([80.0, 120.0])
    keypoints[:, heads] = (walk.boxes_px[:, :2] + [90, 0] + ahead)[:, None]
    truth = keypoints[:, heads[0]].copy()
    keypoints[np.ix_(range(40, 100), heads)] = np.nan
    blur = FaceBlur(replace(walk, keypoints=keypoints), ())
    for index in range(40, 100, 6):
        image = _noise()
        blur.apply(image, float(walk.time_s[index]))
        assert _detail(image, *truth[index]) < 10


def test_the_walker_stays_hidden_when_no_longer_followed(walk) -> None:
    """Half a second before and after: the head moves on as the person moved."""
    first, last = 30, 100
    kept = slice(first, last + 1)
    part = replace(
        walk,
        time_s=walk.time_s[kept],
        keypoints=walk.keypoints[kept],
        confidence=walk.confidence[kept],
        boxes_px=walk.boxes_px[kept],
        body_yaw_deg=None,
    )
    blur = FaceBlur(part, ())
    for index in (first - 12, first - 4, last + 4, last + 12):
        image = _noise()
        blur.apply(image, float(walk.time_s[index]))
        nose = walk.keypoints[index, walk.layout.index("nose")]
        assert _detail(image, *nose) < 10


def test_a_bystander_who_leaves_is_hidden_on_the_way_out() -> None:
    times_s = [0.1 * n for n in range(10)]
    boxes = [np.array([100.0 + 40 * n, 200, 200 + 40 * n, 600]) for n in range(10)]
    walk = synthetic_walk(Gait(rate_hz=30, duration_s=5))
    image = _noise()
    FaceBlur(walk, (Track(times_s, boxes),)).apply(image, 1.5)
    assert _detail(image, 150 + 40 * 15, 240) < 5


def test_who_sits_has_no_smaller_head(walk) -> None:
    """By the box alone the disc would end before the head does."""
    heads = [i for i, p in enumerate(walk.layout.points) if p in HEAD_POINTS]
    nose = walk.keypoints[60, walk.layout.index("nose")].copy()
    walk.keypoints[60, heads] = nose + np.linspace(-35, 35, len(heads))[:, None] * [1, 0]
    walk.boxes_px[60] = [nose[0] - 90, nose[1] - 20, nose[0] + 90, nose[1] + 150]
    image = _noise()
    FaceBlur(walk, ()).apply(image, float(walk.time_s[60]))
    assert _detail(image, nose[0] + 50, nose[1], 10) < 10


def test_where_a_track_was_cut_the_next_one_takes_over() -> None:
    """Else the picture of somebody who was lost would lie over the walker she may be."""
    boxes = [np.array([1500.0, 200, 1600, 600])] * 3
    walk = synthetic_walk(Gait(rate_hz=30, duration_s=5))
    for cut, hidden in (((False, True), False), ((False, False), True)):
        image = _noise()
        track = Track([1.0, 1.1, 1.2], boxes, cut=cut)
        FaceBlur(walk, (track,)).apply(image, 1.8)
        assert (_detail(image, 1550, 260) < 5) is hidden
