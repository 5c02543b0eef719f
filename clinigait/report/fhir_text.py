"""The narrative of a FHIR report: what a reader sees where a system shows no structured data."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from clinigait.report.fhir_codes import COMPONENTS

_HEAD = ("Parameter", "Side", "Value", "95 % interval", "Reference range")


def narrative(conclusion: str, observations: Sequence[dict[str, Any]]) -> str:
    """Return an XHTML ``div``: the conclusion, and one row an Observation.

    Parameters
    ----------
    conclusion
        Plain text.
    observations
        FHIR Observations as they stand in the bundle.
    """
    rows = [_row(_HEAD, "th"), *(_row(_cells(found), "td") for found in observations)]
    table = f"<table>{''.join(rows)}</table>" if observations else ""
    text = f"<p>{escape(conclusion)}</p>"
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{text}{table}</div>'


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _cells(found: dict[str, Any]) -> tuple[str, ...]:
    """Return what one row says; a value that is missing is replaced by its reason."""
    side = found["bodySite"]["coding"][0]["code"] if "bodySite" in found else ""
    parts = {part["code"]["coding"][0]["code"]: part for part in found.get("component", ())}
    ends = [parts[code] for code in _ENDS if code in parts]
    interval = " to ".join(f"{end['valueQuantity']['value']:.4g}" for end in ends)
    limits = found.get("referenceRange", [{}])[0]
    span = f"{limits['low']['value']:.4g} to {limits['high']['value']:.4g}" if limits else ""
    if "valueQuantity" in found:
        unit = found["valueQuantity"]["unit"]
        value = f"{found['valueQuantity']['value']:.4g}{'' if unit == '1' else f' {unit}'}"
    else:
        value = found["dataAbsentReason"]["text"]
    return found["code"]["text"], side, value, interval if len(ends) == 2 else "", span


_ENDS = (COMPONENTS["interval-95-low"].code, COMPONENTS["interval-95-high"].code)
