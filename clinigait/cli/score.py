"""``clinigait score``: every walk of a manifest scored, kept, and told in one table."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clinigait.core import BadInputError

if TYPE_CHECKING:
    from clinigait.cohort.engine import Counts, Tell, Workers
    from clinigait.cohort.plan import Plan
    from clinigait.cohort.road import Standing
    from clinigait.cohort.study_plan import StudyPlan
    from clinigait.cohort.walks import Cohort

_INTERRUPTED = 130
_GIB = 1024**3
#: So much of this machine's memory is shared by the workers that are started on it.
_SHARE = 0.8
_MOST_GIB = 8.0
#: The rate is taken over so long.
_RATE_S = 120.0


def score(  # noqa: PLR0913, PLR0917  every option of the command line is an argument
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST", help="CSV or Parquet: subject, visit, file, covariates."
        ),
    ],
    protocol: Annotated[
        str, typer.Option("--protocol", help="Protocol: a name, or the path of a YAML file.")
    ],
    out: Annotated[
        Path,
        typer.Option("--out", help="The table to write: .parquet or .csv; a wide one beside it."),
    ],
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="ADDRESS", help="Dask scheduler; by default workers start here."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=1024, help="Workers to start here.")
    ] = None,
    resource: Annotated[
        list[str] | None,
        typer.Option(
            "--resource", metavar="NAME=AMOUNT", help="Only workers that have it, e.g. GPU=1."
        ),
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option("--study", help="YAML: groups, primary parameters, what to adjust for."),
    ] = None,
    reports: Annotated[
        bool, typer.Option("--reports", help="Write the report of every walk as well.")
    ] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Say how far a run of this command is; do nothing.")
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try walks again that failed before.")
    ] = False,
    pose: Annotated[
        str | None, typer.Option("--pose", help="Pose estimator, as for clinigait assess.")
    ] = None,
    limit_s: Annotated[
        float, typer.Option("--limit-s", min=1, help="Give a walk up after so many seconds.")
    ] = 1800.0,
    memory_gb: Annotated[
        float | None, typer.Option("--memory-gb", min=0.1, help="Or if it needs more memory.")
    ] = None,
) -> None:
    """Score every walk of a manifest and summarise; the same command goes on where it stopped."""
    if scheduler is not None and workers is not None:
        raise BadInputError(
            "--workers starts workers here, --scheduler uses those of a scheduler.",
            "Give one of the two.",
        )
    from clinigait.cohort.columns import RESERVED  # noqa: PLC0415
    from clinigait.cohort.engine import Workers  # noqa: PLC0415  --help stays quick
    from clinigait.cohort.manifest import ManifestFaultsError, read_cohort  # noqa: PLC0415
    from clinigait.cohort.road import (  # noqa: PLC0415
        Options,
        check_summary,
        plan_of,
        score_cohort,
        standing,
    )
    from clinigait.cohort.study_plan import StudyPlan, read_study  # noqa: PLC0415
    from clinigait.cohort.tables import wide_path  # noqa: PLC0415

    who = Workers(scheduler, workers, _resources(resource or []))
    try:
        cohort = read_cohort(manifest, RESERVED)
    except ManifestFaultsError as error:
        for fault in error.faults:
            typer.echo(fault)
        raise
    asked = StudyPlan() if study is None else read_study(study)
    check_summary(cohort, asked)
    options = Options(pose, reports, limit_s, int(_memory_gib(memory_gb, who) * _GIB), retry_failed)
    plan = plan_of(cohort, protocol, out, options)
    if status:
        typer.echo(standing_line(standing(cohort, plan)))
        return
    counts = None
    try:
        with _live() as (tell, told):
            counts = score_cohort(cohort, plan, out, who, tell=tell, told=told)
    except KeyboardInterrupt:
        typer.echo(
            "clinigait: Interrupted; walks that are done are kept, and the same command goes on.",
            err=True,
        )
    if counts is None:
        gc.collect()
        sys.stderr.flush()
        os._exit(_INTERRUPTED)
    typer.echo(counts_line(counts))
    typer.echo(f"Tables: {out}, {wide_path(out)}")
    _summarise(cohort, plan, out, asked)


def _summarise(cohort: Cohort, plan: Plan, out: Path, study: StudyPlan) -> None:
    """Write the summary; the tables are there already, whatever becomes of it."""
    from clinigait.cohort.road import summarise, summary_paths  # noqa: PLC0415

    with Console(stderr=True).status("Writing the summary"):
        summarise(cohort, plan, out, study)
    typer.echo(f"Summary: {', '.join(str(path) for path in summary_paths(out))}")


def _resources(texts: list[str]) -> dict[str, float]:
    found = {}
    for text in texts:
        name, _, amount = text.partition("=")
        try:
            found[name.strip()] = float(amount or 1)
        except ValueError:
            raise BadInputError(
                f"The resource {text[:60]} cannot be read.", "Give name and amount, like GPU=1."
            ) from None
    return found


def _memory_gib(asked: float | None, workers: Workers) -> float:
    if asked is not None:
        return asked
    if workers.scheduler is not None:
        return _MOST_GIB
    here_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIB
    return min(_MOST_GIB, _SHARE * here_gib / (workers.count or os.cpu_count() or 1))


def counts_line(counts: Counts) -> str:
    """Return how the walks ended, as a user reads it."""
    kept = f" ({counts.kept} were done before)" if counts.kept else ""
    return (
        f"{counts.done} of {counts.total} walks done{kept}: {counts.measured} measured, "
        f"{counts.refused} refused, {counts.failed} failed."
    )


def standing_line(found: Standing) -> str:
    """Return how far a run is, as a user reads it."""
    line = counts_line(found.counts)
    if found.rate_per_s is None or found.left_s is None or found.counts.done >= found.counts.total:
        return line
    left = timedelta(seconds=round(found.left_s))
    return f"{line} {60 * found.rate_per_s:.3g} walks a minute of late, {left} left."


@contextmanager
def _live() -> Iterator[tuple[Tell, Callable[[str], None]]]:
    """Show how far it is, the rate, the time left and what failed; a note once where it changes."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("Scoring walks"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[ended]}"),
        console=console,
        disable=not console.is_terminal,
        speed_estimate_period=_RATE_S,
    ) as bars:
        task = bars.add_task("", total=None, rate="", ended="")
        noted = [""]

        def tell(counts: Counts) -> None:
            speed = bars.tasks[0].speed
            bars.update(
                task,
                total=counts.total,
                completed=counts.done,
                rate="" if speed is None else f"{60 * speed:.3g}/min",
                ended=f"{counts.refused} refused, {counts.failed} failed",
            )
            if counts.note != noted[0]:
                noted[0] = counts.note
                if counts.note:
                    console.print(counts.note, markup=False, highlight=False)

        yield tell, lambda text: console.print(text, markup=False, highlight=False)
