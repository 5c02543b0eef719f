"""Events come at the right instants, on figures that walk by known rules and on force plates."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from clinigait.core import COCO_17, SIDES, Depth, EventKind
from clinigait.gait.detectors import DEPARTURE, DETECTORS, VELOCITY, by_departure
from clinigait.gait.events import agreement_s, detect_events
from clinigait.gait.filtering import evened
from clinigait.gait.foot_signals import foot_signals, stride_period_s
from clinigait.gait.scene import scene_of
from clinigait.io.protocol import load_protocol
from clinigait.synthesis.bodies import body_of
from clinigait.synthesis.proof import recovered_from_truth
from clinigait.synthesis.proof_cases import CASES
from clinigait.synthesis.walking import walk_of
from support.force_plates import ForcePlateWalk, force_plate_walks
from support.rocker import Rocker
from support.walker import Gait, synthetic_walk
from support.walkers import need_bodies


def _part(walk):
    scene = scene_of(walk, evened(walk), None, "overground")
    (bout,) = scene.bouts(steady=True)
    return scene.oriented(bout)


def _events(walk):
    return detect_events(_part(walk))


def _errors_s(events, gait: Gait | Rocker, kind: EventKind) -> np.ndarray:
    errors = []
    for event in events:
        if event.kind is kind:
            contacts = gait.contacts_s(event.side)
            offs = gait.foot_offs_s(event.side)
            truth = contacts if kind is EventKind.INITIAL_CONTACT else offs
            errors.append(event.time_s - truth[np.abs(truth - event.time_s).argmin()])
    return np.array(errors)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("rate_hz", [25, 30, 60, 120])
def test_clean_events_lie_within_a_frame(rate_hz: float, direction: int) -> None:
    gait = Gait(rate_hz=rate_hz, direction=direction)
    events = _events(synthetic_walk(gait))
    frame_s = max(1 / rate_hz, 0.03)
    for kind in EventKind:
        errors = _errors_s(events, gait, kind)
        assert len(errors) >= 13
        assert np.abs(errors).max() < frame_s + 0.01


@pytest.mark.parametrize("noise_px", [2, 5])
def test_noise_moves_events_by_two_frames_at_most(noise_px: float) -> None:
    gait = Gait(rate_hz=30, noise_px=noise_px)
    events = _events(synthetic_walk(gait))
    contacts = _errors_s(events, gait, EventKind.INITIAL_CONTACT)
    assert len(contacts) >= 13
    assert np.abs(contacts).max() < 2 / 30
    assert np.median(np.abs(_errors_s(events, gait, EventKind.FOOT_OFF))) < 2 / 30


@pytest.mark.parametrize(
    "gait",
    [
        Gait(stride_time_s=1.6, stride_length_m=0.6, stance_share=0.7, duration_s=10),
        Gait(stride_time_s=0.85, stride_length_m=1.5, stance_share=0.58),
        Gait(step_share=0.42),
    ],
    ids=["slow shuffle", "fast", "asymmetric"],
)
def test_every_contact_is_found_once(gait: Gait) -> None:
    events = _events(synthetic_walk(gait))
    for side in SIDES:
        found = [e.time_s for e in events if e.kind is EventKind.INITIAL_CONTACT and e.side == side]
        truth = gait.contacts_s(side)
        inside = truth[(truth > 0.5) & (truth < gait.duration_s - 0.5)]
        distances = [np.abs(np.array(found) - t).min() for t in inside]
        assert max(distances) < 0.06
        assert np.diff(found).min() > 0.8 * gait.stride_time_s


def test_contacts_alternate_between_feet() -> None:
    events = _events(synthetic_walk(Gait(noise_px=2)))
    sides = [e.side for e in events if e.kind is EventKind.INITIAL_CONTACT]
    assert all(a != b for a, b in pairwise(sides))


def test_without_feet_the_ankle_serves() -> None:
    gait = Gait()
    errors = _errors_s(_events(synthetic_walk(gait, COCO_17)), gait, EventKind.INITIAL_CONTACT)
    assert len(errors) >= 13
    assert np.abs(errors).max() < 0.05


def test_agreement_gives_confidence() -> None:
    """Noise makes the methods disagree: their agreement and the confidence fall."""
    calm = _events(synthetic_walk(Gait(rate_hz=60)))
    noisy = _events(synthetic_walk(Gait(rate_hz=60, noise_px=8)))
    assert agreement_s(calm) < agreement_s(noisy)
    mean = lambda events: np.mean([e.confidence for e in events])  # noqa: E731
    assert mean(noisy) < mean(calm)
    assert all(0 <= e.confidence <= 1 and e.uncertainty_s > 0 for e in noisy)


def test_an_event_of_one_method_alone_is_doubted() -> None:
    events = _events(synthetic_walk(Gait(noise_px=6, rate_hz=30)))
    alone = [e for e in events if len(e.by_method) < len(DETECTORS)]
    both = [e for e in events if len(e.by_method) == len(DETECTORS)]
    assert both
    assert all(e.confidence <= 0.4 for e in alone)


@pytest.mark.parametrize("stride_time_s", [0.8, 1.1, 1.7])
def test_stride_period(stride_time_s: float) -> None:
    feet = foot_signals(_part(synthetic_walk(Gait(stride_time_s=stride_time_s, duration_s=9))))
    assert stride_period_s(feet) == pytest.approx(stride_time_s, abs=0.03)


_ROCKERS = [
    Rocker(),
    Rocker(stride_s=1.46, stride_m=0.88, stance=0.67),
    Rocker(stride_s=0.97, stride_m=1.07, stance=0.6),
    Rocker(stride_s=0.98, stride_m=1.47, stance=0.59),
    Rocker(lands_deg=12.0),
]


@pytest.mark.parametrize("springs", [True, False])
@pytest.mark.parametrize("rate_hz", [25, 30, 60, 120])
@pytest.mark.parametrize("rocker", _ROCKERS, ids=["usual", "slow", "child", "fast", "toe first"])
def test_a_toe_that_gathers_speed_tells_its_foot_off(rocker, rate_hz: float, springs) -> None:
    """Through the filter, whatever the rate, and though the foot rises fastest 20 ms before."""
    rocker = replace(rocker, rate_hz=rate_hz, springs=springs)
    events = _events(rocker.walk())
    late_s = _errors_s(events, rocker, EventKind.FOOT_OFF)
    assert len(late_s) >= 10
    assert np.abs(late_s).max() < 0.008
    if rate_hz < 90:
        assert np.abs(_errors_s(events, rocker, EventKind.INITIAL_CONTACT)).max() < 0.008


def test_the_end_of_a_foot_that_lands_first_tells_the_contact() -> None:
    """At the rates of motion capture, by what the floor brakes: here the toe."""
    rocker = Rocker(lands_deg=12.0, rate_hz=120)
    late_s = _errors_s(_events(rocker.walk()), rocker, EventKind.INITIAL_CONTACT)
    assert len(late_s) >= 13
    assert np.abs(late_s).max() < 0.008


def test_a_foot_that_is_pulled_up_later_moves_its_foot_off_by_10_ms_at_most() -> None:
    part = _part(Rocker(rate_hz=30).walk())
    signals, shift = foot_signals(part)["left"], 2
    pulled = replace(signals, rise_speed=np.roll(signals.rise_speed, shift))
    usual_s, late_s = (
        by_departure(s, EventKind.FOOT_OFF, stride_period_s(foot_signals(part)))
        for s in (signals, pulled)
    )
    assert len(usual_s) == len(late_s) >= 6
    assert 0.004 < np.median(late_s - usual_s) < 0.0201
    unseen = replace(signals, rise_speed=np.full_like(signals.rise_speed, np.nan))
    alone_s = by_departure(unseen, EventKind.FOOT_OFF, 1.1)
    assert np.abs(alone_s - usual_s).max() <= 0.0101


def test_feet_that_are_guessed_or_in_a_picture_have_no_departure() -> None:
    measured = Rocker().walk()
    named = lambda walk: {name for e in _events(walk) for name in e.by_method}  # noqa: E731
    assert DEPARTURE in named(measured)
    assert DEPARTURE not in named(replace(measured, depth=Depth.INFERRED))
    assert named(synthetic_walk(Gait(rate_hz=30))) == set(DETECTORS)
    assert VELOCITY in DETECTORS


_HARD = ("girl of 11, 1.1 m/s", "stiff right leg", "drop foot on the right", "weak right hip")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=() if case.name in _HARD else pytest.mark.slow)
        for case in CASES
    ],
)
def test_commanded_events_come_back_within_half_a_frame(case) -> None:
    """Of every walk of the honesty report, from true markers at 30 frames a second."""
    need_bodies()
    walk = walk_of(body_of(case.build), case.prescription, 30.0, seed=3)
    found = recovered_from_truth(walk, load_protocol("walk_spatial"))
    assert len(found.contact_errors_s) >= 8
    assert len(found.off_errors_s) >= 8
    assert found.events_within == 1
    assert found.invented == 0


@pytest.mark.skipif(not force_plate_walks(), reason="the force plate walks are not here")
def test_against_force_plates() -> None:
    """Two walks, 4 contacts and 5 foot offs on plates.

    A check of contacts; the limits of the foot off were chosen with these plates in view.
    """
    errors: dict[EventKind, list[float]] = {kind: [] for kind in EventKind}
    for measured in force_plate_walks():
        errors = _with_errors(errors, measured)
    assert [len(errors[kind]) for kind in EventKind] == [4, 5]
    assert abs(np.median(errors[EventKind.INITIAL_CONTACT])) < 0.02
    assert abs(np.median(errors[EventKind.FOOT_OFF])) < 0.02
    assert max(np.abs(np.concatenate(list(errors.values())))) < 0.035


def _with_errors(errors, measured: ForcePlateWalk):
    scene = scene_of(measured.walk, evened(measured.walk), None, "overground")
    for bout in scene.bouts(steady=True):
        for event in detect_events(scene.oriented(bout)):
            truth = (
                measured.contacts_s
                if event.kind is EventKind.INITIAL_CONTACT
                else measured.foot_offs_s
            )
            miss = event.time_s - truth[np.abs(truth - event.time_s).argmin()]
            if abs(miss) < 0.12:
                errors[event.kind].append(miss)
    return errors
