"""The stride table: gait cycles with their events, lengths and reasons for rejection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Event, EventKind, Side, Stride, opposite
from clinigait.gait.ground import Ground
from clinigait.gait.oriented import Oriented

#: A cycle outside this range is a missed or a doubled contact.
_STRIDE_TIME_RANGE_S = (0.5, 3.0)
#: A bounding event believed less than this makes no stride.
MIN_EVENT_CONFIDENCE = 0.3
#: Least share of a cycle in which the leg must be seen.
_MIN_SEEN = 0.8


def build_strides(
    events: tuple[Event, ...], part: Oriented, ground: Ground, first_number: int
) -> list[Stride]:
    """Return every gait cycle of one bout's events in order of time, numbered on.

    Parameters
    ----------
    events
        Events of the bout in order of time.
    part
        The bout.
    ground
        Where its feet stand.
    first_number
        Number of the first stride.
    """
    times_s = np.array([event.time_s for event in events])
    pairs: list[tuple[Event, Event]] = []
    for side in SIDES:
        pairs += pairwise(
            e for e in events if e.kind is EventKind.INITIAL_CONTACT and e.side == side
        )
    pairs.sort(key=lambda pair: pair[0].time_s)
    strides = []
    for number, (start, end) in enumerate(pairs, start=first_number):
        first = int(np.searchsorted(times_s, start.time_s, side="right"))
        last = int(np.searchsorted(times_s, end.time_s))
        after = int(np.searchsorted(times_s, end.time_s + 2 * _STRIDE_TIME_RANGE_S[1]))
        cycle = _Cycle(start, end, events[first:last], events[last:after])
        strides.append(_stride(number, cycle, part, ground))
    return strides


@dataclass(frozen=True)
class _Cycle:
    """The two contacts of a stride, the events between them, and those that follow."""

    start: Event
    end: Event
    inside: tuple[Event, ...]
    after: tuple[Event, ...]


def _stride(number: int, cycle: _Cycle, part: Oriented, ground: Ground) -> Stride:
    start, end = cycle.start, cycle.end
    side, other = start.side, opposite(start.side)
    foot_off = _only(cycle.inside, EventKind.FOOT_OFF, side)
    opposite_off = _only(cycle.inside, EventKind.FOOT_OFF, other)
    opposite_contact = _only(cycle.inside, EventKind.INITIAL_CONTACT, other)
    stride = Stride(
        number=number,
        side=side,
        start_s=start.time_s,
        end_s=end.time_s,
        foot_off_s=_time(foot_off),
        opposite_foot_off_s=_time(opposite_off),
        opposite_initial_contact_s=_time(opposite_contact),
    )
    bounding = [start, end, *(e for e in (foot_off, opposite_off, opposite_contact) if e)]
    reason = _reason(stride, bounding, part)
    if reason is not None or not (foot_off and opposite_off and opposite_contact):
        return replace(stride, rejected_because=reason)
    phases = _Phases(foot_off.time_s, opposite_off.time_s, opposite_contact.time_s)
    return replace(
        stride, values={**_times(stride, phases), **_lengths(stride, phases, cycle, ground)}
    )


def _only(events: tuple[Event, ...], kind: EventKind, side: Side) -> Event | None:
    found = [e for e in events if e.kind is kind and e.side == side]
    return found[0] if len(found) == 1 else None


def _time(event: Event | None) -> float | None:
    return event.time_s if event is not None else None


def _reason(stride: Stride, bounding: list[Event], part: Oriented) -> str | None:
    """Why a stride is not used; None where it is."""
    duration_s = stride.end_s - stride.start_s
    low_s, high_s = _STRIDE_TIME_RANGE_S
    if not low_s <= duration_s <= high_s:
        return f"lasts {duration_s:.2f} s: a contact was missed or doubled"
    if stride.opposite_initial_contact_s is None:
        return "no contact of the other foot between its contacts"
    if stride.foot_off_s is None or stride.opposite_foot_off_s is None:
        return "a foot off was not found"
    order = (
        stride.opposite_foot_off_s,
        stride.opposite_initial_contact_s,
        stride.foot_off_s,
    )
    if list(order) != sorted(order):
        return "events are not in the order of walking"
    if min(event.confidence for event in bounding) < MIN_EVENT_CONFIDENCE:
        return "an event is not certain enough"
    if _seen_share(part, stride.side, stride.start_s, stride.end_s) < _MIN_SEEN:
        return "the leg is not seen well enough"
    return None


def _seen_share(part: Oriented, side: Side, start_s: float, end_s: float) -> float:
    names = [f"{side}_{p}" for p in ("hip", "knee", "ankle", "heel", "toe")]
    points = [part.layout.index(name) for name in names if name in part.layout]
    heights = part.points[part.between(start_s, end_s)][:, points, 2]
    return float(np.isfinite(heights).mean(axis=0).min()) if len(heights) else 0.0


@dataclass(frozen=True)
class _Phases:
    """The events inside a stride that is used."""

    foot_off_s: float
    opposite_foot_off_s: float
    opposite_contact_s: float


def _times(stride: Stride, phases: _Phases) -> dict[str, float]:
    """Phase durations."""
    foot_off_s, other_off_s = phases.foot_off_s, phases.opposite_foot_off_s
    other_contact_s = phases.opposite_contact_s
    whole_s = stride.end_s - stride.start_s
    stance_s = foot_off_s - stride.start_s
    single_s = other_contact_s - other_off_s
    double_s = (other_off_s - stride.start_s) + (foot_off_s - other_contact_s)
    return {
        "stride_time_s": whole_s,
        "cadence_spm": 120 / whole_s,
        "step_time_s": stride.end_s - other_contact_s,
        "stance_time_s": stance_s,
        "swing_time_s": whole_s - stance_s,
        "single_support_time_s": single_s,
        "double_support_time_s": double_s,
        "stance_pct": 100 * stance_s / whole_s,
        "swing_pct": 100 * (whole_s - stance_s) / whole_s,
        "single_support_pct": 100 * single_s / whole_s,
        "double_support_pct": 100 * double_s / whole_s,
    }


def _lengths(stride: Stride, phases: _Phases, cycle: _Cycle, ground: Ground) -> dict[str, float]:
    """Lengths between foot-prints; of the last one the foot off may not be seen any more."""
    side, other = stride.side, opposite(stride.side)
    foot_off_s, contact_s = phases.foot_off_s, phases.opposite_contact_s
    whole_s, stance_s = stride.end_s - stride.start_s, foot_off_s - stride.start_s
    last_off_s = _next_foot_off(cycle, side, stance_s)
    first = ground.print_of(side, stride.start_s, foot_off_s)
    last = ground.print_of(side, stride.end_s, last_off_s)
    between = ground.print_of(other, contact_s, contact_s + stance_s)
    if first is None or last is None:
        return {}
    return _between_prints(first, between, last, side, whole_s, ground)


def _between_prints(
    first: NDArray[np.float64],
    between: NDArray[np.float64] | None,
    last: NDArray[np.float64],
    side: Side,
    whole_s: float,
    ground: Ground,
) -> dict[str, float]:
    suffix, per_second = ("_m", "speed_mps") if ground.unit == "m" else ("_bh", "speed_bhps")
    values: dict[str, float] = {}
    along = np.array([1.0, 0.0])
    if ground.sees_length:
        length = float(np.linalg.norm(last - first))
        along = (last - first) / max(length, 1e-9)
        values[f"stride_length{suffix}"] = length
        values[per_second] = length / whole_s
        if between is not None:
            values[f"step_length{suffix}"] = float((last - between) @ along)
    if between is not None and ground.sees_width:
        left = np.array([-along[1], along[0]])
        apart = float((first + last) / 2 @ left - between @ left)
        values[f"step_width{suffix}"] = apart if side == "left" else -apart
    return values


def _next_foot_off(cycle: _Cycle, side: Side, usual_stance_s: float) -> float:
    contact_s = cycle.end.time_s
    later = (
        e.time_s
        for e in cycle.after
        if e.kind is EventKind.FOOT_OFF
        and e.side == side
        and 0 < e.time_s - contact_s < 2 * usual_stance_s
    )
    return next(later, contact_s + usual_stance_s)
