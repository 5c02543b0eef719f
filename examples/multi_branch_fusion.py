"""Ask how much of what a multi-branch network decides is the shape of a body, and not the gait.

    python examples/multi_branch_fusion.py DATA --out multi_branch_fusion.md --keep FITS

The system of arXiv:2604.27353 (body proportions, velocities and motion of the joints, a ResNet-50
each, fused channel by channel), asked of six acted gaits of five people, with each branch alone and
without the one that knows how a body is made. All learn as the networks of ``skeleton_dynamics.py``
do: the same steps, folds, seeds and walks. All are of about one size: fewer branches are wider.

Each person is judged by networks that never saw them, on walks as they were recorded, under a coat
and with a bag, and on other bodies: the same gait with limbs a little longer or shorter. Intervals
are over people, of whom there are five: they are rough. Differences are paired.

75 fits take hours of a core: with ``--keep`` what a fit said is kept in a folder, and the same
command goes on after it was stopped. ``--quick`` shows the road, not the answer.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from clinigait.core import SIDES, BadInputError
from clinigait.datasets.study import Study
from clinigait.representations.skeletons import BODY_17, PARENTS
from clinigait.synthesis.covered import covered_study
from clinigait.training.acted_gaits import STEPS, head_of, prepared_for, recipe, study_of
from clinigait.training.body_shape import BODIES, body_shape, on_other_bodies
from clinigait.training.fit import set_threads
from clinigait.training.kept import Kept
from clinigait.training.left_out import Judged, Seen, accuracy_table, gain_table, judge
from clinigait.training.plan import TrainingPlan, Variations

RECORDED, COVERED, OTHERS = "as recorded", "coat and bag", "other bodies"
#: Channels of the first convolution by branches: about 1.2 million parameters each.
ROWS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "all three": (("proportion", "velocity", "motion"), 8),
    "without proportions": (("velocity", "motion"), 10),
    "proportions alone": (("proportion",), 14),
    "velocities alone": (("velocity",), 14),
    "motion alone": (("motion",), 14),
}
_SPEC = {
    "kind": "multi_branch", "joints": len(BODY_17), "in_channels": 6, "coordinates": 3,
    "edges": [[PARENTS[joint], joint] for joint in range(1, len(BODY_17))],
    "torso": [[BODY_17.index(joint, side) for side in SIDES] for joint in ("shoulder", "hip")],
    "embedding": 64,
}  # fmt: skip


def plan_of(plan: TrainingPlan, row: str) -> TrainingPlan:
    """Return how the network of a row learns."""
    branches, channels = ROWS[row]
    spec = {**_SPEC, "branches": list(branches), "channels": channels}
    return replace(plan, networks=(replace(plan.networks[0], spec=spec),))


def seen_by(plan: TrainingPlan, study: Study, folder: Path | None) -> Seen:
    """Prepare walks as recorded, from which is learned, and as they are judged besides."""
    people = prepared_for(plan, study)
    hidden = prepared_for(plan, covered_study(study), Variations())
    others = on_other_bodies(prepared_for(plan, study, BODIES))
    return Seen(
        people, {RECORDED: people, COVERED: hidden, OTHERS: others}, Kept.of(folder, others)
    )


def table_of(found: Mapping[str, Judged]) -> list[str]:
    """Return accuracies by row, and what all three branches have more than others."""
    whole = found["all three"]
    pairs = [(title, whole, judged) for title, judged in found.items() if judged is not whole]
    return [
        "Accuracy (95 % over people):", "", *accuracy_table("branches", found), "",
        "What all three have more than others, paired:", "", *gain_table("than", pairs),
    ]  # fmt: skip


def sentence_of(found: Mapping[str, Judged]) -> str:
    """Return for a card what the shape of the body is worth to the network of all branches."""
    whole = found["all three"]
    before, after = (whole.rows(name, walks=False) for name in (RECORDED, OTHERS))
    shape = body_shape(
        before["probabilities"], after["probabilities"], before["labels"], before["people"]
    )
    alone = found["proportions alone"].accuracy(RECORDED, walks=False)
    gain = whole.gain_over(found["without proportions"], RECORDED, walks=False)
    guess = 1 / len(whole.seen.people.classes)
    return (
        f"{shape['sentence']} Proportions alone are right in {alone.text()} (guessing: "
        f"{guess:.3f}); beside velocities and motion they add {gain.text('+.3f') if gain else '–'}."
    )


def tell(what: str) -> None:
    """Say how far it is."""
    print(what, file=sys.stderr, flush=True)


def main() -> int:
    """Prepare the walks, fit and judge every network, print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--out", type=Path, help="file that the table is written to as well")
    options.add_argument("--steps", type=int, default=STEPS)
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--keep", type=Path, help="folder that keeps what every fit said")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--quick", action="store_true")
    asked = options.parse_args()
    set_threads(asked.threads)
    steps, seeds = (2, 1) if asked.quick else (asked.steps, asked.seeds)
    plan = recipe("multi_branch_fusion", steps)
    try:
        seen = seen_by(plan, study_of(asked.data, quick=asked.quick), asked.keep)
        found = {}
        for row in ROWS:
            found[row] = judge(plan_of(plan, row), seen, seeds, tell)
            tell(f"done: {row}, {found[row].seconds:.0f} CPU s")
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    people = seen.people
    text = "\n".join([
        head_of(people, plan, seeds),
        "", *table_of(found), "", sentence_of(found),
    ]) + "\n"  # fmt: skip
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
