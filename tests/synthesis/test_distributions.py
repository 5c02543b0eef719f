"""Distributions hold what they say, whoever else is drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.synthesis.distributions import Correlation, Draw, Row, Slope, score_of

SCORES = [score_of("test", number) for number in range(4000)]


def _values(draw: Draw, **known) -> np.ndarray:
    return np.array([draw.value(score, known) for score in SCORES])


def test_scores_are_standard_normal_and_belong_to_their_words() -> None:
    assert abs(np.mean(SCORES)) < 0.05
    assert np.std(SCORES) == pytest.approx(1, abs=0.04)
    assert score_of(1, 2, "age_y") == score_of(1, 2, "age_y") != score_of(1, 2, "sex")


def test_a_normal_quantity_has_its_mean_and_spread() -> None:
    values = _values(Draw(source="x", mean=1.2, sd=0.2))
    assert values.mean() == pytest.approx(1.2, abs=0.01)
    assert values.std() == pytest.approx(0.2, abs=0.01)


def test_what_is_cut_is_not_heaped_up_at_the_ends() -> None:
    values = _values(Draw(source="x", mean=0, sd=1, low=-0.5, high=0.5))
    assert values.min() > -0.5
    assert values.max() < 0.5
    # Nearly even between the ends: the density at 0.5 is 0.88 of that in the middle.
    assert np.mean(np.abs(values) > 0.45) == pytest.approx(0.1, abs=0.02)


def test_a_table_is_read_by_age_and_sex_and_interpolated_between_middles() -> None:
    rows = (Row((20, 29), 1.0, sex="male"), Row((30, 39), 2.0, sex="male"), Row((20, 39), 5.0))
    draw = Draw(source="x", sd=0.0, table=rows[:2])
    assert draw.value(0.0, {"age_y": 25.0, "sex": "male"}) == pytest.approx(1.0)
    assert draw.value(0.0, {"age_y": 30.0, "sex": "male"}) == pytest.approx(1.5)
    assert draw.value(0.0, {"age_y": 90.0, "sex": "male"}) == pytest.approx(2.0)


def test_a_lognormal_quantity_has_its_median() -> None:
    values = _values(Draw(source="x", kind="lognormal", mean=2.0, sd=0.3))
    assert np.median(values) == pytest.approx(2.0, abs=0.05)
    assert np.log(values).std() == pytest.approx(0.3, abs=0.02)


def test_slopes_and_shifts_move_the_mean() -> None:
    draw = Draw(
        source="x", kind="fixed", mean=60, slopes={"speed": Slope(10, 1.0)},
        shifts={"pain": {"yes": -5}},
    )  # fmt: skip
    assert draw.value(0.0, {"speed": 1.5, "pain": "yes"}) == pytest.approx(60)


def test_choices_have_their_shares() -> None:
    draw = Draw(source="x", kind="choice", options={"a": 1, "b": 3})
    assert np.mean(_values(draw) == "b") == pytest.approx(0.75, abs=0.02)


@given(st.floats(-6, 6), st.floats(-100, 100), st.floats(0, 50))
def test_no_draw_leaves_its_ends_or_is_not_a_number(score: float, mean: float, sd: float) -> None:
    value = Draw(source="x", mean=mean, sd=sd, low=-1, high=1).value(score, {}, jitter=3.0)
    assert isinstance(value, float)
    assert math.isfinite(value)
    assert -1 <= value <= 1


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ({"source": "inference", "mean": 1, "sd": 1}, "why"),
        ({"source": "x", "mean": 1}, "standard deviation"),
        ({"source": "x", "sd": 1}, "mean or a table"),
        ({"source": "x", "mean": 1, "sd": 1, "low": 2, "high": 1}, "low is below high"),
        ({"source": "x", "kind": "choice"}, "options"),
        ({"source": "x", "kind": "uniform", "low": 1}, "high"),
        ({"source": "x", "kind": "lognormal", "mean": -1, "sd": 1}, "above 0"),
        ({"source": "x", "mean": 1, "sd": -1}, "below 0"),
    ],
)
def test_a_contradiction_is_refused(what: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Draw(**what)


def test_a_correlation_is_no_more_than_one() -> None:
    with pytest.raises(ValueError, match="between -1 and 1"):
        Correlation("speed_mps", 1.0)
