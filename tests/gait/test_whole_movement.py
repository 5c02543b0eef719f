"""Regularity, rhythm, arms and shape of curves of a whole walk: known answers and reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import COCO_17, Depth, KeypointLayout, Space, Walk
from clinigait.gait.norms import speed_matched_curve
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.pace import speed_without_unit
from clinigait.gait.whole.shared import whole_walk
from support.walked import found, moved, walked_of, why_not
from support.walker import (
    PX_PER_M,
    Breadth,
    Gait,
    pictured,
    synthetic_space_walk,
    synthetic_walk,
)

_NOISE = Gait(noise_px=0.5, duration_s=9.0)
_CURVES = ("hip_flexion_deg", "knee_flexion_deg", "ankle_dorsiflexion_deg")
_HARMONIC = ("harmonic_ratio_vertical", "harmonic_ratio_forward", "harmonic_ratio_lateral")


@pytest.fixture(scope="module")
def side() -> WalkedBouts:
    return walked_of(synthetic_walk(_NOISE))


@pytest.fixture(scope="module")
def front() -> WalkedBouts:
    space = synthetic_space_walk(_NOISE, heading_deg=-90, space=Space.CAMERA_M)
    return walked_of(pictured(space))


def _guessed(heading_deg: float) -> WalkedBouts:
    return walked_of(
        synthetic_space_walk(
            Gait(noise_px=0.2),
            COCO_17,
            heading_deg=heading_deg,
            space=Space.CAMERA_M,
            depth=Depth.INFERRED,
        )
    )


def _swinging(walk: Walk, amplitude_m: float, harmonic: int) -> Walk:
    """Let the whole body go up and down as well, so often in a stride of 1.1 s."""
    up = amplitude_m * np.cos(2 * np.pi * harmonic * walk.time_s / 1.1 + 0.3)
    flat = np.zeros_like(up)
    if walk.space is Space.IMAGE_PX:
        return moved(walk, np.column_stack([flat, -PX_PER_M * up]))
    return moved(walk, np.column_stack([flat, flat, up]))


class TestRegularity:
    def test_a_steady_walk_is_regular(self, side) -> None:
        for name in ("step_regularity", "stride_regularity"):
            likeness = found(name, side)
            assert likeness.value > 0.85
            assert likeness.high <= 1
            assert likeness.n == 7  # whole ones: the ends are lost in the differences

    def test_a_limp_takes_the_likeness_of_steps_not_of_strides(self, side) -> None:
        # The limp accelerates the body as much as the steps do: 4 x 0.02 m against 1 x 0.08 m.
        limp = walked_of(_swinging(synthetic_walk(_NOISE), 0.08, 1))
        assert found("stride_regularity", limp).value > 0.85
        assert found("step_regularity", limp).value < 0.4

    def test_noise_lowers_it(self, side) -> None:
        noisy = walked_of(synthetic_walk(replace(_NOISE, noise_px=3.0)))
        name = "stride_regularity"
        assert found(name, noisy).value < found(name, side).value - 0.1

    def test_short_walks_say_what_they_need(self) -> None:
        short = walked_of(synthetic_walk(Gait(duration_s=3.2)))
        for name in ("step_regularity", "stride_regularity"):
            assert "3 strides are needed" in why_not(name, short)
        assert "three whole strides" in why_not("harmonic_ratio_forward", short)

    def test_a_vertical_ratio_of_known_amplitudes(self) -> None:
        # Accelerations: 4 x 0.02 m at two in a stride against 1 x 0.01 m at one.
        walked = walked_of(_swinging(synthetic_walk(Gait(duration_s=9.0)), 0.01, 1))
        ratio = found("harmonic_ratio_vertical", walked)
        assert ratio.value == pytest.approx(8, rel=0.1)
        assert "6 harmonics" in ratio.reason

    def test_a_sideways_ratio_of_known_amplitudes(self) -> None:
        gait = Gait(duration_s=9.0)
        walk = synthetic_space_walk(gait, breadth=Breadth(pelvis_sway_m=0.02))
        to_left = 0.001 * np.cos(4 * np.pi * walk.time_s / gait.stride_time_s)
        flat = np.zeros_like(to_left)
        walked = walked_of(moved(walk, np.column_stack([flat, to_left, flat])))
        # Accelerations: 1 x 0.02 m at one in a stride against 4 x 0.001 m at two.
        ratio = found("harmonic_ratio_lateral", walked)
        assert ratio.value == pytest.approx(5, rel=0.1)

    def test_nothing_is_made_of_what_is_not_measured(self, side, front) -> None:
        forward, lateral = _HARMONIC[1:]
        assert "film from the front" in why_not(lateral, side)
        assert "film from the side" in why_not(forward, front)
        assert found(lateral, front).value > 1
        towards, across = _guessed(-90), _guessed(0)
        assert "guessed" in why_not(forward, towards)
        assert found(lateral, towards).value > 1
        assert "guessed" in why_not(lateral, across)

    def test_on_a_treadmill_the_pelvis_does_not_travel(self) -> None:
        walk = synthetic_walk(_NOISE)
        hips = [walk.layout.index("hip", side) for side in ("left", "right")]
        way = walk.keypoints[:, hips, 0].mean(axis=1)
        back = np.column_stack([way.mean() - way, np.zeros_like(way)])
        walked = walked_of(moved(walk, back), surface="treadmill")
        assert "treadmill" in why_not("harmonic_ratio_forward", walked)
        assert found("harmonic_ratio_vertical", walked).value > 2


class TestRhythm:
    @pytest.mark.parametrize("stride_time_s", [0.95, 1.1, 1.4])
    def test_the_pelvis_goes_up_and_down_with_the_steps(self, stride_time_s) -> None:
        gait = Gait(stride_time_s=stride_time_s, duration_s=9.0)
        frequency = found("dominant_frequency_hz", walked_of(synthetic_walk(gait)))
        assert frequency.value == pytest.approx(2 / stride_time_s, rel=0.02)
        assert frequency.low < 2 / stride_time_s < frequency.high

    def test_short_walks_are_all_edge(self) -> None:
        reason = why_not("dominant_frequency_hz", walked_of(synthetic_walk(Gait(duration_s=3.2))))
        assert "effect of the ends" in reason

    def test_trembling_ankles_are_seen(self) -> None:
        walk = synthetic_walk(Gait(noise_px=0.05))
        calm = found("trembling_ratio", walked_of(walk))
        tremor = 0.005 * PX_PER_M * np.sin(2 * np.pi * 5 * walk.time_s)
        up = np.column_stack([np.zeros_like(tremor), -tremor])
        trembling = walked_of(moved(walk, up, "left_ankle", "right_ankle"))
        assert found("trembling_ratio", trembling).value > 1.5 * calm.value
        assert "highest window" in calm.reason

    def test_the_recorded_points_are_used_not_the_filtered_ones(self) -> None:
        walk = synthetic_walk(Gait(noise_px=0.05))
        tremor = 0.005 * PX_PER_M * np.sin(2 * np.pi * 7.5 * walk.time_s)
        up = np.column_stack([np.zeros_like(tremor), -tremor])
        fast = walked_of(moved(walk, up, "left_ankle", "right_ankle"))
        # 7.5 Hz lies above the filter's 6 Hz: 11 m/s² of it against about 8 m/s² of walking.
        assert (
            found("trembling_ratio", fast).value
            > found("trembling_ratio", walked_of(walk)).value + 1
        )

    def test_noise_is_not_sold_as_trembling(self) -> None:
        some = found("trembling_ratio", walked_of(synthetic_walk(Gait(noise_px=0.5))))
        assert "noise of the keypoints makes about" in some.reason
        assert some.low < some.value / 2
        much = walked_of(synthetic_walk(Gait(noise_px=3.0)))
        assert "noise of the keypoints makes" in why_not("trembling_ratio", much)

    def test_slow_films_do_not_show_it(self) -> None:
        walked = walked_of(synthetic_walk(Gait(rate_hz=22.0)))
        assert "25 frames/s" in why_not("trembling_ratio", walked)

    def test_short_walks_have_no_window(self) -> None:
        walked = walked_of(synthetic_walk(Gait(duration_s=2.8)))
        assert "window" in why_not("trembling_ratio", walked)

    def test_long_gaps_are_not_made_up(self) -> None:
        walk = synthetic_walk(Gait(noise_px=0.05))
        keypoints = walk.keypoints.copy()
        # Every second there are nine frames without an ankle: too long for a tremor to be known.
        lost = (np.arange(len(walk)) % 60) < 9
        for leg in ("left", "right"):
            keypoints[lost, walk.layout.index("ankle", leg)] = np.nan
        walked = walked_of(replace(walk, keypoints=keypoints))
        assert "whole window" in why_not("trembling_ratio", walked)


def _with_arms(walk: Walk, left_share: float, right_share: float) -> Walk:
    """Let each wrist swing by a share of what it does, forwards and back under its shoulder."""
    keypoints = walk.keypoints.copy()
    for leg, share in (("left", left_share), ("right", right_share)):
        wrist = walk.layout.index("wrist", leg)
        from_shoulder = keypoints[:, wrist] - keypoints[:, walk.layout.index("shoulder", leg)]
        swing = share * np.arctan2(from_shoulder[:, 0], from_shoulder[:, 1])
        length = np.linalg.norm(from_shoulder, axis=1)
        keypoints[:, wrist] -= from_shoulder
        keypoints[:, wrist] += length[:, None] * np.column_stack([np.sin(swing), np.cos(swing)])
    return replace(walk, keypoints=keypoints)


class TestArms:
    def test_an_arm_that_swings_half_as_far(self) -> None:
        walked = walked_of(_with_arms(synthetic_walk(Gait()), 0.5, 1.0))
        asymmetry = found("arm_swing_asymmetry_pct", walked)
        expected = 100 * (45 - np.degrees(np.arctan2(0.5, 1.0))) / 90
        assert asymmetry.value == pytest.approx(expected, abs=1)
        assert asymmetry.low > 0

    def test_equal_arms_may_be_equal(self, side) -> None:
        asymmetry = found("arm_swing_asymmetry_pct", side)
        assert asymmetry.low < 0 < asymmetry.high

    def test_still_arms_have_neither_asymmetry_nor_phase(self) -> None:
        walked = walked_of(_with_arms(synthetic_walk(Gait()), 0.02, 0.02))
        assert "neither arm swings" in why_not("arm_swing_asymmetry_pct", walked)
        assert "has no phase" in why_not("arm_leg_phase_deg", walked)

    def test_arms_go_with_the_opposite_leg_or_with_their_own(self) -> None:
        walk = synthetic_walk(Gait())
        usual = found("arm_leg_phase_deg", walked_of(walk))
        assert abs(usual.value) < 30
        ambling = found("arm_leg_phase_deg", walked_of(_with_arms(walk, -1.0, -1.0)))
        assert abs(ambling.value - usual.value) == pytest.approx(180, abs=2)

    def test_arms_that_swing_together_have_no_common_phase(self) -> None:
        walked = walked_of(_with_arms(synthetic_walk(Gait()), 1.0, -1.0))
        assert "different phases" in why_not("arm_leg_phase_deg", walked)

    def test_the_reason_names_what_is_missing(self, front) -> None:
        walk = synthetic_walk(Gait())
        names = [n for n in walk.layout.points if "wrist" not in n]
        kept = [walk.layout.index(n) for n in names]
        armless = replace(
            walk,
            keypoints=walk.keypoints[:, kept],
            confidence=walk.confidence[:, kept],
            layout=KeypointLayout("armless", tuple(names)),
        )
        for name in ("arm_swing_asymmetry_pct", "arm_leg_phase_deg"):
            assert "film from the side" in why_not(name, front)
            assert "no wrists" in why_not(name, walked_of(armless))


def _with_curves(walked: WalkedBouts, added) -> WalkedBouts:
    """Give every stride the joint curves of the reference plus something else."""
    speed = speed_without_unit(whole_walk(walked))
    cycles = {}
    for stride in walked.used:
        cycles[stride.number] = {
            name: np.interp(
                np.arange(101), np.arange(0, 101, 2), speed_matched_curve(name, speed)[0]
            ) + added(stride, name)
            for name in _CURVES
        }  # fmt: skip
    return replace(walked, cycles=cycles)


class TestShape:
    name = "sagittal_shape_deviation_deg"

    def test_an_offset_of_a_whole_curve_is_no_deviation(self, side) -> None:
        offset = {"hip_flexion_deg": 12.0, "knee_flexion_deg": -5.0, "ankle_dorsiflexion_deg": 8.0}
        walked = _with_curves(side, lambda _, name: offset[name])
        deviation = found(self.name, walked)
        assert deviation.value == pytest.approx(0, abs=1e-9)
        assert deviation.low == 0
        assert deviation.high > 1

    def test_a_known_deviation_of_one_side(self, side) -> None:
        wave = np.sqrt(2) * 6 * np.sin(2 * np.pi * np.arange(101) / 102)
        walked = _with_curves(side, lambda stride, _: wave if stride.side == "right" else 0.0)
        deviation = found(self.name, walked)
        assert deviation.value == pytest.approx(6 / np.sqrt(2), rel=0.01)
        assert deviation.reason.startswith("left 0.0 and right 6.0 degrees")
        assert "shape only" in deviation.reason
        assert deviation.n == len(walked.used)

    def test_strides_that_differ_widen_the_interval(self, side) -> None:
        wave = np.sin(2 * np.pi * np.arange(101) / 102)
        alike = found(self.name, _with_curves(side, lambda *_: 10 * wave))
        mixed = _with_curves(side, lambda stride, _: (10 + 8 * (-1) ** (stride.number // 2)) * wave)
        unlike = found(self.name, mixed)
        assert unlike.high - unlike.low > 1.5 * (alike.high - alike.low)

    def test_what_it_needs(self, side, front) -> None:
        assert "film from the side" in why_not(self.name, front)
        without_scale = walked_of(synthetic_walk(Gait(), height_m=None))
        assert "body height" in why_not(self.name, without_scale)
        assert "no heel and toe" in why_not(self.name, walked_of(synthetic_walk(Gait(), COCO_17)))
        unseen = replace(side, cycles={})
        assert "two strides" in why_not(self.name, unseen)
