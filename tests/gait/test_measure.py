"""A walk by known rules comes back with its numbers; what cannot be measured is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinigait.core import (
    BLAZEPOSE_33,
    COCO_17,
    Grade,
    Measurement,
    Protocol,
    RefusedError,
    Walk,
)
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.measure import FilmFacts, measure
from clinigait.gait.stature import KnownLength
from support.walker import HEIGHT_M, PX_PER_M, Gait, synthetic_walk


def _value(measurement: Measurement, name: str, side: str = "both") -> float:
    parameter = measurement.parameter(name, side)
    assert parameter is not None
    assert parameter.value is not None
    return parameter.value


def _refusal(walk: Walk, protocol: Protocol, film: FilmFacts | None = None) -> str:
    with pytest.raises(RefusedError) as caught:
        measure(walk, protocol, film)
    assert caught.value.refused.message.endswith(".")
    assert caught.value.refused.remedy.endswith(".")
    return caught.value.refused.code


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("layout", [BLAZEPOSE_33, COCO_17], ids=lambda layout: layout.name)
def test_known_gait_comes_back(protocol, layout, direction) -> None:
    gait = Gait(direction=direction)
    found = measure(synthetic_walk(gait, layout), protocol)
    assert _value(found, "cadence_spm") == pytest.approx(120 / 1.1, abs=0.5)
    assert _value(found, "stride_time_s") == pytest.approx(1.1, abs=0.005)
    assert _value(found, "speed_mps") == pytest.approx(gait.speed_mps, rel=0.02)
    assert _value(found, "stride_length_m") == pytest.approx(1.3, rel=0.02)
    assert _value(found, "step_length_m", "left") == pytest.approx(0.65, rel=0.03)
    assert _value(found, "step_length_m", "right") == pytest.approx(0.65, rel=0.03)
    assert _value(found, "stance_pct") == pytest.approx(62, abs=5)
    assert found.scale.px_per_unit == pytest.approx(PX_PER_M, rel=0.02)
    assert found.near_side == ("right" if direction == 1 else "left")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    stride_time_s=st.floats(0.85, 1.6),
    stride_length_m=st.floats(0.6, 1.6),
    stance_share=st.floats(0.58, 0.72),
    direction=st.sampled_from([1, -1]),
    rate_hz=st.sampled_from([25.0, 30.0, 50.0, 120.0]),
)
def test_any_plausible_gait_comes_back(
    protocol, stride_time_s, stride_length_m, stance_share, direction, rate_hz
) -> None:
    gait = Gait(stride_time_s, stride_length_m, stance_share, 0.5, direction, 9.0, rate_hz)
    found = measure(synthetic_walk(gait), protocol)
    assert _value(found, "stride_time_s") == pytest.approx(stride_time_s, abs=0.012)
    assert _value(found, "stride_length_m") == pytest.approx(stride_length_m, rel=0.03)
    phases = [_value(found, "stance_pct", "left"), _value(found, "swing_pct", "left")]
    assert sum(phases) == pytest.approx(100)
    for parameter in found.parameters:
        if parameter.value is not None and parameter.low is not None:
            assert parameter.low <= parameter.value <= parameter.high


def test_asymmetry_has_the_right_sign(protocol) -> None:
    found = measure(synthetic_walk(Gait(step_share=0.55)), protocol)
    # The right step takes 0.55 of the stride, the left 0.45: SI = 100 x 0.1 / 0.5.
    assert _value(found, "step_time_asymmetry_pct") == pytest.approx(20, abs=1)
    assert _value(found, "step_length_asymmetry_pct") > 10


def test_without_scale_lengths_are_in_body_heights(protocol) -> None:
    found = measure(synthetic_walk(Gait(), height_m=None), protocol)
    assert found.scale.unit == "BH"
    assert _value(found, "stride_length_bh") == pytest.approx(1.3 / HEIGHT_M, rel=0.02)
    metric = found.parameter("stride_length_m")
    assert metric.value is None
    assert "body height" in metric.reason


def test_a_known_length_makes_metres(protocol) -> None:
    walk = synthetic_walk(Gait(), height_m=None)
    found = measure(
        walk, protocol, known_length=KnownLength(2.0, (100, 900), (100 + 2 * PX_PER_M, 900))
    )
    assert found.scale.source == "known length"
    assert _value(found, "speed_mps") == pytest.approx(Gait().speed_mps, rel=0.02)


def test_every_parameter_is_in_the_catalogue_and_has_its_unit(protocol) -> None:
    found = measure(synthetic_walk(Gait()), protocol)
    for parameter in found.parameters:
        assert CATALOGUE[parameter.name].unit == parameter.unit
        assert CATALOGUE[parameter.name].definition == parameter.definition
    assert {p.name for p in found.parameters} == set(protocol.parameters)


def test_a_variable_frame_rate_is_measured_by_its_timestamps(protocol) -> None:
    rng = np.random.default_rng(5)
    time_s = np.cumsum(rng.choice([1 / 60, 1 / 30, 1 / 24], 300))
    gait = Gait(duration_s=float(time_s[-1]) + 1, start_x_m=-5.5)
    found = measure(synthetic_walk(gait, time_s=time_s), protocol, FilmFacts(variable_rate=True))
    assert _value(found, "cadence_spm") == pytest.approx(120 / 1.1, rel=0.01)
    assert any(check.code == "variable_frame_rate" for check in found.quality)


def test_short_gaps_are_closed_and_long_ones_cost_strides(protocol) -> None:
    walk = synthetic_walk(Gait(rate_hz=60))
    whole = measure(walk, protocol)
    short = measure(_with_gap(walk, 3.0, 3.12), protocol)
    assert sum(s.used for s in short.strides) == sum(s.used for s in whole.strides)
    assert _value(short, "stride_time_s") == pytest.approx(1.1, abs=0.01)
    long = measure(_with_gap(walk, 3.0, 3.5), protocol)
    assert sum(s.used for s in long.strides) < sum(s.used for s in whole.strides)
    assert _value(long, "stride_time_s") == pytest.approx(1.1, abs=0.01)


def _with_gap(walk: Walk, start_s: float, end_s: float) -> Walk:
    keypoints, confidence = walk.keypoints.copy(), walk.confidence.copy()
    gap = (walk.time_s > start_s) & (walk.time_s < end_s)
    keypoints[gap], confidence[gap] = np.nan, 0
    return replace(walk, keypoints=keypoints, confidence=confidence)


def test_there_and_back_is_two_bouts(protocol) -> None:
    there = synthetic_walk(Gait(duration_s=6, rate_hz=30))
    back = synthetic_walk(Gait(duration_s=6, rate_hz=30, direction=-1))
    walk = replace(
        there,
        time_s=np.concatenate([there.time_s, there.time_s + 6.5]),
        keypoints=np.concatenate([there.keypoints, back.keypoints]),
        confidence=np.concatenate([there.confidence, back.confidence]),
    )
    found = measure(walk, protocol)
    assert [bout.direction for bout in found.bouts] == ["right", "left"]
    assert found.near_side is None
    assert _value(found, "stride_time_s") == pytest.approx(1.1, abs=0.01)
    assert not any(s.start_s < 6 < s.end_s for s in found.strides)


def test_standing_still_before_walking_is_left_out(protocol) -> None:
    walk = synthetic_walk(Gait(duration_s=7, rate_hz=30))
    still = np.repeat(walk.keypoints[:1], 90, axis=0)
    waited = replace(
        walk,
        time_s=np.concatenate([np.arange(90) / 30, walk.time_s + 3]),
        keypoints=np.concatenate([still, walk.keypoints]),
        confidence=np.concatenate([walk.confidence[:90], walk.confidence]),
    )
    found = measure(waited, protocol)
    assert found.bouts[0].start_s > 2.5
    assert _value(found, "cadence_spm") == pytest.approx(120 / 1.1, rel=0.02)


class TestRefusals:
    def test_too_few_strides(self, protocol) -> None:
        assert _refusal(synthetic_walk(Gait(duration_s=1.9)), protocol) == "too_few_strides"

    def test_low_frame_rate(self, protocol) -> None:
        assert _refusal(synthetic_walk(Gait(rate_hz=8)), protocol) == "frame_rate_too_low"

    @pytest.mark.parametrize("n_frames", [0, 1, 2])
    def test_hardly_any_frames(self, protocol, n_frames) -> None:
        walk = synthetic_walk(Gait())
        cut = replace(
            walk,
            time_s=walk.time_s[:n_frames],
            keypoints=walk.keypoints[:n_frames],
            confidence=walk.confidence[:n_frames],
        )
        assert _refusal(cut, protocol) == "too_short"

    def test_feet_outside_the_picture(self, protocol) -> None:
        walk = synthetic_walk(Gait())
        keypoints, confidence = walk.keypoints.copy(), walk.confidence.copy()
        feet = [
            walk.layout.index(p, s) for p in ("heel", "toe", "ankle") for s in ("left", "right")
        ]
        keypoints[:, feet], confidence[:, feet] = np.nan, 0
        assert (
            _refusal(replace(walk, keypoints=keypoints, confidence=confidence), protocol)
            == "cut_by_border"
        )

    def test_a_small_person(self, protocol) -> None:
        walk = synthetic_walk(Gait())
        assert _refusal(replace(walk, keypoints=walk.keypoints / 5), protocol) == "person_too_small"

    def test_a_moving_camera(self, protocol) -> None:
        film = FilmFacts(camera_shift_pxps=400.0)
        assert _refusal(synthetic_walk(Gait()), protocol, film) == "camera_moves"

    def test_walking_backwards(self, protocol) -> None:
        walk = synthetic_walk(Gait())
        reversed_ = replace(walk, keypoints=walk.keypoints[::-1].copy())
        assert _refusal(reversed_, protocol) == "walks_backwards"

    def test_standing(self, protocol) -> None:
        walk = synthetic_walk(Gait())
        still = replace(walk, keypoints=np.repeat(walk.keypoints[:1], len(walk), axis=0))
        assert _refusal(still, protocol) in ("too_few_strides", "wrong_view")

    def test_a_trunk_that_faces_the_camera(self, protocol) -> None:
        walk = synthetic_walk(Gait())
        facing = replace(walk, body_yaw_deg=np.full(len(walk), 85.0))
        assert _refusal(facing, protocol) == "wrong_view"

    @pytest.mark.parametrize("fill", [np.nan, 0.0, 500.0])
    def test_signals_that_say_nothing(self, protocol, fill) -> None:
        walk = synthetic_walk(Gait())
        empty = replace(
            walk,
            keypoints=np.full_like(walk.keypoints, fill),
            confidence=np.where(np.isnan(fill), 0, walk.confidence),
        )
        _refusal(empty, protocol)

    def test_one_leg_missing(self, protocol) -> None:
        walk = synthetic_walk(Gait())
        keypoints = walk.keypoints.copy()
        for point in ("hip", "knee", "ankle", "heel", "toe"):
            keypoints[:, walk.layout.index(point, "left")] = np.nan
        _refusal(replace(walk, keypoints=keypoints), protocol)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1), missing=st.floats(0, 0.95), noise_px=st.floats(0, 400))
def test_broken_keypoints_end_in_a_measurement_or_a_refusal(
    protocol, seed, missing, noise_px
) -> None:
    """Whatever the keypoints: typed results, no exception, no NaN."""
    rng = np.random.default_rng(seed)
    walk = synthetic_walk(Gait(rate_hz=30, duration_s=6))
    keypoints = walk.keypoints + rng.normal(0, noise_px, walk.keypoints.shape)
    keypoints[rng.random(keypoints.shape[:2]) < missing] = np.nan
    confidence = np.where(np.isfinite(keypoints[:, :, 0]), rng.random(keypoints.shape[:2]), 0)
    try:
        found = measure(replace(walk, keypoints=keypoints, confidence=confidence), protocol)
    except RefusedError:
        return
    assert sum(stride.used for stride in found.strides) >= 3
    assert all(np.isfinite(v) for stride in found.strides for v in stride.values.values())


def test_quality_names_what_was_asked(protocol) -> None:
    found = measure(synthetic_walk(Gait(rate_hz=30)), protocol, FilmFacts(camera_shift_pxps=0.0))
    by_code = {check.code: check for check in found.quality if check.code}
    assert by_code["frame_rate_too_low"].grade is Grade.WARNING
    assert "30 frames" in by_code["frame_rate_too_low"].message
    assert "refused below 20" in by_code["frame_rate_too_low"].limit
