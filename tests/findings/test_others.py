"""What models say, what the checks warn of, and what the protocol asks for and did not get."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinigait.core import ClassProbability, Finding, Grade, Prediction, QualityCheck
from clinigait.findings import fact, findings_of, sentence
from clinigait.gait.catalogue import CATALOGUE
from support.assessments import assessed, prediction, refused
from support.told import of, one, param, tell, warned, with_predictions


def _said(*predictions: Prediction) -> list[Finding]:
    assessment = with_predictions(*predictions)
    found = list(findings_of(assessment, CATALOGUE))
    for finding in found:
        assert all(isinstance(fact(f, assessment), Prediction) for f in finding.facts)
    return found


def _pattern(*shares: float, inside: tuple[str, ...]) -> Prediction:
    titles = {"normal": "Normal", "antalgic": "Antalgic", "lurch": "Lurch"}
    classes = tuple(
        ClassProbability(label, title, share)
        for (label, title), share in zip(titles.items(), shares, strict=True)
    )
    return replace(
        prediction(), task="pathology", title="Gait pattern", classes=classes,
        prediction="normal", prediction_set=inside, card_id="pathology_skeleton:1a2b",
        synthetic=False, research=False,
    )  # fmt: skip


class TestPredictions:
    def test_one_class_is_likely(self) -> None:
        (finding,) = _said(_pattern(0.81, 0.15, 0.04, inside=("normal",)))
        assert finding.text == "Gait pattern: Normal is likely, with a probability of 81 %."
        assert sentence(finding, "zh") == "步态模式：正常的可能性较大，概率为 81 %。"
        assert (finding.relation, finding.grade) == ("likely", "moderate")
        assert (finding.source, finding.facts) == (
            "pathology_skeleton:1a2b", ("predictions.pathology",)
        )  # fmt: skip

    def test_the_class_in_the_set_is_named_though_another_is_more_probable(self) -> None:
        (finding,) = _said(_pattern(0.51, 0.49, 0.0, inside=("antalgic",)))
        assert finding.text == "Gait pattern: Antalgic is likely, with a probability of 49 %."

    def test_several_classes_cannot_be_told_apart(self) -> None:
        (finding,) = _said(_pattern(0.3, 0.6, 0.1, inside=("normal", "antalgic")))
        assert finding.text == (
            "Gait pattern: Antalgic or Normal cannot be told apart, the first with a probability "
            "of 60 %."
        )
        assert sentence(finding, "zh") == (
            "步态模式：疼痛步态或正常无法区分，其中第一项的概率为 60 %。"
        )

    def test_without_a_set_nothing_is_excluded(self) -> None:
        (finding,) = _said(_pattern(0.9, 0.1, 0.0, inside=()))
        assert finding.relation == "unclear"
        assert "Normal or Antalgic or Lurch" in finding.text

    def test_a_model_that_says_nothing(self) -> None:
        (finding,) = _said(prediction(abstains=True))
        assert (finding.relation, finding.values) == ("withheld", {})
        assert finding.text.endswith(" is not judged by the model.")

    def test_what_is_for_research_says_so_in_both_languages(self) -> None:
        said = replace(_pattern(0.9, 0.1, 0.0, inside=("normal",)), research=True)
        (finding,) = _said(said)
        assert finding.grade == "limited"
        assert "Normal (research only) is likely" in finding.text
        assert "仅供研究" in sentence(finding, "zh")

    def test_two_models_of_one_task_are_both_told(self) -> None:
        one_of = _pattern(0.9, 0.1, 0.0, inside=("normal",))
        told = _said(one_of, replace(one_of, card_id="pathology_side_view:3c4d"))
        assert {f.source for f in told} == {"pathology_skeleton:1a2b", "pathology_side_view:3c4d"}
        assert len({f.id for f in told}) == 2

    def test_a_bundle_of_ones_own_keeps_its_english_title_in_chinese(self) -> None:
        said = replace(_pattern(0.9, 0.1, 0.0, inside=("normal",)), title="Gang: or {title}")
        (finding,) = _said(said)
        assert "Gang: or {title}: Normal" in sentence(finding, "zh")


class TestChecks:
    @pytest.mark.parametrize(
        ("name", "value", "unit", "limit", "text"),
        [
            ("Frame rate", 30.0, "Hz", "at least 50 Hz, refused below 20",
             "Frame rate, 30 Hz, below the limit of 50 Hz."),
            ("Camera motion", 0.051, "BH/s", "at most 0.05 BH/s",
             "Camera motion, 0.051 BH/s, above the limit of 0.05 BH/s."),
            ("Camera motion", 0.0500004, "BH/s", "at most 0.05 BH/s",
             "Camera motion, 0.0500004 BH/s, above the limit of 0.05 BH/s."),
            ("Angle of the view", 31.0, "deg", "at most 20 deg",
             "Angle of the view, 31°, above the limit of 20°."),
            ("Usable strides", 5.0, "", "at least 6",
             "Usable strides, 5, below the limit of 6."),
            ("Frame rate", 60.0, "Hz", "at least 50 Hz", "Frame rate, 60 Hz."),
            ("Frame rate", 60.0, "Hz", "as agreed", "Frame rate, 60 Hz."),
            ("Several walkers", None, "", "", "Several walkers."),
        ],
    )  # fmt: skip
    def test_a_warning_is_told(
        self, name: str, value: float | None, unit: str, limit: str, text: str
    ) -> None:
        (finding,) = tell(quality=(warned("odd", name, value=value, unit=unit, limit=limit),))
        assert finding.text == f"The measurement is limited: {text}"
        assert (finding.name, finding.facts) == ("odd", ("quality.odd",))
        assert sentence(finding, "zh").startswith("测量受限：")

    def test_what_is_passed_is_not_told(self) -> None:
        assert tell(quality=(QualityCheck("Frame rate", Grade.PASS, 60.0, "Hz", ""),)) == ()

    def test_two_warnings_of_one_code_are_both_told_and_found(self) -> None:
        checks = tuple(warned("pass_left_out", f"Recording {n}") for n in (2, 3))
        assessment = of(quality=checks)
        told = findings_of(assessment, CATALOGUE)
        assert [fact(f.facts[0], assessment) for f in told] == list(checks)


class TestMissing:
    def test_what_could_not_be_measured_is_told_once(self) -> None:
        sides = [param(None, side=side) for side in ("left", "right", "both")]
        (finding,) = tell(*sides)
        assert (finding.relation, finding.side) == ("not_measured", "")
        assert finding.text == "Stride length was not measured."
        assert len(finding.facts) == 3

    def test_a_single_side(self) -> None:
        told = tell(param(None, side="left"), param(1.3, side="right"))
        assert one(told, "quality.stride_length_m.left").text == (
            "Stride length on the left was not measured."
        )

    def test_what_stands_in_for_it_is_enough(self) -> None:
        stand_in = param(0.8, side="both", name="stride_length_bh", reference=None)
        assert tell(param(None, side="both"), stand_in) == ()

    def test_two_forms_that_are_both_missing_are_one(self) -> None:
        told = tell(param(None, side="both"), param(None, side="both", name="stride_length_bh"))
        assert [f.id for f in told] == ["quality.stride_length_m"]

    def test_the_protocol_limits_what_is_told(self) -> None:
        walk = of(
            param(1.0), param(100.0, 1.0, "both", "cadence_spm"), param(None, name="step_width_m")
        )
        told = findings_of(walk, CATALOGUE, ["stride_length_m"])
        assert [f.name for f in told] == ["stride_length_m"]

    def test_what_the_protocol_asks_for_and_nothing_has(self) -> None:
        walk = of(param(1.0))
        told = findings_of(walk, CATALOGUE, ["stride_length_m", "arm_swing_deg"])
        missing = one(told, "quality.arm_swing_deg")
        assert missing.text == "Arm swing was not measured."
        assert fact(missing.facts[0], walk) is walk.protocol

    def test_a_stand_in_is_told_where_the_protocol_asks_for_the_other(self) -> None:
        walk = of(param(1.0, side="both", name="stride_length_bh"))
        told = findings_of(walk, CATALOGUE, ["stride_length_m"])
        assert [f.name for f in told] == ["stride_length_bh"]


def test_an_assessment_with_nothing_measured_says_nothing() -> None:
    assert tell() == ()


def test_a_refused_assessment_says_that_nothing_was_measured() -> None:
    (finding,) = findings_of(refused(), CATALOGUE)
    assert finding.text == "The walk was not measured."
    assert sentence(finding, "zh") == "本次步行未能测得。"
    assert fact(finding.facts[0], refused()) == "too_few_strides"


def test_facts_that_are_not_there() -> None:
    for name in ("parameters.speed_mps.left", "quality.none", "predictions.x", "frames.0", ""):
        assert fact(name, assessed(2)) is None
    assert fact("earlier.parameters.speed_mps.both", assessed(2)) is None
    assert fact("parameters.speed_mps.both", refused()) is None
