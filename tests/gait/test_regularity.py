"""Known signals of the trunk have known regularity and harmonics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.gait.regularity import even_signal, harmonic_ratio, over_strides, step_regularity
from clinigait.gait.symmetry import Absent

STRIDE_S = 1.1
RATES = [25.0, 29.97, 60.0, 100.0]


def _time(rate_hz, duration_s=11.0):
    return np.arange(round(duration_s * rate_hz)) / rate_hz


def _sum(time_s, amplitudes, order=0):
    """Harmonics 1, 2, … of the stride, each with its own phase, integrated ``order`` times."""
    total = np.zeros(len(time_s))
    for k, amplitude in enumerate(amplitudes, start=1):
        omega = 2 * np.pi * k / STRIDE_S
        total += amplitude * np.cos(omega * time_s + 0.7 * k - order * np.pi / 2) / omega**order
    return total


def _strides(n=8, first_s=0.4):
    start = first_s + STRIDE_S * np.arange(n)
    return np.column_stack([start, start + STRIDE_S])


def _ratio(signal, rate_hz, direction="vertical", **more):
    options = {"max_hz": np.inf, **more}
    return harmonic_ratio(signal, rate_hz, _strides(), direction=direction, **options)


# ---------------------------------------------------------------------------- autocorrelation
@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("kind", ["acceleration", "position"])
def test_equal_steps_are_perfectly_regular_and_symmetric(rate_hz, kind) -> None:
    time_s = _time(rate_hz)
    signal = _sum(time_s, [0, 1, 0, 0.3], order=2 if kind == "position" else 0)
    found = step_regularity(signal, rate_hz, STRIDE_S, kind=kind)
    assert found.step == pytest.approx(1, abs=0.03)
    assert found.stride == pytest.approx(1, abs=0.03)
    assert found.ratio == pytest.approx(1, abs=0.03)
    assert found.stride_time_s == pytest.approx(STRIDE_S, abs=0.01)
    assert found.step_time_s == pytest.approx(STRIDE_S / 2, abs=0.01)


@pytest.mark.parametrize("odd", [0.2, 0.5, 1.0])
def test_unequal_steps_have_the_step_regularity_of_theory(odd) -> None:
    """The autocorrelation of a sum of waves is the sum of cosines weighted by their power."""
    found = step_regularity(_sum(_time(100, 66), [odd, 1]), 100, STRIDE_S)
    lag = np.linspace(0.35, 0.65, 3001)
    theory = (odd**2 * np.cos(2 * np.pi * lag) + np.cos(4 * np.pi * lag)) / (1 + odd**2)
    assert found.step == pytest.approx(theory.max(), abs=0.02)
    assert found.step_time_s == pytest.approx(lag[theory.argmax()] * STRIDE_S, abs=0.01)
    assert found.stride == pytest.approx(1, abs=0.01)


def test_a_step_without_a_peak_is_read_at_half_the_stride() -> None:
    found = step_regularity(_sum(_time(100, 66), [1.0]), 100, STRIDE_S)
    assert found.step == pytest.approx(-1, abs=0.01)
    assert found.ratio == pytest.approx(-1, abs=0.01)


def test_noise_lowers_regularity_by_its_share_of_the_power() -> None:
    rng = np.random.default_rng(1)
    time_s = _time(100, 110)
    found = step_regularity(_sum(time_s, [0, 1]) + rng.normal(0, 0.5, len(time_s)), 100, STRIDE_S)
    assert found.stride == pytest.approx(0.5 / 0.75, abs=0.04)


def test_gaps_are_left_out_not_filled() -> None:
    time_s = _time(60, 22)
    whole = _sum(time_s, [0.3, 1, 0.2])
    holed = whole.copy()
    holed[200:260] = np.nan
    holed[5] = np.inf
    found, plain = (step_regularity(s, 60, STRIDE_S) for s in (holed, whole))
    assert found.stride == pytest.approx(plain.stride, abs=0.02)
    assert found.step == pytest.approx(plain.step, abs=0.02)


@given(scale=st.floats(1e-3, 1e4), shift=st.floats(-1e3, 1e3))
@settings(max_examples=30)
def test_unit_and_gravity_do_not_matter(scale, shift) -> None:
    signal = _sum(_time(60), [0.3, 1, 0.2])
    plain = step_regularity(signal, 60, STRIDE_S)
    other = step_regularity(scale * (signal + shift), 60, STRIDE_S)
    assert other.step == pytest.approx(plain.step, abs=1e-6)
    assert other.stride == pytest.approx(plain.stride, abs=1e-6)


def test_the_walk_forwards_does_not_matter_for_positions() -> None:
    time_s = _time(60)
    swing = _sum(time_s, [0.1, 1], order=2)
    plain, moving = (
        step_regularity(s, 60, STRIDE_S, kind="position") for s in (swing, swing + 1.3 * time_s)
    )
    assert moving.step == pytest.approx(plain.step, abs=1e-6)


@pytest.mark.parametrize(
    "signal",
    [
        [],
        [1.0],
        np.ones(600),
        np.full(600, np.nan),
        _sum(_time(60, 2.5), [0, 1]),
        np.where(np.arange(600) < 120, _sum(_time(60, 10), [0, 1]), np.nan),
        np.arange(600.0),
    ],
)
@pytest.mark.parametrize("kind", ["acceleration", "position"])
def test_too_little_to_compare_is_absent(signal, kind) -> None:
    found = step_regularity(signal, 60.0, STRIDE_S, kind=kind)
    assert isinstance(found, Absent)
    assert found.reason


def test_a_walk_that_never_repeats_has_no_ratio() -> None:
    rng = np.random.default_rng(11)
    found = step_regularity(rng.normal(0, 1, 6000), 60.0, STRIDE_S)
    assert isinstance(found, Absent) or isinstance(found.ratio, Absent)


# ------------------------------------------------------------------------------ harmonic ratio
@pytest.mark.parametrize("rate_hz", RATES)
def test_the_ratio_is_that_of_the_amplitudes(rate_hz) -> None:
    """Even 1 + 0.5 + 0.1, odd 0.2 + 0.1 + 0.1; the highest is at 5.5 Hz."""
    signal = _sum(_time(rate_hz), [0.2, 1, 0.1, 0.5, 0.1, 0.1])
    assert _ratio(signal, rate_hz).ratio == pytest.approx(1.6 / 0.4, rel=0.02)
    assert _ratio(signal, rate_hz, "forward").ratio == pytest.approx(1.6 / 0.4, rel=0.02)
    assert _ratio(signal, rate_hz, "sideways").ratio == pytest.approx(0.4 / 1.6, rel=0.02)


@pytest.mark.parametrize("rate_hz", [25.0, 30.0, 60.0, 120.0])
def test_positions_give_the_ratio_of_their_accelerations(rate_hz) -> None:
    time_s = _time(rate_hz)
    amplitudes = [0.2, 1, 0.1, 0.3]
    found = _ratio(_sum(time_s, amplitudes, order=2) + time_s, rate_hz, kind="position", max_hz=4)
    assert found.n_harmonics == 4
    assert found.ratio == pytest.approx(1.3 / 0.3, rel=0.03)


def test_the_share_is_one_of_power() -> None:
    found = _ratio(_sum(_time(100), [0.5, 1]), 100)
    assert found.share_pct == pytest.approx(80, abs=0.1)
    assert _ratio(_sum(_time(100), [0.5, 1]), 100, "sideways").share_pct == pytest.approx(
        20, abs=0.1
    )


@pytest.mark.parametrize(
    ("rate_hz", "max_hz", "kind", "expected"),
    [
        (100.0, np.inf, "acceleration", 20),
        (100.0, 10.0, "acceleration", 10),
        (100.0, 6.0, "acceleration", 6),
        (25.0, np.inf, "acceleration", 10),
        (60.0, np.inf, "position", 6),
    ],
)
def test_harmonics_stop_at_the_band_and_come_in_pairs(rate_hz, max_hz, kind, expected) -> None:
    signal = _sum(_time(rate_hz), [0.5, 1, 0.2, 0.3])
    assert _ratio(signal, rate_hz, max_hz=max_hz, kind=kind).n_harmonics == expected


def test_what_lies_above_the_band_does_not_count() -> None:
    slow = _sum(_time(100), [0.2, 1, 0.1, 0.5])
    fast = _sum(_time(100), [0] * 8 + [3.0])
    found = [_ratio(s, 100, max_hz=6).ratio for s in (slow, slow + fast)]
    assert found[0] == pytest.approx(found[1], rel=1e-3)


def test_strides_with_a_gap_are_left_out() -> None:
    signal = _sum(_time(60), [0.2, 1, 0.1, 0.5])
    plain = _ratio(signal, 60)
    signal[round((0.4 + 2.5 * STRIDE_S) * 60)] = np.nan
    found = _ratio(signal, 60)
    assert (plain.n, found.n) == (8, 7)
    assert found.ratio == pytest.approx(plain.ratio, rel=1e-3)


def test_every_stride_has_its_own_length_and_the_spread_is_that_of_the_mean() -> None:
    rng = np.random.default_rng(3)
    ends = np.concatenate([[0.0], np.cumsum(rng.uniform(0.9, 1.3, 10))])
    time_s = _time(100, ends[-1])
    cycle = np.interp(time_s, ends, np.arange(11))
    odd = np.interp(time_s, ends, np.linspace(0.1, 0.3, 11))
    signal = np.cos(4 * np.pi * cycle) + odd * np.cos(2 * np.pi * cycle)
    bounds = np.column_stack([ends[:-1], ends[1:]])[:-1]
    found = harmonic_ratio(signal, 100, bounds, direction="vertical", max_hz=5)
    single = [
        harmonic_ratio(signal, 100, bounds[i : i + 1], direction="vertical", max_hz=5).ratio
        for i in range(9)
    ]
    assert found.n == 9
    assert found.ratio == pytest.approx(np.mean(single), rel=0.05)
    assert found.standard_uncertainty == pytest.approx(np.std(single, ddof=1) / 3, rel=0.1)


def test_one_stride_has_a_ratio_without_an_uncertainty() -> None:
    found = harmonic_ratio(
        _sum(_time(60), [0.5, 1]), 60, _strides(1), direction="vertical", max_hz=6
    )
    assert found.n == 1
    assert found.standard_uncertainty is None


@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100), start_s=st.floats(-20, 20))
@settings(max_examples=30)
def test_unit_gravity_and_clock_do_not_matter_for_harmonics(scale, shift, start_s) -> None:
    signal = _sum(_time(60), [0.2, 1, 0.1, 0.5])
    plain = _ratio(signal, 60)
    other = harmonic_ratio(
        scale * (signal + shift),
        60,
        _strides() + start_s,
        direction="vertical",
        max_hz=np.inf,
        start_s=start_s,
    )
    assert other.ratio == pytest.approx(plain.ratio, rel=1e-5)


@pytest.mark.parametrize("rate_hz", [25.0, 30.0, 60.0])
@pytest.mark.parametrize(("direction", "k"), [("vertical", 2), ("sideways", 3)])
def test_a_denominator_of_zero_is_said_not_divided_by(rate_hz, direction, k) -> None:
    signal = _sum(_time(rate_hz), [0] * (k - 1) + [1])
    assert isinstance(_ratio(signal, rate_hz, direction), Absent)


@pytest.mark.parametrize(
    ("signal", "strides"),
    [
        ([], _strides()),
        (np.ones(660), _strides()),
        (np.full(660, np.nan), _strides()),
        (_sum(_time(60), [0.5, 1]), []),
        (_sum(_time(60), [0.5, 1]), [[-2.0, -1.0], [10.5, 11.5]]),
        ([0.0, 1.0, 0.0], [[0.0, 0.03]]),
    ],
)
@pytest.mark.parametrize("kind", ["acceleration", "position"])
def test_no_usable_stride_is_absent(signal, strides, kind) -> None:
    found = harmonic_ratio(signal, 60.0, strides, direction="vertical", max_hz=6, kind=kind)
    assert isinstance(found, Absent)
    assert found.reason


def test_too_few_harmonics_are_absent() -> None:
    assert isinstance(_ratio(_sum(_time(60), [0.5, 1]), 60, max_hz=3), Absent)
    assert isinstance(_ratio(_sum(_time(8), [0.5, 1]), 8), Absent)


# --------------------------------------------------------------------------------- resampling
def test_a_cubic_comes_back_exactly() -> None:
    index = np.arange(50) / 10
    cubic = index**3 - 4 * index**2 + 1
    table = over_strides(cubic, 10, [[1.03, 2.23], [2.23, 4.0]], n_points=12)
    wanted = 1.03 + 1.2 * np.arange(12) / 12
    assert table[0] == pytest.approx(wanted**3 - 4 * wanted**2 + 1)
    assert table.shape == (2, 12)


def test_a_stride_up_to_the_last_sample_is_seen_and_one_beyond_is_not() -> None:
    table = over_strides(np.arange(11.0), 10, [[0.0, 1.0], [0.5, 1.05], [-0.1, 0.5]], n_points=4)
    assert np.isfinite(table).all(axis=1).tolist() == [True, False, False]
    assert np.isnan(table[1:]).all()


@pytest.mark.parametrize("strides", [[[1.0, 1.0]], [[1.0, np.nan]], [1.0, 2.0], [[1.0, 2.0, 3.0]]])
def test_impossible_strides_are_refused(strides) -> None:
    with pytest.raises(BadInputError):
        over_strides(np.arange(100.0), 10, strides, n_points=4)


@pytest.mark.parametrize("rate_hz", [0.0, -30.0, np.nan, np.inf])
def test_impossible_rates_are_refused(rate_hz) -> None:
    with pytest.raises(BadInputError):
        even_signal([1.0, 2.0], rate_hz)


def test_impossible_signals_and_stride_times_are_refused() -> None:
    with pytest.raises(BadInputError):
        even_signal(np.ones((3, 2)), 30)
    with pytest.raises(BadInputError):
        step_regularity(np.ones(100), 30, 0.0)


def test_the_callers_signal_is_left_alone() -> None:
    signal = np.array([1.0, np.inf, 2.0])
    even_signal(signal, 30)
    assert np.isinf(signal[1])


def test_cycles_of_the_left_and_of_the_right_side_give_the_same_ratio() -> None:
    signal = _sum(_time(60), [0.2, 1, 0.1, 0.5])
    left, right = (
        harmonic_ratio(signal, 60, _strides(first_s=first), direction="vertical", max_hz=6)
        for first in (0.4, 0.4 + STRIDE_S / 2)
    )
    assert left.ratio == pytest.approx(right.ratio, rel=1e-3)
