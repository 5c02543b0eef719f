"""Groups overlap as real ones do: speed and age alone tell what is published, and no more."""

from __future__ import annotations

import numpy as np
import pytest

from clinigait.io.protocol import shipped_protocols
from clinigait.synthesis.population import load_population
from clinigait.synthesis.separability import area_under_curve, logistic_scores, told_apart


@pytest.mark.parametrize("name", shipped_protocols("population"))
def test_what_speed_and_age_tell_is_in_the_published_range(name: str) -> None:
    for told in told_apart(load_population(name), n_draws=1000):
        assert told.is_expected, (told.asked.of, told.auc)
        assert told.auc >= told.speed_auc - 0.02


def test_frailty_is_told_by_more_than_speed() -> None:
    frail = told_apart(load_population("frailty_population"), n_draws=1000)[0]
    assert frail.asked.of == ("frail",)
    assert 0.7 < frail.speed_auc < 0.9


def test_the_area_is_that_of_all_pairs() -> None:
    score = np.array([0.1, 0.4, 0.35, 0.8])
    assert area_under_curve(score, np.array([False, False, True, True])) == 0.75
    assert area_under_curve(np.ones(4), np.array([False, False, True, True])) == 0.5


def test_the_logistic_model_finds_the_way_that_parts_two_normal_groups() -> None:
    rng = np.random.default_rng(0)
    positive = np.repeat([True, False], 4000)
    x = rng.normal(size=(8000, 2)) + np.outer(positive, [1.0, 1.0])
    auc = area_under_curve(logistic_scores(x, positive), positive)
    assert auc == pytest.approx(0.841, abs=0.01)  # normal distribution function of 1
