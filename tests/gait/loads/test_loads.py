"""Loads whose answer is known: statics, falls, pendulums; and what turns and mirrors keep."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clinigait.core import SIDES, Event, EventKind, KeypointLayout, opposite
from clinigait.gait.filtering import EvenPoints
from clinigait.gait.loads.floor import Stance, shared_by_steps, shared_by_stillness, stances_of
from clinigait.gait.loads.joints import joint_force, joint_moment, leg_forces
from clinigait.gait.loads.moved import GRAVITY_MPS2 as G
from clinigait.gait.loads.moved import moved_body
from clinigait.gait.loads.segments import inertia_of

Array = NDArray[np.float64]
NAMES = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "toe")
LAYOUT = KeypointLayout("body", tuple(f"{side}_{name}" for side in SIDES for name in NAMES))
#: Forward and up, standing; the sides lie 0.1 m off the middle.
STANDING: Mapping[str, tuple[float, float]] = {
    "shoulder": (0.0, 1.4), "elbow": (0.0, 1.1), "wrist": (0.0, 0.85), "hip": (0.0, 0.9),
    "knee": (0.0, 0.5), "ankle": (0.0, 0.1), "heel": (-0.05, 0.0), "toe": (0.18, 0.0),
}  # fmt: skip
RATE_HZ = 100.0
ALWAYS = (-np.inf, np.inf)


def _standing(n: int = 101) -> Array:
    pose = [
        (STANDING[name][0], 0.1 if side == "left" else -0.1, STANDING[name][1])
        for side in SIDES
        for name in NAMES
    ]
    return np.repeat(np.array(pose, float)[None], n, axis=0)


def _points(places: Array, layout: KeypointLayout = LAYOUT) -> EvenPoints:
    time_s = np.arange(len(places)) / RATE_HZ
    return EvenPoints(time_s, RATE_HZ, places, np.ones(places.shape[:2]), layout)


def _moving(seed: int, n: int = 121) -> Array:
    """Return a body whose every point swings smoothly, each in its own way."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(n)[:, None, None] / RATE_HZ
    phase, hz = rng.uniform(0, 6.28, (2, 1, len(LAYOUT), 3))
    return _standing(n) + 0.05 * np.sin(2 * np.pi * (0.5 + hz / 6) * time_s + phase)


def test_who_stands_on_two_feet_has_half_of_the_weight_on_each() -> None:
    body = moved_body(_points(_standing()))
    stances = [Stance(side, *ALWAYS) for side in SIDES]
    feet = shared_by_steps(body.floor_npkg, body.points.time_s, stances)
    for side in SIDES:
        assert feet[side] == pytest.approx(np.tile([0, 0, G / 2], (101, 1)), abs=1e-6)
    forces = leg_forces(body, feet)
    below = inertia_of("foot", None).mass + inertia_of("shank", None).mass
    assert forces["knee", "left"][:, 2] == pytest.approx(G / 2 - below * G, abs=1e-6)


def test_who_stands_on_one_foot_has_it_all_there_and_the_other_leg_hangs() -> None:
    body = moved_body(_points(_standing()))
    feet = shared_by_steps(body.floor_npkg, body.points.time_s, [Stance("left", *ALWAYS)])
    assert feet["left"][:, 2] == pytest.approx(G, abs=1e-6)
    assert not feet["right"].any()
    leg = sum(inertia_of(name, None).mass for name in ("thigh", "shank", "foot"))
    hanging = joint_force(body, "hip", "right", feet["right"])
    assert hanging[:, 2] == pytest.approx(-leg * G, abs=1e-6)


def test_a_weight_ahead_of_the_ankle_asks_for_a_moment_there() -> None:
    body = moved_body(_points(_standing()))
    feet = shared_by_steps(body.floor_npkg, body.points.time_s, [Stance("left", *ALWAYS)])
    pressure = np.tile([0.1, 0.1, 0.0], (101, 1))
    moment = joint_moment(body, "ankle", "left", feet["left"], pressure)
    foot = inertia_of("foot", None)
    ahead = -0.05 + foot.centre * 0.23
    # The floor turns the toes up (about the left axis: negative), the calf holds against it.
    assert moment[:, 1] == pytest.approx(0.1 * G - ahead * foot.mass * G, abs=1e-6)
    assert moment[:, [0, 2]] == pytest.approx(np.zeros((101, 2)), abs=1e-6)


