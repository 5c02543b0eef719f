"""What swings how fast, when: pictures with known answers, and none where there would be none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import BLAZEPOSE_33, Walk
from clinigait.gait.measure import measure
from clinigait.gait.time_frequency import time_frequency
from clinigait.io.protocol import load_protocol
from support.walked import found, moved, walked_of, why_not
from support.walker import PX_PER_M, Gait, synthetic_walk

_GAIT = Gait(noise_px=0.3, duration_s=9.0)


def _trembling(walk: Walk, amplitude_m: float, hz: float, *points: str) -> Walk:
    swing = amplitude_m * PX_PER_M * np.sin(2 * np.pi * hz * walk.time_s)
    return moved(walk, np.column_stack([np.zeros_like(swing), swing]), *points)


@pytest.fixture(scope="module")
def walk() -> Walk:
    return synthetic_walk(_GAIT)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_wrist_that_trembles_at_5_hz_stands_out(walk, side) -> None:
    calm = found("tremor_band_ratio", walked_of(walk))
    trembling = found("tremor_band_ratio", walked_of(_trembling(walk, 0.01, 5, f"{side}_wrist")))
    assert calm.value < 1.5
    assert calm.low < 1
    assert trembling.low > 3


@pytest.mark.parametrize("hz", [2.0, 7.0])
def test_what_swings_beside_the_band_is_no_tremor(walk, hz) -> None:
    shaking = found("tremor_band_ratio", walked_of(_trembling(walk, 0.01, hz, "left_wrist")))
    assert shaking.low < 1


@pytest.mark.parametrize("noise_px", [0.05, 1.0, 4.0])
def test_noise_of_the_keypoints_is_no_tremor(noise_px) -> None:
    noisy = walked_of(synthetic_walk(replace(_GAIT, noise_px=noise_px)))
    assert found("tremor_band_ratio", noisy).low < 1.2


def test_a_tremor_needs_time_frames_and_wrists(walk) -> None:
    short = walked_of(synthetic_walk(replace(_GAIT, duration_s=2.8)))
    assert "film a longer way" in why_not("tremor_band_ratio", short)
    slow = walked_of(synthetic_walk(replace(_GAIT, rate_hz=20.0)))
    assert "25 frames/s" in why_not("tremor_band_ratio", slow)
    lost = walk.keypoints.copy()
    for side in ("left", "right"):
        lost[:, BLAZEPOSE_33.index("wrist", side)] = np.nan
    hidden = walked_of(replace(walk, keypoints=lost))
    assert "neither wrist is seen" in why_not("tremor_band_ratio", hidden)


@pytest.mark.parametrize("cadence_spm", [90.0, 109.0, 126.0])
def test_the_strongest_frequency_of_the_hips_is_the_cadence_of_the_contacts(cadence_spm) -> None:
    gait = replace(_GAIT, stride_time_s=120 / cadence_spm)
    walked = walked_of(synthetic_walk(gait))
    stride_s = np.mean([stride.end_s - stride.start_s for stride in walked.strides if stride.used])
    seen = found("dominant_frequency_hz", walked).value
    assert 60 * seen == pytest.approx(120 / stride_s, rel=0.02)


def test_the_pictures_show_steps_strides_and_trembling_in_their_place(walk) -> None:
    late = walk.time_s > 5
    swing = 0.004 * PX_PER_M * np.sin(2 * np.pi * 5 * walk.time_s) * late
    walk = moved(walk, np.column_stack([np.zeros_like(swing), swing]), "left_ankle")
    hips, left, right = time_frequency(walked_of(walk))
    assert [p.side for p in (hips, left, right)] == ["both", "left", "right"]
    step_hz = 2 / _GAIT.stride_time_s
    strongest = np.array(hips.amplitude)[:, 20:-20].mean(axis=1)
    below_3 = np.array(hips.frequency_hz) < 3
    at = np.array(hips.frequency_hz)[below_3][strongest[below_3].argmax()]
    assert at == pytest.approx(step_hz, rel=0.1)
    row = int(np.argmin(np.abs(np.array(left.frequency_hz) - 5)))
    excess = np.array(left.amplitude[row]) - np.array(right.amplitude[row])
    times = np.array(left.time_s)
    assert excess[times > 5.5].mean() > 5 * abs(excess[times < 4.5].mean())


def test_the_cone_of_influence_is_kept_with_the_picture(walk) -> None:
    hips = time_frequency(walked_of(walk))[0]
    for hz, span in zip(hips.frequency_hz, hips.trusted_s, strict=True):
        reach_s = np.sqrt(2) * 3 / (2 * np.pi * hz)
        assert span[0] - hips.time_s[0] == pytest.approx(reach_s, abs=0.03)


def test_where_the_ends_spoil_the_strides_there_is_no_picture() -> None:
    assert time_frequency(walked_of(synthetic_walk(replace(_GAIT, duration_s=2.3)))) == ()


def test_protocols_that_ask_for_trembling_get_pictures(walk) -> None:
    protocol = load_protocol("walk_sagittal")
    assert len(measure(walk, protocol).time_frequency) == 3
    without = replace(protocol, parameters=("cadence_spm",))
    assert measure(walk, without).time_frequency == ()
