"""What a pool teaches a plain classifier."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from clinigait.nn.walk_classifiers import KINDS
from clinigait.representations.walk_windows import DURATION, SPEED
from clinigait.training.walk_classifiers import (
    ClassifierPlan,
    Pool,
    features_of,
    fit_classifier,
    plainly_changed,
    said_of,
)
from support.generated import windows

PLAN = ClassifierPlan(steps=50, batch=8)


@pytest.mark.parametrize("kind", KINDS)
def test_two_gaits_are_told_apart_and_the_same_seed_says_the_same(kind: str) -> None:
    made, labels = windows(24)
    teach, test = Pool(made[:40], labels[:40]), slice(40, None)
    said = [said_of(fit_classifier(kind, teach, 2, PLAN, 1), made[test]) for _ in range(2)]
    np.testing.assert_array_equal(*said)
    assert (said[0].argmax(1) == labels[test]).mean() > 0.8


def test_half_of_a_batch_comes_from_beside() -> None:
    """What stands beside says the opposite: nothing is left to learn."""
    made, labels = windows()
    pool = Pool(made, labels, beside=Pool(made, 1 - labels))
    said = said_of(fit_classifier("cnn", pool, 2, PLAN, 1), made)
    alone = said_of(fit_classifier("cnn", Pool(made, labels), 2, PLAN, 1), made)
    own = np.arange(len(labels)), labels
    assert np.exp(said[own]).mean() < 0.75 < np.exp(alone[own]).mean()
    assert features_of(fit_classifier("cnn", pool, 2, PLAN, 1), made).shape[0] == len(made)


def test_plain_changes_keep_what_the_gait_is() -> None:
    made, _ = windows()
    before = made.copy()
    spread = made.std(axis=(0, 2))
    changed = plainly_changed(made, spread, np.random.default_rng(1))
    np.testing.assert_array_equal(made, before)
    assert changed.dtype == np.float32
    # One duration for all frames; whoever takes longer is slower by as much.
    assert np.ptp(changed[:, DURATION], axis=1).max() < 1e-5
    way = [np.exp(w[:, DURATION, 0]) * w[:, SPEED].mean(axis=1) for w in (made, changed)]
    np.testing.assert_allclose(way[1], way[0], rtol=0.1)
    again = plainly_changed(made, spread, np.random.default_rng(1))
    np.testing.assert_array_equal(changed, again)
