"""``clinigait backup``, ``restore``: a clinic's data in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clinigait.cli.clinic_data import Data, Url, need_clinic, opened


def backup(
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="The file to write.")],
    url: Url = None,
) -> None:
    """Write all data of the clinic into one file; work goes on meanwhile."""
    with opened(data, url) as store:
        from clinigait.store.backup import back_up  # noqa: PLC0415  --help stays quick

        told, key_file = back_up(store, out), store.key_file
    typer.echo(
        f"{out}: {told.patients} patients, {told.files} files, {told.size_bytes / 1e6:.1f} MB. "
        "It is not encrypted: keep it where only those may read it who may see the patients."
    )
    if told.second_factors:
        typer.echo(
            f"The key of {told.second_factors} second factors is not in it: "
            f"keep a copy of {key_file} elsewhere."
        )


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `clinigait backup` wrote.")],
    data: Data,
    url: Url = None,
) -> None:
    """Restore a backup into a new data folder, and into an empty database where one is given."""
    need_clinic()
    from clinigait.cli.audit_log import tell  # noqa: PLC0415  --help stays quick
    from clinigait.store.restore import restore as bring_back  # noqa: PLC0415

    restored = bring_back(file, data, url or None)
    typer.echo(f"{data}: {restored.files} files restored; everybody has to sign in again.")
    if restored.no_key is not None:
        typer.echo(f"{restored.second_factors} second factors: {restored.no_key}")
    tell(restored.faults)
