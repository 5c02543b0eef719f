"""``clinigait weights``: the files that the models need."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinigait.core import BadInputError

app = typer.Typer(help="List, fetch and verify model weights.", no_args_is_help=True)


@app.command("list")
def list_weights() -> None:
    """List all weights, where they stand and under which licence."""
    from clinigait.io.fetch import path_of  # noqa: PLC0415
    from clinigait.perception.weights import WEIGHTS  # noqa: PLC0415

    for name, asset in WEIGHTS.items():
        state = "present" if path_of(asset) else "missing"
        size_mb = asset.size_bytes / 1e6
        typer.echo(f"{name:<28}{state:<9}{size_mb:6.1f} MB  {asset.licence}  {asset.description}")


@app.command("fetch")
def fetch_weights(
    name: Annotated[str | None, typer.Argument(help="Which; default: what assess needs.")] = None,
    from_file: Annotated[
        Path | None, typer.Option("--from", help="Take the file from here, not from a network.")
    ] = None,
) -> None:
    """Fetch weights and check their SHA-256."""
    from clinigait.io.fetch import fetch  # noqa: PLC0415
    from clinigait.perception.weights import DEFAULT, named  # noqa: PLC0415

    if name is None and from_file is not None:
        raise BadInputError("--from needs the name of the weights.", "See clinigait weights list.")
    for one in [name] if name else DEFAULT:
        path = fetch(named(one), from_file=from_file, progress=typer.echo)
        typer.echo(f"{one}: {path}")


@app.command("verify")
def verify_weights() -> None:
    """Check the SHA-256 of all weights that are present."""
    from clinigait.perception.weights import status  # noqa: PLC0415

    broken = []
    for found in status():
        word = "missing" if found.path is None else "good" if found.valid else "BROKEN"
        typer.echo(f"{found.asset.name:<28}{word}")
        if word == "BROKEN":
            broken.append(found.asset.name)
    if broken:
        raise BadInputError(
            f"The weights {', '.join(broken)} are broken.",
            "Fetch them again with clinigait weights fetch NAME.",
        )
