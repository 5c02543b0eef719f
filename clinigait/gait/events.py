"""Initial contacts and foot offs: two methods vote, their usual offset is taken out.

What is left of the difference of the two methods (:mod:`clinigait.gait.detectors`) says how sure
an event is. Where a layout has no feet, the ankle stands in and swing landmarks of the whole leg
steady its times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clinigait.core import SIDES, Event, EventKind, Side
from clinigait.gait.detectors import (
    CAPTURE_DETECTORS,
    DETECTORS,
    FRONT_DETECTORS,
    GUESSED_DETECTORS,
    MIN_SPACING,
    SPACE_DETECTORS,
    Detector,
)
from clinigait.gait.foot_signals import FootSignals, foot_signals, stride_period_s
from clinigait.gait.oriented import Oriented
from clinigait.gait.swings import steadied

#: Times by the two methods belong to one event up to this distance.
_MATCH_S = 0.2
#: Half-width of confidence: at this distance an event is half believed.
_HALF_BELIEF_S = 0.08
#: A guessed depth makes the confirming method unsteady, not the event unsure.
_HALF_BELIEF_GUESSED_S = 0.15
#: Confidence of an event that one method alone saw.
_ALONE = 0.4
#: So many events of one side give that side its own usual offset.
_OWN_OFFSET = 3
#: Three-dimensional points at this rate show the landing of a heel.
_CAPTURE_HZ = 90.0


def detect_events(part: Oriented) -> tuple[Event, ...]:
    """Find the events of both feet in one bout, in order of time.

    Where both methods saw an event, its time is the mean of the leading method's and the
    confirming method's moved by their usual offset: on average the leading method's time, with
    less noise. Where one saw it, it is that one's, moved likewise.
    """
    if len(part.time_s) < 3:
        return ()
    methods = _methods(part)
    feet = foot_signals(part)
    period_s = stride_period_s(feet)
    events: list[Event] = []
    for kind in EventKind:
        seen = {side: _matched(signals, kind, period_s, methods) for side, signals in feet.items()}
        usual_s = _usual_offsets_s(seen)
        for side, pairs in seen.items():
            found = [_event(kind, side, p, usual_s[side], part, methods) for p in pairs]
            events += _one_each(found, period_s)
    if not part.has_feet and part.sees_forward:
        events = _steadied(events, feet, period_s, alike=part.guessed)
    return tuple(sorted(events, key=lambda event: event.time_s))


def _methods(part: Oriented) -> dict[str, Detector]:
    if not part.sees_forward:
        return FRONT_DETECTORS
    if part.guessed:
        return GUESSED_DETECTORS
    if not part.feet_in_space:
        return DETECTORS
    return CAPTURE_DETECTORS if part.rate_hz >= _CAPTURE_HZ else SPACE_DETECTORS


def agreement_s(events: tuple[Event, ...]) -> float | None:
    """Return the median distance of the two methods after their usual offset is taken out."""
    residuals: list[float] = []
    for kind in EventKind:
        distances = np.array(
            [np.diff(list(e.by_method.values()))[0] for e in _by_both(events, kind)]
        )
        if len(distances):
            residuals += list(np.abs(distances - np.median(distances)))
    return float(np.median(residuals)) if residuals else None


def _by_both(events: tuple[Event, ...], kind: EventKind) -> list[Event]:
    return [e for e in events if e.kind is kind and len(e.by_method) == 2]


@dataclass(frozen=True)
class _Pair:
    """One event's times by the two methods, NaN where unseen, and its keypoints' confidence."""

    confirming_s: float
    leading_s: float
    trust: float

    @property
    def complete(self) -> bool:
        return bool(np.isfinite(self.confirming_s + self.leading_s))


def _matched(
    signals: FootSignals, kind: EventKind, period_s: float, methods: dict[str, Detector]
) -> list[_Pair]:
    """Pair the two methods' times of one kind of event of one foot."""
    confirming, leading = (detect(signals, kind, period_s) for detect in methods.values())
    pairs: list[tuple[float, float]] = []
    free = list(leading)
    for time_s in confirming:
        nearest = min(free, key=lambda other: abs(other - time_s), default=np.nan)
        if abs(nearest - time_s) <= _MATCH_S:
            free.remove(nearest)
            pairs.append((time_s, nearest))
        else:
            pairs.append((time_s, np.nan))
    pairs += [(np.nan, other) for other in free]
    return [_Pair(c, v, _trust(signals, c if np.isnan(v) else v)) for c, v in pairs]


