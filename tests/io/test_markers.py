"""Marker sets of many makers become the same walk: joint centres, metres, z up."""

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from clinigait.core import BadInputError, Space, Walk
from clinigait.core.layout import HALPE_26, MARKERS_22
from clinigait.io._orientation import ROTATIONS
from clinigait.io.hip_centre import regressed_hips
from clinigait.io.marker_names import MIDLINE, RECIPES, SIDED, place_of
from clinigait.io.markers import MarkerSet, walk_from_markers
from support.world_walks import plug_in_gait, world_walk

#: From the lateral to the medial marker of the left knee.
_INWARD = np.array([0.0, -0.1, 0.0])


def _read(labels, positions_m, time_s=None) -> Walk:
    time_s = np.arange(len(positions_m)) / 100 if time_s is None else time_s
    return walk_from_markers(MarkerSet(tuple(labels), positions_m, time_s, Path("a.trc"), "TRC"))


def _point(walk: Walk, point: str) -> np.ndarray:
    return walk.keypoints[:, walk.layout.index(point)]


@pytest.mark.parametrize(
    ("label", "place"),
    [
        ("LASI", "left_asis"), ("RPSI", "right_psis"), ("SACR", "sacrum"), ("V.Sacral", "sacrum"),
        ("Anna:LKNE", "left_knee_lateral"), ("R.Knee.Medial", "right_knee_medial"),
        ("LHEE", "left_heel"), ("LTOE", "left_toe"), ("R.MT2", "right_toe"),
        ("R.MT5", "right_fifth_metatarsal"), ("L.GTR", "left_trochanter"),
        ("RBigToe", "right_toe_tip"), ("RSmallToe", "right_small_toe"), ("RHip", "right_hip"),
        ("Hip", "pelvis"), ("midHip", "pelvis"), ("RHJC_study", "right_hip_joint"),
        ("r_mankle_study", "right_ankle_medial"), ("L_IAS", "left_asis"),
        ("R_FLE", "right_knee_lateral"), ("L_FM5", "left_fifth_metatarsal"),
        ("LLM", "left_ankle_lateral"), ("RMM", "right_ankle_medial"),
        ("V_R.Hip_JC", "right_hip_joint"), ("Knee_L", "left_knee_lateral"),
        ("kneeR", "right_knee_lateral"), ("HEEL.R", "right_heel"),
        ("left_foot_index", "left_toe_tip"), ("Right Ankle", "right_ankle_lateral"),
        ("C7", "c7"), ("CLAV", "clavicle"), ("LFHD", "left_head_front"), ("LFWT", "left_asis"),
        ("heel", None), ("lumbar", None), ("RTHI", None), ("*12", None), ("", None), ("L", None),
    ],
)  # fmt: skip
def test_names_of_many_marker_sets(label: str, place: str | None) -> None:
    assert place_of(label) == place


def test_no_name_stands_for_two_places() -> None:
    for table in (SIDED, MIDLINE):
        names = list(chain.from_iterable(table.values()))
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("spelling", ["{s}{n}", "{s}_{n}", "{s}.{n}", "{n}_{s}", "{n} {s}"])
def test_side_and_separator_may_stand_anywhere(spelling: str) -> None:
    for place, names in SIDED.items():
        for name in names:
            for side, words in {"left": "L left", "right": "R right"}.items():
                for word in words.split():
                    label = spelling.format(s=word, n=name)
                    assert place_of(label) == f"{side}_{place}", label
                    assert place_of(label.upper()) == place_of(label.lower()) == place_of(label)


def test_recipes_name_known_places_and_make_the_layout() -> None:
    sided = {f"{side}_{place}" for place in [*SIDED, "regressed_hip"] for side in ("left", "right")}
    known = sided | set(MIDLINE) | set(SIDED) | {"regressed_hip"}
    points = {point.removeprefix("left_").removeprefix("right_") for point in MARKERS_22.points}
    assert set(RECIPES) == points
    assert set(chain.from_iterable(chain.from_iterable(RECIPES.values()))) <= known


