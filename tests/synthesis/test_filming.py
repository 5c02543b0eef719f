"""A walk becomes files that the toolkit reads, and every one says that it is synthetic."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import WHOLEBODY_23, RefusedError, is_synthetic, refuse_synthetic
from clinigait.io.calibration import read_calibration
from clinigait.io.hashes import sha256_of_all
from clinigait.io.keypoints import read_keypoints
from clinigait.io.rgbd import open_rgbd
from clinigait.io.video import open_recording
from clinigait.synthesis.body_model import model_path
from clinigait.synthesis.clinic import Order, run
from clinigait.synthesis.distributions import Draw
from clinigait.synthesis.population import MODALITIES, Population, ViewSpec, load_population

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not model_path().exists(), reason="no shapes of bodies on this machine"),
]
WALK = "walkers/P00001/visit_1/walk_1"


def _small(steps: int, view: ViewSpec, rate_hz: float = 30) -> Population:
    healthy = load_population("healthy_population")
    course = Draw(source="inference", why="a short walk", kind="fixed", mean=steps)
    ages = Draw(source="inference", why="an adult", kind="uniform", low=30, high=40)
    draws = {**healthy.draws, "course.steps": course, "age_y": ages}
    return replace(healthy, draws=draws, views=(view,), sensors=MODALITIES, rate_hz=rate_hz)


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Order:
    view = ViewSpec("front", 0, distance_m=4.0, size_px=(160, 120))
    out = tmp_path_factory.mktemp("synthesis") / "study"
    order = Order(_small(3, view, 25), out, 1, seed=2)
    run(order)
    return order


def test_every_modality_is_written_and_read_back(order: Order) -> None:
    walk = order.out / WALK
    truth = json.loads((walk / "truth.json").read_text())
    n_frames = truth["n_frames"]
    film = open_recording(walk / "front" / "film.mp4")
    assert len(list(film.frames())) == n_frames
    depth = list(open_rgbd(walk / "front").frames())
    assert len(depth) == n_frames
    middle = depth[n_frames // 2].depth_mm
    assert middle is not None
    assert 500 < np.median(middle[middle > 0]) < 12_000
    labels = np.load(walk / "front" / "labels.npz", allow_pickle=False)
    assert labels["labels"].shape == (n_frames, 120, 160)
    seen = read_keypoints(walk / "front" / "walk.npz")
    assert seen.layout is WHOLEBODY_23
    assert seen.silhouettes is not None
    masks = np.stack([seen.silhouettes.mask(frame) for frame in range(n_frames)])
    assert (masks == (labels["labels"] > 0)).all()
    assert masks.any(axis=(1, 2)).all()
    world = read_keypoints(walk / "walk_3d.npz")
    text = read_keypoints(walk / "walk_3d.trc")
    assert len(world) == len(text) == n_frames
    forces = np.load(walk / "forces.npz", allow_pickle=False)
    assert forces["left_foot_n"].shape == (n_frames, 3)
    arrays = np.load(walk / "truth.npz", allow_pickle=False)
    assert len(arrays["left_knee_flexion_deg"]) == n_frames


def test_the_points_of_the_picture_lie_on_the_silhouette(order: Order) -> None:
    seen = read_keypoints(order.out / WALK / "front" / "walk.npz")
    assert seen.silhouettes is not None
    hits = total = 0
    for frame, (points, confidence) in enumerate(zip(seen.keypoints, seen.confidence, strict=True)):
        mask = seen.silhouettes.mask(frame)
        for x, y in points[confidence > 0].round().astype(int):
            total += 1
            hits += mask[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2].any()
    assert hits > 0.97 * total > 100


def test_everything_says_that_it_is_synthetic(order: Order) -> None:
    walk = order.out / WALK
    assert open_recording(walk / "front" / "film.mp4").synthetic
    assert open_rgbd(walk / "front").synthetic
    assert read_calibration(walk / "front" / "calibration.json").synthetic
    for name in ("front/walk.npz", "front/estimated_2d.npz", "front/estimated_3d.npz",
                 "walk_3d.npz", "walk_3d.trc"):  # fmt: skip
        walk_read = read_keypoints(walk / name)
        assert is_synthetic(walk_read), name
        with pytest.raises(RefusedError, match="synthetic"):
            refuse_synthetic([walk_read], "a normative set")
    for name in ("truth.json", "../../walker.json", "../../../../study.json"):
        assert json.loads((walk / name).read_text())["synthetic"] is True
    for name in ("truth.npz", "forces.npz", "front/labels.npz"):
        about = str(np.load(walk / name, allow_pickle=False)["about"])
        assert json.loads(about)["synthetic"] is True
    assert ",true," in (order.out / "cohort.csv").read_text()


def test_the_truth_says_who_walked_how(order: Order) -> None:
    truth = json.loads((order.out / WALK / "truth.json").read_text())
    assert truth["subject"] == "P00001"
    assert truth["population_sha256"] == order.population.sha256
    assert truth["prescription"]["speed_mps"] > 0
    assert {event["kind"] for event in truth["events"]} == {"initial_contact", "foot_off"}
    assert truth["cameras"][0]["name"] == "front"
    assert truth["strides"]


def test_films_are_the_same_to_the_bit(order: Order, tmp_path: Path) -> None:
    other = replace(order, out=tmp_path / "again")
    run(other)
    trees = [
        sha256_of_all((p for p in out.rglob("*") if p.is_file()), out)
        for out in (order.out, other.out)
    ]
    assert trees[0] == trees[1]


def test_a_film_goes_the_whole_road_and_keeps_its_mark(tmp_path: Path) -> None:
    import pypdfium2 as pdfium

    from clinigait.core import BadInputError, Subject
    from clinigait.pipeline import assess
    from clinigait.request import Request

    view = ViewSpec("side", 90, distance_m=8.0, size_px=(960, 540))
    out = tmp_path / "study"
    run(Order(_small(11, view), out, 1, seed=2, sensors=("film",)))
    truth = json.loads((out / WALK / "truth.json").read_text())
    try:
        found = assess(
            out / WALK / "side" / "film.mp4",
            tmp_path / "assessed",
            Request(subject=Subject(height_m=truth["body"]["stature_m"])),
        )
    except BadInputError as error:
        pytest.skip(f"no weights of perception on this machine: {error}")
    assert found.status == "assessed", found.message
    assert found.provenance.synthetic
    stored = json.loads((tmp_path / "assessed" / "assessment.json").read_text())
    assert stored["provenance"]["synthetic"] is True
    pages = pdfium.PdfDocument(tmp_path / "assessed" / "report.pdf")
    for page in pages:
        assert "Synthetic walker, not a patient" in page.get_textpage().get_text_range()
    assert is_synthetic(read_keypoints(tmp_path / "assessed" / "walk.npz"))
    assert open_recording(tmp_path / "assessed" / "overlay.mp4").synthetic
    assert found.measurement is not None
    cadence = found.measurement.parameter("cadence_spm")
    assert cadence is not None
    commanded = truth["prescription"]["cadence_spm"]
    assert cadence.value == pytest.approx(commanded, rel=0.05)
