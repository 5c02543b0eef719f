"""Ids of Scoliosis1K are sequences: nobody is promised to be in one fold only."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinigait.core import BadInputError
from clinigait.datasets import scoliosis1k
from clinigait.datasets.options import StudyOptions
from clinigait.models.task import load_task
from support.pickled import body, pose, put


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return three sequences."""
    for number, label in (("00001", "Positive"), ("00002", "neutral"), ("00003", "NEGATIVE")):
        put(tmp_path / number / label / "000_180" / "000_180.pkl", body())
    put(tmp_path / "00001" / "Positive" / "000_180" / "pose.pkl", pose())
    return tmp_path


def test_labels_are_the_folders_whatever_their_letters(root: Path) -> None:
    found = scoliosis1k.study(root)
    assert [s.label for s in found.samples] == ["positive", "neutral", "negative"]
    assert load_task("scoliosis").classes == scoliosis1k.LABELS
    assert found.people == ("00001", "00002", "00003")
    assert found.samples[0].view == "000_180"
    walk = found.samples[0].read()
    assert walk.silhouettes is not None
    assert walk.confidence.any()
    assert walk.provenance["data set"] == "scoliosis1k"


def test_that_ids_are_no_people_is_said(root: Path) -> None:
    assert any("cannot be verified" in limit for limit in scoliosis1k.study(root).limits)


def test_silhouettes_or_poses_alone(root: Path) -> None:
    found = scoliosis1k.study(root, StudyOptions(record="silhouettes"))
    assert not found.samples[0].read().confidence.any()
    with pytest.raises(BadInputError, match="no record"):
        scoliosis1k.study(root, StudyOptions(record="film"))


def test_another_label_is_refused(root: Path) -> None:
    put(root / "4" / "severe" / "000_180" / "a.pkl", body())
    assert not scoliosis1k.is_here(root)
    with pytest.raises(BadInputError, match="4 has the label severe"):
        scoliosis1k.study(root)


def test_an_id_has_one_label(root: Path) -> None:
    put(root / "00002" / "positive" / "000_180" / "a.pkl", body())
    with pytest.raises(BadInputError, match="00002 has two labels"):
        scoliosis1k.study(root)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert not scoliosis1k.is_here(tmp_path)
    with pytest.raises(BadInputError, match="no pickles"):
        scoliosis1k.study(tmp_path)
