"""Write the report as PDF: tagged, embedded fonts, bookmarks, one footer on every page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from threading import Lock

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

from clinigait.core import Assessment, BadInputError, Prediction
from clinigait.core.definition import Definition
from clinigait.io.output import replace_file
from clinigait.report.chinese import in_chinese
from clinigait.report.contents import Beside, Contents
from clinigait.report.dates import moment_of
from clinigait.report.fonts import REGULAR, draw_text, register_fonts, text_width
from clinigait.report.model_pages import USUAL_PAGE, model_page
from clinigait.report.pages import assessed_story, refused_story
from clinigait.report.styles import (
    GRADE_COLOURS,
    LINE,
    MARGIN_BOTTOM,
    MUTED,
    PAGES,
    SIZE_FOOTER,
    SIZE_TABLE,
    TEXT_WIDTH,
    Page,
    style,
)
from clinigait.report.tagging import TaggedCanvas, Text
from clinigait.report.text import date, markup, printable, short_hash, synthetic_mark
from clinigait.report.wording import Wording, wording

_TOTAL = "page-total"
#: ReportLab parses all paragraphs with one parser.
_ONE_AT_A_TIME = Lock()


def write_report(
    assessment: Assessment,
    folder_of_frames: Path,
    path: Path,
    definitions: Mapping[str, Definition],
    language: str = "en",
    page_size: str = "a4",
    beside: Beside | None = None,
) -> None:
    """Write an assessment as PDF, all or nothing.

    Equal input gives equal bytes.

    Parameters
    ----------
    assessment
        What to print; a refused one becomes a page that says why.
    folder_of_frames
        The folder that the paths in ``assessment.frames`` are relative to.
    path
        The file; an older one is replaced.
    definitions
        What the parameters mean, by name.
    language
        Language of the report, ``en`` or ``zh``.
    page_size
        ``a4`` or ``letter``.
    beside
        What is printed beside it: reference curves, an earlier assessment.

    Raises
    ------
    BadInputError
        If the language or the size is not known, or the file cannot be written.
    """
    contents = Contents(
        assessment, folder_of_frames, definitions, wording(language), _page(page_size),
        beside or Beside(),
    )  # fmt: skip
    with _ONE_AT_A_TIME:
        register_fonts()
        rl_config.useA85 = 0  # binary streams: a fifth smaller, and nothing is spelt out slowly
        content = _pdf(in_chinese(contents) if language == "zh" else contents)
    replace_file(path, content)


def _page(size: str) -> Page:
    if size not in PAGES:
        raise BadInputError(
            f"There is no page size {size!r}.", f"Choose one of: {', '.join(PAGES)}."
        )
    return PAGES[size]


def _pdf(contents: Contents) -> bytes:
    assessment, words_, page = contents.assessment, contents.words, contents.page
    measurement = assessment.measurement
    story = assessed_story(contents, measurement) if measurement else refused_story(contents)
    content = BytesIO()
    code = printable(assessment.subject.code or words_.no_code, 60)
    document = BaseDocTemplate(
        content,
        pagesize=(page.width, page.height),
        title=f"{words_.title} {code}",
        author="clinigait",
        subject=printable(assessment.protocol.title),
        creator=f"clinigait {printable(assessment.provenance.clinigait_version, 20)}",
        lang=words_.language_tag,
        invariant=1,
        pageCompression=1,
        initialFontName=REGULAR,
    )
    footer = _Footer(assessment, page, words_)
    document.addPageTemplates(
        [PageTemplate(USUAL_PAGE, [_body(page)], onPage=footer.begin, onPageEnd=footer.draw)]
    )
    for index, prediction in enumerate(assessment.predictions):
        marked = _ModelPage(footer, prediction)
        document.addPageTemplates(
            [
                PageTemplate(
                    model_page(index), [_body(page)], onPage=marked.begin, onPageEnd=marked.draw
                )
            ]
        )
    document.build(story, canvasmaker=_CountingCanvas)
    return content.getvalue()


def _body(page: Page) -> Frame:
    return Frame(page.margin_x, MARGIN_BOTTOM, TEXT_WIDTH, page.body_height, 0, 0, 0, 0)


class _CountingCanvas(TaggedCanvas):
    """A canvas that knows the number of pages when the last one is done."""

    words_after_total = "{total}"

    def save(self) -> None:
        """Write the total where every footer has left room for it, and finish."""
        total = str(self.getPageNumber() - 1)
        self.beginForm(_TOTAL, 0, -SIZE_FOOTER, 60, 2 * SIZE_FOOTER)
        self.setFillColor(HexColor(MUTED))
        draw_text(self, 0, 0, self.words_after_total.format(total=total), SIZE_FOOTER)
        self.endForm()
        super().save()


class _Footer:
    """What stands at the foot of every page; no part of the text, as it is on all of them."""

    def __init__(self, assessment: Assessment, page: Page, words_: Wording) -> None:
        self.words, self.page = words_, page
        self.line = _footer_line(assessment, words_)
        self.created_at = assessment.provenance.created_at
        self.mark = synthetic_mark(assessment, words_)

    def begin(self, canvas: TaggedCanvas, document: object) -> None:
        """Say when the report was made: not the time of printing."""
        del document
        canvas.setDateFormatter(self._date)
        canvas.words_after_total = self.words.page_total

    def draw(self, canvas: TaggedCanvas, document: object) -> None:
        """Draw the footer of the current page."""
        del document
        with canvas.artifact():
            self._draw(canvas)

    def _draw(self, canvas: TaggedCanvas) -> None:
        left, right = self.page.margin_x, self.page.width - self.page.margin_x
        canvas.saveState()
        canvas.setStrokeColor(HexColor(LINE))
        canvas.setLineWidth(0.5)
        canvas.line(left, 17.5 * 72 / 25.4, right, 17.5 * 72 / 25.4)
        self._research_use(canvas)
        if self.mark:
            canvas.setFillColor(HexColor(GRADE_COLOURS["refusal"]))
            place = (self.page.width / 2, self.page.height - 24)
            draw_centred(canvas, place, self.mark, 2 * SIZE_FOOTER)
        canvas.setFillColor(HexColor(MUTED))
        number = self.words.page.format(page=canvas.getPageNumber())
        width = text_width(number, SIZE_FOOTER)
        room = text_width(self.words.page_total.format(total="00"), SIZE_FOOTER)
        line = self.line
        while text_width(line, SIZE_FOOTER) > right - left - width - room - SIZE_FOOTER:
            line = f"{line[:-2]}…"
        draw_text(canvas, left, 19, line, SIZE_FOOTER)
        draw_text(canvas, right - width - room, 19, number, SIZE_FOOTER)
        canvas.translate(right - room, 19)
        canvas.doForm(_TOTAL)
        canvas.restoreState()

    def _research_use(self, canvas: TaggedCanvas) -> None:
        text = Text(markup(self.words.research_use_only), style(SIZE_FOOTER, MUTED))
        _, height = text.wrap(TEXT_WIDTH, 100)
        text.drawOn(canvas, self.page.margin_x, 46 - height)

    def _date(self, *_: int) -> str:
        """Return the time of the assessment as PDF date, not the time of printing."""
        moment = moment_of(self.created_at)
        if moment is None:
            return "D:20000101000000Z"
        zone = moment.strftime("%z")
        return moment.strftime("D:%Y%m%d%H%M%S") + (f"{zone[:3]}'{zone[3:5]}'" if zone else "Z")


class _ModelPage:
    """The marks of every page on which a model speaks, beside the usual footer."""

    def __init__(self, footer: _Footer, prediction: Prediction) -> None:
        self.footer, self.prediction = footer, prediction
        self.words, self.page = footer.words, footer.page

    def begin(self, canvas: TaggedCanvas, document: object) -> None:
        """Draw the mark behind the text."""
        self.footer.begin(canvas, document)
        if self.prediction.research:
            with canvas.artifact():
                self._watermark(canvas)

    def draw(self, canvas: TaggedCanvas, document: object) -> None:
        """Draw the footer of the current page, and the mark at its head."""
        self.footer.draw(canvas, document)
        marks = [self.words.model_research] if self.prediction.research else []
        marks += [self.words.model_synthetic] if self.prediction.synthetic else []
        with canvas.artifact():
            canvas.saveState()
            canvas.setFillColor(HexColor(GRADE_COLOURS["refusal"]))
            place = (self.page.width / 2, self.page.height - 35)
            draw_centred(canvas, place, "  ·  ".join(marks), SIZE_TABLE)
            canvas.restoreState()

    def _watermark(self, canvas: TaggedCanvas) -> None:
        canvas.saveState()
        canvas.translate(self.page.width / 2, self.page.height / 2)
        canvas.rotate(52)
        canvas.setFillColor(HexColor(GRADE_COLOURS["refusal"]), alpha=0.10)
        draw_centred(canvas, (0.0, 0.0), self.words.model_research, 38)
        canvas.restoreState()


def draw_centred(canvas: TaggedCanvas, place: tuple[float, float], text: str, size: float) -> None:
    """Print one bold line around a point."""
    draw_text(canvas, place[0] - text_width(text, size, bold=True) / 2, place[1], text, size, True)


def _footer_line(assessment: Assessment, words_: Wording) -> str:
    recording, perception = assessment.recording, assessment.perception
    return words_.footer.format(
        code=printable(assessment.subject.code or words_.no_code, 24),
        date=date(assessment.provenance.created_at, words_),
        version=printable(assessment.provenance.clinigait_version, 16),
        input=short_hash(recording.sha256 if recording else ""),
        protocol=short_hash(assessment.protocol.sha256),
        weights=short_hash(weights_digest(perception.weights) if perception else ""),
    )


def weights_digest(weights: Mapping[str, str]) -> str:
    """Return one hash for all weight files, whatever their order; nothing where there are none."""
    if not weights:
        return ""
    lines = "\n".join(f"{name} {sha256}" for name, sha256 in sorted(weights.items()))
    return hashlib.sha256(lines.encode("utf-8", "replace")).hexdigest()
