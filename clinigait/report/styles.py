"""Colours, fonts, sizes and paragraph styles of the report, in one place."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import matplotlib
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN_X: Final = 18 * mm
MARGIN_TOP: Final = 14 * mm
MARGIN_BOTTOM: Final = 20 * mm
TEXT_WIDTH: Final = PAGE_WIDTH - 2 * MARGIN_X
BODY_HEIGHT: Final = PAGE_HEIGHT - MARGIN_TOP - MARGIN_BOTTOM

INK: Final = "#1F2933"
MUTED: Final = "#5F6C77"
LINE: Final = "#D3DAE0"
PANEL: Final = "#F3F6F8"
ACCENT: Final = "#17425C"

#: Left blue, right red: the convention of gait laboratories, in shades that the colour-blind tell
#: apart; line style and marker differ as well.
SIDE_COLOURS: Final = {"left": "#0067A5", "right": "#C23B22"}
SIDE_DASHES: Final = {"left": None, "right": (3.2, 1.4)}
SIDE_MARKERS: Final = {"left": "o", "right": "s"}

GRADE_COLOURS: Final = {"pass": "#2B6E3F", "warning": "#9A5B00", "refusal": "#A3201B"}
GRADE_SIGNS: Final = {"pass": "●", "warning": "▲", "refusal": "■"}

REGULAR: Final = "ReportSans"
BOLD: Final = "ReportSans-Bold"
ITALIC: Final = "ReportSans-Italic"
BOLD_ITALIC: Final = "ReportSans-BoldItalic"
_FONT_FILES: Final = {
    REGULAR: "DejaVuSans.ttf",
    BOLD: "DejaVuSans-Bold.ttf",
    ITALIC: "DejaVuSans-Oblique.ttf",
    BOLD_ITALIC: "DejaVuSans-BoldOblique.ttf",
}

SIZE_TITLE: Final = 20.0
SIZE_HEADING: Final = 12.0
SIZE_BODY: Final = 8.0
SIZE_TABLE: Final = 7.3
SIZE_SMALL: Final = 6.6
SIZE_FOOTER: Final = 6.0


@cache
def register_fonts() -> frozenset[int]:
    """Register the report's fonts, and return the code points that all text faces can print.

    DejaVu Sans comes with matplotlib; it covers Latin, Greek, Cyrillic, Hebrew and Arabic.
    """
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = {name: TTFont(name, str(folder / file)) for name, file in _FONT_FILES.items()}
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(REGULAR, REGULAR, BOLD, ITALIC, BOLD_ITALIC)
    return frozenset(fonts[REGULAR].face.charToGlyph) & frozenset(fonts[BOLD].face.charToGlyph)


def style(
    size: float = SIZE_BODY,
    colour: str = INK,
    bold: bool = False,
    align: str = "left",
    space_before: float = 0.0,
) -> ParagraphStyle:
    """Return a paragraph style; ``align`` is ``left``, ``right`` or ``center``."""
    register_fonts()
    return ParagraphStyle(
        "report",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.32,
        textColor=colour,
        alignment={"left": 0, "right": TA_RIGHT, "center": TA_CENTER}[align],
        spaceBefore=space_before,
        splitLongWords=1,
    )
