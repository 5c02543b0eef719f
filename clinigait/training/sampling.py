"""What is seen in one step: people times clips, each an ordered piece of a walk.

Everything that is drawn follows from the seed and the number of the step: a run that goes on after
an interruption sees what it would have seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clinigait.representations.clip import Clip
from clinigait.training.plan import Batch

Frames = dict[str, NDArray[np.generic]]


class ClipSampler:
    """Draws people (or labels) × clips.

    Groups come in a random order, all of them before any comes again.

    Parameters
    ----------
    people, labels
        Of every record, (N,).
    batch
        How many of what.
    seed
        Another seed draws others.
    """

    def __init__(
        self, people: Sequence[str], labels: Sequence[int], batch: Batch, seed: int
    ) -> None:
        self._batch, self._seed = batch, seed
        keys: Sequence[str | int] = people if batch.by == "person" else labels
        self._inner: list[list[list[int]]] = []
        for key in sorted(set(keys), key=list(keys).index):
            own = [i for i, each in enumerate(keys) if each == key]
            # Inside of a person by label, inside of a label by person: clips are spread over both.
            others = labels if batch.by == "person" else people
            kinds = dict.fromkeys(others[i] for i in own)
            self._inner.append([[i for i in own if others[i] == kind] for kind in kinds])

    def indices(self, step: int) -> list[int]:
        """Return the numbers of the records of a step, group after group."""
        rng = np.random.default_rng([self._seed, step, 0xC11])
        n = len(self._inner)
        first = step * self._batch.groups
        chosen: list[int] = []
        for position in range(first, first + self._batch.groups):
            order = np.random.default_rng([self._seed, position // n, 0x0DE]).permutation(n)
            chosen += self._clips_of(self._inner[int(order[position % n])], rng)
        return chosen

    def _clips_of(self, kinds: list[list[int]], rng: np.random.Generator) -> list[int]:
        order = rng.permutation(len(kinds))
        wanted = (kinds[int(order[k % len(kinds)])] for k in range(self._batch.clips))
        return [own[int(rng.integers(len(own)))] for own in wanted]


def cut_clip(clip: Clip, kinds: Sequence[str], batch: Batch, rng: np.random.Generator) -> Frames:
    """Cut an ordered piece of a walk, played a little slower or faster, by its clock.

    Parameters
    ----------
    clip
        The walk.
    kinds
        Kinds of input; those that are no frames are left out.
    batch
        Number of frames, and range of the speed.
    rng
        Draws the beginning and the speed.

    Returns
    -------
    dict
        (L, C, ...) arrays by kind; L is smaller than wanted where the walk is too short.
        Pictures are the nearest ones in time, streams lie on the line between neighbours.
    """
    time_s = clip.time_s
    interval_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0
    step_s = interval_s * rng.uniform(*batch.speed)
    duration_s = float(time_s[-1] - time_s[0])
    wanted = batch.frames
    if batch.shortest < 1:
        wanted = max(2, int(wanted * rng.uniform(batch.shortest, 1)))
    count = min(wanted, int(duration_s / step_s + 1e-6) + 1)
    start_s = time_s[0] + rng.uniform(0, max(duration_s - (count - 1) * step_s, 0))
    wanted_s = start_s + step_s * np.arange(count)
    after = np.clip(np.searchsorted(time_s, wanted_s), 1, max(len(time_s) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(time_s) - 1)
    gap_s = np.maximum(time_s[after] - time_s[before], 1e-9)
    share = np.clip((wanted_s - time_s[before]) / gap_s, 0, 1)
    nearest = np.where(share < 0.5, before, after)
    found: Frames = {}
    for kind in kinds:
        if kind not in clip.frames:
            continue
        array = clip.frames[kind]
        if array.dtype == np.uint8:
            found[kind] = array[nearest]
        else:
            weight = share.astype(np.float32).reshape(-1, *[1] * (array.ndim - 1))
            values = array.astype(np.float32, copy=False)
            found[kind] = values[before] * (1 - weight) + values[after] * weight
    return found


def padded(
    pieces: Sequence[NDArray[np.float32]], frames: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Lay pieces of unlike length into one array.

    Parameters
    ----------
    pieces
        (C, L, ...) arrays, L at most ``frames``.
    frames
        Length of the batch.

    Returns
    -------
    tuple
        (N, C, T, ...) with zeros behind each piece, and (N, T), true for real frames.
    """
    longest = min(frames, max(piece.shape[1] for piece in pieces))
    shape = (len(pieces), pieces[0].shape[0], longest, *pieces[0].shape[2:])
    together, mask = np.zeros(shape, np.float32), np.zeros((len(pieces), longest), bool)
    for number, piece in enumerate(pieces):
        together[number, :, : piece.shape[1]] = piece
        mask[number, : piece.shape[1]] = True
    return together, mask