def _usual_offsets_s(seen: dict[Side, list[_Pair]]) -> dict[Side, float]:
    """Median of leading minus confirming per side; of both sides where one has too few."""
    offsets = {
        side: [p.leading_s - p.confirming_s for p in pairs if p.complete]
        for side, pairs in seen.items()
    }
    pooled = [offset for values in offsets.values() for offset in values]
    common = float(np.median(pooled)) if pooled else 0.0
    return {
        side: float(np.median(values)) if len(values) >= _OWN_OFFSET else common
        for side, values in offsets.items()
    }


def _trust(signals: FootSignals, time_s: float) -> float:
    near = slice(
        int(np.searchsorted(signals.time_s, time_s - 0.05)),
        int(np.searchsorted(signals.time_s, time_s + 0.05, side="right")),
    )
    confidence = signals.confidence[near]
    return float(np.median(confidence)) if len(confidence) else 0.0


def _event(
    kind: EventKind,
    side: Side,
    pair: _Pair,
    usual_s: float,
    part: Oriented,
    methods: dict[str, Detector],
) -> Event:
    frame_s = 1 / part.rate_hz / np.sqrt(12)
    half_s = _HALF_BELIEF_GUESSED_S if part.guessed else _HALF_BELIEF_S
    moved_s = pair.confirming_s + usual_s
    if pair.complete:
        miss_s = abs(pair.leading_s - moved_s)
        belief = 1 / (1 + (miss_s / half_s) ** 2)
        time_s = (pair.leading_s + moved_s) / 2
        uncertainty_s = np.hypot(frame_s, miss_s / 2)
    else:
        belief = _ALONE
        time_s = moved_s if np.isnan(pair.leading_s) else pair.leading_s
        uncertainty_s = np.hypot(frame_s, half_s / 2)
    by_method = zip(methods, (pair.confirming_s, pair.leading_s), strict=True)
    return Event(
        kind=kind,
        side=side,
        time_s=float(time_s),
        uncertainty_s=float(uncertainty_s),
        confidence=float(belief * pair.trust**0.5),
        by_method={name: float(t) for name, t in by_method if np.isfinite(t)},
    )


def _one_each(events: list[Event], period_s: float) -> list[Event]:
    """Keep the better believed of two events of one kind and foot that are too close."""
    kept: list[Event] = []
    for event in sorted(events, key=lambda e: -e.confidence):
        if all(abs(k.time_s - event.time_s) >= MIN_SPACING * period_s for k in kept):
            kept.append(event)
    return kept


def _steadied(
    events: list[Event], feet: dict[Side, FootSignals], period_s: float, *, alike: bool
) -> list[Event]:
    """Move contacts to the consensus of the swing landmarks of their leg."""
    result = [e for e in events if e.kind is not EventKind.INITIAL_CONTACT]
    own = {
        side: sorted(
            (e for e in events if e.kind is EventKind.INITIAL_CONTACT and e.side == side),
            key=lambda e: e.time_s,
        )
        for side in SIDES
    }
    contacts_s = {side: np.array([e.time_s for e in found]) for side, found in own.items()}
    for side, times_s in steadied(contacts_s, feet, period_s, alike=alike).items():
        pairs = zip(own[side], times_s, strict=True)
        result += [replace(e, time_s=float(time_s)) for e, time_s in pairs]
    return result
