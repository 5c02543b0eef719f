"""Folders of pickles: who, what and by which camera stands in their names."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from clinigait.core import BadInputError
from clinigait.datasets import opengait
from clinigait.datasets.options import StudyOptions
from support.pickled import body, pose, put


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a data set of two people."""
    root = tmp_path / "set"
    for subject, kind, view in (
        ("010", "nm-01", "090"), ("2", "nm-01", "090"), ("2", "bg-01", "090"), ("2", "bg-01", "000")
    ):  # fmt: skip
        put(root / subject / kind / view / f"{view}-sil.pkl", body())
    put(root / "2" / "bg-01" / "000" / "000-pose.pkl", pose())
    (root / "2" / "empty").mkdir()
    (root / "readme.txt").write_text("x")
    return root


def test_names_of_folders_are_subject_type_and_view(root: Path) -> None:
    found = opengait.study(root)
    assert [s.sequence for s in found.samples] == [
        "2/bg-01/000", "2/bg-01/090", "2/nm-01/090", "010/nm-01/090",
    ]  # fmt: skip
    first = found.samples[0]
    assert (first.person, first.walk, first.label, first.view) == ("2", "2/bg-01", "bg-01", "000")
    walk = first.read()
    assert walk.subject.code == "2"
    assert walk.silhouettes is not None
    assert walk.confidence.any()
    assert found.kind == "mixed"
    assert any("frames a second" in limit for limit in found.limits)


def test_one_modality_can_be_asked_for(root: Path) -> None:
    found = opengait.study(root, StudyOptions(record="silhouettes"))
    assert not found.samples[0].read().confidence.any()
    with pytest.raises(BadInputError, match="no pose"):
        opengait.study(root, StudyOptions(record="pose")).samples[1].read()
    with pytest.raises(BadInputError, match="no record colours"):
        opengait.study(root, StudyOptions(record="colours"))


@pytest.mark.parametrize(
    ("table", "labels"),
    [
        ("subject,label\n2,frail\n", ["frail", "frail", "frail", None]),
        ("type,label\nnm-01,robust\nbg-01,frail\n", ["frail", "frail", "robust", "robust"]),
        ("sequence,label\n2/bg-01/000,x\n", ["x", None, None, None]),
    ],
)
def test_labels_may_come_from_a_table(root: Path, table: str, labels: list) -> None:
    path = root.parent / "labels.csv"
    path.write_text(table)
    found = opengait.study(root, StudyOptions(labels=path))
    assert [s.label for s in found.samples] == labels


def test_a_table_of_strangers_is_refused(root: Path) -> None:
    path = root.parent / "labels.csv"
    path.write_text("subject,label\n7,frail\n")
    with pytest.raises(BadInputError, match=r"No subject of labels\.csv"):
        opengait.study(root, StudyOptions(labels=path))


def test_an_empty_folder_holds_no_study(tmp_path: Path) -> None:
    assert not opengait.is_here(tmp_path)
    with pytest.raises(BadInputError, match="no pickles"):
        opengait.study(tmp_path)


class _Hostile:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.mark),)


def test_a_hostile_pickle_is_not_executed(root: Path) -> None:
    mark = root.parent / "executed"
    path = root / "2" / "bg-01" / "090" / "090-sil.pkl"
    path.write_bytes(pickle.dumps(_Hostile(mark)))
    with pytest.raises(BadInputError, match="mkdir"):
        opengait.study(root).samples[1].read()
    assert not mark.exists()
