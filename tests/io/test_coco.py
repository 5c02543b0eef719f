"""COCO annotations, COCO results and mmpose predictions: one person, in pixels, in time."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BLAZEPOSE_33, COCO_17, WHOLEBODY_23, BadInputError, Space, Walk
from clinigait.core.layout import BODY_25, HALPE_26
from clinigait.io.coco import read_coco, write_coco
from support.harm import damaged, reads_or_refuses
from support.walker import Gait, synthetic_walk
from support.world_walks import with_gaps, world_walk

_RATE_HZ = 25.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "walk.json"


def _walk(layout=COCO_17, n_frames: int = 25) -> Walk:
    return with_gaps(synthetic_walk(Gait(duration_s=n_frames / _RATE_HZ, rate_hz=_RATE_HZ), layout))


def _triples(walk: Walk, frame: int) -> np.ndarray:
    points = np.column_stack([walk.keypoints[frame], walk.confidence[frame]])
    return np.where(walk.confidence[frame][:, None] > 0, points, 0)


def _results(walk: Walk) -> list[dict]:
    return [
        {"image_id": i, "category_id": 1, "keypoints": _triples(walk, i).ravel().tolist()}
        for i in range(len(walk))
    ]


def _read(path: Path, content: object, **given: object) -> Walk:
    path.write_text(json.dumps(content))
    return read_coco(path, **given)


@pytest.mark.parametrize(
    "layout", [COCO_17, WHOLEBODY_23, HALPE_26, BODY_25, BLAZEPOSE_33], ids=lambda one: one.name
)
def test_round_trip(layout, path: Path) -> None:
    plain = _walk(layout)
    walk = replace(plain, time_s=plain.time_s + 3 + 0.005 * np.sin(np.arange(len(plain))))
    write_coco(walk, path)
    back = read_coco(path)
    assert (back.layout, back.space) == (layout, Space.IMAGE_PX)
    np.testing.assert_array_equal(back.keypoints, walk.keypoints)
    np.testing.assert_array_equal(back.confidence, walk.confidence)
    np.testing.assert_array_equal(back.time_s, walk.time_s)
    assert back.provenance["source format"] == "COCO JSON"
    assert read_coco(path, rate_hz=50).time_s[1] == pytest.approx(0.02)


def test_results_with_scores(path: Path) -> None:
    walk = _walk()
    back = _read(path, _results(walk), rate_hz=_RATE_HZ)
    assert back.layout is COCO_17
    np.testing.assert_allclose(back.keypoints, walk.keypoints)
    np.testing.assert_allclose(back.confidence, walk.confidence)
    np.testing.assert_allclose(back.time_s, walk.time_s, atol=1e-9)


def test_pictures_known_by_their_names(path: Path) -> None:
    entries = [
        {**entry, "image_id": f"cam2_{entry['image_id']:04d}.jpg"} for entry in _results(_walk())
    ]
    back = _read(path, entries[::-1], rate_hz=_RATE_HZ)
    np.testing.assert_allclose(back.keypoints, _walk().keypoints)


def test_annotations_with_flags_frames_without_a_person_and_a_rate(path: Path) -> None:
    walk = _walk()
    annotations = _results(walk)[:10] + _results(walk)[12:]
    for entry in annotations:
        flat = np.array(entry["keypoints"]).reshape(-1, 3)
        flat[:, 2] = np.where(flat[:, 2] > 0, 2, 0)
        flat[3, 2] = min(flat[3, 2], 1)
        entry["keypoints"] = flat.ravel().tolist()
    content = {
        "info": {"fps": _RATE_HZ},
        "images": [{"id": i, "file_name": f"{i}.jpg"} for i in range(len(walk))][::-1],
        "annotations": annotations,
    }
    back = _read(path, content)
    assert len(back) == len(walk)
    assert np.isnan(back.keypoints[10:12]).all()
    assert set(np.unique(back.confidence[:, 3])) <= {0, 0.5}
    assert set(np.unique(back.confidence[:, 5])) <= {0, 1}
    np.testing.assert_allclose(back.keypoints[12:], walk.keypoints[12:])


@pytest.mark.parametrize("key", ["instance_info", "predictions"])
@pytest.mark.parametrize("layout", [COCO_17, HALPE_26], ids=lambda one: one.name)
def test_predictions_of_mmpose(key: str, layout, path: Path) -> None:
    walk = _walk(layout)
    frames = [
        {"frame_id": i + 1, "instances": [{"keypoints": _triples(walk, i)[:, :2].tolist(),
                                           "keypoint_scores": _triples(walk, i)[:, 2].tolist()}]}
        for i in range(len(walk))
    ]  # fmt: skip
    back = _read(path, {"meta_info": {}, key: frames}, rate_hz=_RATE_HZ)
    assert back.layout is layout
    np.testing.assert_allclose(back.keypoints, walk.keypoints)
    np.testing.assert_allclose(back.time_s, walk.time_s, atol=1e-9)


def test_of_133_points_the_first_23_are_taken(path: Path) -> None:
    walk = _walk(WHOLEBODY_23)
    rest = [5.0, 5.0, 0.9] * 110
    entries = [{**entry, "keypoints": entry["keypoints"] + rest} for entry in _results(walk)]
    back = _read(path, entries, rate_hz=_RATE_HZ)
    assert back.layout is WHOLEBODY_23
    np.testing.assert_allclose(back.keypoints, walk.keypoints)


def test_a_layout_given(path: Path) -> None:
    entries = _results(_walk(BODY_25))
    with pytest.raises(BadInputError, match="--layout: body25, kinect25"):
        _read(path, entries, rate_hz=_RATE_HZ)
    assert _read(path, entries, rate_hz=_RATE_HZ, layout="body25").layout is BODY_25
    with pytest.raises(BadInputError, match="coco17 has 17"):
        _read(path, entries, rate_hz=_RATE_HZ, layout="coco17")


def test_the_surest_of_several_people(path: Path) -> None:
    walk = _walk()
    other = replace(
        walk, keypoints=walk.keypoints + np.array([0, 4000]), confidence=walk.confidence / 3
    )
    both = _results(other) + _results(walk)
    back = _read(path, both, rate_hz=_RATE_HZ)
    np.testing.assert_allclose(back.keypoints, walk.keypoints)
    assert back.provenance["people in the file"] == "2"
    second = _read(path, both, rate_hz=_RATE_HZ, person=2)
    np.testing.assert_allclose(second.keypoints, other.keypoints)


def _with(key: str, value: object) -> list[dict]:
    entries = _results(_walk(n_frames=6))
    entries[2][key] = value
    return entries


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "no list of keypoints"),
        (3, "no list of keypoints"),
        ([1, 2], "no list of keypoints"),
        ({"annotations": [None]}, "no list of keypoints"),
        ({"instance_info": [{"frame_id": 1, "instances": [7]}]}, "no list of keypoints"),
        ([], "no keypoints"),
        (_with("keypoints", [1, 2, 3, 4]), "two or three numbers"),
        (_with("keypoints", [1, 2, 3]), "several kinds"),
        (_with("keypoints", "text"), "numbers belong"),
        (_with("keypoints", [[1, 2]] * 17), "without confidence"),
        (_with("keypoint_scores", [1]), "more points than scores"),
        (_with("keypoint_scores", ["a"] * 17), "numbers belong"),
        (_with("image_id", None), "without the number"),
        (_with("image_id", -1), "without the number"),
        (_with("image_id", 10**400), "without the number"),
        (_with("image_id", "picture"), "without the number"),
        ({"images": [{"id": 1}], "annotations": _results(_walk())}, "do not fit"),
        ({"images": [{"id": 0}] * 25, "annotations": _results(_walk())}, "do not fit"),
        ({"images": [{"id": i, "time_s": 1 / (1 + i)} for i in range(25)],
          "annotations": _results(_walk())}, "do not increase"),
        ({"info": {"fps": 0}, "annotations": _results(_walk())}, "rate of 0 Hz"),
        ({"info": {"fps": 10**400}, "annotations": _results(_walk())}, "numbers belong"),
        (_results(_walk(n_frames=1)), "1 frame"),
    ],
)  # fmt: skip
def test_broken_files(content: object, message: str, path: Path) -> None:
    rate_hz = None if isinstance(content, dict) and "info" in content else _RATE_HZ
    if isinstance(content, dict) and "time_s" in str(content):
        rate_hz = None
    with pytest.raises(BadInputError, match=message):
        _read(path, content, rate_hz=rate_hz)


def test_no_rate_at_all(path: Path) -> None:
    with pytest.raises(BadInputError, match="--rate-hz"):
        _read(path, _results(_walk()))


def test_points_in_space_are_not_taken_for_pixels(path: Path) -> None:
    entries = [
        {"image_id": i, "keypoints": [[0.1, 0.2, 0.3]] * 17, "keypoint_scores": [1.0] * 17}
        for i in range(5)
    ]
    with pytest.raises(BadInputError, match="in space"):
        _read(path, entries, rate_hz=_RATE_HZ)
    with pytest.raises(BadInputError, match="not of points in a picture"):
        write_coco(world_walk(), path.with_name("out.json"))
    assert not path.with_name("out.json").exists()


_VALID = json.dumps(_results(_walk(n_frames=3)))


@given(content=st.one_of(st.binary(max_size=300), damaged(_VALID.encode())))
def test_damage(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_bytes(content)
    reads_or_refuses(lambda one: read_coco(one, rate_hz=_RATE_HZ), path)


_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                ["annotations", "images", "info", "fps", "id", "image_id", "frame_id", "videos",
                 "keypoints", "keypoint_scores", "instances", "categories", "time_s"]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=20,
)  # fmt: skip


@given(content=_JSON)
def test_any_other_json(content: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "other.json"
    path.write_text(json.dumps(content))
    reads_or_refuses(lambda one: read_coco(one, rate_hz=_RATE_HZ), path)