def test_in_free_fall_nothing_is_loaded() -> None:
    places = _standing()
    places[:, :, 2] -= G / 2 * (np.arange(101)[:, None] / RATE_HZ) ** 2
    body = moved_body(_points(places))
    assert body.floor_npkg == pytest.approx(np.zeros((101, 3)), abs=1e-6)
    feet = shared_by_steps(body.floor_npkg, body.points.time_s, [Stance("left", *ALWAYS)])
    for force in leg_forces(body, feet).values():
        assert force == pytest.approx(np.zeros((101, 3)), abs=1e-6)


def _turned(places: Array, about: Array, angle_rad: Array) -> Array:
    """Turn (T, K, 3) about the left axis through a place, forward over up."""
    own = places - about
    cosine, sine = np.cos(angle_rad)[:, None], np.sin(angle_rad)[:, None]
    ahead = own[..., 0] * cosine + own[..., 2] * sine
    up = -own[..., 0] * sine + own[..., 2] * cosine
    return np.stack([ahead, own[..., 1], up], axis=2) + about


def test_a_swinging_leg_is_a_pendulum_in_closed_form() -> None:
    """The moment at the hip is I a + m g l sin(angle) of a rigid leg that swings."""
    time_s = np.arange(201) / RATE_HZ
    swing, hz = 0.5, 0.8
    angle = swing * np.sin(2 * np.pi * hz * time_s)  # forward over up: the leg swings back
    places = _standing(201)
    own = [LAYOUT.index(f"left_{name}") for name in ("hip", "knee", "ankle", "heel", "toe")]
    # Heel and toe on the line of the leg, so that the leg is one rod.
    places[:, own[3]] = places[:, own[2]] - [0, 0, 0.05]
    places[:, own[4]] = places[:, own[2]] - [0, 0, 0.2]
    about = places[0, own[0]]
    places[:, own] = _turned(places[:, own], about, angle)
    body = moved_body(_points(places))
    nothing = np.zeros((201, 3))
    moment = joint_moment(body, "hip", "left", nothing, nothing)
    parts = [("thigh", 0.0, 0.4), ("shank", 0.4, 0.4), ("foot", 0.85, 0.15)]
    first = second = 0.0
    for name, start, length in parts:
        inertia = inertia_of(name, None)
        out = start + inertia.centre * length
        first += inertia.mass * out
        second += inertia.mass * (out**2 + (inertia.radius * length) ** 2)
    turning = -swing * (2 * np.pi * hz) ** 2 * np.sin(2 * np.pi * hz * time_s)
    expected = second * turning + first * G * np.sin(angle)
    assert moment[3:-3, 1] == pytest.approx(expected[3:-3], abs=2e-4)


def test_who_falls_over_the_ankle_pushes_like_an_inverted_pendulum() -> None:
    time_s = np.arange(151) / RATE_HZ
    angle = 0.3 * np.sin(2 * np.pi * 0.7 * time_s)
    places = _standing(151)
    about = np.array([0.0, 0.0, 0.1])
    places = _turned(places, about, angle)
    body = moved_body(_points(places))
    arm = body.centre_of_mass_m[0] - about  # at angle 0
    rate = 0.3 * 2 * np.pi * 0.7 * np.cos(2 * np.pi * 0.7 * time_s)
    turning = -0.3 * (2 * np.pi * 0.7) ** 2 * np.sin(2 * np.pi * 0.7 * time_s)
    now = _turned(np.tile(arm, (151, 1, 1)), np.zeros(3), angle)[:, 0]
    across = np.stack([now[:, 2], 0 * time_s, -now[:, 0]], axis=1)
    expected = turning[:, None] * across - rate[:, None] ** 2 * now * [1, 0, 1]
    expected[:, 2] += G
    assert body.floor_npkg[3:-3] == pytest.approx(expected[3:-3], abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.lists(st.floats(0.02, 0.3), min_size=5, max_size=9))
def test_the_feet_together_bear_what_the_floor_pushes_with(seed: int, gaps: list[float]) -> None:
    body = moved_body(_points(_moving(seed)))
    clock = np.cumsum(gaps)
    stances, time = [], -np.inf
    for k, moment in enumerate(clock[:-1]):  # each foot lands before the other leaves
        side = SIDES[k % 2]
        stances.append(Stance(side, time, float(clock[k + 1])))
        time = float((moment + clock[k + 1]) / 2)
    stances.append(Stance(SIDES[len(stances) % 2], time, np.inf))
    feet = shared_by_steps(body.floor_npkg, body.points.time_s, stances)
    together = feet["left"] + feet["right"]
    assert together == pytest.approx(body.floor_npkg, abs=1e-9)
    soft = shared_by_stillness(body.points, body.floor_npkg, 1.0)
    assert soft.sum(axis=1) == pytest.approx(body.floor_npkg, abs=1e-9)
    top = np.maximum(body.floor_npkg[:, 2], 0) + 1e-9
    for side in SIDES:
        assert (feet[side][:, 2] <= top).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(-3.1, 3.1))
