"""``clinigait synthesize``: synthetic walkers of a population, filmed with their truth."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clinigait.cli.progress import progress_bars
from clinigait.core import BadInputError, Progress

if TYPE_CHECKING:
    from clinigait.synthesis.clinic import Outcome
    from clinigait.synthesis.generated import GeneratorProtocol
    from clinigait.synthesis.population import Population
    from clinigait.synthesis.separability import Told

_INTERRUPTED = 130


def synthesize(  # noqa: PLR0913, PLR0917  every option of the command line is an argument
    population: Annotated[
        str,
        typer.Argument(
            metavar="PROTOCOL",
            help="A population, or a generator: a name, or the path of a YAML file.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder of the study.")],
    walkers: Annotated[int, typer.Option("--walkers", help="How many people.")],
    seed: Annotated[int, typer.Option("--seed", help="Another seed has other people.")] = 0,
    jobs: Annotated[
        int, typer.Option("--jobs", min=1, max=256, help="Processes that film at a time.")
    ] = 1,
    sensors: Annotated[
        str | None,
        typer.Option(
            "--sensors",
            help="Only these of film, depth, silhouettes, labels, keypoints, estimated (keypoints "
            "with the errors of a pose model), trc, forces; with commas between. The truth is "
            "always written.",
        ),
    ] = None,
    views: Annotated[
        str | None, typer.Option("--views", help="Only these cameras of the population.")
    ] = None,
    prevalence: Annotated[
        str | None,
        typer.Option(
            "--prevalence",
            metavar="GROUP=SHARE",
            help="Share of one group, 0 to 1; the others keep their proportions.",
        ),
    ] = None,
) -> None:
    """Film synthetic walkers whose gait is known exactly. A run that was ended goes on.

    A protocol of a generator gives walks in space that were learned from people: no film.
    """
    from clinigait.synthesis.clinic import Order, run  # noqa: PLC0415  --help stays quick
    from clinigait.synthesis.generated import generator_protocol  # noqa: PLC0415
    from clinigait.synthesis.population import load_population  # noqa: PLC0415
    from clinigait.synthesis.separability import told_apart  # noqa: PLC0415

    protocol = generator_protocol(population)
    if protocol is not None:
        if sensors or views or prevalence:
            raise BadInputError(
                f"{protocol.name} is a generator: it has no sensors, views or prevalence.",
                "Leave these options out; shares stand in its protocol.",
            )
        _generate(protocol, out, walkers, seed)
        return
    found = load_population(population)
    if prevalence is not None:
        found = _with_prevalence(found, prevalence)
    order = Order(found, out, walkers, seed, jobs, _names(sensors), _names(views))
    order.filmed()  # what is impossible is said before anything is drawn
    for told in told_apart(found, seed):
        typer.echo(_told_line(told, found))
    outcome = _unless_interrupted("Filming walkers", lambda progress: run(order, progress))
    typer.echo(
        f"{outcome.made} walkers filmed, {outcome.found} were there already; "
        f"{outcome.rows} rows in cohort.csv."
    )
    if outcome.redrawn:
        typer.echo(f"{outcome.redrawn} draws that no body or gait can have were drawn anew.")
    typer.echo(f"Synthetic walkers, not patients: {out}")


def _generate(protocol: GeneratorProtocol, out: Path, walkers: int, seed: int) -> None:
    """Let a generator make walkers, and say what became of its draws."""
    from clinigait.models.generator_card import read_generator  # noqa: PLC0415
    from clinigait.synthesis.generated import GeneratorOrder, generate  # noqa: PLC0415

    bundle = read_generator(protocol.generator)
    try:
        from clinigait.models.walk_sampler import WalkSampler  # noqa: PLC0415
    except ImportError as error:
        raise BadInputError(
            "A generator needs the package torch, which is not installed.",
            "pip install 'clinigait[models]'",
        ) from error
    draw = WalkSampler.of(bundle).draw
    order = GeneratorOrder(protocol, bundle.card, draw, out, walkers, seed)
    outcome = _unless_interrupted("Making walkers", lambda progress: generate(order, progress))
    typer.echo(
        f"{outcome.made} walkers made, {outcome.found} were there already; "
        f"{outcome.rows} rows in cohort.csv."
    )
    typer.echo(
        f"{outcome.redrawn} draws that did not show the signs of their gait were drawn anew; "
        f"{outcome.failed} walks do not show them after {protocol.draws} draws (gates_passed)."
    )
    typer.echo(f"{bundle.card.id} learned from {bundle.card.learned_from}")
    typer.echo(f"Synthetic walkers, not patients: {out}")


def _unless_interrupted(title: str, work: Callable[[Progress], Outcome]) -> Outcome:
    """Do work under a progress bar; end the process where it is interrupted."""
    try:
        with progress_bars() as progress:
            return work(lambda share: progress(title, share))
    except KeyboardInterrupt:
        typer.echo(
            "clinigait: Interrupted; walkers that are done stay, and the same command goes on.",
            err=True,
        )
    gc.collect()  # what the processes shared is given back
    sys.stderr.flush()
    os._exit(_INTERRUPTED)


def _names(text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def _with_prevalence(population: Population, text: str) -> Population:
    name, _, share = text.partition("=")
    try:
        return population.with_share(name.strip(), float(share))
    except ValueError:
        raise BadInputError(
            f"The prevalence {text[:60]} cannot be read.",
            "Give a group and a share from 0 to 1, for example positive=0.02.",
        ) from None


def _told_line(told: Told, population: Population) -> str:
    asked = told.asked
    source = population.sources.get(asked.source)
    whose = f"{source.citation}; {source.evidence}" if source else asked.source
    verdict = "inside of" if told.is_expected else "OUTSIDE OF"
    return (
        f"{'+'.join(asked.of)} against {'+'.join(asked.against)}: speed and age alone reach an "
        f"AUC of {told.auc:.2f} (speed {told.speed_auc:.2f}; n = {told.n[0]} and {told.n[1]} "
        f"draws), {verdict} {asked.low:.2f} to {asked.high:.2f} ({whose})"
    )
