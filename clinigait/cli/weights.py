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
    from clinigait.perception.hrnet.checkpoints import CHECKPOINTS  # noqa: PLC0415
    from clinigait.perception.hrnet.obtain import onnx_of, status_of  # noqa: PLC0415
    from clinigait.perception.hrnet.shipped import COMPACT, compact_onnx, compact_word  # noqa: PLC0415
    from clinigait.perception.weights import WEIGHTS  # noqa: PLC0415

    for name, asset in WEIGHTS.items():
        state = "present" if path_of(asset) else "missing"
        _line(name, state, asset.size_bytes, f"{asset.licence}  {asset.description}")
    for name, one in CHECKPOINTS.items():
        state = status_of(one).word
        size_bytes = onnx_of(one).stat().st_size if state == "present" else None
        _line(name, state, size_bytes, f"{one.asset.description}  [{one.asset.licence}]")
    state = compact_word()
    size_bytes = compact_onnx().stat().st_size if state == "present" else None
    _line(COMPACT, state, size_bytes, "Apache-2.0  HRNet 256x192 of our own, body and feet.")


def _line(name: str, state: str, size_bytes: int | None, words: str) -> None:
    size = "" if size_bytes is None else f"{size_bytes / 1e6:6.1f} MB"
    typer.echo(f"{name:<28}{state:<14}{size:>9}  {words}")


@app.command("fetch")
def fetch_weights(
    name: Annotated[str | None, typer.Argument(help="Which; default: what assess needs.")] = None,
    from_file: Annotated[
        Path | None, typer.Option("--from", help="Take the file from here, not from a network.")
    ] = None,
) -> None:
    """Fetch weights and check their SHA-256; HRNet is exported to ONNX too, once.

    CLINIGAIT_WEIGHTS_MIRRORS may name https folders that hold the files: they are asked first.
    """
    from clinigait.io.fetch import fetch  # noqa: PLC0415
    from clinigait.perception.hrnet.checkpoints import CHECKPOINTS  # noqa: PLC0415
    from clinigait.perception.hrnet.obtain import obtain  # noqa: PLC0415
    from clinigait.perception.hrnet.shipped import COMPACT, require_compact  # noqa: PLC0415
    from clinigait.perception.weights import DEFAULT, named  # noqa: PLC0415

    if name is None and from_file is not None:
        raise BadInputError("--from needs the name of the weights.", "See clinigait weights list.")
    for one in [name] if name else DEFAULT:
        if one in CHECKPOINTS:
            path = obtain(CHECKPOINTS[one], from_file=from_file, say=typer.echo)
        elif one == COMPACT:
            path, _ = require_compact()  # it comes with clinigait, or not at all
        else:
            path = fetch(named(one), from_file=from_file, progress=typer.echo)
        typer.echo(f"{one}: {path}")


@app.command("verify")
def verify_weights() -> None:
    """Check the SHA-256 of all weights that are present."""
    from clinigait.perception.hrnet.checkpoints import CHECKPOINTS  # noqa: PLC0415
    from clinigait.perception.hrnet.obtain import is_damaged, status_of  # noqa: PLC0415
    from clinigait.perception.hrnet.shipped import (  # noqa: PLC0415
        COMPACT,
        compact_word,
        require_compact,
    )
    from clinigait.perception.weights import status  # noqa: PLC0415

    broken = []
    for found in status():
        word = "missing" if found.path is None else "good" if found.valid else "BROKEN"
        typer.echo(f"{found.asset.name:<28}{word}")
        if word == "BROKEN":
            broken.append(found.asset.name)
    for name, one in CHECKPOINTS.items():
        stands = status_of(one).word
        word = "BROKEN" if is_damaged(one) else "good" if stands == "present" else stands
        typer.echo(f"{name:<28}{word}")
        if word == "BROKEN":
            broken.append(name)
    stands = compact_word()
    typer.echo(f"{COMPACT:<28}{stands if stands == 'missing' else 'with clinigait'}")
    if stands != "missing":
        require_compact()
    if broken:
        raise BadInputError(
            f"The weights {', '.join(broken)} are broken.",
            "Fetch them again with clinigait weights fetch NAME.",
        )
