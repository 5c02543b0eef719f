"""Intraclass correlations are those of the papers that define them."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clinigait.stats import icc, icc_agreement, icc_interval

KINDS = ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")
#: Six targets rated by four judges: Shrout & Fleiss 1979, table 2.
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
TABLES = st.tuples(st.integers(3, 10), st.integers(2, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(-50, 50).map(float))
)


@pytest.mark.parametrize(
    ("kind", "published"),
    list(zip(KINDS, (0.17, 0.29, 0.71, 0.44, 0.62, 0.91), strict=True)),
)
def test_shrout_and_fleiss_table_4(kind, published) -> None:
    assert round(float(icc(JUDGES, kind)), 2) == published


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        ("1,1", -0.133, 0.723),
        ("2,1", 0.019, 0.761),
        ("3,1", 0.342, 0.946),
        ("1,k", -0.884, 0.912),
        ("2,k", 0.071, 0.927),
        ("3,k", 0.676, 0.986),
    ],
)
def test_intervals_are_those_of_the_r_package_psych(kind, low, high) -> None:
    assert icc_interval(JUDGES, kind) == pytest.approx((low, high), abs=5e-4)


def test_agreement_is_the_form_2_1() -> None:
    assert icc_agreement(JUDGES) == icc(JUDGES, "2,1") == icc(JUDGES)


@given(TABLES, st.data())
def test_whole_weights_are_repeated_targets(ratings, data) -> None:
    counts = data.draw(arrays(np.int64, len(ratings), elements=st.integers(0, 3)))
    for kind in KINDS:
        expected = icc(np.repeat(ratings, counts, axis=0), kind)
        assert icc(ratings, kind, counts.astype(float)) == pytest.approx(
            expected, rel=1e-7, abs=1e-9, nan_ok=True
        )


def test_weights_broadcast_over_replicates() -> None:
    weights = np.random.default_rng(0).integers(0, 3, (5, 3, 6)).astype(float)
    for kind in KINDS:
        found = icc(JUDGES, kind, weights)
        assert found.shape == (5, 3)
        assert found[4, 1] == pytest.approx(icc(JUDGES, kind, weights[4, 1]))


@given(TABLES, st.floats(0.01, 100), st.floats(-1000, 1000))
def test_unit_zero_and_order_of_raters_do_not_matter(ratings, scale, zero) -> None:
    for kind in KINDS:
        plain = float(icc(ratings, kind))
        moved = float(icc((scale * ratings + zero)[:, ::-1], kind))
        assert moved == pytest.approx(plain, rel=1e-6, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("kind", ["2,1", "3,1", "2,k", "3,k"])
def test_raters_who_always_say_the_same_show_no_reliability(kind) -> None:
    assert np.isnan(icc(np.tile([1.0, 2.0], (5, 1)), kind))


@given(TABLES)
def test_an_icc_lies_within_its_range_and_its_interval(ratings) -> None:
    for kind in KINDS:
        value = float(icc(ratings, kind))
        low, high = icc_interval(ratings, kind)
        if np.isnan(value):
            assert (low, high) == (None, None)
            continue
        assert value <= 1 + 1e-12
        assert value - 1e-9 <= high <= 1 + 1e-9
        assert kind == "2,k" if low is None else low <= value + 1e-9


@given(TABLES, st.floats(1, 100))
def test_an_offset_of_one_rater_counts_for_agreement_and_not_for_consistency(
    ratings, offset
) -> None:
    ratings = ratings - ratings.mean(axis=0)
    assume(icc(ratings, "3,1") > 0.05)
    moved = ratings + np.eye(ratings.shape[1])[0] * offset
    assert icc(moved, "3,1") == pytest.approx(icc(ratings, "3,1"), rel=1e-6)
    assert icc(moved, "2,1") < icc(ratings, "2,1")


def test_perfect_agreement_is_one_without_doubt() -> None:
    ratings = np.repeat(np.array([[0.1], [0.7], [1.3]]), 3, axis=1)
    for kind in KINDS:
        assert icc(ratings, kind) == pytest.approx(1.0)
        assert icc_interval(ratings, kind) == pytest.approx((1.0, 1.0))


@pytest.mark.parametrize(
    "ratings",
    [
        np.empty((0, 2)),
        np.ones((1, 2)),
        np.arange(5.0)[:, None],
        np.full((4, 2), 0.3),
        np.array([[0.1 + 0.2, 0.3], [0.3, 0.1 + 0.2], [0.3, 0.3]]),
    ],
    ids=["no target", "one target", "one rater", "constant", "constant but for rounding"],
)
def test_without_variance_there_is_no_icc(ratings) -> None:
    for kind in KINDS:
        assert np.isnan(icc(ratings, kind))
        assert icc_interval(ratings, kind) == (None, None)


@pytest.mark.parametrize("kind", ["1,1", "2,1", "3,1"])
def test_coverage_of_the_analytic_interval(kind) -> None:
    """People vary by 2, raters by 0.5 (not in model 1), errors by 1."""
    rng = np.random.default_rng(4)
    of_raters = 0.5 if kind == "2,1" else 0.0
    truth = 4 / (4 + of_raters**2 + 1)
    held = 0
    for _ in range(600):
        ratings = rng.normal(0, 2, (20, 1)) + rng.normal(0, of_raters, (1, 4))
        low, high = icc_interval(ratings + rng.normal(0, 1, (20, 4)), kind)
        held += low <= truth <= high
    assert 0.925 <= held / 600 <= 0.975


def test_a_higher_level_is_wider() -> None:
    narrow, wide = icc_interval(JUDGES, level=0.8), icc_interval(JUDGES, level=0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_unusable_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="finite"):
        icc(np.array([[1.0, np.nan], [2.0, 3.0]]))
    with pytest.raises(ValueError, match="table"):
        icc(np.arange(4.0))
    with pytest.raises(ValueError, match=r"no ICC\(4,1\)"):
        icc(JUDGES, "4,1")
    with pytest.raises(ValueError, match="level"):
        icc_interval(JUDGES, level=0.0)
