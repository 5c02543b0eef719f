"""Initial contacts and foot offs, by two independent methods.

*Coordinate* (Zeni 2008, doi 10.1016/j.gaitpost.2007.07.007): where the heel is farthest ahead
of the pelvis it lands; where the toe is farthest behind the pelvis it leaves. Needs no fixed
camera. *Velocity* (thresholds of Bonci 2022, doi 10.3389/fbioe.2022.868928): the foot swings
while it moves faster than the body; it has landed when its heel is slower than half the walking
speed, and has left when its toe is faster than 0.8 of it. Needs a fixed camera, and knows
nothing of the pelvis. Where both see an event, their agreement gives it its confidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from clinigait.core import SIDES, Bout, Event, EventKind, Side
from clinigait.gait.bouts import finite_stretches
from clinigait.gait.filtering import EvenWalk, derivative

COORDINATE = "coordinate"
VELOCITY = "velocity"

#: A peak stands out by this fraction of the signal's range.
_PROMINENCE = 0.25
#: Two events of one kind and foot are at least this fraction of a stride apart.
_MIN_SPACING = 0.4
_STRIDE_RANGE_S = (0.5, 3.0)
#: Times by the two methods belong to one event up to this distance.
_MATCH_S = 0.15
#: Half-width of confidence: at this distance an event is half believed.
_HALF_BELIEF_S = 0.08
#: Confidence of an event that one method alone saw.
_ALONE = 0.4
_IC_SPEED = 0.5
_FO_SPEED = 0.8
_SWING_SPEED = 1.3


@dataclass(frozen=True, eq=False)
class FootSignals:
    """One foot in one bout, in walking direction.

    Parameters
    ----------
    time_s
        (T,) times.
    heel_ahead, toe_ahead
        (T,) heel and toe relative to the pelvis, forward positive, in pixels.
    heel_speed, toe_speed
        (T,) forward speed over the ground as a multiple of the walking speed.
    confidence
        (T,) confidence of the foot's points.
    """

    time_s: NDArray[np.float64]
    heel_ahead: NDArray[np.float64]
    toe_ahead: NDArray[np.float64]
    heel_speed: NDArray[np.float64]
    toe_speed: NDArray[np.float64]
    confidence: NDArray[np.float64]


def foot_signals(even: EvenWalk, bout: Bout, side: Side) -> FootSignals:
    """Cut out what the detectors look at; without heel and toe the ankle stands for both."""
    inside = even.between(bout.start_s, bout.end_s)
    forward = 1.0 if bout.direction == "right" else -1.0
    has_feet = "left_heel" in even.layout and "left_toe" in even.layout
    heel, toe = ("heel", "toe") if has_feet else ("ankle", "ankle")
    pelvis = forward * even.middle("hip")[inside, 0]
    heel_x = forward * even.point(heel, side)[inside, 0]
    toe_x = forward * even.point(toe, side)[inside, 0]
    walking = float(np.nanmedian(derivative(pelvis, even.rate_hz)))
    indices = [even.layout.index(heel, side), even.layout.index(toe, side)]
    return FootSignals(
        time_s=even.time_s[inside],
        heel_ahead=heel_x - pelvis,
        toe_ahead=toe_x - pelvis,
        heel_speed=derivative(heel_x, even.rate_hz) / walking,
        toe_speed=derivative(toe_x, even.rate_hz) / walking,
        confidence=even.confidence[inside][:, indices].min(axis=1),
    )


def stride_period_s(even: EvenWalk, bout: Bout) -> float:
    """Estimate the stride period by the autocorrelation of the distance between the feet."""
    left, right = (foot_signals(even, bout, side).heel_ahead for side in SIDES)
    distance = left - right
    stretches = finite_stretches(distance)
    if not stretches:
        return 1.1
    longest = max(stretches, key=lambda s: s.stop - s.start)
    signal = distance[longest] - distance[longest].mean()
    correlation = np.correlate(signal, signal, "full")[len(signal) - 1 :]
    weight = np.arange(len(signal), 0, -1)
    correlation = correlation / weight
    low, high = (round(limit * even.rate_hz) for limit in _STRIDE_RANGE_S)
    peaks, _ = find_peaks(correlation[: min(high, int(0.8 * len(signal)))])
    peaks = peaks[(peaks >= low) & (correlation[peaks] > 0.3 * correlation[0])]
    return float(peaks[0] / even.rate_hz) if len(peaks) else 1.1


def by_coordinate(
    signals: FootSignals, kind: EventKind, period_s: float
) -> NDArray[np.float64]:
    """Return event times by the coordinate method, between samples."""
    signal = signals.heel_ahead if kind is EventKind.INITIAL_CONTACT else -signals.toe_ahead
    finite = signal[np.isfinite(signal)]
    if len(finite) < 5:
        return np.zeros(0)
    low, high = np.percentile(finite, [5, 95])
    rate_hz = 1 / float(np.median(np.diff(signals.time_s)))
    found: list[float] = []
    for stretch in finite_stretches(signal):
        part = signal[stretch]
        peaks, _ = find_peaks(
            part,
            prominence=_PROMINENCE * (high - low),
            distance=max(1, round(_MIN_SPACING * period_s * rate_hz)),
        )
        found += [float(signals.time_s[stretch.start] + _vertex(part, p) / rate_hz) for p in peaks]
    return np.array(found)


def by_velocity(
    signals: FootSignals, kind: EventKind, period_s: float
) -> NDArray[np.float64]:
    """Return event times by the velocity method, between samples."""
    is_contact = kind is EventKind.INITIAL_CONTACT
    speed = signals.heel_speed if is_contact else signals.toe_speed
    found: list[float] = []
    for start, end in _swings(signals.toe_speed, signals.time_s, period_s):
        if is_contact:
            crossing = _first_crossing(speed, end, _IC_SPEED, step=1)
        else:
            crossing = _first_crossing(speed, start, _FO_SPEED, step=-1)
        if crossing is not None:
            found.append(float(np.interp(crossing, np.arange(len(speed)), signals.time_s)))
    return np.array(found)


#: The methods by name; a new one is one function and one line.
DETECTORS: dict[str, Callable[[FootSignals, EventKind, float], NDArray[np.float64]]] = {
    COORDINATE: by_coordinate,
    VELOCITY: by_velocity,
}


def detect_events(even: EvenWalk, bout: Bout) -> tuple[Event, ...]:
    """Find the events of both feet in one bout, in order of time.

    The time of an event is the coordinate method's where that method saw it (the more accurate
    of the two on healthy and on clinical gait in published comparisons), else the velocity
    method's, moved by the usual distance of the two in this bout.
    """
    period_s = stride_period_s(even, bout)
    events: list[Event] = []
    for kind in EventKind:
        seen = {side: _matched(even, bout, side, kind, period_s) for side in SIDES}
        distances = [v - c for pairs in seen.values() for c, v, _ in pairs if _both(c, v)]
        usual_s = float(np.median(distances)) if distances else 0.0
        for side, pairs in seen.items():
            events += [_event(kind, side, c, v, trust, usual_s, even) for c, v, trust in pairs]
    return tuple(sorted(_plausible(events, period_s), key=lambda event: event.time_s))


def agreement_s(events: tuple[Event, ...]) -> float | None:
    """Return the median distance of the two methods after their usual offset is taken out."""
    residuals: list[float] = []
    for kind in EventKind:
        distances = [
            e.by_method[VELOCITY] - e.by_method[COORDINATE]
            for e in events
            if e.kind is kind and len(e.by_method) == len(DETECTORS)
        ]
        if distances:
            residuals += list(np.abs(np.array(distances) - np.median(distances)))
    return float(np.median(residuals)) if residuals else None


def _matched(
    even: EvenWalk, bout: Bout, side: Side, kind: EventKind, period_s: float
) -> list[tuple[float, float, float]]:
    """Pair the methods' times: (coordinate, velocity, keypoint confidence), NaN where unseen."""
    signals = foot_signals(even, bout, side)
    coordinate = DETECTORS[COORDINATE](signals, kind, period_s)
    velocity = DETECTORS[VELOCITY](signals, kind, period_s)
    pairs: list[tuple[float, float]] = []
    free = list(velocity)
    for time_s in coordinate:
        nearest = min(free, key=lambda other: abs(other - time_s), default=np.nan)
        if abs(nearest - time_s) <= _MATCH_S:
            free.remove(nearest)
            pairs.append((time_s, nearest))
        else:
            pairs.append((time_s, np.nan))
    pairs += [(np.nan, other) for other in free]
    return [(c, v, _trust(signals, v if np.isnan(c) else c)) for c, v in pairs]


