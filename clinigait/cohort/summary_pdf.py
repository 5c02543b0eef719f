"""A summary as PDF: A4, the report's fonts and tables, charts as vectors."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from threading import Lock

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from clinigait.cohort.summary_parts import RESEARCH_LINE, Chapter, Grid, Part, Story, Words
from clinigait.report.blocks import Heading, facts, gap, grid, note, panel, paragraph, section
from clinigait.report.fonts import REGULAR, draw_text, register_fonts, text_width
from clinigait.report.pdf import draw_centred
from clinigait.report.styles import (
    ACCENT,
    GRADE_COLOURS,
    MARGIN_BOTTOM,
    MUTED,
    PAGES,
    SIZE_FOOTER,
    SIZE_TITLE,
    TEXT_WIDTH,
)
from clinigait.report.tagging import TaggedCanvas
from clinigait.report.text import printable
from clinigait.report.vector import FigureBlock

_PAGE = PAGES["a4"]
_LONGEST_CELL, _LONGEST_WORDS = 320, 2000
#: Between two lines of marks, in points.
_MARK_STEP = 12.0
#: ReportLab parses all paragraphs with one parser.
_ONE_AT_A_TIME = Lock()


def pdf_of(story: Story) -> bytes:
    """Return a summary as PDF; equal input gives equal bytes."""
    with _ONE_AT_A_TIME:
        register_fonts()
        rl_config.useA85 = 0
        flow: list[Flowable] = [
            Heading(printable(story.title, 120), "summary", SIZE_TITLE), gap(10),
        ]  # fmt: skip
        if story.facts:
            flow.append(facts(story.facts, TEXT_WIDTH, 90.0))
        for chapter in story.chapters:
            flow += _chapter(chapter)
        content = BytesIO()
        document = BaseDocTemplate(
            content,
            pagesize=(_PAGE.width, _PAGE.height),
            title=printable(story.title, 120),
            author="clinigait",
            subject="synthetic" if story.synthetic else "cohort",
            lang="en",
            invariant=1,
            pageCompression=1,
            initialFontName=REGULAR,
        )
        body = Frame(_PAGE.margin_x, MARGIN_BOTTOM, TEXT_WIDTH, _PAGE.body_height, 0, 0, 0, 0)
        document.addPageTemplates([PageTemplate("page", [body], onPage=_marks_of(story))])
        document.build(flow, canvasmaker=TaggedCanvas)
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
    return [FigureBlock(part.figure, printable(part.words, _LONGEST_WORDS))]


def _marks_of(story: Story) -> Callable[[TaggedCanvas, object], None]:
    """Return what draws the head and the foot of every page: no part of the text."""

    def draw(canvas: TaggedCanvas, document: object) -> None:
        del document
        with canvas.artifact():
            canvas.saveState()
            for number, mark in enumerate(story.marks):
                canvas.setFillColor(HexColor(GRADE_COLOURS["refusal"]))
                below = 24 + _MARK_STEP * (number - (len(story.marks) - 1) / 2)
                place = (_PAGE.width / 2, _PAGE.height - below)
                draw_centred(canvas, place, mark, 1.4 * SIZE_FOOTER)
            canvas.setFillColor(HexColor(MUTED))
            level, page = MARGIN_BOTTOM / 2, str(canvas.getPageNumber())
            draw_text(canvas, _PAGE.margin_x, level, RESEARCH_LINE, SIZE_FOOTER)
            right = _PAGE.width - _PAGE.margin_x - text_width(page, SIZE_FOOTER)
            draw_text(canvas, right, level, page, SIZE_FOOTER)
            canvas.restoreState()

    return draw
