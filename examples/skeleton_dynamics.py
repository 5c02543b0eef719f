"""Ask what the wavelet stream and inferred loads add to networks of skeletons.

    python examples/skeleton_dynamics.py PATHOLOGICAL_GAIT --out skeleton_dynamics.md --keep FITS

The claims of arXiv:2604.03002 (time and frequency beside a backbone, most under a coat or with a
bag) and arXiv:2512.20451 (forces of the joints), asked of six acted gaits of five people: three
backbones (GaitMixer, GaitFormer, GaitGraph), each alone, with the Wavelet Feature Stream, and with
the loads of the joints as a second stream. All learn the same steps from the same walks, put on
other bodies in the same way, and have about as many parameters. Each person is judged by networks
that never saw them, three times over (seeds), on walks as they were recorded and as a camera might
have seen them under a coat and with a bag (``covered``; nobody learns from those).

A walk has two sensors: "per sequence" counts every record, "per walk" their mean. Intervals are
over people, of whom there are five: they are rough. Differences are paired.

135 fits take hours of a core: with ``--keep`` what a fit said is kept in a folder, and the same
command goes on after it was stopped; ``--backbones`` shares the work out to several processes.
``--quick`` has few steps, people and walks: it shows the road, not the answer.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, BadInputError, InputSpec, Walk
from clinigait.datasets.registry import open_study
from clinigait.datasets.study import Sample, Study
from clinigait.models.scoring import softmax
from clinigait.models.task import load_task
from clinigait.nn.equal_size import parameter_count
from clinigait.representations.joint_loads import JOINT_LOADS
from clinigait.representations.joints import JOINTS
from clinigait.representations.skeletons import BODY_17, PARENTS
from clinigait.stats.bootstrap import Estimate
from clinigait.stats.classification import Difference, classification_metrics, paired_comparison
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
    Variations,
)
from clinigait.training.prepared import Prepared
from clinigait.training.train import prepare_people

TASK = "pathology"
RATE_HZ = 15
SEEDS = 3
CONDITIONS = ("as recorded", "coat and bag")
STREAMS = ("alone", "wavelet", "loads")
#: Garments (ours): points of a coat lie beside the joints, sway, and are lost now and then; the
#: arm that holds a bag, and the hip behind it, are hidden for a good third of the walk.
_COAT = ("shoulder", "hip", "knee")
_BULK_M, _SWAY_M, _SWAY_S = 0.03, 0.02, 0.2
_LOST_S = 0.3
_COAT_LOST, _BAG_LOST = 0.1, {"elbow": 0.4, "wrist": 0.4, "hip": 0.3}

_EDGES = [[joint, PARENTS[joint]] for joint in range(1, len(BODY_17))]
#: About 72 000 parameters each: what a stream costs, a backbone without it has in its embedding.
_WAVELET = {"rate_hz": RATE_HZ, "coordinates": 3, "channels": 6, "embedding": 32, "hop": 2}
SPECS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "gaitmixer": {
        "alone": {"channels": 16, "embedding": 256},
        "wavelet": {"channels": 16, "embedding": 64, "wavelet": _WAVELET},
        "loads": {"channels": 16, "embedding": 184},
    },
    "gaitformer": {
        "alone": {"channels": 16, "embedding": 192},
        "wavelet": {"channels": 16, "embedding": 80, "wavelet": _WAVELET},
        "loads": {"channels": 16, "embedding": 156},
    },
    "gaitgraph": {
        "alone": {"channels": 28, "embedding": 88, "edges": _EDGES},
        "wavelet": {"channels": 22, "embedding": 64, "edges": _EDGES, "wavelet": _WAVELET},
        "loads": {"channels": 26, "embedding": 64, "edges": _EDGES},
    },
}
_PLAN = TrainingPlan(
    name="skeleton_dynamics", version="1", kind="training", title="Six acted gaits", task=TASK,
    data_set="pathological-gait",
    inputs=(InputSpec(JOINTS, {"rate_hz": RATE_HZ}),),
    networks=(NetworkPlan({"kind": "gaitmixer"}),),
    objective=(Term("cross_entropy", smoothing=0.1),),
    class_weights="none",
    variations=Variations(2),
    optimiser=Optimiser(rate=3e-3, weight_decay=0.01, steps=180, warm_up=0.2),
    batch=Batch(groups=4, clips=4, frames=32, speed=(1, 1)),
    augment=(Augmentation("mirror", p=0.5),),
)  # fmt: skip


def network_of(backbone: str, stream: str) -> dict[str, Any]:
    """Return the specification of a network, without the number of classes."""
    channels = {"in_channels": 9, "loads": 3} if stream == "loads" else {"in_channels": 6}
    own = SPECS[backbone][stream]
    return {"kind": backbone, "joints": len(BODY_17), **channels, **own}


def plan_of(plan: TrainingPlan, backbone: str, stream: str) -> TrainingPlan:
    """Return how a network learns; but for what it sees, all alike."""
    kind = JOINT_LOADS if stream == "loads" else JOINTS
    return replace(
        plan, inputs=(InputSpec(kind, {"rate_hz": RATE_HZ}),),
        networks=(replace(plan.networks[0], spec=network_of(backbone, stream)),),
    )  # fmt: skip


def covered(walk: Walk, name: str) -> Walk:
    """Return a walk as it might have been seen under a coat and with a bag; drawn by its name."""
    digest = hashlib.sha256(name.encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    points = walk.keypoints.copy()
    for side in SIDES:
        for joint in _COAT:
            own = points[:, walk.layout.index(joint, side)]
            own += rng.normal(0, _BULK_M, 3) + _swaying(walk.time_s, rng)
            own[_lost(walk.time_s, _COAT_LOST, rng)] = np.nan
    bag_side = SIDES[int(rng.integers(2))]
    for joint, share in _BAG_LOST.items():
        points[_lost(walk.time_s, share, rng), walk.layout.index(joint, bag_side)] = np.nan
    return replace(walk, keypoints=points)


def _swaying(time_s: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    knots_s = np.arange(time_s[0], time_s[-1] + 2 * _SWAY_S, _SWAY_S)
    knots = rng.normal(0, _SWAY_M, (3, len(knots_s)))
    return np.stack([np.interp(time_s, knots_s, axis) for axis in knots], axis=1)


def _lost(time_s: NDArray[np.float64], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return (T,) frames that are lost, in runs of some tenths of a second."""
    run = ((time_s - time_s[0]) / _LOST_S + rng.random()).astype(int)
    count = int(run.max()) + 1
    return np.asarray(rng.permutation(count)[run] < int(share * count))


