"""What the honesty report measures, on walks whose faults are known."""

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import SIDES, EventKind
from clinigait.io.protocol import load_protocol
from clinigait.synthesis.motion import Motion, MotionSource
from clinigait.synthesis.proof import (
    GATES,
    Gate,
    floor_contact,
    gait_statistics,
    gated,
    recovered_from_truth,
    standing_height_m,
    stands,
    touch_errors_s,
)
from clinigait.synthesis.proof_cases import CASES
from support.synthetic import man, walk


class _Moved(MotionSource):
    """A walk whose places are changed on the way."""

    def __init__(self, source, change) -> None:
        self._source, self._change = source, change

    def pieces(self):
        for motion in self._source.pieces():
            bones = motion.bones.copy()
            self._change(motion.time_s, bones)
            yield Motion(motion.body, motion.time_s, bones, motion.aid_points_m)


def _changed(made, change):
    return replace(made, motions=_Moved(made.motions, change))


def test_feet_that_sink_are_found_out() -> None:
    def sink(time_s, bones) -> None:
        bones[:, :, 2, 3] -= 0.004

    made = walk(steps=8)
    good, sunk = floor_contact(made), floor_contact(_changed(made, sink))
    assert sunk.penetration_m == pytest.approx(good.penetration_m + 0.004, abs=5e-4)
    assert not sunk.passes


def test_feet_that_slide_are_found_out() -> None:
    def slide(time_s, bones) -> None:
        bones[:, :, 0, 3] += (0.1 * time_s[:, None]).astype(np.float32)

    made = walk(steps=8)
    good, slid = floor_contact(made), floor_contact(_changed(made, slide))
    assert good.slide_m < 0.012
    assert slid.slide_m > 0.03  # a point stays for about half a second
    assert not slid.passes


def test_events_by_the_skin_are_those_that_are_commanded() -> None:
    made = walk(steps=8, rate_hz=30.0)
    errors = touch_errors_s(floor_contact(made), made.truth)
    for kind in EventKind:
        assert len(errors[kind]) >= 6
        assert np.abs(errors[kind]).max() < 1 / 30


def test_a_foot_stands_from_contact_to_foot_off() -> None:
    made = walk()
    step = [s for s in made.truth.steps if s.steady][2]
    times = np.array([step.contact_s - 0.01, step.contact_s + 0.01, step.off_s + 0.01])
    assert stands(made.truth, step.side, times).tolist() == [False, True, False]


def test_true_keypoints_give_speed_within_one_percent() -> None:
    found = recovered_from_truth(walk(steps=14, rate_hz=30.0), load_protocol("walk_spatial"))
    assert abs(found.speed_error) < 0.01
    assert abs(found.relative("stride_length_m")) < 0.001
    assert found.missed == found.invented == 0
    assert found.relative("something_else") is None


def test_a_standing_body_reaches_its_height() -> None:
    motion = next(iter(walk()))
    assert standing_height_m(motion, 0) == pytest.approx(1.75, abs=0.06)


def test_gates_open_for_the_gait_and_not_for_normal_walking() -> None:
    normal = [gait_statistics(walk(steps=8, rate_hz=30.0), "right")]
    for gait, gates in GATES.items():
        same = gated(gait, normal, normal)
        assert len(same) == len(gates)
        assert not any(one.passes for one in same)
    shown = dict(normal[0])
    shown["knee_peak_flexion_deg", "right"] += 20
    shown["ankle_lift_m", "right"] += 0.1
    assert all(one.passes for one in gated("steppage", [shown], normal))


def test_what_is_affected_is_told_as_the_right_side() -> None:
    made = walk(steps=8, rate_hz=30.0)
    left, right = (gait_statistics(made, side) for side in SIDES)
    assert left["step_length_m", "right"] == right["step_length_m", "left"]


def test_gates_of_either_sign() -> None:
    assert Gate("x", "both", 2.0).holds(2.5)
    assert not Gate("x", "both", 2.0).holds(-2.5)
    assert Gate("x", "both", -2.0).holds(-2.5)
    assert not Gate("x", "both", -2.0).holds(0.0)
    assert not Gate("x", "both", -2.0).holds(float("nan"))


def test_the_cases_of_the_report_are_many_and_possible() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 12
    for case in CASES:
        assert case.prescription.resolved().speed > 0
    assert any(case.prescription.course.turns for case in CASES)
    assert man().build in {case.build for case in CASES}
