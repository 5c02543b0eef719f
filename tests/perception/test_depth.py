"""Depth is cleaned, and read on the limb: not in its holes, not beside it, not behind it."""

import numpy as np
import pytest

from clinigait.core import COCO_17, Frame, Silhouettes, Space, Walk
from clinigait.perception.depth import cleaned, crops, sample_depth

_WALL, _LIMB = 4000, 2000


def _picture() -> np.ndarray:
    """A limb 12 pixels wide before a wall."""
    depth = np.full((120, 160), _WALL, np.uint16)
    depth[10:110, 74:86] = _LIMB
    return depth


def _walk(x: float, y: float, silhouettes: Silhouettes | None = None) -> Walk:
    keypoints = np.full((1, 17, 2), np.nan)
    keypoints[0, COCO_17.index("ankle", "left")] = x, y
    return Walk(
        time_s=np.zeros(1),
        keypoints=keypoints,
        confidence=np.isfinite(keypoints[..., 0]).astype(float),
        layout=COCO_17,
        space=Space.IMAGE_PX,
        boxes_px=np.array([[60.0, 5.0, 100.0, 115.0]]),
        silhouettes=silhouettes,
    )


class _Playing:
    def __init__(self, depth: np.ndarray | None) -> None:
        self._depth = depth

    def frames(self):
        yield Frame(0, 0.0, np.zeros((120, 160, 3), np.uint8), self._depth)


def _read(depth: np.ndarray | None, x: float, y: float, **more) -> float:
    samples = sample_depth(_Playing(depth), _walk(x, y, **more), lambda _: None)
    assert samples.has_depth[0] == (depth is not None)
    return float(samples.z_m[0, COCO_17.index("ankle", "left")])


@pytest.mark.parametrize("x", [74, 76, 80, 85])
def test_the_limb_wins_over_the_wall_behind(x) -> None:
    assert _read(_picture(), x, 60) == 2.0


def test_a_point_just_beside_the_limb_is_still_on_it() -> None:
    assert _read(_picture(), 86.4, 60) == 2.0


def test_a_hole_in_the_middle_is_bridged() -> None:
    depth = _picture()
    depth[58:63, 78:83] = 0
    assert _read(depth, 80, 60) == 2.0


def test_where_nothing_was_measured_there_is_nothing() -> None:
    depth = _picture()
    depth[40:80, 60:100] = 0
    assert np.isnan(_read(depth, 80, 60))
    assert np.isnan(_read(None, 80, 60))
    assert np.isnan(_read(_picture(), 500, 500))


def test_a_few_stray_pixels_before_the_limb_do_not_count() -> None:
    depth = _picture()
    depth[60, 80] = 1500
    assert _read(depth, 80, 60) == 2.0


def test_the_silhouette_keeps_off_what_stands_before_the_limb() -> None:
    """A rail of a walking frame, 3 pixels wide, crosses the picture in front of the leg."""
    depth = _picture()
    depth[:, 81:84] = 1600
    mask = np.zeros((120, 160), bool)
    mask[10:110, 74:80] = True
    affine = np.array([[[1.0, 0, 0], [0, 1.0, 0]]])
    body = Silhouettes(Silhouettes.pack(mask)[None], 160, affine)
    assert _read(depth, 80, 60) == pytest.approx(1.6)
    assert _read(depth, 80, 60, silhouettes=body) == 2.0


def test_cleaning_takes_out_range_and_flying_pixels_and_fills_small_holes() -> None:
    depth = _picture()
    depth[50, 86] = 3000  # mixed of limb and wall
    depth[20, 20], depth[22, 30], depth[90, 120] = 100, 9000, 0
    found = cleaned(depth)
    assert found[50, 86] == 0
    assert found[20, 20] == found[22, 30] == found[90, 120] == _WALL  # filled from the wall
    depth[30:60, 110:150] = 0
    assert (cleaned(depth)[36:54, 116:144] == 0).all()  # large holes stay
    assert found.dtype == np.uint16
    untouched = np.ones_like(depth, bool)
    for row, column in ((50, 86), (20, 20), (22, 30), (90, 120)):
        untouched[row, column] = False
    assert (found == _picture())[untouched].all()


def test_crops_of_colour_and_depth_are_of_one_place() -> None:
    depth = _picture()
    image = np.repeat((depth == _LIMB)[..., None] * np.uint8(255), 3, axis=2)
    affine = np.array([[0.5, 0.0, -20.0], [0.0, 0.5, 0.0]])
    colour, piece = crops(Frame(0, 0.0, image, depth), affine, (40, 60))
    assert colour.shape == (60, 40, 3)
    assert set(np.unique(piece)) <= {0, _LIMB, _WALL}
    assert ((piece == _LIMB) == (colour[..., 0] > 127)).mean() > 0.97
    assert crops(Frame(0, 0.0, image), affine, (40, 60))[1] is None
