"""Keypoints on an even clock: gaps closed, noise taken out, nothing delayed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import Akima1DInterpolator
from scipy.signal import butter, sosfiltfilt

from clinigait.core import SIDES, Depth, KeypointLayout, RefusedError, Side, Space, Walk

#: Gaps up to this length are closed by a spline; longer ones stay gaps.
MAX_GAP_S = 0.2
#: Cut-off of the low-pass filter, the usual one for gait kinematics.
CUTOFF_HZ = 6.0
#: Joints that a pose model guessed in depth tremble more.
CUTOFF_GUESSED_HZ = 4.5
#: Without these points there is no walk to measure.
_NEEDED = ("hip", "ankle")
#: Points that are used of both sides or not at all.
_PAIRED = ("shoulder", "heel", "toe")
#: No camera of interest is faster.
_MAX_RATE_HZ = 500.0
#: Frame times that lie so near to the even ones are even: nothing is to interpolate.
_SAME_TIME_S = 1e-5
#: Shorter stretches between gaps cannot be filtered and are dropped.
MIN_STRETCH_S = 0.4


@dataclass(frozen=True, eq=False)
class EvenPoints:
    """Points at evenly spaced times.

    Parameters
    ----------
    time_s
        (T,) evenly spaced times on the recording's clock.
    rate_hz
        Their rate.
    points
        (T, K, D) positions, NaN where one is not known.
    confidence
        (T, K) confidence of the points.
    layout
        Names of the K points.
    """

    time_s: NDArray[np.float64]
    rate_hz: float
    points: NDArray[np.float64]
    confidence: NDArray[np.float64]
    layout: KeypointLayout

    def point(self, name: str, side: Side | None = None) -> NDArray[np.float64]:
        """Return the (T, D) positions of a point."""
        return self.points[:, self.layout.index(name, side)]

    def middle(self, name: str) -> NDArray[np.float64]:
        """Return the (T, D) positions half-way between the left and the right point."""
        return (self.point(name, "left") + self.point(name, "right")) / 2

    def nearest(self, time_s: float) -> int:
        """Return the index of the sample nearest to a time."""
        index = round((time_s - float(self.time_s[0])) * self.rate_hz)
        return min(max(index, 0), len(self.time_s) - 1)

    def between(self, start_s: float, end_s: float) -> slice:
        """Return the samples from ``start_s`` to ``end_s``, both included."""
        first = int(np.searchsorted(self.time_s, start_s - 1e-9))
        last = int(np.searchsorted(self.time_s, end_s + 1e-9))
        return slice(first, last)


@dataclass(frozen=True, eq=False)
class EvenWalk(EvenPoints):
    """A walk resampled to evenly spaced times, filtered, in the walk's own space.

    The rate is the usual one of the recording; positions, (T, K, 2 or 3), are NaN in gaps, and the
    confidence is that of the nearest recorded frame, 0 in gaps.
    """


def with_seen_points(walk: Walk) -> Walk:
    """Return a walk without the points that are never seen: its layout does not really have them.

    Shoulders, heels and toes of which one side is never seen go on both sides.

    Raises
    ------
    RefusedError
        If a hip or an ankle is among them.
    """
    known = np.asarray(np.isfinite(walk.keypoints).all(axis=2))
    seen = [bool(known[:, point].any()) for point in range(len(walk.layout))]
    names = tuple(name for name, is_seen in zip(walk.layout.points, seen, strict=True) if is_seen)
    missing = [
        f"{side} {point}" for point in _NEEDED for side in SIDES if f"{side}_{point}" not in names
    ]
    if missing and walk.space is Space.IMAGE_PX:
        raise RefusedError(
            "cut_by_border",
            f"The {' and the '.join(missing)} is never seen.",
            "Film from further away, so that the whole body fits with room above and below.",
        )
    if missing:
        raise RefusedError(
            "points_missing",
            f"The {' and the '.join(missing)} is never there.",
            "Give a file with markers or keypoints of both hips and both ankles.",
        )
    pairs = [tuple(f"{side}_{point}" for side in SIDES) for point in _PAIRED]
    halves = {name for pair in pairs if not set(pair) <= set(names) for name in pair}
    kept = np.array([name in names and name not in halves for name in walk.layout.points])
    if kept.all():
        return walk
    left = tuple(name for name in names if name not in halves)
    return walk.with_points(kept, KeypointLayout(walk.layout.name, left))


def in_the_volume(walk: Walk) -> Walk:
    """Return a walk of a motion capture from where the person enters the volume to the leaving."""
    if walk.space is Space.IMAGE_PX:
        return walk
    known = np.asarray(np.isfinite(walk.keypoints).all(axis=2))
    seen = np.flatnonzero(known.any(axis=1))
    if not len(seen) or len(seen) == len(walk):
        return walk
    return walk.part(slice(int(seen[0]), int(seen[-1]) + 1))


def mean_rate_hz(time_s: NDArray[np.float64]) -> float:
    """Return the frames per second that there really are; 0 for fewer than two."""
    return (len(time_s) - 1) / float(time_s[-1] - time_s[0]) if len(time_s) > 1 else 0.0


def even_rate_hz(time_s: NDArray[np.float64]) -> float:
    """Return the rate to resample to: the usual one, but never far above the mean.

    Frames that come in bursts have a tiny median interval and would ask for a huge signal.
    """
    usual_hz = 1 / float(np.median(np.diff(time_s)))
    return min(usual_hz, 2 * mean_rate_hz(time_s), _MAX_RATE_HZ)


def evened(walk: Walk, cutoff_hz: float | None = None) -> EvenWalk:
    """Resample a walk to even times by its presentation timestamps and low-pass filter it.

    Gaps of up to 0.2 s are closed by a modified Akima spline. The filter is a fourth-order
    Butterworth without phase shift (second order, run forwards and backwards, with the cut-off
    corrected for the double pass).

    Parameters
    ----------
    walk
        At least two frames.
    cutoff_hz
        Cut-off of the filter; None takes the usual one for the kind of walk.
    """
    if cutoff_hz is None:
        guessed = walk.space is not Space.IMAGE_PX and walk.depth is Depth.INFERRED
        cutoff_hz = CUTOFF_GUESSED_HZ if guessed else CUTOFF_HZ
    rate_hz = even_rate_hz(walk.time_s)
    n_samples = int(np.floor(walk.duration_s * rate_hz + 1e-6)) + 1
    time_s = walk.time_s[0] + np.arange(n_samples) / rate_hz
    points = np.full((n_samples, *walk.keypoints.shape[1:]), np.nan)
    for seen, alike in _alike(np.asarray(np.isfinite(walk.keypoints).all(axis=2))):
        known = walk.keypoints[seen][:, alike]
        points[:, alike] = _evened_points(walk.time_s[seen], known, time_s, rate_hz, cutoff_hz)
    nearest = _nearest(walk.time_s, time_s)
    confidence = np.where(np.isfinite(points[:, :, 0]), walk.confidence[nearest], 0.0)
    return EvenWalk(time_s, rate_hz, points, confidence, walk.layout)


def _alike(
    seen: NDArray[np.bool_],
) -> list[tuple[NDArray[np.bool_], NDArray[np.intp]]]:
    """Group the points that are seen in the same frames: each group is one spline."""
    if seen.all():
        return [(np.ones(len(seen), bool), np.arange(seen.shape[1]))]
    patterns, group = np.unique(seen, axis=1, return_inverse=True)
    return [
        (patterns[:, index], np.flatnonzero(group == index)) for index in range(patterns.shape[1])
    ]


def _nearest(known_s: NDArray[np.float64], wanted_s: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the index of the known time nearest to each wanted one."""
    after = np.clip(np.searchsorted(known_s, wanted_s), 1, len(known_s) - 1)
    is_before = wanted_s - known_s[after - 1] < known_s[after] - wanted_s
    return np.asarray(after - is_before)


