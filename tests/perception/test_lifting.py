"""A known walker comes back in metres: from any side, with holes and noise, hidden limbs too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import SIDES, Intrinsics, RefusedError, Space, Subject, Walk
from clinigait.gait.measure import FilmFacts, measure
from clinigait.io.protocol import load_protocol
from clinigait.perception.depth import sample_depth
from clinigait.perception.lifting import lift
from support import rgbd
from support.walker import Gait

_GAITS = {
    0: Gait(rate_hz=30, start_x_m=-2.6, duration_s=4.2),
    180: Gait(rate_hz=30, start_x_m=-2.6, duration_s=4.2),
    90: Gait(rate_hz=30, start_x_m=-1.4, duration_s=3.6),
    -90: Gait(rate_hz=30, start_x_m=-2.5, duration_s=3.6),
}
_WALL_M = 7.8


@pytest.fixture(scope="module", params=list(_GAITS))
def seen(request) -> tuple[Gait, Walk, rgbd.Scene]:
    gait = _GAITS[request.param]
    truth = rgbd.walker(gait, request.param)
    return gait, truth, rgbd.scene(truth, wall_m=_WALL_M)


def _lifted(truth: Walk, scene: rgbd.Scene, camera: Intrinsics = rgbd.CAMERA):
    walk = rgbd.pictured(truth)
    return lift(walk, sample_depth(scene, walk, lambda _: None), camera)


def _errors_mm(lifted: Walk, truth: Walk, name: str, side: str) -> np.ndarray:
    point = truth.layout.index(name, side)
    off = np.linalg.norm(lifted.keypoints[:, point] - truth.keypoints[:, point], axis=1)
    return 1000 * off[np.isfinite(off)]


def _noisy(scene: rgbd.Scene) -> rgbd.Scene:
    """Noise as depth cameras have it, a twentieth missing, and mixed pixels at edges."""
    rng = np.random.default_rng(0)
    pictures = []
    for colour, depth in scene.pictures:
        noisy = depth + rng.normal(0, 1.43 * (depth / 1000) ** 2)
        edge = np.abs(np.diff(depth.astype(int), axis=1, append=0)) > 300
        mixed = (noisy + np.roll(noisy, -1, axis=1)) / 2
        noisy = np.where(edge & (rng.random(depth.shape) < 0.6), mixed, noisy)
        noisy[rng.random(depth.shape) < 0.05] = 0
        pictures.append((colour, noisy.astype(np.uint16)))
    return replace(scene, pictures=pictures)


@pytest.mark.slow
def test_joints_lie_where_they_are(seen) -> None:
    _, truth, scene = seen
    lifted, facts = _lifted(truth, scene)
    assert lifted.space is Space.CAMERA_M
    assert facts.frames_pct == 100
    assert facts.measured_pct > 75
    for side in SIDES:
        for name, median_mm, most_mm in (("hip", 10, 25), ("knee", 20, 65), ("ankle", 16, 300)):
            off_mm = _errors_mm(lifted, truth, name, side)
            assert len(off_mm) > 0.95 * len(truth)
            assert np.median(off_mm) < median_mm
            assert off_mm.max() < most_mm  # a swinging foot may be hidden behind its own knee
            assert np.percentile(off_mm, 90) < 75


@pytest.mark.slow
def test_lengths_and_speed_need_no_body_height(seen) -> None:
    gait, truth, scene = seen
    for clean in (True, False):
        lifted, _ = _lifted(truth, scene if clean else _noisy(scene))
        assert lifted.subject == Subject()
        found = measure(lifted, load_protocol("walk_spatial"), FilmFacts())
        assert (found.scale.unit, found.scale.source) == ("m", "depth camera")
        for name, wanted in (
            ("speed_mps", gait.speed_mps),
            ("stride_length_m", gait.stride_length_m),
            ("step_length_m", gait.stride_length_m / 2),
            ("stride_time_s", gait.stride_time_s),
        ):
            assert found.parameter(name).value == pytest.approx(wanted, rel=0.02), name
        assert found.parameter("step_width_m").value == pytest.approx(0.10, abs=0.01)


@pytest.fixture(scope="module")
def side_view() -> tuple[Walk, rgbd.Scene]:
    truth = rgbd.walker(Gait(rate_hz=30, start_x_m=-0.8, duration_s=1.4))
    return truth, rgbd.scene(truth)


def test_a_side_view_is_lifted_with_the_far_leg(side_view) -> None:
    truth, scene = side_view
    lifted, facts = _lifted(truth, scene)
    for side in SIDES:
        for name in ("hip", "knee", "ankle", "heel", "toe"):
            assert np.median(_errors_mm(lifted, truth, name, side)) < 15
            assert _errors_mm(lifted, truth, name, side).max() < 40
    assert 5 < facts.filled_pct < 25  # the far hip is never seen, the far knee and foot at times
    assert facts.distance_m == pytest.approx(3.5, abs=0.1)
    assert not facts.camera_assumed
    left_of_right = lifted.keypoints[:, truth.layout.index("hip", "left")]
    assert (left_of_right[:, 2] > 3.5).all()  # walking to the right, the left side is far


def test_the_spread_covers_the_error_and_grows_with_distance(side_view) -> None:
    truth, scene = side_view
    lifted, _ = _lifted(truth, _noisy(scene))
    off_m = np.linalg.norm(lifted.keypoints - truth.keypoints, axis=2)
    legs = [truth.layout.index(n, s) for n in ("knee", "ankle") for s in SIDES]
    known = np.isfinite(off_m[:, legs])
    assert np.isfinite(lifted.spread_m[:, legs][known]).all()
    assert (off_m <= 2 * lifted.spread_m)[:, legs][known].mean() > 0.95
    farther = rgbd.walker(Gait(rate_hz=30, start_x_m=-0.2, duration_s=0.3), distance_m=5.0)
    lifted_farther, _ = _lifted(farther, rgbd.scene(farther, wall_m=7.0))
    ankle = truth.layout.index("ankle", "right")
    assert np.nanmedian(lifted_farther.spread_m[:, ankle]) > np.nanmedian(lifted.spread_m[:, ankle])


def test_the_picture_is_kept(side_view) -> None:
    truth, scene = side_view
    lifted, _ = _lifted(truth, scene)
    again = lifted.pictured()
    assert again.space is Space.IMAGE_PX
    walk = rgbd.pictured(truth)
    assert np.array_equal(again.keypoints, walk.keypoints, equal_nan=True)
    part = lifted.part(slice(3, 9))
    assert len(part) == 6
    assert part.keypoints_px.shape == (6, len(truth.layout), 2)


def test_an_assumed_camera_makes_lengths_uncertain(side_view) -> None:
    truth, scene = side_view
    lifted, facts = _lifted(truth, scene, Intrinsics.assumed_for(rgbd.CAMERA.size_px))
    assert facts.camera_assumed
    assert lifted.scale_uncertainty > 0.1
    assert _lifted(truth, scene)[0].scale_uncertainty < 0.02


def test_frames_without_depth_are_bridged_for_a_moment_and_no_longer(side_view) -> None:
    truth, scene = side_view
    pictures = list(scene.pictures)
    nothing = np.zeros_like(pictures[0][1])
    for index in (*range(5, 9), *range(18, 36)):
        pictures[index] = (pictures[index][0], nothing)
    lifted, _ = _lifted(truth, replace(scene, pictures=pictures))
    ankle = truth.layout.index("ankle", "right")
    known = np.isfinite(lifted.keypoints[:, ankle, 2])
    assert known[:18].all()
    assert not known[18:36].any()
    assert (lifted.confidence[18:36] == 0).all()
    assert np.nanmax(_errors_mm(lifted, truth, "ankle", "right")[:18]) < 30


def test_a_jump_of_the_depth_is_taken_out(side_view) -> None:
    """Something flies past the near ankle for a frame."""
    truth, scene = side_view
    pictures = [(c, d.copy()) for c, d in scene.pictures]
    place = rgbd.pictured(truth).keypoints[20, truth.layout.index("ankle", "right")]
    x, y = (round(float(v)) for v in place)
    pictures[20][1][y - 9 : y + 10, x - 9 : x + 10] = 3000
    lifted, _ = _lifted(truth, replace(scene, pictures=pictures))
    assert _errors_mm(lifted, truth, "ankle", "right").max() < 40


def test_depth_of_the_wall_alone_is_refused(side_view) -> None:
    truth, scene = side_view
    nothing = [(c, np.zeros_like(d)) for c, d in scene.pictures]
    with pytest.raises(RefusedError) as caught:
        _lifted(truth, replace(scene, pictures=nothing))
    assert caught.value.refused.code == "no_depth"