def test_loads_turn_with_the_walker(seed: int, angle: float) -> None:
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    places = _moving(seed)
    stances = [Stance("left", -np.inf, 0.7), Stance("right", 0.5, np.inf)]
    found = [_all_loads(p, stances) for p in (places, places @ turn.T)]
    for key, load in found[0].items():
        assert found[1][key] == pytest.approx(load @ turn.T, abs=1e-8), key


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_the_mirror_image_has_the_mirrored_loads(seed: int) -> None:
    places = _moving(seed)
    mirrored = places[:, list(LAYOUT.mirrored())] * [1, -1, 1]
    stances = [Stance("left", -np.inf, 0.7), Stance("right", 0.5, np.inf)]
    exchanged = [Stance(opposite(s.side), s.contact_s, s.off_s) for s in stances]
    here, there = _all_loads(places, stances), _all_loads(mirrored, exchanged)
    for (kind, joint, side), load in here.items():
        # A moment is no arrow: in the mirror the other two of its parts change their sign.
        sign = [-1, 1, -1] if kind == "moment" else [1, -1, 1]
        other = there[kind, joint, opposite(side)]
        assert other == pytest.approx(load * sign, abs=1e-8), (kind, joint, side)


def _all_loads(places: Array, stances: list[Stance]) -> dict[tuple[str, str, str], Array]:
    body = moved_body(_points(places))
    feet = shared_by_steps(body.floor_npkg, body.points.time_s, stances)
    found: dict[tuple[str, str, str], Array] = {}
    for (joint, side), force in leg_forces(body, feet).items():
        found["force", joint, side] = force
        toe = body.points.point("toe", side)
        found["moment", joint, side] = joint_moment(body, joint, side, feet[side], toe)
    return found


def test_a_gap_is_not_bridged() -> None:
    places = _moving(1, 201)
    places[90:110, LAYOUT.index("left_wrist")] = np.nan
    body = moved_body(_points(places))
    unknown = np.isnan(body.floor_npkg).all(axis=1)
    assert unknown[90:110].all()
    assert not unknown[:90].any()
    assert not unknown[110:].any()


def test_a_point_that_carries_nothing_need_not_be_known() -> None:
    layout = KeypointLayout("with an eye", (*LAYOUT.points, "left_eye"))
    places = _moving(1)
    unseen = np.full((len(places), 1, 3), np.nan)
    body = moved_body(_points(np.concatenate([places, unseen], axis=1), layout))
    assert np.array_equal(body.floor_npkg, moved_body(_points(places)).floor_npkg)


def test_a_scrap_between_gaps_is_too_short_for_two_derivatives() -> None:
    places = _moving(1, 201)
    places[[60, 80], 0] = np.nan
    body = moved_body(_points(places))
    assert np.isnan(body.floor_npkg[60:81]).all()


def test_where_no_foot_is_known_to_stand_no_load_is_made_up() -> None:
    body = moved_body(_points(_standing()))
    feet = shared_by_steps(body.floor_npkg, body.points.time_s, [Stance("left", 0.2, 0.6)])
    assert np.isnan(feet["left"][:19]).all()
    assert np.isfinite(feet["left"][21:60]).all()


def _event(kind: EventKind, side: str, time_s: float) -> Event:
    return Event(kind, side, time_s, 0.01, 1.0)  # type: ignore[arg-type]


def test_stances_lie_between_contacts_and_foot_offs() -> None:
    contact, off = EventKind.INITIAL_CONTACT, EventKind.FOOT_OFF
    events = [_event(off, "left", 0.1), _event(contact, "right", 0.0), _event(off, "right", 0.6),
              _event(contact, "left", 0.5), _event(contact, "right", 1.0)]  # fmt: skip
    found = stances_of(events)
    assert [(s.side, s.contact_s, s.off_s) for s in found] == [
        ("left", -np.inf, 0.1), ("right", 0.0, 0.6), ("left", 0.5, np.inf),
        ("right", 1.0, np.inf),
    ]  # fmt: skip
    assert [s.is_whole for s in found] == [False, True, False, False]


def test_between_two_contacts_in_a_row_the_foot_is_unknown() -> None:
    contact, off = EventKind.INITIAL_CONTACT, EventKind.FOOT_OFF
    events = [_event(contact, "left", 0.0), _event(contact, "left", 1.0), _event(off, "left", 1.6)]
    assert [(s.contact_s, s.off_s) for s in stances_of(events)] == [(1.0, 1.6)]
