"""Variations of a protocol: drawn by seed and sequence, and refused where they mean nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clinigait.core import WHOLEBODY_23, BadInputError, InputSpec
from clinigait.representations.skeleton_inputs import GAIT_ANGLES
from clinigait.training.plan import Term, TrainingPlan, Variations, load_plan
from clinigait.training.variations import check_variations, variations_of
from support.walker import Gait, synthetic_space_walk

WALK = synthetic_space_walk(Gait(duration_s=3.0), WHOLEBODY_23)
PLAN = replace(load_plan("pathology_skeleton"), variations=Variations(2), beside=None)


def _frames(plan: TrainingPlan, sequence: str) -> list[np.ndarray]:
    return [np.asarray(clip.frames[GAIT_ANGLES]) for clip in variations_of(plan, WALK, sequence)]


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def test_seed_and_sequence_say_what_is_drawn() -> None:
    first, second = _frames(PLAN, "a")
    assert not _same(first, second)
    assert _same(first, _frames(PLAN, "a")[0])
    assert not _same(first, _frames(PLAN, "b")[0])
    assert not _same(first, _frames(replace(PLAN, seed=1), "a")[0])


def test_more_copies_keep_the_first_ones() -> None:
    more = _frames(replace(PLAN, variations=Variations(3)), "a")
    assert len(more) == 3
    assert all(map(_same, more, _frames(PLAN, "a")))


@pytest.mark.parametrize(
    "inputs",
    [(InputSpec("silhouettes"),), (InputSpec(GAIT_ANGLES), InputSpec("posture")),
     (InputSpec("skeleton_maps"),)],
)  # fmt: skip
def test_other_inputs_have_no_variations(inputs: tuple[InputSpec, ...]) -> None:
    other = replace(PLAN, inputs=inputs, objective=(Term("cross_entropy"),))
    with pytest.raises(BadInputError, match=GAIT_ANGLES):
        check_variations(other)
    check_variations(replace(other, variations=Variations()))


@pytest.mark.parametrize(
    "options", [{"limbs": 0.1}, {"limb_share": -0.1}, {"tempo": 1e9}, {"tilt_deg": 1000.0}]
)
def test_an_option_that_cannot_be_is_one_sentence(options: dict[str, float]) -> None:
    with pytest.raises(BadInputError, match=r"variations\.options") as caught:
        check_variations(replace(PLAN, variations=Variations(1, options)))
    assert "\n" not in str(caught.value)
