"""``clinigait define``: what a parameter or a term means, and where that comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from clinigait.gait.catalogue import CATALOGUE


def define(
    term: Annotated[
        str, typer.Argument(help="A parameter or a term, for example stride length or foot off.")
    ],
    language: Annotated[str, typer.Option("--language", help="en or zh.")] = "en",
) -> None:
    """Say what a parameter or a term means, what it needs, and where that comes from."""
    from clinigait.findings import glossary  # noqa: PLC0415  --help stays quick
    from clinigait.gait.norms import reference_sources  # noqa: PLC0415

    for found in glossary.find_terms(term, glossary.terms_of(CATALOGUE)):
        ranges, changes = reference_sources(found.name), _changes(found.name, found.unit)
        for line in glossary.term_lines(found, language, ranges, changes):
            typer.echo(line)


def _changes(name: str, unit: str) -> list[str]:
    """Return the published changes of a parameter that matter, each with its source."""
    from clinigait.gait.norms import meaningful_change  # noqa: PLC0415  --help stays quick

    return [
        f"{c.value:g} {unit}, {c.kind} ({c.population}; {c.source}"
        f"{f', doi {c.doi}' if c.doi else ''})"
        for c in meaningful_change(name)
    ]
