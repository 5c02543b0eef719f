"""What parts one gait from another, on real and on synthetic joints."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import SIDES
from clinigait.core.layout import KINECT_25
from clinigait.datasets import cmu_walk, pathological_gait
from clinigait.synthesis.acted import (
    acted_statistics,
    elbow_deg,
    lean_deg,
    pitch_deg,
    tilt_deg,
    walking_points,
    yaw_deg,
)
from clinigait.synthesis.proof import acted_gaits
from clinigait.synthesis.sensors.keypoints_3d import keypoints_3d
from support.gait_validation import ROOT
from support.synthetic import walk

DATA = ROOT.parent
ACTED, CMU = DATA / "pathological_gait", DATA / "cmu_walk"
_PROJECT = Path(__file__).parents[2]
EXAMPLE = _PROJECT / "examples" / "fit_the_virtual_clinic.py"
SYNTHESIS = _PROJECT / "clinigait" / "synthesis"


@pytest.fixture(scope="module")
def points():
    return walking_points(keypoints_3d(walk(), KINECT_25))


def test_numbers_of_a_known_walk_come_out(points) -> None:
    found = acted_statistics(points)
    truth = walk().truth.parameters
    assert found["speed_mps", None] == pytest.approx(truth["speed_mps", None], rel=0.02)
    assert found["cadence_spm", None] == pytest.approx(truth["cadence_spm", None], rel=0.02)
    for side in SIDES:
        assert found["step_length_m", side] == pytest.approx(truth["step_length_m", side], rel=0.1)
        assert 50 < found["knee_peak_flexion_deg", side] < 75
        assert abs(found["circumduction_m", side]) < 0.03
        # An ankle is faster than the body from before foot off to before contact.
        assert found["stance_pct", side] == pytest.approx(truth["stance_pct", side], abs=6)


def test_a_walk_the_other_way_gives_the_same_numbers() -> None:
    made = keypoints_3d(walk(), KINECT_25)
    turned = replace(made, keypoints=made.keypoints * [-1, -1, 1] + [3, 2, 0])
    one, other = (acted_statistics(walking_points(w)) for w in (made, turned))
    assert other == pytest.approx(one)


def test_a_back_that_was_taken_for_a_front_has_its_sides_exchanged() -> None:
    made = keypoints_3d(walk(), KINECT_25)
    swapped = replace(made, keypoints=made.keypoints[:, list(KINECT_25.mirrored())])
    one, other = (acted_statistics(walking_points(w)) for w in (made, swapped))
    assert other == pytest.approx(one)


def test_who_does_not_get_anywhere_is_no_walk() -> None:
    made = keypoints_3d(walk(), KINECT_25)
    assert walking_points(made.part(slice(0, 20))) is None


def test_angles_have_the_signs_that_they_say(points) -> None:
    still = replace(points)
    for name, place in {
        "left_shoulder": (0.1, 0.2, 1.4), "right_shoulder": (0.1, -0.2, 1.3),
        "left_hip": (0.0, 0.1, 0.9), "right_hip": (0.1, -0.1, 0.9),
        "left_elbow": (0.1, 0.2, 1.1), "left_wrist": (0.4, 0.2, 1.1),
        "pelvis": (0.0, 0.0, 0.9), "neck": (0.1, 0.05, 1.4),
    }.items():  # fmt: skip
        still.points_m[name] = np.tile(place, (3, 1))
    assert lean_deg(still)[0] > 0  # to the left
    assert pitch_deg(still, "pelvis", "neck")[0] > 0  # forward
    assert tilt_deg(still, "shoulder")[0] > 0  # left higher
    assert yaw_deg(still, "hip")[0] == pytest.approx(np.degrees(np.arctan2(0.1, 0.2)))  # to left
    assert elbow_deg(still, "left")[0] == pytest.approx(90)


def test_the_shipped_gaits_differ_as_the_clinic_says() -> None:
    gaits = acted_gaits()
    assert set(gaits) == set(pathological_gait.GAITS)

    def differs(gait: str, name: str) -> float:
        return gaits[gait][name]["difference_mean"]

    assert differs("steppage", "knee_peak_flexion_deg.right") > 10
    assert differs("stiff_legged", "knee_peak_flexion_deg.right") < -15
    assert differs("stiff_legged", "circumduction_m.right") > 0.05
    assert differs("antalgic", "stance_pct.right") < differs("antalgic", "stance_pct.left")
    assert differs("lurch", "lean_back_in_stance_deg.right") > 5
    assert differs("trendelenburg", "pelvis_drop_deg.right") > 1


@pytest.mark.skipif(not CMU.is_dir(), reason="the captured walks are not here")
def test_captured_walks_are_read_as_a_person_who_walks() -> None:
    ends = cmu_walk.read_positions(CMU / "02.asf", CMU / "02_01.amc")
    height_m = ends["head"][:, 2].mean() - min(ends[n][:, 2].min() for n in ("ltoes", "rtoes"))
    assert 1.4 < height_m < 1.8
    for side in ("l", "r"):
        shank_m = np.linalg.norm(ends[f"{side}tibia"] - ends[f"{side}femur"], axis=1)
        assert np.ptp(shank_m) < 1e-9
    speed_mps = np.ptp(ends["root"][:, 0]) / (len(ends["root"]) / cmu_walk.RATE_HZ)
    assert 0.8 < speed_mps < 1.6


@pytest.mark.skipif(not CMU.is_dir(), reason="the captured walks are not here")
def test_the_curves_of_motion_capture_are_those_of_a_new_fit(monkeypatch, capsys) -> None:
    script = runpy.run_path(str(EXAMPLE))
    monkeypatch.setattr("sys.argv", [str(EXAMPLE), str(DATA), "--cmu-only"])
    assert script["main"]() == 0
    printed = capsys.readouterr().out
    assert "curves_cmu.json" in printed
    assert "pathologies.json" not in printed
    again = script["upper_body"](script["_captured"](CMU), {})
    shipped = json.loads((SYNTHESIS / "curves_cmu.json").read_text())
    assert script["_flat"](again) == pytest.approx(script["_flat"](shipped), abs=1e-3)
    assert all(row["source"] == cmu_walk.SOURCE for row in shipped["upper_body"].values())


@pytest.mark.slow
@pytest.mark.skipif(not (CMU.is_dir() and ACTED.is_dir()), reason="the real walks are not here")
def test_the_shipped_numbers_are_those_of_a_new_fit() -> None:
    script = runpy.run_path(str(EXAMPLE))
    walks = script["_acted"](ACTED, quick=False)
    for name, again in (
        ("curves.json", script["upper_body"](script["_captured"](CMU), walks)),
        ("pathologies.json", script["pathologies"](walks)),
    ):
        shipped = json.loads((SYNTHESIS / name).read_text())
        wanted = pytest.approx(script["_flat"](shipped), rel=0.02, abs=0.02)
        assert script["_flat"](again) == wanted
