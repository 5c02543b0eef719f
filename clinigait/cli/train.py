"""``clinigait train``: a model from labelled walks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from clinigait.cli.progress import progress_bars
from clinigait.cli.training import (
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
    from clinigait.core import Card
    from clinigait.datasets.study import Study
    from clinigait.training.plan import Beside, TrainingPlan

_SHOWN = {
    "accuracy": "accuracy",
    "walk_accuracy": "accuracy, whole walks",
    "balanced_accuracy": "balanced accuracy",
    "auc_macro": "area under the curve",
    "calibration_error": "calibration error",
    "set_coverage": "coverage of the sets",
}


def train(  # noqa: PLR0913, PLR0917  every option of the command line is an argument
    protocol: Annotated[
        str,
        typer.Argument(help="A training protocol: a name, or the path of a YAML file."),
    ],
    data: DataOption,
    out: Annotated[Path, typer.Option("--out", help="Folder of the bundle.")],
    data_set: DataSetOption = None,
    subjects: SubjectsOption = None,
    record: RecordOption = None,
    labels: LabelsOption = None,
    validate: Annotated[
        Literal["folds", "none"],
        typer.Option(
            "--validate", help="Nested folds by person say how good it is; none: nothing does."
        ),
    ] = "folds",
    init: Annotated[
        str | None, typer.Option("--init", help="Bundle whose weights are the start.")
    ] = None,
    encoder: Annotated[
        Path | None,
        typer.Option(
            "--encoder", help="YOLO11 weights of yours (safetensors) that encoders begin with."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="In place of the protocol's.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="In place of the protocol's.")
    ] = None,
    threads: ThreadsOption = 2,
    device: DeviceOption = "cpu",
) -> None:
    """Train a model on labelled walks. A run that was ended goes on."""
    from clinigait.datasets.registry import open_study  # noqa: PLC0415  --help stays quick
    from clinigait.io.bundle import read_bundle  # noqa: PLC0415
    from clinigait.training.plan import load_plan  # noqa: PLC0415

    plan = _with(load_plan(protocol), seed, steps)
    need_packages()
    study = open_study(data, data_set or plan.data_set, subjects, record=record, labels=labels)
    initial = read_bundle(init) if init else None
    from clinigait.training.train import Order  # noqa: PLC0415  PyTorch, once all is well
    from clinigait.training.train import train as run  # noqa: PLC0415

    order = Order(
        plan, study, out, validate, initial, command_line(), threads, device,
        beside=_walkers(plan.beside), encoder=encoder,
    )  # fmt: skip
    with goes_on(), progress_bars() as progress:
        done = run(order, progress)
    tell_people(done.people)
    tell(done.bundle.card)
    typer.echo(f"Bundle: {out}")


def _walkers(wanted: Beside | None) -> Study | None:
    """Return the synthetic walkers that a protocol wants beside the people."""
    if wanted is None:
        return None
    from clinigait.synthesis.population import load_population  # noqa: PLC0415
    from clinigait.synthesis.study import walkers_study  # noqa: PLC0415

    return walkers_study(load_population(wanted.population), wanted.walkers, wanted.seed)


def tell(card: Card) -> None:
    """Say how good a model is by its card, and its baseline beside it."""
    metrics = card.metrics
    for name, title in _SHOWN.items():
        if metrics.get(name) is not None:
            typer.echo(_line(title, metrics, name))
    for baseline in card.baselines:
        if "accuracy" in baseline.metrics:
            typer.echo(_line(f"accuracy of {baseline.title}", baseline.metrics, "accuracy"))
    for note in ("no_baseline", "validation"):
        if metrics.get(note):
            typer.echo(metrics[note])
    calibration = card.calibration
    typer.echo(
        f"Calibrated on {calibration.people} people (temperature {calibration.temperature:.2f}): "
        f"{calibration.method}."
    )


def _line(title: str, metrics: Mapping[str, Any], name: str) -> str:
    low, high = metrics.get(f"{name}_ci95") or (None, None)
    interval = "" if low is None or high is None else f" (95 % {low:.3f} to {high:.3f})"
    return f"{title}: {metrics[name]:.3f}{interval}"


def _with(plan: TrainingPlan, seed: int | None, steps: int | None) -> TrainingPlan:
    if seed is not None:
        plan = replace(plan, seed=seed)
    if steps is not None:
        plan = replace(plan, optimiser=replace(plan.optimiser, steps=steps))
    return plan
