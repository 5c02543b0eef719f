"""Named points of a moving body."""

import numpy as np
import pytest

from clinigait.core import LAYOUTS, SIDES
from clinigait.core.layout import HALPE_26, MPI_17, WHOLEBODY_23
from clinigait.synthesis.body_points import BodyPoints
from support.synthetic import man, walk


@pytest.fixture(scope="module")
def motion():
    return next(iter(walk()))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_every_layout_has_all_its_points_on_the_body_and_its_sides_right(layout, motion) -> None:
    points = BodyPoints(man(), layout).points_m(motion)
    assert points.shape == (len(motion), len(layout), 3)
    assert (points[..., 2] > -0.01).all()
    assert (points[..., 2] < 1.80).all()
    away = points[..., :2] - motion.joint_m("root")[:, None, :2]
    assert (np.hypot(*away.transpose(2, 0, 1)) < 0.8).all()
    for name in ("shoulder", "hip", "knee"):
        left, right = (points[:, layout.index(name, side)] for side in SIDES)
        assert (left[:, 1] > right[:, 1]).all()


def test_joints_are_where_bones_begin(motion) -> None:
    points = BodyPoints(man(), MPI_17).points_m(motion)
    for side, letter in (("left", "L"), ("right", "R")):
        for name, bone in (("hip", "upperleg01"), ("knee", "lowerleg01"), ("wrist", "wrist")):
            exact = motion.joint_m(f"{bone}.{letter}")
            assert points[:, MPI_17.index(name, side)] == pytest.approx(exact, abs=1e-9)


def test_a_landmark_is_the_mean_of_skinned_points(motion) -> None:
    body, model = man(), man().model
    frame = 7
    bones = motion.bones[frame].astype(np.float64)
    moves = np.einsum("vs,vsij->vij", model.skin_weights, bones[model.skin_bones])
    skin = np.einsum("vij,vj->vi", moves[:, :, :3], body.points_m) + moves[:, :, 3]
    points = BodyPoints(body, WHOLEBODY_23, as_taught=True).points_m(motion)[frame]
    for name, landmark in (("left_toe", "left_big_toe"), ("nose", "nose"), ("right_hip",) * 2):
        mean = model.landmark_weights[model.landmarks.index(landmark)] @ skin
        assert points[WHOLEBODY_23.points.index(name)] == pytest.approx(mean, abs=1e-5)


def test_what_pose_estimators_are_taught_lies_off_the_joint_centres(motion) -> None:
    """Measured on one body: hip 37 mm, knee 26 mm."""
    exact, taught = (
        BodyPoints(man(), MPI_17, as_taught=t).points_m(motion).mean(axis=0) for t in (False, True)
    )
    off_mm = 1000 * np.linalg.norm(exact - taught, axis=1)
    assert off_mm[MPI_17.index("hip", "left")] == pytest.approx(37, abs=12)
    assert off_mm[MPI_17.index("knee", "left")] == pytest.approx(26, abs=12)


def test_the_skull_ends_at_the_stature(motion) -> None:
    top = BodyPoints(man(), HALPE_26).points_m(motion)[:, HALPE_26.index("head_top"), 2]
    assert top.max() == pytest.approx(1.75, abs=0.03)
