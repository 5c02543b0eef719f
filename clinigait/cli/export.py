"""``clinigait export``: a walk or an assessment in a format of other programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from clinigait.core import BadInputError, Depth, Space, Walk

app = typer.Typer(no_args_is_help=True, help="Write a walk in a format of other programs.")

_WalkFile = Annotated[Path, typer.Argument(metavar="WALK.npz", help="A walk of an assessment.")]
_Out = Annotated[Path, typer.Option("--out", help="The file to write.")]


@app.command("trc")
def trc(walk_file: _WalkFile, out: _Out) -> None:
    """Write the keypoints of a walk as a TRC file (OpenSim, Pose2Sim)."""
    from clinigait.io.trc import write_trc  # noqa: PLC0415  --help stays quick

    _export(walk_file, out, ".trc", write_trc)


@app.command("c3d")
def c3d(walk_file: _WalkFile, out: _Out) -> None:
    """Write the keypoints of a walk in three dimensions as a C3D file."""
    from clinigait.io.c3d import write_c3d  # noqa: PLC0415  --help stays quick

    _export(walk_file, out, ".c3d", write_c3d)


def _export(walk_file: Path, out: Path, suffix: str, write: Callable[[Walk, Path], object]) -> None:
    from clinigait.io.keypoints import read_keypoints  # noqa: PLC0415

    if out.exists() and out.suffix.lower() != suffix:
        raise BadInputError(
            f"{out.name} exists and is not a {suffix} file.", "Choose another --out."
        )
    if out.exists() and walk_file.exists() and out.samefile(walk_file):
        raise BadInputError("The output would replace the input.", "Choose another --out.")
    walk = read_keypoints(walk_file)
    write(walk, out)
    typer.echo(f"Written: {out}")
    if walk.depth is Depth.INFERRED and walk.space is not Space.IMAGE_PX:
        typer.echo(
            "Depth and size of this walk were guessed by a pose model. The file cannot say so: "
            "other programs, and clinigait itself, will take them for measured."
        )
