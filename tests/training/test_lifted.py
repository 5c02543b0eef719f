"""What was learned against the sensors can be learned again, and learns what is there."""

import json
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from clinigait.gait.lifted import Features, calibration_for, calibration_of
from clinigait.training.lifted import Lesson, learned, lessons, numbers
from support.gait_validation import HERE, ROOT, WHY_NOT


@pytest.mark.skipif(not HERE, reason=WHY_NOT)
def test_the_shipped_numbers_are_what_the_walks_give() -> None:
    shipped = json.loads(
        files("clinigait.gait").joinpath("lifted.json").read_text(encoding="utf-8")
    )
    again = json.loads(json.dumps(learned(lessons(ROOT))))
    assert again["people"] == shipped["people"]
    for part in ("all", *shipped["people"]):
        old = shipped["all"] if part == "all" else shipped["without"][part]
        new = again["all"] if part == "all" else again["without"][part]
        for line in ("double_support_pct", "log_speed"):
            for number in ("offset", "weights", "centre"):
                assert new[line][number] == pytest.approx(old[line][number], rel=1e-3)
        for number in ("stance_difference", "side_noise_s", "speeds_mps"):
            assert new[number] == pytest.approx(old[number], rel=1e-3)


@pytest.mark.skipif(not HERE, reason=WHY_NOT)
def test_nobody_is_measured_by_numbers_that_saw_them() -> None:
    """What a person is measured by is what the others alone give."""
    walks = lessons(ROOT)
    person = walks[0].person
    others = json.loads(json.dumps(numbers([w for w in walks if w.person != person])))
    used, alone = calibration_for("gait-validation", person), calibration_of(others)
    assert used.double_support_pct.offset == pytest.approx(alone.double_support_pct.offset)
    assert used.log_speed.weights == pytest.approx(alone.log_speed.weights)
    assert used.side_noise_s == pytest.approx(alone.side_noise_s)


def test_outside_of_what_was_learned_the_corrections_stay_at_the_border() -> None:
    found = calibration_of(numbers(_lessons()))
    low, high = found.speeds_mps
    slow = replace(_lessons()[0].seen, speed_mps=0.1)
    assert found.within_reach(slow).speed_mps == low
    assert found.within_reach(replace(slow, speed_mps=9.0)).speed_mps == high


def _lessons(n_people: int = 8, noise: float = 0.0) -> list[Lesson]:
    rng = np.random.default_rng(3)
    found = []
    for person in range(n_people):
        for _ in range(4):
            stance, rise = rng.normal(62, 2, 2), rng.normal(2.5, 0.5)
            speed = rng.uniform(0.8, 1.5)
            seen = Features(1.1, {"left": stance[0], "right": stance[1]}, rise, speed, 0.01)
            double = 24 + 0.8 * (stance.mean() - 62) + 0.5 * (rise - 2.5) - 8 * (speed - 1.2)
            truth = {
                ("double_support_pct", "both"): double + rng.normal(0, noise),
                ("speed_mps", "both"): 1.1 * speed**1.3,
                ("stance_pct", "left"): 62.0, ("stance_pct", "right"): 62.0,
                ("step_time_s", "left"): 0.55, ("step_time_s", "right"): 0.55,
            }  # fmt: skip
            found.append(Lesson(f"p{person}", seen, truth))
    return found


def test_a_known_relation_is_learned() -> None:
    walks = _lessons()
    found = calibration_of(numbers(walks))
    for walk in walks:
        double = found.double_support_pct.at(walk.seen.double_support())
        assert double == pytest.approx(walk.truth["double_support_pct", "both"], abs=0.3)
        speed = np.exp(found.log_speed.at(walk.seen.speed()))
        assert speed == pytest.approx(walk.truth["speed_mps", "both"], rel=0.08)


def test_noise_between_the_sides_is_shrunk_and_large_differences_stay() -> None:
    found = calibration_of(numbers(_lessons()))
    assert abs(found.real_step_difference_s(0.005)) < 0.002
    assert found.real_step_difference_s(0.1) == pytest.approx(0.1, rel=0.02)
    assert found.real_step_difference_s(0.0) == 0.0


def test_a_person_of_the_data_set_is_measured_without_having_taught() -> None:
    shipped = json.loads(
        files("clinigait.gait").joinpath("lifted.json").read_text(encoding="utf-8")
    )
    person = shipped["people"][0]
    everybody = calibration_for(None, person)
    left_out = calibration_for(shipped["data_set"], person)
    stranger = calibration_for(shipped["data_set"], "nobody")
    assert left_out != everybody
    assert stranger == everybody
