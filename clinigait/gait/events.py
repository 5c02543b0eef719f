"""Initial contacts and foot offs, by two independent methods.

*Velocity* gives the time. A foot swings while it moves faster than the body; its heel has landed
when its forward speed falls through 0.3 of the walking speed, and it leaves the floor when its
middle moves upwards fastest (O'Connor 2007, doi 10.1016/j.gaitpost.2006.05.016). Why 0.3: just
before contact a heel still moves at 0.6 of the walking speed (Winter 1992, 0.87 m/s at natural
cadence, doi 10.1093/ptj/72.1.45) and just after it stands; a low-pass filter without phase shift
turns such a drop into a slope that passes half its height at the true instant.

*Coordinate* (Zeni 2008, doi 10.1016/j.gaitpost.2007.07.007) confirms it: the heel is farthest
ahead of the pelvis near contact, the toe farthest behind it near foot off. It needs no fixed
camera, but a foot that is drawn back before it lands makes it early. The usual offset of the two
in a bout is taken out; what then is left of their difference says how sure an event is.
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
_MATCH_S = 0.2
#: Half-width of confidence: at this distance an event is half believed.
_HALF_BELIEF_S = 0.08
#: Confidence of an event that one method alone saw.
_ALONE = 0.4
#: So many events of one side give that side its own usual offset.
_OWN_OFFSET = 3
_CONTACT_SPEED = 0.3
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
    rise_speed
        (T,) upward speed of the foot's middle as a multiple of the walking speed.
    confidence
        (T,) confidence of the foot's points.
    """

    time_s: NDArray[np.float64]
    heel_ahead: NDArray[np.float64]
    toe_ahead: NDArray[np.float64]
    heel_speed: NDArray[np.float64]
    toe_speed: NDArray[np.float64]
    rise_speed: NDArray[np.float64]
    confidence: NDArray[np.float64]


def foot_signals(even: EvenWalk, bout: Bout, side: Side) -> FootSignals:
    """Cut out what the detectors look at; without heel and toe the ankle stands for both."""
    part, forward = even.cut(bout.start_s, bout.end_s), bout.forward
    has_feet = "left_heel" in even.layout and "left_toe" in even.layout
    heel, toe = ("heel", "toe") if has_feet else ("ankle", "ankle")
    pelvis = forward * part.middle("hip")[:, 0]
    heel_x = forward * part.point(heel, side)[:, 0]
    toe_x = forward * part.point(toe, side)[:, 0]
    walking = float(np.nanmedian(derivative(pelvis, even.rate_hz)))
    indices = [even.layout.index(heel, side), even.layout.index(toe, side)]
    return FootSignals(
        time_s=part.time_s,
        heel_ahead=heel_x - pelvis,
        toe_ahead=toe_x - pelvis,
        heel_speed=derivative(heel_x, even.rate_hz) / walking,
        toe_speed=derivative(toe_x, even.rate_hz) / walking,
        rise_speed=-derivative(part.points[:, indices, 1].mean(axis=1), even.rate_hz) / walking,
        confidence=part.confidence[:, indices].min(axis=1),
    )


def stride_period_s(feet: dict[Side, FootSignals], rate_hz: float) -> float:
    """Estimate the stride period by the autocorrelation of the distance between the feet."""
    distance = feet["left"].heel_ahead - feet["right"].heel_ahead
    stretches = finite_stretches(distance)
    if not stretches:
        return 1.1
    longest = max(stretches, key=lambda s: s.stop - s.start)
    signal = distance[longest] - distance[longest].mean()
    correlation = np.correlate(signal, signal, "full")[len(signal) - 1 :]
    weight = np.arange(len(signal), 0, -1)
    correlation = correlation / weight
    low, high = (round(limit * rate_hz) for limit in _STRIDE_RANGE_S)
    peaks, _ = find_peaks(correlation[: min(high, int(0.8 * len(signal)))])
    peaks = peaks[(peaks >= low) & (correlation[peaks] > 0.3 * correlation[0])]
    return float(peaks[0] / rate_hz) if len(peaks) else 1.1


def by_coordinate(signals: FootSignals, kind: EventKind, period_s: float) -> NDArray[np.float64]:
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


def by_velocity(signals: FootSignals, kind: EventKind, period_s: float) -> NDArray[np.float64]:
    """Return event times by the velocity method, between samples."""
    samples = np.arange(len(signals.time_s))
    found: list[float] = []
    for start, end in _swings(signals.toe_speed, signals.time_s, period_s):
        if kind is EventKind.INITIAL_CONTACT:
            sample = _falls_to(signals.heel_speed, end, _CONTACT_SPEED)
        else:
            sample = _fastest_rise(signals, start, end, period_s)
        if sample is not None:
            found.append(float(np.interp(sample, samples, signals.time_s)))
    return np.array(found)


#: The methods by name; a new one is one function and one line.
DETECTORS: dict[str, Callable[[FootSignals, EventKind, float], NDArray[np.float64]]] = {
    COORDINATE: by_coordinate,
    VELOCITY: by_velocity,
}


