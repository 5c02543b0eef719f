"""Fast trembling of the legs against their stepping, as in freezing of gait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clinigait.core import BadInputError
from clinigait.gait.regularity import even_signal
from clinigait.gait.symmetry import NEARLY_ZERO, Absent

Motion = Literal["acceleration", "speed", "position"]
#: Differences that make each of them an acceleration.
_ORDER: dict[Motion, int] = {"acceleration": 0, "speed": 1, "position": 2}

#: Stepping and trembling (Moore 2008).
STEPPING_HZ = (0.5, 3.0)
TREMBLING_HZ = (3.0, 8.0)
#: The rate below which the upper band is not seen, and the share of the rate that can be trusted.
LOWEST_RATE_HZ = 25.0
_WINDOW_RANGE_S = (2.0, 4.0)
_STEP_S = 0.25
#: Stepping power up to this share of all power is what arithmetic leaves of none.
_NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class Trembling:
    """Trembling against stepping, window by window.

    Parameters
    ----------
    time_s
        (W,) middles of the windows.
    ratio
        (W,) trembling ratio; NaN where ``usable`` is False.
    usable
        (W,) False for windows with a gap or with no movement.
    maximum, median
        Of the usable windows.
    n
        Number of usable windows. They overlap, so this is no number of independent values.
    """

    time_s: NDArray[np.float64]
    ratio: NDArray[np.float64]
    usable: NDArray[np.bool_]
    maximum: float
    median: float
    n: int


@dataclass(frozen=True)
class Episode:
    """A time in which the person hardly advances while a leg trembles.

    Parameters
    ----------
    start_s, end_s
        Its bounds.
    peak_ratio
        Highest trembling ratio within.
    mean_speed_mps
        Mean forward speed within, in the unit of the speed that was given.
    """

    start_s: float
    end_s: float
    peak_ratio: float
    mean_speed_mps: float


def trembling_ratio(
    signal: ArrayLike,
    rate_hz: float,
    *,
    motion: Motion = "position",
    max_hz: float = np.inf,
    window_s: float = 3.0,
    least_acceleration: float = NEARLY_ZERO,
    start_s: float = 0.0,
) -> Trembling | Absent:
    """Return the power of a leg's acceleration at 3 to 8 Hz over that at 0.5 to 3 Hz.

    It is the freeze index of Moore 2008 (doi 10.1016/j.jneumeth.2007.08.023) in the form of Moore
    2013 (doi 10.1186/1743-0003-10-19), the ratio of the powers, not of their squares; another name
    because a leg seen by a camera is not an accelerometer on a shank, and no cut-off carries over.
    Positions and speeds become accelerations by differences between frames; what these take from
    fast movement is given back in the spectrum, so nothing is smoothed, and the noise of the
    points grows with the frequency. Each window has its mean removed and is tapered (Hann).

    Parameters
    ----------
    signal, rate_hz
        (T,) vertical movement of an ankle or a knee, NaN in gaps, and its rate. One component,
        with its sign: the magnitude of a speed swings twice as fast.
    motion
        What the signal is.
    max_hz
        Cut-off of the low-pass filter that the signal has been through; infinite for none.
    window_s
        Length of a window, 2 to 4 s; one begins every quarter of a second.
    least_acceleration
        Windows whose acceleration within both bands has a smaller root mean square than this, in
        the signal's unit, per s² where need be, are not used: noise has a ratio too.
    start_s
        Time of the first sample.

    Returns
    -------
    Trembling or Absent
        Absent below 25 frames/s, where the signal is filtered below 8 Hz, or where no window is
        usable.

    Raises
    ------
    BadInputError
        If the signal is no row of samples, or rate or window are impossible.
    """
    samples = even_signal(signal, rate_hz)
    if not _WINDOW_RANGE_S[0] <= window_s <= _WINDOW_RANGE_S[1]:
        raise BadInputError(f"A window of {window_s} s does not fit.", "Take 2 to 4 s.")
    problem = _too_slow(rate_hz, max_hz)
    if problem is not None:
        return problem
    size, step = round(window_s * rate_hz), round(_STEP_S * rate_hz)
    order = _ORDER[motion]
    accelerations = np.diff(samples, order) * rate_hz**order
    if len(accelerations) < size:
        return Absent(f"{len(samples) / rate_hz:.1f} s are shorter than a window of {window_s} s")
    windows = np.lib.stride_tricks.sliding_window_view(accelerations, size)[::step]
    middles = np.arange(len(windows), dtype=np.float64) * step + (size - 1 + order) / 2
    time_s = np.asarray(start_s + middles / rate_hz)
    stepping, trembling = _powers(windows, rate_hz, order)
    total = stepping + trembling
    usable = np.asarray((total > least_acceleration**2) & (stepping > _NOTHING * total))
    if not usable.any():
        return Absent("the leg is not seen moving for a whole window")
    ratio = np.full(len(windows), np.nan)
    ratio[usable] = trembling[usable] / stepping[usable]
    known = ratio[usable]
    return Trembling(
        time_s, ratio, usable, float(known.max()), float(np.median(known)), int(usable.sum())
    )


def _too_slow(rate_hz: float, max_hz: float) -> Absent | None:
    # The rate of a film is rarely the whole number that it is called by: 24.9 is 25.
    if rate_hz < 0.99 * LOWEST_RATE_HZ:
        return Absent(f"trembling of 3 to 8 Hz needs 25 frames/s, and the film has {rate_hz:.0f}")
    if max_hz < TREMBLING_HZ[1]:
        return Absent(f"the points were filtered at {max_hz:.0f} Hz, which takes trembling away")
    return None


def _powers(
    windows: NDArray[np.float64], rate_hz: float, order: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean square acceleration of (W, N) windows in both bands; 0 with a gap."""
    size = windows.shape[1]
    whole = np.isfinite(windows).all(axis=1, keepdims=True)
    seen = np.where(whole, windows, 0.0)
    taper = np.hanning(size + 1)[:-1]
    # Zeros on the end make the grid fine enough to cut the bands where they should be.
    n_fine = 8 * size
    swings = (seen - seen.mean(axis=1, keepdims=True)) * taper
    density = 2 * np.abs(np.fft.rfft(swings, n_fine, axis=1)) ** 2 / (n_fine * (taper**2).sum())
    frequency_hz = np.fft.rfftfreq(n_fine, 1 / rate_hz)
    density /= np.sinc(frequency_hz / rate_hz) ** (2 * order)

    def within(band_hz: tuple[float, float]) -> NDArray[np.float64]:
        inside = (frequency_hz >= band_hz[0]) & (frequency_hz < band_hz[1])
        return np.asarray(density[:, inside].sum(axis=1))

    return within(STEPPING_HZ), within(TREMBLING_HZ)


