"""Building stones of the pages: headings with bookmarks, lists of facts, plain tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from reportlab.lib.colors import HexColor
from reportlab.platypus import CondPageBreak, Flowable, Spacer, Table, TableStyle

from clinigait.core import SIDES
from clinigait.report.fonts import REGULAR, draw_text, text_width
from clinigait.report.styles import (
    ACCENT,
    INK,
    LINE,
    MUTED,
    PANEL,
    SIDE_COLOURS,
    SIDE_DASHES,
    SIZE_BODY,
    SIZE_HEADING,
    SIZE_SMALL,
    SIZE_TABLE,
    SIZE_TITLE,
    TEXT_WIDTH,
    style,
)
from clinigait.report.tagging import DataTable, Layout, Text, artifact, marked
from clinigait.report.text import markup, printable
from clinigait.report.wording import Wording

StyleCommand = tuple[object, ...]
Cell: TypeAlias = Flowable | str


class Heading(Text):
    """A section's title; it also becomes a bookmark of the PDF."""

    role = "H2"

    def __init__(self, text: str, key: str, size: float = SIZE_HEADING, level: int = 0) -> None:
        heading = style(size, ACCENT, bold=True, space_before=11)
        heading.spaceAfter = 5
        super().__init__(markup(text), heading)
        self._title, self._key, self._level = text, key, level
        if size > SIZE_HEADING:
            self.role = "H1"

    def draw(self) -> None:
        """Print the title and set the bookmark."""
        self.canv.bookmarkHorizontal(self._key, 0, self.height + SIZE_HEADING)
        self.canv.addOutlineEntry(self._title, self._key, level=self._level)
        super().draw()


def masthead(title: str, code: str) -> Table:
    """Return the report's title with the subject's code at its right, above a rule."""
    return Layout(
        [[Heading(title, "report", SIZE_TITLE), paragraph(printable(code, 60), 13, align="right")]],
        colWidths=[TEXT_WIDTH * 0.45, TEXT_WIDTH * 0.55],
        hAlign="LEFT",
        style=TableStyle(
            [
                *cell_style(0, 4),
                ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                ("LINEBELOW", (0, 0), (-1, 0), 1.2, HexColor(ACCENT)),
            ]
        ),
    )


def section(text: str, key: str, room_pt: float = 90.0) -> list[Flowable]:
    """Return a heading that starts a new page where less than ``room_pt`` are left."""
    return [CondPageBreak(room_pt), Heading(text, key)]


def paragraph(
    text: str,
    size: float = SIZE_BODY,
    colour: str = INK,
    bold: bool = False,
    align: str = "left",
) -> Text:
    """Return a paragraph of plain text: nothing in it is read as markup."""
    return Text(markup(text, 600), style(size, colour, bold, align))


def subheading(text: str, keep: bool = True) -> Text:
    """Return the heading of a part of a page; ``keep`` keeps it with all of what follows."""
    look = style(9.0, ACCENT, bold=True, space_before=8)
    look.keepWithNext = int(keep)
    return Subheading(markup(text), look)


class Subheading(Text):
    """The heading of a part of a page."""

    role = "H3"


def note(text: str) -> Text:
    """Return a small remark below a table or a figure."""
    return paragraph(text, SIZE_SMALL, MUTED)


def facts(rows: Sequence[tuple[str, str]], width: float, label_width: float) -> Table:
    """Return a list of ``label  value`` lines; both are plain text."""
    cells = [
        [
            paragraph(printable(label, 50), SIZE_TABLE, MUTED),
            paragraph(printable(value, 200), SIZE_TABLE),
        ]
        for label, value in rows
    ]
    return Layout(
        cells,
        colWidths=[label_width, width - label_width],
        hAlign="LEFT",
        style=TableStyle([*cell_style(0, 0.8), ("VALIGN", (0, 0), (-1, -1), "TOP")]),
    )


