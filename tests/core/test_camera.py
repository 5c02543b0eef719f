"""Cameras: points become pixels and come back."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import Extrinsics, Intrinsics

_LENS = (-0.28, 0.11, 0.001, -0.0015, -0.02)
_CAMERA = Intrinsics((640, 480), 525.0, 520.0, 319.5, 241.0, _LENS)


def test_a_point_by_hand() -> None:
    plain = Intrinsics((640, 480), 500.0, 400.0, 320.0, 240.0)
    assert plain.project(np.array([0.5, -0.2, 2.0])) == pytest.approx([445.0, 200.0])
    assert plain.back_project(np.array([445.0, 200.0]), np.array(2.0)) == pytest.approx(
        [0.5, -0.2, 2.0]
    )


def test_points_behind_the_camera_have_no_pixel() -> None:
    assert np.isnan(_CAMERA.project(np.array([[0.1, 0.1, -1.0], [0.1, 0.1, 0.0]]))).all()


@given(st.floats(0, 639), st.floats(0, 479), st.floats(0.3, 8.0), st.sampled_from([None, _LENS]))
def test_back_projection_undoes_projection(x, y, z_m, lens) -> None:
    camera = Intrinsics((640, 480), 525.0, 520.0, 319.5, 241.0, lens)
    point = camera.back_project(np.array([x, y]), np.array(z_m))
    assert point[2] == pytest.approx(z_m)
    assert camera.project(point) == pytest.approx([x, y], abs=0.01)


def test_a_scaled_camera_sees_the_same_places() -> None:
    half = _CAMERA.scaled_to((320, 240))
    points = np.random.default_rng(0).uniform([-1, -1, 2], [1, 1, 5], (50, 3))
    # Pixel middles: the first of four pixels lies at 0, their common one at 0.5.
    assert half.project(points) == pytest.approx((_CAMERA.project(points) + 0.5) / 2 - 0.5)


def test_an_unknown_camera_is_assumed_and_says_so() -> None:
    camera = Intrinsics.assumed_for((640, 480))
    assert camera.assumed
    assert camera.fx_px == camera.fy_px == pytest.approx(448.0)
    assert "assumed" in camera.source


def test_extrinsics_turn_and_shift() -> None:
    quarter = Extrinsics(((0, 0, 1), (0, 1, 0), (-1, 0, 0)), (0.1, 0.0, 0.0))
    assert quarter.apply(np.array([0.0, 0.0, 2.0])) == pytest.approx([2.1, 0.0, 0.0])


@pytest.mark.parametrize(
    "rotation",
    [
        ((1, 0, 0), (0, 1, 0)),
        ((1, 0, 0), (0, 1, 0), (0, 0, -1)),
        ((2, 0, 0), (0, 1, 0), (0, 0, 1)),
        ((math.nan, 0, 0), (0, 1, 0), (0, 0, 1)),
    ],
)
def test_what_is_no_rotation_is_none(rotation) -> None:
    with pytest.raises(ValueError, match=r"rotation|rows"):
        Extrinsics(rotation, (0.0, 0.0, 0.0))


@pytest.mark.parametrize("focal", [0.0, -500.0, math.nan, math.inf])
def test_what_is_no_focal_length_is_none(focal) -> None:
    with pytest.raises(ValueError, match="camera"):
        Intrinsics((640, 480), focal, 500.0, 320.0, 240.0)
