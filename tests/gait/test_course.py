"""A course of known length: a figure that walks it at a known speed."""

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import Depth, Parameter, Protocol, Walk
from clinigait.gait.course import course_parameters
from clinigait.gait.filtering import evened
from clinigait.gait.scene import scene_of
from clinigait.gait.stature import KnownLength
from clinigait.gait.walked import walked_bouts
from support.tug import FRONT, Camera, Script, course_script, filmed, walk_in_space

SIDE = Camera(place_m=(3.0, -7.0))


def _course(protocol: Protocol, course_m: float, start: str) -> Protocol:
    return replace(protocol, task="course", course_m=course_m, start=start)


def _found(
    walk: Walk, protocol: Protocol, known: KnownLength | None = None, surface: str = "overground"
) -> dict[str, Parameter]:
    scene = scene_of(walk, evened(walk), known, surface)
    return course_parameters(walked_bouts(scene, steady=True), protocol, known)


def _reason(walk: Walk, protocol: Protocol, **options) -> str:
    found = _found(walk, protocol, **options)
    assert set(found) == {"course_time_s", "course_speed_mps"}
    assert all(parameter.value is None for parameter in found.values())
    return found["course_time_s"].reason


def _seen(script: Script, how: str) -> Walk:
    return {
        "space": lambda: walk_in_space(script),
        "noisy space": lambda: walk_in_space(script, noise_m=0.01),
        "picture": lambda: filmed(script, SIDE),
        "noisy picture": lambda: filmed(script, replace(SIDE, noise_px=3.0)),
    }[how]()


HOW = ["space", "noisy space", "picture", "noisy picture"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("speed_mps", [0.6, 1.2])
def test_a_rolling_course_takes_its_length_over_the_speed(protocol, how, speed_mps) -> None:
    walk = _seen(course_script(6.0, speed_mps=speed_mps), how)
    found = _found(walk, _course(protocol, 4.0, "rolling"))
    time_s, speed = found["course_time_s"], found["course_speed_mps"]
    assert time_s.value == pytest.approx(4 / speed_mps, rel=0.01 if "space" in how else 0.04)
    assert speed.value == pytest.approx(4.0 / time_s.value)
    for parameter, truth in ((time_s, 4 / speed_mps), (speed, speed_mps)):
        assert parameter.low <= truth <= parameter.high
        assert parameter.high - parameter.low < 0.25 * truth


@pytest.mark.parametrize("how", HOW)
def test_a_standing_start_takes_longer_by_getting_under_way(protocol, how) -> None:
    script = course_script(6.0, wait_s=1.5)
    fine_s = np.arange(0, 8, 0.001)
    moves = fine_s[np.argmax(script.speed_mps(fine_s) > 0.12)]
    way = script.path_m(fine_s)[:, 0]
    truth_s = float(np.interp(4.0 + np.interp(moves, fine_s, way), way, fine_s) - moves)
    found = _found(_seen(script, how), _course(protocol, 4.0, "standing"))["course_time_s"]
    assert found.value == pytest.approx(truth_s, abs=0.15)
    assert found.low <= truth_s <= found.high
    assert found.value > 4 / 1.2


def test_there_and_back_are_two_passes(protocol) -> None:
    script = course_script(6.0, speed_mps=1.0, passes=2)
    for walk in (walk_in_space(script), filmed(script, SIDE)):
        found = _found(walk, _course(protocol, 4.0, "rolling"))["course_time_s"]
        assert found.n == 2
        assert found.sd is not None
        assert found.value == pytest.approx(4.0, rel=0.03)


def test_a_turn_is_no_standing_start(protocol) -> None:
    script = course_script(6.0, wait_s=1.5, passes=2)
    found = _found(walk_in_space(script), _course(protocol, 4.0, "standing"))
    assert found["course_time_s"].n == 1


def test_a_turned_floor_and_another_origin_change_nothing(protocol) -> None:
    walk = walk_in_space(course_script(6.0))
    angle = np.radians(37)
    turn = np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0]])
    turned = walk.keypoints @ np.vstack([turn, [0, 0, 1]]) + [5.0, -3.0, 0.0]
    asked = _course(protocol, 4.0, "rolling")
    plain = _found(walk, asked)["course_time_s"].value
    again = _found(replace(walk, keypoints=turned), asked)["course_time_s"].value
    assert again == pytest.approx(plain, abs=1e-3)


def test_marks_of_the_course_need_no_scale(protocol) -> None:
    """The ends of the course are marked on the floor; the body height is not known."""
    walk = filmed(course_script(6.0), SIDE, height_m=None)
    marks = [960 + 1400 * (x - 3.0) / 7.0 for x in (1.0, 5.0)]
    known = KnownLength(4.0, (marks[1], 900.0), (marks[0], 900.0))
    found = _found(walk, _course(protocol, 4.0, "rolling"), known)["course_time_s"]
    assert found.value == pytest.approx(4 / 1.2, rel=0.01)
    by_height = _found(filmed(course_script(6.0), SIDE), _course(protocol, 4.0, "rolling"))
    assert found.high - found.low < by_height["course_time_s"].high - by_height["course_time_s"].low


def test_marks_that_are_not_passed(protocol) -> None:
    walk = filmed(course_script(3.0), SIDE)
    marks = [960 + 1400 * (x - 3.0) / 7.0 for x in (1.0, 5.0)]
    known = KnownLength(4.0, (marks[0], 900.0), (marks[1], 900.0))
    assert "both marks" in _reason(walk, _course(protocol, 4.0, "rolling"), known=known)


class TestAbsent:
    def test_a_course_that_is_not_seen_whole(self, protocol) -> None:
        reason = _reason(walk_in_space(course_script(6.0)), _course(protocol, 10.0, "rolling"))
        assert "6.0 m" in reason
        assert "10 m" in reason
        assert "film all of it" in reason

    def test_a_standing_course_that_is_not_seen_whole(self, protocol) -> None:
        script = course_script(3.0, wait_s=1.5)
        reason = _reason(walk_in_space(script), _course(protocol, 4.0, "standing"))
        assert "from the first movement on" in reason

    def test_a_start_that_is_not_seen(self, protocol) -> None:
        reason = _reason(walk_in_space(course_script(6.0)), _course(protocol, 4.0, "standing"))
        assert "standing still before the walk" in reason

    def test_no_scale(self, protocol) -> None:
        walk = filmed(course_script(6.0), SIDE, height_m=None)
        assert "body height" in _reason(walk, _course(protocol, 4.0, "rolling"))

    def test_a_camera_in_front(self, protocol) -> None:
        walk = filmed(course_script(6.0), FRONT)
        assert "film from the side" in _reason(walk, _course(protocol, 4.0, "rolling"))

    def test_a_guessed_depth(self, protocol) -> None:
        walk = replace(walk_in_space(course_script(6.0)), depth=Depth.INFERRED)
        assert "guessed" in _reason(walk, _course(protocol, 4.0, "rolling"))

    def test_a_treadmill(self, protocol) -> None:
        walk = walk_in_space(course_script(6.0))
        asked = _course(protocol, 4.0, "rolling")
        assert "treadmill" in _reason(walk, asked, surface="treadmill")

    def test_a_protocol_without_a_course(self, protocol) -> None:
        assert "no course" in _reason(walk_in_space(course_script(6.0)), protocol)

    def test_nobody_walks(self, protocol) -> None:
        walk = walk_in_space(replace(course_script(6.0, wait_s=3.0), duration_s=2.5))
        assert "no steady walking" in _reason(walk, _course(protocol, 4.0, "rolling"))
