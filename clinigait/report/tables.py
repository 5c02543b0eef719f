"""The measurement as CSV: parameters, events, strides.

Text that a spreadsheet would run as a formula is written with a leading quote; numbers never are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from clinigait.core import (
    POSE_SYNTHETIC,
    SYNTHETIC,
    SYNTHETIC_COLUMNS,
    Assessment,
    Event,
    Parameter,
    Stride,
)
from clinigait.io.assessment import significant
from clinigait.io.output import replace_file

TIME_DECIMALS = 4
#: The last four are the full-width forms, which spreadsheets take as well.
_FORMULA_SIGNS = (
    *("=", "+", "-", "@", "\t", "\r", "\n"),
    *("\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}"),
    *("\N{FULLWIDTH HYPHEN-MINUS}", "\N{FULLWIDTH COMMERCIAL AT}"),
)

Cell = str | int | float | bool | None


def write_tables(assessment: Assessment, folder: Path) -> None:
    """Write ``parameters.csv``, ``events.csv`` and ``strides.csv``.

    Parameters
    ----------
    assessment
        What to write; of a refused one only the head lines are left.
    folder
        Where to; older files are replaced.

    Raises
    ------
    BadInputError
        If a file cannot be written.
    """
    measurement = assessment.measurement
    marks = marked_columns([assessment])
    for name, text in {
        "parameters.csv": parameters_csv(measurement.parameters if measurement else ()),
        "events.csv": events_csv(measurement.events if measurement else ()),
        "strides.csv": strides_csv(measurement.strides if measurement else ()),
    }.items():
        told = _with_columns(text, marks) if marks else text
        replace_file(folder / name, told.encode("utf-8", "replace"))


def mark_columns(assessment: Assessment) -> dict[str, bool]:
    """Return what tables say of synthetic walkers, by column."""
    return {SYNTHETIC: assessment.synthetic, POSE_SYNTHETIC: assessment.pose_synthetic}


def marked_columns(assessments: Iterable[Assessment]) -> list[str]:
    """Return the columns of :func:`mark_columns` that are true of any."""
    every = [mark_columns(assessment) for assessment in assessments]
    return [name for name in SYNTHETIC_COLUMNS if any(marks[name] for marks in every)]


def _with_columns(text: str, names: Sequence[str]) -> str:
    """Return a table with more columns, true in every row."""
    head, *rows = list(csv.reader(io.StringIO(text)))
    return csv_text([*head, *names], [[*row, *["true"] * len(names)] for row in rows])


def parameters_csv(parameters: Iterable[Parameter]) -> str:
    """Return one row a parameter and side."""
    head = (
        *("name", "side", "value", "unit", "n", "low", "high", "sd"),
        *("reference_low", "reference_high", "reference_kind", "reference_population"),
        *("reference_source", "reason"),
    )
    return csv_text(head, [_parameter_row(parameter) for parameter in parameters])


def events_csv(events: Sequence[Event]) -> str:
    """Return one row an event, with the time that each method gave."""
    methods = list(dict.fromkeys(name for event in events for name in event.by_method))
    head = ("kind", "side", "time_s", "uncertainty_s", "confidence")
    rows = [
        [
            event.kind.value,
            event.side,
            _time(event.time_s),
            _time(event.uncertainty_s),
            event.confidence,
            *(_time(event.by_method.get(name)) for name in methods),
        ]
        for event in events
    ]
    return csv_text((*head, *(f"time_{name}_s" for name in methods)), rows)


def strides_csv(strides: Sequence[Stride]) -> str:
    """Return one row a stride with all its values, and whether and why not it is used."""
    names = list(dict.fromkeys(name for stride in strides for name in stride.values))
    head = (
        *("number", "side", "start_s", "end_s", "foot_off_s", "opposite_foot_off_s"),
        *("opposite_initial_contact_s", *names, "used", "rejected_because"),
    )
    return csv_text(head, [_stride_row(stride, names) for stride in strides])


def _parameter_row(parameter: Parameter) -> list[Cell]:
    found, reference = parameter, parameter.reference
    cells: list[Cell] = [found.name, found.side, found.value, found.unit, found.n]
    cells += [found.low, found.high, found.sd]
    if reference is None:
        return [*cells, *[None] * 5, found.reason]
    cells += [reference.low, reference.high, reference.kind, reference.population]
    return [*cells, reference.source, found.reason]


def _stride_row(stride: Stride, names: Sequence[str]) -> list[Cell]:
    return [
        stride.number,
        stride.side,
        _time(stride.start_s),
        _time(stride.end_s),
        _time(stride.foot_off_s),
        _time(stride.opposite_foot_off_s),
        _time(stride.opposite_initial_contact_s),
        *(stride.values.get(name) for name in names),
        stride.used,
        stride.rejected_because,
    ]


def _time(time_s: float | None) -> float | None:
    return None if time_s is None else round(time_s, TIME_DECIMALS)


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table as CSV: text made harmless, numbers with seven digits, None as nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([safe_text(name) for name in head])
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(significant(value))
    return safe_text(value) if isinstance(value, str) else str(value)


def safe_text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_SIGNS) else text
