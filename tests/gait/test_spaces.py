"""The same gait comes back from every space, view and surface; what is broken says so."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clinigait.core import (
    BLAZEPOSE_33,
    COCO_17,
    SIDES,
    Depth,
    KeypointLayout,
    Measurement,
    RefusedError,
    Side,
    Space,
    Subject,
    Walk,
)
from clinigait.core.layout import MARKERS_22
from clinigait.gait.measure import FilmFacts, measure
from clinigait.io.protocol import load_protocol
from support.walker import (
    PX_PER_M,
    Breadth,
    Gait,
    pictured,
    synthetic_space_walk,
    synthetic_walk,
)

_KEYPOINTS = FilmFacts(from_film=False)


def _measured(walk: Walk, protocol: str = "walk_spatial") -> Measurement:
    return measure(walk, load_protocol(protocol), _KEYPOINTS)


def _value(found: Measurement, name: str, side: str = "both") -> float:
    parameter = found.parameter(name, side)
    assert parameter is not None, name
    assert parameter.value is not None, f"{name}: {parameter.reason}"
    return parameter.value


@pytest.mark.parametrize("heading_deg", [0, 37, 90, 180, -120])
@pytest.mark.parametrize("layout", [BLAZEPOSE_33, COCO_17], ids=lambda layout: layout.name)
def test_a_known_gait_comes_back_from_every_direction(
    heading_deg: float, layout: KeypointLayout
) -> None:
    gait = Gait()
    found = _measured(synthetic_space_walk(gait, layout, heading_deg=heading_deg))
    assert found.view == "spatial"
    assert _value(found, "stride_time_s") == pytest.approx(gait.stride_time_s, abs=0.01)
    assert _value(found, "stride_length_m") == pytest.approx(gait.stride_length_m, abs=0.02)
    assert _value(found, "speed_mps") == pytest.approx(gait.speed_mps, abs=0.02)
    assert _value(found, "step_width_m") == pytest.approx(Breadth().step_width_m, abs=0.01)
    # The figure's foot turns about its toe, so its ankle rises well before foot off.
    assert _value(found, "stance_pct") == pytest.approx(100 * gait.stance_share, abs=5)


def test_feet_that_cross_have_a_negative_step_width() -> None:
    walk = synthetic_space_walk(Gait(), breadth=Breadth(step_width_m=-0.04))
    assert _value(_measured(walk), "step_width_m") == pytest.approx(-0.04, abs=0.01)


@pytest.mark.parametrize(("heading_deg", "direction"), [(90, "away"), (-90, "towards")])
def test_a_camera_says_where_the_person_goes(heading_deg: float, direction: str) -> None:
    walk = synthetic_space_walk(Gait(), heading_deg=heading_deg, space=Space.CAMERA_M)
    assert [bout.direction for bout in _measured(walk).bouts] == [direction]


@pytest.mark.parametrize("heading_deg", [90, -90])
def test_a_front_view_times_the_steps_and_sees_their_width(heading_deg: float) -> None:
    gait = Gait(start_x_m=-2.0 if heading_deg < 0 else -3.0, duration_s=6.0)
    walk = synthetic_space_walk(gait, heading_deg=heading_deg, space=Space.CAMERA_M)
    found = _measured(pictured(walk), "walk_frontal")
    assert found.view == "frontal"
    assert _value(found, "stride_time_s") == pytest.approx(gait.stride_time_s, abs=0.03)
    assert _value(found, "step_width_m") == pytest.approx(Breadth().step_width_m, abs=0.04)
    lengths = [n for n in found.strides[1].values if n.startswith(("speed", "stride_l", "step_l"))]
    assert lengths == []


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("layout", [BLAZEPOSE_33, COCO_17], ids=lambda layout: layout.name)
def test_on_a_treadmill_the_belt_gives_the_lengths(layout: KeypointLayout, direction: int) -> None:
    gait = Gait(direction=direction)
    walk = synthetic_walk(gait, layout)
    travelled_px = direction * gait.speed_mps * walk.time_s * PX_PER_M
    keypoints = walk.keypoints - np.stack([travelled_px, 0 * travelled_px], axis=1)[:, None]
    found = _measured(replace(walk, keypoints=keypoints), "walk_treadmill")
    assert _value(found, "speed_mps") == pytest.approx(gait.speed_mps, rel=0.04)
    assert _value(found, "stride_length_m") == pytest.approx(gait.stride_length_m, rel=0.04)


def test_walking_backwards_is_told_apart() -> None:
    walk = synthetic_space_walk(Gait())
    with pytest.raises(RefusedError) as caught:
        _measured(replace(walk, keypoints=walk.keypoints[::-1].copy()))
    assert caught.value.refused.code == "walks_backwards"


def _guessed(keypoints_of: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> Walk:
    walk = synthetic_space_walk(
        Gait(noise_px=1), COCO_17, heading_deg=-90, space=Space.CAMERA_M, depth=Depth.INFERRED
    )
    return replace(walk, keypoints=keypoints_of(walk.keypoints))


def _standing(keypoints: NDArray[np.float64]) -> NDArray[np.float64]:
    trembling = np.random.default_rng(0).normal(0, 0.005, keypoints.shape)
    return np.asarray(keypoints[:1] + trembling)


def _there_and_back(keypoints: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([keypoints[::2], keypoints[::-2]])[: len(keypoints)]


def _about_the_hips(keypoints: NDArray[np.float64]) -> NDArray[np.float64]:
    hips = [COCO_17.index("hip", "left"), COCO_17.index("hip", "right")]
    return np.asarray(keypoints - keypoints[:, hips].mean(axis=1, keepdims=True))


@pytest.mark.parametrize("changed", [_standing, _there_and_back, _about_the_hips])
def test_guessed_joints_that_go_nowhere_are_no_walk(
    changed: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> None:
    with pytest.raises(RefusedError) as caught:
        _measured(_guessed(changed))
    assert caught.value.refused.code == "too_few_strides"


@pytest.mark.parametrize("layout", [BLAZEPOSE_33, MARKERS_22], ids=lambda layout: layout.name)
def test_exchanged_sides_are_refused(layout: KeypointLayout) -> None:
    walk = synthetic_space_walk(Gait(), layout)
    exchanged = walk.keypoints[:, list(layout.mirrored())]
    mirrored = walk.keypoints * [1, -1, 1]
    for keypoints in (exchanged, mirrored):
        with pytest.raises(RefusedError) as caught:
            _measured(replace(walk, keypoints=keypoints))
        assert caught.value.refused.code == "sides_exchanged"


def test_toes_that_a_heel_hides_from_the_camera_exchange_no_sides() -> None:
    walk = synthetic_space_walk(Gait(), BLAZEPOSE_33)
    keypoints = walk.keypoints.copy()
    for side in SIDES:
        heel = keypoints[:, walk.layout.index("heel", side)]
        keypoints[:, walk.layout.index("toe", side)] = heel - [0.01, 0, 0]
    found = _measured(replace(walk, keypoints=keypoints))
    assert _value(found, "stride_time_s") == pytest.approx(1.1, abs=0.02)


@pytest.mark.parametrize("in_space", [True, False])
def test_a_walk_over_the_floor_is_none_on_a_treadmill(in_space: bool) -> None:
    walk = synthetic_space_walk(Gait()) if in_space else synthetic_walk(Gait())
    with pytest.raises(RefusedError) as caught:
        _measured(walk, "walk_treadmill")
    assert caught.value.refused.code == "not_on_treadmill"


def test_standing_perfectly_still_on_a_treadmill_is_no_walk() -> None:
    walk = synthetic_space_walk(Gait())
    still = np.repeat(walk.keypoints[:1], len(walk), axis=0)
    with pytest.raises(RefusedError) as caught:
        _measured(replace(walk, keypoints=still), "walk_treadmill")
    assert caught.value.refused.code == "too_few_strides"


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("point", ["heel", "toe", "knee", "shoulder", "wrist"])
def test_a_point_that_only_one_side_has(point: str, side: Side) -> None:
    for walk, protocol in (
        (synthetic_space_walk(Gait()), "walk_spatial"),
        (synthetic_walk(Gait()), "walk_sagittal"),
    ):
        keypoints = walk.keypoints.copy()
        keypoints[:, walk.layout.index(point, side)] = np.nan
        found = _measured(replace(walk, keypoints=keypoints), protocol)
        assert _value(found, "stride_time_s") == pytest.approx(1.1, abs=0.02)


def test_guessed_joints_that_walk_backwards_are_told_apart_by_their_hips() -> None:
    walk = synthetic_space_walk(
        Gait(), COCO_17, heading_deg=90, space=Space.CAMERA_M, depth=Depth.INFERRED
    )
    with pytest.raises(RefusedError) as caught:
        _measured(replace(walk, keypoints=walk.keypoints[::-1].copy()))
    assert caught.value.refused.code == "walks_backwards"


def test_guessed_joints_take_their_size_from_the_body_height() -> None:
    """A body that the pose model guessed a fifth too small walks the same lengths."""
    walk = synthetic_space_walk(
        Gait(), COCO_17, heading_deg=90, space=Space.CAMERA_M, depth=Depth.INFERRED
    )
    small = replace(walk, keypoints=walk.keypoints * 0.8)
    widths = [_value(_measured(w), "step_width_m") for w in (walk, small)]
    assert widths[0] == pytest.approx(widths[1], rel=0.02)
    lengths = [_value(_measured(w), "stride_length_m") for w in (walk, small)]
    assert lengths[0] == pytest.approx(lengths[1], rel=0.02)
    unknown = _measured(replace(walk, subject=Subject()))
    assert _value(unknown, "stride_length_bh") == pytest.approx(lengths[0] / 1.7, rel=0.05)
    assert _value(unknown, "double_support_pct") == pytest.approx(
        _value(_measured(walk), "double_support_pct"), abs=1.0
    )


@pytest.mark.parametrize("factor", [100, 1000, 0.001], ids=["cm for m", "mm for m", "km"])
def test_a_wrong_unit_is_refused(factor: float) -> None:
    walk = synthetic_space_walk(Gait())
    with pytest.raises(RefusedError) as caught:
        _measured(replace(walk, keypoints=walk.keypoints * factor))
    assert caught.value.refused.code == "wrong_unit"


def test_a_body_height_of_somebody_else_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        _measured(synthetic_space_walk(Gait(), height_m=1.1))
    assert caught.value.refused.code == "wrong_unit"


def test_points_that_are_never_seen_are_not_there() -> None:
    walk = synthetic_space_walk(Gait())
    gone = [walk.layout.index(f"{s}_{p}") for s in ("left", "right") for p in ("heel", "toe")]
    keypoints = walk.keypoints.copy()
    keypoints[:, gone] = np.nan
    found = _measured(replace(walk, keypoints=keypoints))
    assert _value(found, "stride_time_s") == pytest.approx(1.1, abs=0.02)
    clearance = found.parameter("toe_clearance_m", "left")
    assert clearance is None or clearance.value is None


@pytest.mark.parametrize("point", ["left_hip", "right_ankle"])
def test_without_hips_or_ankles_there_is_no_walk(point: str) -> None:
    walk = synthetic_space_walk(Gait())
    keypoints = walk.keypoints.copy()
    keypoints[:, walk.layout.index(point)] = np.nan
    with pytest.raises(RefusedError) as caught:
        _measured(replace(walk, keypoints=keypoints))
    assert caught.value.refused.code == "points_missing"


def test_entering_and_leaving_the_volume_is_no_hiding() -> None:
    walk = synthetic_space_walk(Gait(duration_s=12))
    keypoints = walk.keypoints.copy()
    keypoints[:300], keypoints[-200:] = np.nan, np.nan
    assert _value(_measured(replace(walk, keypoints=keypoints)), "stride_time_s") == pytest.approx(
        1.1, abs=0.01
    )


@pytest.mark.parametrize("rate_hz", [25, 30, 50, 100, 240])
def test_every_frame_rate_gives_the_same_gait(rate_hz: float) -> None:
    found = _measured(synthetic_space_walk(Gait(rate_hz=rate_hz)))
    assert _value(found, "stride_time_s") == pytest.approx(1.1, abs=0.01)
    assert _value(found, "stance_pct") == pytest.approx(62, abs=5.5)


@pytest.mark.parametrize("layout", [BLAZEPOSE_33, COCO_17], ids=lambda layout: layout.name)
@pytest.mark.parametrize(
    "gait",
    [
        Gait(stride_time_s=2.4, stride_length_m=0.5, stance_share=0.75, duration_s=16),
        Gait(stride_time_s=1.2, stride_length_m=0.25, stance_share=0.72, duration_s=14),
        Gait(step_share=0.42, stance_share=0.66),
        Gait(duration_s=2.6),
    ],
    ids=["very slow", "shuffling", "limping", "two strides"],
)
def test_gaits_of_patients(gait: Gait, layout: KeypointLayout) -> None:
    found = _measured(synthetic_space_walk(replace(gait, noise_px=1.0), layout))
    assert _value(found, "stride_time_s") == pytest.approx(gait.stride_time_s, abs=0.03)
    assert _value(found, "stride_length_m") == pytest.approx(gait.stride_length_m, abs=0.02)
    right = found.parameter("step_time_s", "right")
    if right is not None and right.value is not None:
        wanted_s = gait.step_share * gait.stride_time_s
        assert right.value == pytest.approx(wanted_s, abs=0.03)
    assert all(stride.used for stride in found.strides[1:-1])


def test_a_mirrored_walk_exchanges_the_sides_and_nothing_else() -> None:
    """A flip must never turn a left limp into a left limp (trap: flips with sided results)."""
    walk = synthetic_walk(Gait(step_share=0.44))
    swapped = list(walk.layout.mirrored())
    flipped = walk.keypoints[:, swapped].copy()
    flipped[..., 0] = 2500 - flipped[..., 0]
    plain = _measured(walk, "walk_sagittal")
    mirror = _measured(replace(walk, keypoints=flipped), "walk_sagittal")
    for side, other in (("left", "right"), ("right", "left")):
        assert _value(plain, "step_time_s", side) == pytest.approx(
            _value(mirror, "step_time_s", other), abs=1e-6
        )
    asymmetry = "step_time_asymmetry_pct"
    assert _value(plain, asymmetry) == pytest.approx(-_value(mirror, asymmetry), abs=1e-4)


class TestHarm:
    """Whatever the numbers are: a measurement, or a refusal with a code; never a traceback."""

    @settings(
        max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(data=st.data())
    def test_broken_points_in_space(self, data: st.DataObject) -> None:
        layout = data.draw(st.sampled_from([BLAZEPOSE_33, COCO_17]))
        space = data.draw(st.sampled_from([Space.WORLD_M, Space.CAMERA_M]))
        depth = data.draw(st.sampled_from(list(Depth)))
        heading_deg = data.draw(st.sampled_from([0, 90, 200]))
        walk = synthetic_space_walk(
            Gait(duration_s=data.draw(st.sampled_from([0.5, 2.0, 4.0]))),
            layout, heading_deg=heading_deg, space=space, depth=depth,
        )  # fmt: skip
        keypoints = walk.keypoints.copy()
        for _ in range(data.draw(st.integers(1, 4))):
            _harm(data, keypoints)
        _ends_well(replace(walk, keypoints=keypoints), "walk_spatial")

    @settings(max_examples=40, deadline=None)
    @given(data=st.data())
    def test_broken_points_in_a_front_view(self, data: st.DataObject) -> None:
        walk = pictured(
            synthetic_space_walk(Gait(duration_s=4.0), heading_deg=90, space=Space.CAMERA_M)
        )
        keypoints = walk.keypoints.copy()
        for _ in range(data.draw(st.integers(1, 4))):
            _harm(data, keypoints)
        _ends_well(replace(walk, keypoints=keypoints), "walk_frontal")


def _harm(data: st.DataObject, keypoints: np.ndarray) -> None:
    """Break some points for some time, in one of the ways that keypoints break."""
    n_frames, n_points = keypoints.shape[:2]
    start = data.draw(st.integers(0, n_frames - 1))
    frames = slice(start, start + data.draw(st.integers(1, n_frames)))
    points = data.draw(st.lists(st.integers(0, n_points - 1), min_size=1, max_size=n_points))
    kind = data.draw(st.sampled_from(["gone", "frozen", "together", "far", "zero", "noise"]))
    if kind == "gone":
        keypoints[frames, points] = np.nan
    elif kind == "frozen":
        keypoints[frames, points] = keypoints[start, points]
    elif kind == "together":
        keypoints[frames, points] = keypoints[frames, points[:1]]
    elif kind == "far":
        keypoints[frames, points] += 1e6
    elif kind == "zero":
        keypoints[frames, points] = 0.0
    else:
        rng = np.random.default_rng(data.draw(st.integers(0, 99)))
        keypoints[frames, points] += rng.normal(0, 0.5, keypoints[frames, points].shape)


def _ends_well(walk: Walk, protocol: str) -> None:
    try:
        found = _measured(walk, protocol)
    except RefusedError:
        return  # a refusal cannot be made without code, message and remedy
    assert found.strides
    assert all(p.value is not None or p.reason for p in found.parameters)
