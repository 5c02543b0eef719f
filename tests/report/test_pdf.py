"""The PDF that a clinician gets: complete, honest, the same for the same input, unbreakable."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
import pytest
from PIL import Image

from clinigait.core import (
    Assessment,
    BadInputError,
    Grade,
    Parameter,
    SilhouetteFacts,
    StoredFrame,
    Subject,
)
from clinigait.report.pdf import weights_digest, write_report
from clinigait.report.styles import PAGES
from clinigait.report.wording import RESEARCH_USE_ONLY
from support.assessments import DEFINITIONS, PEOPLE, assessed, refused, write_frames

NASTY = "<b>x</b> & </para> \x00\nline \u202eevil 😀🏃 שלום مرحبا 張偉 $x^2$ {code} %s" + 3000 * "W"


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_frames(tmp_path_factory.mktemp("frames"))


def _printed(assessment: Assessment, frames: Path, path: Path) -> list[str]:
    """Return the text of every page, white space evened out."""
    write_report(assessment, frames, path, DEFINITIONS)
    pages = pdfium.PdfDocument(path)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pages]


def _all(assessment: Assessment, frames: Path, tmp_path: Path) -> str:
    return " ".join(_printed(assessment, frames, tmp_path / "r.pdf"))


@pytest.mark.parametrize(
    "made", [assessed(), assessed(1, with_curves=False), assessed(60), assessed(9, "BH"), refused()]
)
def test_every_page_says_what_it_is(made: Assessment, frames: Path, tmp_path: Path) -> None:
    pages = _printed(made, frames, tmp_path / "r.pdf")
    for number, text in enumerate(pages, 1):
        assert RESEARCH_USE_ONLY in text
        assert f"Page {number} of {len(pages)}" in text
        assert "Ж-17 · 22 Nov 2026 · clinigait 0.1.0 · input 1a2b3c4d · protocol 5e6f7a8b" in text


def test_the_first_page_answers_who_what_and_how_well(frames: Path, tmp_path: Path) -> None:
    first = _printed(assessed(), frames, tmp_path / "r.pdf")[0]
    for part in (
        "Gait report", "Ж-17", "own shoes", "47 y, female", "1.71 m", "68.5 kg",
        "Sagittal walk at usual pace, version 1.0", "walk_Łódź_03.mp4", "13.7 s", "30 frames/s",
        "from the side (sagittal)", "to the right of the picture", "from body height",
        "Left initial contact, 3.20 s", "Walking speed", "1.20", "95 %: 1.19–1.22",
        "6 of 8 checks passed, 2 warnings", "The two event methods differ by 24 ms",
        "Film a second pass", "9 left and 9 right strides used, 2 rejected",
        "Reference: 1.19–1.59",
    ):  # fmt: skip
        assert part in first


def test_the_sections_are_bookmarked_in_order(frames: Path, tmp_path: Path) -> None:
    write_report(assessed(), frames, tmp_path / "r.pdf", DEFINITIONS)
    titles = [mark.get_title() for mark in pdfium.PdfDocument(tmp_path / "r.pdf").get_toc()]
    assert titles == [
        "Gait report",
        "Time–distance parameters",
        "Joint angles over the gait cycle",
        "Joint and segment angles",
        "Gait events",
        "Stride to stride",
        "Strides used and rejected",
        "Frames",
        "Quality of the measurement",
        "People in the film",
        "Limits of this measurement",
        "Definitions",
        "How this report was made",
    ]


def test_every_parameter_is_printed_and_defined(frames: Path, tmp_path: Path) -> None:
    made = assessed()
    assert made.measurement is not None
    text = _all(made, frames, tmp_path)
    for name in {parameter.name for parameter in made.measurement.parameters}:
        definition = DEFINITIONS[name]
        assert text.count(definition.title) >= 2
        assert definition.definition in text
    assert "Perry & Burnfield 2010" in text


def test_a_value_that_cannot_be_had_is_a_dash_with_its_reason(frames: Path, tmp_path: Path) -> None:
    text = _all(assessed(), frames, tmp_path)
    assert "The left arm is hidden behind the body for more than half of the walk." in text
    text = _all(assessed(9, "BH"), frames, tmp_path)
    assert "Lengths are in body heights (BH): no scale was known." in text
    # The metric twins of the lengths have no value: the sentence above says it once for all.
    assert "Stride length BH" in text
    assert "Stride length m" not in text


def test_rejected_strides_and_the_choice_of_the_walker_are_told(
    frames: Path, tmp_path: Path
) -> None:
    text = _all(assessed(), frames, tmp_path)
    assert text.count("the foot leaves the picture before its next initial contact") == 3
    assert "chosen by the rule: steadiest walker with the longest way" in text
    assert "exchanged back in 4 frames" in text
    made = assessed()
    assert made.perception is not None
    by_hand = replace(made, perception=replace(made.perception, chosen_by="user"))
    assert "The person was chosen by the user" in _all(by_hand, frames, tmp_path)


def test_silhouettes_are_told_for_information_and_without_a_grade(
    frames: Path, tmp_path: Path
) -> None:
    made = assessed()
    assert made.perception is not None
    facts = made.perception.silhouettes
    assert facts is not None

    def told(changed: SilhouetteFacts | None) -> str:
        seen = replace(made.perception, silhouettes=changed)
        return _all(replace(made, perception=seen), frames, tmp_path)

    text = told(facts)
    assert "97.5 %" in text
    assert "cut off in 3 % of the frames; 2 frames were mended" in text
    assert "walking aid was seen in 46 % of the frames, in the left hand" in text
    assert text.count("For information") == 1
    assert "in 46 % of the frames." in told(replace(facts, aid_side=None))
    none = told(replace(facts, aid_pct=2.0, aid=False, aid_side=None))
    assert "No walking aid stood out" in none
    assert "could not be judged" in told(replace(facts, aid_pct=None, aid=False, aid_side=None))
    assert "Silhouettes" not in told(None)


def test_grades_are_words_not_only_colours(frames: Path, tmp_path: Path) -> None:
    text = _all(assessed(), frames, tmp_path)
    assert text.count("● Pass") == 6
    assert text.count("▲ Warning") == 2


def test_no_reference_is_said_once_with_the_reason(frames: Path, tmp_path: Path) -> None:
    made = assessed(subject=Subject(code="A"))
    assert made.measurement is not None
    bare = replace(
        made.measurement,
        parameters=tuple(replace(p, reference=None) for p in made.measurement.parameters),
    )
    pages = _printed(replace(made, measurement=bare), frames, tmp_path / "r.pdf")
    assert " ".join(pages).count("No applicable reference") == 2  # below each table
    assert "age, sex not stated" in pages[1]


def test_what_is_unknown_is_said_to_be_unknown(frames: Path, tmp_path: Path) -> None:
    made = replace(assessed(2, subject=Subject()), recording=None, perception=None, frames=())
    text = _all(made, frames, tmp_path)
    assert text.count("not stated") >= 5
    assert "no code" in text


def test_a_refused_assessment_is_one_page_with_a_remedy(frames: Path, tmp_path: Path) -> None:
    pages = _printed(refused(), frames, tmp_path / "r.pdf")
    assert len(pages) == 1
    assert "Only 1 whole stride of the left foot was seen; the protocol asks for 3." in pages[0]
    assert "Film a walk of at least 6 m" in pages[0]
    assert "too_few_strides" in pages[0]
    assert "Time–distance" not in pages[0]


def test_the_file_names_its_maker_and_nobody_else(frames: Path, tmp_path: Path) -> None:
    write_report(assessed(), frames, tmp_path / "r.pdf", DEFINITIONS)
    facts = pdfium.PdfDocument(tmp_path / "r.pdf").get_metadata_dict()
    assert facts["Title"] == "Gait report Ж-17"
    assert facts["Author"] == "clinigait"
    assert facts["Creator"] == "clinigait 0.1.0"
    assert facts["CreationDate"] == "D:20261122140509+01'00'"
    assert "walk" not in facts["Subject"].replace("Sagittal walk at usual pace", "")


def test_all_fonts_are_embedded_and_only_pictures_are_pixels(frames: Path, tmp_path: Path) -> None:
    write_report(assessed(), frames, tmp_path / "r.pdf", DEFINITIONS)
    content = (tmp_path / "r.pdf").read_bytes()
    assert content.count(b"/FontFile2") >= 2
    assert b"/Helvetica" not in content
    pages = pdfium.PdfDocument(content)
    images = [
        sum(obj.type == pdfium_c.FPDF_PAGEOBJ_IMAGE for obj in page.get_objects(max_depth=5))
        for page in pages
    ]
    assert images[0] == 3
    assert sum(images) == 6  # once more, larger


def test_equal_input_gives_equal_bytes_in_any_process(frames: Path, tmp_path: Path) -> None:
    write_report(assessed(), frames, tmp_path / "a.pdf", DEFINITIONS)
    program = (
        "import sys; from pathlib import Path\n"
        "from support.assessments import DEFINITIONS, assessed\n"
        "from clinigait.report.pdf import write_report\n"
        "write_report(assessed(), Path(sys.argv[1]), Path(sys.argv[2]), DEFINITIONS)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-c", program, str(frames), str(tmp_path / "b.pdf")],
        check=True,
        env={"PYTHONPATH": f"{root}:{root / 'tests'}", "PYTHONHASHSEED": "99", "HOME": str(frames)},
    )
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_reports_can_be_written_at_the_same_time(frames: Path, tmp_path: Path) -> None:
    made = assessed(3)
    paths = [tmp_path / f"{number}.pdf" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: write_report(made, frames, path, DEFINITIONS), paths))
    assert len({path.read_bytes() for path in paths}) == 1


@pytest.mark.parametrize("long_side_px", [200, 4000])
def test_pictures_of_any_size_fit_and_keep_the_file_small(
    long_side_px: int, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (long_side_px, long_side_px // 2, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "x.jpg", quality=95)
    pictures = tuple(StoredFrame("x.jpg", 1.0, "a") for _ in range(5))
    made = replace(assessed(2), frames=pictures)
    first = _printed(made, tmp_path, tmp_path / "r.pdf")[0]
    assert first.count("a, 1.00 s") == 3
    assert (tmp_path / "r.pdf").stat().st_size < 3_000_000


@pytest.mark.parametrize("file", ["../out.jpg", "none.jpg", "broken.jpg", "link.jpg", "text.jpg"])
def test_a_picture_that_cannot_be_had_leaves_an_empty_place(file: str, tmp_path: Path) -> None:
    inner = tmp_path / "in"
    inner.mkdir()
    Image.new("RGB", (50, 50)).save(tmp_path / "out.jpg")
    whole = (tmp_path / "out.jpg").read_bytes()
    (inner / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    (inner / "text.jpg").write_text("not a picture")
    (inner / "link.jpg").symlink_to(tmp_path / "out.jpg")
    made = replace(assessed(1), frames=(StoredFrame(file, 1.0, "a"),))
    assert "Picture not available" in _all(made, inner, tmp_path)


def _hostile(made: Assessment) -> Assessment:
    measured = made.measurement
    assert measured is not None
    assert made.recording is not None
    assert made.perception is not None
    return replace(
        made,
        subject=Subject(code=NASTY, condition=NASTY),
        protocol=replace(made.protocol, name=NASTY, version=NASTY, title=NASTY, sha256=NASTY),
        recording=replace(made.recording, file_name=NASTY, sha256=NASTY),
        provenance=replace(
            made.provenance, created_at=NASTY, clinigait_version=NASTY, packages={NASTY: NASTY}
        ),
        perception=replace(
            made.perception, weights={NASTY: NASTY}, walker_rule=NASTY,
            people=made.perception.people * 30,
        ),
        frames=(StoredFrame(NASTY, 1e9, NASTY), made.frames[0]),
        measurement=replace(
            measured,
            curves=tuple(replace(curve, name=NASTY, unit=NASTY) for curve in measured.curves[:2]),
            strides=tuple(replace(s, rejected_because=NASTY) for s in measured.strides),
            quality=tuple(
                replace(
                    q, name=NASTY, grade=Grade.WARNING, message=NASTY, remedy=NASTY, limit=NASTY
                )
                for q in measured.quality
            ),
            parameters=(
                *(replace(p, unit=NASTY, reason=NASTY) for p in measured.parameters),
                Parameter(NASTY, "both", -1e12, NASTY, 10**9, -1e12, 1e12),
            ),
        ),
    )  # fmt: skip


def test_hostile_text_breaks_neither_layout_nor_markup(frames: Path, tmp_path: Path) -> None:
    made = _hostile(assessed())
    text = _all(made, frames, tmp_path)
    assert "<b>x</b> & </para> line evil" in text
    assert "[U+1F3C3]" in text
    for page in pdfium.PdfDocument(tmp_path / "r.pdf"):
        _assert_inside(page)


def test_a_hostile_refusal_still_is_one_page(frames: Path, tmp_path: Path) -> None:
    made = replace(
        _hostile(assessed()),
        status="refused", measurement=None, code=NASTY, message=NASTY, remedy=NASTY,
    )  # fmt: skip
    pages = _printed(made, frames, tmp_path / "r.pdf")
    assert len(pages) == 1
    _assert_inside(pdfium.PdfDocument(tmp_path / "r.pdf")[0])


@pytest.mark.parametrize("made", [assessed(), assessed(60), refused()])
def test_no_text_runs_over_the_margins(made: Assessment, frames: Path, tmp_path: Path) -> None:
    write_report(made, frames, tmp_path / "r.pdf", DEFINITIONS)
    for page in pdfium.PdfDocument(tmp_path / "r.pdf"):
        _assert_inside(page)


def _assert_inside(page: pdfium.PdfPage) -> None:
    text, page_ = page.get_textpage(), PAGES["a4" if page.get_width() < 600 else "letter"]
    for index in range(text.count_chars()):
        left, bottom, right, top = text.get_charbox(index)
        assert left > page_.margin_x - 1.0
        assert right < page_.width - page_.margin_x + 1.0
        assert bottom > 10.0
        assert top < page.get_height() - 10.0


def test_an_unknown_parameter_is_printed_under_its_own_name(frames: Path, tmp_path: Path) -> None:
    made = assessed(2)
    assert made.measurement is not None
    odd = Parameter("walk_ratio_m", "both", 0.0064, "m min", 12, 0.006, 0.0068)
    more = replace(made.measurement, parameters=(odd,))
    text = _all(replace(made, measurement=more), frames, tmp_path)
    assert "Walk ratio" in text
    assert "No definition was supplied." in text


def test_long_lists_are_cut_and_say_so(frames: Path, tmp_path: Path) -> None:
    made = assessed(30)
    assert made.measurement is not None
    assert made.perception is not None
    strides = tuple(replace(s, rejected_because="x") for s in made.measurement.strides)
    crowd = replace(
        made,
        measurement=replace(made.measurement, strides=strides),
        perception=replace(made.perception, people=made.perception.people * 10, walker=None),
    )
    text = _all(crowd, frames, tmp_path)
    assert "48 more rejected strides are in strides.csv." in text
    assert "10 more people are in assessment.json." in text
    assert "Nobody was chosen by the rule" in text


def test_without_a_rejected_stride_that_is_said(frames: Path, tmp_path: Path) -> None:
    made = assessed(2)
    assert made.measurement is not None
    used = tuple(stride for stride in made.measurement.strides if stride.used)
    kept = replace(made, measurement=replace(made.measurement, strides=used))
    assert "No stride was rejected." in _all(kept, frames, tmp_path)


def test_an_empty_measurement_can_be_printed(frames: Path, tmp_path: Path) -> None:
    made = assessed(1)
    assert made.measurement is not None
    empty = replace(
        made.measurement, scale=None, bouts=(), events=(), strides=(), parameters=(), curves=(),
        quality=(), near_side=None, view="frontal",
    )  # fmt: skip
    text = _all(replace(made, measurement=empty), frames, tmp_path)
    assert "No joint curve could be had" in text
    assert "No gait event was found." in text
    assert "not available" in text


def test_a_bad_language_or_place_leaves_nothing_behind(frames: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="language"):
        write_report(refused(), frames, tmp_path / "r.pdf", DEFINITIONS, "xx")
    with pytest.raises(BadInputError, match="cannot be written"):
        write_report(refused(), frames, tmp_path / "no" / "r.pdf", DEFINITIONS)
    assert list(tmp_path.iterdir()) == []


def test_the_weights_have_one_hash_whatever_their_order() -> None:
    assert weights_digest({"a": "1", "b": "2"}) == weights_digest({"b": "2", "a": "1"})
    assert weights_digest({"a": "1"}) != weights_digest({"a": "2"})
    assert weights_digest({}) == ""


def _with_pictures(made: Assessment, count: int) -> Assessment:
    assert made.perception is not None
    people = [
        replace(made.perception.people[n % 2], number=n + 1, picture="frames/contact_left.jpg")
        for n in range(count)
    ]
    return replace(made, perception=replace(made.perception, people=tuple(people)))


def _count_pictures(assessment: Assessment, frames: Path, path: Path) -> int:
    write_report(assessment, frames, path, DEFINITIONS)
    return sum(
        obj.type == pdfium_c.FPDF_PAGEOBJ_IMAGE
        for page in pdfium.PdfDocument(path)
        for obj in page.get_objects(max_depth=5)
    )


@pytest.mark.parametrize(("count", "shown"), [(1, 0), (2, 2), (4, 4), (25, 10)])
def test_where_there_was_a_choice_the_people_are_pictured(
    count: int, shown: int, frames: Path, tmp_path: Path
) -> None:
    made = _with_pictures(assessed(2), count)
    plain = replace(made.perception, people=made.perception.people[:1])
    before = _count_pictures(replace(made, perception=plain), frames, tmp_path / "a.pdf")
    assert _count_pictures(made, frames, tmp_path / "b.pdf") == before + shown


def test_a_refused_report_shows_whom_to_choose(frames: Path, tmp_path: Path) -> None:
    assert _count_pictures(_with_pictures(refused(), 3), frames, tmp_path / "r.pdf") == 3


def test_a_lost_picture_of_a_person_does_no_harm(frames: Path, tmp_path: Path) -> None:
    made = _with_pictures(assessed(2), 2)
    people = (replace(made.perception.people[0], picture="frames/gone.jpg"), PEOPLE[1])
    text = _all(replace(made, perception=replace(made.perception, people=people)), frames, tmp_path)
    assert "People in the film" in text
