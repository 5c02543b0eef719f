"""What a model says stands on pages of its own, with its marks on every one of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest

from clinigait.core import (
    AddEvent,
    EventKind,
    MeasuredSign,
    Prediction,
    Reference,
    Refused,
    Review,
    ReviewStep,
    SignedMeasure,
    Typicality,
)
from clinigait.findings import findings_of
from clinigait.gait.catalogue import CATALOGUE
from clinigait.report.fhir import fhir_bundle
from clinigait.report.model_pages import direction
from clinigait.report.pdf import write_report
from clinigait.report.saliency_figures import save_overlay
from clinigait.report.wording import ENGLISH, RESEARCH_USE_ONLY
from support.assessments import DEFINITIONS, assessed, prediction, saliency, write_frames

LONG = tuple(f"Limit number {n}: " + "this model was made for tests only. " * 8 for n in range(60))


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frames(tmp_path_factory.mktemp("frames"))


def _pages(folder: Path, path: Path, *said: Prediction) -> list[str]:
    made = replace(assessed(3, with_curves=False), predictions=said)
    write_report(made, folder, path, DEFINITIONS)
    pages = pdfium.PdfDocument(path)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pages]


def test_a_baseline_names_the_sides_that_it_knows(frames: Path, tmp_path: Path) -> None:
    base = prediction()
    inputs = {"lesser.arm_swing_deg": 21.5, "greater.arm_swing_deg": 35.7}
    known = tuple(replace(each, inputs=inputs) for each in base.baselines)
    pages = _pages(frames, tmp_path / "r.pdf", replace(base, baselines=known))
    assert any("arm swing of the lesser side 21.5" in page for page in pages)


def test_it_says_all_that_a_clinician_needs_on_one_page(frames: Path, tmp_path: Path) -> None:
    pages = _pages(frames, tmp_path / "r.pdf", prediction())
    (text,) = [page for page in pages if "Model result (adjunct):" in page]
    for part in (
        "Model result (adjunct): Scoliosis screening category",
        "The model cannot tell between Negative and Neutral.",
        "hold the right one in 90 %): Negative, Neutral.", "52 % (95 %: 41–63)", "Positive",
        "Baseline beside it: Age and sex", "age 47 y, female", "70 %",
        "It says nothing. No scale was known", "2.4° left shoulder higher",
        "1.3 cm trunk to the right", "0.0° neither way", "80.0 %", "76.5 %", "6.5 %", "99.5 %",
        "about 7 have it and 93 do not", "scoliosis_test-0a1b2c3d",
        "Right in 82 % of the walks", "493 people of one city",
        "A screening category is not a curve on a radiograph.", RESEARCH_USE_ONLY, "Beside the "
        "measurements, never instead of them",
    ):  # fmt: skip
        assert part in text
    assert ENGLISH.model_pointer in pages[0]
    assert "52 %" not in pages[0]
    assert "RESEARCH –" not in " ".join(pages)
    assert ENGLISH.model_synthetic not in " ".join(pages)


def _signs() -> tuple[MeasuredSign, ...]:
    range_ = Reference(1.1, 1.5, "mean ± 2 SD", "women of 60 to 69 years", "somebody 2001")
    return (
        MeasuredSign(
            "arm_swing_deg", "Arm swing", "deg", {"left": 11.4, "right": 34.0}, None, 26.3, "%"
        ),
        MeasuredSign("speed_mps", "Speed", "m/s", {"both": 0.84}, range_),
        MeasuredSign(
            "turn_duration_s", "Turn: duration", "s", {}, reason="The walk has no turn."
        ),
    )  # fmt: skip


def test_every_model_says_to_which_state_of_a_corrected_walk_it_answers(
    frames: Path, tmp_path: Path
) -> None:
    said = (
        prediction(), replace(prediction(), task="frailty", corrections=2, kept=True),
        replace(prediction(), task="pathology", corrections=2),
    )  # fmt: skip
    add = AddEvent(EventKind.FOOT_OFF, "left", 1.0)
    review = Review((ReviewStep("doctor", "2026-11-02T10:00:00+00:00", (add, add)),))
    made = replace(assessed(3, with_curves=False), predictions=said, review=review)
    write_report(made, frames, tmp_path / "r.pdf", DEFINITIONS)
    document = pdfium.PdfDocument(tmp_path / "r.pdf")
    pages = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    own = [page for page in pages if "Model result (adjunct):" in page]
    words = (ENGLISH.model_outdated.format(count=2), ENGLISH.model_kept, ENGLISH.model_asked)
    for page, text in zip(own, words, strict=True):
        assert [one for one in words if one in page] == [text]
    assert ENGLISH.models_before in pages[0]
    notes = [
        [note["text"] for note in entry["resource"]["note"]]
        for entry in fhir_bundle(made, CATALOGUE)["entry"]
        if entry["resource"]["resourceType"] == "RiskAssessment"
    ]
    assert [own[0] for own in notes] == list(words)
    assert [one.name for one in findings_of(made, CATALOGUE) if one.kind == "prediction"] == [
        "frailty", "pathology"
    ]  # fmt: skip


@pytest.mark.parametrize("abstains", [False, True])
def test_measured_signs_come_before_what_the_model_says(
    frames: Path, tmp_path: Path, abstains: bool
) -> None:
    said = replace(
        prediction(abstains=abstains), signs=_signs(),
        to_enter=("MDS-UPDRS 3.10, gait", "State of medication for movement"),
        typicality=Typicality(3.24, 4.1),
    )  # fmt: skip
    pages = _pages(frames, tmp_path / "r.pdf", said)
    text = " ".join(page for page in pages if "Measured signs" in page or "Model result" in page)
    for part in (
        "Arm swing, ° 11 34", "26.3 %, right more", "Speed, m/s", "0.84", "1.10–1.50", "▼ below",
        "women of 60 to 69 years (somebody 2001)", "Turn: duration: The walk has no turn.",
        "To be entered by a clinician", "MDS-UPDRS 3.10, gait", "nothing of this is computed",
        "this one looks to the network: 3.2; beyond 4.1",
    ):  # fmt: skip
        assert part in text, part
    says = text.index("The model says nothing" if abstains else "The model cannot tell between")
    assert text.index("Measured signs of this walk") < says
    assert text.count("UPDRS") == 1  # the field to enter


def test_without_signs_nothing_of_them_is_printed(frames: Path, tmp_path: Path) -> None:
    text = " ".join(_pages(frames, tmp_path / "r.pdf", prediction()))
    assert "Measured signs" not in text
    assert "To be entered" not in text
    assert "looks to the network" not in text


def test_research_and_synthetic_marks_stand_on_every_page_of_the_model_and_on_no_other(
    frames: Path, tmp_path: Path
) -> None:
    said = replace(prediction(research=True, synthetic=True), limits=LONG)
    pages = _pages(frames, tmp_path / "r.pdf", said)
    carrying = [n for n, page in enumerate(pages) if "Limit number" in page or "52 %" in page]
    assert len(carrying) >= 2
    for number, text in enumerate(pages):
        marked = number in carrying
        # Once across the page, once at its head.
        assert text.count(ENGLISH.model_research) == (2 if marked else 0)
        assert (ENGLISH.model_synthetic in text) is marked
    assert "measured on synthetic walkers, not on people" in " ".join(pages)


def test_each_of_several_models_bears_its_own_marks(frames: Path, tmp_path: Path) -> None:
    pages = _pages(frames, tmp_path / "r.pdf", prediction(synthetic=True), prediction())
    found = [page for page in pages if "Model result (adjunct):" in page]
    assert [ENGLISH.model_synthetic in page for page in found] == [True, False]
    assert any("Quality of the measurement" in page for page in pages)


def test_a_model_that_says_nothing_says_why_and_shows_no_number(
    frames: Path, tmp_path: Path
) -> None:
    text = " ".join(_pages(frames, tmp_path / "r.pdf", prediction(abstains=True)))
    for part in (
        "The model says nothing", "The walk is unlike those of the test.", "Film it again.",
        "Code: atypical_walk", "left shoulder higher",
    ):  # fmt: skip
        assert part in text
    assert "52 %" not in text
    assert "What such a result is worth" not in text


def test_a_missing_interval_has_its_reason(frames: Path, tmp_path: Path) -> None:
    base = prediction()
    classes = tuple(replace(one, low=None, high=None) for one in base.classes)
    said = replace(base, classes=classes, interval_reason="The walk is too short.")
    text = " ".join(_pages(frames, tmp_path / "r.pdf", said))
    assert "No interval: The walk is too short." in text
    assert "52 %" in text
    assert "(95 %: 41" not in text


def test_hostile_texts_are_printed_as_texts(frames: Path, tmp_path: Path) -> None:
    nasty = "<b>x</b> & </para> \x00\n {code} %s 😀" + 500 * "W"
    base = prediction()
    said = replace(
        base, title=nasty, statement=nasty, card_id=nasty, learned_from=nasty, limits=(nasty,),
        classes=tuple(replace(one, title=nasty) for one in base.classes),
        baselines=tuple(replace(b, title=nasty, reason=nasty) for b in base.baselines),
        measures=tuple(replace(m, title=nasty, unit=nasty, positive=nasty) for m in base.measures),
        signs=tuple(
            replace(sign, title=nasty, unit=nasty, reason=nasty, asymmetry_unit=nasty)
            for sign in _signs()
        ),
        to_enter=(nasty,),
    )  # fmt: skip
    assert "<b>x</b>" in " ".join(_pages(frames, tmp_path / "r.pdf", said))


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (2.4, "deg", "right shoulder higher"), (-2.4, "deg", "left shoulder higher"),
        (0.049, "deg", ""), (-0.049, "deg", ""), (0.0004, "m", ""),
        (-0.0006, "m", "left shoulder higher"),
    ],
)  # fmt: skip
def test_the_sign_is_said_in_words(value: float, unit: str, said: str) -> None:
    measure = SignedMeasure("x", "X", unit, value, "right shoulder higher")
    assert direction(measure) == said


def test_where_the_model_looked_stands_with_what_was_checked(frames: Path, tmp_path: Path) -> None:
    text = " ".join(_pages(frames, tmp_path / "r.pdf", replace(prediction(), saliency=saliency())))
    for part in (
        "Where the model looked", "Integrated Gradients", "Pelvis", "Feet", "Left foot alone",
        "30.0", "without these places the answer falls more than by chance",
    ):  # fmt: skip
        assert part in text, part


@pytest.mark.parametrize(("drawn", "images"), [(True, 1), (False, 0)])
def test_pictures_with_the_attention_on_them_stand_below_the_chart(
    drawn: bool, images: int, tmp_path: Path
) -> None:
    """What the model saw is on its page, if its pictures lie beside the assessment."""
    if drawn:
        grey = np.full((3, 64, 44), 0.5)
        save_overlay(grey, grey, ["0.1 s", "0.7 s", "1.3 s"], tmp_path / "saliency-1.png")
    made = replace(
        assessed(3, with_curves=False),
        predictions=(replace(prediction(), saliency=saliency()),), frames=(),
    )  # fmt: skip
    write_report(made, tmp_path, tmp_path / "r.pdf", DEFINITIONS)
    (page,) = [
        page for page in pdfium.PdfDocument(tmp_path / "r.pdf")
        if "Where the model looked" in page.get_textpage().get_text_bounded()
    ]  # fmt: skip
    found = list(page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE]))
    assert len(found) == images
    text = " ".join(page.get_textpage().get_text_bounded().split())
    assert (ENGLISH.saliency_picture in text) == drawn


def test_a_map_that_fails_is_not_shown_and_its_place_says_why(frames: Path, tmp_path: Path) -> None:
    said = replace(prediction(), saliency=saliency(passed=False))
    text = " ".join(_pages(frames, tmp_path / "r.pdf", said))
    assert f"{ENGLISH.saliency_failed} With the places of the map taken away first" in text
    assert "Left foot alone" not in text
    why = Refused("no_feature_map", "Grad-CAM needs a map of features.", "Use occlusion.")
    said = replace(prediction(), saliency_refused=why)
    text = " ".join(_pages(frames, tmp_path / "r.pdf", said))
    assert "Where the model looked cannot be shown. Grad-CAM needs a map of features." in text
