"""All findings of an assessment: order, facts, mirrors, permutations, hostile words."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import Parameter, Reference
from clinigait.core.printed import MINUS
from clinigait.findings import LANGUAGES, fact, findings_of, load_rules, sentence
from clinigait.gait.catalogue import CATALOGUE
from clinigait.io.assessment import read_assessment, write_assessment
from support.assessments import assessed, prediction
from support.told import mirrored, of, param, tell, warned

quick = settings(max_examples=60)
_SIDED = (
    *("stride_length_m", "step_time_s", "step_length_m", "swing_time_s", "knee_flexion_rom_deg"),
    *("toe_clearance_m", "heel_lift_m"),
)
_WHOLE = ("speed_mps", "cadence_spm", "step_time_asymmetry_pct", "arm_swing_asymmetry_pct")


@st.composite
def parameters(draw: st.DrawFn) -> tuple[Parameter, ...]:
    """Draw some parameters with and without values, intervals, ranges and cautions."""
    keys = [(n, s) for n in _SIDED for s in ("left", "right", "both")]
    keys += [(name, "both") for name in _WHOLE]
    chosen = draw(st.lists(st.sampled_from(keys), unique=True, max_size=12))
    return tuple(draw(_parameter(name, side)) for name, side in chosen)


@st.composite
def _parameter(draw: st.DrawFn, name: str, side: str) -> Parameter:
    numbers = st.floats(-100, 100) | st.integers(-3, 3).map(float) | st.floats(0, 3)
    value = draw(st.none() | numbers)
    half = draw(st.none() | st.floats(0, 20))
    low = draw(st.floats(0, 3))
    reference: Reference | None = Reference(
        low, low + draw(st.floats(0, 2)), "mean ± 1 SD", "adults", "X 2000"
    )
    if name.endswith("asymmetry_pct"):
        reference = None  # a range of a signed index would have to be mirrored with it
    caution = draw(st.sampled_from([None, None, "a caution"]))
    return param(
        value, half, side, name, draw(st.sampled_from([None, reference])),
        **({"reason": caution} if value is not None else {}),
    )  # fmt: skip


def _numbers(text: str) -> str:
    return text.replace(MINUS, "-")


@quick
@given(parameters())
def test_every_finding_rests_on_facts_and_says_its_values(drawn: tuple[Parameter, ...]) -> None:
    assessment = of(*drawn)
    found = findings_of(assessment, CATALOGUE)
    assert len({finding.id for finding in found}) == len(found)
    for finding in found:
        assert all(fact(one, assessment) is not None for one in finding.facts)
        assert finding.text == sentence(finding)
        for language in LANGUAGES:
            told = _numbers(sentence(finding, language))
            assert all(_is_told(value, told) for value in finding.values.values())
            assert "{" not in told
            assert "\n" not in told


def _is_told(value: float, told: str) -> bool:
    return any(f"{value:.{n}f}".lstrip("-") in told for n in range(10))


@quick
@given(parameters(), st.randoms())
def test_the_order_of_the_parameters_does_not_matter(
    drawn: tuple[Parameter, ...], order: random.Random
) -> None:
    shuffled = list(drawn)
    order.shuffle(shuffled)
    assert tell(*drawn) == tell(*shuffled)


@quick
@given(parameters())
def test_a_mirrored_walk_has_mirrored_findings(drawn: tuple[Parameter, ...]) -> None:
    assessment = of(*drawn)
    assert assessment.measurement is not None
    turned = replace(assessment, measurement=mirrored(assessment.measurement))
    there, back = findings_of(assessment, CATALOGUE), findings_of(turned, CATALOGUE)
    swap = {"left": "right", "right": "left", "left_greater": "right_greater",
            "right_greater": "left_greater"}  # fmt: skip

    def outcome(finding, names):
        values = {names.get(role, role): value for role, value in finding.values.items()}
        side, relation = (names.get(x, x) for x in (finding.side, finding.relation))
        return (finding.kind, finding.name, side, relation, finding.grade, sorted(values.items()))

    assert sorted(outcome(f, swap) for f in there) == sorted(outcome(f, {}) for f in back)


@settings(max_examples=15)
@given(parameters())
def test_what_is_written_and_read_back_says_the_same(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Parameter, ...]
) -> None:
    path: Path = tmp_path_factory.mktemp("a") / "assessment.json"
    assessment = of(*drawn)
    found = findings_of(assessment, CATALOGUE)
    write_assessment(replace(assessment, findings=found), path)
    again = read_assessment(path)
    assert again.findings == found
    assert findings_of(again, CATALOGUE) == found


def test_what_matters_most_is_told_first() -> None:
    told = tell(
        param(30.0, 1.0, "both", "step_time_asymmetry_pct", None),
        param(-30.0, 1.0, "both", "arm_swing_asymmetry_pct", None),
        param(1.0, 0.01, "both", "cadence_spm"),
        param(1.0, 0.5, "both", "speed_mps"),
        param(1.3, 0.01, "right"),
        param(1.05, 0.01, "left"),
        param(None, name="heel_lift_m"),
        quality=(warned("frame_rate_too_low", "Frame rate"),),
    )
    assert [(f.name, f.relation) for f in told] == [
        ("cadence_spm", "below"),
        ("stride_length_m", "below"),
        ("speed_mps", "below"),  # the evidence is limited
        ("step_time_asymmetry_pct", "right_greater"),
        ("frame_rate_too_low", "limited"),
        ("arm_swing_asymmetry_pct", "left_greater"),  # likewise
        ("heel_lift_m", "not_measured"),
        ("stride_length_m", "within"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "<b>bold</b>", "=cmd|' /C calc'!A0", "a\u202eb\u0000c\nd", "x" * 10_000, "{value}", "", ".",
        "parameters.speed_mps.both", "\ud800", "步态", "100 %, or so",
    ],
    ids=range(11),
)  # fmt: skip
def test_hostile_names_are_told_on_one_short_line(name: str) -> None:
    parameter = param(1.0, name=name)
    assessment = of(parameter, quality=(warned("odd", name),))
    model = replace(prediction(), title=name, task=name)
    found = findings_of(replace(assessment, predictions=(model,)), CATALOGUE)
    assert {f.kind for f in found} == {"level", "quality", "prediction"}
    for finding in found:
        for language in LANGUAGES:
            told = sentence(finding, language)
            assert told.isprintable()
            assert len(told) < 400
    level = next(f for f in found if f.kind == "level")
    assert fact(level.facts[0], assessment) is parameter


def test_two_parameters_of_one_name_and_side_do_not_break_it() -> None:
    assert len(tell(param(1.0), param(1.3))) == 1


def test_a_whole_walk_as_it_is_told() -> None:
    found = findings_of(assessed(9), CATALOGUE)
    assert [finding.text for finding in found][:4] == [
        "The measurement is limited: Agreement of the event methods, 24 ms, above the limit of 20 "
        "ms.",
        "The measurement is limited: Strides a side, 9, below the limit of 10.",
        "Arm swing on the left was not measured.",
        "Walking speed is 1.20 m/s, within the reference range of 1.19 m/s to 1.59 m/s.",
    ]
    version = load_rules().version
    assert all(finding.rule.endswith(f"@{version}") for finding in found)
