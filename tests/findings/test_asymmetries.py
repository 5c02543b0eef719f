"""Differences of the sides: measured as an index, or from both sides, around the limit."""

from __future__ import annotations

import pytest

from clinigait.core import Finding, Parameter
from support.told import mirrored, of, one, param, tell, warned

STEP, INDEX = "step_time_s", "step_time_asymmetry_pct"


def _index(value: float, half: float | None = 1.0, name: str = INDEX, **more: object) -> Parameter:
    return param(value, half, "both", name, None, **more)


def _sides(
    left: float, right: float, half: float | None = 0.001, name: str = STEP
) -> list[Parameter]:
    return [param(left, half, "left", name, None), param(right, half, "right", name, None)]


def _of_steps(*parameters: Parameter) -> Finding:
    return one(tell(*parameters), f"asymmetry.{STEP}")


@pytest.mark.parametrize(
    ("value", "half", "relation", "grade"),
    [
        (20.0, 5.0, "right_greater", "moderate"),
        (-20.0, 5.0, "left_greater", "moderate"),
        (20.0, 10.0, "right_greater", "limited"),  # the interval ends on the limit
        (20.0, 25.0, "right_greater", "limited"),
        (20.0, None, "right_greater", "limited"),
        (10.0, 0.0, "alike", "moderate"),  # on the limit
        (-10.0, 0.0, "alike", "moderate"),
        (10.1, 0.01, "right_greater", "moderate"),
        (0.0, 3.0, "alike", "moderate"),
        (0.0, 10.5, "alike", "limited"),
        (9.0, 1.5, "alike", "limited"),
        (-9.0, 1.5, "alike", "limited"),
    ],
)
def test_a_measured_index(value: float, half: float | None, relation: str, grade: str) -> None:
    finding = one(tell(_index(value, half)), f"asymmetry.{INDEX}")
    assert (finding.relation, finding.grade) == (relation, grade)
    assert finding.values["difference_pct"] == abs(value)
    assert finding.values["limit"] == 10.0
    assert ("interval_low" in finding.values) == (grade == "limited" and half is not None)


def test_an_index_is_told_with_its_sides() -> None:
    finding = _of_steps(_index(200 * 0.1 / 1.1), *_sides(0.5, 0.6))
    assert finding.text == (
        "Step time is greater on the right (0.60 s) than on the left (0.50 s) by 18.2 %, more than "
        "the limit of 10.0 %."
    )
    assert finding.facts == (
        f"parameters.{INDEX}.both", f"parameters.{STEP}.left", f"parameters.{STEP}.right"
    )  # fmt: skip
    assert "convention" in finding.source


def test_sides_that_do_not_bear_the_index_out_are_left_out() -> None:
    finding = one(tell(_index(20.0), *_sides(0.6, 0.5)), f"asymmetry.{INDEX}")
    assert finding.relation == "right_greater"
    assert "left" not in finding.values
    assert finding.text.startswith("Step time asymmetry is 20.0 % with the right side greater")


def test_without_an_index_both_sides_give_the_difference() -> None:
    finding = _of_steps(*_sides(0.6, 0.5, 0.004))
    assert (finding.relation, finding.grade) == ("left_greater", "moderate")
    assert finding.values["difference_pct"] == pytest.approx(200 * 0.1 / 1.1, rel=1e-6)
    # Half-widths in quadrature: 0.004 √2 over a mean of 0.55 is 1.03 %; 18.2 - 8.2 reaches 10.
    assert _of_steps(*_sides(0.6, 0.5, 0.031)).grade == "moderate"
    assert _of_steps(*_sides(0.6, 0.5, 0.033)).grade == "limited"
    assert _of_steps(*_sides(0.6, 0.5, None)).grade == "limited"


def test_the_interval_is_told_towards_the_greater_side() -> None:
    for value in (20.0, -20.0):
        text = one(tell(_index(value, 12.0)), f"asymmetry.{INDEX}").text
        assert text.endswith(
            "; its 95 % interval of 8.0 % to 32.0 % reaches across the limit, so the evidence is "
            "limited."
        )


@pytest.mark.parametrize("sides", [(0.0, 0.0), (-0.1, 0.5), (-0.5, -0.4), (1e-9, 1e-9)])
def test_sides_without_a_ratio_are_not_compared(sides: tuple[float, float]) -> None:
    assert tell(*_sides(*sides)) == ()


def test_a_side_that_was_not_measured_is_not_compared() -> None:
    told = tell(param(None, side="left", name=STEP), param(0.5, side="right", name=STEP))
    assert [f.relation for f in told if f.kind != "level"] == ["not_measured"]


def test_an_index_that_two_parameters_may_have_is_told_once() -> None:
    told = tell(_index(20.0, name="step_length_asymmetry_pct"))
    assert [f.id for f in told] == ["asymmetry.step_length_asymmetry_pct"]
    told = tell(
        _index(200 * 0.1 / 0.9, name="step_length_asymmetry_pct"),
        *_sides(0.4, 0.5, name="step_length_bh"),
    )
    assert [f.id for f in told] == ["asymmetry.step_length_bh"]


def test_the_swing_of_the_arms_has_a_limit_of_healthy_people() -> None:
    told = tell(_index(13.0, name="arm_swing_asymmetry_pct"))
    assert [f.relation for f in told] == ["alike"]
    (finding,) = tell(_index(-30.0, name="arm_swing_asymmetry_pct"))
    assert (finding.relation, finding.grade) == ("left_greater", "limited")
    assert "Lewek 2010" in finding.source
    assert finding.text == (
        "Arm swing asymmetry is 30.0 % with the left side greater, more than the limit of 13.1 %; "
        "the evidence is limited."
    )


def test_exchanged_sides_limit_what_is_said_of_sides() -> None:
    (finding,) = (
        f for f in tell(_index(20.0), quality=(warned("mirrored_film"),)) if f.kind == "asymmetry"
    )
    assert finding.grade == "limited"
    assert "quality.mirrored_film" in finding.facts


def test_a_mirrored_pair_is_a_mirrored_finding() -> None:
    walk = of(_index(200 * 0.1 / 1.1, 9.0), *_sides(0.5, 0.6))
    assert walk.measurement is not None
    there, back = (
        _of_steps(*walk.measurement.parameters),
        _of_steps(*mirrored(walk.measurement).parameters),
    )
    assert (there.relation, back.relation) == ("right_greater", "left_greater")
    assert there.values["left"] == back.values["right"]
    same = ("difference_pct", "limit", "interval_low", "interval_high")
    assert {k: there.values[k] for k in same} == {k: back.values[k] for k in same}
