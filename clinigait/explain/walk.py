"""From a walk and a bundle to what the bundle's answer rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    GAIT_PHASES,
    Event,
    Progress,
    RefusedError,
    Saliency,
    SaliencyCheck,
    SaliencyMethod,
    Side,
    Walk,
)
from clinigait.core.saliency import Table
from clinigait.explain.checks import (
    CHECK_TICKS,
    Asked,
    against_untaught,
    completeness,
    curves,
)
from clinigait.explain.methods import Maps, check_method, maps_of
from clinigait.explain.networks import (
    Part,
    baseline_words,
    log_probabilities,
    parts_of,
    placed,
    voices_of,
)
from clinigait.explain.seen import SeenWalk, by_phase, cells, see
from clinigait.io.bundle import Bundle
from clinigait.representations.skeleton_inputs import GAIT_ANGLES

Floats = NDArray[np.float64]
#: Windows of pictures that are explained, evenly spread: each costs a second or so.
MOST_WINDOWS = 2
#: Points of the way of Integrated Gradients: tried in turn until the contributions add up.
_STEPS = (16, 48)
_MAP_TICKS = 10


@dataclass(frozen=True, eq=False)
class Explained:
    """What an answer rests on, with the map itself.

    Parameters
    ----------
    saliency
        The tables and the checks.
    seen
        What was shown to the model.
    maps
        By kind of input, (T, H, W) of pictures, (T, C, 1) of channels, in nats.
    """

    saliency: Saliency
    seen: SeenWalk
    maps: Maps


def explain(
    bundle: Bundle,
    walk: Walk,
    events: tuple[Event, ...],
    near_side: Side | None,
    method: SaliencyMethod,
    progress: Progress | None = None,
) -> Explained:
    """Return where the networks of a bundle looked, for the class that they find most probable.

    Parameters
    ----------
    bundle
        As of :func:`clinigait.models.classifier.open_model`.
    walk
        One record.
    events
        Of the walk: they make the phases.
    near_side
        Side of the body near the camera; None where it is not known.
    method
        ``integrated_gradients``, ``grad_cam`` or ``occlusion``.
    progress
        Called with the fraction of the work done.

    Raises
    ------
    BadInputError
        If there is no such method, or the weights do not fit.
    RefusedError
        If the walk is too short or lacks what the model sees, nobody knows where in the body its
        input lies, or the network has no layer that the method needs.
    """
    check_method(method)
    tell = _Ticks(progress)
    seen = see(walk, bundle.card, events, near_side)
    asked, of_walk = _asked(bundle, seen, method)
    answers, nothing = (
        log_probabilities(asked.parts, asked.voices, xs)[asked.label]
        for xs in (None, [part.baseline for part in asked.parts])
    )
    explained = float(answers - nothing)
    maps, checks = _map(asked, explained)
    tell(_MAP_TICKS)
    area = _area(method, asked.parts, seen)
    checks += against_untaught(asked, tell)
    density = np.divide(cells(seen, maps), area, out=np.zeros_like(area), where=area > 0)
    checks += curves(asked, density, _area("occlusion", asked.parts, seen), tell)
    bare = Saliency(
        method=method,
        label=bundle.card.classes[asked.label],
        baseline=baseline_words(tuple(seen.labels)),
        explained_nats=explained,
        windows=max(len(part) for part in asked.parts),
        windows_of_walk=of_walk,
        checks=tuple(checks),
    )
    return Explained(_with_tables(bare, seen, maps, area), seen, maps)


def _asked(bundle: Bundle, seen: SeenWalk, method: SaliencyMethod) -> tuple[Asked, int]:
    """Return what is explained, and how many windows the walk has."""
    voices = voices_of(bundle)
    every = parts_of(seen, bundle.card, voices, None)
    label = int(np.argmax(log_probabilities(every, voices)))
    cheap = set(seen.labels) <= {GAIT_ANGLES}
    parts = every if cheap else parts_of(seen, bundle.card, voices, MOST_WINDOWS)
    windows = max(len(part) for part in every)
    return Asked(method, label, bundle.card, voices, parts, seen), windows


def _map(asked: Asked, explained_nats: float) -> tuple[Maps, list[SaliencyCheck]]:
    """Return the map; of Integrated Gradients with whether it adds up."""
    checks: list[SaliencyCheck] = []
    for steps in _STEPS:
        maps = maps_of(asked.method, asked.parts, asked.voices, asked.label, asked.seen, steps)
        if asked.method != "integrated_gradients":
            break
        checks = [completeness(explained_nats, maps, steps)]
        if checks[0].passed:
            break
    if not any(each.any() for each in maps.values()):
        raise RefusedError(
            "empty_map",
            "The map is empty: nothing that the network saw speaks for its answer.",
            "Explain it by another method.",
        )
    return maps, checks


class _Ticks:
    """Progress in ticks, of which checks know how many they are."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._done = progress, 0

    def __call__(self, ticks: int = 1) -> None:
        self._done += ticks
        if self._progress is not None:
            self._progress(min(1.0, self._done / (_MAP_TICKS + CHECK_TICKS)))


def _area(method: SaliencyMethod, parts: Sequence[Part], seen: SeenWalk) -> Floats:
    """Return (T, R) how many numbers there are to look at.

    Those that are not as in the baseline can speak for an answer; Grad-CAM lies on all places.
    """
    total = np.zeros((len(seen.clip), len(seen.regions)))
    for part in parts:
        there = (part.x != part.baseline).double().numpy()
        if method == "grad_cam":
            there = np.zeros_like(there)
            there[:, 0] = 1.0
        total += cells(seen, placed(part, there, seen))
    return total


def _with_tables(bare: Saliency, seen: SeenWalk, maps: Maps, area: Floats) -> Saliency:
    """Return what was found with its tables, if all checks passed."""
    if not bare.shown:
        return bare
    attention = cells(seen, {kind: np.abs(each) for kind, each in maps.items()})
    looked_at = area.any(axis=1)
    signed = bare.method != "grad_cam"
    n = len(GAIT_PHASES)
    return replace(
        bare,
        regions=seen.region_names,
        phases=GAIT_PHASES,
        share=_table(by_phase(attention, seen.phases, n) / attention.sum()),
        area=_table(by_phase(area, seen.phases, n) / area.sum()),
        net_nats=_table(by_phase(cells(seen, maps), seen.phases, n)) if signed else (),
        time_s=tuple(float(t) for t in seen.clip.time_s[looked_at]),
        frames=_table(attention[looked_at] / attention.sum()),
    )


def _table(values: Floats) -> Table:
    return tuple(tuple(round(float(value), 6) for value in row) for row in values)
