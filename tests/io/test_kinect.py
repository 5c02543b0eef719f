"""Kinect tables: joints in any order, the clock of a minute, joints that were not tracked."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError, Space
from clinigait.core.layout import KINECT_25
from clinigait.io.kinect import read_kinect
from support.harm import damaged, reads_or_refuses
from support.world_walks import world_walk

_REAL = Path(__file__).parents[3] / "shared/data/pathological_gait/Pathological_Gaits"


def _joints(n_frames: int = 30) -> np.ndarray:
    """(T, 25, 3) a walker with every joint somewhere of its own."""
    walk = world_walk(KINECT_25, duration_s=n_frames / 30, rate_hz=30)
    apart = np.linspace(0.01, 0.3, 25)[:, None] * np.array([0.1, 0.2, 0.0])
    placed = walk.keypoints + apart
    middle = np.nanmean(placed, axis=1, keepdims=True) + apart
    return np.where(np.isfinite(placed), placed, middle)


def _table(time_s: np.ndarray, joints: np.ndarray, order: np.ndarray | None = None) -> np.ndarray:
    order = np.arange(25) if order is None else order
    ids = np.broadcast_to(order[:, None], (len(joints), 25, 1))
    rows = np.concatenate([ids, joints[:, order]], axis=2).reshape(len(joints), -1)
    return np.column_stack([time_s, rows])


def _text(table: np.ndarray, separator: str = "\t") -> str:
    return "\n".join(separator.join(f"{v:.5f}" for v in row) for row in table) + "\n"


_TIME_S = np.arange(30) / 30
_TABLE = _table(_TIME_S, _joints())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "walk.csv"


@pytest.mark.parametrize("separator", ["\t", ","])
def test_joints_times_and_axes(separator: str, path: Path) -> None:
    path.write_text(_text(_TABLE, separator))
    walk = read_kinect(path)
    assert (walk.layout, walk.space) == (KINECT_25, Space.WORLD_M)
    np.testing.assert_allclose(walk.keypoints, _joints(), atol=1e-5)
    np.testing.assert_allclose(walk.time_s, _TIME_S, atol=1e-5)
    assert (walk.confidence == 1).all()
    assert walk.provenance == {"source format": "Kinect v2 table", "file": "walk.csv"}


def test_another_unit_is_told(path: Path) -> None:
    path.write_text(_text(_table(_TIME_S, 1000 * _joints())))
    np.testing.assert_allclose(read_kinect(path, "mm").keypoints, _joints(), atol=1e-5)
    with pytest.raises(BadInputError, match="unit"):
        read_kinect(path)


def test_joints_in_any_order(path: Path) -> None:
    order = np.random.default_rng(3).permutation(25)
    path.write_text(_text(_table(_TIME_S, _joints(), order)))
    np.testing.assert_allclose(read_kinect(path).keypoints, _joints(), atol=1e-5)


def test_the_sensor_s_own_axes_with_y_up(path: Path) -> None:
    x, y, z = np.moveaxis(_joints(), 2, 0)
    path.write_text(_text(_table(_TIME_S, np.stack([x, z, -y], axis=2))))
    np.testing.assert_allclose(read_kinect(path).keypoints, _joints(), atol=1e-5)


def test_the_next_minute_begins(path: Path) -> None:
    path.write_text(_text(_table((_TIME_S + 59.5) % 60, _joints())))
    walk = read_kinect(path)
    np.testing.assert_allclose(walk.time_s, _TIME_S + 59.5, atol=1e-4)


def test_of_two_rows_with_one_time_the_first_counts(path: Path) -> None:
    time_s = _TIME_S.copy()
    time_s[8] = time_s[7]
    path.write_text(_text(_table(time_s, _joints())))
    walk = read_kinect(path)
    np.testing.assert_allclose(walk.keypoints, np.delete(_joints(), 8, axis=0), atol=1e-5)


def test_joints_that_were_not_tracked_are_missing(path: Path) -> None:
    joints = _joints()
    joints[4, 13] = 0  # at the sensor
    joints[5, [14, 18]] = joints[5, 14]  # both ankles in one place
    joints[6, 24, 1] = np.nan
    path.write_text(_text(_table(_TIME_S, joints)))
    walk = read_kinect(path)
    missing = np.argwhere(walk.confidence == 0).tolist()
    assert missing == [[4, 13], [5, 14], [5, 18], [6, 24]]
    assert np.isnan(walk.keypoints[6, 24]).all()


def _changed(row: int, column: int, value: str) -> str:
    lines = _text(_TABLE).split("\n")
    cells = lines[row].split("\t")
    cells[column] = value
    lines[row] = "\t".join(cells)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("\n\n", "0 frames"),
        (_text(_TABLE[:1]), "1 frame"),
        (_text(_TABLE[:, :-1]), "100 columns, not 101"),
        (_text(np.column_stack([_TABLE, _TABLE[:, 0]])), "102 columns, not 101"),
        (_text(_TABLE)[:-40], "columns, not 101"),
        (_changed(3, 7, "left"), "text where numbers"),
        (_changed(3, 5, "0"), "number its joints"),
        (_changed(3, 5, "99"), "number its joints"),
        (_changed(3, 5, ""), "number its joints"),
        (_changed(3, 0, "0.01"), "do not increase"),
        (_changed(3, 0, "-9"), "do not increase"),
        (_changed(3, 0, ""), "without a time"),
        (_text(_table(_TIME_S, _joints() * np.nan)), "no position"),
        (_text(_table(_TIME_S, _joints() * 1000)), "unit seems wrong"),
    ],
)
def test_broken_tables(content: str, message: str, path: Path) -> None:
    path.write_text(content)
    with pytest.raises(BadInputError, match=message):
        read_kinect(path)


_SMALL = _text(_TABLE[:4]).encode()


@given(content=st.one_of(st.binary(max_size=500), damaged(_SMALL)))
def test_damage(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(content)
    reads_or_refuses(read_kinect, path)


@pytest.mark.skipif(not _REAL.is_dir(), reason="the Kinect walks are not here")
@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("human1_antalgic4/human1_antalgic4_SkeletonData1", 2.8),
        ("human1_antalgic17/human1_antalgic17_SkeletonData1", 4.2),  # the minute turns
        ("human1_lurch18/human1_lurch18_SkeletonData4", 4.8),  # two frames of one time, zeros
        ("human2_antalgic9/human2_antalgic9_SkeletonData4", 5.0),  # turns within a gap
        ("human1_steppage2/human1_steppage2_SkeletonData4", 3.8),  # not a number
    ],
)
def test_real_walks(name: str, seconds: float) -> None:
    walk = read_kinect(_REAL / f"{name}.csv")
    assert walk.duration_s == pytest.approx(seconds, abs=0.5)
    pelvis = walk.keypoints[:, 0]
    way = np.linalg.norm(np.nanmax(pelvis[:, :2], axis=0) - np.nanmin(pelvis[:, :2], axis=0))
    assert 0.4 < way / walk.duration_s < 1.6
    assert 0.6 < np.nanmedian(pelvis[:, 2]) < 1.1
