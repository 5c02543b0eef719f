"""The kept results as two tables: long (a row a walk and parameter) and wide (a row a walk)."""

from __future__ import annotations

import io
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinigait.cohort.columns import ENDED, FACTS, MADE, PARAMETER, WALK
from clinigait.cohort.pieces import Piece, Pieces
from clinigait.cohort.walks import Cohort, CohortWalk
from clinigait.cohort.work import Outcome
from clinigait.core import SYNTHETIC, SYNTHETIC_COLUMNS, BadInputError
from clinigait.datasets.table import UNKNOWN, number
from clinigait.report.tables import Cell, csv_text
from clinigait.report.tidy import COLUMNS as TIDY
from clinigait.report.tidy import parquet_library, parquet_writer

if TYPE_CHECKING:
    from pandas import DataFrame

SUFFIXES = (".parquet", ".csv")
#: So many rows are held at a time.
_BATCH = 20_000

Rows = Sequence[Mapping[str, Cell]]
Write = Callable[[Rows], None]


def write_results(cohort: Cohort, outcomes: Sequence[Outcome], pieces: Pieces, out: Path) -> Path:
    """Write both tables from what is kept, in the order of the manifest; all or nothing.

    Parameters
    ----------
    cohort, outcomes
        The rows, and what became of each.
    pieces
        Where it is kept.
    out
        The long table; the wide one lies beside it.

    Returns
    -------
    Path
        The wide table.

    Raises
    ------
    BadInputError
        If they cannot be written; older tables then stay as they were.
    """
    wide = wide_path(out)
    covariates = _covariate_types(cohort)
    names: dict[str, None] = {}
    long_columns, head = _long_columns(covariates), _head_columns(covariates)
    long_part, wide_part = (p.parent / f".{secrets.token_hex(8)}.part" for p in (out, wide))
    try:
        with _table(long_part, out.suffix.lower(), long_columns) as write:
            for batch in _batches(_long_rows(cohort, outcomes, pieces, covariates, names)):
                write(batch)
        # What the manifest commands or knows of a parameter is not what was measured.
        head = {_beside(name, names): kind for name, kind in head.items()}
        wide_columns = {**head, **dict.fromkeys(names, "double")}
        with _table(wide_part, out.suffix.lower(), wide_columns) as write:
            for batch in _batches(_wide_rows(cohort, outcomes, pieces, covariates, names), 1000):
                write(batch)
        long_part.replace(out)
        wide_part.replace(wide)
    except OSError as error:
        raise BadInputError(
            f"{out.name[:80]} cannot be written: {error.strerror or error}.",
            "What is done is kept: make room or choose another place, and run again.",
        ) from error
    finally:
        for part in (long_part, wide_part):
            with suppress(OSError):
                part.unlink(missing_ok=True)
    return wide


def wide_path(out: Path) -> Path:
    """Return where the wide table lies."""
    return out.with_name(f"{out.stem}_wide{out.suffix}")


