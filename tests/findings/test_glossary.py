"""Terms are found by name, title and other words, in both languages, and near ones suggested."""

from __future__ import annotations

import pytest

from clinigait.core import BadInputError
from clinigait.findings.glossary import find_terms, term_lines, terms_of
from clinigait.gait.catalogue import CATALOGUE

TERMS = terms_of(CATALOGUE)


def _names(wanted: str) -> list[str]:
    return [term.name for term in find_terms(wanted, TERMS)]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("speed_mps", ["speed_mps"]),
        ("Walking speed", ["speed_mps", "speed_bhps"]),
        ("WALKING-SPEED", ["speed_mps", "speed_bhps"]),
        ("stridelength", ["stride_length_m", "stride_length_bh"]),
        ("步频", ["cadence_spm"]),
        ("foot off", ["foot_off"]),
        ("toe off", ["foot_off"]),
        ("Stance", ["stance", "stance_pct"]),
        ("MDC", ["minimal_detectable_change"]),
        ("最小可检测变化值", ["minimal_detectable_change"]),
        ("prediction set", ["prediction_set"]),
        ("95 % interval", ["interval"]),
        ("clearance", ["toe_clearance_m"]),
        ("首次触地", ["initial_contact"]),
    ],
)
def test_a_term_is_found(wanted: str, names: list[str]) -> None:
    assert _names(wanted) == names


@pytest.mark.parametrize(
    ("wanted", "near"),
    [
        ("dubble suport", "double_support"),
        ("abstenton", "abstention"),
        ("cadense", "cadence_spm"),
        ("walking spede", "speed_mps"),
    ],
)
def test_a_near_spelling_is_suggested(wanted: str, near: str) -> None:
    with pytest.raises(BadInputError, match=rf"Did you mean .*{near}"):
        find_terms(wanted, TERMS)


@pytest.mark.parametrize("wanted", ["", "  ", "../..", "\u202e", "q" * 10_000, "<b>", "\ud800"])
def test_what_is_no_term_is_one_sentence(wanted: str) -> None:
    with pytest.raises(BadInputError) as raised:
        find_terms(wanted, TERMS)
    assert len(str(raised.value)) < 300
    assert str(raised.value).isprintable()


def test_every_term_is_found_by_its_name_and_told_in_both_languages() -> None:
    assert len({term.name for term in TERMS}) == len(TERMS)
    for term in TERMS:
        assert term in find_terms(term.name, TERMS)
        for language in ("en", "zh"):
            lines = term_lines(term, language)
            assert lines[0].startswith(term.name)
            assert all(line.startswith("  ") for line in lines[1:])
        assert term.source
        assert term.definition_zh or term.name in CATALOGUE


def test_a_parameter_tells_unit_view_source_and_ranges() -> None:
    (term,) = find_terms("cadence_spm", TERMS)
    assert term_lines(term, "en", ["Somebody 2011"], ["5 steps/min, meaningful"]) == [
        "cadence_spm (Cadence, steps/min)",
        f"  {CATALOGUE['cadence_spm'].definition}",
        "  Needs: any view.",
        f"  Source: {CATALOGUE['cadence_spm'].source}.",
        "  Reference ranges: Somebody 2011.",
        "  Changes that matter: 5 steps/min, meaningful.",
    ]
    assert term_lines(term, "zh")[0] == "cadence_spm（步频，步/分）"


def test_a_language_that_is_not_there_is_a_bad_input() -> None:
    with pytest.raises(BadInputError, match="There is no language de"):
        term_lines(TERMS[0], "de")
