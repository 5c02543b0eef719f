"""Batches of a lesson: drawn, changed at random, and laid into tensors. Needs PyTorch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinigait.models.network_inputs import network_frames, network_vector
from clinigait.representations.clip import Clip
from clinigait.training.augment import augmented
from clinigait.training.plan import NetworkPlan, TrainingPlan
from clinigait.training.prepared import Prepared, Record
from clinigait.training.sampling import ClipSampler, cut_clip, padded

#: What a covariate says of the affected side, as networks that tell sides count them.
SIDES_AFFECTED = {"right": 0, "left": 1}


class TensorBatch(NamedTuple):
    """What a network sees in one step, and what it should say.

    Parameters
    ----------
    x
        (N, C, T, ...).
    mask
        (N, T), true for real frames; None where all are.
    vector
        (N, V); None where there is none.
    labels, people, walks
        (N,) indices.
    targets
        (N, covariates), standardised, NaN where unknown.
    sides
        (N,) the affected side: 0 right, 1 left, -1 none or unknown.
    """

    x: Tensor
    mask: Tensor | None
    vector: Tensor | None
    labels: Tensor
    people: Tensor
    walks: Tensor
    targets: Tensor
    sides: Tensor


class BatchMaker:
    """Makes the batch of any step.

    Parameters
    ----------
    plan, network
        How, and for which network.
    learners
        Whose walks.
    seed
        Of all draws.
    """

    def __init__(
        self, plan: TrainingPlan, network: NetworkPlan, learners: Prepared, seed: int
    ) -> None:
        self._plan, self._seed = plan, seed
        self._kinds = plan.kinds_of(network)
        self._records = learners.records
        people = [record.person for record in self._records]
        labels = [record.label for record in self._records]
        self._sampler = ClipSampler(people, labels, plan.batch, seed)
        self._labels = torch.tensor(labels)
        self._people = _numbered(people)
        self._walks = _numbered([f"{r.person}|{r.visit}|{r.walk}" for r in self._records])
        self._targets = torch.from_numpy(covariates(plan, learners))
        self._sides = torch.tensor([SIDES_AFFECTED.get(r.side, -1) for r in self._records])

    def __call__(self, step: int) -> TensorBatch:
        """Return the batch of a step, whatever was drawn before."""
        chosen = self._sampler.indices(step)
        rng = np.random.default_rng([self._seed, step, 0xBA7C])
        pieces, vectors = [], []
        for index in chosen:
            clip = self._one_of(self._records[index], rng)
            frames = cut_clip(clip, self._kinds, self._plan.batch, rng)
            frames = augmented(frames, self._plan.augment, rng)
            length = len(next(iter(frames.values()))) if frames else 0
            piece = Clip(frames, clip.vectors, np.arange(length, dtype=np.float64))
            pieces.append(network_frames(piece, self._kinds))
            vectors.append(network_vector(clip, self._kinds))
        x, mask = padded(pieces, self._plan.batch.frames)
        told = [vector for vector in vectors if vector is not None]
        return TensorBatch(
            torch.from_numpy(x),
            None if mask.all() else torch.from_numpy(mask),
            torch.from_numpy(np.stack(told)) if told else None,
            self._labels[chosen], self._people[chosen], self._walks[chosen],
            self._targets[chosen], self._sides[chosen],
        )  # fmt: skip

    @staticmethod
    def _one_of(record: Record, rng: np.random.Generator) -> Clip:
        if not record.variations:
            return record.clip
        return (record.clip, *record.variations)[rng.integers(1 + len(record.variations))]


def covariates(plan: TrainingPlan, learners: Prepared) -> NDArray[np.float32]:
    """Return the targets of the auxiliary terms, (N, terms) float32, standardised."""
    names = [term.target for term in plan.objective if term.kind == "auxiliary"]
    rows = [[record.values.get(name, np.nan) for name in names] for record in learners.records]
    values = np.array(rows, np.float64).reshape(len(rows), len(names))
    known = np.isfinite(values)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, values, 0).sum(0) / count
    spread = np.sqrt(np.where(known, (values - mean) ** 2, 0).sum(0) / count)
    return np.asarray((values - mean) / np.where(spread > 0, spread, 1), np.float32)


def _numbered(names: list[str]) -> Tensor:
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return torch.tensor([numbers[name] for name in names])
