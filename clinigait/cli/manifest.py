"""``clinigait manifest``: a first manifest of the recordings in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

_MOST_SHOWN = 20


def manifest(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with recordings.")],
    out: Annotated[
        Path, typer.Option("--out", help="The manifest to write; one that is there stays.")
    ] = Path("cohort.csv"),
) -> None:
    """Write a first manifest of every recording in a folder, for `clinigait score`."""
    from clinigait.cohort.first_manifest import write_manifest  # noqa: PLC0415  --help stays quick

    console = Console(stderr=True)
    with console.status("Opening recordings") as status:
        found = write_manifest(folder, out, lambda n: status.update(f"Opened {n} recordings"))
    for line in found.left_out[:_MOST_SHOWN]:
        typer.echo(f"left out: {line}", err=True)
    if len(found.left_out) > _MOST_SHOWN:
        typer.echo(f"left out: {len(found.left_out) - _MOST_SHOWN} more", err=True)
    typer.echo(f"{len(found.rows)} recordings: {out}")
    typer.echo(
        "Subjects and visits are guessed from folders: check them, then delete the column guessed."
    )
