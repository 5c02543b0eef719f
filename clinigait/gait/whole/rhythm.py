"""Rhythm by time and frequency: what swings how fast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import Akima1DInterpolator
from scipy.special import fdtri

from clinigait.core import SIDES, Parameter, Side
from clinigait.gait.filtering import derivative
from clinigait.gait.symmetry import Absent
from clinigait.gait.trembling import trembling_ratio
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.wavelets import (
    LOWEST_HZ,
    Scalogram,
    cone_of_influence_s,
    scalogram,
)
from clinigait.gait.wavelets import dominant_frequency_hz as dominant_hz_of
from clinigait.gait.whole.shared import (
    UP,
    WholeWalk,
    absent,
    around,
    had,
    half_width,
    whole_walk,
)

#: The points have been filtered below this rate: faster sampling of them says nothing more.
_ENOUGH_HZ = 20.0
_N_FREQUENCIES = 24
#: From a little below the frequency of the strides.
_BELOW_STRIDES = 0.8
#: Relative standard uncertainty of a peak on the grid of frequencies (pure sines come out up to
#: 0.6 % too fast), and of one that is seen for so short a time that its wandering cannot be told
#: (inference).
_GRID_ERROR, _SHORT_ERROR = 0.006, 0.02
#: Frequencies within this factor belong to one peak.
_PEAK = 1.5
_WINDOW_S = 3.0
#: Frames that are lost for longer than this are not made up: trembling is as short.
_MAX_GAP_S = 0.1
_SAME_TIME_S = 1e-6
#: Windows begin so far apart.
_WINDOW_STEP_S = 0.25
#: Windows whose acceleration is smaller, in body heights per s², are standing.
_STANDING_BHPS2 = 0.3
#: Independent values of the two bands in a window: twice bandwidth times time, less the taper's.
_TREMBLING_FREEDOM, _STEPPING_FREEDOM = 20, 10
#: Variance of the third differences of white noise over its own.
_THIRD_DIFFERENCES = 20
#: A share of the ratio that noise has made: told from here on, and too much for any ratio.
_MUCH_NOISE, _TOO_MUCH_NOISE = 0.1, 0.5


def dominant_frequency_hz(walked: WalkedBouts) -> Parameter:
    """Frequency at which the pelvis goes up and down."""
    name, walk = "dominant_frequency_hz", whole_walk(walked)
    longest = max(walk.bouts, key=lambda bout: bout.end_s - bout.start_s)
    even = walk.scene.even
    inside = even.between(longest.start_s, longest.end_s)
    speed = derivative(walk.pelvis(UP)[inside], even.rate_hz)
    step = max(int(even.rate_hz // _ENOUGH_HZ), 1)
    low_hz = max(LOWEST_HZ, _BELOW_STRIDES / walk.stride_time_s)
    picture = scalogram(
        speed[::step],
        even.rate_hz / step,
        low_hz=low_hz,
        high_hz=walk.max_hz,
        n_frequencies=_N_FREQUENCIES,
    )
    if isinstance(picture, Absent):
        return absent(name, picture)
    value = dominant_hz_of(picture, *picture.frequency_hz[[0, -1]])
    if isinstance(value, Absent):
        return absent(name, value)
    n = int((longest.end_s - longest.start_s) / walk.stride_time_s)
    return had(name, value, around(value, _wandering_hz(picture, value), 0.0), n)


def _wandering_hz(picture: Scalogram, dominant_hz: float) -> float:
    """Return half of the interval, by how the frequency wanders over time."""
    near = np.abs(np.log(picture.frequency_hz / dominant_hz)) < np.log(_PEAK)
    seen = picture.trusted[near].all(axis=0)
    power = picture.amplitude[near][:, seen] ** 2
    frame_s = float(picture.time_s[1] - picture.time_s[0])
    # Wavelets overlap: so many of them see different parts of the walk.
    n = int(power.shape[1] * frame_s / (2 * float(cone_of_influence_s(dominant_hz))))
    if n < 2:
        return 1.96 * _SHORT_ERROR * dominant_hz
    centre_hz = (picture.frequency_hz[near, None] * power).sum(axis=0) / power.sum(axis=0)
    random = half_width(float(centre_hz.std(ddof=1)) / np.sqrt(n), n - 1)
    return float(np.hypot(random, 1.96 * _GRID_ERROR * dominant_hz))


def trembling(walked: WalkedBouts) -> Parameter:
    """Fast against slow movement of the ankles, from unfiltered points."""
    name, walk = "trembling_ratio", whole_walk(walked)
    heights = [raw_places(walk, "ankle", side)[-1] for side in SIDES]
    found = [_ratios(walk, height) for height in heights]
    known = [ratios for ratios in found if not isinstance(ratios, Absent)]
    if not known:
        return absent(name, next(why for why in found if isinstance(why, Absent)))
    ratios = np.concatenate(known)
    value = float(np.median(ratios))
    noise = _noise_ratio(walk, heights, value)
    if noise > _TOO_MUCH_NOISE * value:
        share = min(100 * noise / value, 100)
        return absent(name, Absent(f"noise of the keypoints makes about {share:.0f} % of it"))
    seen_s = sum(_WINDOW_STEP_S * (len(own) - 1) + _WINDOW_S for own in known)
    freedom = np.array([_TREMBLING_FREEDOM, _STEPPING_FREEDOM]) * seen_s / _WINDOW_S
    low, high = value / fdtri(*freedom, [0.975, 0.025])
    cautions = [f"highest window {ratios.max():.2f}"]
    if noise > _MUCH_NOISE * value:
        cautions.append(f"noise of the keypoints makes about {noise:.2f} of it")
    n = int(seen_s / len(known) / walk.stride_time_s)
    return had(name, value, (max(float(low) - noise, 0.0), float(high)), n, cautions)


def _ratios(walk: WholeWalk, height: NDArray[np.float64]) -> NDArray[np.float64] | Absent:
    """Return the ratio of every usable window of an ankle within the bouts."""
    even = walk.scene.even
    why, ratios = Absent("no bout of walking is long enough"), []
    for bout in walk.bouts:
        found = trembling_ratio(
            height[even.between(bout.start_s, bout.end_s)],
            even.rate_hz,
            window_s=_WINDOW_S,
            least_acceleration=_STANDING_BHPS2,
        )
        if isinstance(found, Absent):
            why = found
        else:
            ratios.append(found.ratio[found.usable])
    return np.concatenate(ratios) if ratios else why


def _noise_ratio(walk: WholeWalk, heights: list[NDArray[np.float64]], value: float) -> float:
    """Return what noise of the keypoints makes of the ratio: what as much noise again adds."""
    rng = np.random.default_rng(0)
    more = []
    for height in heights:
        jerks = np.abs(np.diff(height, 3))
        jerks = jerks[np.isfinite(jerks)]
        if not len(jerks):
            continue
        # A standing foot is still for most of the time: the median jerk is that of the noise.
        noise = 1.4826 * float(np.median(jerks)) / np.sqrt(_THIRD_DIFFERENCES)
        found = _ratios(walk, height + rng.normal(0.0, noise, len(height)))
        more += [] if isinstance(found, Absent) else [float(np.median(found))]
    return max(float(np.mean(more)) - value, 0.0) if more else 0.0


def raw_places(walk: WholeWalk, point: str, side: Side) -> list[NDArray[np.float64]]:
    """Return (T,) places of a point along each axis in body heights, unfiltered, evenly spaced.

    NaN where it is lost for longer than a tenth of a second. The last axis is up.
    """
    scene = walk.scene
    recorded, even_s = scene.walk, scene.even.time_s
    unseen = [np.full(len(even_s), np.nan)] * len(scene.axes)
    if f"{side}_{point}" not in recorded.layout:
        return unseen
    places = recorded.keypoints[:, recorded.layout.index(point, side)] @ scene.axes.T
    seen = np.isfinite(places).all(axis=1)
    if seen.sum() < 4:
        return unseen
    seen_s = recorded.time_s[seen]
    wanted_s = np.clip(even_s, seen_s[0], seen_s[-1])
    samples = Akima1DInterpolator(seen_s, places[seen], method="makima")(wanted_s)
    after = np.clip(np.searchsorted(seen_s, wanted_s), 1, len(seen_s) - 1)
    gap_s = seen_s[after] - seen_s[after - 1]
    lost = (np.abs(wanted_s - even_s) > _SAME_TIME_S) | (gap_s > _MAX_GAP_S)
    return [np.where(lost, np.nan, own / scene.height) for own in samples.T]
