from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import Extrinsics, Intrinsics
from clinigait.synthesis.rasteriser import (
    TUBE_RADIUS_M,
    Raster,
    projected,
    rasterise,
    tube_faces,
    tube_points,
)

LENS = Intrinsics((64, 48), 50.0, 50.0, 31.5, 23.5)
STILL = Extrinsics(((1, 0, 0), (0, 1, 0), (0, 0, 1)), (0, 0, 0))
SQUARE = np.array([[0, 2, 1], [0, 3, 2]], np.int32)


def _drawn(points, faces, n_closed=0) -> Raster:
    pixels = projected(np.asarray(points, np.float32), LENS, STILL)
    return rasterise(pixels, np.asarray(faces, np.int32), n_closed, LENS.size_px)


def _square(z_m, half_m=0.2) -> np.ndarray:
    ends = np.array([[-half_m, -half_m], [half_m, -half_m], [half_m, half_m], [-half_m, half_m]])
    return np.column_stack([ends, np.full(4, z_m)])


def test_a_square_covers_the_pixels_whose_middles_it_covers() -> None:
    raster = _drawn(_square(2.0), SQUARE)
    # Its edges lie at 31.5 ± 5 and 23.5 ± 5.
    wanted = np.zeros((48, 64), bool)
    wanted[19:29, 27:37] = True
    assert np.array_equal(raster.triangle >= 0, wanted)
    assert raster.box == (27, 19, 37, 29)
    assert raster.depth_m()[wanted] == pytest.approx(2.0)
    assert (raster.depth_m()[~wanted] == 0).all()


def test_the_depth_of_a_slanted_plane_is_that_where_the_ray_meets_it() -> None:
    points = _square(0.0, 0.4)
    points[:, 2] = 2.0 + 0.8 * points[:, 0] - 0.5 * points[:, 1]
    raster = _drawn(points, SQUARE)
    there = raster.triangle >= 0
    rows, columns = np.nonzero(there)
    rays = LENS.rays(np.column_stack([columns, rows]).astype(float))
    exact = 2.0 / (1 - 0.8 * rays[:, 0] + 0.5 * rays[:, 1])
    assert there.sum() > 200
    assert raster.depth_m()[there] == pytest.approx(exact, abs=1e-5)


def test_a_ball_has_the_area_of_its_outline() -> None:
    n = 64
    up, turn = np.meshgrid(
        np.linspace(0, np.pi, n), np.linspace(0, 2 * np.pi, 2 * n), indexing="ij"
    )
    ball = np.stack([np.sin(up) * np.cos(turn), np.sin(up) * np.sin(turn), np.cos(up)], -1)
    a = (np.arange(n - 1)[:, None] * 2 * n + np.arange(2 * n - 1)).ravel()
    faces = np.concatenate(
        [np.stack([a, a + 2 * n, a + 1], 1), np.stack([a + 1, a + 2 * n, a + 2 * n + 1], 1)]
    )
    points = 0.5 * ball.reshape(-1, 3) + (0, 0, 3.0)
    lens = LENS.scaled_to((640, 480))
    raster = rasterise(
        projected(points.astype(np.float32), lens, STILL), faces.astype(np.int32), 0, lens.size_px
    )
    # Seen at a distance d a ball of radius r has the outline of a disc of f r / sqrt(d² - r²).
    radius_px = 500 * 0.5 / np.sqrt(3.0**2 - 0.5**2)
    assert (raster.triangle >= 0).sum() == pytest.approx(np.pi * radius_px**2, rel=0.005)
    assert raster.depth_m()[raster.depth_m() > 0].min() == pytest.approx(2.5, abs=0.002)


def test_the_nearer_of_two_hides_the_other_whatever_their_order() -> None:
    both = np.concatenate([_square(2.0), _square(1.5, 0.05)])
    one = _drawn(both, np.concatenate([SQUARE, SQUARE + 4]))
    other = _drawn(both, np.concatenate([SQUARE + 4, SQUARE]))
    assert np.array_equal(one.inverse_m, other.inverse_m)
    assert one.depth_m()[23, 31] == pytest.approx(1.5)