def test_the_hip_regression_by_hand() -> None:
    # PW 240 mm, PD 150 mm: 45.9 mm behind, 82.9 mm below, 86.5 mm beside the middle.
    one = np.ones((4, 1))
    hips = regressed_hips(one * [0, 0.12, 1], one * [0, -0.12, 1], one * [-0.15, 0, 1])
    assert hips is not None
    np.testing.assert_allclose(hips["left"], one * [-0.0459, 0.0865, 0.9171], atol=1e-12)
    np.testing.assert_allclose(hips["right"], one * [-0.0459, -0.0865, 0.9171], atol=1e-12)


@given(seed=st.integers(0, 10_000))
def test_the_hip_regression_moves_with_the_pelvis(seed: int) -> None:
    rng = np.random.default_rng(seed)
    spines = np.array([[0.0, 0.12, 1], [0, -0.12, 1], [-0.15, 0.01, 1.02]])
    turn, shift = Rotation.random(rng=rng).as_matrix(), rng.normal(0, 3, 3)
    still = regressed_hips(*spines[:, None])
    moved = regressed_hips(*(spines @ turn.T + shift)[:, None])
    assert still is not None
    assert moved is not None
    for side in ("left", "right"):
        np.testing.assert_allclose(moved[side], still[side] @ turn.T + shift, atol=1e-9)


def test_the_hip_regression_without_a_marker() -> None:
    nowhere = np.full((3, 3), np.nan)
    assert regressed_hips(nowhere, nowhere, nowhere) is None
    place = np.zeros((3, 3))
    assert regressed_hips(place, place, place) is None


def test_plug_in_gait_becomes_joint_centres() -> None:
    truth = world_walk()
    walk = _read(*plug_in_gait(truth))
    assert (walk.layout, walk.space) == (MARKERS_22, Space.WORLD_M)
    for point in ("left_knee", "right_ankle", "left_heel", "right_toe"):
        np.testing.assert_allclose(_point(walk, point), _point(truth, point), atol=1e-9)
    hip = _point(truth, "left_hip")
    np.testing.assert_allclose(
        _point(walk, "left_hip"), hip * [1, 0, 1] + [0.0041, 0.0865, 0.0071], atol=1e-9
    )
    np.testing.assert_allclose(
        _point(walk, "pelvis"), hip * [1, 0, 1] + [-0.025, 0, 0.09], atol=1e-9
    )
    assert "left hip from left regressed hip" in walk.provenance["joint centres"]
    assert (walk.confidence[:, walk.layout.index("neck")] == 0).all()


@pytest.mark.parametrize("up", ROTATIONS)
def test_any_axis_may_point_up(up: tuple[int, int]) -> None:
    assert np.linalg.det(ROTATIONS[up]) == pytest.approx(1)
    labels, positions = plug_in_gait(world_walk())
    straight = _read(labels, positions)
    turned = _read(labels, positions @ ROTATIONS[up])
    np.testing.assert_allclose(turned.keypoints, straight.keypoints, atol=1e-9)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_left_handed_axes_are_mirrored_back_and_said(axis: int) -> None:
    labels, positions = plug_in_gait(world_walk())
    mirrored = positions * np.where(np.arange(3) == axis, -1, 1)
    straight, walk = _read(labels, positions), _read(labels, mirrored)
    assert "axes" not in straight.provenance
    assert "mirrored" in walk.provenance["axes"]
    for point in ("hip", "toe"):
        distance = _point(walk, f"left_{point}") - _point(walk, f"right_{point}")
        before = _point(straight, f"left_{point}") - _point(straight, f"right_{point}")
        np.testing.assert_allclose(
            np.linalg.norm(distance, axis=1), np.linalg.norm(before, axis=1), atol=1e-9
        )
    np.testing.assert_allclose(walk.keypoints[:, :, 2], straight.keypoints[:, :, 2], atol=1e-9)


def test_two_axes_exchanged_for_y_up() -> None:
    labels, positions = plug_in_gait(world_walk())
    walk = _read(labels, positions[:, :, [0, 2, 1]])
    np.testing.assert_allclose(
        walk.keypoints, _read(labels, positions).keypoints * [1, 1, 1], atol=1e-9
    )


