"""Tiny walks to learn from: bright spots whose height says the class."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pytest

from clinigait.core import COCO_17, InputSpec, RefusedError, Space, Walk
from clinigait.datasets.study import Sample, Study
from clinigait.representations.clip import Clip
from clinigait.representations.inputs import PREPARATIONS
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


def prepared(people: int = 12, walks: int = 2, *, seed: int = 0, signal: bool = True) -> Prepared:
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


def walk_of(label: int, seed: int, frames: int = 24) -> Walk:
    """Return a walk that :func:`know_lesson` makes pictures of."""
    rng = np.random.default_rng(seed)
    return Walk(
        np.arange(frames) / 30, rng.normal(size=(frames, 17, 2)), np.ones((frames, 17)), COCO_17,
        Space.IMAGE_PX, provenance={"label": str(label), "seed": str(seed)},
    )  # fmt: skip


def know_lesson(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the preparation ``silhouettes`` one of the tiny pictures, for a test."""

    def prepared(walk: Walk, _options: Mapping[str, object]) -> Clip:
        if len(walk) < 10:
            raise RefusedError("lesson_too_short", "The walk is too short.", "Film a longer one.")
        label, seed = int(walk.provenance["label"]), int(walk.provenance["seed"])
        return clip_of(label, seed, frames=len(walk))

    monkeypatch.setitem(PREPARATIONS, "silhouettes", ("lesson", prepared))


def study_of(
    people: int = 12, walks: int = 2, *, seed: int = 0, covariates: bool = True, short: int = 0
) -> Study:
    """Return a study of as many people of each class; the last ``short`` walks are too short."""
    samples = []
    for number in range(people):
        label = number % len(CLASSES)
        for walk in range(walks):
            name = f"p{number:02d}w{walk}"
            known = {"speed_mps": 1.4 - 0.3 * label + 0.05 * walk, "age_y": 70.0 + number % 5}
            is_short = people * walks - (number * walks + walk) <= short
            read = partial(walk_of, label, 1000 * seed + 10 * number + walk, 5 if is_short else 24)
            samples.append(
                Sample(
                    name, f"p{number:02d}", name, CLASSES[label], read,
                    covariates={**known, "sex": "female"} if covariates else {},
                )
            )  # fmt: skip
    return Study("lesson", "made for tests", "CC0-1.0", "acted", "Nowhere.", tuple(samples))
