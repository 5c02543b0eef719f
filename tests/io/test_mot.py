"""MOT and STO tables: angles and forces over time."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError
from clinigait.io.mot import MotionTable, read_mot, write_mot
from support.harm import damaged, refused_or_read

_TEXT = """Coordinates
version=1
nRows=3
nColumns=3
inDegrees=yes

Units are S.I. units (second, meters, Newtons, ...)
endheader
time\tknee_angle_r\tpelvis_tx
0.00\t10.5\t-1.25
0.01\t11.5\tnan
0.02\t12.5\t-1.20
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "walk.mot"


def test_a_table_of_opensim(path: Path) -> None:
    path.write_text(_TEXT)
    table = read_mot(path)
    assert table.in_degrees
    assert list(table.columns) == ["knee_angle_r", "pelvis_tx"]
    np.testing.assert_array_equal(table.time_s, [0, 0.01, 0.02])
    np.testing.assert_array_equal(table.columns["pelvis_tx"], [-1.25, np.nan, -1.2])


@pytest.mark.parametrize("in_degrees", [True, False])
def test_round_trip(in_degrees: bool, path: Path) -> None:
    rng = np.random.default_rng(0)
    columns = {"hip_flexion_l": rng.normal(size=50), "ground_force_vy": np.full(50, np.nan)}
    write_mot(MotionTable(np.arange(50) / 30, columns, in_degrees), path)
    back = read_mot(path)
    assert back.in_degrees is in_degrees
    np.testing.assert_allclose(back.time_s, np.arange(50) / 30, rtol=1e-9)
    for name, values in columns.items():
        np.testing.assert_allclose(back.columns[name], values, rtol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("endheader", "", "header"),
        ("nRows=3", "nRows=300", "cut short"),
        ("pelvis_tx", "knee_angle_r", "one twice"),
        ("time\t", "frame\t", "not named"),
        ("0.02\t", "0.005\t", "do not increase"),
        ("12.5\t-1.20", "12.5", "columns"),
        ("12.5\t", "x\t", "text where numbers"),
    ],
)
def test_broken_tables(old: str, new: str, message: str, path: Path) -> None:
    assert old in _TEXT
    path.write_text(_TEXT.replace(old, new))
    with pytest.raises(BadInputError, match=message):
        read_mot(path)


def test_a_name_with_blanks_is_not_written(path: Path) -> None:
    with pytest.raises(BadInputError, match="blanks"):
        write_mot(MotionTable(np.arange(3.0), {"knee angle": np.zeros(3)}, True), path)
    assert not path.exists()


@given(content=st.one_of(st.binary(max_size=500), damaged(_TEXT.encode())))
def test_damage(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.mot"
    path.write_bytes(content)
    refusal, table = refused_or_read(read_mot, path)
    assert refusal.remedy if table is None else (np.diff(table.time_s) > 0).all()
