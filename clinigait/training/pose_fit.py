"""Fits the compact HRNet. Needs PyTorch and mmpose.

Everything is drawn by seed and number of the step: a fit that was stopped goes on as if it had not
been. The weights that count are their running mean. It multiplies in bfloat16 on a GPU, and on
processors that do so natively; weights, norms and losses are in single precision everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from clinigait.core import BadInputError, Progress
from clinigait.nn.precision import best_precision
from clinigait.perception.hrnet.compact import MEAN, SIGMA_PX, STD, CompactHrnet, CompactPlan
from clinigait.training.checkpoint import (
    FitState,
    Keeper,
    give_memory,
    take_state,
)
from clinigait.training.pose_batches import (
    PoseAugment,
    PoseBatch,
    augmented,
    batch_of,
    batch_on,
    halved,
    losses,
    scaled,
)
from clinigait.training.pose_set import PosePart, PoseSet, stacked

#: Crops go to the GPU for good where they take less than this of its free memory.
_MOST_OF_GPU = 0.5
_LESSON = "lesson"
#: Is told the step, the network whose weights count, and whether it saw crops of half the size.
Look = Callable[[int, CompactHrnet, bool], None]


@dataclass(frozen=True)
class PosePlan:
    """How the network is fitted.

    Parameters
    ----------
    network
        Widths and depths.
    steps, batch
        Steps, and crops in each.
    coarse_share
        Of the steps, so many come first with crops of half the size: a quarter of the work.
    rate, warm_up, weight_decay, clip_norm
        Of AdamW: the rate rises over so many steps, then falls along a cosine to nothing; the
        gradient is made no longer than the last.
    visibility
        What a nat of the visibilities costs, against the places.
    ema
        The mean of the weights forgets this share a step.
    augment
        How pictures are changed.
    """

    network: CompactPlan = field(default_factory=CompactPlan)
    steps: int = 12000
    batch: int = 64
    coarse_share: float = 0.0
    rate: float = 2e-3
    warm_up: int = 300
    weight_decay: float = 0.02
    clip_norm: float = 2.0
    visibility: float = 0.1
    ema: float = 0.999
    augment: PoseAugment = field(default_factory=PoseAugment)

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step."""
        if step < self.warm_up:
            return self.rate * (step + 1) / self.warm_up
        share = (step - self.warm_up) / max(self.steps - self.warm_up, 1)
        return self.rate * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


@dataclass(frozen=True, eq=False)
class PoseLesson:
    """What is learned.

    Parameters
    ----------
    plan
        How.
    learners
        Crops with their labels.
    seed
        Of all chance.
    begin
        Weights of a network of the same plan to go on from; None for a random start.
    """

    plan: PosePlan
    learners: PoseSet
    seed: int = 0
    begin: Mapping[str, Tensor] | None = None

    def digest(self) -> str:
        """Return a hash of the plan, of how many crops there are, and of where the fit begins."""
        sizes = [len(part) for part in self.learners.parts]
        found = sha256(repr((self.plan, self.seed, sizes)).encode())
        for key, value in (self.begin or {}).items():
            found.update(key.encode() + value.cpu().contiguous().numpy().tobytes())
        return found.hexdigest()


@dataclass(frozen=True, eq=False)
class PoseFit:
    """A fitted network.

    Parameters
    ----------
    network
        With the mean of its weights, on the CPU, not to be trained.
    curve
        Rows of step, places and visibilities: means of the losses since the row before.
    seconds
        Wall time of all runs.
    """

    network: CompactHrnet
    curve: tuple[tuple[float, float, float], ...]
    seconds: float


@dataclass(frozen=True)
class Watching:
    """Who is told how a fit goes.

    Parameters
    ----------
    progress
        Is told the share of the steps.
    look, look_every
        Is shown the network each time so many steps are done.
    """

    progress: Progress | None = None
    look: Look | None = None
    look_every: int = 1000