def covered_study(study: Study) -> Study:
    """Return the same walks, covered."""

    def under(sample: Sample) -> Sample:
        return replace(sample, read=lambda: covered(sample.read(), sample.sequence))

    return replace(study, samples=tuple(under(sample) for sample in study.samples))


@dataclass(frozen=True)
class Seen:
    """Everybody as networks of one kind of input see them, by condition."""

    people: Prepared
    by_condition: Mapping[str, Prepared]
    kept: Kept


def seen_by(plan: TrainingPlan, study: Study, folder: Path | None) -> Seen:
    """Prepare walks as recorded, from which is learned, and covered, which only judge."""
    task = load_task(TASK)
    people = prepare_people(plan, study, task, measured=False)
    plain = replace(plan, variations=Variations())
    hidden = prepare_people(plain, covered_study(study), task, measured=False)
    return Seen(people, dict(zip(CONDITIONS, (people, hidden), strict=True)),
                Kept.of(folder, hidden))  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """Log-probabilities of every record, (seeds, N, K), each by networks of others."""

    by_condition: Mapping[str, NDArray[np.float64]]
    parameters: int
    seconds: float


def judge(plan: TrainingPlan, seen: Seen, seeds: int) -> Judged:
    """Fit a network on each fold and seed, and ask it of the person left out."""
    records = {name: people.records for name, people in seen.by_condition.items()}
    classes = seen.people.classes
    said = {n: np.full((seeds, len(r), len(classes)), np.nan) for n, r in records.items()}
    began = time.process_time()
    for seed in range(seeds):
        for fold in folds_by_person(seen.people.labels, 100, 0, classes):
            found = seen.kept.scores((plan, seed, fold), partial(_fitted, plan, seen, seed, fold))
            for name, scores in found.items():
                own = np.isin([record.person for record in records[name]], fold.test)
                said[name][seed, own] = scores
    size = parameter_count({**plan.networks[0].spec, "classes": len(classes)})
    return Judged(said, size, time.process_time() - began)


