"""Turns: a figure that turns by known rules, seen in space and by a camera at the side."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import COCO_17, Depth, Walk
from clinigait.gait.filtering import evened
from clinigait.gait.scene import scene_of
from clinigait.gait.symmetry import Absent
from clinigait.gait.turns import Turn, turn_parameters, turns_of
from clinigait.gait.walked import WalkedBouts, walked_bouts
from clinigait.io.kinect import read_kinect
from support.tug import (
    FRONT,
    Camera,
    Script,
    TugTimes,
    course_script,
    eased,
    filmed,
    tug_script,
    walk_in_space,
)

FAR = Camera(place_m=(3.0, -7.0))


def _walked(walk: Walk) -> WalkedBouts:
    return walked_bouts(scene_of(walk, evened(walk), None, "overground"), steady=True)


def _turns(walk: Walk) -> tuple[Turn, ...]:
    found = turns_of(_walked(walk))
    assert not isinstance(found, Absent)
    return found


def _seen(script: Script, how: str) -> Walk:
    return {
        "space": lambda: walk_in_space(script),
        "noisy space": lambda: walk_in_space(script, noise_m=0.01),
        "picture": lambda: filmed(script),
        "noisy picture": lambda: filmed(script, Camera(noise_px=2.0, seed=1)),
        "without feet": lambda: filmed(script, Camera(noise_px=1.0), layout=COCO_17),
    }[how]()


HOW = ["space", "noisy space", "picture", "noisy picture", "without feet"]


def _contacts_within(script: Script, start_s: float, end_s: float) -> int:
    """Steps whose swing has its middle in the turn."""
    return sum(start_s <= time_s - 0.21 <= end_s for _, time_s in script.contacts_s())


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("turn_s", [1.0, 1.8, 3.0])
def test_a_known_turn_comes_back(how, turn_s) -> None:
    script = tug_script(TugTimes(turn_s=turn_s))
    start_s, end_s = script.turns_s()[0]
    turn = _turns(_seen(script, how))[0]
    assert turn.start_s == pytest.approx(start_s, abs=0.15)
    assert turn.end_s == pytest.approx(end_s, abs=0.15)
    assert turn.angle_deg == pytest.approx(180, abs=8)
    assert turn.peak_degps == pytest.approx(1.875 * 180 / turn_s, rel=0.13)
    steps = _contacts_within(script, start_s, end_s)
    assert abs(turn.steps - steps) <= 1
    assert turn.fewest_steps <= turn.steps <= turn.most_steps


@pytest.mark.parametrize("how", HOW)
def test_the_intervals_hold_the_truth(how) -> None:
    script = tug_script()
    start_s, end_s = script.turns_s()[0]
    found = turn_parameters(_turns(_seen(script, how))[:1])
    truth = {
        "turn_duration_s": end_s - start_s,
        "turn_steps": _contacts_within(script, start_s, end_s),
        "turn_peak_velocity_degps": 1.875 * 180 / 1.8,
        "turn_angle_deg": 180.0,
    }
    for name, value in truth.items():
        assert found[name].low <= value <= found[name].high, name
        assert found[name].low <= found[name].value <= found[name].high


def test_both_ways_round_are_alike() -> None:
    script = tug_script()
    other = replace(script, heading_deg=lambda time_s: -script.heading_deg(time_s))
    for see in (walk_in_space, filmed):
        turn, mirrored = _turns(see(script))[0], _turns(see(other))[0]
        assert mirrored.start_s == pytest.approx(turn.start_s, abs=0.15)
        assert mirrored.end_s == pytest.approx(turn.end_s, abs=0.15)
        assert mirrored.angle_deg == pytest.approx(turn.angle_deg, abs=6)


def test_turning_on_the_spot_is_a_turn() -> None:
    script = course_script(5.0, passes=2)
    turn_s = script.turns_s()[0][0]

    def speed(time_s):
        still = eased(time_s, turn_s - 0.6, turn_s) - eased(time_s, turn_s + 1.4, turn_s + 2.0)
        return 1.2 * (1 - still)

    script = replace(script, speed_mps=speed, duration_s=12.0)
    for walk in (walk_in_space(script), filmed(script, FAR)):
        (turn,) = _turns(walk)
        assert turn.start_s == pytest.approx(turn_s, abs=0.15)
        assert turn.duration_s == pytest.approx(np.diff(script.turns_s()[0])[0], abs=0.25)


def test_a_turn_with_a_short_halt_is_one() -> None:
    script = course_script(5.0, passes=2)

    def heading(time_s):
        return 100 * eased(time_s, 4.2, 5.2) + 80 * eased(time_s, 5.1, 6.1)

    (turn,) = _turns(walk_in_space(replace(script, heading_deg=heading)))
    assert turn.angle_deg == pytest.approx(180, abs=8)
    assert turn.duration_s == pytest.approx(1.7, abs=0.25)


def test_a_corner_is_a_turn_but_no_about_turn() -> None:
    script = course_script(4.0, passes=2)
    corner = replace(script, heading_deg=lambda time_s: script.heading_deg(time_s) / 2)
    (turn,) = _turns(walk_in_space(corner))
    assert turn.angle_deg == pytest.approx(90, abs=8)
    assert not turn.is_about
    found = turn_parameters((turn,))
    assert all(p.value is None and "turned round" in p.reason for p in found.values())


def test_the_mean_over_several_turns() -> None:
    turns = tuple(Turn(t, t + 2.0 + d, 0.06, 180.0, 150.0, 4, 3, 5) for t, d in ((1, 0), (9, 1)))
    found = turn_parameters(turns)
    assert found["turn_duration_s"].value == pytest.approx(2.5)
    assert found["turn_duration_s"].n == 2
    assert found["turn_duration_s"].sd == pytest.approx(np.sqrt(0.5))
    assert (found["turn_steps"].low, found["turn_steps"].high) == (3, 5)


@pytest.mark.parametrize("see", [walk_in_space, lambda script: filmed(script, FAR)])
def test_walking_straight_on_is_no_turn(see) -> None:
    walk = see(course_script(6.0))
    assert _turns(walk) == ()
    assert all(p.value is None for p in turn_parameters(_turns(walk)).values())


@pytest.mark.parametrize("end_s", [5.2, 5.6])
def test_a_turn_that_the_record_cuts_off_is_none(end_s) -> None:
    script = course_script(6.0, passes=2)
    assert script.turns_s()[0][0] < end_s < script.turns_s()[0][1]
    assert _turns(walk_in_space(replace(script, duration_s=end_s))) == ()


def test_what_cannot_show_a_turn_says_so() -> None:
    frontal = turns_of(_walked(filmed(course_script(6.0), FRONT)))
    assert isinstance(frontal, Absent)
    assert "film from the side" in frontal.reason
    guessed = turns_of(_walked(replace(walk_in_space(course_script(6.0)), depth=Depth.INFERRED)))
    assert isinstance(guessed, Absent)
    assert all(p.reason == guessed.reason for p in turn_parameters(guessed).values())


def test_a_body_without_breadth_leaves_only_the_way() -> None:
    """Left and right lie on each other: the turn is known by the walking before and after it."""
    script = course_script(5.0, passes=2)
    walk = filmed(script, FAR)
    points = walk.keypoints.copy()
    for name in ("hip", "shoulder"):
        pair = [walk.layout.index(name, side) for side in ("left", "right")]
        points[:, pair] = points[:, pair].mean(axis=1, keepdims=True)
    (turn,) = _turns(replace(walk, keypoints=points))
    assert turn.peak_degps is None
    found = turn_parameters((turn,))
    start_s, end_s = script.turns_s()[0]
    assert found["turn_duration_s"].low <= end_s - start_s <= found["turn_duration_s"].high
    assert "not seen to turn" in found["turn_duration_s"].reason
    assert found["turn_peak_velocity_degps"].value is None


def test_a_gap_in_the_turn_is_no_breadth() -> None:
    script = course_script(5.0, passes=2)
    walk = filmed(script, FAR)
    points = walk.keypoints.copy()
    start_s, end_s = script.turns_s()[0]
    points[(walk.time_s > start_s + 0.1) & (walk.time_s < end_s - 0.1)] = np.nan
    turns = _turns(replace(walk, keypoints=points))
    assert all(turn.peak_degps is None for turn in turns)


_KINECT = Path(__file__).parents[3] / "shared/data/pathological_gait/Pathological_Gaits"


def _kinect_walks() -> list[Path]:
    return sorted(_KINECT.glob("*/*.csv"))[::131] if _KINECT.is_dir() else []


@pytest.mark.skipif(not _kinect_walks(), reason="the Kinect walks are not here")
@pytest.mark.parametrize("path", _kinect_walks(), ids=lambda path: path.stem)
def test_real_straight_walks_have_no_turn(path: Path) -> None:
    """The sensor loses the body at the end of the way: that is no turn."""
    walk = read_kinect(path)
    walked = walked_bouts(scene_of(walk, evened(walk), None, "overground"), steady=True)
    assert turns_of(walked) == ()
