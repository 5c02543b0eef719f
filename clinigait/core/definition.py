"""Definition: what a parameter means, so that every report can say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DefinitionGroup = Literal[
    "pace",
    "rhythm",
    "phase",
    "feet",
    "symmetry",
    "variability",
    "regularity",
    "posture",
    "arms",
    "loads",
    "kinematics",
    "task",
]

#: What must be seen: anything; positions along the way, as from the side; positions across the
#: way, as from the front or behind. Three dimensions show both.
ANY_VIEW, SIDE_VIEW, FRONT_VIEW = "any view", "side view", "front view"


@dataclass(frozen=True)
class Definition:
    """What one parameter means and how it is printed.

    Parameters
    ----------
    name
        Name in the catalogue, with its unit, for example ``stride_length_m``.
    title
        Name as printed, for example ``Stride length``.
    unit
        Unit symbol as printed.
    definition
        What it is, in one or two sentences.
    view
        Camera view that it needs.
    source
        Citation of the definition, with DOI where there is one.
    group
        Part of the report that it belongs to.
    decimals
        Decimal places as printed.
    """

    name: str
    title: str
    unit: str
    definition: str
    view: str
    source: str
    group: DefinitionGroup
    decimals: int
