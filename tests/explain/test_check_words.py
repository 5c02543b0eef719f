"""The check of words: true sentences pass, however they are worded; false ones never do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.explain.check_edits import edits_of
from clinigait.explain.check_facts import ways_to_write
from clinigait.explain.check_words import WordCheck
from clinigait.findings import sentence, title_in
from support.narrated import ALL, CADENCE, SPEED, STEP, STRIDE, finding, paraphrased

LANGUAGES = ("en", "zh")
TRUE = "The left stride length was 1.08 m, below the reference range of 1.20 to 1.50 m."


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sentences_of_the_templates_are_true_of_their_findings(language) -> None:
    check = WordCheck(ALL, language)
    for one in ALL:
        assert check.sentence(sentence(one, language)).findings == (one.id,)


@pytest.mark.parametrize(("language", "fewest"), [("en", 200), ("zh", 40)])
def test_of_true_sentences_worded_otherwise_99_percent_are_accepted(language, fewest) -> None:
    rows = paraphrased()
    check = WordCheck([one for one, _ in rows], language)
    accepted = [
        check.sentence(text).findings == (one.id,) for one, said in rows for text in said[language]
    ]
    assert len(accepted) >= fewest
    assert sum(accepted) >= 0.99 * len(accepted)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_edit_that_makes_a_sentence_false_gets_through(language) -> None:
    # All of them: examples/narration_faithfulness.py. Here the first true sentence of each finding.
    rows = paraphrased()
    check = WordCheck([one for one, _ in rows], language)
    n = 0
    for one, said in rows:
        title = title_in(language, one.name, one.title)
        other = "Hip extension, peak" if language == "en" else "髋伸展峰值"
        for text in (sentence(one, language), said[language][0]):
            for edit in edits_of(text, ways_to_write(title, language), [other]):
                n += 1
                assert not check.sentence(edit.sentence).accepted, edit
    assert n > 200


@pytest.mark.parametrize(
    "false",
    [
        "Step length was greater on the left (0.58 m) than on the right (0.65 m).",
        "Step length was smaller on the right (0.65 m) than on the left (0.58 m).",
        "The left step length of 0.58 m exceeds the right one of 0.65 m.",
        "Step length was within the limit of 10 %, within the limit of 10 % for left 0.58 m.",
        "The left stride length was not below the reference range.",
        "The left stride length was 1.20 m, below the reference range of 1.08 to 1.50 m.",
        "The left stride length was 1.08 m, below the minimal detectable change of 1.20 m.",
        "The stride length was 1.08 m.",
        "Stride length on both sides was 1.08 m.",
        "The left stride length was 1.08 s.",
        "The left stride length was 1.08.",
        "The left stride length is reduced and the patient has Parkinson's disease.",
        "The left stride length is reduced because of pain.",
        "The left stride length increased from 1.08 m to 1.20 m.",
        "The left stride length is faster than the reference range.",
        "Cadence rose from 110.4 to 100.2 steps/min.",
        "Cadence increased from 100.2 to 110.4 steps/min, less than measurement error.",
        "Walking speed was 1.21 m/s, below the reference range of 1.10 to 1.40 m/s.",
        "Walking speed is normal and so is everything else.",
        "Frailty category: Frail is likely, with a probability of 82 %.",
        "The evidence is limited.",
        "The left stride length was 1.08 m; the evidence is limited.",
        "Hip flexion, peak, on the right was not measured.",
        "The left peak hip flexion was measured.",
        "Stride length is good.",
        "",
        ".",
        "1.08 m.",
    ],
)
def test_false_or_empty_sentences_are_not_accepted(false) -> None:
    assert not WordCheck(ALL).sentence(false).accepted


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\u00ad", "\n", "\0", "(", "!", "\u0430"])
def test_nothing_is_left_unparsed_not_even_a_hidden_sign(hidden) -> None:
    check = WordCheck(ALL)
    assert check.sentence(TRUE).accepted
    for place in (0, 9, len(TRUE) - 1, len(TRUE)):
        assert not check.sentence(TRUE[:place] + hidden + TRUE[place:]).accepted


def test_equal_numbers_are_the_same_number() -> None:
    assert WordCheck([STRIDE]).sentence("The left stride length was 1.080 m.").accepted
    assert not WordCheck([STRIDE]).sentence("The left stride length was 1.1 m.").accepted


def test_a_text_is_checked_sentence_by_sentence() -> None:
    first, second = WordCheck(ALL).text(f"{TRUE} All is well.")
    assert first.accepted
    assert second.reason == "it does not parse"


def test_two_findings_that_say_the_same_are_both_named() -> None:
    again = replace(SPEED, id="again")
    said = WordCheck([SPEED, again]).sentence("Walking speed was 1.21 m/s.")
    assert said.findings == (SPEED.id, "again")


@given(st.text(max_size=200))
def test_any_text_at_all_is_read_without_a_fault(text) -> None:
    assert not WordCheck([STRIDE, STEP]).sentence(text).accepted


@given(
    st.floats(0.5, 2.5).map(lambda v: round(v, 2)), st.sampled_from(["left", "right"]),
    st.sampled_from(["below", "above"]),
)  # fmt: skip
def test_only_the_value_side_and_direction_of_the_finding_are_accepted(value, side, way) -> None:
    text = f"The {side} stride length was {value:.2f} m, {way} the reference range."
    true = value == 1.08 and side == "left" and way == "below"
    assert WordCheck([STRIDE, CADENCE]).sentence(text).accepted == true


def test_a_title_of_ten_thousand_letters_does_no_harm() -> None:
    long = finding("quality", "x" * 10_000, "y " * 5_000, "not_measured", {})
    assert not WordCheck([long]).sentence("y " * 5_000 + "was not measured.").accepted
