"""Whether a track is one person all along: doubtful stretches are cut out, sure ones linked.

A tracker decides look by look. Here every track is cut where somebody else could have taken
over: where two people meet so closely that their boxes could be exchanged, where one is not
found near another, where a box jumps, where nobody was found for a while, and where the colours
change at once. The clear stretches on both sides are then linked where motion and looks before
and after leave no doubt, weighed against all other ways of linking; else they stay apart.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from clinigait.perception.encounters import breaks, unsure_looks
from clinigait.perception.evidence import Stretch, link_score
from clinigait.perception.track import Track

#: Log-odds that a link must have over every other way of linking: 95 %.
_SURE = float(np.log(19))
#: All links of a track together must be this sure.
_MOST_DOUBT = float(-np.log(0.9))
#: Somebody who was lost for longer than this is not searched for, but where the track says so.
_MAX_GAP_S = 2.0
#: Somebody who is near so shortly before or after a gap may have to do with it.
_AROUND_S = 0.5
#: Shorter pieces tell of nobody.
_MIN_OBSERVATIONS = 3


@dataclass(frozen=True, eq=False)
class _Link:
    """Two stretches that are one person's, with the log-odds that they are."""

    before: int
    after: int
    margin: float

    @property
    def probability(self) -> float:
        """That it is the same person."""
        return float(1 / (1 + np.exp(-self.margin)))


def settled(
    tracks: list[Track], looks_s: NDArray[np.float64], size_px: tuple[int, int]
) -> tuple[list[Track], list[Track]]:
    """Cut tracks where it is not sure that they go on as the same person, and link the rest.

    Parameters
    ----------
    tracks
        What the tracker followed.
    looks_s
        (T,) times at which people were looked for.
    size_px
        (width, height) of the picture.

    Returns
    -------
    sure, unsure
        Tracks of one person each, with ``identity``, ``unsure_s`` and ``cut`` filled in, in the
        order of appearance; and what is left over: somebody, but it is not sure who.
    """
    doubtful = unsure_looks(tracks, looks_s, size_px)
    stretches: list[Stretch] = []
    hopeless: list[Track] = []
    for number, (track, unsure) in enumerate(zip(tracks, doubtful, strict=True)):
        found = _stretches(number, track, unsure, size_px)
        stretches += found
        if not found:
            hopeless.append(replace(track, identity=0.0, cut=(True, True)))
    links = _links(stretches)
    pieces = [_joined(chain, links, doubtful) for chain in _chains(stretches, links)]
    sure = [p for p in pieces if len(p.times_s) >= _MIN_OBSERVATIONS]
    left = _left_over(tracks, pieces + hopeless) + [
        p for p in pieces if len(p.times_s) < _MIN_OBSERVATIONS
    ]
    everybody = sorted(sure + hopeless, key=lambda t: (t.start_s, float(t.boxes[0][0])))
    return everybody, left


def _stretches(
    number: int, track: Track, unsure: NDArray[np.bool_], size_px: tuple[int, int]
) -> list[Stretch]:
    """Return the runs of observations in which the track is surely one person's."""
    found: list[Stretch] = []
    first: int | None = None
    cuts = {*breaks(track, size_px), len(unsure)}
    for index in range(len(unsure) + 1):
        ends = index in cuts or bool(unsure[index])
        if first is not None and ends:
            if index - first >= 2:
                found.append(Stretch(number, track, first, index - 1))
            first = None
        if index < len(unsure) and first is None and not unsure[index]:
            first = index
    return found


def _links(stretches: list[Stretch]) -> dict[int, _Link]:
    """Return the sure links by the number of the stretch before."""
    scores = _scores(stretches)
    after_of: dict[int, set[int]] = defaultdict(set)
    before_of: dict[int, set[int]] = defaultdict(set)
    for before, after in scores:
        after_of[before].add(after)
        before_of[after].add(before)
    links: dict[int, _Link] = {}
    for before, after in scores:
        rivals = {before, *before_of[after]}
        rivals |= {b for a in after_of[before] for b in before_of[a]}
        margin = _margin(before, after, sorted(rivals), scores, after_of)
        if margin >= _SURE:
            links[before] = _Link(before, after, margin)
    return _without_long_shots(links, stretches)


