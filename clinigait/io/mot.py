"""MOT and STO: OpenSim's tables of angles or forces over time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.io._source import number_table, once_each, text_lines
from clinigait.io.output import replace_file

_EXPORT = "Export the table again from OpenSim."
_MAX_HEADER = 1000


@dataclass(frozen=True, eq=False)
class MotionTable:
    """Quantities over time.

    Parameters
    ----------
    time_s
        (T,) strictly increasing times.
    columns
        (T,) values by name, in the order of the file; NaN where missing.
    in_degrees
        Whether angles are in degrees, else in radians.
    """

    time_s: NDArray[np.float64]
    columns: Mapping[str, NDArray[np.float64]]
    in_degrees: bool


def read_mot(path: Path) -> MotionTable:
    """Read a MOT or STO file.

    Raises
    ------
    BadInputError
        If it is none, is cut short, names a column twice, or its times run backwards.
    """
    lines = text_lines(path)
    header = _header(lines, path.name)
    labels = next((line for line in lines if line.strip()), "").split()
    names = labels[1:]
    if len(labels) < 2 or labels[0].lower() != "time" or len(set(names)) < len(names):
        raise BadInputError(f"The columns of {path.name} are not named, or one twice.", _EXPORT)
    rows = (line.split() for line in lines if line.strip())
    table = number_table(rows, len(labels), path.name)
    wanted = header.get("nrows", "")
    if len(table) == 0 or (wanted.isdecimal() and len(table) < float(wanted)):
        raise BadInputError(f"{path.name} is cut short: it has {len(table)} rows.", _EXPORT)
    kept = once_each(table[:, 0], path.name)
    columns = {name: table[kept, i] for i, name in enumerate(names, 1)}
    return MotionTable(table[kept, 0], columns, header.get("indegrees", "no").lower() == "yes")


def write_mot(table: MotionTable, path: Path) -> None:
    """Write a MOT (or STO) file.

    Raises
    ------
    BadInputError
        If a column's name holds blanks, or the file cannot be written.
    """
    names = ["time", *table.columns]
    if any(len(name.split()) != 1 for name in names):
        raise BadInputError("A column's name is empty or holds blanks.", "Rename the column.")
    values = np.column_stack([table.time_s, *table.columns.values()])
    head = [
        " ".join(path.stem.split()) or "motion",
        "version=1",
        f"nRows={len(values)}",
        f"nColumns={len(names)}",
        f"inDegrees={'yes' if table.in_degrees else 'no'}",
        "endheader",
        "\t".join(names),
    ]
    rows = ["\t".join(f"{value:.10g}" for value in row) for row in values.tolist()]
    replace_file(path, "\n".join([*head, *rows, ""]).encode())


def _header(lines: Iterator[str], name: str) -> dict[str, str]:
    """Read the pairs of key and value before ``endheader``."""
    header: dict[str, str] = {}
    for line in islice(lines, _MAX_HEADER):
        if line.strip().lower() == "endheader":
            return header
        key, separator, value = line.partition("=")
        if separator:
            header[key.strip().lower()] = value.strip()
    raise BadInputError(f"{name} is not a MOT or STO file: its header has no end.", _EXPORT)