def grid(
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    widths: Sequence[float],
    right: Sequence[int] = (),
) -> Table:
    """Return a table with a head line; text cells are plain text.

    Parameters
    ----------
    head, rows
        Column titles and cells.
    widths
        Column widths as shares of the text width.
    right
        Columns that are aligned to the right.
    """
    aligns = ["right" if column in right else "left" for column in range(len(head))]
    cells: list[list[Cell]] = [
        [paragraph(t, SIZE_SMALL, MUTED, True, a) for t, a in zip(head, aligns, strict=True)]
    ]
    cells += [
        [
            paragraph(cell, SIZE_TABLE, align=a) if isinstance(cell, str) else cell
            for cell, a in zip(row, aligns, strict=True)
        ]
        for row in rows
    ]
    total = sum(widths)
    return DataTable(
        cells,
        colWidths=[TEXT_WIDTH * width / total for width in widths],
        hAlign="LEFT",
        repeatRows=1,
        style=TableStyle(table_lines()),
    )


def table_lines(head_rows: int = 1) -> list[StyleCommand]:
    """Return the style of all tables: a head rule and hairlines, no boxes."""
    return [
        *cell_style(3, 1.5),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, head_rows - 1), (-1, head_rows - 1), 0.8, HexColor(ACCENT)),
        ("LINEBELOW", (0, head_rows), (-1, -1), 0.3, HexColor(LINE)),
    ]


def columns(left: Flowable, right: Flowable, gap: float = 18.0) -> Table:
    """Return two blocks side by side, each half of the text width."""
    half = (TEXT_WIDTH - gap) / 2
    return Layout(
        [[left, "", right]],
        colWidths=[half, gap, half],
        hAlign="LEFT",
        style=TableStyle([*cell_style(0, 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]),
    )


def panel(contents: Sequence[Flowable], edge_colour: str = ACCENT) -> Table:
    """Return a shaded box with a coloured edge."""
    return Layout(
        [[list(contents)]],
        colWidths=[TEXT_WIDTH],
        hAlign="LEFT",
        style=TableStyle(
            [
                *cell_style(9, 5),
                ("BACKGROUND", (0, 0), (-1, -1), HexColor(PANEL)),
                ("LINEBEFORE", (0, 0), (0, -1), 2.5, HexColor(edge_colour), "butt"),
            ]
        ),
    )


@dataclass(frozen=True)
class Sample:
    """One entry of the key to a figure.

    Parameters
    ----------
    label
        What it stands for.
    colour
        Of the line and the label; of the band where ``band``.
    dashes
        Dashes of the line in points; None for a solid line.
    width_pt
        Of the line.
    band
        Whether it is a filled band instead of a line.
    """

    label: str
    colour: str
    dashes: tuple[float, ...] | None = None
    width_pt: float = 1.6
    band: bool = False


def side_samples(words_: Wording) -> list[Sample]:
    """Return the key to the two sides: colour, line style and word."""
    return [Sample(words_.sides[side], SIDE_COLOURS[side], SIDE_DASHES[side]) for side in SIDES]


class Legend(Flowable):
    """The key to a figure: a sample of each line with its name, in a row."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        super().__init__()
        self.width, self.height = TEXT_WIDTH, 9.0
        self.samples = samples

    def draw(self) -> None:
        """Draw the samples."""
        x = 0.0
        for sample in self.samples:
            with artifact(self.canv):
                self._line(x, sample)
            with marked(self.canv, "P"):
                self.canv.setFillColor(HexColor(MUTED if sample.band else sample.colour))
                draw_text(self.canv, x + 29, 0.5, sample.label, SIZE_TABLE, bold=True)
            x += 29 + text_width(sample.label, SIZE_TABLE, bold=True) + 20

    def _line(self, x: float, sample: Sample) -> None:
        self.canv.setStrokeColor(HexColor(sample.colour))
        self.canv.setFillColor(HexColor(sample.colour))
        self.canv.setLineWidth(sample.width_pt)
        self.canv.setDash(*([list(sample.dashes)] if sample.dashes else []))
        if sample.band:
            self.canv.rect(x, 0, 24, 6.5, stroke=0, fill=1)
        else:
            self.canv.line(x, 3, x + 24, 3)
        self.canv.setDash()


def gap(points: float) -> Spacer:
    """Return white space."""
    return Spacer(1, points)


def cell_style(sideways: float, upright: float) -> list[StyleCommand]:
    """Return the paddings in points; empty cells get the report's font and no height."""
    every = (0, 0), (-1, -1)
    return [
        ("FONT", *every, REGULAR, 1, 1),
        ("LEFTPADDING", *every, sideways),
        ("RIGHTPADDING", *every, sideways),
        ("TOPPADDING", *every, upright),
        ("BOTTOMPADDING", *every, upright),
    ]
