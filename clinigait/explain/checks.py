"""Does a map show what the network learned? Tests whose outcome is printed with it.

A picture of where a network looked convinces whether it is true or not. So every map is held
against networks that learned nothing, and against what happens to the answer when the places that
it names are taken away. What fails is not shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata

from clinigait.core import Card, SaliencyCheck, SaliencyMethod
from clinigait.explain.methods import Maps, groups_of, maps_of
from clinigait.explain.networks import Part, Voices, log_probabilities, untaught
from clinigait.explain.seen import SeenWalk, cells

Floats = NDArray[np.float64]
#: Of Integrated Gradients: parts of the explained change that may get lost between the points of
#: the way, and a change of the log-probability that nobody would see (2 % of a probability).
_INCOMPLETE, _UNSEEN_NATS = 0.05, 0.02
#: Networks that learned nothing, drawn for one map: where one of them took the network's place,
#: it would stand out from the others as far as that in 1 of 20 cases.
_UNTAUGHT = 19
#: So many of them draw the map again by the same method, with so many points of the way: that is
#: enough for the order of the regions.
_REDRAWN, _FEW_STEPS = 3, 4
#: A map of which so much of the order is drawn by the walk alone, whatever the network learned,
#: says little of the network: 0.8 is two thirds of the variance of ranks.
_MOST_ALIKE = 0.8
_ORDERS = 20
#: Shares of the area that are taken away, one after the other.
_SHARES = np.arange(1, 4) / 4
_LEVEL = 0.95
#: How often the checks tell that they got on.
CHECK_TICKS = _UNTAUGHT + _ORDERS // 2 + 1


@dataclass(frozen=True, eq=False)
class Asked:
    """What is explained, for all checks of one map.

    Parameters
    ----------
    method, label
        How, and the number of the class.
    card, voices, parts, seen
        The model and what it sees.
    """

    method: SaliencyMethod
    label: int
    card: Card
    voices: Voices
    parts: Sequence[Part]
    seen: SeenWalk

    def cells(self, method: SaliencyMethod, voices: Voices, steps: int) -> Floats:
        """Return (T, R) sums of what a map says, whatever its sign."""
        maps = maps_of(method, self.parts, voices, self.label, self.seen, steps)
        return cells(self.seen, {kind: np.abs(each) for kind, each in maps.items()})


def completeness(explained_nats: float, maps: Maps, steps: int) -> SaliencyCheck:
    """Return whether Integrated Gradients add up to the change that they explain."""
    error = abs(sum(float(each.sum()) for each in maps.values()) - explained_nats)
    limit = max(_INCOMPLETE * abs(explained_nats), _UNSEEN_NATS)
    return SaliencyCheck(
        "completeness", error <= limit, error, limit,
        f"The contributions miss the change of the log-probability ({explained_nats:+.3f}) by "
        f"{error:.3f} at {steps} points of the way; at most {limit:.3f} is allowed.",
    )  # fmt: skip


def against_untaught(asked: Asked, progress: Callable[[], None]) -> list[SaliencyCheck]:
    """Return whether the map changes with what the network learned.

    Parameters
    ----------
    asked
        What is explained.
    progress
        Called after every network.

    Returns
    -------
    list of SaliencyCheck
        ``taught``: on plain gradients, the network is less like 19 networks with weights drawn
        anew than any of these is like the others. ``randomisation``: the map itself, by its own
        method, is another one when the weights are drawn anew (Adebayo et al. 2018,
        arXiv 1810.03292, all layers at once).
    """
    plain = [asked.cells("integrated_gradients", asked.voices, 1)]
    own = asked.cells(asked.method, asked.voices, _FEW_STEPS)
    redrawn = []
    for seed in range(_UNTAUGHT):
        fresh = untaught(asked.card, asked.voices, seed)
        plain.append(asked.cells("integrated_gradients", fresh, 1))
        if seed < _REDRAWN:
            redrawn.append(asked.cells(asked.method, fresh, _FEW_STEPS))
        progress()
    looked_at = plain[0].any(axis=1) | own.any(axis=1)
    alike = rank_correlations([each[looked_at] for each in plain])
    means = (alike.sum(axis=1) - 1) / (len(plain) - 1)
    least = float(means[1:].min())
    fell = float(rank_correlations([each[looked_at] for each in [own, *redrawn]])[0, 1:].mean())
    return [
        SaliencyCheck(
            "taught", bool(means[0] < least), float(means[0]), least,
            f"The network's gradients are alike those of {_UNTAUGHT} networks that learned nothing "
            f"by a rank correlation of {means[0]:.2f}; these are alike each other by {least:.2f} "
            "or more, and it has to be less.",
        ),
        SaliencyCheck(
            "randomisation", fell <= _MOST_ALIKE, fell, _MOST_ALIKE,
            f"With all weights drawn anew the map has a rank correlation of {fell:.2f} with "
            f"itself; at most {_MOST_ALIKE:.1f} is allowed.",
        ),
    ]  # fmt: skip


def curves(
    asked: Asked, density: Floats, area: Floats, progress: Callable[[], None]
) -> list[SaliencyCheck]:
    """Return whether the answer hangs on the places that the map names.

    Regions of single frames are taken away one after the other (deletion), or given back to the
    baseline (insertion), those with the most for their size first; the mean log-probability along
    that way is held against random orders (Petsiuk et al. 2018, arXiv 1806.07421). Sizes are
    shares of the area, so that a large region is no better than a small one. Of the insertion it
    counts how far it lies above the deletion: where a step resembles the next, a few random
    pieces of many steps show a network nearly all of the walk.

    Parameters
    ----------
    asked
        What is explained.
    density
        (T, R) what the map says of a cell, for its size.
    area
        (T, R) how much there is to take away.
    progress
        Called after every order.
    """
    away = _Away.of(asked, area, progress)
    rng = np.random.default_rng(0)
    # An order the other way round takes away what this one gives back: each counts twice.
    n = len(away.there)
    random = np.array([away.both(rng.permutation(n)) for _ in range(_ORDERS // 2)])
    gaps = random[:, 1] - random[:, 0]
    low, high = _interval(random)
    removed, given = away.both(np.argsort(-density.ravel()[away.there], kind="stable"))
    gap, (least, most) = given - removed, _interval(np.concatenate([gaps, -gaps]))
    return [
        SaliencyCheck(
            "deletion", removed < low, removed, low,
            "With the places of the map taken away first the mean log-probability is "
            f"{removed:.3f}; in random order it is {low:.3f} to {high:.3f} (95 %), and it has to "
            "lie below that.",
            low, high,
        ),
        SaliencyCheck(
            "insertion", gap > most, gap, most,
            "The places of the map answer better alone than the rest does without them, by "
            f"{gap:+.3f} in the mean log-probability; in random order that is {least:+.3f} to "
            f"{most:+.3f} (95 %), and it has to lie above that.",
            least, most,
        ),
    ]  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Away:
    """A walk of which cells are taken away, or given back to the baseline, one after the other.

    Parameters
    ----------
    asked
        What is explained.
    cell_of
        By part, (W, C, L, ...) the cell of each number.
    there
        (M,) the cells in which there is something.
    size
        (M,) how much.
    n_cells
        How many cells there are in all.
    progress
        Called after every order.
    """

    asked: Asked
    cell_of: Sequence[NDArray[np.int64]]
    there: NDArray[np.intp]
    size: Floats
    n_cells: int
    progress: Callable[[], None]

    @staticmethod
    def of(asked: Asked, area: Floats, progress: Callable[[], None]) -> _Away:
        cell_of = [groups_of(part, asked.seen, frame_by_frame=True) for part in asked.parts]
        there = np.flatnonzero(area.ravel() > 0)
        return _Away(asked, cell_of, there, area.ravel()[there], area.size, progress)

    def both(self, order: NDArray[np.intp]) -> tuple[float, float]:
        """Return the mean answer while cells go in an order, and while they come in it."""
        removed, given = self._along(order, back=False), self._along(order, back=True)
        self.progress()
        return removed, given

    def _along(self, order: NDArray[np.intp], *, back: bool) -> float:
        gone_after = np.empty(len(order))
        gone_after[order] = (np.cumsum(self.size[order]) - self.size[order] / 2) / self.size.sum()
        when = np.full(self.n_cells, np.inf)
        when[self.there] = gone_after
        asked, answers = self.asked, []
        for share in _SHARES:
            xs = []
            for part, own in zip(asked.parts, self.cell_of, strict=True):
                first = torch.from_numpy(when[own] <= share)
                kept, changed = (part.baseline, part.x) if back else (part.x, part.baseline)
                xs.append(torch.where(first, changed, kept))
            answers.append(log_probabilities(asked.parts, asked.voices, xs)[asked.label])
        return float(np.mean(answers))


def _interval(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(low), float(high)


def rank_correlations(tables: Sequence[Floats]) -> Floats:
    """Return (N, N) Spearman correlations of tables; 0 where one has no order."""
    ranks = np.stack([rankdata(each.ravel()) for each in tables])
    ranks -= ranks.mean(axis=1, keepdims=True)
    length = np.linalg.norm(ranks, axis=1, keepdims=True)
    normal = np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0)
    return np.asarray(normal @ normal.T)
