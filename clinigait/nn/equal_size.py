"""Networks of about equal size, for comparisons that are fair to all of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import torch

from clinigait.nn.build import build_network

_STEPS = 128  # widths are multiples of one 128th: finer ones give the same channels
_MOST = 4 * _STEPS


def parameter_count(spec: Mapping[str, object]) -> int:
    """Return the number of learned parameters of a network, without making its weights."""
    with torch.device("meta"):
        network = build_network(spec)
    return sum(parameter.numel() for parameter in network.parameters())


def of_size(spec: Mapping[str, object], parameters: int) -> dict[str, object]:
    """Return a specification with the `width` that comes closest to a number of parameters.

    Parameters
    ----------
    spec
        Of a network that knows `width`, as `rgbd_fusion` does.
    parameters
        How many it shall have. Channels come in eights, so that small networks miss by some
        per cent.

    Raises
    ------
    ValueError
        If it cannot be built, or no width up to 4 comes within a tenth.
    """

    @cache
    def count(steps: int) -> int:
        return parameter_count({**spec, "width": steps / _STEPS})

    low, high = 1, _MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) <= parameters else (low, middle)
    off, best = min((abs(count(steps) - parameters), steps) for steps in (low, high))
    if off > parameters / 10:
        raise ValueError(
            f"{spec.get('kind')}: no width gives about {parameters} parameters; the nearest has "
            f"{count(best)}"
        )
    return {**spec, "width": best / _STEPS}
