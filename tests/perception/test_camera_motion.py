"""A camera that stands still is found still, also before plain walls; one that moves is found out.

The pictures are drawn. Somebody in stripes walks through all of them.
"""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinigait.core import Frame, Recording, WalkerRule
from clinigait.perception.camera_motion import CameraMotion
from clinigait.perception.lookout import LOOKS_AHEAD
from clinigait.perception.survey import look_interval_s, survey

_WIDTH, _HEIGHT, _NOISE = 640, 360, 1.5
_WALKER = (70, 230)
#: How far the walker goes between two looks, and how many looks there are.
_STEP_PX, _LOOKS = 24, 12


def _plain() -> np.ndarray:
    """A wall that darkens downwards."""
    fall = np.linspace(180, 150, _HEIGHT)[:, None]
    return np.repeat(np.repeat(fall, _WIDTH, axis=1)[..., None], 3, axis=2)


def _corridor() -> np.ndarray:
    """A plain wall above a floor, with a skirting board and the frame of one door."""
    room = _plain()
    room[300:] = 110
    room[294:300] = 70
    room[90:294, 480:486] = room[90:294, 586:592] = room[90:96, 480:592] = 90
    return room


def _skirting() -> np.ndarray:
    """A wall with nothing but lines that run along it."""
    room = _plain()
    room[300:] = 110
    room[294:300] = 70
    return room


def _bars() -> np.ndarray:
    """A wall with bars that repeat every 40 pixels, and a line below."""
    room = _skirting()
    for left in range(0, _WIDTH, 40):
        room[40:280, left : left + 10] = 90
    return room


