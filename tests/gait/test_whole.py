"""Pace, symmetry and variability of a whole walk: known answers, cautions, reasons."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import Space
from clinigait.gait.measure import measure
from clinigait.gait.stature import KnownLength
from clinigait.gait.variability import camera_floor_pct
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole import rhythm, shared
from clinigait.gait.whole.shared import whole_walk
from support.walked import found, walked_of, why_not, with_values
from support.walker import (
    HEIGHT_M,
    PX_PER_M,
    Breadth,
    Gait,
    pictured,
    synthetic_space_walk,
    synthetic_walk,
)


@pytest.fixture(scope="module")
def side() -> WalkedBouts:
    """Return a walk of eight strides of each foot, seen from the side."""
    return walked_of(synthetic_walk(Gait(duration_s=10.0)))


@pytest.fixture(scope="module")
def front() -> WalkedBouts:
    space = synthetic_space_walk(Gait(duration_s=7.0), heading_deg=-90, space=Space.CAMERA_M)
    return walked_of(pictured(space))


def _steps(stride, _) -> dict[str, float]:
    return {"step_time_s": 0.5 if stride.side == "left" else 0.6}


class TestPace:
    def test_walk_ratio(self, side) -> None:
        ratio = found("walk_ratio_mm_per_spm", side)
        assert ratio.value == pytest.approx(650 / (120 / 1.1), rel=0.01)
        assert ratio.n == sum("step_length_m" in stride.values for stride in side.used)

    def test_normalised_speed(self, side) -> None:
        expected = (1.3 / 1.1) / np.sqrt(9.81 * 0.53 * HEIGHT_M)
        assert found("speed_normalised", side).value == pytest.approx(expected, rel=0.01)

    def test_a_known_length_tells_the_body_height(self, protocol) -> None:
        walk = synthetic_walk(Gait(), height_m=None)
        length = KnownLength(2.0, (100, 900), (100 + 2 * PX_PER_M, 900))
        asked = replace(protocol, parameters=("speed_normalised",))
        (speed,) = measure(walk, asked, known_length=length).parameters
        expected = (1.3 / 1.1) / np.sqrt(9.81 * 0.53 * HEIGHT_M)
        assert speed.value == pytest.approx(expected, rel=0.02)

    @pytest.mark.parametrize("name", ["walk_ratio_mm_per_spm", "speed_normalised"])
    def test_without_scale_there_is_none(self, name) -> None:
        walked = walked_of(synthetic_walk(Gait(), height_m=None))
        assert "body height" in why_not(name, walked)

    @pytest.mark.parametrize("name", ["walk_ratio_mm_per_spm", "speed_normalised"])
    def test_from_the_front_there_is_none(self, name, front) -> None:
        assert "film from the side" in why_not(name, front)

    def test_a_less_certain_scale_widens_the_interval(self, side) -> None:
        scale = replace(side.scene.scale, relative_uncertainty=0.1)
        unsure = replace(side, scene=replace(side.scene, scale=scale))
        for name in ("walk_ratio_mm_per_spm", "speed_normalised"):
            plain, wide = found(name, side), found(name, unsure)
            assert wide.high - wide.low > 2 * (plain.high - plain.low)


class TestSymmetry:
    def test_indices_of_known_values(self, side) -> None:
        walked = with_values(side, _steps)
        index = found("step_time_asymmetry_pct", walked)
        assert index.value == pytest.approx(100 * 0.1 / 0.55)
        assert index.n == 8
        assert index.low > 0
        angle = 100 * (45 - np.degrees(np.arctan2(0.5, 0.6))) / 90
        assert found("step_time_symmetry_angle_pct", walked).value == pytest.approx(angle)

    @pytest.mark.parametrize("phase", ["stance", "swing"])
    def test_phases(self, side, phase) -> None:
        name = f"{phase}_time_s"
        walked = with_values(side, lambda s, _: {name: 0.44 if s.side == "left" else 0.40})
        index = found(f"{phase}_time_asymmetry_pct", walked)
        assert index.value == pytest.approx(-100 * 0.04 / 0.42)

    def test_the_log_ratio_has_no_sign(self, side) -> None:
        for longer in ("left", "right"):
            walked = with_values(
                side, lambda s, _, w=longer: {"swing_time_s": 0.44 if s.side == w else 0.40}
            )
            ratio = found("swing_time_log_ratio_pct", walked)
            assert ratio.value == pytest.approx(100 * np.log(0.44 / 0.40))
            assert ratio.low >= 0

    def test_a_symmetric_walk_may_be_symmetric(self, side) -> None:
        for name in ("step_time", "step_length", "stance_time", "swing_time"):
            index = found(f"{name}_asymmetry_pct", side)
            assert index.low < 0 < index.high
        assert found("swing_time_log_ratio_pct", side).low == 0

    def test_steps_of_opposite_sign_have_no_index(self, side) -> None:
        walked = with_values(
            side, lambda s, _: {"step_length_m": 0.3 if s.side == "left" else -0.1}
        )
        assert "opposite signs" in why_not("step_length_asymmetry_pct", walked)

    def test_without_scale_lengths_compare_as_well(self, side) -> None:
        walked = walked_of(synthetic_walk(Gait(step_share=0.55, duration_s=10.0), height_m=None))
        metric = walked_of(synthetic_walk(Gait(step_share=0.55, duration_s=10.0)))
        name = "step_length_asymmetry_pct"
        assert found(name, walked).value == pytest.approx(found(name, metric).value, abs=0.1)

    def test_one_side_alone_has_no_index(self, side) -> None:
        strides = tuple(s for s in side.strides if s.side == "left")
        walked = replace(side, strides=strides)
        for name in ("step_time_asymmetry_pct", "swing_time_log_ratio_pct"):
            assert "one side" in why_not(name, walked)

    def test_phase_coordination(self, side) -> None:
        steady = found("phase_coordination_index_pct", side)
        assert steady.value < 1
        assert steady.low == 0
        assert "perfect" in steady.reason
        limping = walked_of(synthetic_walk(Gait(step_share=0.56, duration_s=10.0)))
        # Every phase is 0.56 or 0.44 of 360 degrees: 12 % of 180 from 180.
        index = found("phase_coordination_index_pct", limping)
        assert index.value == pytest.approx(12, abs=0.7)
        assert "perfect" not in index.reason

    def test_phase_coordination_does_not_join_bouts(self, side) -> None:
        # Without the strides in the middle the contacts around them make no cycle.
        rest = tuple(s for s in side.strides if not 4 < s.start_s < 6)
        index = found("phase_coordination_index_pct", replace(side, strides=rest))
        assert index.value < 1


class TestVariability:
    def test_known_spread(self, side) -> None:
        # Left and right differ, but each keeps its own mean: only the 40 ms up and down count.
        walked = with_values(
            side,
            lambda s, i: {"stride_time_s": (1.1 if s.side == "left" else 1.2) + 0.04 * (-1) ** i},
        )
        expected = 0.04 * np.sqrt(16 / 14)
        assert found("stride_time_sd_s", walked).value == pytest.approx(expected)
        assert found("stride_time_cv_pct", walked).value == pytest.approx(100 * expected / 1.15)
        robust = found("stride_time_robust_cv_pct", walked)
        assert robust.value == pytest.approx(100 * 1.4826 * 0.04 / 1.15)
        assert robust.n == 16

    def test_one_odd_stride_does_not_move_the_robust_one(self, side) -> None:
        def spread(odd_s):
            walked = with_values(
                side,
                lambda s, i: {"stride_time_s": 1.1 + 0.02 * (-1) ** i + odd_s * (i == 3)},
            )
            names = ("stride_time_cv_pct", "stride_time_robust_cv_pct")
            return [found(name, walked).value for name in names]

        plain, robust = spread(0.0)
        odd_plain, odd_robust = spread(0.4)
        assert odd_plain > 2 * plain
        assert odd_robust == pytest.approx(robust, rel=0.03)

    def test_what_the_events_error_leaves_is_said(self, side) -> None:
        walked = with_values(side, lambda _, i: {"stride_time_s": 1.1 + 0.04 * np.sin(1.7 * i)})
        spread = found("stride_time_sd_s", walked)
        error_s = whole_walk(walked).event_error_s
        left_s = np.sqrt(spread.value**2 - 2 * error_s**2)
        assert f"without the error of the events it is {left_s:.3f} s" in spread.reason
        assert spread.low < left_s < spread.value < spread.high
        assert "16 strides are too few" in spread.reason

    def test_below_the_floor_nothing_can_be_told(self, side) -> None:
        spread = found("stride_time_cv_pct", side)
        assert spread.low == 0
        assert "cannot be told from steady walking" in spread.reason
        floor = camera_floor_pct(side.scene.even.rate_hz, 1.1)
        assert f"floor at 60 Hz is {floor:.1f} %" in spread.reason

    def test_strides_exactly_alike_may_still_differ_by_the_error(self, side) -> None:
        walked = with_values(side, lambda *_: {"stride_time_s": 1.1})
        spread = found("stride_time_sd_s", walked)
        error_s = whole_walk(walked).event_error_s
        assert (spread.value, spread.low) == (0, 0)
        assert spread.high == pytest.approx(np.sqrt(2) * error_s)

    def test_long_walks_are_not_called_short(self, side) -> None:
        many = tuple(replace(s, number=s.number + 100 * k) for k in range(3) for s in side.strides)
        walked = with_values(
            replace(side, strides=many), lambda _, i: {"stride_time_s": 1.1 + 0.04 * (-1) ** i}
        )
        assert "too few" not in found("stride_time_cv_pct", walked).reason

    def test_lengths_and_widths(self) -> None:
        walked = walked_of(synthetic_space_walk(Gait(duration_s=10.0)))
        walked = with_values(
            walked,
            lambda _, i: {
                "stride_length_m": 1.3 + 0.05 * (-1) ** i,
                "step_length_m": 0.65 + 0.03 * (-1) ** i,
                "step_width_m": 0.10 + 0.02 * (-1) ** i,
            },
        )
        n = len(walked.used)
        share = np.sqrt(n / (n - 2))
        for name, expected in {
            "stride_length_cv_pct": 100 * 0.05 / 1.3,
            "step_length_sd_m": 0.03,
            "step_width_sd_m": 0.02,
            "step_width_cv_pct": 20.0,
        }.items():
            assert found(name, walked).value == pytest.approx(expected * share, rel=0.03)

    def test_a_constant_step_width_has_no_spread(self) -> None:
        breadth = Breadth(step_width_m=0.12)
        walked = walked_of(synthetic_space_walk(Gait(), breadth=breadth))
        assert found("step_width_sd_m", walked).value < 0.001
        assert "below the measurable floor" in found("step_width_sd_m", walked).reason

    def test_feet_in_one_line_have_no_width_to_be_percent_of(self) -> None:
        walked = walked_of(synthetic_space_walk(Gait(duration_s=10.0)))
        crossing = with_values(walked, lambda _, i: {"step_width_m": -0.01 + 0.02 * (-1) ** i})
        assert "zero or negative" in why_not("step_width_cv_pct", crossing)
        assert found("step_width_sd_m", crossing).value > 0.01

    def test_two_strides_of_a_side_are_needed(self, side) -> None:
        first = [next(s for s in side.used if s.side == leg) for leg in ("left", "right")]
        walked = replace(side, strides=tuple(first))
        for name in ("stride_time_sd_s", "stride_time_robust_cv_pct", "step_length_sd_m"):
            assert "two strides" in why_not(name, walked)

    def test_few_strides_have_no_robust_spread(self, side) -> None:
        walked = replace(side, strides=tuple(side.used[:8]))
        assert "ten strides" in why_not("stride_time_robust_cv_pct", walked)
        assert found("stride_time_cv_pct", walked).n == 8

    def test_what_is_not_seen_says_so(self, side, front) -> None:
        assert "film from the front" in why_not("step_width_cv_pct", side)
        assert "film from the side" in why_not("stride_length_cv_pct", front)
        without = walked_of(synthetic_walk(Gait(), height_m=None))
        assert "body height" in why_not("step_length_sd_m", without)
        assert found("stride_length_cv_pct", without).value < 1


def test_what_parameters_share_is_computed_once_and_goes_with_the_walk(monkeypatch) -> None:
    calls = []
    plain = shared.stride_variability
    monkeypatch.setattr(
        shared, "stride_variability", lambda *a, **k: calls.append(a) or plain(*a, **k)
    )
    walked = walked_of(synthetic_walk(Gait()))
    for name in ("stride_time_sd_s", "stride_time_cv_pct", "stride_time_robust_cv_pct"):
        found(name, walked)
    assert len(calls) == 1
    kept = weakref.ref(whole_walk(walked))
    del walked, calls[:]
    gc.collect()
    assert kept() is None


def test_the_usual_protocol_makes_no_scalogram(protocol, monkeypatch) -> None:
    def never(*_, **__):
        raise AssertionError("a scalogram was made")

    monkeypatch.setattr(rhythm, "scalogram", never)
    assert measure(synthetic_walk(Gait()), protocol).parameters
    with pytest.raises(AssertionError, match="scalogram"):
        rhythm.dominant_frequency_hz(walked_of(synthetic_walk(Gait())))
