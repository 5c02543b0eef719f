"""``clinigait audit-log``: whether the log is as it was written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinigait.cli.clinic_data import Data, Url, opened

if TYPE_CHECKING:
    from clinigait.store.audit import Fault

app = typer.Typer(no_args_is_help=True, help="The audit log: verify it, anchor it.")

_EXIT_BROKEN = 3
_MOST_TOLD = 20


@app.command("verify")
def verify(
    data: Data,
    anchors: Annotated[
        Path | None,
        typer.Option("--anchors", help="A copy of anchors.jsonl that was kept elsewhere."),
    ] = None,
    url: Url = None,
) -> None:
    """Look for links that were changed, deleted, moved or cut off; exit code 3 if there are."""
    with opened(data, url) as store:
        from clinigait.core import BadInputError  # noqa: PLC0415
        from clinigait.store import audit  # noqa: PLC0415  --help stays quick

        if anchors is not None and not anchors.is_file():
            raise BadInputError(f"{anchors.name} is not there.", "Give a copy of anchors.jsonl.")
        faults = audit.check(store, anchors)
        with store.writing() as db:
            audit.record(db, None, "verify", "audit", detail={"faults": len(faults)})
    tell(faults)


@app.command("anchor")
def anchor(data: Data, url: Url = None) -> None:
    """Anchor the log now: what was written until now can no longer be cut off unseen."""
    with opened(data, url) as store:
        from clinigait.store import audit  # noqa: PLC0415  --help stays quick

        with store.writing() as db:
            number = audit.record(db, None, "anchor", "audit")
        typer.echo(f"Anchored up to {number} in {store.anchor_file}.")


def tell(faults: list[Fault]) -> None:
    """Print what is wrong with a chain, and end with exit code 3 if anything is."""
    if not faults:
        typer.echo("The audit log is whole.")
        return
    for fault in faults[:_MOST_TOLD]:
        typer.echo(f"Link {fault.number}: {fault.what}.")
    more = f", the first {_MOST_TOLD} are listed" if len(faults) > _MOST_TOLD else ""
    typer.echo(f"The audit log is broken: {len(faults)} faults{more}.")
    raise typer.Exit(_EXIT_BROKEN)
