"""Write the report as PDF: A4, embedded fonts, bookmarks, one footer on every page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from threading import Lock

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph

from clinigait.core import Assessment, Prediction
from clinigait.core.definition import Definition
from clinigait.io.output import replace_file
from clinigait.report.dates import moment_of
from clinigait.report.model_pages import USUAL_PAGE, model_page
from clinigait.report.pages import assessed_story, refused_story
from clinigait.report.styles import (
    BODY_HEIGHT,
    BOLD,
    GRADE_COLOURS,
    LINE,
    MARGIN_BOTTOM,
    MARGIN_X,
    MUTED,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    REGULAR,
    SIZE_FOOTER,
    SIZE_TABLE,
    TEXT_WIDTH,
    register_fonts,
    style,
)
from clinigait.report.text import date, markup, printable, short_hash
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
        Language of the report, ``en``.

    Raises
    ------
    BadInputError
        If the language is not known or the file cannot be written.
    """
    words_ = wording(language)
    with _ONE_AT_A_TIME:
        register_fonts()
        rl_config.useA85 = 0  # binary streams: a fifth smaller, and nothing is spelt out slowly
        if assessment.measurement is None:
            story = refused_story(assessment, folder_of_frames, words_)
        else:
            story = assessed_story(
                assessment, assessment.measurement, folder_of_frames, definitions, words_
            )
        content = _pdf(story, assessment, language, words_)
    replace_file(path, content)


def _pdf(story: list[Flowable], assessment: Assessment, language: str, words_: Wording) -> bytes:
    content = BytesIO()
    code = printable(assessment.subject.code or words_.no_code, 60)
    document = BaseDocTemplate(
        content,
        pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
        title=f"{words_.title} {code}",
        author="clinigait",
        subject=printable(assessment.protocol.title),
        creator=f"clinigait {printable(assessment.provenance.clinigait_version, 20)}",
        lang=language,
        invariant=1,
        pageCompression=1,
        initialFontName=REGULAR,
    )
    footer = _Footer(assessment, words_)
    document.addPageTemplates([PageTemplate(USUAL_PAGE, [_body()], onPage=footer.draw)])
    for index, prediction in enumerate(assessment.predictions):
        drawn = _ModelPage(footer, prediction, words_).draw
        document.addPageTemplates([PageTemplate(model_page(index), [_body()], onPage=drawn)])
    document.build(story, canvasmaker=_CountingCanvas)
    return content.getvalue()


def _body() -> Frame:
    return Frame(MARGIN_X, MARGIN_BOTTOM, TEXT_WIDTH, BODY_HEIGHT, 0, 0, 0, 0)


class _CountingCanvas(Canvas):
    """A canvas that knows the number of pages when the last one is done."""

    def save(self) -> None:
        """Write the total where every footer has left room for it, and finish."""
        total = str(self.getPageNumber() - 1)
        self.beginForm(_TOTAL, 0, -SIZE_FOOTER, 40, 2 * SIZE_FOOTER)
        self.setFont(REGULAR, SIZE_FOOTER)
        self.setFillColor(HexColor(MUTED))
        self.drawString(0, 0, total)
        self.endForm()
        super().save()


class _Footer:
    """What stands at the foot of every page."""

    def __init__(self, assessment: Assessment, words_: Wording) -> None:
        self.words = words_
        self.line = _footer_line(assessment, words_)
        self.created_at = assessment.provenance.created_at
        self.synthetic = assessment.provenance.synthetic

    def draw(self, canvas: Canvas, document: object) -> None:
        """Draw the footer of the current page."""
        del document
        canvas.setDateFormatter(self._date)
        canvas.saveState()
        canvas.setStrokeColor(HexColor(LINE))
        canvas.setLineWidth(0.5)
        canvas.line(MARGIN_X, 17.5 * 72 / 25.4, PAGE_WIDTH - MARGIN_X, 17.5 * 72 / 25.4)
        self._research_use(canvas)
        if self.synthetic:
            canvas.setFont(BOLD, 2 * SIZE_FOOTER)
            canvas.setFillColor(HexColor(GRADE_COLOURS["refusal"]))
            canvas.drawCentredString(PAGE_WIDTH / 2, PAGE_HEIGHT - 24, self.words.synthetic)
        canvas.setFont(REGULAR, SIZE_FOOTER)
        canvas.setFillColor(HexColor(MUTED))
        canvas.drawString(MARGIN_X, 19, self.line)
        page = self.words.page.format(page=canvas.getPageNumber())
        width = stringWidth(page, REGULAR, SIZE_FOOTER)
        left = PAGE_WIDTH - MARGIN_X - width - stringWidth("00", REGULAR, SIZE_FOOTER)
        canvas.drawString(left, 19, page)
        canvas.translate(left + width, 19)
        canvas.doForm(_TOTAL)
        canvas.restoreState()

    def _research_use(self, canvas: Canvas) -> None:
        text = Paragraph(markup(self.words.research_use_only), style(SIZE_FOOTER, MUTED))
        _, height = text.wrap(TEXT_WIDTH, 100)
        text.drawOn(canvas, MARGIN_X, 46 - height)

    def _date(self, *_: int) -> str:
        """Return the time of the assessment as PDF date, not the time of printing."""
        moment = moment_of(self.created_at)
        if moment is None:
            return "D:20000101000000Z"
        zone = moment.strftime("%z")
        return moment.strftime("D:%Y%m%d%H%M%S") + (f"{zone[:3]}'{zone[3:5]}'" if zone else "Z")


class _ModelPage:
    """The marks of every page on which a model speaks, beside the usual footer."""

    def __init__(self, footer: _Footer, prediction: Prediction, words_: Wording) -> None:
        self.footer, self.prediction, self.words = footer, prediction, words_

    def draw(self, canvas: Canvas, document: object) -> None:
        """Draw the footer of the current page, and its marks."""
        self.footer.draw(canvas, document)
        canvas.saveState()
        marks = []
        if self.prediction.research:
            self._watermark(canvas)
            marks.append(self.words.model_research)
        if self.prediction.synthetic:
            marks.append(self.words.model_synthetic)
        canvas.setFont(BOLD, SIZE_TABLE)
        canvas.setFillColor(HexColor(GRADE_COLOURS["refusal"]))
        canvas.drawCentredString(PAGE_WIDTH / 2, PAGE_HEIGHT - 35, "  ·  ".join(marks))
        canvas.restoreState()

    def _watermark(self, canvas: Canvas) -> None:
        canvas.saveState()
        canvas.translate(PAGE_WIDTH / 2, PAGE_HEIGHT / 2)
        canvas.rotate(52)
        canvas.setFont(BOLD, 38)
        canvas.setFillColor(HexColor(GRADE_COLOURS["refusal"]), alpha=0.10)
        canvas.drawCentredString(0, 0, self.words.model_research)
        canvas.restoreState()


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
