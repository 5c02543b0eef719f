"""Changes from an earlier visit, against the minimal detectable change of the comparison."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinigait.core import Finding, Parameter
from clinigait.findings import change_findings, fact, is_noteworthy
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.compare import compare
from support.assessments import refused
from support.told import of, one, param, warned

SPEED = "speed_mps"


def _changes(before: list[Parameter], after: list[Parameter]) -> tuple[Finding, ...]:
    earlier, later = of(*before), of(*after)
    found = change_findings(compare(earlier, later), earlier, later, CATALOGUE)
    for finding in found:
        assert all(fact(one, later, earlier) is not None for one in finding.facts)
    return found


def _speed(value: float | None, half: float | None = 0.03, **more: object) -> list[Parameter]:
    return [param(value, half, "both", SPEED, None, **more)]


@pytest.mark.parametrize(
    ("after", "relation"),
    [(1.3, "increased"), (0.7, "decreased"), (1.0, "unchanged"), (1.02, "unchanged")],
)
def test_a_change_is_told_against_what_is_detectable(after: float, relation: str) -> None:
    (finding,) = _changes(_speed(1.0), _speed(after))
    assert (finding.id, finding.side) == ("change.speed_mps", "")
    assert (finding.relation, finding.grade) == (relation, "moderate")
    assert finding.values == {
        "before": 1.0, "after": after, "limit": pytest.approx(0.03 * 2**0.5, rel=1e-6)
    }  # fmt: skip
    assert finding.facts == ("parameters.speed_mps.both", "earlier.parameters.speed_mps.both")
    assert "Zou & Donner 2008" in finding.source
    assert is_noteworthy(finding) == (relation != "unchanged")


def test_the_sentence_holds_where_rounding_would_belie_it() -> None:
    (finding,) = _changes(_speed(1.0, 0.003), _speed(1.0045, 0.003))
    assert finding.text == (
        "Walking speed increased from 1.0000 m/s to 1.0045 m/s, by more than the minimal "
        "detectable change of 0.0042 m/s."
    )


def test_a_change_on_the_limit_is_none() -> None:
    earlier, later = of(*_speed(1.0, 0.03)), of(*_speed(1.3))
    (row,) = compare(earlier, later)
    on_limit = replace(row, change=replace(row.change, minimal_detectable=0.3, is_real=False))
    (finding,) = change_findings([on_limit], earlier, later, CATALOGUE)
    assert finding.text == (
        "Walking speed is unchanged: from 1.00 m/s to 1.30 m/s, by not more than the minimal "
        "detectable change of 0.30 m/s."
    )


def test_what_cannot_be_compared_is_not_told() -> None:
    assert _changes(_speed(1.0), _speed(None)) == ()
    assert _changes(_speed(1.0, None), _speed(1.5)) == ()
    assert change_findings([], refused(), of(*_speed(1.0)), CATALOGUE) == ()


def test_sides_that_changed_alike_are_told_at_once() -> None:
    before = [param(1.0, side=side) for side in ("left", "right", "both")]
    after = [param(1.2, side=side) for side in ("left", "right", "both")]
    (finding,) = _changes(before, after)
    assert finding.side == "both"
    assert len(finding.facts) == 6
    told = _changes(before, [*after[:1], *before[1:]])
    assert [(f.side, f.relation) for f in told] == [("left", "increased"), ("right", "unchanged")]


def test_a_caution_of_either_visit_limits_the_evidence() -> None:
    for cautioned in (0, 1):
        visits = [_speed(1.0, reason="few strides" if n == cautioned else None) for n in (0, 1)]
        (finding,) = _changes(*visits)
        assert finding.grade == "limited"
    earlier, later = of(*_speed(1.0), quality=(warned("implausible_pace"),)), of(*_speed(1.5))
    (finding,) = change_findings(compare(earlier, later), earlier, later, CATALOGUE)
    assert finding.grade == "limited"
    assert "earlier.quality.implausible_pace" in finding.facts


def test_the_order_of_the_rows_does_not_matter() -> None:
    before = [*_speed(1.0), param(1.0), param(100.0, 1.0, "both", "cadence_spm")]
    after = [*_speed(1.5), param(1.1), param(90.0, 1.0, "both", "cadence_spm")]
    earlier, later = of(*before), of(*after)
    rows = compare(earlier, later)
    there = change_findings(rows, earlier, later, CATALOGUE)
    assert there == change_findings(rows[::-1], earlier, later, CATALOGUE)
    assert [f.name for f in there] == ["speed_mps", "cadence_spm", "stride_length_m"]
    assert one(there, "change.cadence_spm").relation == "decreased"
