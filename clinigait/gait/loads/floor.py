"""How two feet share what the floor has to push with.

The movement does not say it while both feet stand. Two rules, each checked on force plates
(``clinigait validate bmc-walk-loads``):

*By steps*, where contacts and foot offs are known: who stands alone carries all. When the other
foot lands, the force under the trailing foot falls evenly from what it was then to nothing at its
foot off, and the leading foot has the rest (the trailing force as that which fades: Ren 2008, doi
10.1016/j.jbiomech.2008.06.001; his curves fall too early on the plates that we have).

*By stillness*, where they are not: the stiller foot carries, at a power of four, so that nothing
switches. No event has to be found, so every frame has an answer: for inputs of models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Event, EventKind, Side, opposite
from clinigait.gait.filtering import EvenPoints, derivative

Array = NDArray[np.float64]
#: A foot stands while it is slower than this share of the walking speed, as for the contacts.
_STILL_SHARE = 0.3
_STILL_POWER = 4
#: The same of somebody who hardly walks.
_STILLEST_MPS = 0.1
_FOOT = ("heel", "toe", "foot", "ankle")


@dataclass(frozen=True)
class Stance:
    """One foot's stay on the floor.

    Parameters
    ----------
    side
        Which foot.
    contact_s, off_s
        When it lands and leaves; infinite where the record begins or ends before.
    """

    side: Side
    contact_s: float
    off_s: float

    @property
    def is_whole(self) -> bool:
        """Whether both ends are known."""
        return bool(np.isfinite([self.contact_s, self.off_s]).all())


def stances_of(events: Iterable[Event]) -> tuple[Stance, ...]:
    """Return the stays on the floor between contacts and foot offs, in order of the contacts.

    A foot that is not known to land before it leaves stands from the beginning; one that is not
    known to leave stands to the end. Two events of a kind in a row leave that foot unknown between
    them: no stance is made up.
    """
    found: list[Stance] = []
    by_time = sorted(events, key=lambda e: e.time_s)
    for side in SIDES:
        own = [(e.kind, e.time_s) for e in by_time if e.side == side]
        if own and own[0][0] is EventKind.FOOT_OFF:
            own.insert(0, (EventKind.INITIAL_CONTACT, -np.inf))
        if own and own[-1][0] is EventKind.INITIAL_CONTACT:
            own.append((EventKind.FOOT_OFF, np.inf))
        found += [
            Stance(side, start, end)
            for (kind, start), (next_kind, end) in pairwise(own)
            if kind is EventKind.INITIAL_CONTACT and next_kind is EventKind.FOOT_OFF
        ]
    return tuple(sorted(found, key=lambda stance: stance.contact_s))


def shared_by_steps(
    floor_npkg: Array, time_s: Array, stances: Sequence[Stance]
) -> dict[Side, Array]:
    """Return (T, 3) the force on each foot; NaN where no foot is known to stand.

    Parameters
    ----------
    floor_npkg
        (T, 3) all that the floor pushes with.
    time_s
        (T,) times.
    stances
        Who stands when. Where both stand all the time, each has half.
    """
    feet = {side: np.zeros_like(floor_npkg) for side in SIDES}
    down = {
        side: np.any([_during(s, time_s) for s in stances if s.side == side], axis=0)
        if any(s.side == side for s in stances)
        else np.zeros(len(time_s), bool)
        for side in SIDES
    }
    for side in SIDES:
        alone = down[side] & ~down[opposite(side)]
        feet[side][alone] = floor_npkg[alone]
    both = down["left"] & down["right"]
    for side in SIDES:
        feet[side][both] = floor_npkg[both] / 2
    for trailing in stances:
        for leading in stances:
            if leading.side != trailing.side:
                _hand_over(feet, floor_npkg, time_s, (trailing, leading))
    for side in SIDES:
        feet[side][~(down["left"] | down["right"])] = np.nan
    return feet


def _during(stance: Stance, time_s: Array) -> NDArray[np.bool_]:
    return np.asarray((time_s >= stance.contact_s) & (time_s <= stance.off_s))


def _hand_over(
    feet: Mapping[Side, Array],
    floor_npkg: Array,
    time_s: Array,
    steps: tuple[Stance, Stance],
) -> None:
    """Let the force on a foot that will leave fall to nothing, from when the other lands."""
    trailing, leading = steps
    start_s, end_s = leading.contact_s, trailing.off_s
    if not trailing.contact_s < start_s < end_s < leading.off_s:
        return
    # Where one end lies outside of the record, the end of the record is as far as is known.
    start_s, end_s = max(start_s, float(time_s[0])), min(end_s, float(time_s[-1]))
    during = (time_s >= start_s) & (time_s <= end_s)
    if not during.any() or end_s <= start_s:
        return
    begun = np.array([np.interp(start_s, time_s, column) for column in floor_npkg.T])
    left = (end_s - time_s[during]) / (end_s - start_s)
    fading = left[:, None] * begun
    total = floor_npkg[during]
    fading[:, 2] = np.clip(fading[:, 2], 0, np.maximum(total[:, 2], 0))
    feet[trailing.side][during] = fading
    feet[leading.side][during] = total - fading


def shared_by_stillness(points: EvenPoints, floor_npkg: Array, speed_mps: float) -> Array:
    """Return (T, 2, 3) the force on the left and the right foot.

    Parameters
    ----------
    points
        In axes in which the floor stands still. Of each foot the stillest known point counts.
    floor_npkg
        (T, 3) all that the floor pushes with.
    speed_mps
        Walking speed.
    """
    still_mps = max(_STILL_SHARE * speed_mps, _STILLEST_MPS)
    weights = []
    for side in SIDES:
        names = [name for name in _FOOT if f"{side}_{name}" in points.layout]
        speeds = [
            np.linalg.norm(derivative(points.point(name, side), points.rate_hz), axis=1)
            for name in names
        ]
        weights.append(1 / (1 + (np.fmin.reduce(speeds) / still_mps) ** _STILL_POWER))
    shares = np.stack(weights, axis=1) / np.sum(weights, axis=0)[:, None]
    return np.asarray(shares[:, :, None] * floor_npkg[:, None])
