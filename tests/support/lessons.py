"""Tiny walks to learn from: bright spots whose height says the class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from clinigait.core import InputSpec
from clinigait.representations.clip import Clip
from clinigait.training.plan import Batch, NetworkPlan, Optimiser, Term, TrainingPlan
from clinigait.training.prepared import Prepared, Record

CLASSES = ("robust", "pre_frail", "frail")
TINY = {"kind": "gaitbase", "channels": 2, "parts": 4, "embedding": 8}


def clip_of(label: int, seed: int, *, frames: int = 24, signal: bool = True) -> Clip:
    """Return pictures of 16 × 12 whose bright row says the label, or nothing."""
    rng = np.random.default_rng([seed, 77])
    pictures = rng.integers(0, 90, (frames, 1, 16, 12), dtype=np.uint8)
    if signal:
        pictures[:, :, 2 + 5 * label : 4 + 5 * label] = 230
    return Clip({"silhouettes": pictures}, {}, np.arange(frames) / 30)


def prepared(
    people: int = 12, walks: int = 2, *, seed: int = 0, signal: bool = True
) -> Prepared:
    """Return as many people of each class; without signal, pictures say nothing of it."""
    records = []
    for number in range(people):
        label = number % len(CLASSES)
        for walk in range(walks):
            name = f"p{number:02d}w{walk}"
            clip = clip_of(label, hash((seed, number, walk)) & 0xFFFFFF, signal=signal)
            values = {"speed_mps": 1.4 - 0.3 * label + 0.01 * walk}
            records.append(Record(name, f"p{number:02d}", "1", name, label, clip, values))
    return Prepared(CLASSES, tuple(records), {})


def plan_of(steps: int = 30, **changes: object) -> TrainingPlan:
    """Return a plan for one tiny network."""
    wanted: dict[str, object] = {
        "name": "tiny", "version": "1", "kind": "training", "title": "Tiny", "task": "frailty",
        "inputs": (InputSpec("silhouettes"),), "networks": (NetworkPlan(TINY),),
        "objective": (Term("cross_entropy"), Term("triplet")),
        "optimiser": Optimiser(rate=3e-3, steps=steps), "batch": Batch(groups=6, clips=2, frames=8),
        "outer_folds": 3, "inner_folds": 2,
    }  # fmt: skip
    return TrainingPlan(**{**wanted, **changes})  # type: ignore[arg-type]
