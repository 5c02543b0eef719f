"""``clinigait card``: what a model is, how good it is, and where it must not be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clinigait.core import BadInputError

if TYPE_CHECKING:
    from clinigait.report.card import CardPart


def card(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="A shipped model by name, or a folder.")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="PDF to write as well.")] = None,
) -> None:
    """Show the card of a model: data, metrics with intervals, calibration, baselines, limits."""
    from clinigait.io.bundle import read_card  # noqa: PLC0415  --help stays quick
    from clinigait.report.card import card_marks, card_parts, write_card  # noqa: PLC0415

    if out is not None and out.exists() and out.suffix.lower() != ".pdf":
        raise BadInputError(f"{out.name} exists and is not a PDF.", "Choose another --out.")
    found = read_card(bundle)
    if out is not None:
        write_card(found, out)
    console = Console()
    for mark in card_marks(found):
        console.print(_text(mark), style="bold")
    console.print(_text(f"{found.name} {found.version}: {found.title}"), style="bold")
    for part in card_parts(found):
        _tell(console, part)
    if out is not None:
        typer.echo(f"Card: {out}")


def _tell(console: Console, part: CardPart) -> None:
    console.print()
    console.print(_text(part.title), style="bold")
    lines = Table.grid(padding=(0, 2))
    lines.add_column(no_wrap=True)
    lines.add_column(overflow="fold")
    for label, value in part.facts:
        lines.add_row(_text(label), _text(value))
    if part.facts:
        console.print(lines)
    if part.head:
        table = Table(box=None, padding=(0, 1), pad_edge=False)
        for number, title in enumerate(part.head):
            table.add_column(_text(title), justify="right" if number else "left")
        for row in part.rows:
            table.add_row(*map(_text, row))
        console.print(table)
    for sentence in part.sentences:
        console.print(_text(f"- {sentence}"))


def _text(text: str) -> Text:
    """Return text that the terminal prints as it is: no markup, no control signs."""
    from clinigait.report.text import printable  # noqa: PLC0415  --help stays quick

    return Text(printable(text, 600))
