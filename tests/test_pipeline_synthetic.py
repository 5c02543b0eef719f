"""What was made of a synthetic walker says so in everything that an assessment writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from clinigait.core import Subject, Walk, is_synthetic, marked
from clinigait.io.assessment import write_assessment
from clinigait.io.trc import write_trc
from clinigait.io.walk import read_walk, write_walk
from clinigait.passes import merge_passes
from clinigait.pipeline import assess
from clinigait.report.wording import ENGLISH
from clinigait.request import Request
from support.assessments import with_synthetic_pose
from support.walker import Gait, synthetic_space_walk, synthetic_walk

pdfium = pytest.importorskip("pypdfium2")
_MARK = "Synthetic walker, not a patient"
_REQUEST = Request(subject=Subject(height_m=1.70))


def _marked(walk: Walk) -> Walk:
    return replace(walk, provenance=marked(walk.provenance))


def _pages(path: Path) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(path)]


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("walk.npz", lambda path: write_walk(_marked(synthetic_walk(Gait())), path)),
        ("walk.trc", lambda path: write_trc(_marked(synthetic_space_walk(Gait())), path)),
    ],
)
def test_keypoints_of_a_synthetic_walker(
    name: str, write: Callable[[Path], None], tmp_path: Path
) -> None:
    write(tmp_path / name)
    out = tmp_path / "out"
    found = assess(tmp_path / name, out, _REQUEST)
    assert found.status == "assessed", found.message
    assert json.loads((out / "assessment.json").read_text())["provenance"]["synthetic"] is True
    pages = _pages(out / "report.pdf")
    assert len(pages) > 1
    assert all(_MARK in page for page in pages)
    for table in ("parameters.csv", "events.csv", "strides.csv"):
        head, *rows = (out / table).read_text().splitlines()
        assert head.endswith(",synthetic")
        assert all(row.endswith(",true") for row in rows)
    tags = json.loads((out / "fhir.json").read_text())["meta"]["tag"]
    assert "HTEST" in {tag["code"] for tag in tags}
    assert is_synthetic(read_walk(out / "walk.npz"))


def test_people_are_not_marked(tmp_path: Path) -> None:
    write_walk(synthetic_walk(Gait()), tmp_path / "walk.npz")
    found = assess(tmp_path / "walk.npz", tmp_path / "out", _REQUEST)
    assert found.provenance.synthetic is False
    assert not any(_MARK in page for page in _pages(tmp_path / "out" / "report.pdf"))
    assert "synthetic" not in (tmp_path / "out" / "parameters.csv").read_text()


def test_a_merged_visit_with_one_synthetic_pass_is_marked(tmp_path: Path) -> None:
    walks = (_marked(synthetic_walk(Gait())), synthetic_walk(Gait(direction=-1)))
    for number, walk in enumerate(walks):
        write_walk(walk, tmp_path / f"{number}.npz")
        assess(tmp_path / f"{number}.npz", tmp_path / f"out{number}", _REQUEST)
    merged = merge_passes([tmp_path / "out0", tmp_path / "out1"], tmp_path / "both")
    assert merged.provenance.synthetic


def test_a_merged_visit_says_that_synthetic_walkers_taught_the_keypoints_of_one_pass(
    tmp_path: Path,
) -> None:
    for number, direction in enumerate((1, -1)):
        write_walk(synthetic_walk(Gait(direction=direction)), tmp_path / f"{number}.npz")
        found = assess(tmp_path / f"{number}.npz", tmp_path / f"out{number}", _REQUEST)
    write_assessment(with_synthetic_pose(found), tmp_path / "out1" / "assessment.json")
    merged = merge_passes([tmp_path / "out0", tmp_path / "out1"], tmp_path / "both")
    assert merged.pose_synthetic
    pages = _pages(tmp_path / "both" / "report.pdf")
    assert all(ENGLISH.pose_synthetic in page for page in pages)


def test_a_refused_one_is_marked_too(tmp_path: Path) -> None:
    walk = _marked(synthetic_walk(Gait(duration_s=2.0)))
    write_walk(walk.part(slice(0, 50)), tmp_path / "walk.npz")
    found = assess(tmp_path / "walk.npz", tmp_path / "out", _REQUEST)
    assert found.status == "refused"
    assert found.provenance.synthetic
