from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.synthesis.backdrop import Backdrop
from clinigait.synthesis.cameras import Lens, Placement, sagittal
from clinigait.synthesis.figure import naked
from clinigait.synthesis.scene import Scene
from clinigait.synthesis.sensors import frame_rng, recorded
from clinigait.synthesis.sensors.depth import Depth, exact_depth_m
from support.dressed_people import adult, scene_of, shot_of, swung

CLEAN = Depth(noise_m=0, flying_share=0, hole_share=0, baseline_m=0, dark_share=0)


def _wall(distance_m, wall=(0.8, 0.8, 0.8)):
    """A shot of a wall so far away, with nobody before it."""
    room = Backdrop(low_m=(-20, -0.01, 0), high_m=(20, 12, 9), wall=wall)
    camera = sagittal(Lens((120, 100), 400.0), Placement(distance_m - 0.01, 4.0))
    return next(Scene(naked(adult()), camera, room).shots([swung()]))


def test_a_clean_sensor_gives_the_distance_in_millimetres() -> None:
    shot = shot_of()
    found = CLEAN.take(shot, np.random.default_rng(0))
    assert found.dtype == np.uint16
    assert np.array_equal(found, np.round(1000 * exact_depth_m(shot)).astype(np.uint16))


@pytest.mark.parametrize(("distance_m", "sd_mm"), [(1.0, 1.4), (2.0, 5.6), (4.0, 22.4)])
def test_noise_grows_with_the_square_of_the_distance(distance_m, sd_mm) -> None:
    noisy = replace(CLEAN, noise_m=0.0014)
    found = noisy.take(_wall(distance_m), np.random.default_rng(1)).astype(float)
    assert found.mean() == pytest.approx(1000 * distance_m, abs=1.5)
    # Rounding to a millimetre adds a twelfth.
    assert found.std() == pytest.approx(np.hypot(sd_mm, 12**-0.5), rel=0.04)


def test_what_is_out_of_range_is_unknown() -> None:
    for distance_m in (0.25, 8.5):
        assert not CLEAN.take(_wall(distance_m), np.random.default_rng(0)).any()


def test_depths_are_multiples_of_the_step() -> None:
    found = replace(CLEAN, noise_m=0.0014, step_mm=5).take(shot_of(), np.random.default_rng(0))
    assert not (found % 5).any()
    assert len(np.unique(found)) > 5


def test_dark_cloth_drops_out_and_bright_cloth_does_not() -> None:
    sensor = replace(CLEAN, dark_grey=0.2, dark_share=0.6)
    dark = sensor.take(_wall(2.0, (0.02, 0.02, 0.02)), np.random.default_rng(2))
    bright = sensor.take(_wall(2.0), np.random.default_rng(2))
    assert 0.4 < (dark == 0).mean() < 0.8
    assert (bright > 0).all()


def test_edges_have_flying_pixels_and_holes_and_only_they() -> None:
    room = Backdrop(low_m=(-9, -2.5, 0), high_m=(9, 5, 3))
    shot = next(replace(scene_of(), backdrop=room).shots([swung()]))
    exact = 1000 * exact_depth_m(shot)
    found = replace(CLEAN, flying_share=0.4, hole_share=0.3).take(shot, np.random.default_rng(3))
    wrong = np.abs(found - exact) > 1
    grown = np.pad(shot.labels > 0, 1)
    edge = np.zeros_like(wrong)
    for dy, dx in ((0, 1), (2, 1), (1, 0), (1, 2)):
        edge |= grown[dy : dy + wrong.shape[0], dx : dx + wrong.shape[1]] != (shot.labels > 0)
    assert wrong[edge].mean() > 0.3
    inside = (shot.labels > 0) & ~edge
    assert wrong[inside].mean() < 0.05
    assert ((found > 0) & wrong & edge).any()


def test_a_second_camera_on_the_right_does_not_see_what_lies_left_behind_the_person() -> None:
    room = Backdrop(low_m=(-9, -2.5, 0), high_m=(9, 5, 3))
    shot = next(replace(scene_of(), backdrop=room).shots([swung()]))
    lost = replace(CLEAN, baseline_m=0.05).take(shot, np.random.default_rng(0)) == 0
    head = np.flatnonzero(shot.labels[: shot.labels.shape[0] // 2].any(axis=1))[0] + 8
    body = np.flatnonzero(shot.labels[head])
    near, far = 3.0, 5.5
    width_px = shot.lens.fx_px * 0.05 * (1 / near - 1 / far)
    assert lost[head, : body[0]].sum() == pytest.approx(width_px, abs=2)
    assert not lost[head, body[-1] + 1 :].any()


def test_every_frame_can_be_made_again_by_itself() -> None:
    frames = list(recorded(Depth(), scene_of(), [swung()], seed=7))
    again = Depth().take(shot_of(frame=4), frame_rng(7, "depth", 4))
    assert np.array_equal(frames[4], again)
    assert not np.array_equal(frames[4], Depth().take(shot_of(frame=4), frame_rng(8, "depth", 4)))


@pytest.mark.parametrize(
    "change", [{"range_m": (5, 1)}, {"noise_m": -1}, {"hole_share": 0.9}, {"step_mm": 0}]
)
def test_a_sensor_that_cannot_be_is_refused(change) -> None:
    with pytest.raises(BadInputError):
        Depth(**change)
