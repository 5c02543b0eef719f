"""What the event detectors look at: one foot of one bout along the walker's axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from clinigait.core import SIDES, Side
from clinigait.gait.filtering import derivative
from clinigait.gait.oriented import (
    Oriented,
    ground_speed,
    heel_and_toe,
    leg_length,
    slope,
    walking_speed,
)
from clinigait.gait.runs import finite_stretches

_UP = 2
_STRIDE_RANGE_S = (0.5, 3.0)
_USUAL_STRIDE_S = 1.1
#: A point of a foot is about this low among its heights while it stands.
_STANDING_PERCENTILE = 5
#: The first peak of the autocorrelation that reaches this share of the highest is the stride.
_NEARLY_HIGHEST = 0.8


@dataclass(frozen=True, eq=False)
class FootSignals:
    """One foot in one bout.

    Parameters
    ----------
    time_s
        (T,) times.
    heel_ahead, toe_ahead
        (T,) heel and toe relative to the pelvis, forward positive, in units of the space; NaN
        where the camera does not see along the way.
    heel_speed, toe_speed
        (T,) forward speed over the ground as a multiple of the walking speed; NaN likewise.
    toe_pace
        (T,) speed of the toe forward and up, in the same multiples; NaN likewise.
    rise_speed
        (T,) upward speed of the foot's middle, in the unit of the speeds above, or in leg lengths
        per second where there are none.
    braking
        (T,) upward acceleration of the heel or the toe, whichever is nearer to its own height in
        standing, in units of the space.
    lift, knee_lift
        (T,) height of the foot's middle and of the knee under the pelvis, upwards positive, in
        leg lengths.
    shank_length
        (T,) length of the shank as it is seen, in leg lengths.
    knee_flexion_deg, shank_deg
        (T,) flexion of the knee, and angle of the shank ahead of the vertical; NaN in a front view.
    confidence
        (T,) confidence of the foot's points.
    """

    time_s: NDArray[np.float64]
    heel_ahead: NDArray[np.float64]
    toe_ahead: NDArray[np.float64]
    heel_speed: NDArray[np.float64]
    toe_speed: NDArray[np.float64]
    toe_pace: NDArray[np.float64]
    rise_speed: NDArray[np.float64]
    braking: NDArray[np.float64]
    lift: NDArray[np.float64]
    knee_lift: NDArray[np.float64]
    shank_length: NDArray[np.float64]
    knee_flexion_deg: NDArray[np.float64]
    shank_deg: NDArray[np.float64]
    confidence: NDArray[np.float64]

    @property
    def rate_hz(self) -> float:
        """Rate of the samples."""
        return (len(self.time_s) - 1) / float(self.time_s[-1] - self.time_s[0])


def foot_signals(part: Oriented) -> dict[Side, FootSignals]:
    """Compute the signals of both feet; without heel and toe the ankle stands for both."""
    walking = walking_speed(part) if part.sees_forward else np.nan
    walking = walking or np.nan  # nothing is a multiple of standing perfectly still
    leg = leg_length(part)
    return {side: _one_foot(part, side, walking, leg) for side in SIDES}


def _one_foot(part: Oriented, side: Side, walking: float, leg: float) -> FootSignals:
    heel, toe = heel_and_toe(part.layout)
    indices = [part.layout.index(heel, side), part.layout.index(toe, side)]
    height = part.points[:, indices, _UP].mean(axis=1)
    pelvis = part.middle("hip")[:, _UP]
    knee = part.up("knee", side) if f"{side}_knee" in part.layout else np.full(len(height), np.nan)
    knee_deg, shank_deg = _leg_angles(part, side)
    toe_speed = ground_speed(part, toe, side, walking) / walking
    return FootSignals(
        time_s=part.time_s,
        heel_ahead=part.ahead(heel, side),
        toe_ahead=part.ahead(toe, side),
        heel_speed=ground_speed(part, heel, side, walking) / walking,
        toe_speed=toe_speed,
        toe_pace=np.hypot(toe_speed, slope(part, part.up(toe, side)) / walking),
        rise_speed=slope(part, height) / (walking if part.sees_forward else leg),
        braking=_braking(part.up(heel, side), part.up(toe, side), part.rate_hz),
        lift=(height - pelvis) / leg,
        knee_lift=(knee - pelvis) / leg,
        shank_length=_shank_length(part, side) / leg,
        knee_flexion_deg=knee_deg,
        shank_deg=shank_deg,
        confidence=part.confidence[:, indices].min(axis=1),
    )


def _braking(
    heel: NDArray[np.float64], toe: NDArray[np.float64], rate_hz: float
) -> NDArray[np.float64]:
    of_heel, of_toe = (derivative(derivative(z, rate_hz), rate_hz) for z in (heel, toe))
    on_toe = toe - _standing(toe) < heel - _standing(heel)
    return np.where(on_toe, of_toe, of_heel)


def _standing(height: NDArray[np.float64]) -> float:
    known = height[np.isfinite(height)]
    return float(np.percentile(known, _STANDING_PERCENTILE)) if len(known) else np.nan


def _shank_length(part: Oriented, side: Side) -> NDArray[np.float64]:
    if f"{side}_knee" not in part.layout:
        return np.full(len(part.time_s), np.nan)
    shank = part.point("knee", side) - part.point("ankle", side)
    known = [axis for axis in range(3) if np.isfinite(shank[:, axis]).any()]
    return np.asarray(np.linalg.norm(shank[:, known], axis=1))


def _leg_angles(part: Oriented, side: Side) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not part.sees_forward or f"{side}_knee" not in part.layout:
        unknown = np.full(len(part.time_s), np.nan)
        return unknown, unknown
    hip, knee, ankle = (part.point(p, side)[:, [0, _UP]] for p in ("hip", "knee", "ankle"))
    thigh, shank = knee - hip, ankle - knee
    thigh_deg, shank_deg = (np.degrees(np.arctan2(x[:, 0], -x[:, 1])) for x in (thigh, shank))
    return thigh_deg - shank_deg, shank_deg


def stride_period_s(feet: dict[Side, FootSignals]) -> float:
    """Estimate the stride period by the autocorrelation of the distance between the feet."""
    left, right = feet["left"], feet["right"]
    distance = left.heel_ahead - right.heel_ahead
    if not np.isfinite(distance).any():
        distance = left.lift - right.lift
    stretches = finite_stretches(distance)
    if not stretches:
        return _USUAL_STRIDE_S
    longest = max(stretches, key=lambda s: s.stop - s.start)
    signal = distance[longest] - distance[longest].mean()
    power = np.abs(np.fft.rfft(signal, 2 * len(signal))) ** 2
    correlation = np.fft.irfft(power)[: len(signal)] / np.arange(len(signal), 0, -1)
    low, high = (round(limit * left.rate_hz) for limit in _STRIDE_RANGE_S)
    peaks, _ = find_peaks(correlation[: min(high, int(0.8 * len(signal)))])
    peaks = peaks[(peaks >= low) & (correlation[peaks] > 0.3 * correlation[0])]
    if not len(peaks):
        return _USUAL_STRIDE_S
    high_enough = peaks[correlation[peaks] >= _NEARLY_HIGHEST * correlation[peaks].max()]
    return float(high_enough[0] / left.rate_hz)