def _trust(signals: FootSignals, time_s: float) -> float:
    near = np.abs(signals.time_s - time_s) <= 0.05
    return float(np.median(signals.confidence[near])) if near.any() else 0.0


def _both(coordinate: float, velocity: float) -> bool:
    return bool(np.isfinite(coordinate) and np.isfinite(velocity))


def _event(
    kind: EventKind,
    side: Side,
    coordinate: float,
    velocity: float,
    trust: float,
    usual_s: float,
    even: EvenWalk,
) -> Event:
    frame_s = 1 / even.rate_hz / np.sqrt(12)
    by_method = {COORDINATE: coordinate, VELOCITY: velocity}
    if _both(coordinate, velocity):
        miss_s = abs(velocity - coordinate - usual_s)
        belief = 1 / (1 + (miss_s / _HALF_BELIEF_S) ** 2)
        time_s, uncertainty_s = coordinate, np.hypot(frame_s, miss_s / np.sqrt(2))
    else:
        belief = _ALONE
        time_s = coordinate if np.isfinite(coordinate) else velocity - usual_s
        uncertainty_s = np.hypot(frame_s, _HALF_BELIEF_S / 2)
    return Event(
        kind=kind,
        side=side,
        time_s=float(time_s),
        uncertainty_s=float(uncertainty_s),
        confidence=float(belief * trust**0.5),
        by_method={name: float(t) for name, t in by_method.items() if np.isfinite(t)},
    )