def _fitted(
    plan: TrainingPlan, seen: Seen, seed: int, fold: Fold
) -> dict[str, NDArray[np.float64]]:
    began = time.process_time()
    lesson = Lesson(plan, plan.networks[0], seen.people.of(fold.train), seed=seed)
    arrays = tensors(fit_network(lesson).arrays)
    found = {n: scores_of(lesson, arrays, p.of(fold.test)) for n, p in seen.by_condition.items()}
    took_s = time.process_time() - began
    print(f"  seed {seed}, without {fold.test[0]}: {took_s:.0f} CPU s", file=sys.stderr, flush=True)
    return found


@dataclass(frozen=True)
class Rows:
    """What was judged, row by row: records or walks, seed after seed."""

    labels: NDArray[np.intp]
    people: NDArray[np.str_]
    keys: NDArray[np.str_]

    @classmethod
    def of(cls, people: Prepared, *, walks: bool) -> Rows:
        """Return records, or walks, of everybody."""
        keys = np.array([r.walk if walks else r.sequence for r in people.records])
        labels = np.array([record.label for record in people.records])
        return cls(labels, np.array([record.person for record in people.records]), keys)

    def judged(self, scores: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
        """Return labels, people and probabilities of the distinct keys, seed after seed."""
        _, first, place = np.unique(self.keys, return_index=True, return_inverse=True)
        count = np.bincount(place)
        sums = np.zeros((len(scores), len(first), scores.shape[2]))
        for seed, own in enumerate(scores):
            np.add.at(sums[seed], place, own)
        probabilities = softmax(sums / count[:, None])
        return {
            "labels": np.tile(self.labels[first], len(scores)),
            "people": np.tile(self.people[first], len(scores)),
            "probabilities": probabilities.reshape(-1, scores.shape[2]),
        }


def table_of(found: Mapping[tuple[str, str], Judged], seen: Mapping[str, Seen]) -> list[str]:
    """Return accuracies, and what either stream adds."""
    views = [(condition, walks) for condition in CONDITIONS for walks in (False, True)]
    heads = [f"{name}, per {'walk' if walks else 'sequence'}" for name, walks in views]
    lines = ["Accuracy (95 % over people):", ""]
    lines += [f"| network | parameters | {' | '.join(heads)} |", "|---" * 6 + "|"]
    for (backbone, stream), judged in found.items():
        cells = []
        for view in views:
            rows = _rows_of(judged, seen[stream], *view)
            metrics = classification_metrics(
                rows["labels"], rows["probabilities"], rows["people"],
                seen[stream].people.classes, ordered=False, seed=0,
            )  # fmt: skip
            cells.append(Estimate(metrics["accuracy"], *metrics["accuracy_ci95"]).text())
        lines.append(
            f"| {_title(backbone, stream)} | {judged.parameters:,} | {' | '.join(cells)} |"
        )
    lines += ["", "What a stream adds to the accuracy of the backbone alone, paired:", ""]
    lines += [f"| network | {' | '.join(heads)} |", "|---" * 5 + "|"]
    for (backbone, stream), judged in found.items():
        if stream != "alone":
            cells = [_gain(found[backbone, "alone"], judged, seen, stream, view) for view in views]
            lines.append(f"| {_title(backbone, stream)} | {' | '.join(cells)} |")
    return lines


def _title(backbone: str, stream: str) -> str:
    return backbone if stream == "alone" else f"{backbone} + {stream}"


def _rows_of(judged: Judged, seen: Seen, condition: str, walks: bool) -> dict[str, NDArray[Any]]:
    rows = Rows.of(seen.by_condition[condition], walks=walks)
    return rows.judged(judged.by_condition[condition])


def _gain(
    alone: Judged, judged: Judged, seen: Mapping[str, Seen], stream: str, view: tuple[str, bool]
) -> str:
    before, after = _rows_of(alone, seen["alone"], *view), _rows_of(judged, seen[stream], *view)
    if len(before["labels"]) != len(after["labels"]):
        return "not the same walks"
    pair: dict[str, Difference] = paired_comparison(
        before["labels"], before["probabilities"], after["probabilities"], before["people"],
        seen["alone"].people.classes, ordered=False,
    )  # fmt: skip
    return pair["accuracy"].difference.text("+.3f")


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("data", type=Path)
    options.add_argument("--out", type=Path, help="file that the table is written to as well")
    options.add_argument("--steps", type=int, default=_PLAN.optimiser.steps)
    options.add_argument("--seeds", type=int, default=SEEDS)
    options.add_argument("--keep", type=Path, help="folder that keeps what every fit said")
    options.add_argument("--backbones", default=",".join(SPECS), help="which, with commas between")
    options.add_argument("--streams", default=",".join(STREAMS), help="which, alone first")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--quick", action="store_true")
    return options.parse_args()


def study_of(data: Path, *, quick: bool) -> Study:
    """Return the walks of persons 1 to 5; for a quick look one of each gait of two people."""
    study = open_study(data, "pathological-gait", "1-2" if quick else "1-5")
    if not quick:
        return study
    few = [s for s in study.samples if s.walk[-1] == "1" and not s.walk[-2].isdigit()]
    return replace(study, samples=tuple(few))


def main() -> int:
    """Prepare the walks, fit and judge every network, print the table."""
    asked = _options()
    set_threads(asked.threads)
    optimiser = replace(_PLAN.optimiser, steps=2 if asked.quick else asked.steps)
    plan = replace(_PLAN, optimiser=optimiser)
    seeds = 1 if asked.quick else asked.seeds
    backbones, streams = asked.backbones.split(","), asked.streams.split(",")
    if set(backbones) - set(SPECS) or set(streams) - set(STREAMS) or streams[0] != "alone":
        print("Give known backbones, and known streams with alone first.", file=sys.stderr)
        return 2
    try:
        study = study_of(asked.data, quick=asked.quick)
        seen: dict[str, Seen] = {}
        for stream in streams:
            if stream == "wavelet":  # sees what the backbone alone sees
                seen[stream] = seen["alone"]
            else:
                seen[stream] = seen_by(plan_of(plan, backbones[0], stream), study, asked.keep)
        found = {}
        for backbone in backbones:
            for stream in streams:
                one = judge(plan_of(plan, backbone, stream), seen[stream], seeds)
                found[backbone, stream] = one
                title = _title(backbone, stream)
                print(f"done: {title}, {one.seconds:.0f} CPU s", file=sys.stderr, flush=True)
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    people = seen["alone"].people
    text = "\n".join([
        f"{len(people.labels)} people, {len(people.records)} records; one person left out at a "
        f"time, {seeds} seed{'s' * (seeds > 1)}; {plan.optimiser.steps} steps of "
        f"{plan.batch.groups * plan.batch.clips} clips.",
        "", *table_of(found, seen),
    ]) + "\n"  # fmt: skip
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
