"""Weights of the compact HRNet between two fits, and how they came about. Needs PyTorch and mmpose.

Weights travel as one safetensors file that carries a row for every fit behind them: so a fit that
goes on from another's weights, perhaps on another machine, still tells of all that was learned
from.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from clinigait.core import BadInputError
from clinigait.io.output import replace_file
from clinigait.perception.hrnet.card import Source
from clinigait.perception.hrnet.compact import CompactHrnet, CompactPlan
from clinigait.training.pose_fit import new_network

_FITS = "fits"


class PastFit(BaseModel):
    """A fit behind some weights.

    Parameters
    ----------
    steps, planned_steps
        How many there were, and after how many the rate would have come to nothing.
    batch, rate, coarse_share, ema
        Of the plan.
    seed, odd_share, moments
        Of the made pictures: chance, poses that no walk has, and pictures of each person.
    pictures
        How many made pictures there were.
    of_films, films
        How many people in films, and the hashes of the films.
    sources
        What all pictures are of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    steps: int = Field(ge=1)
    planned_steps: int = Field(ge=1)
    batch: int = Field(ge=1)
    rate: float = Field(gt=0)
    coarse_share: float
    ema: float
    seed: int
    odd_share: float
    moments: int = Field(ge=1)
    pictures: int = Field(ge=1)
    of_films: int = Field(ge=0)
    films: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def options(self) -> str:
        """The options that make such a fit again, but for folders and files."""
        told = {
            "pictures": self.pictures, "steps": self.planned_steps, "batch": self.batch,
            "rate": self.rate, "coarse": self.coarse_share, "seed": self.seed,
            "odd": self.odd_share,
        }  # fmt: skip
        text = " ".join(f"--{name} {value}" for name, value in told.items())
        return text if self.steps == self.planned_steps else f"{text} (ended at {self.steps})"


_ROWS = TypeAdapter(tuple[PastFit, ...])


def write_weights(path: Path, network: CompactHrnet, fits: Sequence[PastFit]) -> None:
    """Write weights without what only a fit needs, and the fits behind them, the last one last."""
    tensors = {key: value.cpu().contiguous() for key, value in network.state_dict().items()}
    replace_file(path, save(tensors, {_FITS: _ROWS.dump_json(tuple(fits)).decode()}))


def read_weights(path: Path, plan: CompactPlan) -> tuple[CompactHrnet, tuple[PastFit, ...]]:
    """Return a network with weights that were kept, not to be trained, and the fits behind them.

    Raises
    ------
    BadInputError
        If the file is missing or damaged, holds another network, or does not say how its weights
        came about.
    """
    network = new_network(plan, 0)
    try:
        with safe_open(path, "pt") as file:
            told = (file.metadata() or {}).get(_FITS, "[]")
            network.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, RuntimeError, KeyError) as error:
        raise BadInputError(
            f"{path.name[:80]} does not hold the weights of this network.",
            "Give weights.safetensors of an earlier fit of the same size.",
        ) from error
    if not all(bool(torch.isfinite(value).all()) for value in network.state_dict().values()):
        raise BadInputError(
            f"The weights in {path.name[:80]} are not all numbers.", "Take those of another fit."
        )
    try:
        fits = _ROWS.validate_json(told)
    except ValidationError:
        fits = ()
    if not fits:
        raise BadInputError(
            f"{path.name[:80]} does not say how its weights came about.",
            "Fit them again with this version.",
        )
    network.eval()
    return network, fits


def learned_from(fits: Sequence[PastFit]) -> str:
    """Return what all fits saw, in words: the same pictures are counted once."""
    made: dict[tuple[object, ...], PastFit] = {}
    for fit in fits:
        key = fit.seed, fit.odd_share, fit.moments
        made[key] = max(fit, made.get(key, fit), key=lambda one: one.pictures)
    pictures = sum(fit.pictures for fit in made.values())
    people = sum(fit.pictures // fit.moments for fit in made.values())
    in_films = sum({fit.films: fit.of_films for fit in fits}.values())
    told = f"{pictures} pictures of {people} made people"
    return told + (f", and {in_films} of people in films" if in_films else "")


def all_sources(fits: Sequence[PastFit]) -> tuple[Source, ...]:
    """Return the sources of all fits, each once; shares are those of the last fit that saw them."""
    return tuple({source.name: source for fit in fits for source in fit.sources}.values())


def as_facts(fits: Sequence[PastFit]) -> dict[str, str | float]:
    """Return the fits as a card tells them: by number where there are several."""
    found: dict[str, str | float] = {}
    for number, fit in enumerate(fits, 1):
        first = f"fit_{number}_" if len(fits) > 1 else ""
        values = fit.model_dump(exclude={"films", "sources"})
        found |= {f"{first}{name}": float(value) for name, value in values.items()}
        found[f"{first}options"] = fit.options
    return found
