"""A walk as a model sees it, with the place in body and gait cycle of everything that it sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BODY_REGIONS, Card, Event, RefusedError, Side, Walk
from clinigait.explain.phases import phases_at
from clinigait.explain.regions import ELSEWHERE, Labels, labels_of, paired, sides_apart
from clinigait.representations.clip import Clip
from clinigait.representations.inputs import prepare
from clinigait.representations.pictures import SILHOUETTES, SKELETON_MAPS
from clinigait.representations.skeleton_inputs import GAIT_ANGLES

#: Inputs in which nothing but the outline tells left from right.
_OUTLINES = frozenset({SILHOUETTES, SKELETON_MAPS})


@dataclass(frozen=True, eq=False)
class SeenWalk:
    """A prepared walk whose numbers are placed.

    Parameters
    ----------
    clip
        What the networks see.
    labels
        By kind of frames, (T, ...) numbers of :data:`clinigait.core.BODY_REGIONS`.
    phases
        (T,) numbers of :data:`clinigait.core.GAIT_PHASES`.
    """

    clip: Clip
    labels: Mapping[str, Labels]
    phases: NDArray[np.intp]

    @property
    def regions(self) -> tuple[int, ...]:
        """Numbers of the regions that are there, ``elsewhere`` last in any case."""
        there = {int(n) for labels in self.labels.values() for n in np.unique(labels)}
        return tuple(sorted(there | {ELSEWHERE}))

    @property
    def places(self) -> NDArray[np.intp]:
        """Columns of the tables by number of the region; -1 for those that are not there."""
        found = np.full(len(BODY_REGIONS), -1)
        found[list(self.regions)] = np.arange(len(self.regions))
        return found

    def moments(self, longest_s: float) -> NDArray[np.intp]:
        """Return (T,) numbers of moments: a phase of a step, or a part of it of some length."""
        time_s = self.clip.time_s
        begins = np.concatenate([[True], np.diff(self.phases) != 0])
        since_s = (
            time_s - time_s[np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))]
        )
        # Parts of a long phase are numbered from its beginning.
        parts = np.floor(since_s / longest_s + 1e-9)
        begins |= np.concatenate([[False], np.diff(parts) > 0])
        return np.asarray(np.cumsum(begins) - 1, np.intp)

    @property
    def region_names(self) -> tuple[str, ...]:
        """Names of the regions that are there."""
        return tuple(BODY_REGIONS[number] for number in self.regions)


def see(walk: Walk, card: Card, events: Sequence[Event], near_side: Side | None) -> SeenWalk:
    """Prepare a walk and place all that a model sees of it.

    Parameters
    ----------
    walk
        The record that the model judges.
    card
        Of the model: its inputs.
    events
        Of the walk, for the phases; none leaves them unknown.
    near_side
        Side of the body near the camera; None where it is not known.

    Raises
    ------
    RefusedError
        If the walk does not hold what the model sees, or no region can be told.
    """
    clip = prepare(walk, card.inputs)
    if not clip.frames:
        raise RefusedError(
            "no_regions",
            "The model sees no frames of the walk: there is nothing to point at.",
            "Explain a model that looks at the walk itself.",
        )
    if next(iter(clip.frames)) == GAIT_ANGLES:  # their clock begins with the walk
        clip = replace(clip, time_s=clip.time_s + walk.time_s[0])
    labels = {
        spec.kind: labels_of(walk, clip, spec, near_side)
        for spec in card.inputs
        if spec.kind in clip.frames
    }
    if not sides_apart(walk) and set(labels) & _OUTLINES:
        labels = {kind: paired(each) for kind, each in labels.items()}
    return SeenWalk(clip, labels, phases_at(events, clip.time_s))


def cells(seen: SeenWalk, maps: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return (T, R) sums of maps over the regions of every frame.

    Parameters
    ----------
    seen
        Its labels.
    maps
        By kind, (T, ...) of the shape of the labels.
    """
    places, n = seen.places, len(seen.regions)
    total = np.zeros((len(seen.clip), n))
    for kind, values in maps.items():
        rows = np.arange(len(total)).reshape(-1, *[1] * (values.ndim - 1))
        slots = rows * n + places[seen.labels[kind]]
        total += np.bincount(slots.ravel(), values.ravel(), total.size).reshape(total.shape)
    return total


def by_phase(
    table: NDArray[np.float64], phases: NDArray[np.intp], n_phases: int
) -> NDArray[np.float64]:
    """Return (R, P) sums of a (T, R) table over the phases."""
    found = np.zeros((table.shape[1], n_phases))
    np.add.at(found.T, phases, table)
    return found
