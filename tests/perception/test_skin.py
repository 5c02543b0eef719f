"""Skin of every tone is redder than it is blue, and colours that changed places are found."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.core import COCO_17, Space, Walk
from clinigait.perception.skin import SkinColour

#: Skin from very light to very dark, as sRGB (the Monk scale's ends and middle).
TONES = (
    (246, 237, 228),
    (243, 231, 219),
    (215, 189, 150),
    (160, 126, 86),
    (96, 65, 52),
    (41, 36, 32),
)
#: Light from a lamp to the open sky, as factors of red, green and blue.
LIGHTS = ((1.0, 0.85, 0.65), (1.0, 1.0, 1.0), (0.92, 1.0, 1.06))


def _walk(n: int = 20) -> Walk:
    keypoints = np.full((n, 17, 2), np.nan)
    names = ("nose", "left_eye", "right_eye", "left_wrist", "right_wrist", "left_ankle")
    places = ((60, 20), (57, 17), (63, 17), (40, 80), (80, 80), (55, 150))
    for name, place in zip(names, places, strict=True):
        keypoints[:, COCO_17.index(name)] = place
    confidence = np.isfinite(keypoints[..., 0]).astype(float)
    return Walk(np.arange(n) / 30, keypoints, confidence, COCO_17, Space.IMAGE_PX)


def _picture(skin: tuple[int, ...], light: tuple[float, ...], hands: tuple[int, ...] | None = None):
    picture = np.full((160, 120, 3), 110, np.uint8)
    picture[8:32, 45:75] = np.clip(np.array(skin) * light, 0, 255)
    for x in (40, 80):
        picture[72:88, x - 8 : x + 8] = np.clip(np.array(hands or skin) * light, 0, 255)
    return picture


def _ratio(picture: np.ndarray, walk: Walk) -> float | None:
    skin = SkinColour(walk)
    for index in range(len(walk)):
        skin.look(picture, index)
    return skin.red_over_blue()


@pytest.mark.parametrize("tone", TONES)
@pytest.mark.parametrize("light", LIGHTS)
def test_no_skin_in_no_light_is_taken_for_swapped(tone, light) -> None:
    assert _ratio(_picture(tone, light), _walk()) > 0.9


@pytest.mark.parametrize("tone", TONES[2:5])
@pytest.mark.parametrize("light", LIGHTS[:2])
def test_swapped_channels_make_skin_blue(tone, light) -> None:
    assert _ratio(_picture(tone, light)[..., ::-1], _walk()) < 0.9


def test_a_blue_mask_or_blue_gloves_alone_do_not_count() -> None:
    skin, blue = TONES[2], (70, 110, 200)
    assert _ratio(_picture(blue, LIGHTS[1], hands=skin), _walk()) > 1
    assert _ratio(_picture(skin, LIGHTS[1], hands=blue), _walk()) > 1


def test_too_few_frames_and_points_outside_tell_nothing() -> None:
    picture = _picture(TONES[2], LIGHTS[1])
    assert _ratio(picture, _walk(9)) is None
    assert _ratio(picture[:60], _walk()) is None  # the hands are not in it
