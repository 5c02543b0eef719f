"""Bare arrays: nothing is guessed that the array does not tell."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BLAZEPOSE_33, COCO_17, WHOLEBODY_23, BadInputError, Space
from clinigait.core.layout import HALPE_26, MPI_17
from clinigait.io.keypoint_table import read_keypoint_table
from support.harm import damaged, reads_or_refuses
from support.walker import Gait, synthetic_walk
from support.world_walks import with_gaps, world_walk

_LIFTED = (
    Path(__file__).parents[3]
    / "shared/data/gait_validation/video analysis/large model data/ori_keypoints"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "walk.npy"


def _saved(path: Path, array: np.ndarray) -> Path:
    np.save(path, array)
    return path


@pytest.mark.parametrize(
    "layout", [WHOLEBODY_23, HALPE_26, BLAZEPOSE_33], ids=lambda layout: layout.name
)
def test_pixels_of_a_layout_that_its_size_tells(layout, path: Path) -> None:
    truth = with_gaps(synthetic_walk(Gait(duration_s=1, rate_hz=50), layout))
    walk = read_keypoint_table(_saved(path, truth.keypoints), rate_hz=50)
    assert (walk.layout, walk.space) == (layout, Space.IMAGE_PX)
    np.testing.assert_array_equal(walk.keypoints, truth.keypoints)
    np.testing.assert_allclose(walk.time_s, truth.time_s)
    assert walk.provenance == {"source format": "NPY", "file": "walk.npy"}


def test_pixels_with_confidence(path: Path) -> None:
    truth = with_gaps(synthetic_walk(Gait(duration_s=1), COCO_17))
    array = np.dstack([np.nan_to_num(truth.keypoints), truth.confidence]).astype(np.float32)
    walk = read_keypoint_table(_saved(path, array), 60, "coco17", "px")
    np.testing.assert_allclose(walk.keypoints, truth.keypoints, rtol=1e-6)
    np.testing.assert_allclose(walk.confidence, truth.confidence, rtol=1e-6)
    with pytest.raises(BadInputError, match="not a confidence"):
        read_keypoint_table(_saved(path, array * 2), 60, "coco17", "px")


@pytest.mark.parametrize(("unit", "factor"), [("m", 1), ("cm", 100), ("mm", 1000)])
def test_points_in_space_keep_or_find_their_axes(unit: str, factor: float, path: Path) -> None:
    world = world_walk(MPI_17)
    walk = read_keypoint_table(_saved(path, world.keypoints * factor), 100, "mpi17", unit)
    assert (walk.layout, walk.space) == (MPI_17, Space.WORLD_M)
    np.testing.assert_allclose(walk.keypoints, world.keypoints, atol=1e-9)
    x, y, z = np.moveaxis(world.keypoints, 2, 0) * factor
    camera = read_keypoint_table(_saved(path, np.stack([x, -z, y], 2)), 100, "mpi17", unit)
    assert camera.space is Space.CAMERA_M
    np.testing.assert_allclose(camera.keypoints, np.stack([x, -z, y], 2) / factor, atol=1e-9)
    y_up = read_keypoint_table(_saved(path, np.stack([x, z, -y], 2)), 100, "mpi17", unit)
    assert y_up.space is Space.WORLD_M
    np.testing.assert_allclose(y_up.keypoints, world.keypoints, atol=1e-9)


def test_a_space_given_must_fit(path: Path) -> None:
    _saved(path, world_walk(MPI_17).keypoints)
    given = {"rate_hz": 100, "layout": "mpi17", "unit": "m"}
    assert read_keypoint_table(path, **given, space=Space.WORLD_M).space is Space.WORLD_M
    for space in (Space.CAMERA_M, Space.IMAGE_PX):
        with pytest.raises(BadInputError, match="upright"):
            read_keypoint_table(path, **given, space=space)


def test_what_the_array_does_not_tell_is_asked_for(path: Path) -> None:
    _saved(path, world_walk(MPI_17).keypoints)
    with pytest.raises(BadInputError, match="--layout: coco17, h36m17, mpi17"):
        read_keypoint_table(path, 100)
    with pytest.raises(BadInputError, match="--rate-hz"):
        read_keypoint_table(path, None, "mpi17")
    with pytest.raises(BadInputError, match="--unit"):
        read_keypoint_table(path, 100, "mpi17")
    with pytest.raises(BadInputError, match="no keypoint layout 'x'"):
        read_keypoint_table(path, 100, "x")
    with pytest.raises(BadInputError, match="halpe26 has 26"):
        read_keypoint_table(path, 100, "halpe26")
    with pytest.raises(BadInputError, match="'ell'"):
        read_keypoint_table(path, 100, "mpi17", "ell")
    with pytest.raises(BadInputError, match="unit seems wrong"):
        read_keypoint_table(path, 100, "mpi17", "mm")
    with pytest.raises(BadInputError, match="are pixels"):
        read_keypoint_table(_saved(path, np.ones((9, 33, 2))), 100, unit="mm")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(()), "one number"),
        (np.zeros((5, 33)), "5 x 33"),
        (np.zeros((5, 33, 4)), "5 x 33 x 4"),
        (np.zeros((5, 19, 2)), "19 points"),
        (np.zeros((1, 33, 2)), "1 frame"),
        (np.full((5, 33, 2), np.nan), "no position"),
        (np.full((5, 33, 2), np.inf), "no position"),
        (np.full((5, 33, 2), "text"), "not an array of numbers"),
        (np.full((5, 33, 2), 1j), "not an array of numbers"),
        (np.array([{"a": 1}], dtype=object), "not an array of numbers"),
    ],
)
def test_arrays_that_are_no_walk(array: np.ndarray, message: str, path: Path) -> None:
    np.save(path, array, allow_pickle=True)
    with pytest.raises(BadInputError, match=message):
        read_keypoint_table(path, 100)


def test_a_header_that_promises_too_much(path: Path) -> None:
    content = _saved(path, np.zeros((5, 33, 2))).read_bytes()
    for shape in (b"(9999999999, 33, 2), }", b"(50, 33, 2), }"):
        old = b"(5, 33, 2), }"
        path.write_bytes(content.replace(old.ljust(len(shape)), shape))
        assert shape in path.read_bytes()
        with pytest.raises(BadInputError, match="not an array"):
            read_keypoint_table(path, 100)


def _bytes(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


_SMALL = _bytes(world_walk(HALPE_26, duration_s=0.03).keypoints)


@given(content=st.one_of(st.binary(max_size=300), damaged(_SMALL), damaged(_SMALL[:128])))
def test_damage(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.npy"
    path.write_bytes(content)
    reads_or_refuses(lambda one: read_keypoint_table(one, 100, unit="m"), path)


@pytest.mark.skipif(not _LIFTED.is_dir(), reason="the lifted walks are not here")
def test_real_lifted_walks() -> None:
    files = sorted(_LIFTED.glob("*.npy"))[::15]
    for file in files:
        walk = read_keypoint_table(file, 60, "mpi17", "mm")
        assert walk.space is Space.CAMERA_M
        depth = walk.keypoints[:, MPI_17.index("pelvis"), 2]
        assert (depth > 1).all()
        assert (depth < 15).all()
        hips = walk.keypoints[:, MPI_17.index("hip", "left")]
        thigh = np.linalg.norm(hips - walk.keypoints[:, MPI_17.index("knee", "left")], axis=1)
        assert 0.3 < np.median(thigh) < 0.6
