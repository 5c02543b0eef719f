"""Keypoints on an even clock: gaps closed, noise taken out, nothing delayed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import Akima1DInterpolator
from scipy.signal import butter, sosfiltfilt

from clinigait.core import KeypointLayout, Side, Walk

#: Gaps up to this length are closed by a spline; longer ones stay gaps.
MAX_GAP_S = 0.2
#: Cut-off of the low-pass filter, the usual one for gait kinematics.
CUTOFF_HZ = 6.0
#: No camera of interest is faster.
_MAX_RATE_HZ = 500.0
#: Shorter stretches between gaps cannot be filtered and are dropped.
MIN_STRETCH_S = 0.4


@dataclass(frozen=True, eq=False)
class EvenWalk:
    """A walk resampled to evenly spaced times, filtered, in the walk's own space.

    Parameters
    ----------
    time_s
        (T,) evenly spaced times on the recording's clock.
    rate_hz
        Their rate: the usual rate of the recording.
    points
        (T, K, 2) filtered positions, NaN in gaps.
    confidence
        (T, K) confidence of the nearest recorded frame, 0 in gaps.
    layout
        Names of the K points.
    """

    time_s: NDArray[np.float64]
    rate_hz: float
    points: NDArray[np.float64]
    confidence: NDArray[np.float64]
    layout: KeypointLayout

    def point(self, name: str, side: Side | None = None) -> NDArray[np.float64]:
        """Return the (T, 2) positions of a point."""
        return self.points[:, self.layout.index(name, side)]

    def middle(self, name: str) -> NDArray[np.float64]:
        """Return the (T, 2) positions half-way between the left and the right point."""
        return (self.point(name, "left") + self.point(name, "right")) / 2

    def nearest(self, time_s: float) -> int:
        """Return the index of the sample nearest to a time."""
        index = round((time_s - float(self.time_s[0])) * self.rate_hz)
        return min(max(index, 0), len(self.time_s) - 1)

    def cut(self, start_s: float, end_s: float) -> EvenWalk:
        """Return the part from ``start_s`` to ``end_s``, both included."""
        inside = self.between(start_s, end_s)
        return replace(
            self,
            time_s=self.time_s[inside],
            points=self.points[inside],
            confidence=self.confidence[inside],
        )

    def between(self, start_s: float, end_s: float) -> slice:
        """Return the samples from ``start_s`` to ``end_s``, both included."""
        first = int(np.searchsorted(self.time_s, start_s - 1e-9))
        last = int(np.searchsorted(self.time_s, end_s + 1e-9))
        return slice(first, last)


def mean_rate_hz(time_s: NDArray[np.float64]) -> float:
    """Return the frames per second that there really are; 0 for fewer than two."""
    return (len(time_s) - 1) / float(time_s[-1] - time_s[0]) if len(time_s) > 1 else 0.0


def even_rate_hz(time_s: NDArray[np.float64]) -> float:
    """Return the rate to resample to: the usual one, but never far above the mean.

    Frames that come in bursts have a tiny median interval and would ask for a huge signal.
    """
    usual_hz = 1 / float(np.median(np.diff(time_s)))
    return min(usual_hz, 2 * mean_rate_hz(time_s), _MAX_RATE_HZ)


def evened(walk: Walk) -> EvenWalk:
    """Resample a walk to even times by its presentation timestamps and low-pass filter it.

    Gaps of up to 0.2 s are closed by a modified Akima spline. The filter is a fourth-order
    Butterworth without phase shift at 6 Hz (second order, run forwards and backwards, with the
    cut-off corrected for the double pass).

    Parameters
    ----------
    walk
        At least two frames.
    """
    rate_hz = even_rate_hz(walk.time_s)
    n_samples = int(np.floor(walk.duration_s * rate_hz + 1e-6)) + 1
    time_s = walk.time_s[0] + np.arange(n_samples) / rate_hz
    n_points = len(walk.layout)
    points = np.full((n_samples, n_points, 2), np.nan)
    for point in range(n_points):
        points[:, point] = _evened_point(walk.time_s, walk.keypoints[:, point, :2], time_s, rate_hz)
    nearest = _nearest(walk.time_s, time_s)
    confidence = np.where(np.isfinite(points[:, :, 0]), walk.confidence[nearest], 0.0)
    return EvenWalk(time_s, rate_hz, points, confidence, walk.layout)


def _nearest(known_s: NDArray[np.float64], wanted_s: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the index of the known time nearest to each wanted one."""
    after = np.clip(np.searchsorted(known_s, wanted_s), 1, len(known_s) - 1)
    is_before = wanted_s - known_s[after - 1] < known_s[after] - wanted_s
    return np.asarray(after - is_before)


def _evened_point(
    known_s: NDArray[np.float64],
    positions: NDArray[np.float64],
    time_s: NDArray[np.float64],
    rate_hz: float,
) -> NDArray[np.float64]:
    result = np.full((len(time_s), 2), np.nan)
    seen = np.isfinite(positions).all(axis=1)
    seen_s, positions = known_s[seen], positions[seen]
    breaks = np.flatnonzero(np.diff(seen_s) > MAX_GAP_S + 0.5 / rate_hz) + 1
    bounds = [0, *breaks.tolist(), len(seen_s)]
    for start, end in pairwise(bounds):
        if end - start < 4 or seen_s[end - 1] - seen_s[start] < MIN_STRETCH_S:
            continue
        stretch_s = seen_s[start:end]
        inside = (time_s >= stretch_s[0] - 1e-9) & (time_s <= stretch_s[-1] + 1e-9)
        spline = Akima1DInterpolator(stretch_s, positions[start:end], method="makima")
        samples = spline(np.clip(time_s[inside], stretch_s[0], stretch_s[-1]))
        result[inside] = low_passed(samples, rate_hz)
    return result


def low_passed(
    signal: NDArray[np.float64], rate_hz: float, cutoff_hz: float = CUTOFF_HZ
) -> NDArray[np.float64]:
    """Low-pass filter (T, …) samples without phase shift; short signals come back as they are."""
    # Two passes of a second-order filter lower its cut-off by this factor (Winter 2009, 2.2.4.4).
    corrected_hz = cutoff_hz / (np.sqrt(2) - 1) ** 0.25
    sections = butter(2, min(corrected_hz, 0.45 * rate_hz), fs=rate_hz, output="sos")
    pad = round(rate_hz / 2)
    if len(signal) <= 6:
        return signal
    filtered = sosfiltfilt(sections, signal, axis=0, padlen=min(pad, len(signal) - 1))
    return np.asarray(filtered)


def derivative(signal: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return the time derivative of (T, …) samples; NaN next to gaps."""
    return np.asarray(np.gradient(signal, axis=0) * rate_hz) if len(signal) > 1 else signal * np.nan
