"""A site's manifest: read as written, or refused with all its faults at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from clinigait.core import BadInputError, Space, Subject, Walk, marked
from clinigait.datasets import manifest
from clinigait.io.walk import write_walk
from clinigait.models.task import load_task
from support.drawn import drawn_walk
from support.pickled import body, put
from support.walker import Gait, synthetic_space_walk

HEAD = "subject,visit,file,label"


@pytest.fixture(scope="module")
def drawn() -> Walk:
    """Return a walk with silhouettes."""
    return drawn_walk()


@pytest.fixture
def site(tmp_path: Path, drawn: Walk) -> Path:
    """Return a folder with one walk of every kind that a manifest can name."""
    (tmp_path / "a").mkdir()
    write_walk(drawn, tmp_path / "a" / "walk.npz")
    put(tmp_path / "b.pkl", body())
    (tmp_path / "c").mkdir()
    for number, picture in enumerate(body()):
        cv2.imwrite(str(tmp_path / "c" / f"{number:04d}.png"), picture)
    return tmp_path


def _write(site: Path, *rows: str, head: str = HEAD) -> Path:
    path = site / "manifest.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_every_kind_of_file_is_a_walk(site: Path) -> None:
    path = _write(
        site, "P1,1,a/walk.npz,frail", "P2,1,b.pkl,robust", "P3,1,c,robust", "P4,1,a,frail"
    )
    found = manifest.study(path)
    assert [s.sequence for s in found.samples] == ["a/walk.npz", "b.pkl", "c", "a"]
    assert [s.label for s in found.samples] == ["frail", "robust", "robust", "frail"]
    assert found.kind == "patients"
    for sample in found.samples:
        walk = sample.read()
        assert walk.silhouettes is not None
        assert walk.subject.code == sample.person
    assert found.samples[1].read().provenance["manifest line"] == "3"


def test_a_folder_is_a_manifest_by_its_file(site: Path) -> None:
    _write(site, "P1,1,b.pkl,robust")
    assert manifest.is_here(site)
    assert len(manifest.study(site).samples) == 1
    assert not manifest.is_here(site / "a")


def test_what_is_said_of_the_person_counts(site: Path, drawn: Walk) -> None:
    older = replace(drawn, subject=Subject(code="x", age_y=30.0, mass_kg=70.0))
    write_walk(older, site / "old.npz")
    head = f"{HEAD},walk,view,age_y,sex,height_m,mass_kg,speed_mps,aid,medication"
    path = _write(
        site,
        "P1,2,old.npz,frail,4m,left,81.5,FEMALE,1.6,,0.8,none,off",
        "P1,2,b.pkl,frail,4m,right,,unknown,na,,,walker,",
        head=head,
    )
    first, second = manifest.study(path).samples
    assert (first.visit, first.view, first.walk) == ("2", "left", "P1/2/4m")
    assert second.walk == first.walk
    assert first.covariates == {
        "age_y": 81.5, "sex": "female", "height_m": 1.6, "speed_mps": 0.8, "aid": "none",
        "medication": "off",
    }  # fmt: skip
    assert second.covariates == {"aid": "walker"}
    assert first.read().subject == Subject("P1", 1.6, 70.0, 81.5, "female")
    assert second.read().subject == Subject("P2".replace("2", "1"))


def test_a_frame_rate_may_be_given(site: Path) -> None:
    path = _write(site, "P1,1,b.pkl,robust,25", "P1,1,c,robust,50", head=f"{HEAD},rate_hz")
    first, second = manifest.study(path).samples
    assert first.read().time_s[1] == pytest.approx(0.04)
    assert second.read().time_s[1] == pytest.approx(0.02)
    assert first.covariates == {}


def test_all_faults_are_told_at_once(site: Path) -> None:
    path = _write(
        site,
        ",1,b.pkl,robust,,,",
        "P2,,c,,,,",
        "P3,1,none.npz,frail,,,",
        "P4,1,notes.txt,frail,old,,",
        "P5,1,film.MP4,frail,150,m,",
        "P6,1,b.pkl,frail,,,actors",
        "",
        "P7,1,x.mot,frail,1_0,,",
        "P8,1,empty,frail,inf,,",
        head=f"{HEAD},age_y,sex,kind",
    )
    for name in ("notes.txt", "film.MP4", "x.mot"):
        (site / name).write_text("x")
    (site / "empty").mkdir()
    with pytest.raises(BadInputError) as refused:
        manifest.study(path)
    for fault in (
        "line 2: there is no subject",
        "line 3: there is no visit; line 3: there is no label",
        "line 4: there is no file none.npz",
        "line 5: notes.txt is no walk",
        "line 5: age_y is old, not a number from 0 to 120",
        "line 6: film.MP4 is a film; assess it first with `clinigait assess`",
        "line 6: age_y is 150",
        "line 6: sex is m, not female or male",
        "line 7: kind is actors",
        "line 7: the file of line 2 again",
        "line 9: x.mot is no walk",
        "line 9: age_y is 1_0",
        "line 10: empty is a folder without walk.npz",
        "line 10: age_y is inf",
    ):
        assert fault in refused.value.message
    assert "\n" not in str(refused.value)


def test_twenty_faults_are_enough(site: Path) -> None:
    rows = [f"P{n},1,none{n}.npz,x" for n in range(30)]
    with pytest.raises(BadInputError, match=r"none19\.npz; and 10 more"):
        manifest.study(_write(site, *rows))


@pytest.mark.parametrize(
    ("head", "rows", "why"),
    [
        (HEAD, [], "has 0 rows"),
        ("", [], "no column subject, visit, file, label"),
        ("subject,visit,file", ["P1,1,b.pkl"], "no column label"),
        (HEAD.replace(",", ";"), ["P1;1;b.pkl;x"], "something else than commas"),
        (HEAD.replace(",", "\t"), ["P1\t1\tb.pkl\tx"], "something else than commas"),
        (f"{HEAD},label", ["P1,1,b.pkl,x,y"], "column label twice"),
        (HEAD, ["P1,1,b.pkl,x", "P1,1,./b.pkl,x"], "line 3: the file of line 2 again"),
        (f"{HEAD},walk", ["P1,1,b.pkl,x,1", "P1,1,c,x,1"], "walk and view of line 2 again"),
        (HEAD, ["P1,1,b.pkl"], "line 2 has 3 cells for 4 columns"),
        (HEAD, ["P1,1,b\0.pkl,x"], "manifest.csv"),
        (HEAD, ['P1,1,"b\n\x1b.pkl",x'], r"line 3: there is no file b\?\?\.pkl"),
        (HEAD, ["P1,1," + "b" * 5000 + ".pkl,x"], "there is no file"),
    ],
)
def test_what_is_no_manifest_is_refused(site: Path, head: str, rows: list[str], why: str) -> None:
    with pytest.raises(BadInputError, match=why):
        manifest.study(_write(site, *rows, head=head))


def test_a_missing_manifest_is_named(site: Path) -> None:
    for path in (site / "none.csv", site / "a"):
        with pytest.raises(BadInputError, match="no manifest"):
            manifest.study(path)


def test_synthetic_walks_are_never_taken_for_patients(site: Path, drawn: Walk) -> None:
    write_walk(replace(drawn, provenance=marked({})), site / "made.npz")
    plain = manifest.study(_write(site, "P1,1,made.npz,frail"))
    with pytest.raises(BadInputError, match=r"made\.npz of line 2 is of a synthetic walker"):
        plain.samples[0].read()
    for head, row, kind in (
        (f"{HEAD},kind", "P1,1,made.npz,frail,synthetic", "synthetic"),
        (f"{HEAD},synthetic", "P1,1,made.npz,frail,true", "synthetic"),
    ):
        found = manifest.study(_write(site, row, head=head))
        assert found.kind == kind
        found.samples[0].read()
    both = _write(
        site, "P1,1,made.npz,frail,synthetic", "P2,1,b.pkl,frail,acted", head=f"{HEAD},kind"
    )
    assert manifest.study(both).kind == "mixed"


def test_a_file_that_breaks_later_is_named_then(site: Path, drawn: Walk) -> None:
    write_walk(drawn, site / "d.npz")
    found = manifest.study(_write(site, "P1,1,d.npz,frail", "P1,1,c,frail"))
    (site / "d.npz").write_bytes(b"PK")
    with pytest.raises(BadInputError, match=r"d\.npz is not a walk"):
        found.samples[0].read()
    for picture in (site / "c").iterdir():
        picture.unlink()
    with pytest.raises(BadInputError, match="no walk any more"):
        found.samples[1].read()


def test_poses_of_patients_come_with_layout_unit_and_state_of_medication(site: Path) -> None:
    walk = synthetic_space_walk(Gait(duration_s=3.0, rate_hz=30))
    np.save(site / "P1_off.npy", walk.keypoints)
    head = "subject,visit,file,label,kind,rate_hz,layout,unit,medication_state,updrs_gait"
    row = "P1,1,P1_off.npy,severity_2,patients,30,blazepose33,m,off,2"
    found = manifest.study(_write(site, row, head=head))
    (sample,) = load_task("parkinson").named(found).samples
    assert sample.label == "parkinsonian"
    assert sample.covariates["medication_state"] == "off"
    assert sample.covariates["updrs_gait"] == 2
    assert not {"layout", "unit", "rate_hz"} & set(sample.covariates)
    walk = sample.read()
    assert walk.layout.name == "blazepose33"
    assert walk.space is not Space.IMAGE_PX
    assert len(walk) == 90
    wrong = row.replace("blazepose33", "smpl").replace(",off,", ",ON/OFF,")
    with pytest.raises(BadInputError, match=r"layout is smpl.*medication_state is ON/OFF"):
        manifest.study(_write(site, wrong, head=head))
