"""A study of the virtual clinic is read as the clinic writes it, and never taken for patients."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError, Depth, Space, Walk, is_synthetic, marked
from clinigait.datasets import virtual_clinic
from clinigait.datasets.options import StudyOptions
from clinigait.io.film import DepthWriter, FilmWriter
from clinigait.io.walk import write_walk
from clinigait.synthesis import clinic
from clinigait.synthesis.clinic import Order, run
from clinigait.synthesis.population import load_population
from clinigait.synthesis.staging import Filmed
from support.drawn import drawn_walk

SENSORS = ("silhouettes", "keypoints", "estimated")


def _film(filmed: Filmed, index: int, folder: Path) -> None:
    """Write a walker's folder as the clinic does, with a drawn figure instead of a body."""
    code = f"P{index + 1:05d}"
    drawn = drawn_walk()
    walk = replace(drawn, provenance=marked({"population": filmed.population.name}))
    found = replace(walk, keypoints=walk.keypoints + 1.5, silhouettes=None)
    room = np.dstack([walk.keypoints / 100, walk.keypoints[:, :, :1]])
    rows = []
    for number in (1, 2):
        place = folder / "visit_1" / f"walk_{number}"
        for view in filmed.views:
            (place / view.name).mkdir(parents=True)
            write_walk(walk, place / view.name / "walk.npz")
            _record_films(filmed, place / view.name, walk)
            if "estimated" in filmed.modalities:
                write_walk(found, place / view.name / "estimated_2d.npz")
                metres = replace(
                    found, keypoints=room, space=Space.CAMERA_M, depth=Depth.INFERRED,
                    boxes_px=None, image_size_px=None,
                )  # fmt: skip
                write_walk(metres, place / view.name / "estimated_3d.npz")
            rows.append({
                "subject": code, "visit": 1, "walk": number, "view": view.name,
                "file": f"walkers/{code}/visit_1/walk_{number}/{view.name}/walk.npz",
                "label": ("robust", "frail")[index % 2], "group": "g", "synthetic": "true",
                "age_y": 80.5, "sex": "female", "aid": "none", "speed_mps": 1.1,
                "spine.lateral_deg": -0.4, "sometimes": "" if number == 1 else 3,
            })  # fmt: skip
        world = replace(walk, keypoints=room, space=Space.WORLD_M, boxes_px=None,
                        image_size_px=None, silhouettes=None)  # fmt: skip
        write_walk(world, place / "walk_3d.npz")
    (folder / "walker.json").write_text(json.dumps({"redrawn": 0, "rows": rows}))


def _record_films(filmed: Filmed, folder: Path, walk: Walk) -> None:
    """Write colour and depth of nothing on the clock of a walk."""
    size_px = (96, 64)
    if "film" in filmed.modalities:
        with FilmWriter(folder / "film.mp4", size_px, 30.0) as film:
            for time_s in walk.time_s:
                film.write(np.full((64, 96, 3), 120, np.uint8), float(time_s - walk.time_s[0]))
    if "depth" in filmed.modalities:
        (folder / "calibration.json").write_text('{"schema": "clinigait-rgbd-1"}')
        with DepthWriter(folder / "depth.mkv", size_px, 30.0) as depth:
            for time_s in walk.time_s:
                depth.write(np.full((64, 96), 3000, np.uint16), float(time_s - walk.time_s[0]))


