"""From values to printed text: safe strings, numbers, dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Protocol
from xml.sax.saxutils import escape

from clinigait.core import Parameter, printed
from clinigait.core.definition import Definition
from clinigait.report.dates import moment_of
from clinigait.report.fonts import can_print
from clinigait.report.wording import ENGLISH, Wording

LONG_TEXT = 400
SHORT_TEXT = 80
#: Numbers look alike in the report and in the sentences of the findings.
DASH, number = printed.DASH, printed.number
compact = printed.compact
_UNIT_SUFFIXES = {"s", "ms", "px", "hz", "m", "deg", "pct", "mps", "spm", "bh", "bhps"}


def printable(text: str, limit: int = SHORT_TEXT) -> str:
    """Return text that the report can print: one line, no hidden signs, at most ``limit`` long.

    A sign that the fonts do not have is printed as its code point, ``[U+1F600]``: a patient code
    must stay distinguishable.
    """
    start = unicodedata.normalize("NFC", text[: 4 * limit])
    shown = "".join(_printable_sign(sign) for sign in start)
    line = " ".join(shown.split())
    whole = len(line) <= limit and len(text) <= 4 * limit
    return line if whole else line[: limit - 1].rstrip() + "…"


def _printable_sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in {"Cc", "Zs", "Zl", "Zp"}:
        return " "
    if category == "Cf":
        return ""
    return sign if can_print(sign) else f"[U+{ord(sign):04X}]"


def markup(text: str, limit: int = LONG_TEXT) -> str:
    """Return :func:`printable` text with nothing left that a paragraph would read as markup."""
    return escape(printable(text, limit))


def interval(low: float, high: float, decimals: int, words_: Wording = ENGLISH) -> str:
    """Return both limits with a dash, or with "to" where a minus sign would read as one."""
    join = words_.range_to if low < 0 or high < 0 else DASH
    return number(low, decimals) + join + number(high, decimals)


def span_s(start_s: float, end_s: float, decimals: int) -> str:
    """Return a stretch of time in seconds."""
    return f"{number(start_s, decimals)} {DASH} {number(end_s, decimals)} s"


def unit_symbol(unit: str) -> str:
    """Return the unit as printed."""
    return printable(printed.symbol(unit), 20)


def quantity(value: float, unit: str) -> str:
    """Return a number with three significant digits and its unit."""
    symbol = unit_symbol(unit)
    return compact(value) + (symbol if symbol == "°" else f" {symbol}").rstrip()


def decimals_of(parameter: Parameter, definitions: Mapping[str, Definition]) -> int:
    """Return the decimal places of the catalogue, or some that fit the value."""
    if parameter.name in definitions:
        return definitions[parameter.name].decimals
    value = abs(parameter.value or 0.0)
    return 2 if value < 10 else 1 if value < 100 else 0


def title_of(name: str, definitions: Mapping[str, Definition]) -> str:
    """Return a parameter's printed name."""
    return definitions[name].title if name in definitions else words(name)


class Result(Protocol):
    """What tells how it rests on synthetic walkers: an assessment, a point of a course."""

    @property
    def synthetic(self) -> bool:
        """Whether it is of a synthetic walker."""

    @property
    def pose_synthetic(self) -> bool:
        """Whether its keypoints are by a network that learned from synthetic walkers."""


def synthetic_mark(result: Result, words_: Wording) -> str:
    """Return the mark of whatever rests on synthetic walkers; empty where nothing does."""
    if result.synthetic:
        return words_.synthetic
    return words_.pose_synthetic if result.pose_synthetic else ""


def synthetic_marks(results: Iterable[Result], words_: Wording) -> tuple[str, ...]:
    """Return the marks of what stands together, each once."""
    marks = (synthetic_mark(result, words_) for result in results)
    return tuple(dict.fromkeys(mark for mark in marks if mark))


def words(name: str) -> str:
    """Return a machine name as words: ``camera_motion_px`` becomes ``Camera motion``."""
    parts = [part for part in re.split(r"[_\s]+", name) if part]
    if len(parts) > 1 and "_" in name and parts[-1] in _UNIT_SUFFIXES:
        parts.pop()
    text = printable(" ".join(parts))
    return text[:1].upper() + text[1:]


def date(created_at: str, words_: Wording) -> str:
    """Return the day of an ISO 8601 time as ``22 Nov 2026``; what is no date stays as it is."""
    moment = moment_of(created_at)
    if moment is None:
        return printable(created_at, 24)
    month = words_.months[moment.month - 1]
    return words_.date_format.format(day=moment.day, month=month, year=moment.year)


def short_hash(sha256: str) -> str:
    """Return the first eight digits of a hash."""
    return printable(sha256[:8]) or DASH
