"""A sine of amplitude 1 shows as 1 at its frequency, and edges are never believed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.gait.symmetry import Absent
from clinigait.gait.wavelets import (
    Scalogram,
    band_power,
    cone_of_influence_s,
    dominant_frequency_hz,
    harmonic_amplitudes,
    scalogram,
)


def _time(rate_hz, duration_s=12.0):
    return np.arange(round(duration_s * rate_hz)) / rate_hz


def _sine(frequency_hz, rate_hz=60.0, duration_s=12.0, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * frequency_hz * _time(rate_hz, duration_s) + 0.4)


def _at(picture, frequency_hz):
    """Amplitude in the middle of the window, at the nearest frequency."""
    row = np.argmin(np.abs(picture.frequency_hz - frequency_hz))
    return picture.amplitude[row, picture.amplitude.shape[1] // 2]


# ------------------------------------------------------------------------------- calibration
@pytest.mark.parametrize("rate_hz", [25.0, 29.97, 60.0, 120.0])
@pytest.mark.parametrize("omega0", [3.0, 4.0, 6.0])
@pytest.mark.parametrize("frequency_hz", [0.9, 2.0, 5.0, 7.9])
def test_a_unit_sine_shows_as_one_at_its_frequency(rate_hz, omega0, frequency_hz) -> None:
    picture = scalogram(
        _sine(frequency_hz, rate_hz),
        rate_hz,
        omega0=omega0,
        low_hz=frequency_hz / 2,
        high_hz=2 * frequency_hz,
        n_frequencies=3,
    )
    assert picture.frequency_hz[1] == pytest.approx(frequency_hz)
    assert _at(picture, frequency_hz) == pytest.approx(1, abs=0.03 if omega0 == 3 else 0.005)
    believed = picture.amplitude[1][picture.trusted[1]]
    assert np.abs(believed - 1).max() < 0.16


@pytest.mark.parametrize("omega0", [3.0, 4.0, 6.0])
def test_the_wavelet_is_the_morlet_of_that_omega0(omega0) -> None:
    """Its response to a sine of another frequency is exp(-(ω0 f/f' - ω0)² / 2)."""
    picture = scalogram(_sine(1.0, 60, 30), 60, omega0=omega0)
    shown = picture.amplitude[:, 900]
    expected = np.exp(-0.5 * (omega0 / picture.frequency_hz - omega0) ** 2)
    near = picture.frequency_hz < 2
    assert shown[near] == pytest.approx(expected[near], abs=0.025)


def test_amplitudes_add_no_power_of_scale() -> None:
    """Equal sines at 1 and at 6 Hz show equally high, which energies would not."""
    picture = scalogram(_sine(1) + _sine(6), 60, omega0=6)
    assert _at(picture, 1) == pytest.approx(_at(picture, 6), rel=0.02)


@given(scale=st.floats(1e-3, 1e3), level=st.floats(-1e3, 1e3), slope=st.floats(-10, 10))
@settings(max_examples=20)
def test_level_and_drift_do_not_show_and_the_unit_scales(scale, level, slope) -> None:
    plain = scalogram(_sine(1.5, 30), 30)
    other = scalogram(scale * _sine(1.5, 30) + level + slope * _time(30), 30)
    assert other.amplitude == pytest.approx(scale * plain.amplitude, abs=1e-5 * scale + 1e-7)


def test_a_change_of_tempo_is_placed_in_time() -> None:
    time_s = _time(60, 20)
    picture = scalogram(np.where(time_s < 10, _sine(1, 60, 20), _sine(4, 60, 20)), 60)
    early, late = picture.time_s < 8, picture.time_s > 12
    mean = [picture.amplitude[:, part].mean(axis=1) for part in (early, late)]
    top = [picture.frequency_hz[m.argmax()] for m in mean]
    assert top == pytest.approx([1, 4], rel=0.05)


# -------------------------------------------------------------------------------- the picture
def test_the_grid_is_logarithmic_and_stays_below_the_rate() -> None:
    slow, fast = scalogram(_sine(1, 12), 12), scalogram(_sine(1, 60), 60)
    assert fast.frequency_hz[[0, -1]] == pytest.approx([0.5, 8])
    assert np.ptp(np.diff(np.log(fast.frequency_hz))) < 1e-9
    assert slow.frequency_hz.max() < 0.8 * 6
    assert set(slow.frequency_hz) < set(fast.frequency_hz)
    assert fast.amplitude.shape == fast.trusted.shape == (32, 720)
    assert scalogram(_sine(1), 60, start_s=5.0).time_s[[0, -1]] == pytest.approx([5, 5 + 719 / 60])


@pytest.mark.parametrize("omega0", [3.0, 6.0])
def test_the_cone_of_influence_is_the_published_one(omega0) -> None:
    """sqrt(2) s: 1.35 s at 1 Hz for 6, 0.68 s for 3; and the mask has just that reach."""
    assert cone_of_influence_s(1.0, omega0) == pytest.approx(1.3504 * omega0 / 6, abs=1e-3)
    picture = scalogram(_sine(1, 60), 60, omega0=omega0)
    for row, reach_s in enumerate(cone_of_influence_s(picture.frequency_hz, omega0)):
        trusted_s = picture.time_s[picture.trusted[row]]
        if not len(trusted_s):
            assert reach_s > 12 / 2 - 1 / 60
            continue
        assert trusted_s[0] == pytest.approx(reach_s, abs=1 / 60 + 1e-9)
        assert trusted_s[-1] == pytest.approx(picture.time_s[-1] - reach_s, abs=1 / 60 + 1e-9)


def test_what_happens_at_the_edge_does_not_reach_trusted_cells() -> None:
    """Half a second of standing at the end: beyond the cone before it, less than 1/e changes."""
    other = _sine(1)
    other[-30:] = 0
    plain, spoilt = scalogram(_sine(1), 60), scalogram(other, 60)
    row = np.argmin(np.abs(plain.frequency_hz - 1))
    change = np.abs(plain.amplitude[row] - spoilt.amplitude[row])
    seen_s = plain.time_s[-31] - cone_of_influence_s(1.0)
    assert change[plain.time_s < seen_s].max() < np.exp(-1)
    assert change[plain.time_s < seen_s - 1].max() < 0.02


# --------------------------------------------------------------------------------------- gaps
def test_short_gaps_are_bridged_and_their_frames_not_trusted() -> None:
    signal = _sine(1)
    signal[300:308] = np.nan
    found, plain = scalogram(signal, 60), scalogram(_sine(1), 60)
    assert not found.trusted[:, 300:308].any()
    assert (found.trusted[:, 308:] == plain.trusted[:, 308:]).all()
    assert _at(found, 1) == pytest.approx(_at(plain, 1), abs=0.03)


def test_long_gaps_spoil_their_surroundings_like_an_end() -> None:
    signal = _sine(1)
    signal[300:360] = np.nan
    found = scalogram(signal, 60)
    row = np.argmin(np.abs(found.frequency_hz - 2))
    reach_s = cone_of_influence_s(found.frequency_hz[row])
    inside = (found.time_s > 299 / 60 - reach_s + 0.02) & (found.time_s < 360 / 60 + reach_s - 0.02)
    assert not found.trusted[row, inside].any()
    assert found.trusted[row, found.time_s < 299 / 60 - reach_s - 0.02].any()


def test_before_and_after_the_walk_there_is_nothing() -> None:
    signal = np.concatenate([np.full(60, np.nan), _sine(1), np.full(30, np.nan)])
    found, plain = scalogram(signal, 60), scalogram(_sine(1), 60)
    assert np.isnan(found.amplitude[:, :60]).all()
    assert found.amplitude[:, 60:780] == pytest.approx(plain.amplitude)
    assert (found.trusted[:, 60:780] == plain.trusted).all()
    assert not found.trusted[:, :60].any()
    assert not found.trusted[:, 780:].any()


# --------------------------------------------------------------------------- what is read off
@pytest.mark.parametrize("frequency_hz", [0.7, 0.95, 1.9, 3.3, 5.0])
@pytest.mark.parametrize("rate_hz", [30.0, 60.0])
def test_the_dominant_frequency_is_found_between_those_of_the_grid(frequency_hz, rate_hz) -> None:
    picture = scalogram(_sine(frequency_hz, rate_hz), rate_hz)
    assert dominant_frequency_hz(picture, 0.5, 7.5) == pytest.approx(frequency_hz, rel=0.015)


def test_the_dominant_frequency_keeps_to_its_range() -> None:
    picture = scalogram(_sine(1) + 0.3 * _sine(5), 60)
    assert dominant_frequency_hz(picture) == pytest.approx(1, rel=0.01)
    assert dominant_frequency_hz(picture, 3, 7) == pytest.approx(5, rel=0.02)


@pytest.mark.parametrize("omega0", [3.0, 4.0, 6.0])
def test_a_window_shorter_than_the_cone_gives_no_number(omega0) -> None:
    """60 frames at 25 Hz and 1 Hz: with ω0 = 6 nothing of the window is free of its ends."""
    picture = scalogram(_sine(1.0, 25, 2.4), 25, omega0=omega0)
    for found in (
        dominant_frequency_hz(picture, 0.5, 8),
        band_power(picture, 0.5, 3),
        harmonic_amplitudes(picture, 0.8, 3),
    ):
        assert isinstance(found, Absent)
        assert "s without a long gap" in found.reason
    assert isinstance(band_power(picture, 3, 8), float)


def test_the_reason_names_a_window_that_is_long_enough() -> None:
    short = band_power(scalogram(_sine(1.0, 25, 2.4), 25), 0.5, 3)
    needed_s = float(short.reason.split(" needs ")[1].split(" s ")[0])
    assert isinstance(band_power(scalogram(_sine(1, 25, needed_s + 0.15), 25), 0.5, 3), float)
    assert isinstance(band_power(scalogram(_sine(1, 25, needed_s - 0.3), 25), 0.5, 3), Absent)


@pytest.mark.parametrize(("frequency_hz", "amplitude"), [(1.2, 1.0), (4.5, 2.0)])
def test_band_power_is_the_mean_square_of_a_sine(frequency_hz, amplitude) -> None:
    picture = scalogram(_sine(frequency_hz, 60, 20, amplitude), 60, omega0=6)
    stepping, trembling = band_power(picture, 0.5, 2.5), band_power(picture, 2.5, 7.5)
    inside, outside = (stepping, trembling) if frequency_hz < 3 else (trembling, stepping)
    assert inside == pytest.approx(amplitude**2 / 2, rel=0.04)
    assert outside < 0.02 * inside


def test_band_power_of_noise_is_its_share_of_the_spectrum() -> None:
    noise = np.random.default_rng(0).normal(0, 1, 60 * 120)
    picture = scalogram(noise, 60)
    assert band_power(picture, 1, 3) == pytest.approx(2 / 30, rel=0.15)
    assert band_power(picture, 3, 7) == pytest.approx(4 / 30, rel=0.15)


@pytest.mark.parametrize("omega0", [4.0, 6.0])
def test_harmonics_are_parted(omega0) -> None:
    parts = (1.0, 0.5, 0.0, 0.2)
    signal = sum(a * _sine(1.1 * k, 60, 20) for k, a in enumerate(parts, start=1))
    found = harmonic_amplitudes(scalogram(signal, 60, omega0=omega0), 1.1, 4)
    assert found == pytest.approx(parts, abs=0.06)


def test_harmonics_end_with_the_picture() -> None:
    picture = scalogram(_sine(3, 60, 20), 60)
    assert len(harmonic_amplitudes(picture, 3.0, 20)) == 2
    assert isinstance(harmonic_amplitudes(picture, 9.0, 2), Absent)
    assert isinstance(harmonic_amplitudes(picture, 0.3, 2), Absent)


# ---------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize("signal", [[], [1.0], np.full(100, np.nan), [np.nan, 2.0, np.inf]])
def test_nothing_seen_is_absent(signal) -> None:
    assert isinstance(scalogram(signal, 30), Absent)


def test_a_rate_too_low_for_every_frequency_is_absent() -> None:
    assert isinstance(scalogram(np.arange(50.0), 1.0), Absent)


@pytest.mark.parametrize("signal", [np.ones(600), np.arange(600.0), np.zeros(600)])
def test_a_joint_that_does_not_swing_has_no_frequency_and_no_power(signal) -> None:
    picture = scalogram(signal, 60)
    assert isinstance(dominant_frequency_hz(picture), Absent)
    assert isinstance(harmonic_amplitudes(picture, 1.0, 3), Absent)
    assert band_power(picture, 1, 3) == 0


def test_a_peak_outside_of_the_range_is_no_peak() -> None:
    assert isinstance(dominant_frequency_hz(scalogram(_sine(1), 60), 2, 7), Absent)


@pytest.mark.parametrize("band", [(0.2, 3), (3, 12), (3, 3), (5, 3), (np.nan, 3), (1.01, 1.02)])
def test_a_band_outside_of_the_picture_is_absent(band) -> None:
    assert isinstance(band_power(scalogram(_sine(1, 60, 20), 60), *band), Absent)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), max_size=120), st.floats(5, 120))
@settings(max_examples=40, deadline=None)
def test_any_signal_gives_numbers_or_a_reason(signal, rate_hz) -> None:
    picture = scalogram(signal, rate_hz)
    if not isinstance(picture, Scalogram):
        assert picture.reason
        return
    assert np.isfinite(picture.amplitude[picture.trusted]).all()
    for found in (dominant_frequency_hz(picture), band_power(picture, 1, 1.9)):
        assert found.reason if isinstance(found, Absent) else np.isfinite(found)


@pytest.mark.parametrize(
    "options",
    [
        {"omega0": 1.0},
        {"omega0": np.nan},
        {"low_hz": 0.0},
        {"low_hz": 5.0, "high_hz": 2.0},
        {"n_frequencies": 1},
    ],
)
def test_impossible_settings_are_refused(options) -> None:
    with pytest.raises(BadInputError):
        scalogram(_sine(1), 60, **options)


def test_impossible_harmonics_are_refused() -> None:
    picture = scalogram(_sine(1), 60)
    for fundamental_hz, n in ((0.0, 3), (np.nan, 3), (1.0, 0)):
        with pytest.raises(BadInputError):
            harmonic_amplitudes(picture, fundamental_hz, n)
