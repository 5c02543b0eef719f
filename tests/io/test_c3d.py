"""C3D files of any processor come in, broken ones never stop the program; round trips hold."""

import struct
from dataclasses import replace
from pathlib import Path

import ezc3d
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError, Space, is_synthetic, marked
from clinigait.core.layout import HALPE_26, MARKERS_22
from clinigait.io._c3d_content import take_apart
from clinigait.io.c3d import read_c3d, write_c3d
from support.c3d_bytes import DEC, INTEL, MIPS, Dialect, c3d_bytes
from support.harm import damaged, reads_or_refuses
from support.walker import Gait, synthetic_walk
from support.world_walks import BMC, plug_in_gait, with_gaps, world_walk

_LABELS, _POSITIONS_M = plug_in_gait(world_walk())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "walk.c3d"


def _millimetres(dialect: Dialect, positions_m: np.ndarray = _POSITIONS_M) -> bytes:
    return c3d_bytes(_LABELS, positions_m * 1000, 100, dialect)


@pytest.mark.parametrize("layout", [MARKERS_22, HALPE_26], ids=lambda layout: layout.name)
def test_round_trip_to_single_precision(layout, path: Path) -> None:
    walk = with_gaps(world_walk(layout, rate_hz=60))
    write_c3d(walk, path)
    back = read_c3d(path)
    assert (back.layout, back.space) == (layout, Space.WORLD_M)
    np.testing.assert_allclose(back.keypoints, walk.keypoints, rtol=2e-7, atol=1e-9)
    np.testing.assert_array_equal(np.isnan(back.keypoints), np.isnan(walk.keypoints))
    np.testing.assert_allclose(back.time_s, walk.time_s, atol=1e-6)
    assert back.provenance == {"source format": "C3D", "file": "walk.c3d"}


def test_other_programs_read_what_is_written(path: Path) -> None:
    walk = with_gaps(world_walk())
    write_c3d(walk, path)
    c3d = ezc3d.c3d(str(path))
    assert c3d["parameters"]["POINT"]["UNITS"]["value"] == ["mm"]
    assert c3d["parameters"]["POINT"]["RATE"]["value"] == pytest.approx([100])
    assert tuple(c3d["parameters"]["POINT"]["LABELS"]["value"]) == walk.layout.points
    points = c3d["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_allclose(points, walk.keypoints * 1000, rtol=2e-7, atol=1e-6)


def test_a_camera_walk_stands_upright(path: Path) -> None:
    world = world_walk()
    x, y, z = np.moveaxis(world.keypoints, 2, 0)
    camera = replace(world, keypoints=np.stack([x, -z, y], axis=2), space=Space.CAMERA_M)
    write_c3d(camera, path)
    np.testing.assert_allclose(read_c3d(path).keypoints, world.keypoints, rtol=2e-7, atol=1e-9)


def test_uneven_times_are_brought_to_the_median_rate(path: Path) -> None:
    walk = world_walk(rate_hz=100)
    steady = walk.keypoints.copy()
    steady[:, :, 0] = walk.time_s[:, None] * 1.2
    steady[:, :, 2] = steady[:1, :, 2]
    keep = np.r_[0:30, 31:60, 75:100]  # one frame lost: closed; fifteen lost: a gap
    jitter = 0.001 * np.sin(np.arange(100))
    moved = steady + 1.2 * jitter[:, None, None] * [1, 0, 0]
    write_c3d(
        replace(walk, time_s=(walk.time_s + jitter)[keep], keypoints=moved[keep],
                confidence=walk.confidence[keep]), path
    )  # fmt: skip
    back = read_c3d(path)
    ankle = back.keypoints[:, back.layout.index("ankle", "left")]
    known = np.isfinite(ankle[:, 0])
    assert np.isnan(ankle[62:73]).all()
    assert known[:28].all()
    assert known[78:].all()
    step_s = np.diff(back.time_s)
    np.testing.assert_allclose(step_s, step_s[0], rtol=1e-9)
    np.testing.assert_allclose(ankle[known, 0], 1.2 * back.time_s[known], atol=2e-5)


def test_pixels_are_no_metres(path: Path) -> None:
    with pytest.raises(BadInputError, match="pixels"):
        write_c3d(synthetic_walk(Gait(duration_s=1)), path)
    assert not path.exists()


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        write_c3d(world_walk(), tmp_path / "no folder" / "walk.c3d")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("processor", [INTEL, DEC, MIPS])
@pytest.mark.parametrize("whole_numbers", [False, True])
@pytest.mark.parametrize("n_analog", [0, 5])
def test_processors_and_kinds_of_numbers(
    processor: int, whole_numbers: bool, n_analog: int, path: Path
) -> None:
    positions_m = _POSITIONS_M.copy()
    positions_m[3, 2] = np.nan
    path.write_bytes(_millimetres(Dialect(processor, whole_numbers, n_analog), positions_m))
    content = take_apart(path.read_bytes())
    assert content.labels == _LABELS
    assert (content.rate_hz, content.unit) == (100, "mm")
    tolerance = 0.0501 if whole_numbers else 1e-3
    np.testing.assert_allclose(content.positions, positions_m * 1000, atol=tolerance)
    assert read_c3d(path).layout is MARKERS_22


@pytest.mark.parametrize("whole_numbers", [False, True])
def test_the_reference_library_agrees(whole_numbers: bool, path: Path) -> None:
    path.write_bytes(_millimetres(Dialect(INTEL, whole_numbers)))
    points = ezc3d.c3d(str(path))["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_allclose(take_apart(path.read_bytes()).positions, points, rtol=1e-6)


@pytest.mark.parametrize(("unit", "factor"), [("m", 1), ("cm", 100), ("mm", 1000)])
def test_units(unit: str, factor: float, path: Path) -> None:
    path.write_bytes(c3d_bytes(_LABELS, _POSITIONS_M * factor, 100, Dialect(unit=unit)))
    walk = read_c3d(path)
    knee = walk.keypoints[:, walk.layout.index("knee", "left")]
    np.testing.assert_allclose(knee, _POSITIONS_M[:, _LABELS.index("LKNE")], atol=1e-6)


def test_a_wrong_unit_can_be_corrected(path: Path) -> None:
    path.write_bytes(_millimetres(Dialect(unit="m")))
    with pytest.raises(BadInputError, match="unit seems wrong"):
        read_c3d(path)
    assert read_c3d(path, unit="mm").layout is MARKERS_22


def test_a_cut_trial_starts_at_its_first_frame(path: Path) -> None:
    path.write_bytes(_millimetres(Dialect(first_frame=301)))
    np.testing.assert_allclose(read_c3d(path).time_s, 3 + np.arange(len(_POSITIONS_M)) / 100)
    np.testing.assert_allclose(read_c3d(path, rate_hz=50).time_s[0], 6)


def test_labels_cut_to_four_letters_are_told_apart_by_their_descriptions(path: Path) -> None:
    inner = _POSITIONS_M[:, [_LABELS.index("LKNE")]] - np.array([0, 0.1, 0])
    labels = (*_LABELS, "LKNE")
    described = (*_LABELS, "L.Knee.Medial")
    content = c3d_bytes(
        labels,
        np.concatenate([_POSITIONS_M, inner], 1) * 1000,
        100,
        Dialect(descriptions=described),
    )
    path.write_bytes(content)
    assert "left knee medial" in read_c3d(path).provenance["joint centres"]


def _changed(at: int, packed: bytes) -> bytes:
    content = _millimetres(Dialect())
    return content[:at] + packed + content[at + len(packed) :]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"C3D", "not a C3D file"),
        (bytes(2000), "not a C3D file"),
        (_changed(0, b"\xf0"), "parameters are missing"),
        (_changed(512 + 3, b"\x07"), "unknown kind of processor"),
        (_changed(512 + 2, b"\0"), "parameters are missing"),
        (_changed(512 + 11, b"\x40\x7f"), "parameters are damaged"),
        (_changed(2, struct.pack("<H", 60000)), "count different points"),
        (_changed(8, struct.pack("<H", 60000)), "cut short"),
        (_changed(6, struct.pack("<H", 60000)), "header is damaged"),
        (_changed(12, struct.pack("<f", 1.0)), "kind of numbers"),
        (_changed(16, struct.pack("<H", 0)), "header is damaged"),
        (_millimetres(Dialect())[:-200], "cut short"),
        (_millimetres(Dialect(), _POSITIONS_M[:1]), "1 frame"),
        (_millimetres(Dialect(), _POSITIONS_M[:0]), "0 frames"),
        (_millimetres(Dialect(), np.full_like(_POSITIONS_M, np.nan)), "no position"),
        (c3d_bytes((), np.zeros((9, 0, 3)), 100, Dialect()), "no points"),
        (c3d_bytes(_LABELS, _POSITIONS_M, 0, Dialect()), "0 Hz"),
        (c3d_bytes(_LABELS, _POSITIONS_M, 100, Dialect(unit="?")), "unit"),
        (c3d_bytes(["A", "B"], _POSITIONS_M[:, :2], 100, Dialect(unit="m")), "A, B"),
    ],
)
def test_broken_files(content: bytes, message: str, path: Path) -> None:
    path.write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        read_c3d(path)


