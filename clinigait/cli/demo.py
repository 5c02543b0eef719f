"""``clinigait demo``: the example, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinigait.cli.assess import run


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")] = Path("out/demo"),
    profile: Annotated[bool, typer.Option("--profile", help="Print the time by stage.")] = False,
) -> None:
    """Assess the demonstration video: fetches what is missing, writes out/demo/report.pdf."""
    from clinigait.io.fetch import fetch  # noqa: PLC0415  --help stays quick
    from clinigait.io.sample import CREDIT, DEMO_CLIP  # noqa: PLC0415
    from clinigait.perception.weights import DEFAULT, WEIGHTS  # noqa: PLC0415

    for name in DEFAULT:
        fetch(WEIGHTS[name], progress=typer.echo)
    clip = fetch(DEMO_CLIP, progress=typer.echo)
    typer.echo(f"The video: {CREDIT}")
    run(clip, out, profile=profile)
