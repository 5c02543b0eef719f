"""Trembling is told from stepping by its power, whatever the signal is given as."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.gait.symmetry import Absent
from clinigait.gait.trembling import Trembling, candidate_episodes, trembling_ratio

RATES = [25.0, 29.97, 60.0, 120.0]
ORDERS = {"acceleration": 0, "speed": 1, "position": 2}


def _time(rate_hz, duration_s=20.0):
    return np.arange(round(duration_s * rate_hz)) / rate_hz


def _leg(time_s, stepping, trembling, motion="acceleration", step_hz=1.0, tremble_hz=5.0):
    """A leg whose acceleration is one sine of each kind."""
    total = np.zeros(len(time_s))
    for amplitude, frequency_hz in ((stepping, step_hz), (trembling, tremble_hz)):
        omega, order = 2 * np.pi * frequency_hz, ORDERS[motion]
        total += amplitude * np.sin(omega * time_s - order * np.pi / 2) / omega**order
    return total


# ------------------------------------------------------------------------------ known answers
@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("motion", ORDERS)
@pytest.mark.parametrize("trembling", [0.1, 0.5, 2.0])
def test_the_ratio_is_that_of_the_powers_of_acceleration(rate_hz, motion, trembling) -> None:
    signal = _leg(_time(rate_hz), 1.0, trembling, motion)
    found = trembling_ratio(signal, rate_hz, motion=motion)
    assert found.median == pytest.approx(trembling**2, rel=0.02, abs=0.002)
    assert found.maximum == pytest.approx(trembling**2, rel=0.03, abs=0.002)


@pytest.mark.parametrize(
    ("frequency_hz", "is_stepping"), [(0.9, True), (2.2, True), (4.0, False), (7.0, False)]
)
def test_the_bands_are_the_published_ones(frequency_hz, is_stepping) -> None:
    signal = _leg(_time(60), 1.0, 0.001, step_hz=frequency_hz, tremble_hz=5.0)
    ratio = trembling_ratio(signal, 60, motion="acceleration").median
    assert ratio < 0.05 if is_stepping else ratio > 20


def test_what_is_faster_than_both_bands_does_not_count() -> None:
    plain, with_fast = (
        trembling_ratio(_leg(_time(60), 1, 0.5) + f * np.sin(2 * np.pi * 15 * _time(60)), 60)
        for f in (0.0, 0.001)
    )
    assert with_fast.median == pytest.approx(plain.median, rel=0.1)


def test_windows_are_placed_in_time_and_the_maximum_is_where_the_leg_trembles() -> None:
    time_s = _time(60)
    trembles = (time_s > 9) & (time_s < 13)
    signal = _leg(time_s, 1, 0) + trembles * _leg(time_s, 0, 1)
    found = trembling_ratio(signal, 60, motion="acceleration", start_s=100.0)
    assert 109 < found.time_s[found.ratio.argmax()] < 113
    assert found.maximum == pytest.approx(1, abs=0.1)
    assert found.median < 0.1
    assert found.time_s[0] == pytest.approx(100 + 1.5, abs=0.02)
    assert np.diff(found.time_s) == pytest.approx(0.25)


@given(scale=st.floats(1e-2, 1e3), level=st.floats(-1e3, 1e3), speed=st.floats(-3, 3))
@settings(max_examples=25)
def test_unit_level_and_walking_forwards_do_not_matter(scale, level, speed) -> None:
    time_s = _time(30)
    signal = _leg(time_s, 1, 0.5, "position")
    plain = trembling_ratio(signal, 30)
    other = trembling_ratio(scale * (signal + level + speed * time_s), 30)
    assert other.ratio == pytest.approx(plain.ratio, rel=1e-3)


# ------------------------------------------------------------------------------- when to refuse
@pytest.mark.parametrize("rate_hz", [10.0, 15.0, 24.0])
def test_too_few_frames_per_second_are_absent(rate_hz) -> None:
    found = trembling_ratio(_leg(_time(rate_hz), 1, 0.5), rate_hz)
    assert isinstance(found, Absent)
    assert "25 frames/s" in found.reason


def test_a_film_that_is_called_25_frames_per_second_will_do() -> None:
    assert isinstance(trembling_ratio(_leg(_time(24.98), 1, 0.5), 24.98), Trembling)


def test_points_filtered_below_8_hz_are_absent() -> None:
    signal = _leg(_time(60), 1, 0.5)
    assert "6 Hz" in trembling_ratio(signal, 60, max_hz=6.0).reason
    assert isinstance(trembling_ratio(signal, 60, max_hz=8.0), Trembling)


@pytest.mark.parametrize("signal", [[], [1.0], np.ones(60), np.ones(600), np.full(600, np.nan)])
@pytest.mark.parametrize("motion", ORDERS)
def test_a_leg_that_is_not_seen_moving_is_absent(signal, motion) -> None:
    found = trembling_ratio(signal, 30.0, motion=motion)
    assert isinstance(found, Absent)
    assert found.reason


def test_windows_with_a_gap_are_marked_and_not_counted() -> None:
    signal = _leg(_time(60), 1, 0.5)
    signal[600] = np.nan
    found = trembling_ratio(signal, 60, motion="acceleration")
    around = np.abs(found.time_s - 10) < 1.4
    assert not found.usable[around].any()
    assert np.isnan(found.ratio[~found.usable]).all()
    assert found.n == found.usable.sum() < len(found.ratio)
    assert found.median == pytest.approx(0.25, rel=0.02)


def test_noise_of_a_standing_leg_has_no_ratio_when_the_least_movement_is_given() -> None:
    """A leg that steps for half of the time; the other half is noise of 1 mm/s²."""
    rng = np.random.default_rng(0)
    time_s = _time(60)
    signal = np.where(time_s < 10, _leg(time_s, 1, 0.1), rng.normal(0, 1e-3, len(time_s)))
    without, with_least = (
        trembling_ratio(signal, 60, motion="acceleration", **options)
        for options in ({}, {"least_acceleration": 0.05})
    )
    assert without.maximum > 1
    assert with_least.maximum < 0.1
    assert not with_least.usable[with_least.time_s > 12].any()


@pytest.mark.parametrize("least", [0.70, 0.72])
def test_the_least_acceleration_is_a_root_mean_square(least) -> None:
    """A sine of amplitude 1 has 0.707."""
    found = trembling_ratio(
        _leg(_time(60), 1, 1e-3), 60, motion="acceleration", least_acceleration=least
    )
    assert isinstance(found, Absent) == (least > 0.71)


@pytest.mark.parametrize("window_s", [1.0, 5.0, np.nan])
def test_impossible_windows_are_refused(window_s) -> None:
    with pytest.raises(BadInputError):
        trembling_ratio(_leg(_time(60), 1, 0.5), 60, window_s=window_s)


# ------------------------------------------------------------------------------------ episodes
def _freezing_walk(rate_hz=60.0, stops=True):
    """Walk at 1.2 m/s; from 8 to 13 s the legs tremble, and the person stops or walks on."""
    time_s = _time(rate_hz)
    frozen = (time_s > 8) & (time_s < 13)
    speed = np.where(frozen & stops, 0.05, 1.2) + 0.1 * np.sin(2 * np.pi * 1.8 * time_s)
    leg = np.where(frozen, _leg(time_s, 0.1, 1), _leg(time_s, 1, 0.1))
    return trembling_ratio(leg, rate_hz, motion="acceleration"), speed


def test_a_stop_with_trembling_is_a_candidate() -> None:
    trembling, speed = _freezing_walk()
    (episode,) = candidate_episodes(trembling, speed, 60, threshold=2.0)
    assert episode.start_s == pytest.approx(8.5, abs=0.8)
    assert episode.end_s == pytest.approx(12.5, abs=0.8)
    assert episode.peak_ratio > 10
    assert episode.mean_speed_mps < 0.3 * 1.2


def test_neither_trembling_nor_standing_alone_is_a_candidate() -> None:
    trembling, speed = _freezing_walk(stops=False)
    assert candidate_episodes(trembling, speed, 60, threshold=2.0) == ()
    calm = trembling_ratio(_leg(_time(60), 1, 0.1), 60, motion="acceleration")
    assert candidate_episodes(calm, _freezing_walk()[1], 60, threshold=2.0) == ()


def test_threshold_and_least_time_are_the_callers() -> None:
    trembling, speed = _freezing_walk()
    assert candidate_episodes(trembling, speed, 60, threshold=1e6) == ()
    assert candidate_episodes(trembling, speed, 60, threshold=2.0, least_s=8.0) == ()


def test_speed_may_have_its_own_clock_unit_and_rate() -> None:
    trembling, speed = _freezing_walk()
    plain = candidate_episodes(trembling, speed, 60, threshold=2.0)
    other = candidate_episodes(trembling, 250 * speed[120::2], 30, threshold=2.0, start_s=2.0)
    assert other[0].start_s == pytest.approx(plain[0].start_s, abs=0.1)
    assert other[0].end_s == pytest.approx(plain[0].end_s, abs=0.1)


def test_frames_without_speed_or_ratio_make_no_episode() -> None:
    trembling, speed = _freezing_walk()
    speed[480:810] = np.nan
    assert candidate_episodes(trembling, speed, 60, threshold=2.0) == ()


@pytest.mark.parametrize(
    "speed", [[], np.full(1200, np.nan), np.zeros(1200), -np.ones(1200), np.r_[np.zeros(900), 1.0]]
)
def test_without_a_usual_speed_there_is_nothing_to_compare_with(speed) -> None:
    found = candidate_episodes(_freezing_walk()[0], speed, 60, threshold=2.0)
    assert isinstance(found, Absent)
    assert found.reason


@pytest.mark.parametrize(
    "options",
    [
        {"threshold": 0.0},
        {"threshold": np.nan},
        {"threshold": 2.0, "slow_share": 1.5},
        {"threshold": 2.0, "least_s": -1.0},
    ],
)
def test_impossible_limits_are_refused(options) -> None:
    trembling, speed = _freezing_walk()
    with pytest.raises(BadInputError):
        candidate_episodes(trembling, speed, 60, **options)
