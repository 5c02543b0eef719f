"""The road with depth end to end: a folder goes in, metres come out without a body height."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from clinigait import pipeline
from clinigait.cli.app import app
from clinigait.core import (
    BLAZEPOSE_33,
    Assessment,
    BadInputError,
    Grade,
    InputSpec,
    RefusedError,
    Space,
    Walk,
)
from clinigait.io.assessment import read_assessment
from clinigait.io.bundle import Bundle
from clinigait.io.walk import read_walk
from clinigait.perception.pose import PoseSample
from clinigait.pipeline import OUTPUTS, assess
from clinigait.representations.inputs import prepare
from support import bundles, rgbd
from support.rgbd import FEET_RGBD
from support.walker import Gait

_GAIT = Gait(rate_hz=30, start_x_m=-2.6, duration_s=4.2)


class _Finds:
    """Finds the one box of whatever is not the background."""

    name = "test detector"

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def detect(self, image: np.ndarray) -> np.ndarray:
        rows, columns = np.nonzero(np.ptp(image.astype(int), axis=2) > 30)
        if not len(rows):
            return np.zeros((0, 5))
        return np.array([[columns.min(), rows.min(), columns.max(), rows.max(), 0.9]], float)


class _Knows:
    """Knows the walker's points in every frame."""

    layout = BLAZEPOSE_33
    name = "test pose"
    precision = "f32"
    truth: Walk

    def __init__(self, *_: object) -> None:
        self._keys: list[int] = []

    def submit(self, key: int, image: np.ndarray, box: np.ndarray) -> None:
        self._keys.append(key)

    def results(self) -> dict[int, PoseSample]:
        walk = self.truth
        affine = np.array([[256 / 848, 0.0, 0.0], [0.0, 256 / 848, 0.0]])
        everywhere = np.full((256, 32), 255, np.uint8)
        return {
            key: PoseSample(walk.keypoints[key], walk.confidence[key], 1.0, 0.0, everywhere, affine)
            for key in self._keys
        }


@pytest.fixture(scope="module")
def truth() -> Walk:
    return rgbd.walker(_GAIT)


@pytest.fixture(scope="module")
def pictures(truth) -> list:
    ground = np.random.default_rng(3).integers(80, 140, (480, 848, 1)).astype(np.uint8)
    found = []
    for colour, depth in rgbd.scene(truth).pictures:
        still = np.ptp(colour, axis=2) == 0
        found.append((np.where(still[..., None], ground, colour), depth))
    return found


@pytest.fixture
def fakes(monkeypatch, truth) -> None:
    monkeypatch.setattr("clinigait.perception.estimators.EfficientDetLite2", _Finds)
    monkeypatch.setattr("clinigait.perception.estimators.BlazePose", _Knows)
    monkeypatch.setattr("clinigait.perception.estimators.require", Path)
    monkeypatch.setattr(_Knows, "truth", rgbd.pictured(truth), raising=False)


def _check(assessment: Assessment, name: str):
    assert assessment.measurement is not None, assessment.refusal
    return next((c for c in assessment.measurement.quality if c.name == name), None)


@pytest.mark.slow
def test_a_calibrated_recording(tmp_path, fakes, truth, pictures) -> None:
    folder = rgbd.write_folder(
        tmp_path / "walk", pictures, rgbd.calibration(), colour_as="film", depth_as="film"
    )
    out = tmp_path / "out"
    found = assess(folder, out)
    assert found.measurement is not None, found.refusal
    assert found.protocol.name == "walk_spatial"
    for name, wanted in (
        ("speed_mps", _GAIT.speed_mps),
        ("step_length_m", _GAIT.stride_length_m / 2),
        ("stride_length_m", _GAIT.stride_length_m),
    ):
        parameter = found.measurement.parameter(name)
        assert parameter.value == pytest.approx(wanted, rel=0.02)
        assert parameter.low < wanted < parameter.high
    assert found.recording.depth.frames_pct == 100
    assert not found.recording.depth.camera_assumed
    assert _check(found, "Depth camera") is None
    assert _check(found, "Camera motion").grade is Grade.PASS
    assert _check(found, "Leg points with depth").grade is Grade.PASS
    # All that a film gives is there, drawn where the points are in the picture.
    assert {p.name for p in out.iterdir()} == {Path(p).parts[0] for p in OUTPUTS}
    assert {p.stem for p in (out / "frames").iterdir()} == {"1", "2", "3", "person-1"}
    walk = read_walk(out / "walk.npz")
    assert walk.space == "camera_m"
    places = rgbd.pictured(truth).keypoints[: len(walk)]
    assert np.nanmax(np.abs(walk.keypoints_px - places)) < 0.01
    assert np.isfinite(walk.spread_m[np.isfinite(walk.keypoints[..., 0])]).all()
    assert read_assessment(out / "assessment.json").recording.depth == found.recording.depth
    assert "colour and depth (RGB-D), camera calibrated" in _report_text(out)


