"""The fonts of the report: DejaVu Sans, and Noto Sans SC for what that lacks of Chinese."""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

import matplotlib
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

REGULAR: Final = "ReportSans"
BOLD: Final = "ReportSans-Bold"
ITALIC: Final = "ReportSans-Italic"
BOLD_ITALIC: Final = "ReportSans-BoldItalic"
HAN: Final = "ReportHan"
HAN_BOLD: Final = "ReportHan-Bold"
#: The same face for both weights: rare signs, which names may hold, have no bold form.
HAN_RARE: Final = "ReportHanRare"

_FONT_FILES: Final = {
    REGULAR: "DejaVuSans.ttf",
    BOLD: "DejaVuSans-Bold.ttf",
    ITALIC: "DejaVuSans-Oblique.ttf",
    BOLD_ITALIC: "DejaVuSans-BoldOblique.ttf",
}
TAG = re.compile(r"(<[^>]+>)")
_HAN_FOLDER = Path(__file__).with_name("fonts")
#: For pictures that another program than ReportLab sets.
HAN_FILES: Final = tuple(_HAN_FOLDER / f"NotoSansSC-{face}.ttf" for face in ("Regular", "Bold"))


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


@cache
def _register_han() -> tuple[frozenset[int], frozenset[int]]:
    """Register Noto Sans SC, and return what its regular and what its bold face can print."""
    fonts = {
        name: TTFont(name, str(_HAN_FOLDER / f"NotoSansSC-{face}.ttf"))
        for name, face in ((HAN, "Regular"), (HAN_BOLD, "Bold"), (HAN_RARE, "Regular"))
    }
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    pdfmetrics.registerFontFamily(HAN, HAN, HAN_BOLD, HAN, HAN_BOLD)
    pdfmetrics.registerFontFamily(HAN_RARE, HAN_RARE, HAN_RARE, HAN_RARE, HAN_RARE)
    regular, bold = (frozenset(fonts[name].face.charToGlyph) for name in (HAN, HAN_BOLD))
    return regular, bold & regular


def can_print(sign: str) -> bool:
    """Return whether there is a glyph for one sign."""
    return ord(sign) in register_fonts() or ord(sign) in _register_han()[0]


def is_han(text: str) -> bool:
    """Return whether a text holds a sign that Noto Sans SC prints."""
    return any(_family(sign) != REGULAR for sign in text)


def with_fonts(markup: str, bold: bool) -> str:
    """Return the markup of a paragraph with each stretch of Chinese in its own font.

    Parameters
    ----------
    markup
        What a paragraph takes; bold parts are marked by ``<b>``.
    bold
        Whether the whole is bold.
    """
    parts, depth = [], int(bold)
    for piece in TAG.split(markup):
        if TAG.fullmatch(piece):
            depth += (piece == "<b>") - (piece == "</b>")
            parts.append(piece)
            continue
        for family, signs in groupby(piece, _family):
            text, face = "".join(signs), HAN_BOLD if family == HAN and depth else family
            parts.append(text if family == REGULAR else f'<font name="{face}">{text}</font>')
    return "".join(parts)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of one line in points."""
    return float(sum(stringWidth(part, font, size) for font, part in _runs(text, bold)))


def draw_text(
    canvas: Canvas, x: float, y: float, text: str, size: float, bold: bool = False
) -> None:
    """Print one line from a point to the right, each stretch in the font that has its signs."""
    for font, part in _runs(text, bold):
        canvas.setFont(font, size)
        canvas.drawString(x, y, part)
        x += stringWidth(part, font, size)


def _runs(text: str, bold: bool) -> list[tuple[str, str]]:
    if text.isascii():
        return [(BOLD if bold else REGULAR, text)]
    faces = {REGULAR: BOLD, HAN: HAN_BOLD} if bold else {}
    return [(faces.get(family, family), "".join(signs)) for family, signs in groupby(text, _family)]


@cache
def _family(sign: str) -> str:
    code = ord(sign)
    if code in register_fonts():
        return REGULAR
    regular, bold = _register_han()
    if code not in regular:
        return REGULAR
    return HAN if code in bold else HAN_RARE
