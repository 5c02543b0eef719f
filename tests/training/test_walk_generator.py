"""A generator's fit: the same lesson the same weights, in one go or in two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from clinigait.core import BadInputError
from clinigait.training.walk_generator import (
    GeneratorLesson,
    GeneratorPlan,
    fit_generator,
)
from support.generated import CLASSES, windows

PLAN = GeneratorPlan(channels=8, latent=4, steps=6, batch=6)


def _lesson(**changes: int) -> GeneratorLesson:
    return GeneratorLesson(replace(PLAN, **changes), *windows(), CLASSES, seed=1)


def test_the_same_lesson_gives_the_same_weights_and_another_seed_others() -> None:
    one, other = (fit_generator(_lesson()).arrays for _ in range(2))
    assert all(np.array_equal(one[key], other[key]) for key in one)
    third = fit_generator(replace(_lesson(), seed=2)).arrays
    assert not np.array_equal(one["end.weight"], third["end.weight"])


def test_a_fit_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    kept, told = tmp_path / "fit.state", []
    fit_generator(_lesson(steps=4), kept)
    whole = fit_generator(_lesson(), kept, told.append)
    assert told == pytest.approx([5 / 6, 1.0])
    straight = fit_generator(_lesson())
    for key, array in straight.arrays.items():
        np.testing.assert_allclose(whole.arrays[key], array, atol=1e-6, err_msg=key)
    assert whole.losses == pytest.approx(straight.losses, abs=1e-4)
    # One that is done is only read again.
    assert fit_generator(_lesson(), kept).losses == whole.losses


def test_it_learns_what_it_sees() -> None:
    begin, end = (fit_generator(_lesson(steps=steps)).losses for steps in (5, 60))
    assert end["pose"] < 0.9 * begin["pose"]
    assert end["bones"] < begin["bones"]


def test_a_class_that_nobody_walks_is_refused() -> None:
    made, labels = windows()
    with pytest.raises(BadInputError, match="lurch"):
        GeneratorLesson(PLAN, made[labels == 0], labels[labels == 0], CLASSES, 1)
