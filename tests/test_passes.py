"""Two passes of one visit, each assessed alone, become one report."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from clinigait.core import BadInputError, RefusedError, Subject
from clinigait.io.assessment import read_assessment, write_assessment
from clinigait.io.walk import write_walk
from clinigait.passes import merge_passes
from clinigait.pipeline import assess
from clinigait.request import Request
from support.walker import Gait, synthetic_space_walk, synthetic_walk


@pytest.fixture(scope="module")
def visit(tmp_path_factory) -> Path:
    """A pass to the right and one to the left, another person, and a walk in space."""
    root = tmp_path_factory.mktemp("visit")
    walks = {
        "right": synthetic_walk(Gait(direction=1, noise_px=1)),
        "left": synthetic_walk(Gait(direction=-1, noise_px=1, seed=1)),
        "space": synthetic_space_walk(Gait()),
        "other": synthetic_walk(Gait(noise_px=1, seed=2), height_m=1.62),
    }
    for name, walk in walks.items():
        write_walk(walk, root / f"{name}.npz")
        found = assess(root / f"{name}.npz", root / name, Request(subject=Subject(code="P1")))
        assert found.status == "assessed"
    return root


def test_strides_are_pooled_and_each_leg_is_seen_near(visit: Path, tmp_path: Path) -> None:
    found = merge_passes([visit / "right", visit / "left"], tmp_path / "out")
    single = json.loads((visit / "right" / "assessment.json").read_text())["measurement"]
    merged = found.measurement
    assert len(merged.strides) > 1.8 * len(single["strides"])
    assert {b.direction for b in merged.bouts} == {"left", "right"}
    assert merged.near_side is None
    assert merged.parameter("cadence_spm").value == pytest.approx(120 / 1.1, rel=0.01)
    angles = [s for s in merged.strides if "knee_flexion_rom_deg" in s.values]
    directions = {
        s.number: next(b.direction for b in merged.bouts if b.start_s <= s.start_s <= b.end_s)
        for s in angles
    }
    assert angles
    assert all(s.side == directions[s.number] for s in angles)
    written = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"assessment.json", "report.pdf", "parameters.csv", "fhir.json", "frames"} <= written
    assert found.recording.file_name == "right.npz, left.npz"
    assert [f.caption[:6] for f in found.frames] == ["Pass 1", "Pass 2"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["right"], "two to"),
        (["right", "right"], "same"),
        (["right", "other"], "one person"),
        (["right", "space"], "protocols"),
        (["right", "nowhere"], "assessment.json"),
    ],
)
def test_passes_that_do_not_belong_together(
    visit: Path, tmp_path: Path, names: list[str], said: str
) -> None:
    with pytest.raises(BadInputError, match=said):
        merge_passes([visit / name for name in names], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_walk_in_space_and_a_picture_are_not_mixed(visit: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError):
        merge_passes([visit / "right", visit / "space"], tmp_path / "out", "walk_spatial")
    assert not (tmp_path / "out").exists()


def test_a_pass_is_not_replaced(visit: Path) -> None:
    with pytest.raises(BadInputError, match="replace"):
        merge_passes([visit / "right", visit / "left"], visit / "left")


def test_a_merged_report_keeps_the_warning_of_a_mirrored_film(visit: Path, tmp_path: Path) -> None:
    for name in ("right", "left"):
        shutil.copytree(visit / name, tmp_path / name)
    stored = read_assessment(tmp_path / "left" / "assessment.json")
    mirrored = replace(stored, recording=replace(stored.recording, mirrored=True))
    write_assessment(mirrored, tmp_path / "left" / "assessment.json")
    found = merge_passes([tmp_path / "right", tmp_path / "left"], tmp_path / "out")
    assert "mirrored_film" in {check.code for check in found.measurement.quality}