def read_results(out: Path) -> DataFrame:
    """Return the long table as :func:`write_results` wrote it.

    Raises
    ------
    BadInputError
        If it cannot be read.
    """
    import pandas as pd  # noqa: PLC0415  an extra of its own, and slow to import

    same = [name for name in (*MADE, "reference_source") if name != "warnings"]
    try:
        if out.suffix.lower() == ".parquet":
            # Long texts that every row repeats are held once.
            return parquet_library().read_table(out, read_dictionary=same).to_pandas()
        kinds = defaultdict(lambda: "str", dict.fromkeys(same, "category"))
        return pd.read_csv(out, dtype=kinds, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise BadInputError(f"{out.name[:80]} cannot be read.", "Score the cohort again.") from (
            error
        )


@contextmanager
def _table(path: Path, suffix: str, columns: Mapping[str, str]) -> Iterator[Write]:
    opened: AbstractContextManager[Write]
    opened = (parquet_writer if suffix == ".parquet" else _csv_writer)(path, columns)
    with opened as write:
        yield write


@contextmanager
def _csv_writer(path: Path, columns: Mapping[str, str]) -> Iterator[Write]:
    with path.open("x", encoding="utf-8", errors="replace", newline="") as file:
        file.write(csv_text(tuple(columns), []))

        def write(rows: Rows) -> None:
            text = io.StringIO(csv_text(tuple(columns), _cells(rows, columns)))
            text.readline()  # the head is there
            file.write(text.read())

        yield write


def _cells(rows: Rows, columns: Iterable[str]) -> list[list[Cell]]:
    return [[row.get(name) for name in columns] for row in rows]


def _batches(rows: Iterable[Mapping[str, Cell]], size: int = _BATCH) -> Iterator[Rows]:
    batch: list[Mapping[str, Cell]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _covariate_types(cohort: Cohort) -> dict[str, str]:
    """Return the type of every covariate: numbers where all that is known are numbers."""
    types = dict.fromkeys(cohort.covariates, "double")
    known: set[str] = set()
    for walk in cohort.walks:
        for name, text in walk.covariates.items():
            if text.lower() not in UNKNOWN:
                known.add(name)
                if number(text) is None:
                    types[name] = "string"
    types["group"] = "string"
    return {name: kind if name in known else "string" for name, kind in types.items()}


def _head_columns(covariates: Mapping[str, str]) -> dict[str, str]:
    head = dict.fromkeys(WALK, "string")
    head |= {**covariates, **dict.fromkeys(FACTS, "double"), "sex": "string"}
    head |= dict.fromkeys(ENDED, "string")
    head |= dict.fromkeys(SYNTHETIC_COLUMNS, "bool")
    return {**head, **dict.fromkeys(MADE, "string")}


def _long_columns(covariates: Mapping[str, str]) -> dict[str, str]:
    head = _head_columns(covariates)
    last = {name: head.pop(name) for name in (*SYNTHETIC_COLUMNS, *MADE)}
    return {**head, **{name: TIDY[name] for name in PARAMETER}, **last}


def _head(walk: CohortWalk, piece: Piece, covariates: Mapping[str, str]) -> dict[str, Cell]:
    said: dict[str, Cell] = {"subject": walk.subject, "visit": walk.visit, "file": walk.file}
    for name, kind in covariates.items():
        text = walk.covariates.get(name, "")
        missing = text.lower() in UNKNOWN
        said[name] = None if missing else number(text) if kind == "double" else text
    said |= {**walk.facts, "status": piece.status, "code": piece.code, "reason": piece.reason}
    said |= {name: piece.facts.get(name) for name in (*SYNTHETIC_COLUMNS, *MADE)}
    return {**said, SYNTHETIC: walk.synthetic or said[SYNTHETIC]}


def _found(
    cohort: Cohort, outcomes: Sequence[Outcome], pieces: Pieces
) -> Iterator[tuple[CohortWalk, Piece]]:
    for walk, outcome in zip(cohort.walks, outcomes, strict=True):
        piece = None if outcome.key is None else pieces.read(outcome.key)
        if piece is None:
            code = outcome.code if outcome.key is None else "not_kept"
            reason = outcome.reason or "What was kept of it is gone: run again."
            piece = Piece("failed", code, reason)
        yield walk, piece


def _long_rows(
    cohort: Cohort,
    outcomes: Sequence[Outcome],
    pieces: Pieces,
    covariates: Mapping[str, str],
    names: dict[str, None],
) -> Iterator[Mapping[str, Cell]]:
    """Yield the rows of the long table; the names of the wide one's columns are noted."""
    for walk, piece in _found(cohort, outcomes, pieces):
        head = _head(walk, piece, covariates)
        if not piece.parameters:
            yield head
        for parameter in piece.parameters:
            names[_column(parameter)] = None
            yield {**head, **parameter}


def _wide_rows(
    cohort: Cohort,
    outcomes: Sequence[Outcome],
    pieces: Pieces,
    covariates: Mapping[str, str],
    names: Mapping[str, None],
) -> Iterator[Mapping[str, Cell]]:
    for walk, piece in _found(cohort, outcomes, pieces):
        values = {_column(parameter): parameter["value"] for parameter in piece.parameters}
        head = _head(walk, piece, covariates)
        yield {**{_beside(name, names): cell for name, cell in head.items()}, **values}


def _beside(name: str, names: Mapping[str, None]) -> str:
    """Return the column of the manifest as the wide table calls it."""
    return f"{name}_of_manifest" if name in names else name


def _column(parameter: Mapping[str, Any]) -> str:
    """Return the column of a parameter in the wide table: its name, and the side if it has one."""
    name, side = parameter["parameter"], parameter["side"]
    return str(name) if side in (None, "both") else f"{name}_{side}"
