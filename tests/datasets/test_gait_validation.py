"""The data set is read as it is published, and what is broken is named."""

from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError, Depth, Space
from clinigait.datasets.gait_validation import (
    read_report,
    read_trial,
    references,
    trials,
)

_HEADER = "name,Sex,Height [cm],Stride Time [ms],Cadence [step/min],Double Stance [%]"
_VALUES = "somebody,f,1.66,1100,109.2,25"


def _data_set(root: Path, names: tuple[str, ...] = ("A_1_T1", "A_1_T2", "B_2_T10")) -> Path:
    joints = root / "video analysis/large model data/ori_keypoints"
    reports = root / "sensor data/SENSOR REPORT"
    joints.mkdir(parents=True)
    reports.mkdir(parents=True)
    for name in names:
        np.save(joints / f"{name}.npy", np.full((60, 17, 3), 1000.0))
        (reports / f"{name}.csv").write_text(f"\ufeff{_HEADER}\n{_VALUES}\n", encoding="utf-8")
    return root


def test_walks_are_listed_with_their_people(tmp_path: Path) -> None:
    found = trials(_data_set(tmp_path))
    assert [(t.name, t.subject) for t in found] == [
        ("A_1_T1", "A_1"), ("A_1_T2", "A_1"), ("B_2_T10", "B_2"),
    ]  # fmt: skip


def test_millimetres_of_a_camera_become_metres(tmp_path: Path) -> None:
    walk = read_trial(trials(_data_set(tmp_path))[0])
    assert walk.space is Space.CAMERA_M
    assert walk.depth is Depth.INFERRED
    assert walk.keypoints.max() == 1.0
    assert walk.time_s[-1] == pytest.approx(59 / 60)


@pytest.mark.parametrize("text", ["1.66", "166"])
def test_the_height_column_holds_metres_or_centimetres(tmp_path: Path, text: str) -> None:
    root = _data_set(tmp_path)
    for report in root.rglob("*.csv"):
        report.write_text(f"{_HEADER}\n{_VALUES.replace('1.66', text)}\n", encoding="utf-8")
    assert read_trial(trials(root)[0]).subject.height_m == pytest.approx(1.66)


@pytest.mark.parametrize("content", ["", "Height [cm]\n", "Height [cm]\nunknown\n", "a\nb\n"])
def test_without_a_height_it_stays_unknown(tmp_path: Path, content: str) -> None:
    root = _data_set(tmp_path)
    for report in root.rglob("*.csv"):
        report.write_text(content, encoding="utf-8")
    assert read_trial(trials(root)[0]).subject.height_m is None


def test_a_missing_report_is_an_empty_one(tmp_path: Path) -> None:
    root = _data_set(tmp_path)
    for report in root.rglob("*.csv"):
        report.unlink()
    trial = trials(root)[0]
    assert read_report(trial) == {}
    assert all(np.isnan(value) for value in references({}).values())


def test_percentages_become_seconds_by_the_sensors_own_stride_time(tmp_path: Path) -> None:
    found = references(read_report(trials(_data_set(tmp_path))[0]))
    assert found["stride_time_s", "both"] == pytest.approx(1.1)
    assert found["double_support_time_s", "both"] == pytest.approx(0.275)
    assert np.isnan(found["speed_mps", "both"])


@pytest.mark.parametrize("folder", ["", "video analysis/large model data/ori_keypoints"])
def test_another_folder_is_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    with pytest.raises(BadInputError):
        trials(tmp_path)


#: A header that promises more joints than any memory holds.
_ENDLESS = b"\x93NUMPY\x01\x00v\x00" + (
    b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 17, 3), }".ljust(117) + b"\n"
)


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\x93NUMPY garbage", b"PK\x05\x06" + bytes(18), _ENDLESS),
        *(np.zeros((5, 17, 2)), np.zeros((5, 3)), np.array(["a"]), None),
    ],
    ids=["empty", "garbage", "archive", "endless", "flat", "table", "text", "pickle"],
)
def test_broken_joints_are_named(tmp_path: Path, content: object) -> None:
    trial = trials(_data_set(tmp_path))[0]
    if isinstance(content, bytes):
        trial.keypoints.write_bytes(content)
    else:
        np.save(trial.keypoints, np.array([{}]) if content is None else content)  # type: ignore[arg-type]
    with pytest.raises(BadInputError, match=trial.keypoints.name):
        read_trial(trial)