def fit_pose(
    lesson: PoseLesson,
    kept_at: Path | None = None,
    device: str = "cpu",
    watching: Watching | None = None,
    stop_at: int | None = None,
) -> PoseFit:
    """Fit the network.

    Parameters
    ----------
    lesson
        What is learned.
    kept_at
        File that keeps the state; a fit of the same lesson goes on from it. It is left there.
    device
        ``cpu`` or ``cuda``.
    watching
        Who is told how it goes.
    stop_at
        Step at which this run ends, as if it had been interrupted; None for the last.

    Raises
    ------
    BadInputError
        If the file holds the state of another fit, or cannot be written.
    """
    told = watching or Watching()
    keeper, digest = Keeper(kept_at), lesson.digest()
    if kept_at is not None and keeper.state and keeper.state.facts.get(_LESSON) != digest:
        raise BadInputError(
            f"{kept_at.name} holds the state of another fit.",
            "Keep this fit in another folder, or delete that file.",
        )
    # On a GPU the fastest ways are looked for: their sums differ in the last digits.
    torch.backends.cudnn.benchmark = device == "cuda"
    bout = _Bout(lesson, keeper.state, device)
    last = min(stop_at or lesson.plan.steps, lesson.plan.steps)
    while bout.step < last:
        bout.take_step()
        keeper.keep(bout.state, {_LESSON: digest}, now=bout.step == last)
        if told.progress:
            told.progress(bout.step / lesson.plan.steps)
        if told.look and (bout.step % told.look_every == 0 or bout.step == last):
            told.look(bout.step, bout.network_that_counts(device), bout.was_coarse)
    return PoseFit(bout.network_that_counts("cpu"), tuple(bout.curve), keeper.seconds)


class _Store:
    """The crops, on the device for good where there is room for all of them.

    Parameters
    ----------
    learners
        Crops with their labels.
    device
        Where batches are wanted.
    room_bytes
        How much of the device may be taken.
    """

    def __init__(self, learners: PoseSet, device: str, room_bytes: float) -> None:
        self._learners, self._device = learners, device
        self._crops: Tensor | None = None
        if sum(part.crops.nbytes for part in learners.parts) <= room_bytes:
            self._crops = torch.cat(
                [torch.from_numpy(np.array(part.crops)).to(device) for part in learners.parts]
            )
            self._learners = PoseSet((stacked([_without_crops(p) for p in learners.parts]),))

    def batch(self, which: NDArray[np.intp]) -> PoseBatch:
        """Return crops by their numbers."""
        part = self._learners.rows(which)
        if self._crops is None:
            return batch_of(part, self._device)
        crops = self._crops[torch.from_numpy(which).to(self._device)]
        return batch_on(crops, part, self._device)


def _room_bytes(device: str) -> float:
    """Return how much of a device crops may take; of the CPU nothing: there they are mapped."""
    return _MOST_OF_GPU * torch.cuda.mem_get_info()[0] if device == "cuda" else 0.0


def _without_crops(part: PosePart) -> PosePart:
    """Return a part whose crops are of no size."""
    nothing = np.zeros((len(part), 0, 0, 3), np.uint8)
    labels = (part.keypoints_px, part.weight, part.visible, part.stature_px, part.person)
    return PosePart(nothing, *labels)


