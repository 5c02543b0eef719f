"""Teach the frozen language model to narrate: a prefix a language, a projector a bundle.

    python examples/learn_the_narrator.py prefix en --out NARRATOR
    python examples/learn_the_narrator.py prefix zh --out NARRATOR
    python examples/learn_the_narrator.py projector BUNDLE --cohort COHORT --out NARRATOR

A prefix takes about ten minutes of one core that has bf16: the model stays as it is, only the keys
and values before the first token are learned, on sentences drawn from the frames in
`clinigait/explain/narration/*.yaml`, with no number in them. NARRATOR takes the place of
`clinigait/bundles/narrator`. A projector reads the embeddings that a shipped bundle makes of the
walkers of a cohort of the virtual clinic (`clinigait synthesize`), and learns without the language
model which parameter lies farthest from the walkers of the first class.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

if TYPE_CHECKING:
    from clinigait.explain.narration.concepts import ConceptProjector
    from clinigait.explain.narration.narrator import Narrator

SEED = 1
#: Never learned, to see how new names fare.
UNSEEN = (
    "hip_extension_peak_deg", "step_width_m", "swing_pct", "toe_clearance_m", "trunk_sway_deg",
)  # fmt: skip
#: Frames that the prefix starts from, and batches that are drawn.
PLANS = {"en": ((0, 1, 5), 240), "zh": ((0, 2), 240)}
#: Walkers of the test that the language model is asked about, each with two vectors.
MOST_ASKED = 24
#: What an embedding may be about, by task of its bundle.
CONCEPTS = {
    "frailty": ("speed_mps", "stride_length_m", "stride_time_s", "step_width_m", "stance_pct"),
    "parkinson": ("speed_mps", "stride_length_m", "stride_time_s", "arm_swing_deg", "stance_pct"),
}


def learn_a_prefix(language: str, out: Path, quick: bool) -> None:
    """Learn the prefix of one language and write it, with its part of the card."""
    import torch

    from clinigait.explain.language_model import load_language_model
    from clinigait.explain.narration.learn import exemplars, learn_prefix, lessons, names_of
    from clinigait.explain.narration.store import write_arrays

    torch.set_num_threads(1)
    model = load_language_model()
    frames, batches = PLANS[language]
    names, rng = names_of(language, UNSEEN), np.random.default_rng(SEED)
    start = exemplars(language, names, frames)
    drawn = lessons(language, names, 8 * batches, rng)
    if quick:
        drawn = drawn[:8]
    began = time.process_time()
    losses: list[float] = []

    def tell(step: int, loss: float) -> None:
        losses.append(loss)
        print(f"{language} {step + 1:3d}: {loss:.3f} after {time.process_time() - began:.0f} s")

    prefix = learn_prefix(model, start, drawn, rng, tell)
    digest = write_arrays(out, language, {"prefix": prefix.numpy()})
    add_to_card(
        out, model.name, model.sha256,
        files={f"{language}.safetensors": digest},
        languages={language: {
            "start": start,
            "stages": [{"seed": SEED, "batches": len(losses)}],
            "sentences": len(drawn),
            "loss_of_the_last_ten": round(float(np.mean(losses[-10:])), 3),
        }},
    )  # fmt: skip


def embeddings_of(
    bundle_name: str, cohort: Path, walkers: int
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return (N, E) embeddings of walkers of a cohort, (N, C) standardised numbers, C concepts.

    The numbers are the true ones, or those that the protocol has measured, less the mean of the
    walkers of the first class, over their spread.
    """
    from clinigait.datasets.registry import open_study
    from clinigait.io.bundle import read_bundle
    from clinigait.models.scoring import Scorer
    from clinigait.models.task import load_task
    from clinigait.training.plan import load_plan
    from clinigait.training.train import prepare_people

    plan, scorer = load_plan(bundle_name), Scorer(read_bundle(bundle_name))
    concepts = CONCEPTS[plan.task]
    filmed = any(one.kind == "rgbd" for one in plan.inputs)
    study = open_study(cohort, record="pictures" if filmed else None)
    people = sorted({sample.person for sample in study.samples})[:walkers]
    first_walks = {s.person: s for s in reversed(study.samples) if s.person in people}
    study = replace(study, samples=tuple(first_walks[person] for person in people))
    prepared = prepare_people(plan, study, load_task(plan.task))
    vectors, numbers, labels = [], [], []
    for record in prepared.records:
        walk = cohort / "walkers" / record.person / "visit_1" / "walk_1"
        truth = json.loads((walk / "truth.json").read_text("utf-8"))["parameters"]
        known = [[row["value"] for row in truth if row["name"] == name] for name in concepts]
        own = [
            float(np.mean(values)) if values else record.values.get(f"lesser.{name}", np.nan)
            for name, values in zip(concepts, known, strict=True)
        ]
        if not np.isfinite(own).all():
            continue
        vectors.append(scorer.look(record.clip)[1].vectors.mean(axis=0))
        numbers.append(own)
        labels.append(record.label)
    table, usual = np.array(numbers), np.array(labels) == 0
    deviations = (table - table[usual].mean(axis=0)) / table[usual].std(axis=0)
    return np.array(vectors), deviations, concepts


