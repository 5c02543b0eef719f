"""Colours, fonts, sizes and paragraph styles of the report, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm

from clinigait.report.fonts import BOLD, REGULAR, register_fonts

MARGIN_TOP: Final = 14 * mm
MARGIN_BOTTOM: Final = 20 * mm
#: The same on every size of page: tables and figures need no second layout.
TEXT_WIDTH: Final = A4[0] - 2 * 18 * mm


@dataclass(frozen=True)
class Page:
    """A size of paper, in points.

    Parameters
    ----------
    width, height
        Of the sheet.
    """

    width: float
    height: float

    @property
    def margin_x(self) -> float:
        """Width of the margins at the left and right."""
        return float(self.width - TEXT_WIDTH) / 2

    @property
    def body_height(self) -> float:
        """Height that is left between the margins."""
        return float(self.height - MARGIN_TOP - MARGIN_BOTTOM)


PAGES: Final = {"a4": Page(*A4), "letter": Page(*LETTER)}

INK: Final = "#1F2933"
MUTED: Final = "#5F6C77"
LINE: Final = "#D3DAE0"
PANEL: Final = "#F3F6F8"
ACCENT: Final = "#17425C"

#: Left blue, right red: the convention of gait laboratories, in shades that the colour-blind tell
#: apart; line style and marker differ as well.
SIDE_COLOURS: Final = {"left": "#0067A5", "right": "#C23B22"}
SIDE_DASHES: Final = {"left": None, "right": (3.2, 1.4)}
#: An earlier visit, or another condition, keeps the colours of the sides; dotted and dash-dotted.
EARLIER_DASHES: Final = {"left": (0.9, 1.5), "right": (4.0, 1.3, 0.9, 1.3)}
#: A band of reference, and of what measurement error explains.
BAND: Final = "#DDE2E6"
SIDE_MARKERS: Final = {"left": "o", "right": "s"}

GRADE_COLOURS: Final = {"pass": "#2B6E3F", "warning": "#9A5B00", "refusal": "#A3201B"}
GRADE_SIGNS: Final = {"pass": "●", "warning": "▲", "refusal": "■"}

SIZE_TITLE: Final = 20.0
SIZE_HEADING: Final = 12.0
SIZE_BODY: Final = 8.0
SIZE_TABLE: Final = 7.3
SIZE_SMALL: Final = 6.6
SIZE_FOOTER: Final = 6.0


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
