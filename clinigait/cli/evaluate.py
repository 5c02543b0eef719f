"""``clinigait evaluate``: how good a model is on labelled walks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from clinigait.cli.assess import refusal_line
from clinigait.cli.progress import progress_bars
from clinigait.cli.training import (
    BundleArgument,
    DataOption,
    DataSetOption,
    LabelsOption,
    RecordOption,
    SubjectsOption,
)
from clinigait.core import SYNTHETIC, RefusedError

#: Statistics of the table on the screen, where they are given; the file holds all.
_SHOWN = {
    "accuracy": "accuracy",
    "walk_accuracy": "accuracy, whole walks",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "F1, mean over classes",
    "kappa": "kappa",
    "kappa_linear": "kappa, linear weights",
    "mean_class_distance": "classes off",
    "auc_macro": "area under the curve",
    "calibration_error": "calibration error",
    "set_coverage": "coverage of the sets",
    "set_size": "classes in a set",
}


def evaluate(
    bundle: BundleArgument,
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and pictures.")],
    data_set: DataSetOption = None,
    subjects: SubjectsOption = None,
    record: RecordOption = None,
    labels: LabelsOption = None,
) -> None:
    """Judge labelled walks with a model and say how good it is, with intervals over people."""
    from clinigait.datasets.registry import open_study  # noqa: PLC0415  --help stays quick
    from clinigait.models.classifier import open_model  # noqa: PLC0415
    from clinigait.training.evaluate import evaluate as judge  # noqa: PLC0415
    from clinigait.training.evaluate import labelled  # noqa: PLC0415

    model = open_model(bundle)
    study = open_study(data, data_set, subjects, record=record, labels=labels)
    labelled(study, model.card)  # what is wrong with labels is said before anything is loaded
    from clinigait.models.scoring import Scorer  # noqa: PLC0415  PyTorch, once all is well

    try:
        with progress_bars() as progress:
            found = judge(Scorer(model), study, out, lambda share: progress("Judging walks", share))
    except RefusedError as error:
        typer.echo(refusal_line(error.refused), err=True)
        raise typer.Exit(3) from None
    tell(found.metrics, out)


def tell(flat: Mapping[str, Any], out: Path) -> None:
    """Say the most of what ``metrics.json`` holds, each number with its interval."""
    console = Console()
    console.print(_overall(flat))
    console.print(_classes(flat["per_class"]))
    flow = flat["flow"]
    typer.echo(
        f"{flow['judged']} records of {flow['people_judged']} people judged, of "
        f"{flow['records']} of {flow['people']}; {flow['abstained']} without a single class."
    )
    if flow["without_label"]:
        typer.echo(f"passed over: {flow['without_label']} (no label)")
    for code, times in flow["refused"].items():
        typer.echo(f"refused: {times} ({code})")
    for entry in flat["baselines"].values():
        typer.echo(_baseline_line(entry))
    for note in notes(flat):
        typer.echo(note)
    typer.echo(f"Tables and pictures: {out}")


def notes(flat: Mapping[str, Any]) -> list[str]:
    """Return the sentences that a reader of these numbers has to know."""
    found = []
    if flat.get("intervals_note"):
        found.append(flat["intervals_note"])
    if flat["learned_from_same_data_set"]:
        found.append(
            f"The model learned from a set of this name ({flat['data_set']}): the numbers hold for "
            "new people only where nobody here taught it."
        )
    found.append(f"The model learned from {flat['learned_from'].rstrip('.')}.")
    return [*found, "Synthetic walkers, not patients."] if flat[SYNTHETIC] else found


def _overall(flat: Mapping[str, Any]) -> Table:
    table = _table("statistic", "value", "95 %")
    for name, title in _SHOWN.items():
        if flat.get(name) is not None:
            table.add_row(title, f"{flat[name]:.3f}", _range(flat[f"{name}_ci95"], 3))
    return table


def _classes(per_class: Mapping[str, Any]) -> Table:
    table = _table("class", "records", "people", "sensitivity", "95 %", "specificity", "95 %")
    for name, entry in per_class.items():
        numbers = []
        for what in ("sensitivity", "specificity"):
            value = entry[what]
            numbers += ["" if value is None else f"{value:.2f}", _range(entry[f"{what}_ci95"], 2)]
        table.add_row(name, str(entry["n"]), str(entry["people"]), *numbers)
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _range(bounds: tuple[float | None, float | None], digits: int) -> str:
    low, high = bounds
    return "" if low is None or high is None else f"{low:.{digits}f}–{high:.{digits}f}"


def _baseline_line(entry: Mapping[str, Any]) -> str:
    if not entry["n"]:
        return f"baseline {entry['title']}: nothing that it needs is known of these walks"
    gain = entry["accuracy_gain_of_the_model"]
    interval = _range(entry["accuracy_gain_of_the_model_ci95"], 3)
    more = f" (95 % {interval})" if interval else ""
    return (
        f"baseline {entry['title']}: accuracy {entry['accuracy']:.3f}, the model "
        f"{entry['accuracy_of_the_model']:.3f} on the same {entry['n']} records: {gain:+.3f}{more}"
    )
