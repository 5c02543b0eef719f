"""The parameters of an assessment as one long table: a row a parameter and side.

Tables of many visits can be laid below one another: every row names the person and the visit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from clinigait.core import SYNTHETIC_COLUMNS, Assessment, BadInputError, Parameter
from clinigait.io.assessment import significant
from clinigait.io.output import replace_file
from clinigait.report.tables import Cell, csv_text, mark_columns

#: Columns with their types in Parquet. ``visit`` is the time of the assessment (ISO 8601).
COLUMNS: Final = {
    "code": "string",
    "visit": "string",
    **dict.fromkeys(SYNTHETIC_COLUMNS, "bool"),
    "parameter": "string",
    "side": "string",
    "value": "double",
    "unit": "string",
    "n": "int64",
    "low": "double",
    "high": "double",
    "reference_low": "double",
    "reference_high": "double",
    "reference_source": "string",
    "reason": "string",
}


def tidy_rows(assessment: Assessment) -> list[dict[str, Cell]]:
    """Return one row a parameter and side, in the order of the report.

    A value that cannot be had is None beside its reason. A refused assessment has one row: no
    parameter, and why there is no measurement.
    """
    person: dict[str, Cell] = {
        "code": assessment.subject.code,
        "visit": assessment.provenance.created_at,
        **mark_columns(assessment),
    }
    refusal = assessment.refusal
    if refusal is not None:
        empty: dict[str, Cell] = dict.fromkeys(COLUMNS)
        return [{**empty, **person, "reason": f"{refusal.code}: {refusal.message}"}]
    parameters = assessment.measurement.parameters if assessment.measurement else ()
    return [{**person, **_row(parameter)} for parameter in parameters]


def _row(found: Parameter) -> dict[str, Cell]:
    reference = found.reference
    return {
        "parameter": found.name,
        "side": found.side,
        "value": _number(found.value),
        "unit": found.unit,
        "n": found.n,
        "low": _number(found.low),
        "high": _number(found.high),
        "reference_low": _number(reference.low if reference else None),
        "reference_high": _number(reference.high if reference else None),
        "reference_source": reference.source if reference else None,
        "reason": found.reason,
    }


def _number(value: float | None) -> float | None:
    return None if value is None else significant(value)


def write_csv(assessment: Assessment, path: Path) -> None:
    """Write the table as CSV (UTF-8), all or nothing; no spreadsheet runs anything in it.

    Raises
    ------
    BadInputError
        If the file cannot be written.
    """
    rows = [[row[name] for name in COLUMNS] for row in tidy_rows(assessment)]
    replace_file(path, csv_text(tuple(COLUMNS), rows).encode("utf-8", "replace"))


def write_parquet(assessment: Assessment, path: Path) -> None:
    """Write the table as Parquet, all or nothing: numbers as numbers, text as it is.

    Raises
    ------
    BadInputError
        If the package pyarrow is not there, or the file cannot be written.
    """
    content = BytesIO()
    with parquet_writer(content, COLUMNS) as write:
        write(tidy_rows(assessment))
    replace_file(path, content.getvalue())


def parquet_library() -> Any:  # noqa: ANN401  a module
    """Import what reads and writes Parquet.

    Raises
    ------
    BadInputError
        If it is not installed.
    """
    try:
        from pyarrow import parquet  # noqa: PLC0415  an extra of its own
    except ImportError as error:
        raise BadInputError(
            "Parquet needs the package pyarrow, which is not installed.",
            "Install it with: pip install pyarrow. Or take the same table as CSV.",
        ) from error
    return parquet


@contextmanager
def parquet_writer(
    target: Path | BytesIO, columns: Mapping[str, str]
) -> Iterator[Callable[[Sequence[Mapping[str, Cell]]], None]]:
    """Open a Parquet table; yields what adds rows to it, as often as wanted.

    Parameters
    ----------
    target
        Where it goes.
    columns
        Types by name: ``string``, ``bool``, ``double`` or ``int64``.

    Raises
    ------
    BadInputError
        If the package pyarrow is not there.
    OSError
        If it cannot be written.
    """
    parquet = parquet_library()
    import pyarrow as arrow  # noqa: PLC0415

    types = {"string": arrow.string(), "bool": arrow.bool_()}
    types |= {"double": arrow.float64(), "int64": arrow.int64()}
    schema = arrow.schema([(name, types[kind]) for name, kind in columns.items()])
    with parquet.ParquetWriter(target, schema) as writer:

        def write(rows: Sequence[Mapping[str, Cell]]) -> None:
            cells = {name: [_storable(row.get(name)) for row in rows] for name in columns}
            writer.write_table(arrow.table(cells, schema=schema))

        yield write


def _storable(cell: Cell) -> Cell:
    # File names that are no valid UTF-8 reach Python as lone surrogates, which no file can hold.
    return cell.encode("utf-8", "replace").decode() if isinstance(cell, str) else cell
