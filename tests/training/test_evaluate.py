"""A model is judged on labelled walks: all numbers agree with the table, and nothing is lost."""

import csv
import io
import json
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from clinigait.core import BadInputError, Baseline, Card, RefusedError, Subject
from clinigait.core.card import Calibration, DataUse, InputSpec
from clinigait.datasets.study import Sample, Study
from clinigait.training import evaluate as module
from clinigait.training.evaluate import METRICS, OUTPUTS, PREDICTIONS, evaluate

CLASSES = ("robust", "pre_frail", "frail")


def card(**changes) -> Card:
    use = DataUse("clinic", "s", "l", "synthetic", 9, 9, dict.fromkeys(CLASSES, 3))
    plain = Card(
        name="frailty_test", version="1", title="Frailty", task="frailty", classes=CLASSES,
        inputs=(InputSpec("silhouettes"),), networks=({"spec": {}, "inputs": ["silhouettes"]},),
        calibration=Calibration(2.0, 0.1, dict.fromkeys(CLASSES, 0.5), 20, "test"),
        learned_from="synthetic walkers only", data=(use,), training={}, metrics={},
    )  # fmt: skip
    return replace(plain, **changes)


class FakeScorer:
    """Says what stands in the walk: here a walk is its windows of scores, or an error."""

    def __init__(self, **changes) -> None:
        self.card = card(**changes)

    def window_scores(self, clip):
        return clip


@pytest.fixture(autouse=True)
def unprepared(monkeypatch):
    """Walks are handed on as they are, errors are raised."""

    def hand_on(walk, inputs):
        if isinstance(walk.windows, Exception):
            raise walk.windows
        return walk.windows

    monkeypatch.setattr(module, "prepare", hand_on)
    monkeypatch.setattr(module, "measured_for", lambda task: lambda walk: {})


def record(name: str, person: str, label: str | None, windows, walk: str | None = None, **more):
    read = partial(SimpleNamespace, windows=windows, subject=Subject())
    return Sample(name, person, walk or name, label, read, **more)


def windows_for(label: str, strength: float, n: int = 2, seed: int = 0):
    rng = np.random.default_rng(seed)
    raw = strength * np.eye(3)[CLASSES.index(label)] + rng.normal(0, 0.4, (n, 3))
    return raw - np.log(np.exp(raw).sum(axis=1, keepdims=True))


def study(*samples: Sample) -> Study:
    return Study("site", "s", "l", "patients", "Ask.", samples)


def clinic(people: int = 12, cameras: int = 2, **more) -> Study:
    return study(*(
        record(
            f"p{p}_{w}_{c}", f"p{p}", CLASSES[p % 3],
            windows_for(CLASSES[(p + (p == 4)) % 3], 3, n=1 + c, seed=100 * p + 10 * w + c),
            walk=f"{w}", view=str(c), **more,
        )
        for p in range(people) for w in range(2) for c in range(cameras)
    ))  # fmt: skip


def table(out):
    return list(csv.DictReader(io.StringIO((out / PREDICTIONS).read_text("utf-8"))))


def test_the_files_agree_with_each_other(tmp_path) -> None:
    done = []
    found = evaluate(FakeScorer(), clinic(), tmp_path / "out", done.append)
    assert done == [pytest.approx((i + 1) / 48) for i in range(48)]
    out = tmp_path / "out"
    assert sorted(f.name for f in out.iterdir()) == sorted(OUTPUTS)
    flat, rows = json.loads((out / METRICS).read_text()), table(out)
    assert flat == json.loads(json.dumps(found.metrics))
    assert [r["sequence"] for r in rows] == [s.sequence for s in clinic().samples]
    assert list(rows[0])[:8] == [
        "sequence", "subject", "label", "prediction", "abstained",
        "p_robust", "p_pre_frail", "p_frail",
    ]  # fmt: skip
    right = np.mean([r["prediction"] == r["label"] for r in rows])
    assert flat["accuracy"] == pytest.approx(right)
    assert flat["accuracy_ci95"][0] <= right <= flat["accuracy_ci95"][1]
    for row in rows:
        p = [float(row[f"p_{c}"]) for c in CLASSES]
        assert sum(p) == pytest.approx(1, abs=1e-5)
        assert row["prediction"] == CLASSES[int(np.argmax(p))]
        assert (row["abstained"] == "false") == (len(row["prediction_set"].split()) == 1)
        assert row["prediction_set"].split() == [
            c for c, v in zip(CLASSES, p, strict=True) if v >= 0.5
        ]
    abstained = sum(r["abstained"] == "true" for r in rows)
    assert flat["flow"]["abstained"] == abstained == 48 - flat["flow"]["named"]
    assert flat["per_subject"]["p4"]["accuracy"] == 0
    assert flat["per_subject"]["p1"] == {
        "labels": ["pre_frail"], "refused": 0, "n": 4, "accuracy": 1.0, "walk_n": 2,
        "walk_accuracy": 1.0,
    }  # fmt: skip


