"""The common ground of tables on six acted gaits: which walks, who learns how, what is judged.

Every network of a table, and of tables that are to be read side by side, learns by this recipe.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from clinigait.core import InputSpec
from clinigait.datasets.registry import open_study
from clinigait.datasets.study import Study
from clinigait.models.task import load_task
from clinigait.representations.joints import JOINTS
from clinigait.training.plan import (
    Augmentation,
    Batch,
    NetworkPlan,
    Optimiser,
    Term,
    TrainingPlan,
    Variations,
)
from clinigait.training.prepared import Prepared
from clinigait.training.train import prepare_people

RATE_HZ = 15
STEPS = 180
_TASK = "pathology"


def recipe(name: str, steps: int = STEPS) -> TrainingPlan:
    """Return how a network of joints learns six acted gaits.

    Parameters
    ----------
    name
        Of the table. The network is a stand-in: each row has its own.
    steps
        Fewer for a quick look.
    """
    return TrainingPlan(
        name=name, version="1", kind="training", title="Six acted gaits", task=_TASK,
        data_set="pathological-gait",
        inputs=(InputSpec(JOINTS, {"rate_hz": RATE_HZ}),),
        networks=(NetworkPlan({"kind": "gaitmixer"}),),
        objective=(Term("cross_entropy", smoothing=0.1),),
        class_weights="none",
        variations=Variations(2),
        optimiser=Optimiser(rate=3e-3, weight_decay=0.01, steps=steps, warm_up=0.2),
        batch=Batch(groups=4, clips=4, frames=32, speed=(1, 1)),
        augment=(Augmentation("mirror", p=0.5),),
    )  # fmt: skip


def study_of(data: Path, *, quick: bool) -> Study:
    """Return the walks of persons 1 to 5; for a quick look one of each gait of two people.

    Raises
    ------
    BadInputError
        If the folder is not that data set.
    """
    study = open_study(data, "pathological-gait", "1-2" if quick else "1-5")
    if not quick:
        return study
    few = [s for s in study.samples if s.walk[-1] == "1" and not s.walk[-2].isdigit()]
    return replace(study, samples=tuple(few))


def prepared_for(
    plan: TrainingPlan, study: Study, variations: Variations | None = None
) -> Prepared:
    """Prepare walks for a plan, with other variations than its own where they are given.

    Raises
    ------
    BadInputError
        If no walk is left.
    """
    varied = plan if variations is None else replace(plan, variations=variations)
    return prepare_people(varied, study, load_task(_TASK), measured=False)


def head_of(people: Prepared, plan: TrainingPlan, seeds: int) -> str:
    """Return the sentence above a table: how many learned, and how."""
    return (
        f"{len(people.labels)} people, {len(people.records)} records; one person left out at a "
        f"time, {seeds} seed{'s' * (seeds > 1)}; {plan.optimiser.steps} steps of "
        f"{plan.batch.groups * plan.batch.clips} clips."
    )