_SMALL = _millimetres(Dialect(n_analog=2), _POSITIONS_M[:12])


@given(content=st.one_of(st.binary(max_size=3000), damaged(_SMALL)))
def test_damage(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.c3d"
    path.write_bytes(content)
    reads_or_refuses(read_c3d, path)


@pytest.mark.skipif(not BMC.is_dir(), reason="the motion capture walks are not here")
def test_a_real_trial(path: Path) -> None:
    walk = read_c3d(BMC / "Gait.c3d")
    assert (len(walk), walk.layout) == (487, MARKERS_22)
    np.testing.assert_allclose(np.diff(walk.time_s), 0.01)
    reference = ezc3d.c3d(str(BMC / "Gait.c3d"))["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_array_equal(take_apart((BMC / "Gait.c3d").read_bytes()).positions, reference)
    seen = np.isfinite(walk.keypoints[:, walk.layout.index("pelvis"), 0])
    assert 0.3 < seen.mean() < 0.5  # the person crosses the volume in the middle of the trial
    for side in ("left", "right"):
        hip, knee, ankle = (
            walk.keypoints[seen, walk.layout.index(point, side)]
            for point in ("hip", "knee", "ankle")
        )
        thigh, shank = (np.linalg.norm(a - b, axis=1) for a, b in ((hip, knee), (knee, ankle)))
        assert thigh.std() / thigh.mean() < 0.05
        assert shank.std() / shank.mean() < 0.05
    write_c3d(walk, path)
    np.testing.assert_allclose(read_c3d(path).keypoints, walk.keypoints, rtol=3e-7, atol=1e-9)


def test_a_synthetic_walk_stays_one(path: Path) -> None:
    walk = world_walk()
    write_c3d(walk, path)
    assert not is_synthetic(read_c3d(path))
    write_c3d(replace(walk, provenance=marked(walk.provenance)), path)
    assert is_synthetic(read_c3d(path))
