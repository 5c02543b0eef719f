"""Acted gaits as windows, each with the signs that are measured on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Side
from clinigait.datasets.pathological_gait import GAITS
from clinigait.datasets.study import Study
from clinigait.models.generator_card import Gate
from clinigait.representations.skeletons import skeleton
from clinigait.representations.walk_windows import skeleton_of, walk_of, windows_of
from clinigait.synthesis.gait_gates import learned_gates, measured_signs

#: Everybody acted it on this side.
SIDE: Side = "right"


@dataclass(frozen=True, eq=False)
class ActedWindows:
    """Windows of people's walks.

    Parameters
    ----------
    windows
        (N, 53, 64) of :mod:`clinigait.representations.walk_windows`.
    labels
        (N,) places in :data:`clinigait.datasets.pathological_gait.GAITS`.
    people, sequences, walks
        (N,) whose, of which record, of which walk: two sensors make two records of a walk.
    sizes_m
        (N,) body sizes.
    signs
        What was measured on each window, as the gates look at it.
    """

    windows: NDArray[np.float32]
    labels: NDArray[np.intp]
    people: NDArray[np.str_]
    sequences: NDArray[np.str_]
    walks: NDArray[np.str_]
    sizes_m: NDArray[np.float64]
    signs: tuple[dict[str, float], ...]

    def of(self, people: Sequence[str]) -> NDArray[np.bool_]:
        """Return (N,) which windows are of these people."""
        return np.isin(self.people, list(people))

    def gates(self, people: Sequence[str]) -> dict[str, Gate]:
        """Return the gates that these people teach."""
        rows = np.flatnonzero(self.of(people))
        return learned_gates(
            [self.signs[row] for row in rows],
            [GAITS[self.labels[row]] for row in rows],
            self.people[rows].tolist(),
        )


def acted_windows(study: Study, few: int | None = None) -> ActedWindows:
    """Read a study of acted gaits.

    Parameters
    ----------
    study
        As :mod:`clinigait.datasets.pathological_gait` opens it.
    few
        How many records of each person and gait are read; None for all.

    Raises
    ------
    BadInputError
        If a record cannot be used.
    """
    windows, signs, rows = [], [], []
    count: Counter[tuple[str, str | None]] = Counter()
    for sample in study.samples:
        count[sample.person, sample.label] += 1
        if few is not None and count[sample.person, sample.label] > few:
            continue
        body = skeleton(sample.read())
        for window in windows_of(body):
            windows.append(window)
            # Measured as what is made is measured: through the window.
            signs.append(measured_signs(walk_of(skeleton_of(window, body.size_m)), SIDE))
            label = GAITS.index(str(sample.label))
            rows.append((label, sample.person, sample.sequence, sample.walk, body.size_m))
    labels, people, sequences, walks, sizes_m = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    return ActedWindows(np.stack(windows), labels, people, sequences, walks, sizes_m, tuple(signs))
