"""From a protocol and labelled walks to a bundle that says how good it is."""

import json
from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import BadInputError

pytest.importorskip("torch")
pytest.importorskip("lightning")

from clinigait.datasets.study import Study
from clinigait.io.bundle import read_bundle
from clinigait.models.scoring import Scorer
from clinigait.training import cross_validation
from clinigait.training.calibrate import calibration_of, cross_fitted
from clinigait.training.cross_validation import Course, choose, out_of_fold
from clinigait.training.plan import (
    Augmentation,
    Beside,
    CalibrationPlan,
    NetworkPlan,
    Stopping,
    Term,
)
from clinigait.training.train import Order, train
from clinigait.training.work import Work
from support.lessons import CLASSES, clip_of, know_lesson, plan_of, prepared, study_of


@pytest.fixture(autouse=True)
def lesson(monkeypatch):
    know_lesson(monkeypatch)


def _course(tmp_path, networks=1):
    return Course(Work(tmp_path / "out", "0" * 64), (None,) * networks)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        know_lesson(patch)
        out = tmp_path_factory.mktemp("trained") / "bundle"
        stages = []
        order = Order(plan_of(12), study_of(short=1), out, command="clinigait train …")
        done = train(order, lambda stage, share: stages.append((stage, share)))
        yield done, out, stages


def test_the_card_says_all_that_the_model_is(trained):
    done, out, stages = trained
    card = read_bundle(out).card
    assert card == done.bundle.card
    assert card.classes == CLASSES
    assert card.data[0].per_class == {"robust": 4, "pre_frail": 4, "frail": 4}
    assert card.learned_from == "12 people who acted of lesson"
    assert card.calibration.people == 12
    assert "cross-conformal" in card.calibration.method
    assert card.training["seed"] == 0
    assert card.training["steps"] == [12]
    assert card.training["refused"] == {"lesson_too_short": 1}
    assert {"torch", "lightning", "numpy", "clinigait"} <= set(card.training["versions"])
    assert card.metrics["people"] == 12
    assert len(card.metrics["accuracy_ci95"]) == 2
    assert {"set_coverage", "auc_macro", "kappa_linear"} <= set(card.metrics)
    assert "each scored once" in card.metrics["validation"]
    (baseline,) = card.baselines
    assert baseline.columns == ("speed_mps", "age_y", "sex_female")
    assert baseline.metrics["accuracy"] > 0.8
    assert [stage for stage, _ in stages[:1]] == ["Preparing walks"]
    assert stages[-1] == ("Training", 1.0)


def test_nothing_but_the_bundle_is_left(trained):
    _, out, _ = trained
    assert sorted(p.name for p in out.parent.iterdir()) == ["bundle"]
    assert sorted(p.name for p in out.iterdir()) == ["card.json", "weights.safetensors"]


def test_the_bundle_can_be_asked(trained):
    _, out, _ = trained
    scorer = Scorer(read_bundle(out))
    assert scorer.probabilities([clip_of(0, 99)]).sum() == pytest.approx(1)


def test_without_validation_the_card_says_that_there_are_no_metrics(tmp_path):
    order = Order(plan_of(2), study_of(6), tmp_path / "b", validate="none")
    card = train(order).bundle.card
    assert set(card.metrics) == {"validation"}
    assert "Not validated" in card.metrics["validation"]
    assert "first network" in card.calibration.method
    assert card.calibration.people == 6


def test_people_who_are_held_out_calibrate_and_teach_nothing(tmp_path):
    plan = plan_of(2, calibration=CalibrationPlan("held_out", share=0.4))
    card = train(Order(plan, study_of(12), tmp_path / "b", validate="none")).bundle.card
    assert (card.data[0].people, card.calibration.people) == (6, 6)
    assert "held out" in card.calibration.method


