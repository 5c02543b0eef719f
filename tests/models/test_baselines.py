"""Baselines: the known minimum is found, and what is missing is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import BadInputError, Subject
from clinigait.models.baselines import (
    RIDGE,
    baseline_prediction,
    baseline_probabilities,
    fit_baseline,
    known_values,
)
from support import bundles
from support.assessments import assessed


def _people(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return speed and age of people of three classes that overlap."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    speed = 1.3 - 0.25 * labels + rng.normal(0, 0.2, n)
    age = 65 + 6 * labels + rng.normal(0, 8, n)
    return np.column_stack([speed, age]), labels


def test_the_fit_is_the_minimum_of_the_penalised_loss() -> None:
    rows, labels = _people()
    made = fit_baseline("b", "B", ("speed_mps", "age_y"), rows, labels, 3)
    z = (rows - made.mean) / np.array(made.sd)
    slopes, free = np.array(made.coefficients), np.array(made.intercepts)
    logits = z @ slopes.T + free
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    off = p - np.eye(3)[labels]
    np.testing.assert_allclose(off.T @ z + RIDGE * slopes, 0, atol=1e-3)
    np.testing.assert_allclose(off.sum(axis=0), 0, atol=1e-3)


def test_without_any_difference_the_shares_of_the_classes_come_out() -> None:
    labels = np.repeat([0, 1, 2], [10, 30, 60])
    made = fit_baseline("b", "B", ("age_y",), np.full((100, 1), 70.0), labels, 3)
    found = baseline_probabilities(made, {"age_y": 70.0})
    np.testing.assert_allclose(found, [0.1, 0.3, 0.6], atol=1e-5)
    np.testing.assert_allclose(baseline_probabilities(made, {"age_y": 40.0}), found, atol=1e-4)


def test_units_do_not_matter() -> None:
    rows, labels = _people()
    metres = fit_baseline("b", "B", ("speed_mps", "age_y"), rows, labels, 3)
    feet = fit_baseline("b", "B", ("speed", "age_y"), rows * [3.28084, 1.0], labels, 3)
    one = baseline_probabilities(metres, {"speed_mps": 0.9, "age_y": 80.0})
    other = baseline_probabilities(feet, {"speed": 0.9 * 3.28084, "age_y": 80.0})
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_perfect_separation_stays_finite_by_the_ridge() -> None:
    rows = np.concatenate([np.full((20, 1), 0.0), np.full((20, 1), 1.0)])
    made = fit_baseline("b", "B", ("x",), rows, np.repeat([0, 1], 20), 2)
    found = baseline_probabilities(made, {"x": 1.0})
    assert 0.9 < found[1] < 1
    assert np.abs(made.coefficients).max() < 5


def test_rows_with_missing_values_are_left_out() -> None:
    rows, labels = _people()
    holes = np.concatenate([rows, [[np.nan, 70.0], [1.0, np.nan]]])
    both = [
        fit_baseline("b", "B", ("speed_mps", "age_y"), x, y, 3)
        for x, y in ((rows, labels), (holes, [*labels, 0, 1]))
    ]
    assert both[0] == both[1]


def test_a_class_without_rows_is_named() -> None:
    rows, labels = _people()
    rows[labels == 2, 1] = np.nan
    with pytest.raises(BadInputError, match="class number 3"):
        fit_baseline("b", "B", ("speed_mps", "age_y"), rows, labels, 3)


@pytest.mark.parametrize("labels", [[0, 3], [0, -1], [0]])
def test_labels_that_are_no_classes_are_a_mistake_of_the_caller(labels: list[int]) -> None:
    with pytest.raises(ValueError, match=r"labels|rows"):
        fit_baseline("b", "B", ("x",), [[1.0], [2.0]], labels, 3)


@settings(max_examples=80, deadline=None)
@given(
    speed=st.floats(-1e6, 1e6), age=st.floats(-1e6, 1e6), sex=st.sampled_from([0.0, 1.0])
)  # fmt: skip
def test_probabilities_add_up_whatever_is_measured(speed: float, age: float, sex: float) -> None:
    values = {"speed_mps": speed, "age_y": age, "sex_female": sex}
    found = baseline_probabilities(bundles.baseline(), values)
    assert found.sum() == pytest.approx(1)
    assert ((found >= 0) & (found <= 1)).all()


def test_it_says_what_it_knows_and_the_probabilities() -> None:
    made = assessed()
    said = baseline_prediction(bundles.baseline(), ("a", "b", "c"), made.measurement, made.subject)
    assert said.inputs["age_y"] == 47.0
    assert said.inputs["sex_female"] == 1.0
    assert said.inputs["speed_mps"] == made.measurement.parameter("speed_mps").value
    assert sum(said.probabilities.values()) == pytest.approx(1)
    assert said.reason is None


def test_what_is_missing_is_said_with_what_to_do() -> None:
    made = assessed(scale="BH", subject=Subject(age_y=70))
    said = baseline_prediction(bundles.baseline(), ("a", "b", "c"), made.measurement, made.subject)
    assert said.probabilities == {}
    assert said.inputs == {"age_y": 70.0}
    assert "--sex" in said.reason
    assert "speed" in said.reason
    assert "--age-y" not in said.reason


def test_the_reason_of_a_missing_parameter_is_told() -> None:
    made = assessed()
    parts = [
        replace(p, value=None, low=None, high=None, sd=None, reason="No scale was known.")
        if p.name == "speed_mps" else p
        for p in made.measurement.parameters
    ]  # fmt: skip
    measurement = replace(made.measurement, parameters=tuple(parts))
    said = baseline_prediction(bundles.baseline(), ("a", "b", "c"), measurement, made.subject)
    assert "No scale was known." in said.reason


def test_of_both_sides_the_lesser_and_the_greater_are_known() -> None:
    made = assessed()
    values = known_values(made.measurement, made.subject)
    sides = [made.measurement.parameter("stance_time_s", s).value for s in ("left", "right")]
    assert values["lesser.stance_time_s"] == min(sides)
    assert values["greater.stance_time_s"] == max(sides)
    assert "lesser.speed_mps" not in values
    parts = [
        replace(p, value=None, low=None, high=None, sd=None, reason="The left arm was hidden.")
        if (p.name, p.side) == ("stance_time_s", "left") else p
        for p in made.measurement.parameters
    ]  # fmt: skip
    lost = replace(made.measurement, parameters=tuple(parts))
    assert "lesser.stance_time_s" not in known_values(lost, made.subject)
    table = replace(bundles.baseline(), columns=("lesser.stance_time_s", "age_y", "sex_female"))
    said = baseline_prediction(table, ("a", "b", "c"), lost, made.subject)
    assert said.probabilities == {}
    assert "The left arm was hidden." in said.reason
