"""Values against their reference range, on its limits and with intervals that reach across."""

from __future__ import annotations

import pytest

from clinigait.core import Reference
from clinigait.findings import load_rules
from support.told import RANGE, one, param, tell, warned

LEFT = "level.stride_length_m.left"


@pytest.mark.parametrize(
    ("value", "half", "relation", "grade"),
    [
        (1.10, 0.01, "below", "moderate"),  # between one and two standard deviations
        (1.00, 0.01, "below", "strong"),
        (1.10, 0.02, "below", "moderate"),
        (1.07, 0.02, "below", "strong"),
        (1.50, 0.01, "above", "moderate"),
        (1.60, 0.01, "above", "strong"),
        (1.30, 0.05, "within", "strong"),
        (1.20, 0.0, "within", "strong"),  # on the limit
        (1.40, 0.0, "within", "strong"),
        (1.20, 0.01, "within", "limited"),
        (1.39, 0.02, "within", "limited"),
        (1.19, 0.01, "below", "limited"),  # the interval ends on the limit
        (1.41, 0.01, "above", "limited"),
        (1.10, 0.5, "below", "limited"),
        (1.10, None, "below", "limited"),
        (1.30, None, "within", "limited"),
    ],
)
def test_relation_and_grade(value: float, half: float | None, relation: str, grade: str) -> None:
    finding = one(tell(param(value, half)), LEFT)
    assert (finding.relation, finding.grade) == (relation, grade)
    assert finding.values["value"] == value
    assert (finding.values["low"], finding.values["high"]) == (1.2, 1.4)
    assert ("interval_low" in finding.values) == (grade == "limited" and half is not None)
    assert finding.facts == ("parameters.stride_length_m.left",)
    assert "Somebody 2011" in finding.source
    assert finding.rule == f"level_reference@{load_rules().version}"


def test_a_range_of_nearly_all_healthy_people_is_strong_evidence_at_once() -> None:
    reference = Reference(1.2, 1.4, "2.5th to 97.5th percentile", "adults", "Else 2020")
    assert one(tell(param(1.15, reference=reference)), LEFT).grade == "strong"


def test_a_caution_limits_the_evidence() -> None:
    finding = one(tell(param(1.0, reason="five strides are too few")), LEFT)
    assert finding.grade == "limited"
    assert finding.text.endswith("; the evidence is limited.")


def test_what_puts_all_numbers_in_doubt_limits_the_evidence_and_is_named() -> None:
    finding = one(tell(param(1.0), quality=(warned("identity_uncertain"),)), LEFT)
    assert finding.grade == "limited"
    assert "quality.identity_uncertain" in finding.facts
    told = tell(
        param(1.0), param(1.0, side="both", name="cadence_spm"), quality=(warned("mirrored_film"),)
    )
    assert one(told, LEFT).grade == "limited"
    assert one(told, "level.cadence_spm").grade == "strong"  # it has no side to be exchanged


def test_a_value_without_a_range_is_not_judged() -> None:
    assert tell(param(1.0, reference=None)) == ()


def test_sides_that_come_out_alike_are_told_at_once() -> None:
    sides = [param(1.0, side=side) for side in ("left", "right", "both")]
    (finding,) = [f for f in tell(*sides) if f.kind == "level"]
    assert (finding.id, finding.side) == ("level.stride_length_m.both", "both")
    assert set(finding.facts) == {
        f"parameters.stride_length_m.{s}" for s in ("left", "right", "both")
    }
    assert "on both sides is 1.00 m" in finding.text


@pytest.mark.parametrize("right", [1.3, 1.1])  # another relation, another grade
def test_sides_that_differ_are_told_apart(right: float) -> None:
    told = tell(param(1.0), param(right, side="right"), param(1.0, side="both"))
    assert {f.side for f in told if f.kind == "level"} == {"left", "right"}


def test_a_parameter_without_sides_is_told_without_one() -> None:
    finding = one(tell(param(1.0, side="both", name="speed_mps")), "level.speed_mps")
    assert finding.side == ""
    assert finding.text == (
        "Walking speed is 1.00 m/s, below the reference range of 1.20 m/s to 1.40 m/s."
    )


def test_rounding_in_the_file_changes_no_relation() -> None:
    assert one(tell(param(1.4 + 1e-9, 0.0)), LEFT).relation == "within"
    assert one(tell(param(1.40001, 0.0)), LEFT).relation == "above"


def test_the_limits_of_the_range_stand_in_the_sentence() -> None:
    assert RANGE.low == 1.2
    assert one(tell(param(1.3)), LEFT).text == (
        "Stride length on the left is 1.30 m, within the reference range of 1.20 m to 1.40 m."
    )
