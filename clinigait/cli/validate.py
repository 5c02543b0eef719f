"""``clinigait validate``: measured walks against the truth of a public data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from clinigait.cli.progress import progress_bars
from clinigait.core import BadInputError

if TYPE_CHECKING:
    from clinigait.stats import Estimate
    from clinigait.training.validate import Validation

#: Times on a clock always go together: their correlation says nothing.
_EVENT_TIMES = ("initial_contact_s", "foot_off_s")
#: Parameters of the table on the screen; the files hold all.
_SHOWN = (
    "cadence_spm",
    "stride_time_s",
    "step_time_s",
    "stance_time_s",
    "double_support_time_s",
    "stance_pct",
    "speed_mps",
    "step_length_m",
    "knee_flexion_rom_deg",
    *_EVENT_TIMES,
    "ankle_across_m",
    "ankle_down_m",
    "ankles_apart_px",
    "vertical_peak_bw",
    "vertical_impulse_bws",
    "forward_brake_bw",
    "forward_push_bw",
)


def validate(
    data_set: Annotated[
        str,
        typer.Argument(
            metavar="DATASET", help="gait-validation, bmc-walk, bmc-walk-loads or feet-rgbd."
        ),
    ],
    path: Annotated[Path, typer.Argument(help="Folder of the data set.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and pictures.")],
    subjects: Annotated[
        str | None,
        typer.Option("--subjects", help="People: names, or numbers like 1-5,8; all by default."),
    ] = None,
) -> None:
    """Measure the walks of a public data set and hold them against its sensors."""
    from clinigait.training.data_sets import DATA_SETS  # noqa: PLC0415  --help stays quick

    validated = DATA_SETS.get(data_set)
    if validated is None:
        raise BadInputError(
            f"There is no data set {data_set[:40]}.", f"Choose one of: {', '.join(DATA_SETS)}."
        )
    with progress_bars() as progress:
        result = validated(
            path, out, subjects, lambda done, of: progress("Measuring walks", done / of)
        )
    _tell(result, out)


def _tell(result: Validation, out: Path) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("parameter", "side", "n", "MAE", "95 %", "bias", "r", "ICC"):
        is_text = heading in ("parameter", "side")
        table.add_column(heading, justify="left" if is_text else "right", no_wrap=True)
    for (name, side), found in result.agreements.items():
        if name in _SHOWN:
            is_event = name in _EVENT_TIMES
            digits = 3 if found.mae.value is not None and found.mae.value < 1 else 2
            table.add_row(
                name, side, str(found.n), _number(found.mae.value, digits),
                _range(found.mae, digits), _number(found.bias.value, digits),
                "" if is_event else _number(found.pearson_r.value, 2),
                "" if is_event else _number(found.icc21.value, 2),
            )  # fmt: skip
    Console().print(table)
    for line in result.lines:
        typer.echo(line)
    typer.echo(f"{result.assessed} of {result.walks} walks measured")
    if result.outliers:
        typer.echo(
            f"Speed differs in {', '.join(result.outliers)} as in nobody else: "
            "metrics.json also has speed and lengths without them."
        )
    for trial, code in result.refusals.items():
        typer.echo(f"not measured: {trial} ({code})")
    typer.echo(f"Tables and pictures: {out}")


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def _range(estimate: Estimate, digits: int) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"{estimate.low:.{digits}f}–{estimate.high:.{digits}f}"
