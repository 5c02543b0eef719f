"""Selective freezing: which stages of a network keep what they know. Needs PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from torch import nn

from clinigait.core import BadInputError
from clinigait.training.plan import EVERYTHING, NOTHING

#: The stage that tells classes apart: it always learns.
HEAD = "head"
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def stages_of(model: nn.Module) -> dict[str, list[nn.Module]]:
    """Return the modules of each stage of a network, from the input to the output."""
    found: dict[str, list[nn.Module]] = model.stages  # type: ignore[assignment]
    return found


def freeze_rows(model: nn.Module) -> tuple[tuple[str, ...], ...]:
    """Return the grid of the frailty study: nothing frozen, the first stage, … all but the head.

    Rows D0 to D5 of arXiv:2603.24434 for a network with five stages before its head.
    """
    below = [name for name in stages_of(model) if name != HEAD]
    return tuple(tuple(below[:count]) for count in range(len(below) + 1))


def frozen_stages(model: nn.Module, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the stages that are frozen, from the input to the output.

    Parameters
    ----------
    model
        The network.
    wanted
        Names of stages; or ``none``, or ``all`` for everything but the head.

    Raises
    ------
    BadInputError
        If there is no stage of that name, or it is the head.
    """
    below = [name for name in stages_of(model) if name != HEAD]
    if tuple(wanted) in ((), (NOTHING,)):
        return ()
    if tuple(wanted) == (EVERYTHING,):
        return tuple(below)
    strangers = [name for name in wanted if name not in below]
    if strangers:
        what = (
            "The head cannot be frozen: it tells the classes apart."
            if strangers[0] == HEAD
            else f"The network has no stage {strangers[0][:40]} that could be frozen."
        )
        raise BadInputError(what, f"Choose of: {', '.join(below)}; or none, or all.")
    return tuple(name for name in below if name in wanted)


def freeze(
    model: nn.Module, frozen: Sequence[str], norms: Literal["all", "frozen"]
) -> tuple[nn.Module, ...]:
    """Stop the weights of stages from learning, and say what has to stay in evaluation mode.

    Parameters
    ----------
    model
        The network.
    frozen
        Names of its stages, as :func:`frozen_stages` gives them.
    norms
        ``all`` holds the statistics of every batch normalisation, ``frozen`` only those inside of
        frozen stages.

    Returns
    -------
    tuple
        Modules on which :func:`hold` has to be called after every ``train()``.
    """
    stages = stages_of(model)
    held = [module for name in frozen for module in stages[name]]
    for module in held:
        module.requires_grad_(requires_grad=False)
    if norms == "all":
        held += [module for module in model.modules() if isinstance(module, _NORMS)]
    hold(held)
    return tuple(held)


def hold(modules: Sequence[nn.Module]) -> None:
    """Put modules into evaluation mode: their statistics do not move, and nothing drops out."""
    for module in modules:
        module.eval()


def parameter_groups(
    model: nn.Module, rates: Mapping[str, float], rate: float, weight_decay: float
) -> list[dict[str, Any]]:
    """Return what learns, with a learning rate for each stage.

    Parameters
    ----------
    model
        The network, frozen already.
    rates
        Factor by name of the stage; 1 where none is named.
    rate, weight_decay
        Of the whole. Vectors (biases, norms) are not pulled towards zero.

    Raises
    ------
    BadInputError
        If there is no stage of that name.
    """
    stages = stages_of(model)
    strangers = [name for name in rates if name not in stages]
    if strangers:
        raise BadInputError(
            f"The network has no stage {strangers[0][:40]} with a rate of its own.",
            f"Choose of: {', '.join(stages)}.",
        )
    factor_of = {
        id(parameter): rates.get(name, 1.0)
        for name, modules in stages.items()
        for module in modules
        for parameter in module.parameters()
    }
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            key = (factor_of.get(id(parameter), 1.0), parameter.ndim > 1)
            groups.setdefault(key, []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": factor * rate,
            "base_rate": factor * rate,
            "weight_decay": weight_decay if decays else 0.0,
        }
        for (factor, decays), parameters in groups.items()
        if factor > 0
    ]