def test_the_temperature_of_the_card_divides_the_mean_of_the_windows(tmp_path) -> None:
    windows = windows_for("frail", 2, n=3)
    found = evaluate(FakeScorer(), study(record("a", "a", "frail", windows)), tmp_path / "out")
    raised = np.exp(windows.mean(axis=0) / 2.0)
    (row,) = table(tmp_path / "out")
    assert [float(row[f"p_{c}"]) for c in CLASSES] == pytest.approx(raised / raised.sum(), abs=1e-6)
    assert found.metrics["accuracy_ci95"] == [None, None]
    assert "Only 1 person" in found.metrics["intervals_note"]


def test_records_of_one_walk_are_also_judged_together(tmp_path) -> None:
    weak, strong = windows_for("robust", 1, 1), windows_for("frail", 6, 3)
    samples = (
        record("a_1", "a", "frail", weak, walk="w"),
        record("a_2", "a", "frail", strong, walk="w"),
        record("b_1", "b", "robust", weak, walk="w"),  # another person's walk of that name
    )
    flat = evaluate(FakeScorer(), study(*samples), tmp_path / "out").metrics
    assert (flat["n"], flat["walk_n"]) == (3, 2)
    assert flat["accuracy"] == pytest.approx(2 / 3)
    assert flat["walk_accuracy"] == 1.0
    together = np.concatenate([weak, strong]).mean(axis=0)
    p = np.exp(together / 2) / np.exp(together / 2).sum()
    alone = np.exp(weak.mean(0) / 2) / np.exp(weak.mean(0) / 2).sum()
    assert flat["walk_nll"] == pytest.approx(-np.log([p[2], alone[0]]).mean())


def test_refused_records_stay_in_the_table_with_their_reason(tmp_path) -> None:
    short = RefusedError("clip_too_short", "The walk is too short.", "Film a longer way.")
    broken = BadInputError("The file is damaged.", "Take it anew.")

    def unreadable():
        raise broken

    samples = (
        *clinic(3).samples,
        record("x", "p0", "robust", short),
        Sample("y", "q", "y", "frail", unreadable),
        record("z", "q", None, windows_for("frail", 1)),
    )
    flat = evaluate(FakeScorer(), study(*samples), tmp_path / "out").metrics
    rows = {row["sequence"]: row for row in table(tmp_path / "out")}
    assert rows["x"]["reason"] == "The walk is too short."
    assert rows["y"]["reason"] == "The file is damaged."
    assert rows["x"]["p_frail"] == rows["x"]["prediction"] == ""
    assert rows["x"]["abstained"] == "true"
    assert "z" not in rows
    flow = flat["flow"]
    assert flow["refused"] == {"clip_too_short": 1, "unreadable": 1}
    assert flow["records"] == 15 == flow["judged"] + 2 + flow["without_label"]
    assert (flow["people"], flow["people_judged"]) == (4, 3)
    assert flat["per_subject"]["q"]["accuracy"] is None


def test_if_all_are_refused_the_commonest_reason_is_told_and_nothing_is_written(tmp_path) -> None:
    modality = RefusedError("no_silhouettes", "The walk has no silhouettes.", "Give a film.")
    short = RefusedError("clip_too_short", "The walk is too short.", "Film a longer way.")
    samples = [record(str(i), "a", "frail", short if i == 1 else modality) for i in range(4)]
    with pytest.raises(RefusedError, match=r"None of 4 records .* 3 for this reason") as caught:
        evaluate(FakeScorer(), study(*samples), tmp_path / "out")
    assert caught.value.refused.code == "no_silhouettes"
    assert list(tmp_path.iterdir()) == []


