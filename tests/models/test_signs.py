"""Measured signs come first: sides, asymmetry and reference as measured, or why there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinigait.core import MeasuredSign, Reference
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.measure import measure
from clinigait.io.protocol import load_protocol
from clinigait.models.signs import parkinson_signs
from support.assessments import assessed
from support.walker import Gait, synthetic_space_walk

RANGE = Reference(1.0, 1.4, "mean ± 2 SD", "adults", "somebody 2001")


@pytest.fixture(scope="module")
def measurement():
    protocol = load_protocol("parkinson")
    return measure(synthetic_space_walk(Gait(duration_s=6.0)), protocol)


def test_signs_are_the_measured_parameters(measurement) -> None:
    signs = {sign.name: sign for sign in parkinson_signs(measurement)}
    assert list(signs)[:2] == ["arm_swing_deg", "stride_length_m"]
    for name, sign in signs.items():
        assert sign.title == CATALOGUE[name].title
        own = {p.side: p.value for p in measurement.parameters if p.name == name}
        assert sign.values == {side: value for side, value in own.items() if value is not None}
    arms = signs["arm_swing_deg"]
    assert set(arms.values) >= {"left", "right"}
    assert arms.asymmetry == measurement.parameter("arm_swing_asymmetry_pct").value
    assert signs["speed_mps"].values["both"] == pytest.approx(Gait().speed_mps, rel=0.03)


def test_a_sign_that_could_not_be_measured_says_why(measurement) -> None:
    (turn,) = [s for s in parkinson_signs(measurement) if s.name == "turn_duration_s"]
    assert turn.values == {}
    assert turn.reason
    assert turn.against_reference() is None


def test_what_was_not_asked_for_is_left_out() -> None:
    names = {sign.name for sign in parkinson_signs(assessed().measurement)}
    asked = {parameter.name for parameter in assessed().measurement.parameters}
    assert names <= asked


def test_every_sign_is_asked_for_by_the_protocol(measurement) -> None:
    names = {sign.name for sign in parkinson_signs(measurement)}
    assert {"arm_swing_deg", "stride_length_m", "turn_duration_s", "turn_steps", "cadence_spm",
            "double_support_pct", "trunk_lean_deg", "stride_time_cv_pct"} <= names  # fmt: skip


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"both": 1.2}, "within"),
        ({"left": 0.9, "right": 1.2}, "below"),
        ({"left": 1.2, "right": 1.5}, "above"),
        ({"left": 0.5, "right": 1.5}, "below"),
        ({"both": 1.0}, "within"),
    ],
)
def test_the_side_farthest_from_the_reference_counts(values, found) -> None:
    sign = MeasuredSign("stride_length_m", "Stride length", "m", values, RANGE)
    assert sign.against_reference() == found
    assert replace(sign, reference=None).against_reference() is None


def test_nothing_without_a_reason_is_no_sign() -> None:
    with pytest.raises(ValueError, match="neither a value nor a reason"):
        MeasuredSign("speed_mps", "Speed", "m/s", {})
