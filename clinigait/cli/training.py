"""What the commands that train and judge share: options, packages, interruptions, told data."""

from __future__ import annotations

import gc
import os
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from clinigait.core import BadInputError

if TYPE_CHECKING:
    from clinigait.training.prepared import Prepared

DataOption = Annotated[Path, typer.Option("--data", help="Folder or manifest of labelled walks.")]
DataSetOption = Annotated[
    str | None,
    typer.Option("--data-set", help="Layout of the data; found out where it is left out."),
]
SubjectsOption = Annotated[
    str | None,
    typer.Option("--subjects", help="People: names, or numbers like 1-5,8; all by default."),
]
RecordOption = Annotated[
    str | None,
    typer.Option("--record", help="Which record of each walk, where the data have several."),
]
LabelsOption = Annotated[
    Path | None, typer.Option("--labels", help="CSV of labels, for data that hold none.")
]
ThreadsOption = Annotated[int, typer.Option("--threads", min=1, max=256, help="Of PyTorch.")]
DeviceOption = Annotated[
    Literal["cpu", "cuda"], typer.Option("--device", help="Where networks are fitted.")
]
BundleArgument = Annotated[
    str, typer.Argument(metavar="BUNDLE", help="A model: a name, or the folder of a bundle.")
]

_INTERRUPTED = 130
_NEEDED = {"torch": "PyTorch", "lightning": "Lightning", "safetensors": "safetensors"}


def need_packages() -> None:
    """Refuse to train where the packages for it are missing.

    Raises
    ------
    BadInputError
        Naming one, and how to install it.
    """
    for module, title in _NEEDED.items():
        if find_spec(module) is None:
            raise BadInputError(
                f"Training needs {title}, which is not installed.",
                "pip install 'clinigait[models]'; requirements/torch.txt says which build.",
            )


def command_line() -> str:
    """Return what was typed, for the card of a bundle."""
    return shlex.join(["clinigait", *sys.argv[1:]])


@contextmanager
def goes_on() -> Iterator[None]:
    """Say of an interrupted training that the same command goes on."""
    try:
        yield
    except KeyboardInterrupt:
        _end()


def _end() -> NoReturn:
    typer.echo(
        "clinigait: Interrupted; what is done is kept, and the same command goes on.", err=True
    )
    gc.collect()
    sys.stderr.flush()
    os._exit(_INTERRUPTED)


def tell_people(people: Prepared) -> None:
    """Say whose walks were learned from, and which were not."""
    per_class = ", ".join(f"{count} {label}" for label, count in people.people_per_class().items())
    typer.echo(f"{len(people.records)} records of {len(people.labels)} people: {per_class}.")
    for code, times in Counter(people.refused.values()).items():
        typer.echo(f"refused: {times} ({code})")
    if people.unlabelled:
        typer.echo(f"passed over: {people.unlabelled} (no label)")
