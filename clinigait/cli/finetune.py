"""``clinigait finetune``: a model adapted to the people of a site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from clinigait.cli.progress import progress_bars
from clinigait.cli.training import (
    BundleArgument,
    DataOption,
    DataSetOption,
    DeviceOption,
    LabelsOption,
    RecordOption,
    SubjectsOption,
    ThreadsOption,
    command_line,
    goes_on,
    need_packages,
    tell_people,
)

if TYPE_CHECKING:
    from clinigait.training.finetune import Adapted


def finetune(  # noqa: PLR0913, PLR0917  every option of the command line is an argument
    bundle: BundleArgument,
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="Folder of the new bundle.")],
    freeze: Annotated[
        str,
        typer.Option(
            "--freeze",
            help="Stages that keep what they know, with commas between; none; all; or auto: "
            "inner folds choose.",
        ),
    ] = "auto",
    data_set: DataSetOption = None,
    subjects: SubjectsOption = None,
    record: RecordOption = None,
    labels: LabelsOption = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Most steps of a fit.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of all that is drawn.")] = 0,
    threads: ThreadsOption = 2,
    device: DeviceOption = "cpu",
) -> None:
    """Adapt a model to your own people, and see whether it helped. A run that was ended goes on."""
    from clinigait.datasets.registry import open_study  # noqa: PLC0415  --help stays quick
    from clinigait.models.classifier import open_model  # noqa: PLC0415

    need_packages()
    model = open_model(bundle)
    study = open_study(data, data_set, subjects, record=record, labels=labels)
    from clinigait.training import finetune as tuning  # noqa: PLC0415  PyTorch, once all is well

    order = tuning.SiteOrder(
        model, study, tuning.parse_freeze(freeze), out, steps, seed, threads, command_line(), device
    )
    with goes_on(), progress_bars() as progress:
        done = tuning.finetune(order, progress)
    tell(done, out)


def tell(done: Adapted, out: Path) -> None:
    """Say what came of it: before and after on the same held-out people."""
    from clinigait.training.finetune import told  # noqa: PLC0415

    tell_people(done.people)
    table = Table(box=None, pad_edge=False)
    table.add_column("on held-out people", no_wrap=True)
    for heading in ("before", "after", "difference (95 %)"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in told(done.comparison, done.bundle.card.classes):
        table.add_row(*row)
    Console().print(table)
    typer.echo(f"frozen: {', '.join(done.frozen) or 'nothing'}")
    if done.fits:
        typer.echo(f"choosing took {done.fits} fits, {done.seconds:.0f} s")
    typer.echo(done.comparison.sentence)
    typer.echo(f"Bundle: {out}")
