from __future__ import annotations

import json

import numpy as np
import pytest

from clinigait.io.calibration import read_calibration
from clinigait.synthesis.cameras import (
    Lens,
    Placement,
    Shake,
    following,
    frontal,
    oblique,
    sagittal,
)

LENS = Lens((640, 480), 600.0)
FORWARD, LEFT, UP = np.eye(3)


def _way(camera, way, time_s=0.0) -> np.ndarray:
    middle = np.array([0.0, 0.0, 1.0])
    pixels = camera.project(np.stack([middle, middle + 0.1 * way]), time_s)
    return pixels[1] - pixels[0]


def test_a_walker_goes_to_the_left_where_the_left_side_is_seen_and_else_to_the_right() -> None:
    place = Placement(4.0, 1.0)
    assert _way(sagittal(LENS, place, side="left"), FORWARD) == pytest.approx([-15, 0])
    assert _way(sagittal(LENS, place, side="right"), FORWARD) == pytest.approx([15, 0])
    # From the front the walker's left is on the right of the picture.
    assert _way(frontal(LENS, place), LEFT) == pytest.approx([15, 0])
    assert _way(frontal(LENS, place, from_behind=True), LEFT) == pytest.approx([-15, 0])
    for angle in (0, 37, 90, 200):
        assert _way(oblique(LENS, place, angle_deg=angle), UP) == pytest.approx([0, -15])


def test_a_camera_at_the_height_of_what_it_sees_has_it_in_the_middle() -> None:
    camera = oblique(LENS, Placement(3.0, 1.2, middle_m=(2.0, -1.0)), angle_deg=60)
    assert camera.project(np.array([2.0, -1.0, 1.2]), 0.0) == pytest.approx([319.5, 239.5])


def test_a_tilted_camera_looks_down() -> None:
    place = Placement(3.0, 1.0 + 3.0 * np.tan(np.radians(12)), tilt_deg=12)
    camera = sagittal(LENS, place)
    assert camera.project(np.array([0.0, 0.0, 1.0]), 0.0) == pytest.approx([319.5, 239.5])


def test_a_following_camera_keeps_the_walker_in_the_middle() -> None:
    time_s = np.linspace(0, 4, 9)
    path = np.column_stack([1.2 * time_s, 0.1 * time_s])
    camera = following(LENS, Placement(3.0, 1.0), angle_deg=90, time_s=time_s, path_m=path)
    assert not camera.is_fixed
    at = np.column_stack([1.2 * np.array([0.3, 2.0]), [0.03, 0.2], [1.0, 1.0]])
    assert camera.project_motion(at, np.array([0.3, 2.0])) == pytest.approx(
        np.array([[319.5, 239.5]] * 2)
    )
    with pytest.raises(ValueError, match="increasing"):
        following(LENS, Placement(), angle_deg=0, time_s=time_s[::-1], path_m=path)


def test_a_hand_shakes_as_much_as_it_says_and_the_same_each_time() -> None:
    shake = Shake(turn_deg=0.5, way_m=0.01, seed=4)
    values = [shake.at(t) for t in np.arange(0, 200, 0.37)]
    turns = np.degrees([turn for turn, _ in values])
    assert turns.std(axis=0) == pytest.approx([0.5] * 3, rel=0.15)
    assert np.std([way for _, way in values], axis=0) == pytest.approx([0.01] * 3, rel=0.15)
    held = sagittal(LENS, Placement()).shaken(shake)
    assert not held.is_fixed
    assert held.at(1.0) == held.at(1.0) != held.at(1.1)


def test_what_is_behind_the_camera_has_no_pixel() -> None:
    assert np.isnan(sagittal(LENS, Placement()).project(np.array([0.0, 9.0, 1.0]), 0.0)).all()


def test_its_calibration_is_one_that_the_reader_takes(tmp_path) -> None:
    camera = sagittal(LENS, Placement())
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(camera.calibration()))
    found = read_calibration(path)
    assert found.colour is not None
    assert found.colour.size_px == (640, 480)
    assert (found.colour.fx_px, found.colour.cx_px) == (600.0, 319.5)
    assert found.depth is None
