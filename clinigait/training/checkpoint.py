"""The state of a fit on the disk: arrays and numbers, no pickle. Needs PyTorch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn, optim

from clinigait.io.output import replace_file

_FACTS = "facts"
#: A fit that watches itself keeps its state about this often.
_KEEP_S = 60.0


@dataclass(eq=False)
class FitState:
    """Where a fit stands.

    Parameters
    ----------
    step
        Steps that are done.
    tensors
        Weights, means, best weights and the optimiser's memory, by name.
    facts
        Numbers that go with them.
    """

    step: int
    tensors: dict[str, Tensor]
    facts: dict[str, Any] = field(default_factory=dict)

    def part(self, name: str) -> dict[str, Tensor]:
        """Return the tensors below a name."""
        start = f"{name}/"
        return {k.removeprefix(start): v for k, v in self.tensors.items() if k.startswith(start)}


def take_state(
    step: int,
    parts: dict[str, dict[str, Tensor]],
    optimiser: optim.Optimizer,
    facts: dict[str, Any],
) -> FitState:
    """Return the state of a fit; tensors are copied.

    Parameters
    ----------
    step
        Steps that are done.
    parts
        Tensors by part and name.
    optimiser
        Whose memory is kept.
    facts
        Numbers.
    """
    tensors = {
        f"{part}/{key}": value.detach().cpu().clone().contiguous()
        for part, values in parts.items()
        for key, value in values.items()
    }
    for number, parameter in enumerate(_parameters(optimiser)):
        for key, value in optimiser.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                copied = value.detach().cpu().clone().contiguous()
                tensors[f"optimiser/{number}/{key}"] = copied
    return FitState(step, tensors, facts)


def give_memory(state: FitState, optimiser: optim.Optimizer) -> None:
    """Give an optimiser the memory that it had."""
    own = state.part("optimiser")
    for number, parameter in enumerate(_parameters(optimiser)):
        start = f"{number}/"
        for key, value in own.items():
            if key.startswith(start):
                name = key.removeprefix(start)
                # The count of steps lives on the CPU, whatever the device.
                placed = value if name == "step" else value.to(parameter.device)
                optimiser.state[parameter][name] = placed


def write_state(path: Path, state: FitState) -> None:
    """Write a state, all or nothing.

    Raises
    ------
    BadInputError
        If it cannot be written.
    """
    facts = json.dumps({"step": state.step, **state.facts})
    replace_file(path, save(state.tensors, {_FACTS: facts}))


def read_state(path: Path) -> FitState | None:
    """Read a state; None where there is none that can be read: the fit then begins anew."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads(file.metadata()[_FACTS])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        return FitState(int(facts.pop("step")), tensors, facts)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        return None


class Keeper:
    """Keeps the state of a fit now and then, and counts how long all its runs took.

    Parameters
    ----------
    path
        The file; None where nothing is kept.

    Attributes
    ----------
    state
        Where the fit goes on; None where it begins.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.state = read_state(path) if path is not None else None
        self._before_s = float(self.state.facts["seconds"]) if self.state else 0.0
        self._began = self._kept = time.monotonic()

    @property
    def seconds(self) -> float:
        """Wall time of all runs."""
        return self._before_s + time.monotonic() - self._began

    def keep(
        self, state: Callable[[dict[str, Any]], FitState], facts: dict[str, Any], *, now: bool
    ) -> None:
        """Write the state of a fit, if it is time.

        Parameters
        ----------
        state
            Gives the state with facts.
        facts
            Numbers that go with it; the seconds come to them.
        now
            Whether it is time in any case.

        Raises
        ------
        BadInputError
            If it cannot be written.
        """
        if self._path is not None and (now or time.monotonic() - self._kept > _KEEP_S):
            write_state(self._path, state({**facts, "seconds": self.seconds}))
            self._kept = time.monotonic()


def _parameters(optimiser: optim.Optimizer) -> list[nn.Parameter]:
    return [parameter for group in optimiser.param_groups for parameter in group["params"]]
