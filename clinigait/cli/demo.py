"""``clinigait demo``: the example, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinigait.cli.assess import tell
from clinigait.cli.progress import progress_bars


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the report.")] = Path("out/demo"),
    profile: Annotated[bool, typer.Option("--profile", help="Print the time by stage.")] = False,
) -> None:
    """Assess the demonstration video: fetches what is missing, writes out/demo/report.pdf."""
    from clinigait.io.fetch import fetch  # noqa: PLC0415  --help stays quick
    from clinigait.io.sample import CREDIT, DEMO_CLIP  # noqa: PLC0415
    from clinigait.perception.weights import DEFAULT, WEIGHTS  # noqa: PLC0415
    from clinigait.pipeline import Stopwatch, assess  # noqa: PLC0415

    for name in DEFAULT:
        fetch(WEIGHTS[name], progress=typer.echo)
    clip = fetch(DEMO_CLIP, progress=typer.echo)
    typer.echo(f"The video: {CREDIT}")
    stopwatch = Stopwatch()
    with progress_bars() as progress:
        assessment = assess(clip, out, progress=progress, stopwatch=stopwatch)
    if profile:
        for stage, seconds in stopwatch.seconds.items():
            typer.echo(f"{stage:<24}{seconds:8.2f} s")
    tell(assessment, out)