def _evened_points(
    seen_s: NDArray[np.float64],
    positions: NDArray[np.float64],
    time_s: NDArray[np.float64],
    rate_hz: float,
    cutoff_hz: float,
) -> NDArray[np.float64]:
    """Resample and filter (N, P, D) positions that were seen at the same (N,) times."""
    result = np.full((len(time_s), *positions.shape[1:]), np.nan)
    breaks = np.flatnonzero(np.diff(seen_s) > MAX_GAP_S + 0.5 / rate_hz) + 1
    bounds = [0, *breaks.tolist(), len(seen_s)]
    for start, end in pairwise(bounds):
        if end - start < 4 or seen_s[end - 1] - seen_s[start] < MIN_STRETCH_S:
            continue
        stretch_s = seen_s[start:end]
        inside = (time_s >= stretch_s[0] - 1e-9) & (time_s <= stretch_s[-1] + 1e-9)
        wanted_s = np.clip(time_s[inside], stretch_s[0], stretch_s[-1])
        samples = positions[start:end]
        if len(wanted_s) != len(stretch_s) or np.abs(wanted_s - stretch_s).max() > _SAME_TIME_S:
            samples = Akima1DInterpolator(stretch_s, samples, method="makima")(wanted_s)
        result[inside] = low_passed(samples, rate_hz, cutoff_hz)
    return result


def low_passed(
    signal: NDArray[np.float64], rate_hz: float, cutoff_hz: float = CUTOFF_HZ
) -> NDArray[np.float64]:
    """Low-pass filter (T, …) samples without phase shift; short signals come back as they are."""
    if len(signal) <= 6:
        return signal
    sections = _sections(cutoff_hz, rate_hz)
    pad = min(round(rate_hz / 2), len(signal) - 1)
    return np.asarray(sosfiltfilt(sections, signal, axis=0, padlen=pad))


@lru_cache(maxsize=64)
def _sections(cutoff_hz: float, rate_hz: float) -> NDArray[np.float64]:
    # Two passes of a second-order filter lower its cut-off by this factor (Winter 2009, 2.2.4.4).
    corrected_hz = cutoff_hz / (np.sqrt(2) - 1) ** 0.25
    return np.asarray(butter(2, min(corrected_hz, 0.45 * rate_hz), fs=rate_hz, output="sos"))


def derivative(signal: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return the time derivative of (T, …) samples; NaN next to gaps."""
    return np.asarray(np.gradient(signal, axis=0) * rate_hz) if len(signal) > 1 else signal * np.nan


def sharp_derivative(signal: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return the time derivative of (T, …) samples from two neighbours on either side.

    The difference of one neighbour on either side is the mean of the derivative over two frames:
    at 30 frames per second that rounds corners more than the low-pass filter does, and halves
    what is left at 6 Hz by a quarter. The fourth-order difference keeps 0.93 of it, so that events
    lie where they lie at high rates. Noise grows as much as the signal does.
    """
    slope = derivative(signal, rate_hz)
    if len(signal) > 4:
        near, far = signal[3:-1] - signal[1:-3], signal[4:] - signal[:-4]
        wide = (8 * near - far) * rate_hz / 12
        slope[2:-2] = np.where(np.isfinite(wide), wide, slope[2:-2])
    return slope