def learn_a_projector(bundle_name: str, cohort: Path, walkers: int, out: Path) -> None:
    """Learn a projector on three quarters of the walkers; see on the rest what it adds."""
    from clinigait.explain.narration.concepts import learn_projector
    from clinigait.explain.narration.narrator import load_narrator
    from clinigait.explain.narration.store import write_arrays

    vectors, deviations, concepts = embeddings_of(bundle_name, cohort, walkers)
    targets = np.abs(deviations).argmax(axis=1)
    cut = 3 * len(vectors) // 4
    projector = learn_projector(vectors[:cut], targets[:cut], concepts)
    test, wanted = vectors[cut:], targets[cut:]
    narrator = load_narrator()
    found = what_it_adds(narrator, projector, test, wanted)
    found["most_frequent"] = round(float(np.mean(wanted == np.bincount(targets[:cut]).argmax())), 3)
    found["walkers"] = [cut, len(test)]
    print(json.dumps(found, indent=1))
    digest = write_arrays(out, bundle_name, projector.arrays())
    add_to_card(
        out, narrator.model.name, narrator.model.sha256,
        files={f"{bundle_name}.safetensors": digest},
        projectors={bundle_name: {"concepts": list(concepts), "held_out": found}},
    )  # fmt: skip


def what_it_adds(
    narrator: Narrator, projector: ConceptProjector, vectors: np.ndarray, wanted: np.ndarray
) -> dict[str, object]:
    """Return how often the headline names what lies farthest out: right, wrong and no vector.

    The model chooses among the names of all concepts, whatever the findings are: the trie over the
    findings of a real assessment has fewer, and other, names.
    """
    from clinigait.explain.narration.headline import choose_first
    from clinigait.explain.narration.names import running_name
    from clinigait.gait.catalogue import CATALOGUE

    names = [running_name(CATALOGUE[name].title) for name in projector.concepts]
    wrong = np.roll(vectors, 1, axis=0)
    shares: dict[str, object] = {"asked_of_the_model": min(len(vectors), MOST_ASKED)}
    for what, given in (("right", vectors), ("wrong", wrong)):
        hits = projector.probabilities(given).argmax(axis=1) == wanted
        shares[f"projector_{what}_vector"] = round(float(hits.mean()), 3)
        said = [choose_first(names, "en", narrator, projector, v) for v in given[:MOST_ASKED]]
        shares[f"model_{what}_vector"] = share(said, names, wanted[:MOST_ASKED])
    none = choose_first(names, "en", narrator, None, None)
    asked = wanted[:MOST_ASKED]
    shares["model_no_vector"] = share([none] * len(asked), names, asked)
    return shares


def share(said: list[str], names: list[str], wanted: np.ndarray) -> float:
    """Return the share of headlines that name what was wanted."""
    return round(
        float(np.mean([names.index(one) == w for one, w in zip(said, wanted, strict=True)])), 3
    )


def add_to_card(out: Path, model: str, sha256: str, **parts: dict[str, object]) -> None:
    """Add what was learned to the card in ``out``; make it where there is none."""
    from clinigait.explain.narration.store import write_card

    card = {
        "schema": "clinigait-narrator-1",
        "model": model,
        "model_sha256": sha256,
        "learned_from": (
            "Sentences without numbers drawn from clinigait's own frames and titles of parameters "
            "and tasks; projectors from embeddings of synthetic walkers. No patient, no report."
        ),
        "unseen": list(UNSEEN),
        "languages": {},
        "projectors": {},
        "files": {},
    }
    there = out / "card.json"
    if there.is_file():
        card |= json.loads(there.read_text("utf-8"))
    for name, part in parts.items():
        card[name] |= part
    write_card(out, card)


def main() -> int:
    """Learn what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["prefix", "projector"])
    parser.add_argument("name", help="en or zh; or the name of a bundle")
    parser.add_argument("--cohort", type=Path)
    parser.add_argument("--walkers", type=int, default=160)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.what == "prefix":
        learn_a_prefix(asked.name, asked.out, asked.quick)
    else:
        learn_a_projector(asked.name, asked.cohort, asked.walkers, asked.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
