"""Pictures of time and frequency: what swings how fast, when, in the longest bout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, TimeFrequency
from clinigait.gait.filtering import derivative
from clinigait.gait.symmetry import Absent
from clinigait.gait.values import ReportedSide
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.wavelets import scalogram
from clinigait.gait.whole.rhythm import raw_places
from clinigait.gait.whole.shared import WholeWalk, whole_walk

#: With one of these among its parameters a protocol asks for the pictures.
ASKED_BY = frozenset({"trembling_ratio", "tremor_band_ratio", "dominant_frequency_hz"})
#: Short walks: a wavelet of little reach.
_OMEGA0 = 3.0
_N_FREQUENCIES = 32
#: Columns of a picture: enough for its printed width.
_MOST_COLUMNS = 96
#: At the frequency of the strides so many of them have to be free of the ends' effect.
_FEWEST_STRIDES = 1.0
_DIGITS = 3


def time_frequency(walked: WalkedBouts) -> tuple[TimeFrequency, ...]:
    """Return the vertical speed of hips and ankles by time and frequency.

    Amplitudes are in body heights a second, of the points as they were recorded: a filter would
    hide what trembles. Transform and cone of influence: :mod:`clinigait.gait.wavelets`.

    Parameters
    ----------
    walked
        The bouts of the walk.

    Returns
    -------
    tuple of TimeFrequency
        Of the longest bout: the middle of the hips, left and right ankle. Empty where the bout is
        so short that its ends spoil the frequency of the strides; a point that is not seen
        throughout has no picture.
    """
    walk = whole_walk(walked)
    if not walk.bouts or not walk.used:
        return ()
    left, right = (raw_places(walk, "hip", side)[-1] for side in SIDES)
    heights: dict[tuple[str, ReportedSide], NDArray[np.float64]] = {
        ("hip", "both"): (left + right) / 2
    }
    for side in SIDES:
        heights["ankle", side] = raw_places(walk, "ankle", side)[-1]
    found = (_picture(walk, name, side, height) for (name, side), height in heights.items())
    return tuple(picture for picture in found if picture is not None)


def _picture(
    walk: WholeWalk, name: str, side: ReportedSide, height: NDArray[np.float64]
) -> TimeFrequency | None:
    even = walk.scene.even
    longest = max(walk.bouts, key=lambda bout: bout.end_s - bout.start_s)
    inside = even.between(longest.start_s, longest.end_s)
    seen = derivative(height[inside], even.rate_hz)
    whole = scalogram(
        seen, even.rate_hz, omega0=_OMEGA0, n_frequencies=_N_FREQUENCIES,
        start_s=float(even.time_s[inside][0]),
    )  # fmt: skip
    if isinstance(whole, Absent) or not np.isfinite(seen).all():
        return None
    stride = int(np.argmin(np.abs(np.log(whole.frequency_hz * walk.stride_time_s))))
    if whole.trusted[stride].sum() < _FEWEST_STRIDES * walk.stride_time_s * even.rate_hz:
        return None
    # What differences between frames take from fast movement is given back.
    speed = whole.amplitude / np.sinc(2 * whole.frequency_hz / even.rate_hz)[:, None]
    step = -(-len(whole.time_s) // _MOST_COLUMNS)
    return TimeFrequency(
        name,
        side,
        "BH/s",
        _rounded(whole.time_s[::step]),
        _rounded(whole.frequency_hz),
        tuple(_rounded(row) for row in speed[:, ::step]),
        tuple(_span_s(whole.time_s[own]) for own in whole.trusted),
    )


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), _DIGITS) for value in values)


def _span_s(times_s: NDArray[np.float64]) -> tuple[float, float] | None:
    return (round(float(times_s[0]), 3), round(float(times_s[-1]), 3)) if len(times_s) else None
