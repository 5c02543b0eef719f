"""Per-stride values by name and side."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Stride

ReportedSide = Literal["left", "right", "both"]


def values_of(name: str, side: ReportedSide, strides: Iterable[Stride]) -> NDArray[np.float64]:
    """Return the (N,) values of a parameter over strides; those without it are left out."""
    chosen = (s.values for s in strides if side in ("both", s.side))
    return np.array([values[name] for values in chosen if name in values])
