"""Folders of OpenPose frames: the right person, in the order of their numbers, on a clock."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import COCO_17, WHOLEBODY_23, BadInputError, Space, Walk
from clinigait.core.layout import BODY_25, HALPE_26
from clinigait.io.openpose import is_openpose_folder, read_openpose, write_openpose
from support.harm import damaged, reads_or_refuses
from support.walker import Gait, synthetic_walk
from support.world_walks import world_walk

_RATE_HZ = 30.0
_COCO_18 = [
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist",
    "left_shoulder", "left_elbow", "left_wrist", "right_hip", "right_knee", "right_ankle",
    "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear",
]  # fmt: skip


def _walk(layout=BODY_25, direction: int = 1, duration_s: float = 1.0) -> Walk:
    walk = synthetic_walk(
        Gait(duration_s=duration_s, rate_hz=_RATE_HZ, direction=direction, noise_px=1), layout
    )
    missing = np.random.default_rng(1).random(walk.confidence.shape) < 0.1
    return replace(
        walk,
        keypoints=np.where(missing[:, :, None], np.nan, walk.keypoints),
        confidence=np.where(missing, 0, walk.confidence),
    )


def _flat(walk: Walk, frame: int) -> list[float]:
    points = np.column_stack([walk.keypoints[frame], walk.confidence[frame]])
    return np.nan_to_num(np.where(walk.confidence[frame][:, None] > 0, points, 0)).ravel().tolist()


def _write(
    folder: Path, frames: dict[int, list[list[float]]], name: str = "film_{}_keypoints"
) -> Path:
    folder.mkdir(exist_ok=True)
    for number, people in frames.items():
        content = {"version": 1.3, "people": [{"pose_keypoints_2d": flat} for flat in people]}
        (folder / f"{name.format(number)}.json").write_text(json.dumps(content))
    return folder


def _same(walk: Walk, truth: Walk) -> None:
    np.testing.assert_allclose(walk.keypoints, truth.keypoints, atol=1e-5)
    np.testing.assert_allclose(walk.confidence, truth.confidence, atol=1e-6)
    np.testing.assert_allclose(walk.time_s, truth.time_s - truth.time_s[0], atol=1e-9)


def test_round_trip(tmp_path: Path) -> None:
    walk = _walk()
    write_openpose(walk, tmp_path / "frames")
    back = read_openpose(tmp_path / "frames", rate_hz=_RATE_HZ)
    assert (back.layout, back.space) == (BODY_25, Space.IMAGE_PX)
    body = [i for i, p in enumerate(BODY_25.points) if p not in {"neck", "pelvis"}]
    np.testing.assert_allclose(back.keypoints[:, body], walk.keypoints[:, body], atol=1e-5)
    np.testing.assert_allclose(back.confidence, walk.confidence, atol=1e-6)
    np.testing.assert_allclose(back.time_s, walk.time_s, atol=1e-9)
    assert back.provenance == {
        "source format": "OpenPose", "file": "frames", "people in the file": "1",
    }  # fmt: skip


def test_another_layout_goes_out_as_body_25_with_neck_and_pelvis(tmp_path: Path) -> None:
    walk = synthetic_walk(Gait(duration_s=1, rate_hz=_RATE_HZ), WHOLEBODY_23)
    write_openpose(walk, tmp_path / "frames")
    back = read_openpose(tmp_path / "frames", rate_hz=_RATE_HZ)
    toe = walk.keypoints[:, walk.layout.index("toe", "left")]
    np.testing.assert_allclose(back.keypoints[:, BODY_25.index("toe", "left")], toe, atol=1e-5)
    hips = walk.keypoints[:, [walk.layout.index("hip", side) for side in ("left", "right")]]
    np.testing.assert_allclose(
        back.keypoints[:, BODY_25.index("pelvis")], hips.mean(axis=1), atol=1e-5
    )


def test_writing_again_replaces_the_frames_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    write_openpose(_walk(duration_s=2), folder)
    (folder / "notes.txt").write_text("mine")
    write_openpose(_walk(duration_s=1), folder)
    assert len(list(folder.glob("*.json"))) == 30
    assert (folder / "notes.txt").read_text() == "mine"


def test_frames_come_in_the_order_of_their_numbers_and_gaps_stay(tmp_path: Path) -> None:
    walk = _walk()
    kept = [8, 9, 10, 11, 20]
    folder = _write(tmp_path / "f", {number: [_flat(walk, number)] for number in kept})
    back = read_openpose(folder, rate_hz=_RATE_HZ)
    np.testing.assert_allclose(back.time_s * _RATE_HZ, [0, 1, 2, 3, 12], atol=1e-9)
    np.testing.assert_allclose(back.keypoints, walk.keypoints[kept], atol=1e-5)


@pytest.mark.parametrize("layout", [COCO_17, WHOLEBODY_23, HALPE_26], ids=lambda one: one.name)
def test_layouts_known_by_their_number_of_points(layout, tmp_path: Path) -> None:
    walk = _walk(layout)
    folder = _write(tmp_path / "f", {i: [_flat(walk, i)] for i in range(len(walk))})
    back = read_openpose(folder, rate_hz=_RATE_HZ)
    assert back.layout is layout
    _same(back, walk)


def test_coco_18_loses_its_neck_only(tmp_path: Path) -> None:
    walk = _walk(COCO_17)
    order = [COCO_17.index(p) if p in COCO_17 else 0 for p in _COCO_18]
    shuffled = {
        i: [np.array(_flat(walk, i)).reshape(-1, 3)[order].ravel().tolist()]
        for i in range(len(walk))
    }
    back = read_openpose(_write(tmp_path / "f", shuffled), rate_hz=_RATE_HZ)
    assert back.layout is COCO_17
    _same(back, walk)


def test_names_without_the_ending_are_frames_too(tmp_path: Path) -> None:
    walk = _walk(HALPE_26)
    folder = _write(tmp_path / "f", {i: [_flat(walk, i)] for i in range(9)}, "cam1_{:06d}")
    assert is_openpose_folder(folder)
    assert len(read_openpose(folder, rate_hz=_RATE_HZ)) == 9


def test_people_who_cross_keep_their_names(tmp_path: Path) -> None:
    """Two people cross, listed in changing order; the surer one is person 1."""
    first, second = _walk(duration_s=4), _walk(direction=-1, duration_s=4)
    lower = replace(
        second,
        keypoints=second.keypoints + np.array([0.0, 120.0]),
        confidence=second.confidence / 2,
    )
    frames = {
        i: [_flat(first, i), _flat(lower, i)][:: 1 if i % 3 else -1] for i in range(len(first))
    }
    folder = _write(tmp_path / "f", frames)
    _same(read_openpose(folder, rate_hz=_RATE_HZ), first)
    _same(read_openpose(folder, rate_hz=_RATE_HZ, person=2), lower)
    with pytest.raises(BadInputError, match=r"no person 3.*2 were followed"):
        read_openpose(folder, rate_hz=_RATE_HZ, person=3)


def test_a_frame_without_the_person_is_a_gap(tmp_path: Path) -> None:
    walk = _walk()
    frames = {i: [_flat(walk, i)] if i not in range(10, 15) else [] for i in range(len(walk))}
    back = read_openpose(_write(tmp_path / "f", frames), rate_hz=_RATE_HZ)
    assert len(back) == len(walk)
    assert np.isnan(back.keypoints[10:15]).all()
    assert (back.confidence[10:15] == 0).all()
    np.testing.assert_allclose(back.keypoints[15:], walk.keypoints[15:], atol=1e-5)


def test_the_rate_must_be_given(tmp_path: Path) -> None:
    walk = _walk()
    folder = _write(tmp_path / "f", {i: [_flat(walk, i)] for i in range(9)})
    with pytest.raises(BadInputError, match="--rate-hz"):
        read_openpose(folder)
    for rate_hz in (0.0, -30.0, float("nan"), 1e9):
        with pytest.raises(BadInputError, match="rate"):
            read_openpose(folder, rate_hz=rate_hz)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("[" * 100_000, "not a JSON"),
        ("[]", "no people"),
        ('{"people": {}}', "no people"),
        ('{"people": [3]}', "no people"),
        ('{"people": [{"pose_keypoints_2d": [1, 2]}]}', "three numbers"),
        ('{"people": [{"pose_keypoints_2d": [1, 2, "x"]}]}', "where numbers belong"),
        ('{"people": [{"pose_keypoints_2d": {"a": 1}}]}', "where numbers belong"),
        ('{"people": [{"pose_keypoints_2d": [1, 2, 1e999, 1, 1, 1]}]}', "2, 25 points"),
        ('{"people": [{"pose_keypoints_2d": [' + "9" * 400 + ", 1, 1]}]}", "numbers belong"),
    ],
)
def test_a_broken_frame(content: str, message: str, tmp_path: Path) -> None:
    walk = _walk()
    folder = _write(tmp_path / "f", {i: [_flat(walk, i)] for i in range(5)})
    (folder / "film_5_keypoints.json").write_text(content)
    with pytest.raises(BadInputError, match=message):
        read_openpose(folder, rate_hz=_RATE_HZ)


def test_folders_that_hold_no_film(tmp_path: Path) -> None:
    walk = _walk()
    one = {i: [_flat(walk, i)] for i in range(5)}
    cases = {
        "no frames": _write(tmp_path / "none", {}),
        "nobody": _write(tmp_path / "nobody", {1: [], 2: []}),
        "1 frame": _write(tmp_path / "single", {1: one[1]}),
        "several films": _write(_write(tmp_path / "two", one), one, "other_{}_keypoints"),
        "two frames 3": _write(_write(tmp_path / "double", one), {3: one[3]}, "film_00{}"),
        "not a folder": tmp_path / "absent",
        "51": _write(tmp_path / "odd", {i: [[1.0] * 153] for i in range(5)}),
    }
    for message, folder in cases.items():
        with pytest.raises(BadInputError, match=message):
            read_openpose(folder, rate_hz=_RATE_HZ)
    assert not is_openpose_folder(cases["no frames"])
    assert not is_openpose_folder(cases["not a folder"])


def test_metres_are_not_written_as_pixels(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="not of points in a picture"):
        write_openpose(world_walk(), tmp_path / "f")
    assert not (tmp_path / "f").exists()


_FRAME = json.dumps({"version": 1.3, "people": [{"pose_keypoints_2d": _flat(_walk(), 3)}]})


@given(content=st.one_of(st.binary(max_size=300), damaged(_FRAME.encode())))
def test_damage(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    _write(folder, {1: [_flat(_walk(), 3)], 2: [_flat(_walk(), 4)]})
    (folder / "film_3_keypoints.json").write_bytes(content)
    reads_or_refuses(lambda path: read_openpose(path, rate_hz=_RATE_HZ), folder)
