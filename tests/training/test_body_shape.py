"""How much of a decision is the body: other bodies change lengths, and nothing of the gait."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("lightning")

from clinigait.core import SIDES, WHOLEBODY_23, InputSpec
from clinigait.datasets.study import Sample, Study
from clinigait.models.task import load_task
from clinigait.representations.joints import JOINTS
from clinigait.representations.skeletons import BODY_17, PARENTS
from clinigait.training.body_shape import BODIES, body_shape, on_other_bodies, sees_bodies
from clinigait.training.plan import NetworkPlan, load_plan
from clinigait.training.train import Order, prepare_people, train
from support.lessons import plan_of
from support.walker import Gait, synthetic_space_walk

_CLASSES = load_task("frailty").classes
_SPEC = {
    "kind": "multi_branch", "joints": 17, "in_channels": 6, "coordinates": 3, "channels": 2,
    "embedding": 8, "edges": [[PARENTS[joint], joint] for joint in range(1, 17)],
    "torso": [[BODY_17.index(joint, side) for side in SIDES] for joint in ("shoulder", "hip")],
}  # fmt: skip
_PLAN = plan_of(
    2, inputs=(InputSpec(JOINTS, {"rate_hz": 15}),), networks=(NetworkPlan(_SPEC),), outer_folds=2
)


def _study() -> Study:
    samples = []
    for number in range(6):
        label = _CLASSES[number % 3]
        read = partial(synthetic_space_walk, Gait(duration_s=3.0, seed=number), WHOLEBODY_23)
        samples.append(Sample(f"p{number}", f"p{number}", f"p{number}", label, read))
    return Study("walkers", "made for tests", "CC0-1.0", "acted", "Nowhere.", tuple(samples))


def _bones(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lengths (T, 16) and directions (T, 3, 16)."""
    bones = frames[:, :3, 1:] - frames[:, :3, list(PARENTS[1:])]
    lengths = np.linalg.norm(bones, axis=1)
    return lengths, bones / lengths[:, None]


def test_other_bodies_have_other_lengths_and_the_same_gait() -> None:
    plan = replace(_PLAN, variations=BODIES)
    people = prepare_people(plan, _study(), load_task("frailty"), measured=False)
    others = on_other_bodies(people)
    for before, after in zip(people.records, others.records, strict=True):
        assert before.sequence == after.sequence
        (lengths, ways), (new_lengths, new_ways) = (
            _bones(record.clip.frames[JOINTS].astype(float)) for record in (before, after)
        )
        np.testing.assert_allclose(new_ways, ways, atol=2e-3)
        share = np.median(new_lengths / lengths, axis=0)
        assert 0.02 < np.std(share) < 0.2


def test_the_sentence_counts_what_changes() -> None:
    labels = np.array([0, 1, 0, 1])
    people = np.array(["a", "a", "b", "b"])
    before = np.eye(2)[labels]
    after = before.copy()
    after[0] = [0, 1]
    found = body_shape(before, after, labels, people)
    assert found["changed"] == 0.25
    assert found["accuracy"] == 1
    assert found["accuracy_on_other_bodies"] == 0.75
    assert "called otherwise in 0.250 (0.000 to 0.500)" in found["sentence"]


def test_the_card_of_a_network_that_sees_bodies_has_the_sentence(tmp_path) -> None:
    done = train(Order(_PLAN, _study(), tmp_path / "bundle"))
    shape = done.bundle.card.metrics["body_shape"]
    assert 0 <= shape["changed"] <= 1
    assert "so much of its decisions is the shape of a body" in shape["sentence"]


def test_angles_see_no_body() -> None:
    assert sees_bodies(_PLAN)
    assert not sees_bodies(load_plan("pathology_skeleton"))
