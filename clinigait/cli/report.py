"""``clinigait report``: the report of an assessment, written again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinigait.core import BadInputError
from clinigait.gait.catalogue import CATALOGUE


def report(
    assessment_file: Annotated[Path, typer.Argument(metavar="ASSESSMENT.json")],
    out: Annotated[Path, typer.Option("--out", help="The PDF to write.")],
    language: Annotated[str, typer.Option("--language", help="Language of the report.")] = "en",
) -> None:
    """Write the PDF report of an assessment again."""
    from clinigait.io.assessment import read_assessment  # noqa: PLC0415  --help stays quick
    from clinigait.report.pdf import write_report  # noqa: PLC0415

    if out.exists() and out.name != "report.pdf" and out.suffix.lower() != ".pdf":
        raise BadInputError(f"{out.name} exists and is not a PDF.", "Choose another --out.")
    assessment = read_assessment(assessment_file)
    write_report(assessment, assessment_file.parent, out, CATALOGUE, language=language)
    typer.echo(f"Report: {out}")