def _plausible(events: list[Event], period_s: float) -> list[Event]:
    """Keep the better believed of two events of one kind and foot that are too close."""
    kept: list[Event] = []
    for event in sorted(events, key=lambda e: -e.confidence):
        rivals = [k for k in kept if k.kind is event.kind and k.side == event.side]
        if all(abs(k.time_s - event.time_s) >= _MIN_SPACING * period_s for k in rivals):
            kept.append(event)
    return kept


def _vertex(signal: NDArray[np.float64], peak: int) -> float:
    """Position of the maximum of the parabola through a peak and its neighbours."""
    before, top, after = signal[peak - 1], signal[peak], signal[peak + 1]
    bend = before - 2 * top + after
    return float(peak + (0.5 * (before - after) / bend if bend < 0 else 0.0))


def _swings(
    speed: NDArray[np.float64], time_s: NDArray[np.float64], period_s: float
) -> list[tuple[int, int]]:
    """Runs in which the toe clearly swings: first and last sample faster than 1.3 x walking."""
    fast = np.where(speed > _SWING_SPEED, 1.0, np.nan)
    runs = finite_stretches(fast)
    merged: list[tuple[int, int]] = []
    for run in runs:
        if merged and time_s[run.start] - time_s[merged[-1][1]] < 0.1 * period_s:
            merged[-1] = (merged[-1][0], run.stop - 1)
        else:
            merged.append((run.start, run.stop - 1))
    return [(a, b) for a, b in merged if time_s[b] - time_s[a] >= 0.1 * period_s]


def _first_crossing(
    speed: NDArray[np.float64], start: int, level: float, step: int
) -> float | None:
    """Walk from ``start`` in the direction of ``step`` to where the speed falls to ``level``."""
    index = start
    while 0 <= index + step < len(speed) and np.isfinite(speed[index + step]):
        if speed[index + step] <= level < speed[index]:
            share = (speed[index] - level) / (speed[index] - speed[index + step])
            return index + step * float(share)
        index += step
    return None
