"""Trembling of the hands: whether their movement has a rhythm of 4 to 6 Hz."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Parameter, Side
from clinigait.gait.symmetry import Absent
from clinigait.gait.trembling import LOWEST_RATE_HZ
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.wavelets import Scalogram, band_power, scalogram
from clinigait.gait.whole.rhythm import raw_places
from clinigait.gait.whole.shared import WholeWalk, absent, had, whole_walk

#: The band of a tremor of Parkinson's disease at rest (Deuschl 1998), and its neighbours.
TREMOR_HZ, BELOW_HZ, ABOVE_HZ = (4.0, 6.0), (3.0, 4.0), (6.0, 8.0)
#: Narrow in frequency: one band must not show in the other.
_OMEGA0 = 6.0
_N_FREQUENCIES = 24
#: In less time chance alone makes a ratio of 2.
_FEWEST_S = 2.0
_NOT_SEEN = Absent("neither wrist is seen without a gap for long enough")


def tremor_band(walked: WalkedBouts) -> Parameter:
    """Movement of the wrists at 4 to 6 Hz against that around, from unfiltered points."""
    name, walk = "tremor_band_ratio", whole_walk(walked)
    even = walk.scene.even
    # The rate of a film is rarely the whole number that it is called by: 24.9 is 25.
    if even.rate_hz < 0.99 * LOWEST_RATE_HZ:
        why = f"a tremor of 4 to 6 Hz needs 25 frames/s, and the film has {even.rate_hz:.0f}"
        return absent(name, Absent(why))
    found = [_peak(walk, side) for side in SIDES]
    known = [peak for peak in found if not isinstance(peak, Absent)]
    if not known:
        return absent(name, next((why for why in found if isinstance(why, Absent)), _NOT_SEEN))
    value, seen_s = max(known)
    half = 1.96 * _spread_of_log(seen_s)
    bounds = (float(value * np.exp(-half)), float(value * np.exp(half)))
    return had(name, value, bounds, int(seen_s / walk.stride_time_s))


def _peak(walk: WholeWalk, side: Side) -> tuple[float, float] | Absent:
    """Return the ratio of one wrist in the longest bout, and the seconds behind it."""
    even = walk.scene.even
    longest = max(walk.bouts, key=lambda bout: bout.end_s - bout.start_s)
    inside = even.between(longest.start_s, longest.end_s)
    powers, seen_s = np.zeros(3), np.inf
    for place in raw_places(walk, "wrist", side):
        picture = _speeds(place[inside], even.rate_hz)
        if isinstance(picture, Absent):
            return picture
        for number, band_hz in enumerate((BELOW_HZ, TREMOR_HZ, ABOVE_HZ)):
            power = band_power(picture, *band_hz)
            if isinstance(power, Absent):
                return power
            powers[number] += power / (band_hz[1] - band_hz[0])
        seen_s = min(seen_s, float(picture.trusted[0].sum() / even.rate_hz))
    if seen_s < _FEWEST_S:
        return Absent(
            f"only {seen_s:.1f} s of the wrist's movement are free of the ends' effect: "
            f"{_FEWEST_S:.0f} s are needed, film a longer way"
        )
    if powers.min() <= 0:
        return Absent("the wrist does not move")
    return float(powers[1] / np.sqrt(powers[0] * powers[2])), seen_s


def _speeds(place: NDArray[np.float64], rate_hz: float) -> Scalogram | Absent:
    picture = scalogram(
        place, rate_hz, omega0=_OMEGA0, low_hz=BELOW_HZ[0], high_hz=ABOVE_HZ[1],
        n_frequencies=_N_FREQUENCIES,
    )  # fmt: skip
    if isinstance(picture, Absent):
        return _NOT_SEEN
    to_speed = 2 * np.pi * picture.frequency_hz[:, None]
    return replace(picture, amplitude=picture.amplitude * to_speed)


def _spread_of_log(seen_s: float) -> float:
    """Return the standard deviation of the ratio's logarithm, for noise seen for so long.

    The mean power of a band has twice its width times the time as degrees of freedom.
    """
    variances = [1 / ((high - low) * seen_s) for low, high in (BELOW_HZ, TREMOR_HZ, ABOVE_HZ)]
    return float(np.sqrt(variances[1] + (variances[0] + variances[2]) / 4))
