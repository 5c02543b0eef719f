"""What a baseline knows of a walk: what the data state, and what can be measured of it."""

from __future__ import annotations

from collections.abc import Callable

from clinigait.core import BadInputError, RefusedError, Walk
from clinigait.gait.measure import measure
from clinigait.io.protocol import load_protocol, shipped_protocols
from clinigait.models.baselines import known_values
from clinigait.models.task import Task

#: Says what a walk measures, by name with unit, for baselines.
Measure = Callable[[Walk], dict[str, float]]
#: Columns of a baseline are measured as the protocol of the task's name does, or else by this.
_MEASURED_BY = "walk_spatial"


def measured_for(task: Task) -> Measure:
    """Return what measures a walk for the baseline of a task; what cannot be measured is absent."""
    protocol = load_protocol(task.name if task.name in shipped_protocols() else _MEASURED_BY)

    def measured(walk: Walk) -> dict[str, float]:
        try:
            found = known_values(measure(walk, protocol), walk.subject)
        except (RefusedError, BadInputError):  # pictures without points, for example
            return {}
        return {name: found[name] for name in task.baseline.columns if name in found}

    return measured