def _clinic(
    folder: Path,
    sensors: tuple[str, ...] = SENSORS,
    name: str = "frailty_population",
    view: str | None = None,
) -> Path:
    population = load_population(name)
    views = (view or population.views[0].name,)
    order = Order(population, folder / "study", 2, 3, sensors=sensors, views=views)
    run(order, work=_film)
    return order.out


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a study of two people with two walks each."""
    return _clinic(tmp_path_factory.mktemp("clinic"))


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """Return a study that may be harmed."""
    return shutil.copytree(root, tmp_path / "study")


def _first(root: Path, record: str | None = None) -> Walk:
    return virtual_clinic.study(root, StudyOptions(record=record)).samples[0].read()


def test_the_names_are_those_of_the_clinic(root: Path) -> None:
    assert (virtual_clinic.STUDY, virtual_clinic.COHORT) == (clinic.STUDY, clinic.COHORT)
    assert virtual_clinic.is_here(root)


def test_rows_are_samples_with_all_that_was_drawn(root: Path) -> None:
    found = virtual_clinic.study(root)
    views = {s.view for s in found.samples}
    assert len(found.samples) == 2 * 2 * len(views)
    first = found.samples[0]
    assert first.sequence == f"P00001/1/1/{first.view}"
    assert (first.person, first.visit, first.walk) == ("P00001", "1", "P00001/1/1")
    assert [found.labels_of(person) for person in found.people] == [{"robust"}, {"frail"}]
    assert first.covariates["age_y"] == 80.5
    assert first.covariates["sex"] == "female"
    assert first.covariates["aid"] == "none"
    assert "sometimes" not in first.covariates
    assert "synthetic" not in first.covariates
    assert not set(first.covariates) & {"subject", "label", "file"}


def test_it_is_synthetic_whatever_is_read(root: Path) -> None:
    found = virtual_clinic.study(root)
    assert found.kind == "synthetic"
    assert "seed 3" in found.source
    assert any("not patients" in limit for limit in found.limits)
    for record in (None, *(r for r in virtual_clinic.RECORDS if r != "pictures")):
        assert is_synthetic(_first(root, record))


def test_exact_silhouettes_with_estimated_keypoints_are_the_usual_record(root: Path) -> None:
    exact, found = _first(root, "true"), _first(root, "estimated_2d")
    walk = _first(root)
    np.testing.assert_array_equal(walk.keypoints, found.keypoints)
    np.testing.assert_array_equal(walk.silhouettes.bits, exact.silhouettes.bits)
    assert np.nanmedian(walk.keypoints - exact.keypoints) == pytest.approx(1.5, abs=0.01)
    assert (walk.provenance["silhouettes"], walk.provenance["keypoints"]) == ("true", "estimated")


def test_records_in_metres_are_read_by_name(root: Path) -> None:
    assert _first(root, "estimated_3d").space is Space.CAMERA_M
    assert _first(root, "walk_3d").space is Space.WORLD_M
    room = virtual_clinic.study(root, StudyOptions(record="walk_3d")).samples
    assert [s.sequence for s in room] == ["P00001/1/1", "P00001/1/2", "P00002/1/1", "P00002/1/2"]
    assert {s.view for s in room} == {None}


def test_without_estimates_the_true_record_is_read(tmp_path: Path) -> None:
    root = _clinic(tmp_path, ("silhouettes", "keypoints"))
    assert _first(root).silhouettes is not None
    for record in ("mixed", "estimated_2d", "estimated_3d"):
        with pytest.raises(BadInputError, match=r"has no estimated_.d\.npz"):
            _first(root, record)
    for path in root.rglob("walk.npz"):
        path.unlink()
    with pytest.raises(BadInputError, match="Line 2 of cohort"):
        virtual_clinic.study(root)


def test_an_unknown_record_is_named(root: Path) -> None:
    with pytest.raises(BadInputError, match="no record film"):
        virtual_clinic.study(root, StudyOptions(record="film"))


def test_a_run_that_has_not_ended_is_no_study_yet(copy: Path) -> None:
    (copy / "cohort.csv").unlink()
    with pytest.raises(BadInputError, match="not come to its end"):
        virtual_clinic.study(copy)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b" " * 2_000_000])
def test_another_study_file_is_not_ours(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "study.json").write_bytes(content)
    assert not virtual_clinic.is_here(tmp_path)
    with pytest.raises(BadInputError, match="no study of the virtual clinic"):
        virtual_clinic.study(tmp_path)


@pytest.mark.parametrize("file", ["../../secret/walk.npz", "/etc/walk.npz", "walkers/../../x.npz"])
def test_no_row_leads_out_of_the_folder(copy: Path, file: str) -> None:
    text = (copy / "cohort.csv").read_text()
    first = text.splitlines()[1]
    (copy / "cohort.csv").write_text(text.replace(first.split(",")[4], file))
    with pytest.raises(BadInputError, match="leads out"):
        virtual_clinic.study(copy)


def test_records_of_different_times_do_not_mix(copy: Path) -> None:
    path = next(copy.rglob("estimated_2d.npz"))
    path.write_bytes(path.with_name("walk.npz").read_bytes())
    sample = next(s for s in virtual_clinic.study(copy).samples if s.view == path.parent.name)
    walk = sample.read()
    write_walk(replace(walk, time_s=walk.time_s * 2), path)
    with pytest.raises(BadInputError, match="different times"):
        sample.read()
    path.write_bytes(b"PK")
    with pytest.raises(BadInputError, match=r"estimated_2d\.npz is not a walk"):
        sample.read()


@pytest.mark.parametrize("with_depth", [True, False])
def test_pictures_are_estimated_keypoints_with_the_film_of_the_view(
    tmp_path: Path, with_depth: bool
) -> None:
    sensors = ("film", "keypoints", "estimated", *(("depth",) if with_depth else ()))
    root = _clinic(tmp_path, sensors, "parkinson_population", "depth")
    (sample, *_) = virtual_clinic.study(root, StudyOptions(record="pictures")).samples
    walk = sample.read()
    np.testing.assert_array_equal(walk.keypoints, _first(root, "estimated_2d").keypoints)
    recording = sample.recording()
    assert recording.has_depth is with_depth
    frames = list(recording.frames())
    assert len(frames) == len(walk)
    assert (frames[0].depth_mm is not None) is with_depth
    # Lengths and speed come from where the walker was, not from a picture.
    assert sample.measured().space is Space.WORLD_M
    assert is_synthetic(walk)
    assert virtual_clinic.study(root).samples[0].recording is None


def test_pictures_without_a_film_say_what_to_synthesize(root: Path) -> None:
    with pytest.raises(BadInputError, match=r"has no film\.mp4") as caught:
        virtual_clinic.study(root, StudyOptions(record="pictures"))
    assert "--sensors film,depth,keypoints,estimated" in caught.value.remedy
