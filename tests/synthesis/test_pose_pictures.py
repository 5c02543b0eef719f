"""Made pictures of people: keypoints are where they are, and what hides them is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import WHOLEBODY_23
from clinigait.perception.hrnet import topdown
from clinigait.synthesis import pose_pictures
from clinigait.synthesis.backdrop import Backdrop, Box
from clinigait.synthesis.backgrounds import Backgrounds
from clinigait.synthesis.cameras import Lens, Placement, oblique
from clinigait.synthesis.pose_people import MOVING_EVERY, POPULATIONS, Poser, drawn_poser
from clinigait.synthesis.pose_pictures import SIZE_PX, MadePicture, State, made_picture, taken
from clinigait.synthesis.pose_views import PoseView, drawn_view, in_window, lens_of
from support.walkers import need_bodies

NOWHERE = (-1e6, -1e6, 1e6, 1e6)
LEFT_HIP, RIGHT_HIP = (WHOLEBODY_23.index("hip", side) for side in ("left", "right"))
ANKLES = [WHOLEBODY_23.index("ankle", side) for side in ("left", "right")]
NONE = np.zeros(3, np.float32)


@pytest.fixture(scope="module")
def posers() -> list[Poser]:
    need_bodies()
    return [drawn_poser(5, number, 7) for number in range(2)]


def looking(angle_deg: float, edges=NOWHERE, distance_m: float = 5.0) -> PoseView:
    """Return a camera that shows the whole person."""
    lens = Lens(SIZE_PX, 460.0)
    place = Placement(distance_m=distance_m, height_m=0.95)
    camera = oblique(lens, place, angle_deg=angle_deg)
    return PoseView(lens.intrinsics(), camera.at(0.0), angle_deg, edges)


def plain(poser: Poser, view: PoseView, others=(), room=None) -> MadePicture:
    """Take a picture in which chance does next to nothing."""
    main = pose_pictures._Body(poser, 1, NONE)
    rng = np.random.default_rng(0)
    with pytest.MonkeyPatch.context() as patch:
        nothing = np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.float32)
        patch.setattr(
            pose_pictures, "_patches", lambda *_: (nothing, np.zeros(nothing.shape[:2], bool))
        )
        draw = (lambda *_: room) if room is not None else (lambda *_: None)
        patch.setattr(pose_pictures, "_room", draw)
        patch.setattr(pose_pictures, "_developed", lambda _, light: _on_screen(light))
        if room is not None:
            rng = _Always(rng)
        return taken(view, main, tuple(others), Backgrounds(), rng)


class _Always:
    """Chance that always falls below a share."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def random(self, *shape):
        return self._rng.random(*shape) * 0 if shape else 0.0

    def __getattr__(self, name: str):
        return getattr(self._rng, name)


def _on_screen(light: np.ndarray) -> np.ndarray:
    return np.clip(255 * light, 0, 255).astype(np.uint8)


# ---------------------------------------------------------------- people


