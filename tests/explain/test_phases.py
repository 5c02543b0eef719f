"""Phases of the gait cycle follow the events of the walk."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import GAIT_PHASES, Event, EventKind, opposite
from clinigait.explain.phases import phases_at

_CONTACT, _OFF = EventKind.INITIAL_CONTACT, EventKind.FOOT_OFF


def _events(*told: tuple[float, str, EventKind]) -> list[Event]:
    return [Event(kind, side, time_s, 0.01, 0.9) for time_s, side, kind in told]  # type: ignore[arg-type]


_CYCLE = _events(
    (0.0, "left", _CONTACT), (0.15, "right", _OFF), (0.55, "right", _CONTACT),
    (0.7, "left", _OFF), (1.1, "left", _CONTACT), (1.25, "right", _OFF),
)  # fmt: skip


def _names(events: list[Event], *moments: float) -> list[str]:
    return [GAIT_PHASES[n] for n in phases_at(events, np.array(moments))]


def test_a_cycle_has_four_phases_in_their_order() -> None:
    assert _names(_CYCLE, 0.05, 0.3, 0.6, 0.9, 1.2) == [
        "left_loading", "left_single", "right_loading", "right_single", "left_loading",
    ]  # fmt: skip


def test_before_the_first_event_the_next_ones_tell() -> None:
    assert _names(_CYCLE[1:], 0.1, 0.3) == ["left_loading", "left_single"]


def test_far_from_all_events_nothing_is_known() -> None:
    assert _names(_CYCLE, -5.0, 9.0) == ["unknown", "unknown"]
    assert _names([], 0.1) == ["unknown"]
    assert _names(_events((0.0, "left", _CONTACT)), 0.1) == ["unknown"]  # the other foot?
    both_off = _events((0.0, "left", _OFF), (0.1, "right", _OFF))
    assert _names(both_off, 0.2) == ["unknown"]


@given(st.floats(-0.2, 1.6), st.permutations(range(len(_CYCLE))))
def test_the_mirror_image_has_the_other_side_and_the_order_of_events_is_nothing(
    moment: float, order: list[int]
) -> None:
    mirrored = [
        Event(e.kind, opposite(e.side), e.time_s, 0.01, 0.9) for e in (_CYCLE[n] for n in order)
    ]
    (here,), (there,) = _names(_CYCLE, moment), _names(mirrored, moment)
    side, _, what = here.partition("_")
    assert there == (f"{opposite(side)}_{what}" if what else here)  # type: ignore[arg-type]
