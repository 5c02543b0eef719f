"""Ask whether colour and depth together tell parkinsonian gait better than either alone.

    clinigait synthesize parkinson_rgbd_population --out COHORT --walkers 480 --seed 41
    python examples/parkinson_ablation.py COHORT --out parkinson_ablation.md --keep FITS

The claim of arXiv:2512.04425, asked of synthetic walkers: fusion beats one input alone, most in the
dark and where the legs are hidden. Eight networks of one size (their widths differ) learn from the
same walks, in the same steps, with the same changes of light and of what is hidden: colour, depth,
both in one encoder (early), and both in two that are fused in the neck; each with and without
MLGE. Everybody is judged once, by networks that never saw them: each of three folds by person has
a seed of its own. Everybody is judged three times over: as filmed, in the dark (gamma drawn from
0.2 to 0.5, noise stays), and with the legs hidden. Beside them stands a logistic regression on
measured speed, stride length and arm swing, on the same folds. Differences are paired, over people.

24 fits take hours of a core: with ``--keep`` what a fit said is kept in a folder, and the same
command goes on after it was stopped. ``--quick`` has few steps and two folds: it shows the road,
not the answer.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

from clinigait.core import BadInputError, InputSpec
from clinigait.datasets.registry import open_study
from clinigait.models.baselines import baseline_probabilities, fit_baseline
from clinigait.models.scoring import softmax
from clinigait.models.task import load_task
from clinigait.nn.equal_size import of_size, parameter_count
from clinigait.stats.bootstrap import Estimate
from clinigait.stats.classification import classification_metrics, paired_comparison
from clinigait.training.augment import augmented
from clinigait.training.fit import Lesson, fit_network, scores_of, set_threads, tensors
from clinigait.training.folds import Fold, folds_by_person
from clinigait.training.kept import Kept
from clinigait.training.plan import (
    Augmentation,
    Batch,
    NetworkPlan,
    Optimiser,
    Term,
    TrainingPlan,
)
from clinigait.training.prepared import Prepared
from clinigait.training.train import prepare_people

PARAMETERS = 260_000
FUSIONS = {"colour": "colour", "depth": "depth", "early": "both, early", "neck": "both, neck"}
CONDITIONS: Mapping[str, tuple[Augmentation, ...]] = {
    "as filmed": (),
    "in the dark": (Augmentation("darken", p=1),),
    "legs hidden": (Augmentation("hide_legs", p=1),),
}
TASK = "parkinson"
_PLAN = TrainingPlan(
    name="ablation", version="1", kind="training", title="Parkinsonian gait", task=TASK,
    inputs=(InputSpec("rgbd", {"rate_hz": 5, "height_px": 64, "width_px": 64}),),
    networks=(NetworkPlan({"kind": "rgbd_fusion"}, window_frames=8, hop_frames=8),),
    objective=(
        Term("cross_entropy", smoothing=0.05),
        *(
            Term("auxiliary", weight=0.2, target=name)
            for name in ("speed_mps", "stride_length_m", "lesser.arm_swing_deg",
                         "greater.arm_swing_deg")
        ),
    ),
    class_weights="none",
    # Nothing is learned in the first few hundred steps; at three times the rate, nothing at all.
    optimiser=Optimiser(rate=1e-3, weight_decay=0.05, steps=600),
    batch=Batch(groups=16, clips=1, frames=8, speed=(1, 1)),
    augment=(
        Augmentation("mirror", p=0.5), Augmentation("relight", p=0.3),
        Augmentation("darken", p=0.25), Augmentation("hide_legs", p=0.25),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """Probabilities of everybody, (N, K), each by networks of others, by condition."""

    title: str
    by_condition: Mapping[str, np.ndarray]
    parameters: int = 0


def networks_of(plan: TrainingPlan) -> dict[str, NetworkPlan]:
    """Return the networks that are compared, all of one size."""
    found = {}
    for fusion, title in FUSIONS.items():
        for mlge in (True, False):
            # Depth or colour is left out now and then, so that a network of both needs neither.
            dropped = 0.1 if fusion in {"early", "neck"} else 0.0
            spec = {
                "kind": "rgbd_fusion", "fusion": fusion, "mlge": mlge, "embedding": 64,
                "modality_dropout": dropped, "classes": 2,
            }  # fmt: skip
            sized = of_size(spec, PARAMETERS)
            sized.pop("classes")
            name = f"{title}{' + MLGE' if mlge else ''}"
            found[name] = replace(plan.networks[0], spec=sized)
    return found


def changed(people: Prepared, condition: str) -> Prepared:
    """Return walks as they would have looked; the same change for every network."""
    chosen = CONDITIONS[condition]
    if not chosen:
        return people
    records = []
    for number, record in enumerate(people.records):
        rng = np.random.default_rng([number, len(condition)])
        clip = replace(record.clip, frames=augmented(record.clip.frames, chosen, rng))
        records.append(replace(record, clip=clip))
    return replace(people, records=tuple(records))


def folds_of(plan: TrainingPlan, everybody: Prepared) -> tuple[Fold, ...]:
    """Return the folds, the same for all."""
    return folds_by_person(everybody.labels, plan.outer_folds, 0, everybody.classes)


def judge(
    title: str, plan: TrainingPlan, everybody: Prepared, seen: Mapping[str, Prepared], kept: Kept
) -> Judged:
    """Fit a network on each fold and return what is said of the people left out of it."""
    said = {name: np.zeros((len(everybody.records), 2)) for name in CONDITIONS}
    for seed, fold in enumerate(folds_of(plan, everybody)):
        own = np.isin([record.person for record in everybody.records], fold.test)
        found = kept.scores(
            (plan, seed, fold), partial(_fitted_scores, plan, everybody, seen, seed, fold)
        )
        for name, scores in found.items():
            said[name][own] = scores
    size = parameter_count({**plan.networks[0].spec, "classes": 2})
    return Judged(title, {name: softmax(scores) for name, scores in said.items()}, size)


def _fitted_scores(
    plan: TrainingPlan, everybody: Prepared, seen: Mapping[str, Prepared], seed: int, fold: Fold
) -> dict[str, np.ndarray]:
    lesson = Lesson(plan, plan.networks[0], everybody.of(fold.train), seed=seed)
    arrays = tensors(fit_network(lesson).arrays)
    return {name: scores_of(lesson, arrays, seen[name].of(fold.test)) for name in CONDITIONS}


def baseline(plan: TrainingPlan, everybody: Prepared) -> Judged:
    """Return what measured numbers alone say, on the same folds; they do not hang on the light."""
    task = load_task(TASK)
    columns, records = task.baseline.columns, everybody.records
    rows = np.array([[record.values.get(name, np.nan) for name in columns] for record in records])
    labels = np.array([record.label for record in records])
    said = np.full((len(records), 2), np.nan)
    for fold in folds_of(plan, everybody):
        test = np.isin([record.person for record in records], fold.test)
        one = fit_baseline("measured", "measured", columns, rows[~test], labels[~test], 2)
        for index in np.flatnonzero(test):
            found = baseline_probabilities(one, records[index].values)
            # Whoever could not be measured is judged by how common the classes are.
            share = np.bincount(labels[~test], minlength=2) / (~test).sum()
            said[index] = share if found is None else found
    return Judged(task.baseline.title, dict.fromkeys(CONDITIONS, said))


def table_of(rows: list[Judged], everybody: Prepared) -> list[str]:
    """Return areas under the curve by condition, and differences from the fused network."""
    labels = np.array([record.label for record in everybody.records])
    people = np.array([record.person for record in everybody.records])
    classes = everybody.classes
    lines = ["Area under the curve (95 % over people):", ""]
    lines += [f"| network | parameters | {' | '.join(CONDITIONS)} |", "|---" * 5 + "|"]
    for row in rows:
        cells = []
        for said in row.by_condition.values():
            found = classification_metrics(labels, said, people, classes, ordered=False, seed=0)
            cells.append(Estimate(found["auc_macro"], *found["auc_macro_ci95"]).text())
        size = f"{row.parameters:,}" if row.parameters else "–"
        lines.append(f"| {row.title} | {size} | {' | '.join(cells)} |")
    fused = next(row for row in rows if row.title == f"{FUSIONS['neck']} + MLGE")
    lines += ["", f"How much more the network '{fused.title}' has, paired:", ""]
    lines += [f"| than | {' | '.join(CONDITIONS)} |", "|---" * 4 + "|"]
    for row in rows:
        if row is fused:
            continue
        cells = []
        for name, said in row.by_condition.items():
            pair = paired_comparison(
                labels, said, fused.by_condition[name], people, classes, ordered=False
            )
            cells.append(pair["auc_macro"].difference.text("+.3f"))
        lines.append(f"| {row.title} | {' | '.join(cells)} |")
    return lines


def main() -> int:
    """Prepare the walks, fit and judge every network, print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("cohort", type=Path)
    options.add_argument("--out", type=Path, help="file that the table is written to as well")
    options.add_argument("--steps", type=int, default=_PLAN.optimiser.steps)
    options.add_argument("--keep", type=Path, help="folder that keeps what every fit said")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--quick", action="store_true")
    asked = options.parse_args()
    set_threads(asked.threads)
    steps = 2 if asked.quick else asked.steps
    plan = replace(
        _PLAN, optimiser=replace(_PLAN.optimiser, steps=steps),
        outer_folds=2 if asked.quick else 3,
    )  # fmt: skip
    try:
        study = open_study(asked.cohort, record="pictures")
        everybody = prepare_people(plan, study, load_task(TASK))
        seen = {name: changed(everybody, name) for name in CONDITIONS}
        kept = Kept.of(asked.keep, everybody)
        rows = [baseline(plan, everybody)]
        for title, network in networks_of(plan).items():
            began = time.monotonic()
            rows.append(judge(title, replace(plan, networks=(network,)), everybody, seen, kept))
            print(f"done: {title}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    counts = ", ".join(f"{n} {name}" for name, n in everybody.people_per_class().items())
    lines = [
        f"{len(everybody.labels)} people ({counts}); {plan.outer_folds} folds by person, a seed "
        f"each; {steps} steps of {plan.batch.groups} walks.",
        "",
        *table_of(rows, everybody),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
