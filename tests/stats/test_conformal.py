"""Sets keep their promise to people, however many walks each of them brings."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from clinigait.stats import conformal_thresholds, people_needed, prediction_sets, set_coverage


def walkers(rng: np.random.Generator, people: int, walks: int, acted: bool = False):
    """Walks that are more alike within a person; K = 3."""
    who = np.repeat(np.arange(people), walks)
    if acted:
        labels = np.tile(np.arange(walks) % 3, people)
    else:
        labels = np.repeat(rng.integers(0, 3, people), walks)
    shift = rng.normal(0, 2, (people, 3))[who]
    scores = 2 * np.eye(3)[labels] + shift + rng.normal(0, 0.5, (len(who), 3))
    return softmax(scores, axis=1), labels, who


def test_how_many_people_a_promise_takes() -> None:
    assert [people_needed(a) for a in (0.1, 0.05, 0.2, 0.3, 0.01, 1 / 3)] == [9, 19, 4, 3, 99, 2]
    for alpha in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            people_needed(alpha)


@given(st.floats(0.02, 0.6), st.integers(1, 80), st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_the_threshold_is_the_quantile_of_the_definition(alpha: float, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, labels, _ = walkers(rng, n, 1)
    found = conformal_thresholds(p, labels, alpha, per_class=False)
    scores, rank = np.sort(1 - p[np.arange(n), labels]), ceil((n + 1) * (1 - alpha) - 1e-9)
    assert (rank > n) == (n < people_needed(alpha))
    assert found == pytest.approx(np.full(3, scores[rank - 1] if rank <= n else 1.0))


def test_too_few_people_exclude_nothing() -> None:
    rng = np.random.default_rng(0)
    p, labels, who = walkers(rng, 8, 20)
    assert (conformal_thresholds(p, labels, 0.1, per_class=False, people=who) == 1).all()
    sets = prediction_sets(p, np.ones(3))
    assert sets.all()


@pytest.mark.parametrize("per_class", [False, True])
@pytest.mark.parametrize(("walks", "acted"), [(1, False), (12, False), (12, True)])
def test_a_walk_of_one_more_person_is_covered_as_promised(per_class, walks, acted) -> None:
    rng, alpha, trials = np.random.default_rng(walks + acted), 0.2, 600
    covered = []
    for _ in range(trials):
        p, labels, who = walkers(rng, 26, walks, acted)
        held = who < 25
        t = conformal_thresholds(
            p[held], labels[held], alpha, per_class=per_class, people=who[held]
        )
        sets = prediction_sets(p[~held], t)
        covered.append(sets[np.arange(walks), labels[~held]].mean())
    error = np.std(covered) / np.sqrt(trials)
    assert np.mean(covered) > 1 - alpha - 3 * error
    if not per_class:  # and the sets are not larger than they have to be
        assert np.mean(covered) < 1 - alpha + 1 / 26 + 3 * error


@given(st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_order_of_rows_and_repeated_walks_change_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, labels, who = walkers(rng, 20, 3)
    order, times = rng.permutation(60), rng.integers(1, 4, 20)[who]
    for per_class in (False, True):
        plain = conformal_thresholds(p, labels, 0.25, per_class=per_class, people=who)
        mixed = conformal_thresholds(
            p[order], labels[order], 0.25, per_class=per_class, people=who[order]
        )
        more = conformal_thresholds(
            np.repeat(p, times, axis=0), np.repeat(labels, times), 0.25,
            per_class=per_class, people=np.repeat(who, times),
        )  # fmt: skip
        assert (plain == mixed).all()
        assert (plain == more).all()


def test_a_class_without_people_excludes_nothing() -> None:
    rng = np.random.default_rng(3)
    p, labels, _ = walkers(rng, 60, 1)
    kept = labels != 2
    found = conformal_thresholds(p[kept], labels[kept], 0.2, per_class=True)
    assert found[2] == 1
    assert (found[:2] < 1).all()


def test_coverage_is_counted() -> None:
    sets = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 1, 0]], bool)
    found = set_coverage(sets, np.array([0, 1, 2, 0]), ["a", "b", "c", "d"], n_resamples=200)
    assert found.coverage.value == 0.5
    assert found.size.value == 1.0
    assert (found.single.value, found.empty.value) == (0.5, 0.25)
    assert [e.value for e in found.per_class] == [0.5, 1.0, 0.0]
    absent = set_coverage(sets[:1], np.array([0]), ["a"], n_resamples=10)
    assert absent.per_class[1].value is None


def test_rows_that_do_not_fit_are_refused() -> None:
    p, labels = np.full((3, 2), 0.5), np.zeros(3, int)
    with pytest.raises(ValueError, match="one row"):
        conformal_thresholds(p, labels[:2], 0.1, per_class=False)
    with pytest.raises(ValueError, match="one row"):
        conformal_thresholds(p, labels, 0.1, per_class=False, people=["a"])
    with pytest.raises(ValueError, match="between 0 and 1"):
        conformal_thresholds(p, labels, 1.0, per_class=False)


def test_a_set_never_leaves_out_the_most_probable_class_alone() -> None:
    thresholds = np.array([0.6, 0.4])  # the second class passes from 0.6 on, the first from 0.4
    p = np.array([[0.43, 0.57], [0.3, 0.7], [0.7, 0.3]])
    assert prediction_sets(p, thresholds).tolist() == [[True, True], [False, True], [True, False]]
    assert not prediction_sets(np.array([0.5, 0.5]), np.array([0.4, 0.4])).any()
