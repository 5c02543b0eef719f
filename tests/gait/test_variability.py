"""Spread is that of the strides, not of the sides nor of the camera."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from clinigait.core import BadInputError
from clinigait.gait.symmetry import Absent
from clinigait.gait.variability import (
    camera_floor_pct,
    camera_floor_s,
    floor_verdict,
    frame_error_s,
    noise_corrected_sd,
    stride_variability,
)

STRIDES = st.lists(st.floats(0.5, 3), min_size=2, max_size=30)


def test_the_difference_of_the_sides_is_no_variability() -> None:
    found = stride_variability([[1.0, 1.02, 0.98], [1.2, 1.22, 1.18]])
    assert found.sd.value == pytest.approx(0.02)
    assert found.cv_pct.value == pytest.approx(100 * 0.02 / 1.1)
    assert found.mean == pytest.approx(1.1)
    assert (found.n, found.freedom) == (6, 4)


def test_the_chi_square_interval_is_that_of_the_statistics() -> None:
    groups = [np.random.default_rng(i).normal(1.1, 0.03, 9) for i in (1, 2)]
    found = stride_variability(groups, method="chi-square").cv_pct
    freedom = 16
    factors = [np.sqrt(freedom / chi2.ppf(q, freedom)) for q in (0.975, 0.025)]
    assert [found.low, found.high] == pytest.approx([found.value * f for f in factors])


def test_the_jackknife_is_the_one_by_hand() -> None:
    """Leave out each stride, take the standard deviation again, look at the spread of its log."""
    values = np.array([1.0, 1.1, 1.05, 1.2, 0.9, 1.13])
    replicates = [np.log(np.delete(values, i).std(ddof=1)) for i in range(6)]
    error = np.sqrt(5 / 6 * ((replicates - np.mean(replicates)) ** 2).sum())
    found = stride_variability([values]).sd
    assert found.high == pytest.approx(values.std(ddof=1) * np.exp(2.570581836 * error))
    assert found.low == pytest.approx(values.std(ddof=1) * np.exp(-2.570581836 * error))


def test_the_jackknife_leaves_out_of_the_right_side() -> None:
    left, right = np.array([1.0, 1.1, 1.05]), np.array([1.3, 1.2])

    def pooled(groups):
        squares = sum(((g - g.mean()) ** 2).sum() for g in groups)
        return np.log(np.sqrt(squares / 2))

    replicates = [pooled([np.delete(left, i), right]) for i in range(3)]
    replicates += [pooled([left, np.delete(right, i)]) for i in range(2)]
    error = np.sqrt(4 / 5 * ((replicates - np.mean(replicates)) ** 2).sum())
    found = stride_variability([left, right]).sd
    assert found.high / found.value == pytest.approx(np.exp(2.776445105 * error))


@pytest.mark.parametrize("method", ["jackknife", "chi-square"])
@pytest.mark.parametrize("n", [5, 15])
def test_intervals_cover_the_truth(method, n) -> None:
    rng = np.random.default_rng(n)
    covered = 0
    for _ in range(600):
        sides = [rng.normal(1.1, 0.02, n), rng.normal(1.15, 0.02, n)]
        found = stride_variability(sides, method=method).sd
        covered += found.low <= 0.02 <= found.high
    assert 0.92 <= covered / 600 <= 0.98


def test_the_jackknife_minds_wild_strides_where_the_normal_interval_does_not() -> None:
    rng = np.random.default_rng(8)
    covered = {"jackknife": 0, "chi-square": 0}
    for _ in range(600):
        sides = [1.1 + 0.02 * rng.standard_t(5, 20) / np.sqrt(5 / 3) for _ in range(2)]
        for method in covered:
            found = stride_variability(sides, method=method).sd
            covered[method] += found.low <= 0.02 <= found.high
    assert covered["jackknife"] >= 0.87 * 600 > covered["chi-square"]


def test_robust_spread_is_the_published_one_and_not_moved_by_one_stride() -> None:
    normal = np.random.default_rng(3).normal(1.1, 0.03, 4001)
    assert stride_variability([normal]).robust_sd == pytest.approx(0.03, rel=0.05)
    steady = [1.0, 1.02, 0.98, 1.01, 0.99, 1.0, 1.02]
    odd = stride_variability([[*steady, 2.5]])
    assert odd.robust_sd < 0.04 < odd.sd.value
    assert stride_variability([[1.0, 1.1, 1.4]]).robust_sd == pytest.approx(1.4826 * 0.1)
    assert stride_variability([[1.0, 1.1, 1.4]]).robust_cv_pct == pytest.approx(148.26 * 0.1 / 1.1)


@given(STRIDES, STRIDES, st.floats(0.1, 10), st.floats(0, 5))
def test_units_and_level_of_a_side_do_not_matter(left, right, scale, shift) -> None:
    left, right = np.array(left), np.array(right)
    plain = stride_variability([left, right])
    scaled = stride_variability([scale * right, scale * left])
    assert scaled.sd.value == pytest.approx(scale * plain.sd.value, abs=1e-9)
    assert scaled.cv_pct.value == pytest.approx(plain.cv_pct.value, abs=1e-6)
    shifted = stride_variability([left + shift, right])
    assert shifted.sd.value == pytest.approx(plain.sd.value, abs=1e-9)


@given(st.lists(STRIDES, min_size=1, max_size=3), st.sampled_from(["jackknife", "chi-square"]))
def test_an_interval_holds_its_value(groups, method) -> None:
    found = stride_variability(groups, method=method)
    for interval in (found.sd, found.cv_pct):
        if interval.low is not None:
            assert 0 < interval.low <= interval.value <= interval.high < np.inf


@pytest.mark.parametrize("groups", [[], [[]], [[1.1]], [[1.1], [1.2]], [[np.nan, 1.0, np.inf]]])
def test_one_stride_has_no_variability(groups) -> None:
    assert isinstance(stride_variability(groups), Absent)


@pytest.mark.parametrize("method", ["jackknife", "chi-square"])
def test_equal_strides_have_no_spread_and_no_bounds(method) -> None:
    found = stride_variability([[1.1] * 6], method=method)
    assert (found.sd.value, found.sd.low, found.sd.high) == (0.0, None, None)
    assert found.robust_sd == 0


def test_few_or_nearly_equal_strides_have_a_spread_but_no_jackknife() -> None:
    assert stride_variability([[1.0, 1.2, 1.1]]).sd.low is None
    assert stride_variability([[1.1, 1.1, 1.1, 1.2]]).sd.low is None


def test_a_mean_of_zero_has_no_percentage() -> None:
    found = stride_variability([[-1.0, 1.0, 0.5, -0.5]])
    assert isinstance(found.cv_pct, Absent)
    assert isinstance(found.robust_cv_pct, Absent)
    assert found.sd.value > 0


# ------------------------------------------------------------------------------- the camera
@pytest.mark.parametrize(
    ("rate_hz", "percent"), [(25, 1.48), (30, 1.24), (50, 0.74), (60, 0.62), (120, 0.31)]
)
def test_the_floor_is_the_calculated_table(rate_hz, percent) -> None:
    assert camera_floor_pct(rate_hz, 1.1) == pytest.approx(percent, abs=0.006)


def test_the_floor_is_what_rounding_to_frames_does() -> None:
    rng = np.random.default_rng(4)
    contacts_s = np.cumsum(rng.uniform(1.0, 1.2, 20_000))
    error = np.diff(np.round(contacts_s * 30) / 30) - np.diff(contacts_s)
    assert error.std() == pytest.approx(camera_floor_s(30), rel=0.03)


def test_the_correction_gives_the_true_spread_back() -> None:
    rng = np.random.default_rng(6)
    ends = rng.normal(0, 0.015, (20_000, 2))
    measured = rng.normal(1.1, 0.02, 20_000) + ends[:, 1] - ends[:, 0]
    assert noise_corrected_sd(measured.std(), 0.015) == pytest.approx(0.02, rel=0.05)


@given(st.floats(0, 10), st.floats(0, 10))
def test_the_correction_only_takes_away(sd, error) -> None:
    assert 0 <= noise_corrected_sd(sd, error) <= sd
    assert noise_corrected_sd(sd, 0.0) == pytest.approx(sd)


def test_what_is_all_noise_is_called_measurable_once_in_twenty_walks() -> None:
    rng = np.random.default_rng(7)
    noise = rng.normal(0, 0.01 * np.sqrt(2), (3000, 12)).std(axis=1, ddof=1)
    share = np.mean([floor_verdict(sd, 0.01, 11) == "measurable" for sd in noise])
    assert 0.035 <= share <= 0.065


def test_the_verdict_at_30_frames_per_second() -> None:
    """1.5 % of 1.1 s is mostly rounding; 4 % is not."""
    error_s = frame_error_s(30)
    assert floor_verdict(0.015 * 1.1, error_s, 18) == "below the measurable floor"
    assert floor_verdict(0.04 * 1.1, error_s, 18) == "measurable"


@pytest.mark.parametrize(
    "call",
    [
        lambda: frame_error_s(0),
        lambda: camera_floor_s(np.nan),
        lambda: camera_floor_pct(30, 0),
        lambda: noise_corrected_sd(-1, 0),
        lambda: noise_corrected_sd(1, np.nan),
        lambda: floor_verdict(np.inf, 0.1, 3),
        lambda: floor_verdict(0.1, 0.1, 0),
    ],
)
def test_the_impossible_is_refused(call) -> None:
    with pytest.raises(BadInputError):
        call()
