"""The stride table: gait cycles with their events, lengths and reasons for rejection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Event, EventKind, Side, Stride, opposite
from clinigait.gait.filtering import EvenWalk

#: A cycle outside this range is a missed or a doubled contact.
_STRIDE_TIME_RANGE_S = (0.5, 3.0)
#: A bounding event believed less than this makes no stride.
MIN_EVENT_CONFIDENCE = 0.3
#: Least share of a cycle in which the leg must be seen.
_MIN_SEEN = 0.8
#: A foot-print is read while the foot is flat: this part of stance.
_FLAT = (0.15, 0.5)


@dataclass(frozen=True, eq=False)
class Ground:
    """Where things are along the walkway, by a pinhole camera over a straight path.

    Parameters
    ----------
    even
        The walk.
    px_per_unit
        (T,) pixels per unit of length at the walker's distance.
    centre_px
        Horizontal middle of the picture.
    focal_px
        Assumed focal length; it only enters through the small change of distance on the way.
    unit
        ``m`` or ``BH``.
    """

    even: EvenWalk
    px_per_unit: NDArray[np.float64]
    centre_px: float
    focal_px: float
    unit: str

    def position(self, x_px: float, time_s: float) -> NDArray[np.float64]:
        """Return (across, away) of a point of the picture at a time, in units of length."""
        scale = self.px_per_unit[self.even.nearest(time_s)]
        return np.asarray(np.array([x_px - self.centre_px, self.focal_px]) / scale)

    def print_of(
        self, side: Side, contact_s: float, foot_off_s: float
    ) -> NDArray[np.float64] | None:
        """Return where a foot stood: the middle of its heel's positions while it was flat."""
        name = "heel" if f"{side}_heel" in self.even.layout else "ankle"
        span = foot_off_s - contact_s
        flat = self.even.between(contact_s + _FLAT[0] * span, contact_s + _FLAT[1] * span)
        x_px = self.even.point(name, side)[flat, 0]
        x_px = x_px[np.isfinite(x_px)]
        if not len(x_px):
            return None
        middle_s = contact_s + np.mean(_FLAT) * span
        return self.position(float(np.median(x_px)), float(middle_s))


def build_strides(events: tuple[Event, ...], ground: Ground, first_number: int) -> list[Stride]:
    """Return every gait cycle of one bout's events in order of time, numbered on."""
    contacts = [e for e in events if e.kind is EventKind.INITIAL_CONTACT]
    pairs: list[tuple[Event, Event]] = []
    for side in ("left", "right"):
        own = [e for e in contacts if e.side == side]
        pairs += pairwise(own)
    pairs.sort(key=lambda pair: pair[0].time_s)
    return [
        _stride(number, start, end, events, ground)
        for number, (start, end) in enumerate(pairs, start=first_number)
    ]


def _stride(
    number: int,
    start: Event,
    end: Event,
    events: tuple[Event, ...],
    ground: Ground,
) -> Stride:
    side, other = start.side, opposite(start.side)
    inside = [e for e in events if start.time_s < e.time_s < end.time_s]
    foot_off = _only(inside, EventKind.FOOT_OFF, side)
    opposite_off = _only(inside, EventKind.FOOT_OFF, other)
    opposite_contact = _only(inside, EventKind.INITIAL_CONTACT, other)
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
    reason = _reason(stride, bounding, ground.even)
    if reason is not None:
        return replace(stride, rejected_because=reason)
    values = {**_times(stride), **_lengths(stride, events, ground)}
    return replace(stride, values=values)


def _only(events: list[Event], kind: EventKind, side: Side) -> Event | None:
    found = [e for e in events if e.kind is kind and e.side == side]
    return found[0] if len(found) == 1 else None


def _time(event: Event | None) -> float | None:
    return event.time_s if event is not None else None


def _reason(stride: Stride, bounding: list[Event], even: EvenWalk) -> str | None:
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
    if _seen_share(even, stride.side, stride.start_s, stride.end_s) < _MIN_SEEN:
        return "the leg is not seen well enough"
    return None


def _seen_share(even: EvenWalk, side: Side, start_s: float, end_s: float) -> float:
    inside = even.between(start_s, end_s)
    points = [p for p in ("hip", "knee", "ankle", "heel", "toe") if f"{side}_{p}" in even.layout]
    seen = [np.isfinite(even.point(p, side)[inside, 0]).mean() for p in points]
    return float(min(seen))


def _times(stride: Stride) -> dict[str, float]:
    """Phase durations; the caller has made sure that every event is there."""
    foot_off_s, other_off_s, other_contact_s = (
        float(t)
        for t in (
            stride.foot_off_s,
            stride.opposite_foot_off_s,
            stride.opposite_initial_contact_s,
        )
        if t is not None
    )
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


def _lengths(stride: Stride, events: tuple[Event, ...], ground: Ground) -> dict[str, float]:
    """Lengths between foot-prints; a print whose foot off is unseen is taken after its contact."""
    side, other = stride.side, opposite(stride.side)
    whole_s = stride.end_s - stride.start_s
    stance_s = 0.6 * whole_s if stride.foot_off_s is None else stride.foot_off_s - stride.start_s
    contact_s = stride.opposite_initial_contact_s
    first = ground.print_of(side, stride.start_s, stride.start_s + stance_s)
    last_off_s = _next_foot_off(events, side, stride.end_s, stance_s)
    last = ground.print_of(side, stride.end_s, last_off_s)
    suffix, per_second = ("_m", "speed_mps") if ground.unit == "m" else ("_bh", "speed_bhps")
    values: dict[str, float] = {}
    if first is not None and last is not None:
        length = float(np.linalg.norm(last - first))
        values[f"stride_length{suffix}"] = length
        values[per_second] = length / whole_s
    if contact_s is None or last is None or first is None:
        return values
    between = ground.print_of(other, contact_s, contact_s + stance_s)
    if between is not None:
        along = (last - first) / max(float(np.linalg.norm(last - first)), 1e-9)
        values[f"step_length{suffix}"] = float((last - between) @ along)
    return values


def _next_foot_off(
    events: tuple[Event, ...], side: Side, contact_s: float, usual_stance_s: float
) -> float:
    later = [
        e.time_s
        for e in events
        if e.kind is EventKind.FOOT_OFF
        and e.side == side
        and 0 < e.time_s - contact_s < 2 * usual_stance_s
    ]
    return later[0] if later else contact_s + usual_stance_s
