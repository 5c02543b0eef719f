"""Layouts name the same place by the same name, in the order of their sources."""

import pytest

from clinigait.core import COCO_17, LAYOUTS, WHOLEBODY_23
from clinigait.core.layout import BODY_25, H36M_17, HALPE_26, KINECT_25, MARKERS_22, MPI_17


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_registered_under_its_name_which_ends_in_its_size(name: str) -> None:
    layout = LAYOUTS[name]
    assert layout.name == name
    assert name.endswith(str(len(layout)))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=lambda layout: layout.name)
def test_every_layout_has_legs_and_a_partner_for_every_sided_point(layout) -> None:
    for point in ("hip", "knee", "ankle"):
        assert layout.index(point, "left") != layout.index(point, "right")
    partner = layout.mirrored()
    assert sorted(partner) == list(range(len(layout)))
    for index, point in enumerate(layout.points):
        assert (partner[index] == index) != point.startswith(("left_", "right_"))


@pytest.mark.parametrize(
    ("layout", "point", "index"),
    [
        (BODY_25, "neck", 1), (BODY_25, "right_shoulder", 2), (BODY_25, "left_wrist", 7),
        (BODY_25, "pelvis", 8), (BODY_25, "right_ankle", 11), (BODY_25, "left_ankle", 14),
        (BODY_25, "left_ear", 18), (BODY_25, "left_toe", 19), (BODY_25, "left_heel", 21),
        (BODY_25, "right_heel", 24),
        (HALPE_26, "right_ankle", 16), (HALPE_26, "neck", 18), (HALPE_26, "pelvis", 19),
        (HALPE_26, "left_toe", 20), (HALPE_26, "right_small_toe", 23), (HALPE_26, "right_heel", 25),
        (KINECT_25, "pelvis", 0), (KINECT_25, "head", 3), (KINECT_25, "left_shoulder", 4),
        (KINECT_25, "right_shoulder", 8), (KINECT_25, "left_foot", 15),
        (KINECT_25, "right_hip", 16), (KINECT_25, "thorax", 20), (KINECT_25, "right_thumb", 24),
        (MPI_17, "head_top", 0), (MPI_17, "left_shoulder", 5), (MPI_17, "right_ankle", 10),
        (MPI_17, "left_ankle", 13), (MPI_17, "pelvis", 14), (MPI_17, "head", 16),
        (H36M_17, "pelvis", 0), (H36M_17, "right_ankle", 3), (H36M_17, "left_ankle", 6),
        (H36M_17, "thorax", 8), (H36M_17, "left_wrist", 13), (H36M_17, "right_wrist", 16),
    ],
)  # fmt: skip
def test_points_stand_where_their_sources_put_them(layout, point: str, index: int) -> None:
    assert layout.index(point) == index


def test_halpe_and_wholebody_agree_on_the_body_and_interleave_the_feet() -> None:
    assert HALPE_26.points[:17] == WHOLEBODY_23.points[:17] == COCO_17.points
    moved = {17: 20, 18: 22, 19: 24, 20: 21, 21: 23, 22: 25}
    assert all(WHOLEBODY_23.points[old] == HALPE_26.points[new] for old, new in moved.items())


def test_markers_take_names_that_other_layouts_have() -> None:
    others = {p for layout in LAYOUTS.values() if layout is not MARKERS_22 for p in layout.points}
    assert set(MARKERS_22.points) <= others
