"""Limits of agreement of repeated measurements separate people from repetitions."""

import numpy as np
import pytest

from clinigait.stats import Estimate, limits_of_agreement, limits_of_agreement_repeated
from clinigait.stats.repeated import _limit

#: Cardiac output in l/min by radionuclide ventriculography and by impedance cardiography, 60
#: pairs of 12 people: Bland & Altman 1999, table 4, used again in 2007.
CARDIAC = {
    1: ((7.83, 7.42, 7.89, 7.12, 7.88), (6.57, 5.62, 6.90, 6.57, 6.35)),
    2: ((6.16, 7.26, 6.71, 6.54), (4.06, 4.29, 4.26, 4.09)),
    3: ((4.75, 5.24, 4.86, 4.78, 6.05, 5.42), (4.71, 5.50, 5.08, 5.02, 6.01, 5.67)),
    4: ((4.21, 3.61, 3.72, 3.87, 3.92), (4.14, 4.20, 4.61, 4.68, 5.04)),
    5: ((3.13, 2.98, 2.85, 3.17, 3.09, 3.12), (3.03, 2.86, 2.77, 2.46, 2.32, 2.43)),
    6: ((5.92, 6.42, 5.92, 6.27), (5.90, 5.81, 5.70, 5.76)),
    7: ((7.13, 6.62, 6.58, 6.93), (5.09, 4.63, 4.61, 5.09)),
    8: ((4.54, 4.81, 5.11, 5.29, 5.39, 5.57), (4.72, 4.61, 4.36, 4.20, 4.36, 4.20)),
    9: ((4.48, 4.92, 3.97), (3.17, 3.12, 2.96)),
    10: ((4.22, 4.65, 4.74, 4.44, 4.50), (4.35, 4.62, 3.16, 3.53, 3.53)),
    11: ((6.78, 6.07, 6.52, 6.42, 6.41, 5.76), (7.20, 6.09, 7.00, 7.10, 7.40, 6.80)),
    12: ((5.06, 4.72, 4.90, 4.80, 4.90, 5.10), (4.50, 4.20, 3.80, 3.80, 4.20, 4.50)),
}
DIFFERENCE = np.concatenate([np.subtract(*pair) for pair in CARDIAC.values()])
PEOPLE = np.concatenate([[name] * len(pair[0]) for name, pair in CARDIAC.items()])


def test_cardiac_output_of_bland_and_altman() -> None:
    """Bias 0.60 l/min; a mixed model of the same data has 0.413 within and 0.93 between people."""
    found = limits_of_agreement_repeated(DIFFERENCE, PEOPLE)
    assert (found.n, found.missing, found.people) == (60, 0, 12)
    assert found.bias.value == pytest.approx(0.602, abs=0.0005)
    assert np.sqrt(found.within_person_variance) == pytest.approx(0.413, abs=0.0005)
    assert np.sqrt(found.between_person_variance) == pytest.approx(0.90, abs=0.04)
    total = np.sqrt(found.within_person_variance + found.between_person_variance)
    assert found.low.value == pytest.approx(0.602 - 1.96 * total, abs=0.001)
    assert found.high.value == pytest.approx(0.602 + 1.96 * total, abs=0.001)
    for estimate in (found.bias, found.low, found.high):
        assert estimate.low < estimate.value < estimate.high


def test_equal_numbers_are_a_textbook_analysis_of_variance() -> None:
    """Means 1, 2, 6 of three people, each ± 1: within 2, between 7 - 2 / 2."""
    difference = np.array([0.0, 2.0, 1.0, 3.0, 5.0, 7.0])
    found = limits_of_agreement_repeated(difference, ["a", "a", "b", "b", "c", "c"])
    assert found.within_person_variance == pytest.approx(2.0)
    assert found.between_person_variance == pytest.approx(6.0)
    half = 1.96 * np.sqrt(8.0)
    assert (found.low.value, found.high.value) == pytest.approx((3 - half, 3 + half))


def test_components_of_unequal_numbers_are_unbiased() -> None:
    """People vary by 2, repetitions by 1; the plain variance of the pairs is too small."""
    rng = np.random.default_rng(8)
    people = np.repeat(np.arange(6), [30, 2, 2, 3, 2, 1])
    found, plain = [], []
    for _ in range(1500):
        difference = rng.normal(0, 2, 6)[people] + rng.normal(0, 1, len(people))
        result = limits_of_agreement_repeated(difference, people, n_resamples=1)
        found.append(((result.high.value - result.low.value) / 3.92) ** 2)
        plain.append(difference.var(ddof=1))
    assert np.mean(found) == pytest.approx(5.0, abs=0.35)
    assert np.mean(plain) < 4.0


def test_one_difference_a_person_gives_the_plain_limits() -> None:
    difference = DIFFERENCE[:12]
    found = limits_of_agreement_repeated(difference, np.arange(12))
    plain = limits_of_agreement(difference, np.zeros(12))
    assert (found.low.value, found.high.value) == pytest.approx(plain)
    assert found.between_person_variance is None
    assert found.within_person_variance is None


def test_people_who_are_alike_do_not_subtract() -> None:
    difference = np.array([-1.0, 1.0, -1.0, 1.0])
    found = limits_of_agreement_repeated(difference, [1, 1, 2, 2])
    assert found.between_person_variance == 0.0
    assert found.high.value == pytest.approx(1.96 * np.sqrt(found.within_person_variance))


def test_a_person_of_weight_two_is_two_people() -> None:
    counts = np.bincount(PEOPLE)[PEOPLE].astype(float)
    means = (np.bincount(PEOPLE, DIFFERENCE)[1:] / np.bincount(PEOPLE)[1:])[PEOPLE - 1]
    weights = np.where(PEOPLE == 4, 2.0, np.where(PEOPLE == 7, 0.0, 1.0))
    twin = PEOPLE == 4
    kept = PEOPLE != 7
    difference = np.concatenate([DIFFERENCE[kept], DIFFERENCE[twin]])
    people = np.concatenate([PEOPLE[kept], np.full(twin.sum(), 99)])
    expected = limits_of_agreement_repeated(difference, people, n_resamples=1)
    found = _limit(-1.96, DIFFERENCE, means, counts, np.stack([weights, weights]))
    assert found == pytest.approx([expected.low.value] * 2)


def test_missing_differences_are_counted() -> None:
    plain = limits_of_agreement_repeated(DIFFERENCE, PEOPLE, n_resamples=50)
    found = limits_of_agreement_repeated(
        np.append(DIFFERENCE, [np.nan, np.inf]), np.append(PEOPLE, [1, 77]), n_resamples=50
    )
    assert found.missing == 2
    assert (found.n, found.people, found.low) == (plain.n, plain.people, plain.low)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_fewer_than_two_people_have_no_limits(n) -> None:
    found = limits_of_agreement_repeated(np.arange(n, dtype=float), ["a"] * n)
    assert found.low == found.high == Estimate(None, None, None)
    assert found.between_person_variance is None
    assert found.within_person_variance is None
    expected = (n - 1) / 2 if n else None
    assert found.bias == Estimate(expected, None, None)


def test_columns_of_different_length_are_named() -> None:
    with pytest.raises(ValueError, match="one length"):
        limits_of_agreement_repeated(DIFFERENCE, PEOPLE[:3])