def _textured() -> np.ndarray:
    """A wall of which every spot looks different, larger than the picture."""
    rng = np.random.default_rng(3)
    coarse = rng.uniform(60, 200, (_HEIGHT // 8, _WIDTH // 8, 3)).astype(np.float32)
    return cv2.resize(coarse, (2 * _WIDTH, 2 * _HEIGHT), interpolation=cv2.INTER_CUBIC)


def _picture(room, look: int, rng, *, at=(0.0, 0.0), light=0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of a room, seen from another place, and the walker's box."""
    if room.shape[1] > _WIDTH:
        back = np.array([[1, 0, 200 - at[0]], [0, 1, 100 - at[1]]])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        room = cv2.warpAffine(room, back, (_WIDTH, _HEIGHT), flags=flags)
    picture = room.copy() + light
    left, top, (width, height) = 60 + _STEP_PX * look, 90, _WALKER
    stripes = np.where(np.arange(height) // 12 % 2, 30.0, 230.0)[:, None, None]
    picture[top : top + height, left : left + width] = stripes
    picture[top : top + height, left + 20 : left + 26] = 120
    picture += rng.normal(0, _NOISE, picture.shape)
    box = np.array([[left, top, left + width, top + height, 0.9]])
    return np.clip(picture, 0, 255).astype(np.uint8), box


def _motion(room, *, step_px=(0.0, 0.0), boxes=True, light=lambda _: 0.0, scale=1) -> CameraMotion:
    rng = np.random.default_rng(1)
    motion = CameraMotion()
    for look in range(_LOOKS):
        at = (step_px[0] * look, step_px[1] * look)
        picture, box = _picture(room, look, rng, at=at, light=light(look))
        if scale > 1:
            picture = np.repeat(np.repeat(picture, scale, axis=0), scale, axis=1)
        motion.update(picture, box * scale if boxes else np.empty((0, 5)))
    return motion


@pytest.mark.parametrize("room", [_corridor(), _bars(), _textured()])
def test_a_still_camera_is_still_whoever_walks(room) -> None:
    assert _motion(room).median_shift_px == pytest.approx(0, abs=0.1)


def test_a_still_camera_is_still_when_the_light_changes() -> None:
    motion = _motion(_corridor(), light=lambda look: 15.0 * (look % 2))
    assert motion.median_shift_px == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("room", [_plain(), _skirting()], ids=["plain", "lines one way"])
def test_where_little_tells_the_motion_is_not_known(room) -> None:
    assert _motion(room).median_shift_px is None


@settings(max_examples=8, deadline=None)
@given(dx=st.floats(-15, 15), dy=st.floats(-8, 8))
def test_the_shift_is_found_although_somebody_walks_otherwise(dx: float, dy: float) -> None:
    found = _motion(_textured(), step_px=(dx, dy)).median_shift_px
    assert found == pytest.approx(np.hypot(dx, dy), abs=0.25)


def test_somebody_who_was_not_found_is_outvoted() -> None:
    found = _motion(_textured(), step_px=(-6.0, 2.0), boxes=False).median_shift_px
    assert found == pytest.approx(np.hypot(6, 2), abs=0.25)


def test_the_shift_is_told_in_pixels_of_the_picture() -> None:
    found = _motion(_textured(), step_px=(6.0, 0.0), scale=2).median_shift_px
    assert found == pytest.approx(12, abs=0.5)


def test_a_crowd_leaves_nothing_to_compare() -> None:
    motion = CameraMotion()
    picture, _ = _picture(_textured(), 0, np.random.default_rng(0))
    for _ in range(3):
        motion.update(picture, np.array([[0.0, 0, _WIDTH, _HEIGHT, 0.9]]))
    assert motion.median_shift_px is None


def test_a_few_known_looks_are_not_enough() -> None:
    rng = np.random.default_rng(0)
    motion = CameraMotion()
    for look, room in enumerate([_corridor(), _corridor(), *[_plain()] * 5]):
        motion.update(*_picture(room, look, rng))
    assert motion.median_shift_px is None


@pytest.mark.parametrize("pictures", [0, 1])
def test_one_picture_tells_nothing(pictures: int) -> None:
    motion = CameraMotion()
    for look in range(pictures):
        motion.update(*_picture(_corridor(), look, np.random.default_rng(0)))
    assert motion.median_shift_px is None


@pytest.mark.parametrize("shape", [(2, 2, 3), (9, 640, 3), (900, 30, 3)])
def test_odd_pictures_are_borne(shape) -> None:
    motion = CameraMotion()
    for _ in range(2):
        motion.update(np.zeros(shape, np.uint8), np.array([[-9.0, -9, 5000, 5000, 0.9]]))
        motion.update(np.zeros(shape, np.uint8), np.empty((0, 5)))
    assert motion.median_shift_px is None


class _Drawn:
    """A film of the corridor."""

    def frames(self):
        rng = np.random.default_rng(2)
        for look in range(_LOOKS):
            yield Frame(look, 0.1 * look, _picture(_corridor(), look, rng)[0])


class _Knows:
    """Finds the walker by the stripes."""

    name = "stripes"

    def detect(self, image):
        columns = np.flatnonzero((image[96, :, 0] > 215) | (image[106, :, 0] < 45))
        assert len(columns) > LOOKS_AHEAD
        return np.array([[columns[0], 90.0, columns[-1] + 1, 90.0 + _WALKER[1], 0.9]])


def test_a_survey_leaves_out_whom_it_finds_in_the_same_picture() -> None:
    film = Recording(
        Path("drawn.mp4"), "0" * 64, _WIDTH, _HEIGHT, _WIDTH, _HEIGHT, 0, False, "none", _Drawn()
    )
    found = survey(film, [_Knows()], WalkerRule(1.0, 0.5, 0.5), lambda _: None)
    assert found.camera_motion_px == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize(
    ("rate_hz", "interval_s"),
    [(25.0, 0.12), (30.0, 0.1), (29.97, 3 / 29.97), (60.0, 0.1), (5.0, 0.2), (None, 0.1)],
)
def test_looks_are_whole_frames_apart(rate_hz: float | None, interval_s: float) -> None:
    assert look_interval_s(rate_hz) == pytest.approx(interval_s)
