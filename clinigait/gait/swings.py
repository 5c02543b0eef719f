"""Landmarks of the swinging leg that steady the contacts of a foot that is not seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Side
from clinigait.gait.detectors import falls_to, highest
from clinigait.gait.foot_signals import FootSignals

#: Where the landmarks lie before the contact, as fractions of a stride.
_SWING = (0.48, 0.02)
_LANDING = (0.15, 0.12)
#: A landmark that is not seen in so many swings says nothing of the others.
_FEWEST = 3
_HALF_WAY = 0.5
_COUNT = 6


def steadied(
    contacts_s: Mapping[Side, NDArray[np.float64]],
    feet: Mapping[Side, FootSignals],
    period_s: float,
    *,
    alike: bool,
) -> dict[Side, NDArray[np.float64]]:
    """Return contacts whose times are the consensus of several landmarks of the same swing.

    Every landmark keeps a usual distance from its contact; the mean of all landmarks, each moved
    by the mean of its own distance, has less noise than the contact alone.

    Parameters
    ----------
    contacts_s
        (N,) contacts of each foot.
    feet
        The feet.
    period_s
        Stride period.
    alike
        Whether the usual distance is taken to be the same on both sides: then the landmarks also
        steady the difference between the sides.
    """
    landmarks = {
        side: np.array([_landmarks(t, feet[side], period_s) for t in times_s]).reshape(-1, _COUNT)
        for side, times_s in contacts_s.items()
    }
    distances = {side: landmarks[side] - contacts_s[side][:, None] for side in landmarks}
    pooled = np.concatenate(list(distances.values()))
    result: dict[Side, NDArray[np.float64]] = {}
    for side, times_s in contacts_s.items():
        usual = _usual(pooled if alike else distances[side])
        moved = np.column_stack([times_s, landmarks[side] - usual])
        result[side] = np.nanmean(moved, axis=1) if len(times_s) >= _FEWEST else times_s
    return result


def _usual(distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean distance of every landmark; NaN for one that is seldom seen."""
    known = np.isfinite(distances)
    count = known.sum(axis=0)
    total = np.where(known, distances, 0).sum(axis=0)
    return np.where(count >= _FEWEST, total / np.maximum(count, 1), np.nan)


def _landmarks(contact_s: float, signals: FootSignals, period_s: float) -> list[float]:
    """Return the times of the landmarks around one contact, NaN where one is not seen."""
    swing = _window(signals, contact_s - _SWING[0] * period_s, contact_s - _SWING[1] * period_s)
    landing = _window(
        signals, contact_s - _LANDING[0] * period_s, contact_s + _LANDING[1] * period_s
    )
    samples = [
        highest(signals.knee_flexion_deg, *swing),
        highest(-signals.shank_deg, *swing),
        highest(signals.lift, *swing),
        highest(signals.shank_deg, *landing),
        falls_to(signals.heel_speed[: landing[1]], landing[0], 1 + _HALF_WAY),
        falls_to(signals.heel_speed[: landing[1]], landing[0], 1.0),
    ]
    start_s = float(signals.time_s[0])
    return [np.nan if sample is None else start_s + sample / signals.rate_hz for sample in samples]


def _window(signals: FootSignals, start_s: float, end_s: float) -> tuple[int, int]:
    first, stop = np.searchsorted(signals.time_s, [start_s, end_s])
    return int(first), int(stop)