def detect_events(even: EvenWalk, bout: Bout) -> tuple[Event, ...]:
    """Find the events of both feet in one bout, in order of time.

    Where both methods saw an event, its time is the mean of the velocity method's and the
    coordinate method's moved by their usual offset: on average the velocity method's time, with
    less noise. Where one saw it, it is that one's, moved likewise.
    """
    feet = {side: foot_signals(even, bout, side) for side in SIDES}
    period_s = stride_period_s(feet, even.rate_hz)
    events: list[Event] = []
    for kind in EventKind:
        seen = {side: _matched(signals, kind, period_s) for side, signals in feet.items()}
        usual_s = _usual_offsets_s(seen)
        for side, pairs in seen.items():
            events += [_event(kind, side, p, usual_s[side], even.rate_hz) for p in pairs]
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


@dataclass(frozen=True)
class _Pair:
    """One event's times by the two methods, NaN where unseen, and its keypoints' confidence."""

    coordinate_s: float
    velocity_s: float
    trust: float

    @property
    def complete(self) -> bool:
        return bool(np.isfinite(self.coordinate_s + self.velocity_s))


def _matched(signals: FootSignals, kind: EventKind, period_s: float) -> list[_Pair]:
    """Pair the two methods' times of one kind of event of one foot."""
    times = {name: detect(signals, kind, period_s) for name, detect in DETECTORS.items()}
    pairs: list[tuple[float, float]] = []
    free = list(times[VELOCITY])
    for time_s in times[COORDINATE]:
        nearest = min(free, key=lambda other: abs(other - time_s), default=np.nan)
        if abs(nearest - time_s) <= _MATCH_S:
            free.remove(nearest)
            pairs.append((time_s, nearest))
        else:
            pairs.append((time_s, np.nan))
    pairs += [(np.nan, other) for other in free]
    return [_Pair(c, v, _trust(signals, c if np.isnan(v) else v)) for c, v in pairs]


def _usual_offsets_s(seen: dict[Side, list[_Pair]]) -> dict[Side, float]:
    """Median of velocity minus coordinate per side; of both sides where one has too few."""
    offsets = {
        side: [p.velocity_s - p.coordinate_s for p in pairs if p.complete]
        for side, pairs in seen.items()
    }
    pooled = [offset for values in offsets.values() for offset in values]
    common = float(np.median(pooled)) if pooled else 0.0
    return {
        side: float(np.median(values)) if len(values) >= _OWN_OFFSET else common
        for side, values in offsets.items()
    }


def _trust(signals: FootSignals, time_s: float) -> float:
    near = np.abs(signals.time_s - time_s) <= 0.05
    return float(np.median(signals.confidence[near])) if near.any() else 0.0


def _event(kind: EventKind, side: Side, pair: _Pair, usual_s: float, rate_hz: float) -> Event:
    frame_s = 1 / rate_hz / np.sqrt(12)
    moved_s = pair.coordinate_s + usual_s
    if pair.complete:
        miss_s = abs(pair.velocity_s - moved_s)
        belief = 1 / (1 + (miss_s / _HALF_BELIEF_S) ** 2)
        time_s = (pair.velocity_s + moved_s) / 2
        uncertainty_s = np.hypot(frame_s, miss_s / 2)
    else:
        belief = _ALONE
        time_s = moved_s if np.isnan(pair.velocity_s) else pair.velocity_s
        uncertainty_s = np.hypot(frame_s, _HALF_BELIEF_S / 2)
    by_method = {COORDINATE: pair.coordinate_s, VELOCITY: pair.velocity_s}
    return Event(
        kind=kind,
        side=side,
        time_s=float(time_s),
        uncertainty_s=float(uncertainty_s),
        confidence=float(belief * pair.trust**0.5),
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
    """Return first and last sample of the runs in which the toe is clearly swinging."""
    fast = np.where(speed > _SWING_SPEED, 1.0, np.nan)
    runs = finite_stretches(fast)
    merged: list[tuple[int, int]] = []
    for run in runs:
        if merged and time_s[run.start] - time_s[merged[-1][1]] < 0.1 * period_s:
            merged[-1] = (merged[-1][0], run.stop - 1)
        else:
            merged.append((run.start, run.stop - 1))
    return [(a, b) for a, b in merged if time_s[b] - time_s[a] >= 0.1 * period_s]


def _falls_to(speed: NDArray[np.float64], start: int, level: float) -> float | None:
    """Return where the speed first falls to ``level`` after ``start``, between samples."""
    for index in range(start, len(speed) - 1):
        if not np.isfinite(speed[index + 1]):
            return None
        if speed[index + 1] <= level < speed[index]:
            return index + float((speed[index] - level) / (speed[index] - speed[index + 1]))
    return None


def _fastest_rise(signals: FootSignals, start: int, end: int, period_s: float) -> float | None:
    """Return where the foot rises fastest around the beginning of a swing, between samples."""
    earliest_s = signals.time_s[start] - 0.2 * period_s
    first = int(np.searchsorted(signals.time_s, earliest_s))
    window = signals.rise_speed[first : (start + end) // 2 + 1]
    if len(window) < 3 or not np.isfinite(window).all():
        return None
    top = int(window.argmax())
    if top in (0, len(window) - 1):
        return None
    return first + _vertex(window, top)
