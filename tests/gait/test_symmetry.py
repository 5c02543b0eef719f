"""The indices are the published ones, keep their sign, and never become infinite."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.gait.symmetry import (
    Absent,
    PhaseCoordination,
    log_ratio_pct,
    log_ratio_uncertainty_pct,
    phase_coordination_floor_pct,
    phase_coordination_index_pct,
    symmetry_angle_pct,
    symmetry_angle_uncertainty_pct,
    symmetry_index_pct,
    symmetry_index_uncertainty_pct,
)

INDICES = (symmetry_index_pct, symmetry_angle_pct, log_ratio_pct)
POSITIVE = st.floats(1e-3, 1e6)
ANY = st.floats(allow_nan=True, allow_infinity=True)


def _signed(index):
    return (lambda a, b: log_ratio_pct(a, b, signed=True)) if index is log_ratio_pct else index


# ------------------------------------------------------------------------------ known answers
@pytest.mark.parametrize(
    ("index", "left", "right", "expected"),
    [
        (symmetry_index_pct, 0.45, 0.55, 20.0),
        (symmetry_index_pct, 0.0, 3.0, 200.0),
        (symmetry_index_pct, -1.0, -2.0, 200 / 3),
        (symmetry_angle_pct, 1.0, 1.0, 0.0),
        (symmetry_angle_pct, 1.0, 2.0, 100 * (45 - 26.56505118) / 90),
        (symmetry_angle_pct, 0.0, 2.0, 50.0),
        (symmetry_angle_pct, 2.0, 0.0, -50.0),
        (symmetry_angle_pct, -1.0, 1.0, 100.0),
        (log_ratio_pct, 0.4, 0.5, 22.3143551),
        (log_ratio_pct, 0.5, 0.4, 22.3143551),
    ],
)
def test_published_formulas(index, left, right, expected) -> None:
    assert index(left, right) == pytest.approx(expected)


def test_the_symmetry_angle_turns_back_by_180_degrees_beyond_90() -> None:
    """arctan(-2 / 1) = -63.4°, so the bracket is 108.4°, which becomes -71.6°: -79.5 %."""
    assert symmetry_angle_pct(-2.0, 1.0) == pytest.approx(-100 * 71.56505118 / 90)


@given(st.floats(0.01, 100))
def test_the_angle_of_positive_sides_is_the_index_seen_as_an_angle(right) -> None:
    """tan of the symmetry angle is half the index: tan(45° - a) = (1 - tan a) / (1 + tan a)."""
    index, angle = symmetry_index_pct(1.0, right), symmetry_angle_pct(1.0, right)
    assert np.tan(np.radians(0.9 * angle)) == pytest.approx(index / 200, abs=1e-9)


# --------------------------------------------------------------------------------- properties
@pytest.mark.parametrize("index", INDICES)
@given(left=POSITIVE, right=POSITIVE)
def test_swapping_the_sides_flips_the_sign(index, left, right) -> None:
    there, back = _signed(index)(left, right), _signed(index)(right, left)
    assert there == pytest.approx(-back, abs=1e-9)
    assert np.sign(there) == np.sign(right - left) or there == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("index", INDICES)
@given(left=POSITIVE, right=POSITIVE, scale=st.floats(0.01, 1e3))
def test_the_unit_does_not_matter(index, left, right, scale) -> None:
    assert index(scale * left, scale * right) == pytest.approx(index(left, right), abs=1e-6)


@pytest.mark.parametrize("index", INDICES)
@given(left=ANY, right=ANY)
def test_whatever_comes_in_the_answer_is_finite_or_has_a_reason(index, left, right) -> None:
    found = index(left, right)
    assert found.reason if isinstance(found, Absent) else np.isfinite(found)


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize(
    ("left", "right"), [(0.0, 0.0), (1e-9, -1e-9), (np.nan, 1.0), (1.0, np.inf)]
)
def test_nothing_to_compare_is_said(index, left, right) -> None:
    assert isinstance(index(left, right), Absent)


def test_what_counts_as_zero_can_be_said_in_the_unit_of_the_values() -> None:
    assert isinstance(symmetry_angle_pct(1.0, 2.0, smallest=3.0), Absent)
    assert isinstance(log_ratio_pct(2.0, 5.0, smallest=3.0), Absent)
    assert symmetry_index_pct(2.0, 5.0, smallest=3.0) == 200


def test_opposite_signs_have_an_angle_but_no_index() -> None:
    assert isinstance(symmetry_index_pct(-1.0, 1.1), Absent)
    assert isinstance(log_ratio_pct(-1.0, 1.1), Absent)
    assert isinstance(symmetry_angle_pct(-1.0, 1.1), float)


# -------------------------------------------------------------------------------- uncertainty
@pytest.mark.parametrize(
    ("index", "uncertainty"),
    [
        (symmetry_index_pct, symmetry_index_uncertainty_pct),
        (symmetry_angle_pct, symmetry_angle_uncertainty_pct),
        (log_ratio_pct, log_ratio_uncertainty_pct),
    ],
)
def test_the_uncertainty_is_that_of_repeated_measurement(index, uncertainty) -> None:
    rng = np.random.default_rng(5)
    draws = rng.normal([0.5, 0.7], [0.02, 0.05], (4000, 2))
    spread = np.std([_signed(index)(*draw) for draw in draws])
    assert uncertainty(0.5, 0.7, 0.02, 0.05) == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize(
    "uncertainty",
    [symmetry_index_uncertainty_pct, symmetry_angle_uncertainty_pct, log_ratio_uncertainty_pct],
)
def test_uncertainty_at_its_limits(uncertainty) -> None:
    assert uncertainty(1.0, 2.0, 0.0, 0.0) == 0
    assert isinstance(uncertainty(1.0, 1.0, 2.0, 0.1), Absent)
    assert isinstance(uncertainty(0.0, 0.0, 0.1, 0.1), Absent)
    for error in (-0.1, np.nan, np.inf):
        with pytest.raises(BadInputError):
            uncertainty(1.0, 1.0, 0.1, error)


# ------------------------------------------------------------------------- phase coordination
def _contacts(n=20, stride_s=1.1, share=0.5):
    left = stride_s * np.arange(n)
    return left, left + share * stride_s


def test_a_perfect_walker_has_an_index_of_zero() -> None:
    found = phase_coordination_index_pct(*_contacts(), [0.4], [0.4])
    assert found.index_pct == pytest.approx(0, abs=1e-9)
    assert found.mean_phase_deg == pytest.approx(180)
    assert found.n == 19


def test_a_steady_limp_is_inaccurate_but_consistent() -> None:
    """The other leg falls at 45 % of the cycle: 162 degrees, 10 % away from 180."""
    found = phase_coordination_index_pct(*_contacts(share=0.45), [0.45], [0.40])
    assert found.reference == "left"
    assert found.mean_phase_deg == pytest.approx(162)
    assert found.accuracy_pct == pytest.approx(10)
    assert found.consistency_pct == pytest.approx(0, abs=1e-9)


def test_the_parts_follow_the_definition() -> None:
    """Phases of 170, 180 and 190 degrees: mean distance 20/3 of 180, CV 10 of 180."""
    left = np.array([0.0, 1.0, 2.0, 3.0])
    right = left[:3] + np.array([170, 180, 190]) / 360
    found = phase_coordination_index_pct(left, right, [0.5], [0.4])
    assert found.accuracy_pct == pytest.approx(100 * (20 / 3) / 180)
    assert found.consistency_pct == pytest.approx(100 * 10 / 180)
    assert found.index_pct == pytest.approx(found.accuracy_pct + found.consistency_pct)


def test_the_leg_with_the_longer_swing_is_the_reference() -> None:
    contacts = _contacts(share=0.45)
    right = phase_coordination_index_pct(*contacts, [0.40, np.nan], [0.45, 0.47])
    assert right.reference == "right"
    assert right.mean_phase_deg == pytest.approx(198)
    mirrored = phase_coordination_index_pct(*contacts[::-1], [0.45, 0.47], [0.40])
    assert mirrored.reference == "left"
    assert mirrored.index_pct == pytest.approx(right.index_pct)


def test_breaks_in_alternation_are_left_out() -> None:
    left, right = _contacts(20)
    missed_right = np.delete(right, 7)
    missed_pair = np.delete(left, 12)  # left 12 and right 12 both: one contact in a double cycle
    missed_right = np.delete(missed_right, 11)
    doubled = np.sort(np.append(missed_right, right[3] + 0.1))
    found = phase_coordination_index_pct(missed_pair, doubled, [0.4], [0.4])
    assert found.index_pct == pytest.approx(0, abs=1e-9)
    assert found.n == 19 - 1 - 2 - 1


def test_a_pause_between_two_bouts_makes_no_cycle() -> None:
    left, right = _contacts(6)
    found = phase_coordination_index_pct(
        np.concatenate([left, left + 12]), np.concatenate([right, right + 12]), [0.4], [0.4]
    )
    assert found.n == 10
    assert found.index_pct == pytest.approx(0, abs=1e-9)


@given(st.integers(0, 2**32 - 1), st.floats(-50, 50), st.floats(0.5, 2))
def test_neither_the_clock_nor_its_speed_matters(seed, shift, scale) -> None:
    rng = np.random.default_rng(seed)
    left, right = _contacts(12)
    left, right = left + rng.normal(0, 0.02, 12), right + rng.normal(0, 0.02, 12)
    plain = phase_coordination_index_pct(left, right, [0.41], [0.4])
    other = phase_coordination_index_pct(
        rng.permutation(left) * scale + shift, right * scale + shift, [0.41], [0.4]
    )
    assert other.index_pct == pytest.approx(plain.index_pct, rel=1e-6)


def test_the_uncertainty_is_that_of_many_walks() -> None:
    rng = np.random.default_rng(2)
    found = []
    for _ in range(400):
        left, right = _contacts(31)
        found.append(
            phase_coordination_index_pct(
                left + rng.normal(0, 0.02, 31), right + rng.normal(0, 0.02, 31), [0.41], [0.4]
            )
        )
    spread = np.std([f.index_pct for f in found])
    claimed = np.mean([f.standard_uncertainty_pct for f in found])
    assert claimed == pytest.approx(spread, rel=0.15)


@pytest.mark.parametrize("error_s", [1 / 30 / np.sqrt(12), 0.02])
def test_the_floor_is_what_contact_errors_alone_give(error_s) -> None:
    rng = np.random.default_rng(1)
    left, right = _contacts(5001)
    found = phase_coordination_index_pct(
        left + rng.normal(0, error_s, 5001), right + rng.normal(0, error_s, 5001), [0.41], [0.4]
    )
    assert found.index_pct == pytest.approx(phase_coordination_floor_pct(1.1, error_s), rel=0.03)


def test_the_floor_at_30_frames_per_second_is_the_documented_one() -> None:
    assert phase_coordination_floor_pct(1.1, 1 / 30 / np.sqrt(12)) == pytest.approx(3.9, abs=0.05)
    for stride_s, error_s in ((0.0, 0.01), (np.nan, 0.01), (1.1, -0.01)):
        with pytest.raises(BadInputError):
            phase_coordination_floor_pct(stride_s, error_s)


@pytest.mark.parametrize(
    ("left", "right", "left_swing", "right_swing"),
    [
        ([], [], [0.4], [0.4]),
        ([0.0, 1.1], [0.5], [0.4], [0.4]),
        ([0.0, 0.0, 0.0, 0.0], [0.5], [0.4], [0.4]),
        ([0.0, 1.1, 2.2, 3.3], [], [0.4], [0.4]),
        ([np.nan] * 4, [np.nan] * 4, [0.4], [0.4]),
        (*_contacts(), [], [0.4]),
        (*_contacts(), [0.4], [np.nan]),
    ],
)
def test_too_little_is_absent(left, right, left_swing, right_swing) -> None:
    found = phase_coordination_index_pct(left, right, left_swing, right_swing)
    assert isinstance(found, Absent)
    assert found.reason


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.6), st.floats(0.3, 1))
def test_any_contacts_give_a_finite_index_or_a_reason(seed, jitter_s, seen) -> None:
    rng = np.random.default_rng(seed)
    sides = [np.round((t + rng.normal(0, jitter_s, 20)) * 25) / 25 for t in _contacts()]
    found = phase_coordination_index_pct(*(t[rng.random(20) < seen] for t in sides), [0.4], [0.4])
    if isinstance(found, PhaseCoordination):
        assert np.isfinite([found.index_pct, found.standard_uncertainty_pct]).all()
        assert 0 < found.mean_phase_deg < 360
    else:
        assert found.reason


def test_the_uncertainty_is_the_jackknife_by_hand() -> None:
    """Phases of 170, 180, 190 and 200 degrees; leave out each and take the index again."""
    phases = np.array([170.0, 180.0, 190.0, 200.0])
    replicates = []
    for i in range(4):
        kept = np.delete(phases, i)
        distance = np.abs(kept - 180).mean() / 180
        replicates.append(100 * (distance + kept.std(ddof=1) / kept.mean()))
    expected = np.sqrt(3 / 4 * ((replicates - np.mean(replicates)) ** 2).sum())
    left = np.arange(5.0)
    found = phase_coordination_index_pct(left, left[:4] + phases / 360, [0.5], [0.4])
    assert found.standard_uncertainty_pct == pytest.approx(expected)
