"""Joint curves at matched speed, cut-offs and changes that matter."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError, Subject
from clinigait.gait.norms import (
    curve_reference,
    cutoffs_for,
    meaningful_change,
    normalised_speed,
    speed_matched_curve,
)

MAN_72 = Subject(age_y=72, sex="male")
_SCHWARTZ = Path(__file__).parents[3] / "shared/data/norms/Schwartz2008.json"


def test_free_curves_move_as_joints_do() -> None:
    knee = curve_reference("knee_flexion_deg", 0.43, age_y=9)
    assert (knee.speed_class, knee.shape_only) == ("free", False)
    assert knee.mean.max() == pytest.approx(59.1, abs=0.1)
    assert 68 <= knee.cycle_pct[knee.mean.argmax()] <= 76
    hip = curve_reference("hip_flexion_deg", 0.43).mean
    assert hip[0] == pytest.approx(35.9, abs=0.1)
    assert -8 < hip.min() < -4
    ankle = curve_reference("ankle_dorsiflexion_deg", 0.43)
    assert 40 <= ankle.cycle_pct[ankle.mean.argmax()] <= 52
    assert 56 <= ankle.cycle_pct[ankle.mean.argmin()] <= 66
    assert 10 < curve_reference("pelvis_anterior_tilt_deg", 0.43).mean.mean() < 14


def test_knee_and_hip_move_further_at_higher_speed() -> None:
    for name in ("knee_flexion_deg", "hip_flexion_deg"):
        ranges = [np.ptp(speed_matched_curve(name, v)[0]) for v in (0.2, 0.3, 0.4, 0.6, 0.7)]
        assert ranges == sorted(ranges)


@pytest.mark.parametrize(
    ("speed", "speed_class"),
    [
        (0, "very_slow"), (0.2269, "very_slow"), (0.227, "slow"), (0.363, "free"),
        (0.4999, "free"), (0.5, "fast"), (0.636, "very_fast"), (5.0, "very_fast"),
    ],
)  # fmt: skip
def test_classes_of_speed(speed: float, speed_class: str) -> None:
    assert curve_reference("knee_flexion_deg", speed).speed_class == speed_class


@pytest.mark.parametrize(
    ("age", "shape_only"), [(3.9, True), (4, False), (17.9, False), (18, True), (None, True)]
)
def test_only_children_have_a_curve_of_reference(age: float | None, shape_only: bool) -> None:
    found = curve_reference("hip_flexion_deg", 0.4, age)
    assert found.shape_only is shape_only
    assert "children" in found.population
    assert "pelvis" in found.caution


def test_shared_curves_cannot_be_changed() -> None:
    mean, _ = speed_matched_curve("knee_flexion_deg", 0.4)
    with pytest.raises(ValueError, match="read-only"):
        mean[0] = 0


@pytest.mark.parametrize(
    ("curve", "speed"),
    [("hip_rotation_deg", 0.4), ("knee_flexion_deg", -0.1), ("knee_flexion_deg", math.nan)],
)
def test_impossible_curves_are_bad_input(curve: str, speed: float) -> None:
    with pytest.raises(BadInputError):
        curve_reference(curve, speed)


@pytest.mark.skipif(not _SCHWARTZ.is_file(), reason="the source is not here")
def test_every_point_of_a_curve_is_that_of_the_source() -> None:
    text = _SCHWARTZ.read_text(encoding="utf-8")
    joints = {
        "pelvis_anterior_tilt_deg": "PelvisAngles", "hip_flexion_deg": "HipAngles",
        "knee_flexion_deg": "KneeAngles", "ankle_dorsiflexion_deg": "AnkleAngles",
    }  # fmt: skip
    for key, speed in zip(
        ("VerySlow", "Slow", "Free", "Fast", "VeryFast"), (0.1, 0.3, 0.4, 0.6, 0.7), strict=True
    ):
        for curve, joint in joints.items():
            points = np.array(json.loads(text)["Schwartz2008"][key][joint]["X"])
            mean, sd = speed_matched_curve(curve, speed)
            np.testing.assert_allclose(mean - sd, points[:, 1], atol=0.011)
            np.testing.assert_allclose(mean + sd, points[:, 2], atol=0.011)


def test_normalised_speed() -> None:
    assert normalised_speed(1.25, 0.9) == pytest.approx(0.4207, abs=1e-4)
    for speed, leg in ((-1, 0.9), (1, 0), (1, math.inf), (math.nan, 0.9)):
        with pytest.raises(BadInputError):
            normalised_speed(speed, leg)


# ------------------------------------------------------------------ cut-offs and changes


def test_cut_offs_of_speed_are_as_published() -> None:
    found = {(c.comparison, c.value, c.sex) for c in cutoffs_for("speed_mps")}
    assert {
        ("<=", 0.8, None), ("<", 1.0, None), ("<", 0.62, "female"), ("<", 0.75, "female"),
        ("<", 0.57, "male"), ("<", 0.74, "male"), ("<", 1.0, "male"), ("<", 0.4, None),
    } <= found  # fmt: skip
    assert cutoffs_for("cadence_spm") == ()
    for cutoff in cutoffs_for("speed_mps"):
        assert cutoff.source
        assert cutoff.protocol
        assert cutoff.evidence in ("abstract", "secondary", "recalled")


def test_a_cut_off_is_met_on_the_stated_side_of_it() -> None:
    at_most, below = (
        next(c for c in cutoffs_for("speed_mps") if c.comparison == sign) for sign in ("<=", "<")
    )
    assert at_most.met_by(at_most.value)
    assert not at_most.met_by(at_most.value + 0.01)
    assert not below.met_by(below.value)
    assert not at_most.met_by(math.nan)


def test_cut_offs_concern_only_those_they_were_found_for() -> None:
    assert {c.sex for c in cutoffs_for("speed_mps", MAN_72)} == {None, "male"}
    assert {c.sex for c in cutoffs_for("speed_mps", replace(MAN_72, sex=None))} == {None}
    assert not [c for c in cutoffs_for("speed_mps", MAN_72) if c.diagnosis]
    assert cutoffs_for("speed_mps", Subject(age_y=30, sex="male")) == ()
    assert cutoffs_for("speed_mps", replace(MAN_72, age_y=None)) == ()
    after = cutoffs_for("speed_mps", Subject(age_y=30, sex="male"), {"stroke"})
    assert [(c.comparison, c.value) for c in after] == [("<", 0.4), ("<=", 0.8), (">", 0.8)]


def test_changes_that_matter_are_as_published() -> None:
    assert [c.value for c in meaningful_change("speed_mps")] == [0.05, 0.10]
    assert [c.value for c in meaningful_change("stance_time_sd_s")] == [0.01]
    assert [c.value for c in meaningful_change("swing_time_sd_s")] == [0.01]
    assert [c.value for c in meaningful_change("step_length_sd_m")] == [0.0025]
    assert meaningful_change("cadence_spm") == ()
    assert all(c.doi and c.doi.startswith("10.") for c in meaningful_change("speed_mps"))
