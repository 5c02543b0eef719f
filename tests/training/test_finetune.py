"""A site adapts a model and sees whether it helped."""

import numpy as np
import pytest

from clinigait.core import BadInputError

pytest.importorskip("torch")
pytest.importorskip("lightning")

from clinigait.io.bundle import read_bundle
from clinigait.training.finetune import (
    SiteOrder,
    finetune,
    need_people,
    parse_freeze,
    site_plan,
    told,
)
from clinigait.training.plan import CalibrationPlan
from clinigait.training.train import Order, train
from support.lessons import know_lesson, plan_of, study_of


@pytest.fixture(autouse=True)
def lesson(monkeypatch):
    know_lesson(monkeypatch)


@pytest.fixture(scope="module")
def came(tmp_path_factory):
    """Return a model that has hardly learned, with sets that need three people a class."""
    with pytest.MonkeyPatch.context() as patch:
        know_lesson(patch)
        out = tmp_path_factory.mktemp("came") / "bundle"
        plan = plan_of(1, calibration=CalibrationPlan(alpha=0.25))
        return train(Order(plan, study_of(6), out, validate="none")).bundle


def test_a_site_is_adapted_and_compared_on_people_who_taught_neither(came, tmp_path):
    stages = ("stem", "layer1", "layer2", "layer3")
    order = SiteOrder(came, study_of(9, 1, seed=3), stages, tmp_path / "new", steps=2)
    done = finetune(order)
    card = read_bundle(tmp_path / "new").card
    assert done.frozen == stages
    assert done.fits > 0  # inner folds said when to stop
    for key, array in came.arrays.items():
        same = np.array_equal(done.bundle.arrays[key], array)
        if key.startswith(("0.stem", "0.backbone.layer1")) or "running" in key:
            assert same, key
        elif key.endswith("layer4.blocks.0.first.conv.weight"):
            assert not same
    found = card.metrics["before_after"]
    assert (found["n"], found["people"]) == (9, 9)
    assert found["verdict"] in ("better", "not better", "worse")
    assert found["sentence"] == done.comparison.sentence
    assert len(found["sensitivity_frail_difference_ci95"]) == 2
    assert [use.name for use in card.data] == ["lesson", "lesson"]
    assert card.training["initial"] == came.card.id
    assert card.calibration.people == 9
    rows = told(done.comparison, card.classes)
    assert rows[0][0] == "balanced_accuracy"


def test_too_few_people_are_counted_class_by_class(came):
    with pytest.raises(BadInputError, match="need 3 people of each class; missing: 1 of frail"):
        need_people(study_of(8, 4), came.card)
    with pytest.raises(BadInputError, match="missing: 2 of robust, 2 of pre_frail, 2 of frail"):
        need_people(study_of(3), came.card)
    need_people(study_of(9), came.card)


def test_the_plan_of_a_site_is_the_models_own_with_gentle_steps(came):
    order = SiteOrder(came, study_of(9), ("auto",), came.folder, steps=20)
    plan = site_plan(came.card, order)
    assert plan.objective == plan_of().objective
    assert plan.batch.frames == plan_of().batch.frames
    assert plan.optimiser.steps == 20
    assert plan.freeze_norms == "all"
    assert plan.grid == {"freeze": ("auto",)}
    assert plan.calibration.alpha == 0.25
    bare = site_plan(came.card.__class__(**{**vars(came.card), "training": {}}), order)
    assert bare.objective[0].kind == "cross_entropy"


def test_an_unknown_stage_is_answered_before_any_walk_is_read(came, tmp_path):
    order = SiteOrder(came, study_of(9), ("layer9",), tmp_path / "new")
    with pytest.raises(BadInputError, match="no stage layer9"):
        finetune(order)
    assert not list(tmp_path.iterdir())


def test_names_of_stages_are_read_from_the_command_line():
    assert parse_freeze(" stem, layer1,stem") == ("stem", "layer1")
    assert parse_freeze("auto") == ("auto",)
    with pytest.raises(BadInputError, match="No stage"):
        parse_freeze(" , ")


@pytest.mark.slow
def test_automatic_freezing_says_what_it_cost(came, tmp_path):
    done = finetune(SiteOrder(came, study_of(9, 1), ("auto",), tmp_path / "new", steps=2))
    assert done.fits == (3 + 1) * 6 * 2 or done.fits == (5 + 1) * 6 * 2
    assert done.seconds > 0
    choices = done.bundle.card.training["outer_choices"]
    assert all(len(choice["losses"]) == 6 for choice in choices)
