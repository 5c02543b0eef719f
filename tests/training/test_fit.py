"""A fit depends on its seed alone, and goes on where it was stopped."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from clinigait.core import InputSpec  # noqa: E402
from clinigait.representations.clip import Clip  # noqa: E402
from clinigait.representations.joints import JOINTS  # noqa: E402
from clinigait.training import fit as fitting  # noqa: E402
from clinigait.training.fit import (  # noqa: E402
    Lesson,
    fit_network,
    new_network,
    person_loss,
    scores_of,
    tensors,
)
from clinigait.training.plan import NetworkPlan, Optimiser, Stopping, Term  # noqa: E402
from clinigait.training.prepared import Prepared, Record  # noqa: E402
from support.lessons import TINY, plan_of, prepared  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    fitting.set_threads(1)


def _lesson(steps=6, seed=1, *, people=None, **changes):
    plan = plan_of(steps, **changes)
    return Lesson(plan, plan.networks[0], people or prepared(6), seed=seed)


def _same(one, other):
    return all(np.array_equal(one.arrays[key], other.arrays[key]) for key in one.arrays)


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    first = fit_network(_lesson())
    assert _same(first, fit_network(_lesson()))
    assert not _same(first, fit_network(_lesson(seed=2)))
    assert first.steps == 6
    assert first.loss is None


@pytest.mark.parametrize("beside", [(), (Term("auxiliary", target="speed_mps"),)])
def test_batch_norms_follow_the_batches_whatever_is_learned(beside):
    fit = fit_network(_lesson(objective=(Term("cross_entropy"), *beside)))
    means = [array for key, array in fit.arrays.items() if key.endswith("running_mean")]
    assert means
    assert all(np.any(mean != 0) for mean in means)


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_a_fit_that_was_interrupted_ends_as_if_it_never_was(name, tmp_path, monkeypatch):
    optimiser = Optimiser(name=name, rate=3e-3, steps=8, ema=0.9)
    lesson = _lesson(
        optimiser=optimiser,
        objective=(Term("cross_entropy"), Term("auxiliary", target="speed_mps")),
    )
    whole = fit_network(lesson)
    monkeypatch.setattr(fitting, "_KEEP_S", 0.0)
    state = tmp_path / "state"

    def stop(share):
        if share >= 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_network(lesson, state, stop)
    seen = []
    resumed = fit_network(lesson, state, seen.append)
    assert len(seen) < 8
    assert _same(whole, resumed)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["state"]


def test_a_damaged_state_is_passed_over(tmp_path):
    (tmp_path / "state").write_bytes(b"nonsense")
    assert _same(fit_network(_lesson(2), tmp_path / "state"), fit_network(_lesson(2)))


@pytest.mark.parametrize("norms", ["all", "frozen"])
def test_frozen_stages_do_not_move_by_a_bit(norms):
    lesson = _lesson(freeze=("stem", "layer1"), freeze_norms=norms)
    before = {key: value.numpy() for key, value in new_network(lesson).state_dict().items()}
    after = fit_network(lesson)
    assert after.frozen == ("stem", "layer1")
    moved = {key for key, array in after.arrays.items() if not np.array_equal(array, before[key])}
    assert any(key.startswith("backbone.layer4") for key in moved)
    assert not any(key.startswith(("stem", "backbone.layer1")) for key in moved)
    assert any("running" in key for key in moved) is (norms == "frozen")


def test_it_stops_early_and_keeps_the_best_look(monkeypatch):
    losses = iter([1.0, 0.5, 0.7, 0.8, 0.1])
    monkeypatch.setattr(fitting, "validation_loss", lambda lesson, arrays: next(losses))
    lesson = _lesson(40, stopping=Stopping(every=2, patience=2))
    stopped = fit_network(replace(lesson, validation=prepared(3, seed=5)))
    assert stopped.steps == 4
    assert stopped.loss == 0.5
    assert _same(stopped, fit_network(replace(lesson, stop_at=4)))


def test_what_fits_of_given_weights_is_the_start():
    lesson = _lesson()
    given = {
        key: np.ones(value.shape, np.float32)
        for key, value in new_network(lesson).state_dict().items()
    }
    given["neck.classifier.weight"] = np.ones((4, 8, 7), np.float32)  # of another task
    started = new_network(replace(lesson, start=given)).state_dict()
    assert all((value == 1).all() for key, value in started.items() if "classifier" not in key)
    assert tuple(started["neck.classifier.weight"].shape) == (4, 8, 3)


def test_people_count_alike_however_many_walks_they_have():
    people = prepared(3, 2)
    scores = np.log(np.full((6, 3), 1 / 3))
    scores[0, 0] = -5.0
    only = replace(people, records=people.records[:1] + people.records[2:])
    loss = person_loss(scores[[0, 2, 3, 4, 5]], only)
    assert loss == pytest.approx((5 + 2 * np.log(3)) / 3)


@pytest.mark.slow
def test_classes_that_can_be_told_are_told_and_noise_is_not():
    for signal, low, high in ((True, 0.95, 1.0), (False, 0.0, 0.6)):
        lesson = _lesson(60, people=prepared(12, signal=signal))
        test = prepared(12, seed=7, signal=signal)
        said = scores_of(lesson, tensors(fit_network(lesson).arrays), test)
        right = np.mean(said.argmax(1) == [record.label for record in test.records])
        assert low <= right <= high


def test_clips_of_unlike_length_are_learned_from():
    people = prepared(6)
    short = [
        replace(
            r,
            clip=replace(
                r.clip,
                frames={k: a[:5] for k, a in r.clip.frames.items()},
                time_s=r.clip.time_s[:5],
            ),
        )
        for r in people.records[:4]
    ]
    mixed = replace(people, records=(*short, *people.records[4:]))
    assert all(np.isfinite(a).all() for a in fit_network(_lesson(2, people=mixed)).arrays.values())


@pytest.mark.parametrize("kind", ["focal", "ordinal", "supcon"])
def test_every_term_can_be_learned(kind):
    terms = (Term("cross_entropy"), Term(kind, by="label"))
    fit = fit_network(_lesson(2, objective=terms))
    assert all(np.isfinite(array).all() for array in fit.arrays.values())


def test_only_the_network_is_kept_and_nothing_is_written(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    fit = fit_network(_lesson(2, networks=(NetworkPlan(TINY),)))
    assert set(fit.arrays) == set(new_network(_lesson(2)).state_dict())
    assert not list(tmp_path.iterdir())
    assert capfd.readouterr() == ("", "")
    assert_array_equal(fit.arrays["neck.classifier.scale"], 16)


def test_a_look_takes_some_records_of_each_person_spread_over_all_of_theirs():
    people = prepared(4, 9)
    few = people.few_of_each(3)
    assert list(few.labels) == list(people.labels)
    for person in people.labels:
        own = [r.sequence for r in people.records if r.person == person]
        assert [r.sequence for r in few.records if r.person == person] == [own[0], own[4], own[8]]
    assert people.few_of_each(50).records == people.records


def test_a_wavelet_stream_is_scaled_by_those_who_teach_and_keeps_the_scale():
    rng = np.random.default_rng(0)
    records = [
        Record(f"w{i}", f"p{i}", "1", f"w{i}", i % 3,
               Clip({JOINTS: rng.normal(0, 1 + i, (40, 6, 17)).astype(np.float32)}, {},
                    np.arange(40) / 15))
        for i in range(6)
    ]  # fmt: skip
    wavelet = {"rate_hz": 15, "coordinates": 3, "channels": 2, "embedding": 4}
    sizes = {"joints": 17, "in_channels": 6, "channels": 8, "embedding": 8}
    spec = {"kind": "gaitmixer", **sizes, "wavelet": wavelet}
    lesson = _lesson(
        1, people=Prepared(("a", "b", "c"), tuple(records), {}),
        inputs=(InputSpec(JOINTS, {"rate_hz": 15}),), networks=(NetworkPlan(spec),),
        objective=(Term("cross_entropy"),),
    )  # fmt: skip
    mean = fit_network(lesson).arrays["beside.mean"]
    assert mean.shape == (51,)
    assert mean.min() > 0.1
    fewer = replace(lesson, learners=replace(lesson.learners, records=tuple(records[:3])))
    assert fit_network(fewer).arrays["beside.mean"].mean() < mean.mean()
    kept = fit_network(replace(fewer, start={"beside.mean": mean}))
    assert_array_equal(kept.arrays["beside.mean"], mean)
