"""The pages hold on both papers: one page of summary, findings with their rows, odd amounts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest

from clinigait.core import Assessment, BadInputError, Finding, Parameter, StoredFrame, Subject
from clinigait.core.definition import Definition
from clinigait.core.narration import NarratedSentence, Narration
from clinigait.documents import write_pdf
from clinigait.report.pdf import write_report
from clinigait.report.styles import PAGES
from clinigait.report.wording import wording
from support.assessments import (
    DEFINITIONS,
    PERCEPTION,
    SUBJECT,
    assessed,
    prediction,
    refused,
    write_frames,
)

NASTY = "<b>x</b> & </para> \x00\n\u202eevil {code} %s 步" + 10_000 * "W"


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frames(tmp_path_factory.mktemp("frames"))


def _texts(path: Path) -> list[str]:
    pages = pdfium.PdfDocument(path)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pages]


def _assert_inside(path: Path, size: str) -> None:
    paper = PAGES[size]
    for page in pdfium.PdfDocument(path):
        assert page.get_size() == pytest.approx((paper.width, paper.height), abs=0.01)
        text = page.get_textpage()
        for index in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(index)
            assert left > paper.margin_x - 2.0  # labels of axes
            assert right < paper.width - paper.margin_x + 2.0
            assert bottom > 10.0
            assert top < paper.height - 10.0


def _level(name: str = "speed_mps", side: str = "both", number: int = 0) -> Finding:
    return Finding(
        f"level.{name}.{side}.{number}", "level@1", "level", name, "Walking speed", side, "below",
        {"value": 1.05, "low": 1.19, "high": 1.59}, "m/s", "strong",
        (f"parameters.{name}.{side}",), "somebody 2001", "Walking speed is low.",
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_says_that_keypoints_were_learned_from_nobody(
    language, frames, tmp_path
) -> None:
    words_ = wording(language)
    for synthetic in (True, False):
        seen = replace(PERCEPTION, pose="hrnet-compact", pose_synthetic=synthetic)
        made = replace(assessed(9), perception=seen)
        write_report(made, frames, tmp_path / "r.pdf", DEFINITIONS, language)
        _assert_inside(tmp_path / "r.pdf", "a4")
        told = ["".join(words_.pose_synthetic.split()) in "".join(page.split())
                for page in _texts(tmp_path / "r.pdf")]  # fmt: skip
        assert told
        assert all(told) if synthetic else not any(told)


@pytest.mark.parametrize("size", ["a4", "letter"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_summary_is_one_page_and_all_fits_on_the_paper(
    size: str, language: str, frames: Path, tmp_path: Path
) -> None:
    made = replace(
        assessed(9), findings=(_level(),), predictions=(prediction(research=True, synthetic=True),)
    )
    write_report(made, frames, tmp_path / "r.pdf", DEFINITIONS, language, size)
    _assert_inside(tmp_path / "r.pdf", size)
    first, second, *_ = _texts(tmp_path / "r.pdf")
    titles = {"en": ("Findings", "Time–distance"), "zh": ("所见", "时间–距离")}[language]
    assert titles[0] in first
    assert titles[1] not in first
    assert second.startswith(titles[1])


def test_a_finding_names_the_row_that_it_rests_on(frames: Path, tmp_path: Path) -> None:
    made = replace(assessed(3, with_curves=False), findings=(_level(), _level("none", "left")))
    write_report(made, frames, tmp_path / "r.pdf", DEFINITIONS)
    pages = _texts(tmp_path / "r.pdf")
    assert "1.05 m/s" in pages[0]
    assert pages[0].count("[row 1]") == 1
    assert "1 Walking speed m/s" in pages[1]
    page = pdfium.PdfDocument(tmp_path / "r.pdf")[0]
    links = pdfium_c.FPDFPage_GetAnnotCount(page)
    assert links == 1


def test_without_findings_there_is_no_such_section(frames: Path, tmp_path: Path) -> None:
    write_report(assessed(2), frames, tmp_path / "r.pdf", DEFINITIONS)
    pages = _texts(tmp_path / "r.pdf")
    assert "Findings" not in " ".join(pages)
    assert "Mean of each side" in pages[0]  # the joint curves take the room


def test_many_findings_go_on_behind_the_summary(frames: Path, tmp_path: Path) -> None:
    many = tuple(_level(number=n) for n in range(70))
    made = replace(assessed(2), findings=many)
    write_report(made, frames, tmp_path / "r.pdf", DEFINITIONS)
    pages = _texts(tmp_path / "r.pdf")
    assert "58 more findings" in pages[0]
    assert "Mean of each side" not in pages[0]
    assert pages[1].startswith("All findings")
    _assert_inside(tmp_path / "r.pdf", "a4")


def test_what_models_find_stays_on_their_own_pages(frames: Path, tmp_path: Path) -> None:
    said = replace(
        _level(), id="p", kind="prediction", relation="unclear", facts=("predictions.scoliosis",)
    )
    made = replace(assessed(2), findings=(said,), predictions=(prediction(),))
    write_report(made, frames, tmp_path / "r.pdf", DEFINITIONS)
    assert "Findings" not in _texts(tmp_path / "r.pdf")[0]


def _of_strides(count: int) -> Assessment:
    made = assessed(max(count, 1))
    assert made.measurement is not None
    if count:
        return made
    return replace(made, measurement=replace(made.measurement, strides=(), events=(), curves=()))


@pytest.mark.parametrize("count", [0, 1, 60])
def test_any_number_of_strides_fits(count: int, frames: Path, tmp_path: Path) -> None:
    write_report(_of_strides(count), frames, tmp_path / "r.pdf", DEFINITIONS, "zh", "letter")
    _assert_inside(tmp_path / "r.pdf", "letter")


def test_two_hundred_parameters_fit(frames: Path, tmp_path: Path) -> None:
    made = assessed(2, with_curves=False)
    assert made.measurement is not None
    names = [f"quantity_number_{n}_m" for n in range(200)]
    more = tuple(Parameter(n, "both", 1.0, "m", 9, 0.5, 1.5, 0.1) for n in names)
    known = {
        n: Definition(n, f"Quantity {n}", "m", "A test. " * 9, "any view", "us", "pace", 2)
        for n in names
    }
    told = replace(made, measurement=replace(made.measurement, parameters=more))
    write_report(told, frames, tmp_path / "r.pdf", known)
    _assert_inside(tmp_path / "r.pdf", "a4")
    assert "200 Quantity" in " ".join(_texts(tmp_path / "r.pdf"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_texts_of_ten_thousand_signs_fit(
    language: str, frames: Path, tmp_path: Path
) -> None:
    finding = replace(_level(), title=NASTY, name=NASTY, unit=NASTY, source=NASTY, text=NASTY)
    made = replace(
        assessed(2), findings=(finding,), subject=Subject(code=NASTY, condition=NASTY),
        frames=(StoredFrame(NASTY, 1.0, NASTY),) * 5,
    )  # fmt: skip
    write_report(made, frames, tmp_path / "r.pdf", DEFINITIONS, language)
    _assert_inside(tmp_path / "r.pdf", "a4")
    assert "<b>x</b> & </para>" in _texts(tmp_path / "r.pdf")[0]


def test_a_paper_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="page size"):
        write_report(refused(), tmp_path, tmp_path / "r.pdf", DEFINITIONS, page_size="a3")
    assert list(tmp_path.iterdir()) == []


def _earlier() -> Assessment:
    made = assessed(9, seed=3, subject=replace(SUBJECT, condition="barefoot"))
    assert made.measurement is not None
    slower = tuple(
        replace(p, value=p.value * 0.7, low=p.low * 0.7, high=p.high * 0.7)
        if p.name == "speed_mps" and p.value and p.low and p.high
        else p
        for p in made.measurement.parameters
    )
    when = replace(made.provenance, created_at="2026-05-02T10:00:00+02:00")
    return replace(made, provenance=when, measurement=replace(made.measurement, parameters=slower))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_earlier_visit_is_held_against_this_one(
    language: str, frames: Path, tmp_path: Path
) -> None:
    write_pdf(assessed(9), frames, tmp_path / "r.pdf", language, "a4", _earlier())
    _assert_inside(tmp_path / "r.pdf", "a4")
    text = " ".join(_texts(tmp_path / "r.pdf"))
    parts = {
        "en": (
            "Change since the earlier visit", "2 May 2026", "barefoot", "Earlier, left",
            "▲ increased", "within error", "minimal detectable change", "Walking speed, both sides",
        ),
        "zh": ("与上次相比的变化", "2026年5月2日", "上次，左侧", "▲ 增大", "在误差之内"),
    }[language]  # fmt: skip
    for part in parts:
        assert part in text, part


def test_what_cannot_be_compared_is_said(frames: Path, tmp_path: Path) -> None:
    other = replace(_earlier(), protocol=replace(_earlier().protocol, name="walk_frontal"))
    write_pdf(assessed(3), frames, tmp_path / "r.pdf", earlier=other)
    text = " ".join(_texts(tmp_path / "r.pdf"))
    assert "parameters cannot be compared: different protocols" in text
    with pytest.raises(BadInputError, match="refused"):
        write_pdf(assessed(3), frames, tmp_path / "x.pdf", earlier=refused())
    assert not (tmp_path / "x.pdf").exists()


def _at_speed(made: Assessment) -> Assessment:
    assert made.measurement is not None
    speed = Parameter("speed_normalised", "both", 0.42, "", 9, 0.4, 0.44, 0.01)
    parameters = (*made.measurement.parameters, speed)
    return replace(made, measurement=replace(made.measurement, parameters=parameters))


@pytest.mark.parametrize(
    ("age_y", "told"), [(9.0, "Markers on the skin"), (47.0, "No reference for this person")]
)
def test_a_band_is_a_reference_only_for_those_it_was_made_of(
    age_y: float, told: str, frames: Path, tmp_path: Path
) -> None:
    made = _at_speed(assessed(2, subject=replace(SUBJECT, age_y=age_y)))
    write_pdf(made, frames, tmp_path / "r.pdf")
    text = " ".join(_texts(tmp_path / "r.pdf"))
    assert told in text
    assert "Schwartz 2008" in text
    assert ("For comparison of shape only" in text) == (age_y > 18)


def _narrated(**changes: object) -> Assessment:
    finding = _level()
    text = "The person walked at 1.05 m/s, slower than the reference range."
    narration = Narration(
        "en", (NarratedSentence(text, finding.id, "model"),), text,
        {"model": 1, "grammar": 0, "template": 0}, "First of all: walking speed.",
        "SmolLM2 b179c952",
    )  # fmt: skip
    narration = replace(narration, **changes)  # type: ignore[arg-type]
    return replace(assessed(9), findings=(finding,), narration=narration)


def test_sentences_of_a_language_model_say_so_and_only_in_their_language(
    frames: Path, tmp_path: Path
) -> None:
    for language in ("en", "zh"):
        write_pdf(_narrated(), frames, tmp_path / f"{language}.pdf", language)
    english, chinese = (_texts(tmp_path / f"{name}.pdf")[0] for name in ("en", "zh"))
    assert "slower than the reference range" in english
    assert "First of all: walking speed." in english
    assert "Worded by SmolLM2 b179c952 on this machine: 1 in its own words" in english
    assert "SmolLM2" not in chinese
    assert "低于参考范围" in chinese


def test_a_language_model_that_did_not_speak_says_why(frames: Path, tmp_path: Path) -> None:
    silent = _narrated(model=None, headline=None, reason="Its weights are not here. Fetch them.")
    write_pdf(silent, frames, tmp_path / "report.pdf")
    page = _texts(tmp_path / "report.pdf")[0]
    assert "The language model did not speak. Its weights are not here. Fetch them." in page
    assert "slower than the reference range" not in page
