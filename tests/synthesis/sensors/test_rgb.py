from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.synthesis.appearance import Appearance
from clinigait.synthesis.backdrop import Backdrop, drawn_backdrop
from clinigait.synthesis.figure import Material
from clinigait.synthesis.garments import Outfit, dressed
from clinigait.synthesis.scene import Shot
from clinigait.synthesis.sensors import frame_rng, recorded
from clinigait.synthesis.sensors.rgb import Lighting, Rgb, drawn_rgb
from support.dressed_people import adult, scene_of, swung

ROOM = Backdrop(low_m=(-9, -2.5, 0), high_m=(9, 5, 3), wall=(0.8, 0.8, 0.8), floor=(0.6, 0.6, 0.6))
CLEAN = Rgb(backdrop=ROOM, noise=0.0)
RED, GREEN = Material(colour=(0.8, 0.1, 0.1)), Material(colour=(0.1, 0.7, 0.1))
BLUE = Material(colour=(0.1, 0.1, 0.8))


def _shot(frame=3) -> Shot:
    outfit = Outfit(materials=(BLUE, GREEN, RED, RED, BLUE))
    return list(scene_of(dressed(adult(), outfit, Appearance())).shots([swung()]))[frame]


def _picture(sensor, frame=3) -> np.ndarray:
    return sensor.take(_shot(frame), np.random.default_rng(0)).astype(float)


def test_clothes_have_their_colours_where_they_are_worn() -> None:
    shot, picture = _shot(), _picture(CLEAN)
    for height, strongest in ((1.2, 0), (0.65, 1)):
        (row,) = np.round(shot.camera.project(np.array([[0, 0, height]]), 0.0)[:, 1]).astype(int)
        inside = np.flatnonzero(shot.labels[row])
        colour = picture[row, inside[2:-2]]
        assert (colour.argmax(axis=1) == strongest).mean() > 0.9


def test_the_figure_has_no_holes_or_black_specks() -> None:
    inside = cv2.erode((_shot().labels > 0).astype(np.uint8), np.ones((3, 3))) > 0
    picture = _picture(CLEAN)[inside]
    assert picture.max(axis=1).min() > 12


def test_the_shadow_lies_on_the_floor_at_the_feet_away_from_the_light() -> None:
    low = replace(CLEAN, lighting=Lighting(azimuth_deg=0, elevation_deg=45, ambient=0.3))
    dark = low.take(_shot(), np.random.default_rng(0)).astype(float).sum(axis=2)
    ambient = replace(low, lighting=Lighting(strength=0.0, ambient=1.0))
    even = ambient.take(_shot(), np.random.default_rng(0)).astype(float).sum(axis=2)
    shot = _shot()
    ratio = dark / np.maximum(even, 1)
    floor = shot.camera.project(np.array([[0.0, 0.0, 0.0]]), 0.0)[0]
    rows, columns = np.indices(dark.shape)
    ground = (rows > floor[1] - 8) & (shot.labels == 0)
    lit = np.median(ratio[ground])
    shadow = ground & (ratio < 0.85 * lit)
    assert shadow.sum() > 100
    # Light from ahead (the left of the picture): the shadow falls to the right of the feet.
    assert columns[shadow].mean() > floor[0] + 10
    feet = cv2.dilate((shot.labels > 0).astype(np.uint8), np.ones((5, 5))) > 0
    assert (shadow & feet).any()


def test_noise_is_as_strong_as_it_says_and_comes_from_the_seed() -> None:
    clean = _picture(CLEAN)
    noisy = replace(CLEAN, noise=4.0)
    off = noisy.take(_shot(), np.random.default_rng(1)) - clean
    assert off.std() == pytest.approx(4.0, rel=0.05)
    again = noisy.take(_shot(), np.random.default_rng(1)) - clean
    assert np.array_equal(off, again)


def test_darkness_raises_values_to_its_inverse() -> None:
    bright, dark = _picture(CLEAN), _picture(replace(CLEAN, darkness=0.5))
    assert dark == pytest.approx(255 * (bright / 255) ** 2, abs=1.5)


def test_motion_blur_smears_what_moves_and_nothing_else() -> None:
    sharp = _picture(CLEAN)
    smeared = _picture(replace(CLEAN, n_exposures=5, exposure_share=1.0))
    off = np.abs(sharp - smeared).max(axis=2)
    assert off[_shot().labels > 0].max() > 20
    assert off[:10].max() <= 1  # the wall above the head


def test_pictures_are_the_same_to_the_bit_and_frames_stand_alone() -> None:
    sensor = Rgb(backdrop=ROOM)
    scene = scene_of(_shot().figure)
    films = [list(recorded(sensor, scene, [swung()], seed=5)) for _ in range(2)]
    assert all(np.array_equal(a, b) for a, b in zip(*films, strict=True))
    alone = sensor.take(_shot(4), frame_rng(5, "rgb", 4))
    assert np.array_equal(alone, films[0][4])


def test_drawn_rooms_and_light_differ_and_hold_the_camera() -> None:
    rooms = [drawn_backdrop(np.random.default_rng(k), (0.0, y)) for k in range(10) for y in (4, -4)]
    assert len(set(rooms)) == 20
    for room, y in zip(rooms, [4, -4] * 10, strict=True):
        assert room.low_m[1] < min(y, -1) < max(y, 1) < room.high_m[1]
    lights = {drawn_rgb(np.random.default_rng(k), ROOM, 90.0) for k in range(10)}
    assert len(lights) == 10


@pytest.mark.parametrize("change", [{"noise": -1}, {"n_exposures": 0}, {"darkness": 0.0}])
def test_a_sensor_that_cannot_be_is_refused(change) -> None:
    with pytest.raises(BadInputError):
        Rgb(**change)
