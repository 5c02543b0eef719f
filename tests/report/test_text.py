"""Whatever the text is, it prints as one safe line; numbers print as a clinician reads them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.report.fonts import can_print
from clinigait.report.text import (
    compact,
    date,
    interval,
    markup,
    number,
    printable,
    synthetic_marks,
    words,
)
from clinigait.report.wording import ENGLISH, RESEARCH_USE_ONLY, wording
from support.assessments import assessed, of_synthetic_walker, with_synthetic_pose


@given(st.text(), st.integers(2, 90))
def test_any_text_becomes_one_printable_line(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert all(can_print(sign) for sign in shown)
    assert shown == " ".join(shown.split())


def test_marks_of_what_stands_together_come_once() -> None:
    person, taught = assessed(1), with_synthetic_pose(assessed(1))
    walker = of_synthetic_walker(taught)  # of a walker it is the first thing to know
    pose, synthetic = ENGLISH.pose_synthetic, ENGLISH.synthetic
    assert synthetic_marks([person], ENGLISH) == ()
    assert synthetic_marks([taught, person, taught], ENGLISH) == (pose,)
    assert synthetic_marks([walker, walker], ENGLISH) == (synthetic,)
    assert synthetic_marks([taught, walker], ENGLISH) == (pose, synthetic)


@given(st.text())
def test_no_text_is_read_as_markup(text: str) -> None:
    element = ElementTree.fromstring(f"<p>{markup(text)}</p>")  # noqa: S314  our own text
    assert len(element) == 0
    assert (element.text or "") == printable(text, 400)


@pytest.mark.parametrize("code", ["Ж-17", "Łódź", "Ελένη 3", "P-001/β", "Dvořák", "ß"])
def test_codes_of_many_alphabets_print_as_they_are(code: str) -> None:
    assert printable(code) == code


def test_a_sign_without_a_glyph_stays_distinguishable() -> None:
    assert printable("A🏃") == "A[U+1F3C3]"
    assert printable("張") != printable("偉")


def test_signs_that_turn_the_text_around_are_dropped() -> None:
    assert printable("a\u202eb\u2066c\u200bd") == "abcd"


def test_numbers_have_a_true_minus_and_no_minus_zero() -> None:
    assert number(-5.14, 1) == "−5.1"
    assert number(-0.01, 1) == "0.0"
    assert number(1.005, 2) == "1.00"


def test_an_interval_with_a_minus_is_joined_by_a_word() -> None:
    assert interval(1.0, 2.0, 1) == "1.0–2.0"
    assert interval(-1.0, 2.0, 1) == "−1.0 to 2.0"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (29.97, "30"),
        (9.179, "9.18"),
        (0.00534, "0.00534"),
        (30.0, "30"),
        (0.4, "0.4"),
        (0.0, "0"),
        (100.0, "100"),
        (12345.6, "12346"),
    ],
)
def test_compact_numbers(value: float, shown: str) -> None:
    assert compact(value) == shown


def test_names_of_machines_become_words() -> None:
    assert words("camera_motion_px") == "Camera motion"
    assert words("Strides a side") == "Strides a side"
    assert words("s") == "S"


def test_dates_are_read_from_iso_8601() -> None:
    assert date("2026-11-22T14:05:09+01:00", ENGLISH) == "22 Nov 2026"
    assert date("yesterday", ENGLISH) == "yesterday"


def test_the_research_use_wording_is_exact() -> None:
    assert RESEARCH_USE_ONLY == (
        "Research software. Not a medical device. Not for diagnosis, treatment or patient "
        "management. Values are estimates with the stated uncertainty and must be reviewed by a "
        "qualified person."
    )


def test_an_unknown_language_is_a_bad_input() -> None:
    with pytest.raises(BadInputError, match="Choose one of: en, zh"):
        wording("xx")
