"""``clinigait retention``, ``erase``: what is old goes, and a patient who asks for it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from clinigait.cli.clinic_data import Data, Url, opened


def retention(
    data: Data,
    what: Annotated[
        Literal["films", "patients"],
        typer.Option("--what", help="Films alone, or patients with all that is known of them."),
    ],
    keep_days: Annotated[int, typer.Option("--keep-days", min=1, help="Older than that goes.")],
    apply: Annotated[
        bool, typer.Option("--apply", help="Remove it; without it, only told.")
    ] = False,
    url: Url = None,
) -> None:
    """Tell what is older than so many days; with --apply, remove it for good."""
    with opened(data, url) as store:
        from clinigait.store import erasure  # noqa: PLC0415  --help stays quick

        if apply:
            old = erasure.apply_retention(store, what, keep_days, None)
        else:
            with store.reading() as db:
                old = erasure.due(db, what, keep_days)
    size = f" ({old.size_bytes / 1e6:.1f} MB)" if what == "films" else ""
    done = "removed" if apply else "would go; nothing was removed, --apply does it"
    typer.echo(f"{len(old.ids)} {what} older than {keep_days} days{size}: {done}.")


def erase(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The patient's code.")],
    data: Data,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    url: Url = None,
) -> None:
    """Erase a patient with all visits, films and reports. Backups made before still hold them."""
    with opened(data, url) as store:
        from clinigait.store import erasure  # noqa: PLC0415  --help stays quick

        with store.reading() as db:
            patient_id = erasure.patient_of_code(db, code)
        if not yes:
            typer.confirm("Erase all data of this patient, for good?", abort=True)
        erasure.erase_patient(store, patient_id, None)
    typer.echo("Erased. The audit log keeps that it was done, under a random number.")
