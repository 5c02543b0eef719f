"""A summary as PDF: A4, the report's fonts and tables, charts as vectors."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from threading import Lock

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from clinigait.cohort.summary_parts import RESEARCH_LINE, Chapter, Grid, Part, Story, Words
from clinigait.report.blocks import facts, gap, grid, note, panel, paragraph, section
from clinigait.report.styles import (
    ACCENT,
    BODY_HEIGHT,
    BOLD,
    GRADE_COLOURS,
    MARGIN_BOTTOM,
    MARGIN_X,
    MUTED,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    REGULAR,
    SIZE_FOOTER,
    SIZE_TITLE,
    TEXT_WIDTH,
    register_fonts,
)
from clinigait.report.text import printable
from clinigait.report.vector import FigureBlock

_LONGEST_CELL = 320
#: ReportLab parses all paragraphs with one parser.
_ONE_AT_A_TIME = Lock()


def pdf_of(story: Story) -> bytes:
    """Return a summary as PDF; equal input gives equal bytes."""
    with _ONE_AT_A_TIME:
        register_fonts()
        rl_config.useA85 = 0
        flow: list[Flowable] = [
            paragraph(printable(story.title, 120), SIZE_TITLE, ACCENT, bold=True), gap(10),
        ]  # fmt: skip
        if story.facts:
            flow.append(facts(story.facts, TEXT_WIDTH, 90.0))
        for chapter in story.chapters:
            flow += _chapter(chapter)
        content = BytesIO()
        document = BaseDocTemplate(
            content,
            pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
            title=printable(story.title, 120),
            author="clinigait",
            subject="synthetic" if story.synthetic else "cohort",
            lang="en",
            invariant=1,
            pageCompression=1,
            initialFontName=REGULAR,
        )
        body = Frame(MARGIN_X, MARGIN_BOTTOM, TEXT_WIDTH, BODY_HEIGHT, 0, 0, 0, 0)
        document.addPageTemplates([PageTemplate("page", [body], onPage=_marks_of(story))])
        document.build(flow)
        return content.getvalue()


def _chapter(chapter: Chapter) -> list[Flowable]:
    flow: list[Flowable] = section(chapter.title, chapter.key)
    for part in chapter.parts:
        flow += [*_part(part), gap(4)]
    return flow


def _part(part: Part) -> list[Flowable]:
    if isinstance(part, Words):
        if part.kind == "note":
            return [note(part.text)]
        if part.kind in {"result", "caution"}:
            edge = ACCENT if part.kind == "result" else GRADE_COLOURS["warning"]
            return [panel([paragraph(part.text)], edge)]
        return [paragraph(part.text)]
    if isinstance(part, Grid):
        # A row that is higher than a page cannot be printed.
        rows = [[printable(cell, _LONGEST_CELL) for cell in row] for row in part.rows]
        return [grid(part.head, rows, part.widths, part.right)]
    return [FigureBlock(part.figure)]


def _marks_of(story: Story) -> Callable[[Canvas, object], None]:
    def draw(canvas: Canvas, document: object) -> None:
        del document
        canvas.saveState()
        if story.synthetic:
            canvas.setFont(BOLD, 1.4 * SIZE_FOOTER)
            canvas.setFillColor(HexColor(GRADE_COLOURS["refusal"]))
            canvas.drawCentredString(PAGE_WIDTH / 2, PAGE_HEIGHT - 24, story.marks[0])
        canvas.setFont(REGULAR, SIZE_FOOTER)
        canvas.setFillColor(HexColor(MUTED))
        canvas.drawString(MARGIN_X, MARGIN_BOTTOM / 2, RESEARCH_LINE)
        page = str(canvas.getPageNumber())
        canvas.drawRightString(PAGE_WIDTH - MARGIN_X, MARGIN_BOTTOM / 2, page)
        canvas.restoreState()

    return draw