def _margin(
    before: int,
    after: int,
    rows: list[int],
    scores: dict[tuple[int, int], float],
    after_of: dict[int, set[int]],
) -> float:
    """Return by how much the best way of linking is better than the best without this link."""
    columns = sorted({a for row in rows for a in after_of[row]})
    gain = np.array([[max(scores.get((r, c), 0.0), 0.0) for c in columns] for r in rows])
    best = gain[linear_sum_assignment(gain, maximize=True)].sum()
    gain[rows.index(before), columns.index(after)] = 0.0
    return float(best - gain[linear_sum_assignment(gain, maximize=True)].sum())


def _without_long_shots(links: dict[int, _Link], stretches: list[Stretch]) -> dict[int, _Link]:
    """Leave out links from where a chain of them is no longer sure as a whole."""
    kept: dict[int, _Link] = {}
    doubt = np.zeros(len(stretches))
    for number in np.argsort([s.start_s for s in stretches], kind="stable"):
        link = links.get(int(number))
        if link is None:
            continue
        together = doubt[number] - np.log(link.probability)
        if together <= _MOST_DOUBT:
            kept[int(number)] = link
            doubt[link.after] = together
    return kept


def _scores(stretches: list[Stretch]) -> dict[tuple[int, int], float]:
    """Return the log-odds of all links worth a thought, against a stranger in either place."""
    scores: dict[tuple[int, int], float] = {}
    starts = np.array([s.start_s for s in stretches])
    ends = np.array([s.end_s for s in stretches])
    order = np.argsort(starts, kind="stable")
    for number, before in enumerate(stretches):
        first, last = np.searchsorted(
            starts[order], [before.end_s, before.end_s + _MAX_GAP_S], "right"
        )
        following = {int(i) for i in order[first:last] if stretches[i].number != before.number}
        # The stretches of a track lie next to each other, in the order of time.
        own = number + 1
        if own < len(stretches) and stretches[own].number == before.number:
            following.add(own)
        for other in sorted(following):
            about = (ends >= before.end_s - _AROUND_S) & (starts <= starts[other] + _AROUND_S)
            others = set(map(int, np.flatnonzero(about))) - {number, other}
            lonely = not any(stretches[i].is_near(before) for i in others)
            score = link_score(before, stretches[other], lonely=lonely)
            if score > 0 or other == own:
                scores[number, other] = score
    return scores


def _chains(stretches: list[Stretch], links: dict[int, _Link]) -> list[list[tuple[int, Stretch]]]:
    """Return the linked stretches, with their numbers, in the order of time."""
    followers = {link.after for link in links.values()}
    chains = []
    for number in range(len(stretches)):
        if number in followers:
            continue
        chain = [(number, stretches[number])]
        while chain[-1][0] in links:
            after = links[chain[-1][0]].after
            chain.append((after, stretches[after]))
        chains.append(chain)
    return chains


def _joined(
    chain: list[tuple[int, Stretch]],
    links: dict[int, _Link],
    doubtful: list[NDArray[np.bool_]],
) -> Track:
    """Return one track of linked stretches."""
    first, last = chain[0][1], chain[-1][1]
    whole = first.track.part(first.first, first.last)
    identity = 1.0
    unsure: list[tuple[float, float]] = []
    for (number, before), (_, after) in pairwise(chain):
        identity *= links[number].probability
        same = before.number == after.number
        between = range(before.last + 1, after.first) if same else range(0)
        if not same or doubtful[before.number][list(between)].any():
            unsure.append((before.end_s + 1e-6, after.start_s - 1e-6))
        taken = after.track.part(between.start if same else after.first, after.last)
        whole = Track(
            whole.times_s + taken.times_s,
            whole.boxes + taken.boxes,
            whole.expected + taken.expected,
            whole.looks + taken.looks,
            whole.clear + taken.clear,
            whole.album if same else whole.album.with_pictures_of(taken.album, after.start_s),
        )
    cut = (first.first > 0, last.last < len(last.track.times_s) - 1)
    return replace(whole, identity=identity, unsure_s=tuple(unsure), cut=cut)


def _left_over(tracks: list[Track], pieces: list[Track]) -> list[Track]:
    """Return what belongs to no piece: it has to be hidden in pictures all the same."""
    used = {id(box) for piece in pieces for box in piece.boxes}
    left: list[Track] = []
    for track in tracks:
        free = [id(box) not in used for box in track.boxes]
        edges = np.flatnonzero(np.diff([False, *free, False]))
        for first, stop in zip(edges[::2], edges[1::2], strict=True):
            cut = (bool(first > 0), bool(stop < len(free)))
            left.append(replace(track.part(int(first), int(stop) - 1), cut=cut))
    return left
