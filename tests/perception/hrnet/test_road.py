"""An HRNet on the whole road: chosen where its weights are, and named in what comes out."""

from __future__ import annotations

import pytest

from clinigait.perception import estimators, weights
from clinigait.perception.hrnet import checkpoints
from clinigait.perception.hrnet.checkpoints import CHECKPOINTS
from clinigait.perception.hrnet.obtain import obtain
from clinigait.pipeline import assess
from clinigait.request import Request
from support import films
from support.borrowed import BorrowedKeypoints

pytestmark = pytest.mark.slow


def test_hrnet_is_the_default_where_it_is(
    small_by_decoding, weights_here, demo_clip, tmp_path, monkeypatch
) -> None:
    small = small_by_decoding["dark"]
    name = small.checkpoint.name
    table = {name: small.checkpoint, **CHECKPOINTS}
    for module in (checkpoints, weights):
        monkeypatch.setattr(module, "CHECKPOINTS", table)
    monkeypatch.setattr(estimators, "WithSilhouettes", BorrowedKeypoints)
    obtain(small.checkpoint, from_file=small.onnx, say=lambda line: None)
    film = films.write_film(tmp_path / "walk.mp4", films.changed(demo_clip))
    assessment = assess(film, tmp_path / "out", Request(overlay=False))
    seen = assessment.perception
    assert assessment.status == "assessed"
    assert (seen.pose, seen.precision) == (name, "f32")
    assert seen.weights[name] == small.card.onnx_sha256
    assert seen.silhouettes_by == "pose-blazepose-heavy"
    assert seen.silhouettes.usable_pct > 50
    assert assessment.measurement.parameter("cadence_spm").value == pytest.approx(97, abs=3)
    assert assessment.measurement.parameter("stance_pct").value is not None  # from heels and toes
