"""``clinigait compare``: what changed between two assessments of one person."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from clinigait.core import BadInputError, Finding
from clinigait.gait.catalogue import CATALOGUE

if TYPE_CHECKING:
    from clinigait.gait.compare import Comparison

#: Parameters that the table on the screen shows in any case; the file holds all.
_SHOWN = (
    "speed_mps",
    "speed_bhps",
    "cadence_spm",
    "stride_length_m",
    "stride_time_s",
    "stance_pct",
    "double_support_pct",
    "step_time_asymmetry_pct",
    "knee_flexion_rom_deg",
    "hip_flexion_rom_deg",
)
_COLUMNS = (
    *("name", "side", "unit", "first", "second", "difference", "low", "high"),
    *("minimal_detectable_change", "errors", "verdict", "dual_task_cost_pct"),
    *("meaningful_changes", "meaningful_reached", "meaningful_source"),
    *("grade", "finding"),
)
_COST = (
    "Dual-task cost: 100 (single - dual) / single in percent, positive where the value is lower "
    "under the dual task. Of speed and length that is a loss; of times and variability, the "
    "negative ones are."
)
_BY_CHANCE = (
    "Of twenty unchanged parameters one is expected to differ by chance; how a person varies from "
    "walk to walk comes on top."
)


def compare(
    first: Annotated[Path, typer.Argument(metavar="FIRST.json", help="The earlier assessment.")],
    second: Annotated[Path, typer.Argument(metavar="SECOND.json", help="The later one.")],
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write.")],
) -> None:
    """Compare two assessments of one person: two visits, or two conditions."""
    from clinigait.cli.assess import finding_lines  # noqa: PLC0415  --help stays quick
    from clinigait.findings import change_findings  # noqa: PLC0415
    from clinigait.gait.compare import compare as compared  # noqa: PLC0415
    from clinigait.io.assessment import read_assessment  # noqa: PLC0415
    from clinigait.io.output import replace_file  # noqa: PLC0415
    from clinigait.report.tables import marked_columns  # noqa: PLC0415
    from clinigait.report.text import synthetic_marks  # noqa: PLC0415
    from clinigait.report.wording import ENGLISH  # noqa: PLC0415

    _check_out(out, (first, second))
    both = read_assessment(first), read_assessment(second)
    rows = compared(*both)
    findings = change_findings(rows, *both, CATALOGUE)
    text = comparison_csv(rows, findings, marked_columns(both))
    replace_file(out, text.encode("utf-8", "replace"))
    _tell(rows)
    for line in finding_lines(findings):
        typer.echo(line)
    for mark in synthetic_marks(both, ENGLISH):
        typer.echo(f"{mark}.")
    typer.echo(f"Table: {out}")


def _check_out(out: Path, inputs: Sequence[Path]) -> None:
    if not out.exists():
        return
    if any(file.exists() and out.samefile(file) for file in inputs):
        raise BadInputError("The output would replace an input.", "Choose another --out.")
    if out.suffix.lower() != ".csv":
        raise BadInputError(f"{out.name} exists and is not a CSV file.", "Choose another --out.")


def comparison_csv(
    rows: Sequence[Comparison], findings: Sequence[Finding] = (), marks: Sequence[str] = ()
) -> str:
    """Return a comparison as CSV, one row a parameter and side.

    Text that a spreadsheet would run as a formula is written with a leading quote.

    Parameters
    ----------
    rows
        What :func:`clinigait.gait.compare.compare` returned.
    findings
        What they say: each stands in the row of its parameter and side.
    marks
        Columns that are true in every row: what rests on synthetic walkers.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*_COLUMNS, *marks])
    told = {(finding.name, finding.side or "both"): finding for finding in findings}
    for row in rows:
        finding = told.get((row.name, row.side))
        said = [finding.grade, _text(finding.text)] if finding is not None else ["", ""]
        writer.writerow([*_cells(row), *said, *["true"] * len(marks)])
    return text.getvalue()


def _cells(row: Comparison) -> list[str]:
    change, known = row.change, row.meaningful
    reached = row.reached
    sources = dict.fromkeys(f"{c.source}{f', doi {c.doi}' if c.doi else ''}" for c in known)
    return [
        *map(_text, (row.name, row.side, row.unit)),
        *map(_number, (row.first, row.second, change.difference, change.low, change.high)),
        _number(change.minimal_detectable),
        "" if row.reason is not None else "partly shared" if row.errors_shared else "own",
        _text(row.verdict),
        _number(row.dual_task_cost_pct),
        "; ".join(f"{c.value:g} {c.kind} ({c.population})" for c in known),
        f"{reached.value:g} {reached.kind}" if reached is not None else "",
        "; ".join(sources),
    ]


def _number(value: float | None) -> str:
    from clinigait.io.assessment import significant  # noqa: PLC0415  --help stays quick

    return "" if value is None else repr(significant(value))


def _text(text: str) -> str:
    """Return text from a file on one line, harmless to spreadsheets and terminals."""
    from clinigait.report.tables import safe_text  # noqa: PLC0415  --help stays quick

    return safe_text("".join(c if c.isprintable() else " " for c in text))


def _tell(rows: Sequence[Comparison]) -> None:
    compared = [row for row in rows if row.reason is None]
    changed = [row for row in compared if row.change.is_real]
    shown = [row for row in compared if row.name in CATALOGUE]
    shown = [row for row in shown if row.name in _SHOWN or row.change.is_real]
    with_cost = any(row.dual_task_cost_pct is not None for row in shown)
    if shown:
        Console().print(_table(shown, with_cost=with_cost))
    typer.echo(
        f"{len(changed)} of {len(compared)} parameters changed by more than measurement error; "
        f"{len(rows) - len(compared)} cannot be compared."
    )
    if not compared and rows:
        typer.echo(_text(f"For example {rows[0].name} {rows[0].verdict}."))
    if changed:
        typer.echo(_BY_CHANCE)
    if with_cost:
        typer.echo(_COST)


def _table(rows: Sequence[Comparison], *, with_cost: bool) -> Table:
    title = "Second less first; * is more than measurement error"
    table = Table(title=title, box=None, padding=(0, 1), pad_edge=False)
    table.add_column("parameter", no_wrap=True)
    table.add_column("side", no_wrap=True)
    for heading in ("first", "second", "change", "detectable", *(["cost %"] if with_cost else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column()
    for row in rows:
        table.add_row(*_shown(row, with_cost=with_cost))
    return table


def _shown(row: Comparison, *, with_cost: bool) -> list[str]:
    digits, change = CATALOGUE[row.name].decimals + 1, row.change
    return [
        row.name,
        row.side,
        _rounded(row.first, digits),
        _rounded(row.second, digits),
        _rounded(change.difference, digits, signed=True),
        _rounded(change.minimal_detectable, digits),
        *([_rounded(row.dual_task_cost_pct, 1, signed=True)] if with_cost else []),
        "*" if change.is_real else "",
    ]


def _rounded(value: float | None, digits: int, *, signed: bool = False) -> str:
    if value is None:
        return ""
    return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