def never():
    raise AssertionError("a walk was read before the labels were checked")


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        ([], "site holds no walks. "),
        ([Sample("a", "a", "a", None, never)], "no walk with a label"),
        (
            [Sample("a", "a", "a", "frail", never), Sample("b", "b", "b", "limping", never)],
            "b has the label limping, which the model frailty_test does not know. Use one of: "
            "robust, pre_frail, frail.",
        ),
        (
            [
                Sample("a", "a", "w", "frail", never),
                Sample("b", "a", "w", "robust", never),
            ],
            "Records of the walk w of a have several labels",
        ),
    ],
)
def test_labels_are_checked_before_anything_is_read(samples, sentence, tmp_path) -> None:
    with pytest.raises(BadInputError) as caught:
        evaluate(FakeScorer(), study(*samples), tmp_path / "out")
    assert sentence in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_the_model_is_held_against_its_baselines_on_the_same_walks(tmp_path) -> None:
    baseline = Baseline(
        "speed", "Speed and sex", ("speed_mps", "sex_female"), (1.0, 0.5), (0.2, 0.5),
        ((3.0, 0.0), (0.0, 0.0), (-3.0, 0.0)), (0.0, 0.5, 0.0),
    )  # fmt: skip
    known = [
        replace(s, covariates={"speed_mps": 1.3 - 0.3 * (int(s.person[1:]) % 3), "sex": "female"})
        for s in clinic(9).samples
    ]
    unknown = replace(clinic(12).samples[-1], covariates={"speed_mps": 1.0})
    scorer = FakeScorer(baselines=(baseline,))
    flat = evaluate(scorer, study(*known, unknown), tmp_path / "out").metrics
    entry = flat["baselines"]["speed"]
    assert entry["n"] == 36
    assert entry["accuracy"] == 1.0
    assert entry["accuracy_of_the_model"] == pytest.approx(32 / 36)
    assert entry["accuracy_gain_of_the_model"] == pytest.approx(-4 / 36)
    nobody = evaluate(scorer, clinic(3), tmp_path / "other").metrics["baselines"]["speed"]
    assert nobody == {"title": "Speed and sex", "n": 0}


def test_what_a_baseline_knows_is_measured_where_the_data_do_not_say_it(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(module, "measured_for", lambda task: lambda walk: {"speed_mps": 1.3})
    baseline = Baseline(
        "speed", "Speed", ("speed_mps",), (1.0,), (0.2,), ((3.0,), (0.0,), (-3.0,)), (0.0, 0.5, 0.0)
    )
    found = evaluate(FakeScorer(baselines=(baseline,)), clinic(3), tmp_path / "out").metrics
    assert found["baselines"]["speed"]["n"] == 12
    assert found["baselines"]["speed"]["accuracy"] == pytest.approx(1 / 3)


def test_where_the_walks_come_from_is_told(tmp_path) -> None:
    one = evaluate(FakeScorer(), clinic(3), tmp_path / "a").metrics
    same = replace(clinic(3), name="clinic", kind="synthetic", limits=("Made.",))
    other = evaluate(FakeScorer(), same, tmp_path / "b").metrics
    assert not one["learned_from_same_data_set"]
    assert other["learned_from_same_data_set"]
    assert not one["synthetic"]
    assert other["synthetic"]
    assert other["data_set_limits"] == ["Made."]


def test_sets_are_counted_over_people(tmp_path) -> None:
    everything = Calibration(2.0, 0.1, dict.fromkeys(CLASSES, 1.0), 5, "too few people")
    flat = evaluate(FakeScorer(calibration=everything), clinic(6), tmp_path / "out").metrics
    assert flat["set_coverage"] == 1.0
    assert flat["set_size"] == 3.0
    assert flat["flow"]["named"] == 0
    assert flat["accuracy_where_single"] is None
    assert {row["abstained"] for row in table(tmp_path / "out")} == {"true"}


def test_no_name_becomes_a_formula(tmp_path) -> None:
    evaluate(
        FakeScorer(), study(record("=1+1", "@a", "frail", windows_for("frail", 2))),
        tmp_path / "out",
    )  # fmt: skip
    (row,) = table(tmp_path / "out")
    assert (row["sequence"], row["subject"]) == ("'=1+1", "'@a")
