"""``clinigait export`` as a user meets it: files that read back, or one sentence and nothing."""

import json
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from pydicom import dcmread
from typer.testing import CliRunner, Result

from clinigait.cli.export import app
from clinigait.core import Assessment, BadInputError, Walk
from clinigait.io.assessment import write_assessment
from clinigait.io.keypoints import read_keypoints
from clinigait.io.walk import write_walk
from support.assessments import assessed, refused, spoilt, write_frames
from support.walker import Gait, synthetic_space_walk

_OF_ASSESSMENTS = {"fhir": "json", "dicom": "dcm", "csv": "csv"}
_BY_KIND = pytest.mark.parametrize("kind", _OF_ASSESSMENTS)


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def _complaint(result: Result) -> str:
    assert isinstance(result.exception, BadInputError), result.exception
    return str(result.exception)


def _written(folder: Path, made: Assessment) -> Path:
    path = folder / "assessment.json"
    write_assessment(made, path)
    return path


@pytest.fixture(scope="module")
def walk() -> Walk:
    return synthetic_space_walk(Gait())


@pytest.mark.parametrize(("kind", "off_m"), [("trc", 1e-6), ("c3d", 1e-5)])
def test_a_walk_reads_back_as_it_was(kind: str, off_m: float, walk: Walk, tmp_path: Path) -> None:
    write_walk(walk, tmp_path / "walk.npz")
    path = tmp_path / f"walk.{kind}"
    assert _run(kind, tmp_path / "walk.npz", "--out", path).exit_code == 0
    found = read_keypoints(path)
    assert found.layout.points == walk.layout.points
    np.testing.assert_allclose(found.time_s, walk.time_s - walk.time_s[0], atol=1e-4)
    way = np.linalg.norm(found.keypoints[-1] - found.keypoints[0], axis=-1)
    np.testing.assert_allclose(
        way, np.linalg.norm(walk.keypoints[-1] - walk.keypoints[0], axis=-1), atol=off_m
    )


@_BY_KIND
@pytest.mark.parametrize(
    "made", [assessed(2, with_curves=False), refused()], ids=["assessed", "refused"]
)
def test_an_assessment_is_exported(kind: str, made: Assessment, tmp_path: Path) -> None:
    source = _written(write_frames(tmp_path), made)
    out = tmp_path / f"x.{_OF_ASSESSMENTS[kind]}"
    done = _run(kind, source, "--out", out)
    assert done.exit_code == 0, done.exception
    assert f"Written: {out}" in done.stdout
    assert ("refusal" in done.stdout) == (made.status == "refused")
    assert out.stat().st_size > 0


def test_the_report_inside_of_the_dicom_file_is_a_pdf_that_opens(tmp_path: Path) -> None:
    source = _written(write_frames(tmp_path), assessed(2, with_curves=False))
    out = tmp_path / "x.dcm"
    assert _run("dicom", source, "--out", out, "--patient-name", "Kowalska^Anna").exit_code == 0
    found = dcmread(out)
    pdf = found.EncapsulatedDocument[: found.EncapsulatedDocumentLength]
    assert "Walking speed" in pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    # A PDF of one's own, perhaps signed, goes in as it is.
    (tmp_path / "signed.pdf").write_bytes(pdf + b"% signed\n%%EOF\n")
    assert _run("dicom", source, "--out", out, "--report", tmp_path / "signed.pdf").exit_code == 0
    again = dcmread(out)
    assert again.EncapsulatedDocument.startswith(pdf + b"% signed")
    assert again.SOPInstanceUID != found.SOPInstanceUID


def test_who_is_not_named_is_told(tmp_path: Path) -> None:
    source = _written(tmp_path, refused())
    quiet = ("--patient-name", "Kowalska^Anna", "--patient-id", "4711")
    assert "No patient is named" in _run("dicom", source, "--out", tmp_path / "x.dcm").stdout
    assert "No patient" not in _run("dicom", source, "--out", tmp_path / "x.dcm", *quiet).stdout


@_BY_KIND
@pytest.mark.parametrize("nasty", ["<b>&\u202e=1+1\0\x1b[31m\n", "W" * 10_000], ids=["odd", "long"])
def test_hostile_text_is_exported_safely_or_refused(kind: str, nasty: str, tmp_path: Path) -> None:
    source = _written(tmp_path, spoilt(assessed(1, with_curves=False), nasty))
    out = tmp_path / f"x.{_OF_ASSESSMENTS[kind]}"
    done = _run(kind, source, "--out", out)
    if kind == "dicom":  # an archive files by this code: it is not changed in silence
        assert "--patient-id" in _complaint(done)
        assert not out.exists()
        done = _run(kind, source, "--out", out, "--patient-id", "4711")
    assert done.exit_code == 0, done.exception
    assert out.stat().st_size > 0


def _spoil(content: dict, how: str) -> str:
    if how == "newer":
        content["schema_version"] = "99.0"
    elif how == "no section":
        del content["protocol"]
    elif how == "not JSON":
        return "{"
    elif how == "no time":
        content["provenance"]["created_at"] = "yesterday"
    return json.dumps(content)


@_BY_KIND
@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("newer", "Update clinigait"),
        ("no section", "damaged"),
        ("not JSON", "not a readable JSON"),
        ("no time", "when it was made"),
    ],
)
def test_a_broken_assessment_is_one_sentence_and_nothing_is_left(
    kind: str, how: str, said: str, tmp_path: Path
) -> None:
    if kind == "csv" and how == "no time":
        pytest.skip("a table repeats what the assessment says of its time")
    source = _written(tmp_path, assessed(1, with_curves=False))
    source.write_text(_spoil(json.loads(source.read_text("utf-8")), how), "utf-8")
    assert said in _complaint(_run(kind, source, "--out", tmp_path / "x.y"))
    assert list(tmp_path.iterdir()) == [source]


@_BY_KIND
def test_what_cannot_be_written_leaves_nothing_and_no_other_file_is_replaced(
    kind: str, tmp_path: Path
) -> None:
    source = _written(tmp_path, refused())
    before = source.read_bytes()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "x.json").mkdir()
    for out in ("no/x.dcm", "notes.txt", "assessment.json", "W" * 300, "x.json"):
        _complaint(_run(kind, source, "--out", tmp_path / out))
    _complaint(_run(kind, tmp_path / "nothing.json", "--out", tmp_path / "x"))
    assert source.read_bytes() == before
    assert (tmp_path / "notes.txt").read_text() == "mine"
    names = {"assessment.json", "notes.txt", "x.json"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_the_report_is_not_replaced_by_the_dicom_file(tmp_path: Path) -> None:
    source = _written(tmp_path, refused())
    (tmp_path / "r.dcm").write_bytes(b"%PDF-1.7 %%EOF")
    done = _run("dicom", source, "--out", tmp_path / "r.dcm", "--report", tmp_path / "r.dcm")
    assert "would replace the report" in _complaint(done)
