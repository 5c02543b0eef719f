"""The honesty report of the virtual clinic: tables, what they say, and pages of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image as Picture
from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, Image, PageBreak, PageTemplate

from clinigait.io.output import replace_file
from clinigait.report.blocks import gap, grid, note, paragraph, section
from clinigait.report.fonts import REGULAR, register_fonts
from clinigait.report.styles import (
    GRADE_COLOURS,
    MARGIN_BOTTOM,
    MUTED,
    PAGES,
    SIZE_FOOTER,
    SIZE_TITLE,
    TEXT_WIDTH,
)

_FOOT = "synthetic: true. Nobody in this report is a person; nothing in it is a measurement of one."
_JPEG_QUALITY = 88
_PAGE = PAGES["a4"]


@dataclass(frozen=True)
class Chapter:
    """A table with what it says.

    Parameters
    ----------
    title
        Heading.
    text
        What was done, and what the table means.
    head, rows
        The table; plain text.
    widths
        Shares of the text width.
    verdict
        One sentence at the end, and whether it is good; None where nothing is judged.
    """

    title: str
    text: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    verdict: tuple[str, bool] | None = None


@dataclass(frozen=True, eq=False)
class Strip:
    """A row of pictures.

    Parameters
    ----------
    caption
        What it shows.
    image
        The row.
    """

    caption: str
    image: Picture.Image


def write_honesty(
    path: Path, title: str, lead: str, chapters: Sequence[Chapter], strips: Sequence[Strip]
) -> None:
    """Write the report as PDF, all or nothing.

    Parameters
    ----------
    path
        The file; an older one is replaced.
    title, lead
        Title, and a paragraph below it.
    chapters
        In order.
    strips
        Film strips, on pages of their own at the end.

    Raises
    ------
    BadInputError
        If the file cannot be written.
    """
    register_fonts()
    rl_config.useA85 = 0
    story: list[Flowable] = [paragraph(title, SIZE_TITLE, bold=True), gap(6), paragraph(lead)]
    for number, chapter in enumerate(chapters, start=1):
        story += _chapter(chapter, f"chapter-{number}")
    if strips:
        story += [PageBreak(), *section("Pictures", "pictures")]
        for strip in strips:
            story += [_image(strip.image), note(strip.caption), gap(7)]
    content = BytesIO()
    document = BaseDocTemplate(
        content,
        pagesize=(_PAGE.width, _PAGE.height),
        title=title,
        author="clinigait",
        subject="synthetic",
        invariant=1,
        pageCompression=1,
        initialFontName=REGULAR,
    )
    body = Frame(_PAGE.margin_x, MARGIN_BOTTOM, TEXT_WIDTH, _PAGE.body_height, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate("page", [body], onPage=_footer)])
    document.build(story)
    replace_file(path, content.getvalue())


def _chapter(chapter: Chapter, key: str) -> list[Flowable]:
    right = tuple(range(1, len(chapter.head)))
    story: list[Flowable] = [*section(chapter.title, key), paragraph(chapter.text), gap(3)]
    if chapter.rows:
        story.append(grid(chapter.head, chapter.rows, chapter.widths, right))
    if chapter.verdict is not None:
        sentence, good = chapter.verdict
        colour = GRADE_COLOURS["pass" if good else "refusal"]
        story += [gap(2), paragraph(sentence, colour=colour, bold=True)]
    return story


def _image(image: Picture.Image) -> Image:
    content = BytesIO()
    image.convert("RGB").save(content, "JPEG", quality=_JPEG_QUALITY)
    content.seek(0)
    return Image(content, TEXT_WIDTH, TEXT_WIDTH * image.height / image.width, hAlign="LEFT")


def _footer(canvas: Canvas, document: object) -> None:
    del document
    canvas.saveState()
    canvas.setFont(REGULAR, SIZE_FOOTER)
    canvas.setFillColor(HexColor(MUTED))
    canvas.drawString(_PAGE.margin_x, MARGIN_BOTTOM / 2, _FOOT)
    canvas.drawRightString(
        _PAGE.width - _PAGE.margin_x, MARGIN_BOTTOM / 2, str(canvas.getPageNumber())
    )
    canvas.restoreState()