def test_how_typical_walks_look_is_learned_from_who_is_held_out(tmp_path):
    held_out = CalibrationPlan("held_out", share=0.4, typicality=True)
    plan = plan_of(2, calibration=held_out, half=True)
    bundle = train(Order(plan, study_of(12), tmp_path / "b", validate="none")).bundle
    found = {k.split(".", 2)[2]: a for k, a in bundle.arrays.items() if k.startswith("0.typical")}
    assert set(found) == {"means", "precision", "limit"}
    assert found["means"].shape == (len(bundle.card.classes), len(found["precision"]))
    assert found["limit"] > 0
    assert np.linalg.eigvalsh(found["precision"].astype(float)).min() > 0
    Scorer(bundle)  # its network is read as one without
    with pytest.raises(ValueError, match="held out"):
        CalibrationPlan(typicality=True)


def test_what_a_baseline_needs_and_nobody_knows_is_said(tmp_path):
    study = study_of(6, covariates=False)
    card = train(Order(plan_of(1), study, tmp_path / "b", validate="none")).bundle.card
    assert card.baselines == ()
    assert "speed_mps" in card.metrics["no_baseline"]


def test_an_interrupted_training_goes_on_and_ends_the_same(tmp_path, monkeypatch):
    order = Order(plan_of(3), study_of(6), tmp_path / "b", validate="none")
    whole = train(replace(order, out=tmp_path / "whole")).bundle

    def stop(stage, share):
        if stage == "Training" and share > 0.6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(order, stop)
    (left,) = [p for p in tmp_path.iterdir() if p.name.endswith(".part")]
    done = {p.name for p in left.iterdir()}
    assert done
    assert not (tmp_path / "b").exists()
    fitted = []
    real = cross_validation.fit_network
    monkeypatch.setattr(cross_validation, "fit_network", lambda *a: fitted.append(a[0]) or real(*a))
    resumed = train(order).bundle
    assert len(fitted) < 4
    assert not left.exists()
    assert resumed.card.weights_sha256 == whole.card.weights_sha256
    assert resumed.card.calibration == whole.card.calibration


def test_who_a_person_is_does_not_pass_for_what_they_have(tmp_path):
    people = prepared(12, 3, signal=False)
    # The picture says who it is, and nothing else: known people are told, new ones are guessed.
    records = []
    for record in people.records:
        clip = clip_of(0, int(record.person[1:]), signal=False)
        records.append(replace(record, clip=clip))
    people = replace(people, records=tuple(records))
    found = out_of_fold(plan_of(25), people, _course(tmp_path))
    labels = np.array([record.label for record in people.records])
    assert np.mean(found.scores.argmax(1) == labels) < 0.67
    assert sorted(set(found.folds)) == [0, 1, 2]


def test_inner_folds_choose_what_is_best_and_say_what_it_cost(tmp_path, monkeypatch):
    plan = plan_of(16, grid={"optimiser.rate": (1e-7, 5e-3)}, stopping=Stopping(8, 3))
    steps = iter([4, 4, 8, 12])

    def judged(course, name, lesson, people):
        taught = {record.person for record in lesson.learners.records}
        assert not taught & {record.person for record in people.records}
        assert lesson.validation.records == people.records
        right = np.eye(3)[[record.label for record in people.records]]
        sure = 0.9 if lesson.plan.optimiser.rate == 5e-3 else 0.4
        said = np.log(np.where(right == 1, sure, (1 - sure) / 2))
        return said, {"steps": next(steps), "seconds": 2.0}

    monkeypatch.setattr(Course, "judged", judged)
    choice = choose(plan, prepared(9, 1), _course(tmp_path), "x")
    assert choice.chosen == {"optimiser.rate": 5e-3}
    assert choice.plan.optimiser.rate == 5e-3
    assert choice.steps == (10,)
    assert (choice.fits, choice.seconds) == (4, 8.0)
    assert [loss for _, loss in choice.losses] == pytest.approx([-np.log(0.4), -np.log(0.9)])
    json.dumps(choice.as_data())


def test_automatic_freezing_tries_every_row(tmp_path):
    plan = plan_of(1, grid={"freeze": ("auto",)})
    choice = choose(plan, prepared(6, 1), _course(tmp_path), "x")
    rows = [tuple(of["freeze"]) for of, _ in choice.losses]
    assert rows[0] == ("none",)
    assert rows[-1] == ("stem", "layer1", "layer2", "layer3", "layer4")
    assert len(rows) == 6


