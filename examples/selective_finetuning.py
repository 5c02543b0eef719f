"""Ask whether to freeze a part of a network that knows people when it has to learn frailty.

    clinigait synthesize identity_population --out IDENTITIES --walkers 20 --seed 31 \
        --sensors silhouettes,keypoints --views sagittal
    clinigait synthesize frailty_population --out COHORT --walkers 180 --seed 11 \
        --sensors silhouettes,keypoints,estimated --views sagittal
    python examples/selective_finetuning.py IDENTITIES COHORT --out TABLE --keep FITS

The question of arXiv:2603.24434, asked of synthetic walkers. GaitBase first learns to know people
again by their silhouettes (IDENTITIES: several visits in other clothes). Then it is fine-tuned to
frailty at small sites: three groups of sixty people of COHORT who have nobody in common, each with
a seed of its own. Four rows differ in what keeps its weights: nothing, the early stages, most, or
all but the head; statistics of batch normalisation stay in all of them. Every row has the same
budget: as many steps at most, inner folds choose when to stop, outer folds are judged once, all by
person. Differences between rows are paired, over the people of all sites.

108 fits take hours of a core: with ``--keep`` what the networks of a site said is kept in a folder,
and the same command goes on after it was stopped. ``--quick`` has one site, few people and few
steps: it shows the road, not the answer.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from clinigait.core import BadInputError, InputSpec
from clinigait.datasets.registry import open_study
from clinigait.models.scoring import softmax
from clinigait.models.task import load_task
from clinigait.representations.inputs import prepare
from clinigait.stats.bootstrap import Estimate
from clinigait.stats.classification import classification_metrics, paired_comparison
from clinigait.training.cross_validation import Course, out_of_fold
from clinigait.training.fit import Arrays, Lesson, fit_network, new_network, set_threads, tensors
from clinigait.training.kept import Kept, Said
from clinigait.training.plan import (
    Augmentation,
    Batch,
    NetworkPlan,
    Optimiser,
    Stopping,
    Term,
    TrainingPlan,
)
from clinigait.training.prepared import Prepared, Record, prepare_study
from clinigait.training.work import Work

ROWS = {
    "none frozen": ("none",),
    "early frozen (stem, layer 1)": ("stem", "layer1"),
    "heavy frozen (stem to layer 3)": ("stem", "layer1", "layer2", "layer3"),
    "all frozen but the head": ("all",),
}
_TASK = load_task("frailty")
SHOWN = ("accuracy", "balanced_accuracy", "auc_macro", "kappa_linear")
#: Pictures a second: pooling over time takes them as a set.
_INPUT = InputSpec("silhouettes", {"rate_hz": 5})
_SITE = TrainingPlan(
    name="site", version="1", kind="training", title="Frailty at a small site", task="frailty",
    inputs=(_INPUT,),
    networks=(NetworkPlan({"kind": "gaitbase", "channels": 16}, window_frames=8, hop_frames=8),),
    # The frailty study's: clips of one person lie together, and the class.
    objective=(Term("triplet", weight=1.5, margin=0.25), Term("cross_entropy", weight=2.0)),
    optimiser=Optimiser(rate=1e-3, weight_decay=1e-3, steps=200),
    batch=Batch(groups=6, clips=2, frames=8),
    augment=tuple(Augmentation(name) for name in ("mirror", "rotate", "perspective")),
    freeze_norms="all", stopping=Stopping(every=20, patience=2), outer_folds=3, inner_folds=2,
)  # fmt: skip
_IDENTITY = replace(
    _SITE,
    objective=(Term("triplet", margin=0.2), Term("cross_entropy")),
    optimiser=Optimiser(rate=3e-3, weight_decay=0.01, steps=300),
    freeze_norms="frozen",
    stopping=None,
)


@dataclass(frozen=True)
class Judged:
    """What one row said of the people of all sites, each judged by networks of others."""

    labels: np.ndarray
    probabilities: np.ndarray
    people: np.ndarray
    steps: tuple[int, ...]


def identities(folder: Path) -> Prepared:
    """Return walks whose class is who walks."""
    samples = open_study(folder, record="true").samples
    people = list(dict.fromkeys(sample.person for sample in samples))
    records = [
        Record(
            s.sequence, s.person, s.visit, s.walk, people.index(s.person),
            prepare(s.read(), [_INPUT]),
        )
        for s in samples
    ]  # fmt: skip
    return Prepared(tuple(people), tuple(records), {})


def known_again(lesson: Lesson, arrays: Arrays, people: Prepared) -> float:
    """Return how often a walk is nearest to another visit of the same person, of new people."""
    network = new_network(lesson)
    network.load_state_dict(tensors(arrays))
    network.eval()
    vectors = []
    with torch.inference_mode():
        for record in people.records:
            pictures = torch.from_numpy(record.clip.frames["silhouettes"].copy()).float() / 255
            vectors.append(network(pictures.swapaxes(0, 1)[None]).parts_bn.flatten())
    near = torch.stack(vectors) @ torch.stack(vectors).T
    who = np.array([(r.person, r.visit) for r in people.records])
    same_visit = torch.from_numpy((who[:, None] == who[None]).all(-1))
    nearest = near.masked_fill(same_visit, -torch.inf).argmax(1).numpy()
    return float(np.mean(who[nearest, 0] == who[:, 0]))


def sites_of(folder: Path, count: int, size: int) -> list[Prepared]:
    """Return groups of people who have nobody in common."""
    study = open_study(folder)
    names = sorted({sample.person for sample in study.samples})[: count * size]
    if len(names) < count * size:
        raise BadInputError(
            f"COHORT has {len(names)} people; {count} sites of {size} need {count * size}.",
            "Synthesize more walkers.",
        )
    wanted = replace(study, samples=tuple(s for s in study.samples if s.person in set(names)))
    everybody = prepare_study(wanted, _TASK, lambda walk: prepare(walk, [_INPUT]))
    return [everybody.of(names[i * size : (i + 1) * size]) for i in range(count)]


def judge(
    plan: TrainingPlan, sites: Sequence[Prepared], start: Arrays, keep: Path | None
) -> Judged:
    """Fine-tune at every site by nested folds and return what was said of the people."""
    labels, scores, people, steps = [], [], [], []
    for number, site in enumerate(sites):
        at_site = replace(plan, seed=number)
        said = Kept.of(keep, site).scores(
            (at_site, digest_of(start)), partial(fine_tuned, at_site, site, start)
        )
        labels += [record.label for record in site.records]
        people += [record.person for record in site.records]
        scores.append(said["scores"])
        steps += said["steps"].astype(int).tolist()
    probabilities = softmax(np.concatenate(scores))
    return Judged(np.array(labels), probabilities, np.array(people), tuple(steps))


def fine_tuned(plan: TrainingPlan, site: Prepared, start: Arrays) -> Said:
    """Return what networks of a site say of people they did not see, and how long they learned."""
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Work(Path(folder) / "site", "0" * 12), (start,))
        found = out_of_fold(plan, site, course)
    steps = np.array([choice.steps[0] for choice in found.choices], float)
    return {"scores": np.asarray(found.scores, float), "steps": steps}


def known_start(lesson: Lesson, keep: Path | None) -> Arrays:
    """Return weights that know people again, learned once."""
    fitted = partial(_as_numbers, lesson)
    said = Kept.of(keep, lesson.learners).scores((lesson.plan, lesson.seed), fitted)
    return {name: values.astype(np.float32) for name, values in said.items()}


def _as_numbers(lesson: Lesson) -> Said:
    return {name: np.asarray(v, float) for name, v in fit_network(lesson).arrays.items()}


def digest_of(arrays: Arrays) -> str:
    """Return what tells weights from others."""
    together = sha256()
    for name, values in sorted(arrays.items()):
        together.update(name.encode())
        together.update(np.ascontiguousarray(values).tobytes())
    return together.hexdigest()


def table_of(judged: dict[str, Judged]) -> list[str]:
    """Return a table of the rows, and one of their differences from each other."""
    lines = [f"| frozen | {' | '.join(SHOWN)} | steps |", "|---" * (len(SHOWN) + 2) + "|"]
    for name, row in judged.items():
        found = classification_metrics(
            row.labels, row.probabilities, row.people, _TASK.classes, ordered=True, seed=0
        )
        cells = [Estimate(found[x], *found[f"{x}_ci95"]).text() for x in SHOWN]
        steps = f"{min(row.steps)} to {max(row.steps)}"
        lines.append(f"| {name} | {' | '.join(cells)} | {steps} |")
    *others, _ = judged
    lines += ["", f"| balanced accuracy less that of | {' | '.join(others)} |"]
    lines.append("|---" * (len(others) + 1) + "|")
    for number, (name, row) in enumerate(judged.items()):
        cells = [_more(row, judged[other]) for other in others[:number]]
        cells += ["–"] * (len(others) - number)
        if number:
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _more(row: Judged, other: Judged) -> str:
    pair = paired_comparison(
        row.labels, other.probabilities, row.probabilities, row.people, _TASK.classes, ordered=True
    )
    return pair["balanced_accuracy"].difference.text("+.3f")


def main() -> int:
    """Learn people, fine-tune at the sites, print the table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("identities", type=Path)
    options.add_argument("cohort", type=Path)
    options.add_argument("--sites", type=int, default=3)
    options.add_argument("--people", type=int, default=60)
    options.add_argument("--steps", type=int, default=_SITE.optimiser.steps, help="at most")
    options.add_argument("--out", type=Path, help="file that the table is written to as well")
    options.add_argument("--keep", type=Path, help="folder that keeps what the networks said")
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--quick", action="store_true")
    asked = options.parse_args()
    set_threads(asked.threads)
    site = replace(_SITE, optimiser=replace(_SITE.optimiser, steps=asked.steps))
    identity, count, size = _IDENTITY, asked.sites, asked.people
    if asked.quick:
        few = replace(site.optimiser, steps=4)
        site = replace(site, optimiser=few, stopping=Stopping(every=2, patience=1), outer_folds=2)
        identity = replace(identity, optimiser=replace(few, rate=identity.optimiser.rate))
        count, size = 1, 18
    try:
        known = identities(asked.identities)
        names = list(known.labels)
        held_out = names[-max(2, len(names) // 5) :]
        lesson = Lesson(
            identity, identity.networks[0],
            replace(known.of(names[: -len(held_out)]), classes=tuple(names[: -len(held_out)])),
        )  # fmt: skip
        start = known_start(lesson, asked.keep)
        rank = known_again(lesson, start, known.of(held_out))
        lines = [
            f"Identity: {len(names) - len(held_out)} people taught; of {len(held_out)} others, "
            f"{100 * rank:.0f} % of the walks were nearest to another visit of the same person.",
            f"Sites: {count} of {size} people; at most {site.optimiser.steps} steps, "
            f"{site.outer_folds} outer and {site.inner_folds} inner folds by person.",
            "",
        ]
        sites = sites_of(asked.cohort, count, size)
        judged = {}
        for name, frozen in ROWS.items():
            judged[name] = judge(replace(site, freeze=frozen), sites, start, asked.keep)
            print(f"done: {name}", file=sys.stderr)
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    text = "\n".join([*lines, *table_of(judged)]) + "\n"
    print(text)
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