def test_medial_and_lateral_markers_give_the_middle() -> None:
    labels, positions = plug_in_gait(world_walk())
    knee = positions[:, labels.index("LKNE")]
    both = np.concatenate([positions, (knee + _INWARD)[:, None]], axis=1)
    walk = _read((*labels, "L.Knee.Medial"), both)
    np.testing.assert_allclose(_point(walk, "left_knee"), knee + _INWARD / 2, atol=1e-9)
    assert "left knee lateral and left knee medial" in walk.provenance["joint centres"]


def test_a_medial_marker_of_the_standing_trial_only_is_left_out() -> None:
    labels, positions = plug_in_gait(world_walk())
    knee = positions[:, labels.index("LKNE")]
    medial = np.full_like(knee, np.nan)
    medial[:5] = knee[:5] + _INWARD
    walk = _read((*labels, "LKNM"), np.concatenate([positions, medial[:, None]], axis=1))
    np.testing.assert_allclose(_point(walk, "left_knee"), knee, atol=1e-9)


def test_a_missing_marker_takes_along_only_what_it_makes() -> None:
    labels, positions = plug_in_gait(world_walk())
    positions[10, labels.index("LASI"), 1] = np.nan
    walk = _read(labels, positions)
    missing = {p for p in MARKERS_22.points if np.isnan(_point(walk, p)[10]).any()}
    always = {p for p in MARKERS_22.points if np.isnan(_point(walk, p)).all()}
    assert missing - always == {"pelvis", "left_hip", "right_hip"}


def test_a_sacral_marker_stands_for_both_back_spines() -> None:
    labels, positions = plug_in_gait(world_walk())
    sacrum = (positions[:, [2]] + positions[:, [3]]) / 2
    walk = _read(("LASI", "RASI", "SACR", *labels[4:]),
                 np.concatenate([positions[:, :2], sacrum, positions[:, 4:]], axis=1))  # fmt: skip
    np.testing.assert_allclose(walk.keypoints, _read(labels, positions).keypoints, atol=1e-9)


def test_our_own_names_keep_their_layout_in_any_order() -> None:
    truth = world_walk(HALPE_26)
    order = np.random.default_rng(0).permutation(26)
    labels = [f"Anna:{HALPE_26.points[i]}" for i in order]
    walk = _read(labels, truth.keypoints[:, order])
    assert walk.layout is HALPE_26
    np.testing.assert_allclose(walk.keypoints, truth.keypoints)


def test_names_of_pose2sim() -> None:
    truth = world_walk(HALPE_26)
    names = {"RHip": "right_hip", "RKnee": "right_knee", "RAnkle": "right_ankle",
             "RHeel": "right_heel", "RBigToe": "right_toe", "RShoulder": "right_shoulder",
             "LHip": "left_hip", "LKnee": "left_knee", "LAnkle": "left_ankle",
             "LHeel": "left_heel", "LBigToe": "left_toe"}  # fmt: skip
    walk = _read(names, np.stack([_point(truth, point) for point in names.values()], axis=1))
    assert walk.layout is MARKERS_22
    for point in names.values():
        np.testing.assert_allclose(_point(walk, point), _point(truth, point))
    middle = (_point(truth, "left_hip") + _point(truth, "right_hip")) / 2
    np.testing.assert_allclose(_point(walk, "pelvis"), middle)


def test_no_leg_markers_names_some_of_the_labels() -> None:
    with pytest.raises(BadInputError, match="LFIN, LTHM") as caught:
        _read(("LFIN", "LTHM"), np.ones((5, 2, 3)))
    assert "LASI" in caught.value.remedy


@pytest.mark.parametrize("factor", [1000, 0.001, 5])
def test_a_wrong_unit_is_noticed(factor: float) -> None:
    labels, positions = plug_in_gait(world_walk())
    with pytest.raises(BadInputError, match="unit seems wrong"):
        _read(labels, positions * factor)


def test_a_tilted_room_is_not_taken_for_level() -> None:
    labels, positions = plug_in_gait(world_walk())
    tilt = Rotation.from_euler("x", 42, degrees=True).as_matrix()
    with pytest.raises(BadInputError, match="vertical"):
        _read(labels, positions @ tilt.T)
