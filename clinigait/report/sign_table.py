"""The measured signs that come before what a model says, and the fields that nobody computes."""

from __future__ import annotations

from collections.abc import Mapping

from reportlab.platypus import Flowable

from clinigait.core import MeasuredSign, Prediction
from clinigait.core.definition import Definition
from clinigait.report.blocks import gap, grid, note, subheading
from clinigait.report.styles import GRADE_COLOURS, SIZE_TABLE, style
from clinigait.report.tagging import Text
from clinigait.report.text import DASH, interval, markup, number, printable, unit_symbol
from clinigait.report.wording import Wording

_WIDTHS = (3.4, 1.1, 1.1, 1.1, 1.9, 1.9, 2.2)
#: What is printed beside the words, so that colour is never alone.
_SIGNS = {"below": "\u25bc", "within": "", "above": "\u25b2"}
#: Empty line to write on.
_BLANK = "." * 40

Definitions = Mapping[str, Definition]


def sign_story(prediction: Prediction, definitions: Definitions, words_: Wording) -> list[Flowable]:
    """Return the table of the signs with sides, asymmetry and reference; nothing without any."""
    if not prediction.signs:
        return []
    rows = [_row(sign, definitions, words_) for sign in prediction.signs]
    head = (
        words_.sign, words_.sides["left"], words_.sides["right"], words_.sides["both"],
        words_.asymmetry, words_.sign_reference, words_.sign_grade,
    )  # fmt: skip
    sources = {s.reference.source: s.reference for s in prediction.signs if s.reference}
    populations = [f"{r.kind}, {r.population} ({r.source})" for r in sources.values()]
    reasons = [f"{s.title}: {s.reason}" for s in prediction.signs if not s.values and s.reason]
    return [
        subheading(words_.signs_title),
        grid(head, rows, _WIDTHS, right=(1, 2, 3, 4, 5)),
        note(" ".join([words_.signs_note, *(f"{line}." for line in populations), *reasons])),
        gap(6),
    ]


def _row(sign: MeasuredSign, definitions: Definitions, words_: Wording) -> list[str | Flowable]:
    decimals = definitions[sign.name].decimals if sign.name in definitions else 2
    unit = unit_symbol(sign.unit)
    title = f"{printable(sign.title, 40)}, {unit}" if unit else printable(sign.title, 40)
    sides = [
        number(sign.values[side], decimals) if side in sign.values else DASH
        for side in ("left", "right", "both")
    ]
    asymmetry = DASH
    if sign.asymmetry is not None:
        more = words_.more[sign.asymmetry > 0]
        size = f"{number(abs(sign.asymmetry), 1)} {unit_symbol(sign.asymmetry_unit)}"
        asymmetry = f"{size}, {more}" if round(abs(sign.asymmetry), 1) else size
    reference = DASH
    if sign.reference is not None:
        reference = interval(sign.reference.low, sign.reference.high, decimals, words_)
    return [title, *sides, asymmetry, reference, _grade(sign, words_)]


def _grade(sign: MeasuredSign, words_: Wording) -> str | Flowable:
    if not sign.values:
        return words_.sign_missing
    found = sign.against_reference()
    if found is None:
        return words_.sign_no_reference
    colour = GRADE_COLOURS["pass" if found == "within" else "warning"]
    text = f"{_SIGNS[found]} {words_.against[found]}".strip()
    return Text(markup(text), style(SIZE_TABLE, colour, bold=True))


def entry_story(prediction: Prediction, words_: Wording) -> list[Flowable]:
    """Return the fields that only a clinician can fill in; nothing where there are none."""
    if not prediction.to_enter:
        return []
    rows = [[printable(title, 60), _BLANK] for title in prediction.to_enter]
    return [
        subheading(words_.to_enter_title),
        grid((words_.to_enter_field, words_.to_enter_value), rows, (4, 6)),
        note(words_.to_enter_note),
    ]
