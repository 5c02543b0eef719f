"""The cumulative link model."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="PyTorch is not installed: the extra `models`")
ordinal = pytest.importorskip("clinigait.nn.ordinal")


@given(
    st.floats(-60, 60),
    st.lists(st.floats(0.01, 8), min_size=1, max_size=5),
    st.floats(-10, 10),
)
def test_probabilities_are_those_of_the_formula(
    score: float, steps: list[float], first: float
) -> None:
    cuts = [first]
    for step in steps:
        cuts.append(cuts[-1] + step)
    found = ordinal.ordinal_probabilities(torch.tensor(score), torch.tensor(cuts))
    below = [0.0, *(1 / (1 + math.exp(score - cut)) for cut in cuts), 1.0]
    wanted = [high - low for low, high in itertools.pairwise(below)]
    assert found.tolist() == pytest.approx(wanted, abs=2e-5)
    logs = ordinal.ordinal_log_probabilities(torch.tensor(score), torch.tensor(cuts))
    assert bool(logs.isfinite().all())


@given(st.permutations(range(4)))
def test_a_higher_score_moves_along_the_order(order: list[int]) -> None:
    classifier = ordinal.OrdinalClassifier(1, 2, order)
    with torch.no_grad():
        direction = torch.nn.functional.normalize(classifier.weight[0], dim=0)
        decided = [
            int(classifier((sign * direction)[None, :, None]).mean(-1).argmax()) for sign in (-1, 1)
        ]
    assert decided == [order[0], order[-1]]


def test_at_the_start_all_classes_are_as_likely_at_score_zero() -> None:
    classifier = ordinal.OrdinalClassifier(1, 2, [0, 1, 2, 3])
    with torch.no_grad():
        found = classifier(torch.zeros(1, 2, 1)).exp()[0, :, 0]
    assert found.tolist() == pytest.approx([0.25] * 4, abs=1e-6)


def test_thresholds_rise_whatever_is_learned() -> None:
    classifier = ordinal.OrdinalClassifier(1, 2, [0, 1, 2, 3])
    with torch.no_grad():
        classifier.steps.copy_(torch.tensor([-3.0, 2.0]))
        assert bool((classifier.thresholds().diff() > 0).all())


@pytest.mark.parametrize("order", [[0], [0, 0], [1, 2], [0, 1, 3]])
def test_an_order_that_is_none_is_refused(order: list[int]) -> None:
    with pytest.raises(ValueError, match="each of the classes"):
        ordinal.class_places(order)
