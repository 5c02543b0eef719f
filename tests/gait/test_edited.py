"""Corrections of a person: they do what they say, and nothing else."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clinigait.core import (
    AddEvent,
    BadInputError,
    DeleteEvent,
    EventKind,
    Measurement,
    MoveEvent,
    SwapLegs,
    Walk,
)
from clinigait.gait.edited import with_swapped_legs
from clinigait.gait.measure import measure
from clinigait.gait.merge import measure_passes
from clinigait.io.protocol import load_protocol
from support.walker import Gait, synthetic_walk

_CONTACT, _OFF = EventKind.INITIAL_CONTACT, EventKind.FOOT_OFF


@cache
def _walk() -> Walk:
    return synthetic_walk(Gait(noise_px=0.5))


@cache
def _plain() -> Measurement:
    return measure(_walk(), load_protocol("walk_sagittal"))


def _measured(*corrections) -> Measurement:
    return measure(_walk(), load_protocol("walk_sagittal"), corrections=corrections)


def _contacts() -> list:
    strides = [s for s in _plain().strides if s.used and s.foot_off_s]
    inner = strides[len(strides) // 2]
    return [e for e in _plain().events if e.kind is _CONTACT and e.time_s == inner.start_s]


def test_nothing_corrected_changes_nothing() -> None:
    assert _measured() == _plain()


@given(d_s=st.floats(-0.09, 0.09))
def test_a_contact_moved_by_d_moves_the_strides_beside_it_by_d(d_s: float) -> None:
    event = _contacts()[0]
    moved_s = event.time_s + d_s
    found = _measured(MoveEvent(_CONTACT, event.side, event.time_s, moved_s))
    for before, after in zip(_plain().strides, found.strides, strict=True):
        wanted = before.end_s - before.start_s
        wanted += d_s * (before.side == event.side) * (before.end_s == event.time_s)
        wanted -= d_s * (before.side == event.side) * (before.start_s == event.time_s)
        assert after.end_s - after.start_s == pytest.approx(wanted, abs=1e-9)
        if after.used and before.used:
            assert after.values["stride_time_s"] == pytest.approx(wanted, abs=1e-9)


def test_a_moved_event_is_manual_and_sure_to_half_a_frame() -> None:
    event = _contacts()[0]
    found = _measured(MoveEvent(_CONTACT, event.side, event.time_s + 0.004, event.time_s + 0.02))
    (manual,) = [e for e in found.events if "manual" in e.by_method]
    assert manual.time_s == event.time_s + 0.02
    assert manual.by_method == {"manual": manual.time_s}
    assert manual.uncertainty_s == pytest.approx(0.5 / found.rate_hz)
    assert manual.confidence == 1


def test_deleting_and_adding_the_same_gives_the_same_strides() -> None:
    event = _contacts()[0]
    gone = _measured(DeleteEvent(_CONTACT, event.side, event.time_s))
    assert len(gone.events) == len(_plain().events) - 1
    assert len([s for s in gone.strides if s.used]) < len([s for s in _plain().strides if s.used])
    back = _measured(
        DeleteEvent(_CONTACT, event.side, event.time_s),
        AddEvent(_CONTACT, event.side, event.time_s),
    )
    assert [(s.start_s, s.end_s) for s in back.strides] == [
        (s.start_s, s.end_s) for s in _plain().strides
    ]


def test_legs_exchanged_over_the_whole_walk_exchange_the_sides() -> None:
    walk = _walk()
    found = _measured(SwapLegs(walk.time_s[0], walk.time_s[-1]))
    other = {"left": "right", "right": "left"}
    assert [(e.kind, e.side, e.time_s) for e in found.events] == [
        (e.kind, other[e.side], pytest.approx(e.time_s)) for e in _plain().events
    ]


@given(st.floats(0, 4), st.floats(0, 4))
def test_an_exchange_that_was_wrong_is_mended_by_another(a_s: float, b_s: float) -> None:
    first, last = sorted((a_s, b_s))
    assume(((_walk().time_s >= first) & (_walk().time_s <= last)).any())
    wrong = with_swapped_legs(_walk(), [SwapLegs(first, last)])
    assert not np.array_equal(wrong.keypoints, _walk().keypoints, equal_nan=True)
    again = with_swapped_legs(wrong, [SwapLegs(first, last)])
    assert np.array_equal(again.keypoints, _walk().keypoints, equal_nan=True)


def test_a_walk_with_exchanged_frames_is_mended() -> None:
    walk = _walk()
    broken = with_swapped_legs(walk, [SwapLegs(1.0, 1.6)])
    found = measure(broken, load_protocol("walk_sagittal"), corrections=[SwapLegs(1.0, 1.6)])
    assert found == _plain()


def test_an_event_corrected_before_an_exchange_goes_with_its_leg() -> None:
    event = _contacts()[0]
    walk, to_s = _walk(), event.time_s + 0.03
    found = _measured(
        MoveEvent(_CONTACT, event.side, event.time_s, to_s),
        SwapLegs(walk.time_s[0], walk.time_s[-1]),
    )
    (manual,) = [e for e in found.events if "manual" in e.by_method]
    assert (manual.side, manual.time_s) != (event.side, event.time_s)
    assert manual.side != event.side


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda e: MoveEvent(_CONTACT, e.side, e.time_s, 1e6), "outside the walking"),
        (lambda e: MoveEvent(_CONTACT, e.side, e.time_s + 0.3, e.time_s), "There is no"),
        (lambda e: DeleteEvent(_CONTACT, e.side, -3.0), "There is no"),
        (lambda e: DeleteEvent(_CONTACT, e.side, float("nan")), "no number"),
        (lambda e: AddEvent(_CONTACT, e.side, e.time_s + 0.05), "already"),
        (lambda e: AddEvent(_CONTACT, e.side, float("inf")), "no number"),
        (lambda e: SwapLegs(2.0, 1.0), "ends before"),
        (lambda e: SwapLegs(90.0, 91.0), "no frame"),
    ],
)
def test_what_is_impossible_is_said_in_a_sentence(make, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        _measured(make(_contacts()[0]))


def test_corrections_find_their_recording_by_the_common_clock() -> None:
    walks = [_walk(), synthetic_walk(Gait(direction=-1, noise_px=0.5, seed=1))]
    protocol = load_protocol("walk_sagittal")
    plain = measure_passes(walks, protocol).measurement
    event = [e for e in plain.events if e.kind is _CONTACT][-3]
    move = MoveEvent(_CONTACT, event.side, event.time_s, event.time_s + 0.02)
    found = measure_passes(walks, protocol, corrections=[move]).measurement
    changed = [
        (a, b) for a, b in zip(plain.events, found.events, strict=True) if a.time_s != b.time_s
    ]
    assert [b.time_s - a.time_s for a, b in changed] == [pytest.approx(0.02)]
    with pytest.raises(BadInputError, match="no recording"):
        measure_passes(walks, protocol, corrections=[replace(move, time_s=10.0, to_s=10.1)])
