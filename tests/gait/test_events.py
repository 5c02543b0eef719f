"""Events come at the right instants, on figures that walk by known rules and on force plates."""

from itertools import pairwise

import numpy as np
import pytest

from clinigait.core import COCO_17, SIDES, EventKind
from clinigait.gait.detectors import DETECTORS
from clinigait.gait.events import agreement_s, detect_events
from clinigait.gait.filtering import evened
from clinigait.gait.foot_signals import foot_signals, stride_period_s
from clinigait.gait.scene import scene_of
from support.force_plates import ForcePlateWalk, force_plate_walks
from support.walker import Gait, synthetic_walk


def _part(walk):
    scene = scene_of(walk, evened(walk), None, "overground")
    (bout,) = scene.bouts(steady=True)
    return scene.oriented(bout)


def _events(walk):
    return detect_events(_part(walk))


def _errors_s(events, gait: Gait, kind: EventKind) -> np.ndarray:
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


@pytest.mark.skipif(not force_plate_walks(), reason="the force plate walks are not here")
def test_against_force_plates() -> None:
    """Two walks, 4 contacts and 5 foot offs on plates: a check, never a place to tune."""
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
