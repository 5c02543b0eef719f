"""Whether fine-tuning helped, in one sentence that does not promise what people did not show."""

import json

import numpy as np
import pytest
from scipy.special import softmax

from clinigait.stats import classification
from clinigait.training import before_after as module
from clinigait.training.before_after import FEWEST_PEOPLE, compare_before_after

CLASSES = ("robust", "pre_frail", "frail")


def scores(n_people: int = 40, seed: int = 0, skill: float = 1.0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n_people) % 3
    return labels, skill * np.eye(3)[labels] + rng.normal(0, 1, (n_people, 3))


def compared(labels, before, after, people=None):
    people = np.arange(len(labels)) if people is None else people
    return compare_before_after(
        labels, softmax(before, axis=1), softmax(after, axis=1), people, CLASSES, ordered=True
    )


def test_a_gain_that_people_agree_on_is_better() -> None:
    labels, before = scores()
    found = compared(labels, before, before + 2 * np.eye(3)[labels])
    assert found.verdict == "better"
    assert found.sentence.startswith("Better than before (balanced accuracy 0.")
    assert "40 held-out people" in found.sentence
    assert found.statistics["balanced_accuracy"].difference.low > 0


def test_a_loss_is_worse_and_the_old_one_is_kept() -> None:
    labels, before = scores(skill=3)
    found = compared(labels, before, before - 3 * np.eye(3)[labels])
    assert found.verdict == "worse"
    assert found.sentence.startswith("Worse than before: keep the old one (")


def test_noise_is_not_better() -> None:
    labels, before = scores()
    found = compared(labels, before, before + np.random.default_rng(5).normal(0, 0.2, (40, 3)))
    assert found.verdict == "not better"
    assert found.sentence.startswith("Not better than before: keep the old one (")
    difference = found.statistics["balanced_accuracy"].difference
    assert difference.low <= 0 <= difference.high


def test_the_same_model_is_not_better_than_itself() -> None:
    labels, before = scores()
    assert compared(labels, before, before).verdict == "not better"


@pytest.mark.parametrize("n_people", [1, 3, FEWEST_PEOPLE - 1])
def test_a_handful_of_people_proves_nothing_however_many_walks_they_bring(n_people: int) -> None:
    labels, before = scores(60)
    people = np.arange(60) % n_people
    found = compared(labels, before - 9 * np.eye(3)[labels], 9 * np.eye(3)[labels], people)
    assert found.statistics["accuracy"].difference.value == 1.0
    assert found.verdict == "not better"
    assert f"too few to tell; {FEWEST_PEOPLE} is the least" in found.sentence


def test_models_that_do_not_differ_are_seldom_told_apart() -> None:
    people, wrong = np.arange(30), 0
    for seed in range(400):
        labels, before = scores(30, seed)
        after = scores(30, 1000 + seed)[1]
        pair = [classification._tables(labels, s, people)[0] for s in (before, after)]
        primary = classification._table_difference(classification.balanced_accuracy, pair, seed)
        wrong += module._verdict(primary, 30) != "not better"
    # Five in a hundred by design; the percentile interval of thirty people takes some more.
    assert wrong / 400 < 0.10


def test_a_class_that_is_lost_on_the_way_is_named() -> None:
    labels = np.r_[np.zeros(40, int), np.ones(40, int), np.full(40, 2)]
    before = 4.0 * np.eye(3)[np.r_[np.ones(40, int), np.zeros(40, int), np.full(40, 2)]]
    called = labels.copy()
    called[100:] = 1  # half of the frail
    found = compared(labels, before, 4.0 * np.eye(3)[called])
    assert found.verdict == "better"
    assert ", but frail is found less often (" in found.sentence
    assert found.statistics["sensitivity_frail"].difference.high < 0


def test_it_is_one_sentence_and_plain_data() -> None:
    labels, before = scores(12)
    data = compared(labels, before, before[::-1]).as_data()
    json.dumps(data, allow_nan=False)
    assert data["sentence"].count(". ") == 0
    assert data["sentence"].endswith(").")
    for name in ("accuracy", "kappa_linear", "sensitivity_frail", "nll"):
        gain = data[f"{name}_after"] - data[f"{name}_before"]
        assert data[f"{name}_difference"] == pytest.approx(gain)
        assert len(data[f"{name}_difference_ci95"]) == 2
