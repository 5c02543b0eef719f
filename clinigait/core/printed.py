"""Numbers as they are printed, the same in the report, in sentences and in files."""

from __future__ import annotations

import math

DASH = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
SIGNIFICANT_DIGITS = 7
_UNITS = {"deg": "°"}


def number(value: float, decimals: int) -> str:
    """Return a number with a true minus sign, and no sign where it rounds to zero."""
    text = f"{value:.{decimals}f}"
    if float(text) == 0.0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def compact(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, or whole where it is large."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else DASH
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = number(value, min(decimals, digits + 3))
    return text.rstrip("0").rstrip(".") if "." in text else text


def interval(low: float, high: float, decimals: int) -> str:
    """Return both limits with a dash, or with "to" where a minus sign would read as one."""
    join = " to " if low < 0 or high < 0 else DASH
    return number(low, decimals) + join + number(high, decimals)


def symbol(unit: str) -> str:
    """Return a unit as printed: the degree sign for ``deg``."""
    return _UNITS.get(unit, unit)


def significant(value: float) -> float:
    """Return a number with seven significant digits, as all files have it."""
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