def candidate_episodes(
    trembling: Trembling,
    forward_speed_mps: ArrayLike,
    rate_hz: float,
    *,
    threshold: float,
    slow_share: float = 0.3,
    least_s: float = 1.0,
    start_s: float = 0.0,
) -> tuple[Episode, ...] | Absent:
    """Return the times that a clinician should look at for freezing.

    Frames count where the pelvis, averaged over one second, advances at less than ``slow_share``
    of the median of the walk, while the ratio of the nearest window exceeds ``threshold``. These
    are candidates, not freezing: a person who stands and taps a foot looks the same.

    Parameters
    ----------
    trembling
        Of one leg.
    forward_speed_mps, rate_hz
        (T,) speed of the pelvis along the walkway, positive forwards, NaN in gaps, and its rate.
        Any unit of length will do.
    threshold
        Ratio to exceed. It differs from person to person; there is no value for all.
    slow_share, least_s
        Share of the median speed, and shortest time to report.
    start_s
        Time of the first sample of the speed, on the clock of ``trembling``.

    Returns
    -------
    tuple of Episode, or Absent
        In order of time; empty where there is none. Absent where the speed is not seen or the
        person does not walk forwards half of the time: there is no usual speed to compare with.

    Raises
    ------
    BadInputError
        If the speed is no row of samples, or rate, threshold or shares are impossible.
    """
    speed = even_signal(forward_speed_mps, rate_hz)
    if not (threshold > 0 and 0 < slow_share < 1 and least_s >= 0):
        raise BadInputError(
            "Threshold and shares must be above zero.", "Give a ratio, a share below 1 and seconds."
        )
    smooth = _second_means(speed, rate_hz)
    if not np.isfinite(smooth).any():
        return Absent("the forward speed of the pelvis is not seen")
    usual = float(np.nanmedian(smooth))
    if usual <= NEARLY_ZERO:
        return Absent("the person does not walk forwards for half of the time")
    time_s = start_s + np.arange(len(speed)) / rate_hz
    ratio = _at_frames(trembling, time_s)
    with np.errstate(invalid="ignore"):
        candidate = (smooth < slow_share * usual) & (ratio > threshold)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], candidate, [False]]).astype(int)))
    return tuple(
        Episode(
            float(time_s[first]),
            float(time_s[end - 1]),
            float(ratio[first:end].max()),
            float(smooth[first:end].mean()),
        )
        for first, end in edges.reshape(-1, 2)
        if (end - first) / rate_hz >= least_s
    )


def _second_means(speed: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Return the mean of the seen samples within half a second; NaN where the frame is unseen."""
    seen = np.isfinite(speed)
    half = max(round(rate_hz / 2), 1)
    sums = np.concatenate([[0.0], np.cumsum(np.where(seen, speed, 0.0))])
    counts = np.concatenate([[0], np.cumsum(seen)])
    index = np.arange(len(speed))
    first, end = np.maximum(index - half, 0), np.minimum(index + half + 1, len(speed))
    means = (sums[end] - sums[first]) / np.maximum(counts[end] - counts[first], 1)
    return np.asarray(np.where(seen, means, np.nan))


def _at_frames(trembling: Trembling, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ratio of the window whose middle is nearest to each frame."""
    middles = trembling.time_s
    after = np.searchsorted(middles, time_s)
    before = np.clip(after - 1, 0, len(middles) - 1)
    after = np.clip(after, 0, len(middles) - 1)
    is_before = np.abs(time_s - middles[before]) <= np.abs(middles[after] - time_s)
    return np.asarray(trembling.ratio[np.where(is_before, before, after)])
