"""Phases are measured round the circle, and limbs that do not swing have none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.gait.coordination import (
    arm_swing_asymmetry_pct,
    excursion_deg,
    relative_phase_deg,
)
from clinigait.gait.symmetry import Absent

RATE_HZ = 60.0
STRIDE_S = 1.1
TIME_S = np.arange(720) / RATE_HZ


def _strides(n=9, first_s=0.5):
    start = first_s + STRIDE_S * np.arange(n)
    return np.column_stack([start, start + STRIDE_S])


def _swing(phase_deg=0.0, amplitude_deg=15.0, offset_deg=0.0):
    """A segment whose phase (one value, or one a stride) leads by so much."""
    return offset_deg + amplitude_deg * np.cos(
        2 * np.pi * TIME_S / STRIDE_S + np.radians(phase_deg)
    )


def _apart(first_deg, second_deg):
    return (first_deg - second_deg + 180) % 360 - 180


# -------------------------------------------------------------------------------------- phase
@pytest.mark.parametrize("lead_deg", [0.0, 30.0, 90.0, 179.0, 180.0, -45.0, -170.0])
def test_the_lead_of_the_first_segment_is_found(lead_deg) -> None:
    found = relative_phase_deg(_swing(lead_deg, 20, 5), _swing(0, 40), RATE_HZ, _strides())
    assert _apart(found.mean_deg, lead_deg) == pytest.approx(0, abs=0.1)
    assert -180 < found.mean_deg <= 180
    assert found.spread_deg == pytest.approx(0, abs=0.1)
    assert found.agreement == pytest.approx(1)
    assert found.n == 9


def test_arm_and_opposite_thigh_swing_together_and_against_the_own_thigh() -> None:
    left_thigh, right_thigh = _swing(0, 40), _swing(180, 40)
    left_arm = _swing(180, 20)
    opposite = relative_phase_deg(left_arm, right_thigh, RATE_HZ, _strides())
    own = relative_phase_deg(left_arm, left_thigh, RATE_HZ, _strides())
    assert opposite.mean_deg == pytest.approx(0, abs=0.1)
    assert abs(own.mean_deg) == pytest.approx(180, abs=0.1)


@given(lead_deg=st.floats(-179, 179), turn_deg=st.floats(-180, 180), scale=st.floats(0.5, 20))
@settings(max_examples=40)
def test_swapping_flips_the_sign_and_neither_start_nor_size_matters(
    lead_deg, turn_deg, scale
) -> None:
    first, second = _swing(lead_deg), _swing(0)
    there = relative_phase_deg(first, second, RATE_HZ, _strides()).mean_deg
    back = relative_phase_deg(second, first, RATE_HZ, _strides()).mean_deg
    assert _apart(there, -back) == pytest.approx(0, abs=1e-6)
    turned = relative_phase_deg(
        scale * _swing(lead_deg + turn_deg), _swing(turn_deg), RATE_HZ, _strides()
    ).mean_deg
    assert _apart(turned, there) == pytest.approx(0, abs=0.2)


def test_the_mean_goes_round_the_circle() -> None:
    """Half of the cycles at 170, half at -170 degrees: the mean is 180, not 0."""
    bounds = _strides(10, 0.0)
    lead = np.where((TIME_S // STRIDE_S).astype(int) % 2, 170.0, -170.0)
    found = relative_phase_deg(_swing(lead), _swing(0), RATE_HZ, bounds)
    assert abs(_apart(found.mean_deg, 180)) < 3
    assert found.spread_deg == pytest.approx(10, abs=2)


def test_the_uncertainty_is_that_of_many_walks() -> None:
    """Leads that vary by 15 degrees from cycle to cycle: 9 cycles fix the mean to 5 degrees."""
    rng = np.random.default_rng(1)
    bounds = _strides(9, 0.0)
    cycle = np.minimum((TIME_S / STRIDE_S + 1e-9).astype(int), 10)
    found = [
        relative_phase_deg(_swing(rng.normal(20, 15, 11)[cycle]), _swing(0), RATE_HZ, bounds)
        for _ in range(300)
    ]
    spread = np.std([f.mean_deg for f in found])
    assert np.mean([f.mean_deg for f in found]) == pytest.approx(20, abs=1)
    assert np.mean([f.standard_uncertainty_deg for f in found]) == pytest.approx(spread, rel=0.15)


def test_higher_harmonics_do_not_shift_the_phase() -> None:
    rippled = _swing(40) + 8 * np.sin(6 * np.pi * TIME_S / STRIDE_S)
    found = relative_phase_deg(rippled, _swing(0), RATE_HZ, _strides())
    assert found.mean_deg == pytest.approx(40, abs=0.3)


def test_an_arm_that_does_not_swing_has_no_phase() -> None:
    still = relative_phase_deg(_swing(0, 1.0), _swing(0, 40), RATE_HZ, _strides())
    assert isinstance(still, Absent)
    assert "3 degrees" in still.reason
    assert not isinstance(
        relative_phase_deg(_swing(0, 1.0), _swing(0), RATE_HZ, _strides(), least_swing_deg=1.5),
        Absent,
    )
    dead = relative_phase_deg(np.ones(720), _swing(0), RATE_HZ, _strides(), least_swing_deg=0.0)
    assert isinstance(dead, Absent)


def test_phases_without_a_common_direction_have_no_mean() -> None:
    lead = 120.0 * (TIME_S / STRIDE_S + 1e-9).astype(int)
    found = relative_phase_deg(_swing(lead), _swing(0), RATE_HZ, _strides(9, 0.0))
    assert isinstance(found, Absent)
    assert "steady" in found.reason


def test_cycles_with_a_gap_in_either_segment_are_left_out() -> None:
    first, second = _swing(30), _swing(0)
    first[60], second[300] = np.nan, np.nan
    found = relative_phase_deg(first, second, RATE_HZ, _strides())
    assert found.n == 7
    assert found.mean_deg == pytest.approx(30, abs=0.1)


def test_one_cycle_has_a_phase_but_no_spread() -> None:
    found = relative_phase_deg(_swing(30), _swing(0), RATE_HZ, _strides(1))
    assert (found.n, found.spread_deg, found.standard_uncertainty_deg) == (1, None, None)


@pytest.mark.parametrize(
    ("angle", "strides"),
    [
        ([], _strides()),
        ([1.0], _strides()),
        (np.full(720, np.nan), _strides()),
        (_swing(), []),
        (_swing(), [[100.0, 101.1]]),
    ],
)
def test_nothing_seen_is_absent(angle, strides) -> None:
    assert isinstance(relative_phase_deg(angle, angle, RATE_HZ, strides), Absent)
    assert isinstance(excursion_deg(angle, RATE_HZ, strides), Absent)


@pytest.mark.parametrize("strides", [[[2.0, 1.0]], [[np.nan, 1.0]], [0.5, 1.6]])
def test_impossible_strides_are_refused(strides) -> None:
    with pytest.raises(BadInputError):
        relative_phase_deg(_swing(), _swing(), RATE_HZ, strides)
    with pytest.raises(BadInputError):
        excursion_deg(_swing(), RATE_HZ, strides)


# ---------------------------------------------------------------------------------- excursion
def test_an_excursion_is_peak_to_peak_of_each_cycle() -> None:
    found = excursion_deg(_swing(0, 15, 4), RATE_HZ, _strides())
    assert found.cycles_deg == pytest.approx(np.full(9, 30), abs=0.1)
    assert found.mean_deg == pytest.approx(30, abs=0.1)
    assert found.rms_deg == pytest.approx(15 / np.sqrt(2), abs=0.05)
    assert found.offset_deg == pytest.approx(4, abs=0.05)
    assert found.sd_deg == pytest.approx(0, abs=0.05)


def test_a_swing_that_grows_has_its_mean_and_spread() -> None:
    bounds = _strides(9, 0.0)
    cycle = np.minimum((TIME_S / STRIDE_S + 1e-9).astype(int), 9)
    found = excursion_deg(_swing(0, (10.0 + np.arange(10))[cycle]), RATE_HZ, bounds)
    assert found.cycles_deg == pytest.approx(2 * (10 + np.arange(9)), abs=1.5)
    assert found.mean_deg == pytest.approx(28, abs=1)
    assert found.standard_uncertainty_deg == pytest.approx(found.sd_deg / 3)


@given(scale=st.floats(0, 100), shift=st.floats(-180, 180), start_s=st.floats(-10, 10))
@settings(max_examples=25)
def test_posture_and_clock_do_not_matter_for_an_excursion(scale, shift, start_s) -> None:
    plain = excursion_deg(_swing(), RATE_HZ, _strides())
    other = excursion_deg(scale * _swing() + shift, RATE_HZ, _strides() + start_s, start_s=start_s)
    assert other.mean_deg == pytest.approx(scale * plain.mean_deg, abs=1e-6 + 1e-6 * scale)


def test_one_cycle_has_an_excursion_without_a_spread() -> None:
    found = excursion_deg(_swing(), RATE_HZ, _strides(1))
    assert (found.n, found.sd_deg, found.standard_uncertainty_deg) == (1, None, None)


# ---------------------------------------------------------------------------------- asymmetry
def test_arm_swing_asymmetry_is_the_published_angle() -> None:
    """20 against 10 degrees: (45 - 63.4) / 90 = -20.5 %; less on the left is positive."""
    assert arm_swing_asymmetry_pct(20, 10) == pytest.approx(-100 * (63.43494882 - 45) / 90)
    assert arm_swing_asymmetry_pct(10, 20) == pytest.approx(20.48327647)
    assert arm_swing_asymmetry_pct(15, 15) == 0
    assert arm_swing_asymmetry_pct(0, 15) == 50


@given(st.floats(0, 90), st.floats(0, 90))
def test_arm_swing_asymmetry_flips_with_the_sides_and_stays_in_bounds(left, right) -> None:
    there, back = arm_swing_asymmetry_pct(left, right), arm_swing_asymmetry_pct(right, left)
    if max(left, right) < 3:
        assert isinstance(there, Absent)
        return
    assert there == pytest.approx(-back, abs=1e-9)
    assert -50 <= there <= 50


@pytest.mark.parametrize(
    ("left", "right"), [(0.0, 0.0), (2.9, 2.9), (-1.0, 20.0), (np.nan, 20.0), (20.0, np.inf)]
)
def test_arms_that_do_not_swing_have_no_asymmetry(left, right) -> None:
    found = arm_swing_asymmetry_pct(left, right)
    assert isinstance(found, Absent)
    assert found.reason
