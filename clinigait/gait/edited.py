"""What a person corrected: legs that were taken for each other, events moved, added, deleted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    MANUAL,
    AddEvent,
    BadInputError,
    Bout,
    Correction,
    DeleteEvent,
    Event,
    EventKind,
    MoveEvent,
    Side,
    SwapLegs,
    Walk,
    opposite,
)

#: A correction means the event of its kind and side that is nearest, up to this distance; two
#: events of one kind and side are never so close.
NEAR_S = 0.1
#: Points that move as one leg.
_LEG = ("hip", "knee", "ankle", "heel", "toe", "small_toe")
_LOOK = "Look at the events again."
_WORDS = {EventKind.INITIAL_CONTACT: "initial contact", EventKind.FOOT_OFF: "foot off"}


def with_swapped_legs(walk: Walk, corrections: Sequence[Correction]) -> Walk:
    """Return a walk whose left and right leg are exchanged where a person said so.

    Raises
    ------
    BadInputError
        If there is no frame between the two times of an exchange.
    """
    swaps = [one for one in corrections if isinstance(one, SwapLegs)]
    if not swaps:
        return walk
    exchanged = np.zeros(len(walk), bool)
    for swap in swaps:
        inside = (walk.time_s >= swap.from_s) & (walk.time_s <= swap.to_s)
        if not inside.any():
            raise BadInputError(
                f"There is no frame of the walk between {swap.from_s:.2f} and {swap.to_s:.2f} s.",
                "Choose a first and a last frame of the walk.",
            )
        exchanged ^= inside
    order = np.arange(len(walk.layout))
    for point in _LEG:
        if f"left_{point}" in walk.layout and f"right_{point}" in walk.layout:
            pair = [walk.layout.index(point, "left"), walk.layout.index(point, "right")]
            order[pair] = pair[::-1]
    return replace(
        walk,
        keypoints=_exchanged(walk.keypoints, exchanged, order),
        confidence=_exchanged(walk.confidence, exchanged, order),
        keypoints_px=None
        if walk.keypoints_px is None
        else _exchanged(walk.keypoints_px, exchanged, order),
        spread_m=None if walk.spread_m is None else _exchanged(walk.spread_m, exchanged, order),
    )


def _exchanged(
    values: NDArray[np.float64], frames: NDArray[np.bool_], order: NDArray[np.int_]
) -> NDArray[np.float64]:
    values = values.copy()
    values[frames] = values[frames][:, order]
    return values


def edited(
    events: Sequence[tuple[Event, ...]],
    bouts: Sequence[Bout],
    corrections: Sequence[Correction],
    rate_hz: float,
) -> list[tuple[Event, ...]]:
    """Return the events of every bout as a person corrected them, in order of time.

    A corrected event carries the method ``manual`` alone; its uncertainty is half a frame.

    Parameters
    ----------
    events, bouts
        What was detected, bout by bout.
    corrections
        In their order. What was corrected before legs were exchanged is of the other side since.
    rate_hz
        Frame rate.

    Raises
    ------
    BadInputError
        If a correction is impossible.
    """
    found = [list(own) for own in events]
    for one in _sided(corrections):
        if isinstance(one, AddEvent):
            index = _bout_at(bouts, one.time_s)
            _refuse_double(found[index], one.kind, one.side, one.time_s)
        else:
            index, event = _nearest(found, one.kind, one.side, one.time_s)
            found[index].remove(event)
        if isinstance(one, MoveEvent):
            if _bout_at(bouts, one.to_s) != index:
                raise BadInputError(
                    f"From {one.time_s:.2f} to {one.to_s:.2f} s the event would leave its bout.",
                    "Delete it and add another.",
                )
            _refuse_double(found[index], one.kind, one.side, one.to_s)
        if not isinstance(one, DeleteEvent):
            time_s = one.to_s if isinstance(one, MoveEvent) else one.time_s
            found[index].append(
                Event(one.kind, one.side, time_s, 0.5 / rate_hz, 1.0, {MANUAL: time_s})
            )
    return [tuple(sorted(own, key=lambda event: event.time_s)) for own in found]


def _sided(corrections: Sequence[Correction]) -> list[MoveEvent | AddEvent | DeleteEvent]:
    """Return the corrections of events, of the side that they are of after all exchanges."""
    found: list[MoveEvent | AddEvent | DeleteEvent] = []
    for one in corrections:
        if isinstance(one, SwapLegs):
            found = [
                replace(e, side=opposite(e.side)) if one.from_s <= e.time_s <= one.to_s else e
                for e in found
            ]
        else:
            found.append(one)
    return found


def _bout_at(bouts: Sequence[Bout], time_s: float) -> int:
    for index, bout in enumerate(bouts):
        if bout.start_s <= time_s <= bout.end_s:
            return index
    measured = ", ".join(f"{bout.start_s:.2f} to {bout.end_s:.2f} s" for bout in bouts)
    raise BadInputError(
        f"{time_s:.2f} s is outside the walking that was measured, {measured}.",
        "Choose a time within it.",
    )


def _nearest(
    found: list[list[Event]], kind: EventKind, side: Side, time_s: float
) -> tuple[int, Event]:
    alike = [(i, e) for i, own in enumerate(found) for e in own if (e.kind, e.side) == (kind, side)]
    nearest = min(alike, key=lambda one: abs(one[1].time_s - time_s), default=None)
    if nearest is None or not abs(nearest[1].time_s - time_s) <= NEAR_S:
        raise BadInputError(f"There is no {side} {_WORDS[kind]} at {time_s:.2f} s.", _LOOK)
    return nearest


def _refuse_double(own: list[Event], kind: EventKind, side: Side, time_s: float) -> None:
    for event in own:
        if (event.kind, event.side) == (kind, side) and abs(event.time_s - time_s) <= NEAR_S:
            raise BadInputError(
                f"There is a {side} {_WORDS[kind]} at {event.time_s:.2f} s already.",
                "Move that one, or delete it first.",
            )


def check_corrections(corrections: Sequence[Correction]) -> None:
    """Refuse times that are no numbers, and exchanges that end before they begin.

    Raises
    ------
    BadInputError
        If there is one.
    """
    for one in corrections:
        if isinstance(one, SwapLegs):
            times = [one.from_s, one.to_s]
        else:
            times = [one.time_s, *([one.to_s] if isinstance(one, MoveEvent) else [])]
        if not all(map(math.isfinite, times)):
            raise BadInputError("A correction has a time that is no number.", _LOOK)
        if isinstance(one, SwapLegs) and one.from_s > one.to_s:
            raise BadInputError(
                "The exchange of the legs ends before it begins.", "Give the earlier time first."
            )
