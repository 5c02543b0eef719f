"""Synthetic walkers beside people: they teach too, and nobody is ever judged by how they do."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.models.network_inputs import MIRRORS
from clinigait.representations.clip import Clip
from clinigait.training.prepared import Prepared, Record

#: In a batch all walkers together are one person among the people.
_ONE_PERSON = "synthetic walkers"


def taught_with(people: Prepared, beside: Prepared | None, level_by: str) -> Prepared:
    """Return people with walkers beside them, as the people's sensor would have seen these.

    Every channel of the walkers is moved by one constant: so that their walks of one label, with
    their mirror images, have the mean of the people's. Only the people who teach tell that mean.

    Parameters
    ----------
    people
        Who teaches.
    beside
        The walkers; None for none.
    level_by
        The label, for example that of healthy gait.

    Raises
    ------
    BadInputError
        If one of the two has no walk of that label.
    """
    if beside is None:
        return people
    moves = {
        kind: _level(people, kind, level_by) - _level(beside, kind, level_by)
        for kind in beside.records[0].clip.frames
    }
    walkers = tuple(_moved(record, moves) for record in beside.records)
    return replace(people, records=people.records + walkers)


def _level(people: Prepared, kind: str, label: str) -> NDArray[np.float32]:
    """Return the mean, (C, ...), over frames and mirror images of the walks of a label."""
    own = (r for r in people.records if people.classes[r.label] == label)
    found = [record.clip.frames[kind].astype(np.float32) for record in own]
    if not found:
        raise BadInputError(
            f"Nobody who teaches has a walk with the label {label[:40]}, by which synthetic "
            "walkers are fitted to them.",
            "Add such walks, or train without walkers beside the people.",
        )
    both = np.concatenate([np.concatenate([x, MIRRORS[kind](x)]) for x in found])
    with warnings.catch_warnings():  # a channel that nobody has stays unknown
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(both, axis=0), np.float32)


def _moved(record: Record, moves: dict[str, NDArray[np.float32]]) -> Record:
    def clip(old: Clip) -> Clip:
        frames = {kind: old.frames[kind].astype(np.float32) + move for kind, move in moves.items()}
        return Clip(frames, old.vectors, old.time_s)

    return replace(
        record,
        person=_ONE_PERSON,
        clip=clip(record.clip),
        variations=tuple(clip(each) for each in record.variations),
    )