def test_several_networks_and_seeds_are_members_of_their_own(tmp_path):
    small = plan_of().networks[0].spec
    networks = (NetworkPlan(small, seeds=2), NetworkPlan({**small, "channels": 1}, mirror=True))
    order = Order(plan_of(1, networks=networks), study_of(6), tmp_path / "b", validate="none")
    bundle = train(order).bundle
    assert [n["spec"]["channels"] for n in bundle.card.networks] == [2, 2, 1]
    assert [n["mirror"] for n in bundle.card.networks] == [False, False, True]
    first, second = (bundle.arrays[f"{i}.neck.classifier.weight"] for i in (0, 1))
    assert not np.array_equal(first, second)


def test_folds_are_calibrated_by_the_others_only():
    people = prepared(30, 2)
    rng = np.random.default_rng(0)
    labels = np.array([record.label for record in people.records])
    scores = np.log(rng.dirichlet(np.ones(3), len(labels)) + 3 * np.eye(3)[labels])
    folds = np.array([int(record.person[1:]) % 3 for record in people.records])
    probabilities, _ = cross_fitted(scores, folds, people, 0.2)
    changed = scores.copy()
    changed[folds == 0] = changed[folds == 0][:, ::-1]
    again, _ = cross_fitted(changed, folds, people, 0.2)
    own = folds == 0
    assert np.allclose(again[own][:, ::-1], probabilities[own])
    few, _ = calibration_of(scores, people, 0.05, "x")
    assert "needs 19" in few.method


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"freeze": ("layer9",)}, "no stage layer9"),
        ({"augment": (Augmentation("glitter"),)}, "no augmentation glitter"),
        ({"networks": (NetworkPlan({"kind": "resnet50"}),)}, "resnet50"),
        ({"rates": {"tail": 1.0}}, "no stage tail"),
        ({"task": "mood"}, "no task mood"),
        ({"beside": Beside("anybody", 3, 0, "merry")}, "level_by .* has the label merry"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_before_any_walk_is_read(tmp_path, changes, named):
    study = study_of(6)
    samples = tuple(replace(s, read=lambda: pytest.fail("read")) for s in study.samples)
    order = Order(plan_of(1, **changes), replace(study, samples=samples), tmp_path / "b")
    with pytest.raises(BadInputError, match=named) as caught:
        train(order)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda s: replace(s, samples=()), "no walk to learn from"),
        (
            lambda s: replace(s, samples=tuple(replace(x, label="tired") for x in s.samples)),
            "tired",
        ),
        (lambda s: replace(s, samples=s.samples[:2]), "Nobody of the class pre_frail"),
        (lambda s: replace(s, samples=s.samples[:8]), "Nobody of the class"),
    ],
)
def test_data_that_teach_nothing_are_refused_in_one_sentence(tmp_path, change, named):
    study: Study = change(study_of(6))
    with pytest.raises(BadInputError, match=named) as caught:
        train(Order(plan_of(1), study, tmp_path / "b"))
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_device_that_is_not_there_is_refused_before_any_walk_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(BadInputError, match="no CUDA device"):
        train(Order(plan_of(1), study_of(6), tmp_path / "b", device="cuda"))
    assert not list(tmp_path.iterdir())


def test_a_covariate_that_nobody_states_cannot_be_learned(tmp_path):
    objective = (Term("cross_entropy"), Term("auxiliary", target="shoe_size_eu"))
    with pytest.raises(BadInputError, match="shoe_size_eu"):
        train(Order(plan_of(1, objective=objective), study_of(6), tmp_path / "b"))
    assert not list(tmp_path.iterdir())


def test_why_nobody_can_be_learned_from_is_said(tmp_path):
    with pytest.raises(BadInputError, match=r"all 12 were refused \(lesson_too_short\)"):
        train(Order(plan_of(1), study_of(6, short=12), tmp_path / "b"))


def test_another_affected_side_or_clock_is_another_training():
    """What was done for one must not be taken for the other after an interruption."""
    people = prepared(6)
    first, *others = people.records
    late = replace(first.clip, time_s=first.clip.time_s * 2)
    for changed in (replace(first, side="left"), replace(first, clip=late)):
        assert replace(people, records=(changed, *others)).digest != people.digest
    assert prepared(6).digest == people.digest
