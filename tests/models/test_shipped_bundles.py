"""The models that come with clinigait: they open, they are small, they say what they learned."""

import numpy as np
import pytest

from clinigait.datasets.registry import open_study
from clinigait.gait.measure import measure
from clinigait.io.bundle import read_card, shipped_bundles
from clinigait.io.protocol import load_protocol, shipped_protocols
from clinigait.models.classifier import open_model, predict
from clinigait.representations.inputs import prepare
from clinigait.training.plan import load_plan
from support.gait_validation import ROOT
from support.walker import Gait, synthetic_walk

_ACTED = ROOT.parent / "pathological_gait"
_BYTES = 30_000_000
EVERY = pytest.mark.parametrize("name", shipped_bundles())


def test_there_are_some_and_together_they_are_small() -> None:
    assert set(shipped_bundles()) >= {
        "frailty_silhouette_synthetic", "parkinson_rgbd_synthetic", "pathology_side_view",
        "pathology_skeleton", "scoliosis_silhouette_synthetic",
    }  # fmt: skip
    bundles = [open_model(name) for name in shipped_bundles()]
    assert sum(f.stat().st_size for b in bundles for f in b.folder.iterdir()) < _BYTES


@EVERY
def test_a_card_says_how_to_make_it_again_and_how_good_it_is(name: str) -> None:
    card = read_card(name)
    assert name in shipped_protocols("training")
    plan = load_plan(name)
    assert (card.task, card.inputs) == (plan.task, plan.inputs)
    assert card.training["protocol"] == plan.as_data()
    assert card.training["command"].startswith(f"clinigait train {name} ")
    low, high = card.metrics["accuracy_ci95"]
    assert low <= card.metrics["accuracy"] <= high
    assert card.baselines
    assert card.limits
    assert card.out_of_scope


@pytest.mark.skipif(not _ACTED.is_dir(), reason="the acted gaits are not here")
@pytest.mark.parametrize("name", ["pathology_skeleton", "pathology_side_view"])
def test_acted_gaits_are_told_from_files_to_a_prediction(name: str) -> None:
    """Of people who taught it: the road works; how good it is stands in the card."""
    pytest.importorskip("torch")
    from clinigait.models.scoring import Scorer

    model = open_model(name)
    scorer = Scorer(model)
    samples = open_study(_ACTED).samples[7::40]
    right = []
    for sample in samples:
        walk = sample.read()
        p = scorer.probabilities([prepare(walk, model.card.inputs)])
        right.append(model.card.classes[int(np.argmax(p))] == sample.label)
    assert np.mean(right) > 0.9
    said = predict(model, [walk], walk.subject, measure(walk, load_protocol("pathology")))
    assert said.synthetic is False
    assert "5 people who acted" in said.learned_from


def test_a_usual_walk_filmed_from_the_side_is_called_normal() -> None:
    """The pictured walker is another than those who acted, and moves as textbooks say."""
    pytest.importorskip("torch")
    walk = synthetic_walk(Gait(duration_s=6.0))
    model = open_model("pathology_side_view")
    said = predict(model, [walk], walk.subject, measure(walk, load_protocol("pathology")))
    assert said.abstained is None
    assert said.prediction == "normal"
