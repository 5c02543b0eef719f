"""Which part of the gait cycle a moment belongs to, by the events of the walk."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clinigait.core import GAIT_PHASES, SIDES, Event, EventKind, Side, opposite

_UNKNOWN = GAIT_PHASES.index("unknown")
#: An event tells of a foot for so long: no stance or swing of a walking person lasts longer.
_LONGEST_S = 1.5


def phases_at(events: Sequence[Event], time_s: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the phase of moments: numbers of :data:`clinigait.core.GAIT_PHASES`.

    Both feet on the ground are the loading of the one that came last, one foot alone is its
    single support. A moment is unknown where no event near it tells of one of the feet, and where
    both are off the ground.

    Parameters
    ----------
    events
        Of the walk, in any order.
    time_s
        (T,) moments on the same clock.
    """
    found = np.full(len(time_s), _UNKNOWN, np.intp)
    known = {side: sorted((e.time_s, e.kind) for e in events if e.side == side) for side in SIDES}
    for number, moment in enumerate(time_s):
        stands = {side: _stands(known[side], float(moment)) for side in SIDES}
        if None in stands.values() or not any(stands.values()):
            continue
        if all(stands.values()):
            name = f"{_came_last(known, float(moment))}_loading"
        else:
            name = f"{next(side for side in SIDES if stands[side])}_single"
        found[number] = GAIT_PHASES.index(name)
    return found


def _stands(events: Sequence[tuple[float, EventKind]], moment: float) -> bool | None:
    """Tell whether a foot is on the ground; None where no event near the moment says so."""
    before = [kind for time_s, kind in events if moment - _LONGEST_S <= time_s <= moment]
    if before:
        return before[-1] is EventKind.INITIAL_CONTACT
    after = [kind for time_s, kind in events if moment < time_s <= moment + _LONGEST_S]
    return after[0] is EventKind.FOOT_OFF if after else None


def _came_last(known: dict[Side, list[tuple[float, EventKind]]], moment: float) -> Side:
    """Return the foot that met the ground last; before the first contact the one that stays."""
    contacts = [
        (time_s, side)
        for side in SIDES
        for time_s, kind in known[side]
        if kind is EventKind.INITIAL_CONTACT and time_s <= moment
    ]
    if contacts:
        return max(contacts)[1]
    leaves = [
        (time_s, side)
        for side in SIDES
        for time_s, kind in known[side]
        if kind is EventKind.FOOT_OFF and time_s > moment
    ]
    return opposite(min(leaves)[1])
