"""``clinigait merge``: passes of one visit become one report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinigait.core import RefusedError


def merge(
    passes: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Folders of assessments.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the report and its data.")],
    protocol: Annotated[
        str | None, typer.Option("--protocol", help="Protocol; by default that of the passes.")
    ] = None,
) -> None:
    """Merge passes of one visit: all strides together, of each leg the passes that show it near."""
    from clinigait.cli.assess import refusal_line, tell  # noqa: PLC0415  --help stays quick
    from clinigait.passes import merge_passes  # noqa: PLC0415

    try:
        assessment = merge_passes(passes, out, protocol)
    except RefusedError as error:
        typer.echo(refusal_line(error.refused), err=True)
        raise typer.Exit(3) from None
    tell(assessment, out)