def test_backs_of_closed_surfaces_are_left_out_and_others_are_seen_from_both_sides() -> None:
    for faces in (SQUARE, SQUARE[:, ::-1]):
        assert (_drawn(_square(2.0), faces, n_closed=0).triangle >= 0).sum() == 100
    seen = [
        (_drawn(_square(2.0), f, n_closed=2).triangle >= 0).sum() for f in (SQUARE, SQUARE[:, ::-1])
    ]
    assert seen == [100, 0]


def test_what_is_behind_the_camera_or_beside_the_picture_is_not_drawn() -> None:
    assert (_drawn(_square(-1.0), SQUARE).triangle == -1).all()
    assert (_drawn(_square(2.0) + np.array([10, 0, 0]), SQUARE).triangle == -1).all()
    assert (_drawn(_square(2.0), np.empty((0, 3))).triangle == -1).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_picture_is_the_union_of_its_triangles(seed) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform((-1, -0.8, 1.5), (1, 0.8, 3), (30, 3))
    faces = rng.permutation(30).reshape(10, 3)
    together = _drawn(points, faces)
    alone = [_drawn(points, faces[k : k + 1]) for k in range(10)]
    assert np.array_equal(together.triangle >= 0, np.any([r.triangle >= 0 for r in alone], axis=0))
    assert np.array_equal(together.inverse_m, np.max([r.inverse_m for r in alone], axis=0))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_two_triangles_that_share_an_edge_leave_no_gap(seed) -> None:
    rng = np.random.default_rng(seed)
    corners = np.column_stack([rng.uniform(-0.6, 0.6, (4, 2)), rng.uniform(1.5, 3, 4)])
    angle = np.arctan2(*(corners[:, :2] - corners[:, :2].mean(axis=0)).T)
    a, b, c, d = corners[np.argsort(angle)]
    raster = _drawn([a, b, c, d, (a + c) / 2], [[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]])
    for row in (raster.triangle >= 0).astype(int):
        holes = np.flatnonzero(np.diff(row) == 1)
        assert len(holes) <= 2  # a quadrilateral that is not convex has two parts at most


def test_a_tube_is_closed_and_as_thick_as_it_says() -> None:
    ends = np.array([[0.0, -0.3, 2.0], [0.1, 0.3, 2.0], [0.4, 0, 3], [0.4, 0, 3.5]])
    points, faces = tube_points(ends), tube_faces(2, 0)
    assert len(points) == 32
    assert faces.max() == 31
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    counted = {tuple(edge) for edge in edges}
    assert len(counted) == len(edges)
    assert all((b, a) in counted for a, b in counted)
    a, b, c = (points[faces[:, k]].astype(float) for k in range(3))
    volume = np.einsum("ij,ij->", np.cross(a, b), c) / 6
    lengths = np.linalg.norm(ends[1::2] - ends[::2], axis=1).sum()
    octagon = 2 * np.sqrt(2) * TUBE_RADIUS_M**2
    assert volume == pytest.approx(octagon * lengths, rel=1e-3)


def test_points_are_projected_as_the_camera_does_it_with_distortion_too() -> None:
    rng = np.random.default_rng(1)
    points = rng.uniform((-1, -1, 1), (1, 1, 4), (50, 3))
    bent = Intrinsics((64, 48), 50, 52, 31, 24, (0.05, -0.02, 0.001, 0.002, 0.0))
    turned = Extrinsics(((0.8, 0, 0.6), (0, 1, 0), (-0.6, 0, 0.8)), (0.1, 0.2, 2.0))
    for lens in (LENS, bent):
        found = projected(points.astype(np.float32), lens, turned)
        assert found[:, :2] == pytest.approx(lens.project(turned.apply(points)), abs=1e-3)
        assert 1 / found[:, 2] == pytest.approx(turned.apply(points)[:, 2], rel=1e-5)
