"""How much of what a network of skeletons says is the shape of a body, and not the gait.

The same walks are shown once more on other bodies: limbs a little longer or shorter, as they differ
between people, every angle, its course and the tempo as they were. What a network says differently
then, it took from the body.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.representations.joint_loads import JOINT_LOADS
from clinigait.representations.joints import JOINTS
from clinigait.stats.bootstrap import Estimate, bootstrap_estimate
from clinigait.stats.weighted import weighted_mean
from clinigait.training.plan import TrainingPlan, Variations
from clinigait.training.prepared import Prepared

#: Other bodies; nothing else of what variations can vary.
BODIES = Variations(
    1,
    {
        "side_share": 0, "offset_sizes": 0, "tremble_sizes": 0, "heading_deg": 0, "tilt_deg": 0,
        "tempo": 0,
    },
)  # fmt: skip


def sees_bodies(plan: TrainingPlan) -> bool:
    """Return whether networks of a plan can see how long limbs are."""
    return len(plan.inputs) == 1 and plan.inputs[0].kind in (JOINTS, JOINT_LOADS)


def on_other_bodies(varied: Prepared) -> Prepared:
    """Return everybody's walks on other bodies, from walks prepared with `BODIES`."""
    records = (replace(each, clip=each.variations[0], variations=()) for each in varied.records)
    return replace(varied, records=tuple(records))


def body_shape(
    scores: NDArray[np.float64],
    on_others: NDArray[np.float64],
    labels: NDArray[np.intp],
    people: NDArray[np.str_],
) -> dict[str, Any]:
    """Return how much decisions hang on the body, with a sentence for a card.

    Parameters
    ----------
    scores, on_others
        (N, K) of the records as they were recorded, and on other bodies.
    labels, people
        (N,) right class and person of each.
    """  # fmt: skip
    before, after = scores.argmax(1), on_others.argmax(1)

    def mean(values: NDArray[np.bool_]) -> Estimate:
        return bootstrap_estimate(weighted_mean, people, values.astype(float))

    changed = mean(before != after)
    right, right_after = mean(before == labels), mean(after == labels)
    return {
        "changed": changed.value, "changed_ci95": [changed.low, changed.high],
        "accuracy": right.value, "accuracy_on_other_bodies": right_after.value,
        "sentence": f"Put on other bodies, the same gait is called otherwise in "
        f"{changed.text()} of the records; {right.text()} were right before, "
        f"{right_after.text()} after: so much of its decisions is the shape of a body.",
    }  # fmt: skip
