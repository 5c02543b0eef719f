"""Tables that users write: CSV with a line of headers, every fault with its line."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinigait.core import BadInputError

_MAX_BYTES = 256 * 1024**2
MAX_ROWS = 1_000_000
#: So many faults are told at once.
_MAX_FAULTS = 20
#: A remark in a cell of a number that is not known.
UNKNOWN = frozenset(("", "na", "n/a", "nan", "none", "null", "unknown"))


@dataclass(frozen=True)
class Row:
    """One row of a table: the number of its line, and its cells by column, without spaces."""

    line: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """Return a cell; empty where the table has not the column."""
        return self.cells.get(column, "")


#: A line of a table: its number and its cells.
Line = tuple[int, list[str]]


def read_lines(path: Path) -> list[Line]:
    """Return the lines of a CSV file in UTF-8, cells without spaces; blank ones are left out.

    Raises
    ------
    BadInputError
        If it cannot be read.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise BadInputError(
                f"{path.name} has more than {_MAX_BYTES // 1024**2} MB.", "Give a smaller table."
            )
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            return [(reader.line_num, [c.strip() for c in row]) for row in reader if any(row)]
    except (OSError, ValueError, csv.Error) as error:
        raise BadInputError(
            f"{path.name} is not a readable table.", "Save it as CSV in UTF-8, commas between."
        ) from error


def odd_lines(lines: Sequence[Line]) -> list[str]:
    """Return which lines have more or fewer cells than the first, which names the columns."""
    width = len(lines[0][1])
    return [
        f"line {line} has {len(cells)} cells for {width} columns"
        for line, cells in lines[1:]
        if len(cells) != width
    ]


def read_table(path: Path, needed: Sequence[str]) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Return the columns and the rows of a CSV file in UTF-8; blank lines are left out.

    Raises
    ------
    BadInputError
        If it cannot be read, a column is missing or named twice, it has no rows, or rows have
        more or fewer cells than there are columns.
    """
    lines = read_lines(path)
    columns = tuple(lines[0][1]) if lines else ()
    missing = [name for name in needed if name not in columns]
    if missing and len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        raise BadInputError(
            f"{path.name} has something else than commas between its cells.",
            "Save it as CSV in UTF-8, commas between.",
        )
    if missing:
        raise BadInputError(
            f"{path.name} has no column {', '.join(missing)}.",
            f"Its first line names the columns; {', '.join(needed)} are needed.",
        )
    double = [name for name in columns if columns.count(name) > 1]
    if double:
        raise BadInputError(
            f"{path.name} has the column {double[0][:40] or 'without a name'} twice.",
            "Name each column once.",
        )
    if not 1 < len(lines) <= MAX_ROWS:
        raise BadInputError(
            f"{path.name} has {len(lines) - 1:,} rows.", f"Give 1 to {MAX_ROWS:,} rows."
        )
    refuse_faults(path, odd_lines(lines))
    return columns, tuple(
        Row(line, dict(zip(columns, cells, strict=True))) for line, cells in lines[1:]
    )


def refuse_faults(path: Path, faults: Sequence[str]) -> None:
    """Refuse a table with all its faults at once.

    Raises
    ------
    BadInputError
        If there is one.
    """
    if faults:
        more = f"; and {len(faults) - _MAX_FAULTS} more" if len(faults) > _MAX_FAULTS else ""
        told = "; ".join(faults[:_MAX_FAULTS])
        # A cell may hold a line feed, or worse; the sentence stays one line.
        told = "".join(c if c.isprintable() else "?" for c in told)
        raise BadInputError(
            f"{path.name} cannot be used: {told}{more}.",
            "Mend these lines.",
        )


def number(text: str) -> float | None:
    """Return a number, finite and written in full; None where the text is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e12 and "_" not in text else None


def value_of(text: str) -> float | str:
    """Return a cell as a number where it is one."""
    found = number(text)
    return text if found is None else found
