"""``clinigait report``: the report of an assessment, written again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinigait.core import BadInputError


def report(
    assessment_file: Annotated[Path, typer.Argument(metavar="ASSESSMENT.json")],
    out: Annotated[Path, typer.Option("--out", help="The PDF to write.")],
    language: Annotated[
        str, typer.Option("--language", help="Language of the report: en or zh.")
    ] = "en",
    page_size: Annotated[
        str, typer.Option("--page-size", help="Size of the paper: a4 or letter.")
    ] = "a4",
    previous: Annotated[
        Path | None,
        typer.Option(
            "--previous",
            metavar="EARLIER.json",
            help="An earlier visit, or another condition, of the same person to compare with.",
        ),
    ] = None,
) -> None:
    """Write the PDF report of an assessment again."""
    from clinigait.documents import write_pdf  # noqa: PLC0415  --help stays quick
    from clinigait.io.assessment import read_assessment  # noqa: PLC0415

    if out.exists() and out.name != "report.pdf" and out.suffix.lower() != ".pdf":
        raise BadInputError(f"{out.name} exists and is not a PDF.", "Choose another --out.")
    assessment = read_assessment(assessment_file)
    earlier = read_assessment(previous) if previous is not None else None
    write_pdf(assessment, assessment_file.parent, out, language, page_size, earlier)
    typer.echo(f"Report: {out}")
