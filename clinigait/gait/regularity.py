"""How alike one step and one stride are to the next: autocorrelation and harmonics of the trunk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import make_interp_spline
from scipy.signal import savgol_coeffs, savgol_filter

from clinigait.core import BadInputError
from clinigait.gait.symmetry import Absent

Kind = Literal["acceleration", "position"]
Direction = Literal["vertical", "forward", "sideways"]

#: A signal is trusted up to this share of its rate: 0.8 of the Nyquist frequency.
USABLE_SHARE_OF_RATE = 0.4
#: Positions become accelerations through a quartic fitted to this much time around each sample
#: (Savitzky and Golay 1964). It keeps 60 to 70 % of what is at 1.5 over that time, which is 6 Hz.
_SMOOTHING_S = 0.25
_KEPT_CYCLES = 1.5
_MAX_HARMONICS = 20
_FEWEST_HARMONICS = 4
_FEWEST_STRIDES = 3
#: Below this the stride peak is lost among chance likeness, and nothing can be divided by it.
_LEAST_STRIDE_REGULARITY = 0.1
_NOTHING = 1e-9
#: Amplitudes below this share of the others are errors of the resampling.
_HIDDEN = 1e-4


@dataclass(frozen=True)
class Regularity:
    """How alike a walk is to itself one step and one stride later.

    Parameters
    ----------
    step, stride
        Autocorrelation at the step (Ad1) and at the stride (Ad2): 1 is perfectly regular, 0 has
        nothing in common. The unbiased estimate may exceed 1 a little.
    ratio
        Ad1 / Ad2: 1 is symmetric. Absent where the stride regularity is too low to divide by.
    step_time_s, stride_time_s, n_strides
        The lags of both, and the number of whole strides in the signal.
    """

    step: float
    stride: float
    ratio: float | Absent
    step_time_s: float
    stride_time_s: float
    n_strides: int


@dataclass(frozen=True)
class HarmonicRatio:
    """How much of the trunk's movement fits two equal steps.

    Parameters
    ----------
    ratio
        Mean over the strides of the sum of amplitudes that two equal steps make over the sum of
        those that they cannot make.
    standard_uncertainty
        Of that mean, from the spread of the strides; None for one stride.
    share_pct
        Power of the first kind in percent of all, 100 being perfect symmetry: the improved
        harmonic ratio of Pasciuto 2017 (J Biomech 53, 84), which has no denominator near zero.
    n, n_harmonics
        Strides and harmonics used. Ratios of different numbers of harmonics are not comparable.
    """

    ratio: float
    standard_uncertainty: float | None
    share_pct: float
    n: int
    n_harmonics: int


def even_signal(signal: ArrayLike, rate_hz: float) -> NDArray[np.float64]:
    """Return a signal as a new (T,) array, with NaN for every sample that is not finite.

    A signal of more dimensions, or a rate that is not above zero, is a bad input.
    """
    samples = np.array(signal, dtype=np.float64)
    if samples.ndim != 1:
        raise BadInputError(
            f"The signal has {samples.ndim} dimensions.", "Give one value per frame."
        )
    if not 0 < rate_hz < np.inf:
        raise BadInputError(f"A rate of {rate_hz} Hz is impossible.", "Give frames per second.")
    samples[~np.isfinite(samples)] = np.nan
    return samples


def over_strides(
    signal: ArrayLike,
    rate_hz: float,
    strides_s: ArrayLike,
    *,
    n_points: int,
    start_s: float = 0.0,
) -> NDArray[np.float64]:
    """Resample a signal to equally many points in every stride, by a cubic spline.

    Parameters
    ----------
    signal, rate_hz
        (T,) samples, NaN in gaps, and their rate.
    strides_s
        (N, 2) start and end of every stride; the end itself is not sampled.
    n_points
        Points a stride.
    start_s
        Time of the first sample.

    Returns
    -------
    ndarray
        (N, n_points); a row of NaN for a stride that is not seen throughout.

    Raises
    ------
    BadInputError
        If the strides are not pairs of a start and a later end.
    """
    samples = even_signal(signal, rate_hz)
    bounds = (_bounds(strides_s) - start_s) * rate_hz
    table = np.full((len(bounds), n_points), np.nan)
    seen = np.isfinite(samples)
    first = np.floor(bounds[:, 0] + 1e-6).astype(int)
    last = np.ceil(bounds[:, 1] - 1e-6).astype(int)
    whole = (first >= 0) & (last < len(samples))
    n_unseen = np.concatenate([[0], np.cumsum(~seen)])
    whole[whole] = n_unseen[last[whole] + 1] == n_unseen[first[whole]]
    if whole.any() and seen.sum() > 3:
        index = np.arange(len(samples))
        spline = make_interp_spline(index, np.interp(index, index[seen], samples[seen]), k=3)
        share = np.arange(n_points) / n_points
        start, end = bounds[whole, :1], bounds[whole, 1:]
        table[whole] = spline(start + (end - start) * share)
    return table


def _bounds(strides_s: ArrayLike) -> NDArray[np.float64]:
    bounds = np.asarray(strides_s, dtype=np.float64)
    if not bounds.size:
        return np.empty((0, 2))
    is_pairs = bounds.ndim == 2 and bounds.shape[1] == 2 and np.isfinite(bounds).all()
    if not is_pairs or (bounds[:, 1] <= bounds[:, 0]).any():
        raise BadInputError(
            "The strides are not pairs of a start and a later end.", "Give (N, 2) times in seconds."
        )
    return bounds


def step_regularity(
    signal: ArrayLike, rate_hz: float, stride_time_s: float, *, kind: Kind = "acceleration"
) -> Regularity | Absent:
    """Return step and stride regularity from the vertical or forward movement of the trunk.

    The unbiased autocorrelation, divided by its value without a lag, is read at its highest peak
    within 20 % of the given stride time (Ad2), and at the highest peak between 35 and 65 % of the
    lag of that (Ad1). Where a limp leaves no peak there, Ad1 is the value at half the stride.
    Pairs of samples with one in a gap are left out. Source: Moe-Nilssen and Helbostad 2004,
    doi 10.1016/S0021-9290(03)00233-1.

    Parameters
    ----------
    signal, rate_hz
        (T,) samples of one walk without turns, NaN in gaps, and their rate. The unit is free.
    stride_time_s
        Mean stride time, as the contacts give it.
    kind
        Positions are differentiated twice, by a quartic fitted to 0.25 s around each sample.

    Returns
    -------
    Regularity or Absent
        Absent where fewer than three strides are seen, the signal does not change, or does not
        repeat itself at the stride time.

    Raises
    ------
    BadInputError
        If the signal is no row of samples, or rate or stride time are not above zero.
    """
    if not 0 < stride_time_s < np.inf:
        raise BadInputError("A stride time must be above zero.", "Give it in seconds.")
    samples = _accelerations(even_signal(signal, rate_hz), rate_hz, kind)
    seen_s = float(np.isfinite(samples).sum()) / rate_hz
    n_strides = int(seen_s / stride_time_s + 1e-6)
    if n_strides < _FEWEST_STRIDES:
        return Absent(f"{seen_s:.1f} s of the trunk's movement are too short: 3 strides are needed")
    likeness = _autocorrelation(samples, round(1.3 * stride_time_s * rate_hz))
    if likeness is None:
        return Absent("the trunk does not move")
    lag = stride_time_s * rate_hz
    stride = _highest_peak(likeness, 0.8 * lag, 1.2 * lag)
    if stride is None:
        return Absent("the trunk's movement does not repeat itself at the stride time")
    half = stride[0] / 2
    step = _highest_peak(likeness, 0.7 * half, 1.3 * half)
    if step is None:
        step = half, float(np.interp(half, np.arange(len(likeness)), likeness))
    ratio: float | Absent = Absent("no stride is like the next, so the ratio says nothing")
    if stride[1] > _LEAST_STRIDE_REGULARITY:
        ratio = step[1] / stride[1]
    return Regularity(step[1], stride[1], ratio, step[0] / rate_hz, stride[0] / rate_hz, n_strides)


def _autocorrelation(samples: NDArray[np.float64], n_lags: int) -> NDArray[np.float64] | None:
    """Return the unbiased autocorrelation from lag 0 on; None for a signal that stands still."""
    seen = np.isfinite(samples)
    largest = float(np.abs(samples[seen]).max())
    centred = np.where(seen, samples - samples[seen].mean(), 0.0)
    if np.abs(centred).max() <= _NOTHING * largest:
        return None
    centred = centred / np.abs(centred).max()
    power = np.abs(np.fft.rfft([centred, seen], 2 * len(samples))) ** 2
    products, n_pairs = np.fft.irfft(power, 2 * len(samples))[:, : n_lags + 1]
    means = np.where(n_pairs > 1.5, products / np.maximum(n_pairs, 1), 0.0)
    return np.asarray(means / means[0])


def _highest_peak(
    likeness: NDArray[np.float64], low: float, high: float
) -> tuple[float, float] | None:
    """Return lag and height of the highest peak between two lags, by a parabola; None for none."""
    lags = np.arange(max(int(np.ceil(low)), 1), min(int(high), len(likeness) - 2) + 1)
    middle = likeness[lags]
    is_peak = (middle > likeness[lags - 1]) & (middle >= likeness[lags + 1])
    if not is_peak.any():
        return None
    lag = int(lags[is_peak][np.argmax(middle[is_peak])])
    before, at, after = likeness[lag - 1 : lag + 2]
    shift = 0.5 * (before - after) / (before - 2 * at + after)
    return float(lag + shift), float(at - 0.25 * (before - after) * shift)


def harmonic_ratio(
    signal: ArrayLike,
    rate_hz: float,
    strides_s: ArrayLike,
    *,
    direction: Direction,
    max_hz: float,
    kind: Kind = "acceleration",
    start_s: float = 0.0,
) -> HarmonicRatio | Absent:
    """Return the harmonic ratio of the trunk's movement, stride by stride.

    The discrete Fourier transform of each stride, resampled to a whole number of points, gives the
    amplitudes of the harmonics of the stride frequency. Vertical and forward: sum of the even ones
    over sum of the odd ones; sideways the other way about. The first 20 are used, or as many as
    lie below ``max_hz``, below 0.8 of the Nyquist frequency and, for positions, below about 6 Hz,
    in the shortest stride; always as many even as odd ones. Sources: Menz 2003,
    doi 10.1016/S0966-6362(02)00159-5; Bellanca 2013, doi 10.1016/j.jbiomech.2012.12.008.

    Parameters
    ----------
    signal, rate_hz
        (T,) samples, NaN in gaps, and their rate. The unit is free.
    strides_s
        (N, 2) start and end of every stride of one side.
    direction, max_hz
        Of the movement; cut-off of the low-pass filter that it has been through, or infinity.
    kind
        Positions are differentiated twice as in :func:`step_regularity`; what that takes from each
        harmonic is given back.
    start_s
        Time of the first sample.

    Returns
    -------
    HarmonicRatio or Absent
        Absent where no stride is seen throughout, fewer than four harmonics can be had, the trunk
        does not move, or the denominator vanishes.

    Raises
    ------
    BadInputError
        If signal, rate or strides are not of that kind.
    """
    samples = _accelerations(even_signal(signal, rate_hz), rate_hz, kind)
    bounds = _bounds(strides_s)
    duration_s = bounds[:, 1] - bounds[:, 0]
    n_points = int(np.ceil(rate_hz * duration_s.max(initial=0.0))) + 2 * _MAX_HARMONICS + 2
    table = over_strides(samples, rate_hz, bounds, n_points=n_points, start_s=start_s)
    seen = np.isfinite(table[:, 0])
    if not seen.any():
        return Absent("no stride of the trunk's movement is seen throughout")
    table, duration_s = table[seen], duration_s[seen]
    limit_hz = min(max_hz, USABLE_SHARE_OF_RATE * rate_hz)
    if kind == "position":
        limit_hz = min(limit_hz, _KEPT_CYCLES * rate_hz / _n_smoothed(rate_hz))
    n_harmonics = min(int(limit_hz * duration_s.min() + 1e-6), _MAX_HARMONICS) // 2 * 2
    if n_harmonics < _FEWEST_HARMONICS:
        return Absent(f"only {n_harmonics} harmonics lie below {limit_hz:.1f} Hz: 4 are needed")
    harmonics = np.arange(1, n_harmonics + 1)
    amplitude = np.abs(np.fft.rfft(table, axis=1)[:, harmonics]) / n_points
    if amplitude.sum(axis=1).min() <= _NOTHING * np.abs(table).max():
        return Absent("the trunk does not move")
    if kind == "position":
        amplitude /= _kept(harmonics / duration_s[:, None], rate_hz)
    return _ratio_of(amplitude, direction)


def _ratio_of(amplitude: NDArray[np.float64], direction: Direction) -> HarmonicRatio | Absent:
    odd, even = amplitude[:, 0::2], amplitude[:, 1::2]
    same, other = (odd, even) if direction == "sideways" else (even, odd)
    above, below = same.sum(axis=1), other.sum(axis=1)
    if (below <= _HIDDEN * above).any():
        return Absent("nothing is left to divide by: two equal steps would make all the movement")
    ratio = above / below
    share = (same**2).sum(axis=1) / (amplitude**2).sum(axis=1)
    n = len(ratio)
    error = float(ratio.std(ddof=1) / np.sqrt(n)) if n > 1 else None
    return HarmonicRatio(
        float(ratio.mean()), error, float(100 * share.mean()), n, amplitude.shape[1]
    )


def _n_smoothed(rate_hz: float) -> int:
    """Return the odd number of samples that the fitted quartic spans."""
    return max(2 * int(_SMOOTHING_S * rate_hz / 2) + 1, 7)


def _accelerations(samples: NDArray[np.float64], rate_hz: float, kind: Kind) -> NDArray[np.float64]:
    """Return accelerations, NaN next to gaps and ends where they had to be made from positions."""
    if kind == "acceleration":
        return samples
    window = _n_smoothed(rate_hz)
    if len(samples) < window:
        return np.full(len(samples), np.nan)
    step_s = 1 / rate_hz
    found = savgol_filter(samples, window, 4, 2, step_s, mode="constant", cval=np.nan)
    # What is left of a straight line is the rounding of its places, and no movement.
    largest = np.abs(samples[np.isfinite(samples)]).max(initial=0.0)
    return np.where(np.abs(found) <= _NOTHING * largest / _SMOOTHING_S**2, 0.0, found)


def _kept(frequency_hz: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return the share of the true acceleration that the differentiation keeps."""
    window = _n_smoothed(rate_hz)
    weights = savgol_coeffs(window, 4, deriv=2, delta=1 / rate_hz, use="dot")
    lag_s = (np.arange(window) - window // 2) / rate_hz
    waves = np.cos(2 * np.pi * frequency_hz[..., None] * lag_s)
    return np.asarray(-(waves @ weights) / (2 * np.pi * frequency_hz) ** 2)
