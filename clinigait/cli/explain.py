"""``clinigait explain``: where a model looks, in the walks of any cohort."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinigait.cli.assess import refusal_line
from clinigait.cli.progress import progress_bars
from clinigait.cli.training import (
    BundleArgument,
    DataOption,
    DataSetOption,
    RecordOption,
    SubjectsOption,
)
from clinigait.core import RefusedError

if TYPE_CHECKING:
    from clinigait.explain.cohort import Attention
    from clinigait.report.saliency_figures import AttentionTable


def explain(
    bundle: BundleArgument,
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and pictures.")],
    method: Annotated[
        str, typer.Option("--method", help="integrated_gradients, grad_cam or occlusion.")
    ] = "integrated_gradients",
    data_set: DataSetOption = None,
    subjects: SubjectsOption = None,
    record: RecordOption = None,
) -> None:
    """Say which regions of the body and parts of the gait cycle a model's answers rest on."""
    from clinigait.datasets.registry import open_study  # noqa: PLC0415  --help stays quick
    from clinigait.models.classifier import open_model  # noqa: PLC0415

    model = open_model(bundle)
    study = open_study(data, data_set, subjects, record=record)
    from clinigait.explain.cohort import explain_study  # noqa: PLC0415  PyTorch, once all is well

    try:
        with progress_bars() as progress:
            found = explain_study(
                model,
                study,
                method,
                out,
                lambda share: progress("Explaining walks", share),
                draw=draw,
            )
    except RefusedError as error:
        typer.echo(refusal_line(error.refused), err=True)
        raise typer.Exit(3) from None
    tell(found.summary, out)


def draw(found: Attention, folder: Path) -> None:
    """Draw the chart of all walks that are shown, and the first of them with its attention."""
    from clinigait.explain.cohort import CHART, OVERLAY  # noqa: PLC0415
    from clinigait.explain.pictures import overlays_of  # noqa: PLC0415
    from clinigait.report.saliency_figures import save_chart, save_overlay  # noqa: PLC0415

    if "regions" in found.summary:
        save_chart(_table(found.summary), folder / CHART)
    overlay = None if found.first is None else overlays_of(found.first)
    if overlay is not None:
        save_overlay(*overlay, folder / OVERLAY)


def tell(summary: Mapping[str, Any], out: Path) -> None:
    """Say the most of what ``summary.json`` holds."""
    from clinigait.explain.cohort import statement  # noqa: PLC0415

    for name, entry in summary.get("regions", {}).items():
        of_area = f"{100 * entry['area']:5.1f} % of what there is to look at"
        typer.echo(f"{name:<12}{_percent(entry, 'share')} of the attention, {of_area}")
    for reason, times in summary["left_out"].items():
        typer.echo(f"left out: {times} ({reason})")
    typer.echo(statement(summary))
    typer.echo(f"Tables and pictures: {out}")


def _percent(entry: Mapping[str, Any], name: str) -> str:
    low, high = entry[f"{name}_ci95"]
    interval = "" if low is None else f" (95 % {100 * low:.1f} to {100 * high:.1f})"
    return f"{100 * entry[name]:5.1f} %{interval}"


def _table(summary: Mapping[str, Any]) -> AttentionTable:
    from clinigait.core import GAIT_PHASES  # noqa: PLC0415
    from clinigait.report.saliency_figures import AttentionTable  # noqa: PLC0415

    regions = summary["regions"]
    bounds = [entry["share_ci95"] for entry in regions.values()]
    known = all(low is not None for low, _ in bounds)
    return AttentionTable(
        regions=tuple(regions),
        phases=GAIT_PHASES,
        share=tuple(tuple(row.values()) for row in summary["region_by_phase"].values()),
        area=tuple(entry["area"] for entry in regions.values()),
        intervals=tuple((low, high) for low, high in bounds) if known else (),
    )