def test_people_stand_over_the_origin(posers) -> None:
    for poser in posers:
        middle = poser.points_m[:, [LEFT_HIP, RIGHT_HIP]].mean(axis=1)
        assert middle[:, :2] == pytest.approx(np.zeros((7, 2)), abs=1e-6)
        assert 0.6 * poser.stature_m > middle[:, 2].min() > 0.3 * poser.stature_m
        assert len(poser.bones_change) == -(-len(poser) // MOVING_EVERY)


def test_the_same_number_is_the_same_person(posers) -> None:
    again = drawn_poser(5, 1, 7)
    assert np.array_equal(again.bones, posers[1].bones)
    assert np.array_equal(again.figure.points_m, posers[1].figure.points_m)
    assert again.figure.materials == posers[1].figure.materials


def test_populations_take_turns(posers) -> None:
    assert len(POPULATIONS) == 7
    assert {poser.group for poser in posers} == {"healthy", posers[1].group}
    assert posers[1].group in {"robust", "pre_frail", "frail"}


# ---------------------------------------------------------------- views


def test_a_window_is_drawn_as_it_would_be_cut() -> None:
    """What the crop's own lens projects is what the crop of the whole picture shows there."""
    whole = Lens((640, 480), 500.0).intrinsics()
    box = np.array([200.0, 60, 310, 420])
    view = topdown.window(box, SIZE_PX, 1.25)
    lens = lens_of(view, SIZE_PX, whole)
    points = np.array([[0.2, 0.1, 4.0], [-0.4, 0.8, 5.0], [0.0, -0.9, 3.0]])
    matrix = topdown.affine(view, SIZE_PX, "udp")
    pixels = whole.project(points)
    expected = pixels @ matrix[:, :2].T + matrix[:, 2]
    assert lens.project(points) == pytest.approx(expected, abs=1e-3)
    assert in_window(pixels, view, SIZE_PX) == pytest.approx(expected, abs=1e-3)


def test_drawn_views_show_people_mostly(posers) -> None:
    rng = np.random.default_rng(3)
    main = pose_pictures._Body(posers[0], 0, NONE)
    surface = main.surface().points_m
    shares = []
    for _ in range(60):
        view = drawn_view(rng, surface, SIZE_PX)
        pixels = view.lens.project(view.place.apply(posers[0].points_m[0]))
        shares.append(view.inside(pixels).mean())
        assert 0.2 < view.eye_m[2] < 2.4
    assert np.mean(shares) > 0.85
    assert min(shares) < 1, "some are cut by the edge of the picture"


def test_nothing_is_seen_beyond_the_edge_of_the_picture() -> None:
    view = looking(0, (10.0, -5.0, 150.0, 199.6))
    picture = view.cut(np.full((256, 192, 3), 7, np.uint8))
    assert (picture[:, :10] == 0).all()
    assert (picture[201:] == 0).all()
    assert picture[100, 100, 0] == 7
    assert (picture[:, 151:] == 0).all()
    inside = view.inside(np.array([[9.0, 50], [20, 50], [20, 220], [np.nan, 4]]))
    assert inside.tolist() == [False, True, False, False]


# ---------------------------------------------------------------- pictures


def test_keypoints_are_where_the_camera_sees_them(posers) -> None:
    view = looking(20.0)
    picture = plain(posers[0], view)
    expected = view.lens.project(view.place.apply(posers[0].points_m[1]))
    assert picture.keypoints_px == pytest.approx(expected, abs=1e-3)
    assert picture.crop.shape == (256, 192, 3)
    height = np.ptp(picture.keypoints_px[:, 1])
    assert 0.75 * picture.stature_px < height < picture.stature_px


def test_the_person_is_drawn_where_the_keypoints_are(posers) -> None:
    """Two pictures that differ in the clothes alone differ about the body."""
    view = looking(45.0)
    poser = posers[0]
    bright = tuple(replace(one, colour=(1.0, 1.0, 1.0)) for one in poser.figure.materials)
    dressed = replace(poser, figure=replace(poser.figure, materials=bright))
    one, two = plain(poser, view), plain(dressed, view)
    changed = np.abs(one.crop.astype(int) - two.crop).max(axis=2) > 8
    for point in ("shoulder", "knee"):
        for side in ("left", "right"):
            x, y = np.rint(one.keypoints_px[WHOLEBODY_23.index(point, side)]).astype(int)
            assert changed[y - 2 : y + 3, x - 2 : x + 3].any()
    assert not changed[:6].any()


def test_the_other_side_hides_behind_the_own_body(posers) -> None:
    """From the left the right ear and hip are behind the body, and the other way round."""
    left, right = (WHOLEBODY_23.index("ear", side) for side in ("left", "right"))
    from_left, from_right = (plain(posers[0], looking(angle)) for angle in (90.0, 270.0))
    assert from_left.states[left] == from_right.states[right] == State.SEEN
    assert from_left.states[right] == from_right.states[left] == State.BEHIND_SELF
    assert from_left.states[RIGHT_HIP] == from_right.states[LEFT_HIP] == State.BEHIND_SELF
    nose = WHOLEBODY_23.index("nose")
    assert plain(posers[0], looking(0.0)).states[nose] == State.SEEN
    assert plain(posers[0], looking(180.0)).states[nose] == State.BEHIND_SELF


def test_a_box_before_the_feet_hides_them(posers) -> None:
    box = Box((-3.0, -1.6, 0.0), (3.0, -1.4, 0.5))
    room = Backdrop(low_m=(-8, -8, 0), high_m=(8, 8, 3), boxes=(box,))
    hidden = plain(posers[0], looking(270.0), room=room)
    assert (hidden.states[ANKLES] == State.HIDDEN).all()
    assert hidden.states[WHOLEBODY_23.index("shoulder", "right")] >= State.BEHIND_SELF
    free = plain(posers[0], looking(90.0), room=room)
    assert not (free.states == State.HIDDEN).any(), "seen from the other side it hides nothing"


def test_somebody_before_the_person_hides_them(posers) -> None:
    view = looking(0.0, distance_m=6.0)
    towards = np.array([1.2, 0.0, 0.0], np.float32)
    before = pose_pictures._Body(posers[1], 0, towards)
    behind = pose_pictures._Body(posers[1], 0, -towards)
    hips = [LEFT_HIP, RIGHT_HIP]
    assert (plain(posers[0], view, [before]).states[hips] == State.HIDDEN).all()
    assert not (plain(posers[0], view, [behind]).states == State.HIDDEN).any()


def test_what_the_edge_cuts_off_is_outside(posers) -> None:
    picture = plain(posers[0], looking(0.0, (-1e6, -1e6, 1e6, 150.0)))
    assert (picture.states[ANKLES] == State.OUTSIDE).all()
    assert (picture.crop[151:] == 0).all()


def test_the_same_seed_makes_the_same_picture(posers) -> None:
    for seed in range(6):
        one, two = (made_picture(posers, 0, 0, Backgrounds(), (seed, 9)) for _ in range(2))
        assert np.array_equal(one.crop, two.crop)
        assert np.array_equal(one.keypoints_px, two.keypoints_px)
        assert np.array_equal(one.states, two.states)
    other = made_picture(posers, 0, 0, Backgrounds(), (7, 9))
    assert not np.array_equal(one.crop, other.crop)


def test_made_pictures_show_all_that_can_be(posers) -> None:
    made = [made_picture(posers, k % 2, k % 7, Backgrounds(), (k,)) for k in range(40)]
    states = np.bincount(np.concatenate([one.states for one in made]), minlength=4) / (40 * 23)
    assert (states > 0.005).all(), "outside, hidden, behind the own body, seen"
    assert states[State.SEEN] > 0.4
    assert all(np.isfinite(one.keypoints_px).all() and one.stature_px > 40 for one in made)