class _Bout:
    """The network while it learns."""

    def __init__(self, lesson: PoseLesson, state: FitState | None, device: str) -> None:
        self.lesson, self.device, plan = lesson, device, lesson.plan
        self.network = new_network(plan.network, lesson.seed)
        self.step = state.step if state else 0
        self.curve: list[tuple[float, float, float]] = []
        self._since: list[tuple[float, float]] = []
        self._told = max(1, plan.steps // 100)
        if state is None and lesson.begin is not None:
            self.network.load_state_dict(lesson.begin)
        if state is not None:
            self.network.load_state_dict(state.part("network"))
            self.curve = [(row[0], row[1], row[2]) for row in state.facts["curve"]]
            self._since = [(row[0], row[1]) for row in state.facts["since"]]
        self.network.to(device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network.train()
        # The very tensors that are learned, not copies; the mean is of all but counts.
        self._own = self.network.state_dict()
        begin = state.part("mean") if state is not None else self._own
        self.mean = {
            key: begin[key].detach().to(device).clone()
            for key, value in self._own.items()
            if value.is_floating_point()
        }
        self.optimiser = torch.optim.AdamW(_groups(self.network, plan.weight_decay), lr=plan.rate)
        if state is not None:
            give_memory(state, self.optimiser)
        self._store = _Store(lesson.learners, device, _room_bytes(device))
        self._order: tuple[int, NDArray[np.intp]] | None = None

    def take_step(self) -> None:
        """Learn from one batch."""
        plan = self.lesson.plan
        rng = np.random.default_rng([self.lesson.seed, self.step, 0xB07])
        batch = self._store.batch(self._rows())
        batch = augmented(batch, plan.augment, self.network.layout.mirrored(), rng)
        sigma = SIGMA_PX
        if self._is_coarse(self.step):
            batch, sigma = halved(batch), SIGMA_PX / 2
        for group in self.optimiser.param_groups:
            group["lr"] = plan.rate_at(self.step)
        with _in_half(self.device):
            maps, logits = self.network(scaled(batch.crops, MEAN, STD))
        places, seen = losses(maps, logits, batch, sigma)
        self.optimiser.zero_grad(set_to_none=True)
        (places + plan.visibility * seen).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), plan.clip_norm)
        self.optimiser.step()
        self._count(places, seen)

    @property
    def was_coarse(self) -> bool:
        """Whether the last step saw crops of half the size."""
        return self._is_coarse(self.step - 1)

    def _is_coarse(self, step: int) -> bool:
        return step < self.lesson.plan.coarse_share * self.lesson.plan.steps

    def network_that_counts(self, device: str) -> CompactHrnet:
        """Return a network with the mean of the weights, not to be trained."""
        network = new_network(self.lesson.plan.network, self.lesson.seed)
        values = {**self._own, **self.mean}
        network.load_state_dict({key: value.detach().cpu() for key, value in values.items()})
        network.to(device)
        network.eval()
        return network

    def state(self, facts: dict[str, Any]) -> FitState:
        """Return all that is needed to go on."""
        parts = {"network": self.network.state_dict(), "mean": self.mean}
        more = {"curve": self.curve, "since": self._since}
        return take_state(self.step, parts, self.optimiser, {**facts, **more})

    def _rows(self) -> NDArray[np.intp]:
        """Return the numbers of this step's crops: each comes once before any comes again."""
        n, batch = len(self.lesson.learners), self.lesson.plan.batch
        places = self.step * batch + np.arange(batch)
        return np.array([self._in_round(int(place // n))[place % n] for place in places], np.intp)

    def _in_round(self, number: int) -> NDArray[np.intp]:
        if self._order is None or self._order[0] != number:
            rng = np.random.default_rng([self.lesson.seed, number, 0x0DE4])
            self._order = number, rng.permutation(len(self.lesson.learners)).astype(np.intp)
        return self._order[1]

    def _count(self, places: Tensor, seen: Tensor) -> None:
        """Count the step, note its losses, and let the mean of the weights follow."""
        self.step += 1
        decay = min(self.lesson.plan.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            follow = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
            follow(list(self.mean.values()), [self._own[key] for key in self.mean], self.step)
        # Every look at a loss makes the CPU wait for the GPU.
        if self.step % 10 == 0 or self.step % self._told == 0:
            self._since.append((float(places.detach()), float(seen.detach())))
        if self.step % self._told == 0:
            means = np.mean(self._since, axis=0)
            self.curve.append((self.step, round(float(means[0]), 5), round(float(means[1]), 5)))
            self._since = []


def new_network(plan: CompactPlan, seed: int) -> CompactHrnet:
    """Return the network with its random start."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CompactHrnet(plan)


def _groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Return the parameters: kernels and matrices decay, norms and offsets do not."""
    parameters = list(network.parameters())
    wide = [one for one in parameters if one.ndim > 1]
    rest = [one for one in parameters if one.ndim <= 1]
    return [{"params": wide, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]


def _in_half(device: str) -> AbstractContextManager[Any]:
    if device == "cuda" or best_precision() == "bf16":
        return torch.autocast(device, torch.bfloat16)
    return nullcontext()
