"""What a recording with depth is checked for."""

from dataclasses import replace

import pytest

from clinigait.core import DepthFacts, Grade
from clinigait.gait.depth_quality import depth_checks

_GOOD = DepthFacts("calibration", False, 500.0, 100.0, 90.0, 8.0, 2.5)


def _grades(depth: DepthFacts, shift_pxps: float | None = 2.0) -> dict[str, Grade]:
    return {check.name: check.grade for check in depth_checks(depth, shift_pxps)}


def test_a_good_recording_passes() -> None:
    assert set(_grades(_GOOD).values()) == {Grade.PASS}


def test_an_assumed_camera_warns() -> None:
    checks = depth_checks(replace(_GOOD, camera_assumed=True), None)
    (found,) = [check for check in checks if check.code == "camera_assumed"]
    assert found.grade is Grade.WARNING
    assert "500 pixels" in found.message
    assert "25 %" in found.message


def test_little_depth_warns() -> None:
    assert _grades(replace(_GOOD, measured_pct=50.0))["Leg points with depth"] is Grade.WARNING


@pytest.mark.parametrize(
    ("mps", "grade"), [(0.05, Grade.PASS), (0.2, Grade.WARNING), (0.8, Grade.REFUSAL)]
)
def test_a_moving_camera_is_told_in_metres(mps, grade) -> None:
    assert _grades(_GOOD, mps * 500 / 2.5)["Camera motion"] is grade


def test_a_camera_of_which_it_is_not_known_whether_it_moves_warns() -> None:
    (found,) = [check for check in depth_checks(_GOOD, None) if check.name == "Camera motion"]
    assert (found.grade, found.value, found.code) == (Grade.WARNING, None, "camera_moves")
    assert "not known" in found.message


@pytest.mark.parametrize(
    ("ratio", "warns"), [(None, False), (1.4, False), (0.9, False), (0.6, True)]
)
def test_blue_skin_warns_that_colours_changed_places(ratio, warns) -> None:
    found = [c for c in depth_checks(replace(_GOOD, red_over_blue=ratio), 2.0) if c.code]
    assert [c.code for c in found] == (["colours_swapped"] if warns else [])
    assert all(c.grade is Grade.WARNING and c.remedy for c in found)
