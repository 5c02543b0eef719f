"""Fits plain classifiers of walk windows, each for the same number of steps.

What is a pool worth? A pool is what teaches: people, what a generator made, or both by halves; or
people with plain changes of noise, tempo, time and side. Batches have as many walks of every class
as can be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from clinigait.nn.walk_classifiers import WalkClassifier
from clinigait.representations.walk_windows import DURATION, FRAMES, SPEED, mirrored_windows

#: Plain changes: noise in standard deviations of a channel, tempo as the spread of its logarithm,
#: and by how much of the window time bends.
_NOISE, _TEMPO, _BEND = 0.1, 0.1, 0.03


@dataclass(frozen=True)
class ClassifierPlan:
    """How a classifier is fitted.

    Parameters
    ----------
    steps, batch
        Steps, and windows in each.
    rate
        Learning rate of AdamW at the beginning; it falls to 0 as a cosine.
    """

    steps: int = 300
    batch: int = 60
    rate: float = 3e-3


@dataclass(frozen=True, eq=False)
class Pool:
    """What teaches.

    Parameters
    ----------
    windows, labels
        (N, 53, 64) and (N,) class numbers.
    changed
        Whether plain changes are made of half of every batch.
    beside
        What else teaches: half of every batch comes from it.
    """

    windows: NDArray[np.float32]
    labels: NDArray[np.intp]
    changed: bool = False
    beside: Pool | None = None

    def drawn(self, numbers: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.float32]:
        """Return a window of each of some class numbers."""
        return np.stack(
            [self.windows[rng.choice(np.flatnonzero(self.labels == k))] for k in numbers]
        )


def fit_classifier(
    kind: str, pool: Pool, classes: int, plan: ClassifierPlan, seed: int
) -> WalkClassifier:
    """Return a fitted classifier; the same pool, plan and seed give the same one.

    Parameters
    ----------
    kind
        One of :data:`clinigait.nn.walk_classifiers.KINDS`.
    pool
        What teaches.
    classes
        Number of classes, all among the labels.
    plan
        How.
    seed
        Of weights, batches and changes.
    """
    rng = np.random.default_rng([seed, 0xC1A5])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = WalkClassifier(kind, pool.windows.shape[1], classes)
        network.standardise_by(torch.from_numpy(pool.windows))
        spread = network.spread.numpy()
        optimiser = torch.optim.AdamW(network.parameters(), plan.rate, weight_decay=0.01)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, plan.steps)
        for step in range(plan.steps):
            numbers = (np.arange(plan.batch) + step) % classes
            windows = pool.drawn(numbers, rng)
            half = rng.permutation(plan.batch)[: plan.batch // 2]
            if pool.changed:
                windows[half] = plainly_changed(windows[half], spread, rng)
            if pool.beside is not None:
                windows[half] = pool.beside.drawn(numbers[half], rng)
            said = network(torch.from_numpy(windows))
            loss = functional.nll_loss(said, torch.from_numpy(numbers))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # PyTorch's types lack it
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            falling.step()
    return network.eval()


def said_of(network: WalkClassifier, windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return (N, K) log-probabilities of (N, 53, 64) windows."""
    with torch.no_grad():
        return np.asarray(network(torch.from_numpy(windows)).numpy(), float)


def features_of(network: WalkClassifier, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (N, F) pooled features of (N, 53, 64) windows."""
    with torch.no_grad():
        return np.asarray(network.features(torch.from_numpy(windows)).numpy())


def plainly_changed(
    windows: NDArray[np.float32], spread: NDArray[np.float32], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return (N, 53, 64) windows with noise, another tempo, bent time; half of them mirrored.

    Either leg may be the affected one, so a mirrored walk keeps its label.

    Parameters
    ----------
    windows
        The windows; they are left as they are.
    spread
        (53,) standard deviations of the channels.
    rng
        Where the chance comes from.
    """
    count = len(windows)
    mirrored = rng.random(count) < 0.5
    found = np.where(mirrored[:, None, None], mirrored_windows(windows), windows)
    even = np.linspace(0, 1, FRAMES)
    bend = rng.normal(0, _BEND, (count, 1)) * np.sin(np.pi * even)
    at = np.clip(even + bend, 0, 1) * (FRAMES - 1)
    before = np.minimum(at.astype(int), FRAMES - 2)
    share = (at - before)[:, None]
    first, then = (np.take_along_axis(found, (before + k)[:, None], 2) for k in (0, 1))
    found = first * (1 - share) + then * share
    longer = rng.normal(0, _TEMPO, (count, 1))
    found[:, DURATION] += longer
    found[:, SPEED] *= np.exp(-longer)
    noise = rng.normal(0, _NOISE, found.shape) * spread[:, None]
    noise[:, DURATION] = 0
    return np.asarray(found + noise, np.float32)
