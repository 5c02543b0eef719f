from __future__ import annotations

import numpy as np
import pytest

from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.backdrop import Backdrop, seen, with_low_wall
from clinigait.synthesis.cameras import Lens, Placement, frontal, sagittal
from clinigait.synthesis.figure import AID, naked
from clinigait.synthesis.scene import Scene
from support.dressed_people import LENS, adult, scene_of, shot_of, swung
from support.swinging import swinging


def test_joints_lie_inside_of_the_silhouette() -> None:
    body = adult()
    for shot in scene_of().shots([swung()]):
        for name in ("upperleg01", "lowerleg01", "foot", "lowerarm01", "wrist"):
            for side in ("L", "R"):
                bone = body.bone(f"{name}.{side}")
                joint = shot.bones[bone] @ np.append(body.heads_m[bone], 1)
                x, y = np.round(shot.camera.project(joint, shot.time_s)).astype(int)
                assert shot.labels[y, x] > 0


def test_parts_are_where_they_belong() -> None:
    shot = next(Scene(naked(adult()), frontal(LENS, Placement(3.0, 0.9))).shots([swung()]))
    rows, columns = np.nonzero(shot.labels)

    def middle(part) -> tuple[float, float]:
        mine = shot.labels[rows, columns] == PARTS.index(part)
        return columns[mine].mean(), rows[mine].mean()

    # From the front the left side is on the right of the picture.
    for part in ("upper_arm", "forearm", "thigh", "shank", "foot"):
        assert middle(f"left_{part}")[0] > middle(f"right_{part}")[0]
    order = ["head", "torso", "left_thigh", "left_shank", "left_foot"]
    heights = [middle(part)[1] for part in order]
    assert heights == sorted(heights)


def test_the_silhouette_has_no_hole_that_a_body_has_not() -> None:
    labels = shot_of().labels
    torso = (labels == PARTS.index("torso")).any(axis=1)
    for row in np.flatnonzero(torso):
        middle = np.flatnonzero(labels[row] == PARTS.index("torso"))
        assert (labels[row, middle[0] : middle[-1] + 1] > 0).all()


def test_a_walking_aid_has_its_own_label() -> None:
    ends = np.array([[0.3, 0.45, 0.0], [0.3, 0.45, 0.9]])
    motion = swinging(adult(), duration_s=0.1, rate_hz=20, aid_points_m=ends)
    shot = next(scene_of().shots([motion]))
    rows, columns = np.nonzero(shot.labels == AID)
    ends_px = shot.camera.project(ends, 0.0)
    assert rows.min() == pytest.approx(ends_px[1, 1], abs=1.5)
    assert rows.max() == pytest.approx(ends_px[0, 1], abs=1.5)
    assert np.ptp(columns) <= 2


def test_pieces_of_a_movement_are_drawn_as_the_whole_is() -> None:
    whole = swinging(adult(), duration_s=0.4, rate_hz=20)
    parts = [
        type(whole)(whole.body, whole.time_s[s], whole.bones[s], whole.aid_points_m[s])
        for s in (slice(0, 3), slice(3, 8))
    ]
    one, other = list(scene_of().shots([whole])), list(scene_of().shots(parts))
    assert [shot.frame for shot in other] == list(range(8))
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a.labels, b.labels)
        assert np.array_equal(a.bones_change, b.bones_change)
        assert a.duration_s == b.duration_s


def test_a_low_wall_hides_the_legs_and_nothing_else() -> None:
    camera = sagittal(LENS, Placement(3.0, 0.9))
    x, y, _ = camera.positions_m[0]
    room = with_low_wall(Backdrop(low_m=(-9, -3, 0), high_m=(9, 5, 3)), (x, y), 0.6)
    hidden = next(Scene(naked(adult()), camera, room).shots([swung()]))
    bare = next(scene_of().shots([swung()]))
    assert not np.isin(hidden.labels, [PARTS.index("left_foot"), PARTS.index("left_shank")]).any()
    head = bare.labels == PARTS.index("head")
    assert np.array_equal(hidden.labels[head], bare.labels[head])


def test_a_room_is_where_it_says() -> None:
    room = Backdrop(low_m=(-9, -2, 0), high_m=(9, 5, 3))
    camera = sagittal(Lens((64, 48), 40.0), Placement(3.0, 1.0))
    view = seen(room, camera.intrinsics, camera.at(0.0))
    assert view.depth_m[23, 31] == pytest.approx(5.0, rel=1e-6)
    floor = view.points_m[..., 2] < 1e-6
    # At 1 m above it a ray that falls by y for 1 meets the floor at 1 / y.
    assert view.depth_m[47, 31] == pytest.approx(40 / (47 - 23.5), rel=1e-5)
    assert floor[47].all()
    assert not floor[:24].any()
    with pytest.raises(ValueError, match="outside"):
        seen(Backdrop(high_m=(9, 2, 3)), camera.intrinsics, camera.at(0.0))
