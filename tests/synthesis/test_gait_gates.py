"""Gates: textbooks say in which direction, people say how far."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core import WHOLEBODY_23
from clinigait.representations.walk_windows import skeleton_of, walk_of
from clinigait.synthesis.gait_gates import learned_gates, measured_signs, passes
from support.generated import CLASSES, windows
from support.walker import Gait, synthetic_space_walk

_PEOPLE = ("anna", "bert")


def _taught(**changes: float) -> tuple[list[dict[str, float]], list[str], list[str]]:
    """Return people of whom two walk normally and with stiff legs, by what is measured."""
    usual = {"knee_range_deg": 45.0, "circumduction_m": 0.0, "hip_hike_deg": 5.0}
    theirs = {"knee_range_deg": 15.0, "circumduction_m": 0.1, "hip_hike_deg": 5.0, **changes}
    rows, labels, people = [], [], []
    for person in _PEOPLE:
        for label, values in (("normal", usual), ("stiff_legged", theirs)):
            for shift in (-0.01, 0.0, 0.01):
                rows.append({name: value + shift for name, value in values.items()})
                labels.append(label)
                people.append(person)
    return rows, labels, people


def test_limits_lie_halfway_and_a_sign_that_nobody_shows_is_not_asked() -> None:
    gates = learned_gates(*_taught())
    knee, swing = gates["stiff_legged"].every
    assert [(s.name, s.above, s.limit) for s in knee] == [("knee_range_deg", False, 30.0)]
    # They do not hike the hip: only circumduction counts.
    assert [(s.name, s.above, s.limit) for s in swing] == [("circumduction_m", True, 0.05)]
    assert gates["stiff_legged"].people_share == gates["normal"].people_share == 1.0


def test_every_person_counts_once_however_often_they_walked() -> None:
    rows, labels, people = _taught()
    many = ([rows[3]] * 50, ["stiff_legged"] * 50, ["anna"] * 50)
    more = learned_gates(rows + many[0], labels + many[1], people + many[2])
    assert more["stiff_legged"].every[0][0].limit == pytest.approx(30.0, abs=0.01)


def test_a_sign_on_the_wrong_side_of_normal_is_not_asked() -> None:
    gates = learned_gates(*_taught(knee_range_deg=60.0))
    assert [[s.name for s in group] for group in gates["stiff_legged"].every] == [
        ["circumduction_m"]
    ]


def test_who_passes() -> None:
    gates = learned_gates(*_taught())
    stiff = {"knee_range_deg": 20.0, "circumduction_m": 0.08, "hip_hike_deg": 5.0}
    assert passes(gates, "stiff_legged", stiff)
    assert not passes(gates, "stiff_legged", {**stiff, "circumduction_m": 0.02})
    assert not passes(gates, "normal", stiff)
    assert passes(gates, "normal", {**stiff, "knee_range_deg": 50.0})
    for label in ("normal", "stiff_legged"):
        assert not passes(gates, label, {})


def test_signs_of_a_known_walk() -> None:
    walk = synthetic_space_walk(Gait(duration_s=4.0), WHOLEBODY_23)
    found = measured_signs(walk, "right")
    assert found["speed_mps"] == pytest.approx(Gait().speed_mps, rel=0.05)
    assert abs(found["stance_difference_pct"]) < 3
    assert 15 < found["hip_peak_flexion_deg"] < 45
    assert abs(found["circumduction_m"]) < 0.02
    assert abs(found["hip_hike_deg"]) < 1
    assert found == pytest.approx(measured_signs(walk, "left"), abs=4)


def test_who_leans_back_passes_as_lurching_and_who_stands_is_not_measured() -> None:
    made, labels = windows()
    bodies = [skeleton_of(window, 1.2) for window in made]
    signs = [measured_signs(walk_of(body), "right") for body in bodies]
    people = [_PEOPLE[i // 2 % 2] for i in range(len(made))]
    gates = learned_gates(signs, [CLASSES[k] for k in labels], people)
    told = [passes(gates, CLASSES[k], row) for k, row in zip(labels, signs, strict=True)]
    assert np.mean(told) > 0.9
    still = skeleton_of(np.repeat(made[0][:, :1], made.shape[2], axis=1), 1.2)
    assert measured_signs(walk_of(still), "right") == {}