@pytest.mark.slow
def test_without_calibration_the_report_warns(tmp_path, fakes, pictures) -> None:
    folder = rgbd.write_folder(
        tmp_path / "walk", pictures, {"schema": "clinigait-rgbd-1", "rate_hz": 30}
    )
    found = assess(folder, tmp_path / "out")
    warning = _check(found, "Depth camera")
    assert warning.code == "camera_assumed"
    assert "594 pixels" in warning.message
    speed = found.measurement.parameter("speed_mps")
    assert speed.low < _GAIT.speed_mps < speed.high
    assert speed.high - speed.low > 0.5 * speed.value
    assert "focal length 594 px assumed" in _report_text(tmp_path / "out")


def _report_text(out: Path) -> str:
    pdfium = pytest.importorskip("pypdfium2")
    with pdfium.PdfDocument(out / "report.pdf") as report:
        return " ".join(report[0].get_textpage().get_text_range().split())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["rgbd", "gait_angles"])
def test_a_model_that_looks_at_pictures_gets_them_and_nobody_keeps_them(
    tmp_path, fakes, pictures, monkeypatch, kind
) -> None:
    folder = rgbd.write_folder(
        tmp_path / "walk", pictures, rgbd.calibration(), colour_as="film", depth_as="film"
    )
    card = bundles.card("parkinson", inputs=(InputSpec(kind),))
    monkeypatch.setattr(pipeline, "open_models", lambda _: (Bundle(card, {}, tmp_path),))
    asked, stages = [], []
    monkeypatch.setattr(
        pipeline, "ask_models", lambda models, walks, *_: (asked.extend(walks), ())[1]
    )
    found = assess(
        folder, tmp_path / "out", progress=lambda stage, share: stages.append((stage, share))
    )
    assert found.measurement is not None, found.refusal
    (walk,) = asked
    cutting = [share for stage, share in stages if stage == "Cutting out the walker"]
    if kind != "rgbd":
        assert walk.pictures is None
        assert not cutting
        return
    assert walk.space is Space.CAMERA_M
    assert walk.pictures.colour.shape == (len(walk.pictures), 128, 96, 3)
    assert walk.pictures.depth_mm.any(axis=(1, 2)).all()
    assert 3000 < np.nanmedian(walk.pictures.person_mm) < 4000
    assert cutting[-1] == 1.0
    clip = prepare(walk, card.inputs)
    np.testing.assert_array_equal(clip.vectors["modalities"], [1, 1])
    stored = read_walk(tmp_path / "out" / "walk.npz")
    with pytest.raises(RefusedError) as caught:
        prepare(stored, card.inputs)
    assert caught.value.refused.code == "no_pictures"
    with np.load(tmp_path / "out" / "walk.npz") as arrays:
        assert not any(array.ndim == 4 for array in arrays.values())


def test_bad_input_leaves_nothing_behind(tmp_path, pictures) -> None:
    folder = rgbd.write_folder(tmp_path / "walk", pictures[:2], None)
    with pytest.raises(BadInputError, match="does not say when"):
        assess(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not FEET_RGBD.is_dir(), reason="the feet data set is not here")
@pytest.mark.parametrize("person", [[], ["--person", "1"]])
def test_legs_behind_a_walking_frame_are_refused_with_a_reason(weights, tmp_path, person) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["assess", str(FEET_RGBD), "--out", str(out), *person])
    assert result.exit_code == 3
    stored = json.loads((out / "assessment.json").read_text())
    assert stored["status"] == "refused"
    assert stored["code"] in ("nobody_walks", "cut_by_border", "walker_hidden")
    assert stored["remedy"]
