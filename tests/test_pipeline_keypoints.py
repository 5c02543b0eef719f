"""Files of keypoints and markers go the same road as a film, without one."""

import json
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BLAZEPOSE_33, COCO_17, BadInputError, Subject
from clinigait.io.c3d import write_c3d
from clinigait.io.coco import write_coco
from clinigait.io.keypoints import KeypointHints
from clinigait.io.openpose import write_openpose
from clinigait.io.trc import write_trc
from clinigait.io.walk import read_walk, write_walk
from clinigait.pipeline import assess
from clinigait.request import Request
from support.walker import Gait, synthetic_space_walk, synthetic_walk

_GAIT = Gait(duration_s=7.0)
_LAYOUT = BLAZEPOSE_33


def _file(kind: str, folder: Path) -> Path:
    space, picture = synthetic_space_walk(_GAIT), synthetic_walk(_GAIT)
    writers = {
        "trc": lambda path: write_trc(space, path),
        "c3d": lambda path: write_c3d(space, path),
        "npz": lambda path: write_walk(picture, path),
        "json": lambda path: write_coco(synthetic_walk(_GAIT, COCO_17), path),
        "npy": lambda path: np.save(path, picture.keypoints),
    }
    path = folder / f"walk.{kind}"
    writers[kind](path)
    return path


@pytest.mark.parametrize("kind", ["trc", "c3d", "npz", "json", "npy"])
def test_every_format_gives_the_gait_and_all_files(kind: str, tmp_path: Path) -> None:
    hints = KeypointHints(rate_hz=60.0, layout=_LAYOUT.name if kind == "npy" else None)
    if kind in ("trc", "c3d", "npz"):
        hints = KeypointHints()
    out = tmp_path / "out"
    request = Request(subject=Subject(height_m=1.70), hints=hints)
    found = assess(_file(kind, tmp_path), out, request)
    assert found.status == "assessed", found.message
    cadence = found.measurement.parameter("cadence_spm")
    assert cadence.value == pytest.approx(120 / 1.1, rel=0.01)
    speed = found.measurement.parameter("speed_mps")
    assert speed.value == pytest.approx(_GAIT.speed_mps, rel=0.03)
    written = {p.name for p in out.iterdir()}
    assert {
        "assessment.json", "parameters.csv", "events.csv", "strides.csv", "walk.npz", "report.pdf",
        "fhir.json", "frames",
    } == written  # fmt: skip
    assert len(list((out / "frames").glob("*.jpg"))) == 3
    stored = json.loads((out / "assessment.json").read_text())
    assert [finding["text"] for finding in stored["findings"]] == [f.text for f in found.findings]
    assert {"asymmetry", "quality"} <= {finding.kind for finding in found.findings}
    assert stored["recording"]["source"] == "keypoints"
    assert len(stored["recording"]["sha256"]) == 64
    assert stored["protocol"]["name"] == (
        "walk_spatial" if kind in ("trc", "c3d") else "walk_sagittal"
    )


def test_a_folder_of_openpose_frames(tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    write_openpose(synthetic_walk(_GAIT, COCO_17), folder)
    found = assess(folder, tmp_path / "out", Request(hints=KeypointHints(rate_hz=60.0)))
    assert found.status == "assessed", found.message
    assert len(found.recording.sha256) == 64


def test_an_assessment_can_be_made_again_from_its_walk(tmp_path: Path) -> None:
    request = Request(subject=Subject(code="P7", height_m=1.7))
    first = assess(_file("npz", tmp_path), tmp_path / "first", request)
    again = assess(tmp_path / "first" / "walk.npz", tmp_path / "again", Request())
    assert again.subject == first.subject
    assert again.measurement.parameters == first.measurement.parameters
    assert read_walk(tmp_path / "again" / "walk.npz").subject.code == "P7"


def test_a_walk_that_cannot_be_measured_is_refused_on_paper(tmp_path: Path) -> None:
    path = tmp_path / "short.trc"
    write_trc(synthetic_space_walk(Gait(duration_s=0.6)), path)
    found = assess(path, tmp_path / "out")
    assert (found.status, found.code) == ("refused", "too_short")
    assert found.recording.source == "keypoints"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["assessment.json"]


@pytest.mark.parametrize("name", ["a.trc", "a.c3d", "a.json", "a.csv", "a.npz", "a.mot"])
def test_files_that_are_not_what_they_say_leave_nothing_behind(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\x00\xff not a walk" * 9)
    with pytest.raises(BadInputError, match=name):
        assess(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_input_is_never_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assess(_file("npz", tmp_path), out)
    with pytest.raises(BadInputError, match="output"):
        assess(out / "walk.npz", out)


def test_a_file_where_a_folder_of_the_output_belongs(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "frames").write_text("mine")
    with pytest.raises(BadInputError, match="cannot be written"):
        assess(_file("npz", tmp_path), out)
    assert [(p.name, p.read_text()) for p in out.iterdir()] == [("frames", "mine")]


def test_an_empty_name_is_no_protocol(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no protocol"):
        assess(_file("npz", tmp_path), tmp_path / "out", Request(protocol=""))
