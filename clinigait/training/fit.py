"""Fit one network. Needs PyTorch and Lightning.

Every draw follows from the seed and the number of the step, so that a fit that was interrupted
ends where it would have ended. Nothing is written but the state of the fit, where it is told to.
"""

from __future__ import annotations

import logging
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset

from clinigait.core import BadInputError, Progress
from clinigait.models.network_inputs import completed, network_frames, network_vector
from clinigait.models.scoring import NetworkScorer
from clinigait.nn import build_network
from clinigait.nn.drf import PavGuidedAttention
from clinigait.nn.precision import fast
from clinigait.nn.temporal_net import EitherSide
from clinigait.nn.wavelet_stream import WaveletStream
from clinigait.training.batches import BatchMaker, TensorBatch
from clinigait.training.checkpoint import FitState, give_memory, read_state, take_state, write_state
from clinigait.training.freezing import freeze, frozen_stages, hold, parameter_groups
from clinigait.training.objective import Objective, class_weights
from clinigait.training.plan import NetworkPlan, TrainingPlan
from clinigait.training.prepared import Prepared

Arrays = dict[str, NDArray[Any]]
Floats = NDArray[np.float64]
#: A long fit keeps its state about this often.
_KEEP_S = 30.0
#: Records of each validation person at a look.
_LOOKED_AT = 6


@dataclass(frozen=True, eq=False)
class Lesson:
    """What one network learns.

    Parameters
    ----------
    plan
        How.
    network
        Which one.
    learners
        Whose walks teach.
    validation
        Whose walks say when to stop; None where the number of steps is known.
    start
        Weights to begin with, by the keys of the network's state; those that do not fit are left.
    seed
        Of everything that is drawn.
    stop_at
        Step after which it ends; None for all steps.
    """

    plan: TrainingPlan
    network: NetworkPlan
    learners: Prepared
    validation: Prepared | None = None
    start: Mapping[str, NDArray[Any]] | None = None
    seed: int = 0
    stop_at: int | None = None

    @property
    def steps(self) -> int:
        """How many steps are made at most."""
        return min(self.stop_at or self.plan.optimiser.steps, self.plan.optimiser.steps)


@dataclass(frozen=True, eq=False)
class Fit:
    """A network that has learned.

    Parameters
    ----------
    arrays
        Its state, by key.
    steps
        Steps that it took; with validation people, up to the best look at them.
    loss
        Mean negative log-probability of the validation people's labels; None without them.
    frozen
        Stages that kept their weights.
    seconds
        How long it took.
    """

    arrays: Arrays
    steps: int
    loss: float | None
    frozen: tuple[str, ...]
    seconds: float


def new_network(lesson: Lesson) -> torch.nn.Module:
    """Return the network with its random start, and with given weights where they fit.

    Raises
    ------
    BadInputError
        If its specification cannot be.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(lesson.seed)
        kinds = lesson.plan.kinds_of(lesson.network)
        spec = {**completed(lesson.network.spec, kinds), "classes": len(lesson.learners.classes)}
        try:
            module = build_network(spec)
        except ValueError as error:
            raise BadInputError(
                f"A network of {lesson.plan.name} cannot be built: {error}.", "Correct its spec."
            ) from error
    if lesson.start is not None:
        state = module.state_dict()
        fits = {
            key: torch.from_numpy(np.array(array)).to(state[key].dtype)
            for key, array in lesson.start.items()
            if key in state and tuple(state[key].shape) == array.shape
        }
        module.load_state_dict({**state, **fits})
    return module


def entry_of(plan: TrainingPlan, network: NetworkPlan, n_classes: int) -> dict[str, Any]:
    """Return a network as a card describes it."""
    return {
        "spec": {**completed(network.spec, plan.kinds_of(network)), "classes": n_classes},
        "inputs": list(plan.kinds_of(network)),
        "window_frames": network.window_frames,
        "hop_frames": network.hop_frames,
        "mirror": network.mirror,
    }


def _standardise(network: torch.nn.Module, lesson: Lesson) -> None:
    """Give a network the scale of what it sees, from those who teach and from nobody else.

    Raises
    ------
    BadInputError
        If their walks are too much alike for that.
    """
    start = lesson.start or {}
    if isinstance(network, EitherSide) and not start:
        network.standardise_by(_everything_seen(lesson))
    beside = getattr(network, "beside", None)
    if isinstance(beside, WaveletStream) and "beside.mean" not in start:
        beside.standardise_by(_everything_seen(lesson))
    guide = getattr(network, "guide", None)
    if isinstance(guide, PavGuidedAttention) and "guide.low" not in start:
        kinds = lesson.plan.kinds_of(lesson.network)
        told = [network_vector(record.clip, kinds) for record in lesson.learners.records]
        try:
            guide.learn_range(
                torch.from_numpy(np.stack([each for each in told if each is not None]))
            )
        except ValueError as error:
            raise BadInputError(
                f"The range of posture cannot be learned from {len(told)} walks: {error}.",
                "Give more walks, seen from the front or the back.",
            ) from error


def _everything_seen(lesson: Lesson) -> list[torch.Tensor]:
    """Return the (C, T, J) walks that a network learns from, as it sees them."""
    kinds = lesson.plan.kinds_of(lesson.network)
    records = lesson.learners.records
    return [torch.from_numpy(network_frames(record.clip, kinds)) for record in records]


class LessonModule(lightning.LightningModule):
    """A network with what it learns, as Lightning drives it.

    Parameters
    ----------
    lesson
        What is learned.
    state
        Where an earlier run of the same lesson stopped; None to begin.
    """

    def __init__(self, lesson: Lesson, state: FitState | None) -> None:
        super().__init__()
        self.plan, self.seed = lesson.plan, lesson.seed
        self.network = new_network(lesson)
        _standardise(self.network, lesson)
        self.frozen = frozen_stages(self.network, self.plan.freeze)
        self.held = freeze(self.network, self.frozen, self.plan.freeze_norms)
        self.batches = BatchMaker(lesson.plan, lesson.network, lesson.learners, lesson.seed)
        weights = class_weights(self.plan, lesson.learners.people_per_class())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(lesson.seed)
            self.objective = Objective(self.plan.objective, weights, self._channels())
        optimiser = self.plan.optimiser
        self.groups = parameter_groups(
            self.network, self.plan.rates, optimiser.rate, optimiser.weight_decay
        )
        self.step = state.step if state else 0
        self.mean: dict[str, torch.Tensor] = {}
        self._state = state
        if state is not None:
            self.network.load_state_dict(state.part("network"))
            self.objective.load_state_dict(state.part("objective"))
            self.mean = state.part("mean")
        elif optimiser.ema is not None:
            self.mean = {k: v.clone() for k, v in self.network.state_dict().items()}

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return the optimiser of what learns, with its memory."""
        plan = self.plan.optimiser
        groups = list(self.groups)
        own = list(self.objective.parameters())
        if own:
            groups.append({"params": own, "lr": plan.rate, "base_rate": plan.rate})
        optimiser: torch.optim.Optimizer
        if plan.name == "adamw":
            optimiser = torch.optim.AdamW(groups, lr=plan.rate, weight_decay=plan.weight_decay)
        else:
            optimiser = torch.optim.SGD(groups, lr=plan.rate, momentum=0.9)
        if self._state is not None:
            give_memory(self._state, optimiser)
        return optimiser

    def train(self, mode: bool = True) -> LessonModule:
        """Switch to training; what is held stays as it is."""
        super().train(mode)
        hold(self.held)
        return self

    def on_train_start(self) -> None:
        """Switch to training: Lightning leaves the mode of every part as it finds it."""
        self.train()

    def on_train_batch_start(self, *_: object) -> None:
        """Set the learning rates of this step; whatever drops out is drawn by its number."""
        draws = np.random.SeedSequence([self.seed, self.step, 0xD20B])
        torch.manual_seed(int(draws.generate_state(1)[0]))
        factor = self.plan.optimiser.factor(self.step)
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = factor * group["base_rate"]

    def training_step(self, batch: TensorBatch, _number: int) -> torch.Tensor:
        """Return the loss of a batch."""
        told = {} if batch.vector is None else {"vector": batch.vector}
        loss: torch.Tensor = self.objective(self.network(batch.x, batch.mask, **told), batch)
        return loss

    def count(self) -> None:
        """Count the step, and let the mean of the weights follow."""
        self.step += 1
        if self.plan.optimiser.ema is None:
            return
        # Early on the mean follows quickly, so that the start is forgotten.
        decay = min(self.plan.optimiser.ema, (1 + self.step) / (10 + self.step))
        for key, value in self.network.state_dict().items():
            mean = self.mean[key] = self.mean[key].to(value.device)
            if value.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    def weights(self) -> dict[str, torch.Tensor]:
        """Return copies of the weights that count: their mean where one is kept."""
        found = self.mean or self.network.state_dict()
        return {key: value.detach().cpu().clone() for key, value in found.items()}

    def state(self, best: dict[str, torch.Tensor], facts: dict[str, Any]) -> FitState:
        """Return all that is needed to go on."""
        parts = {
            "network": self.network.state_dict(), "objective": self.objective.state_dict(),
            "mean": self.mean, "best": best,
        }  # fmt: skip
        return take_state(self.step, parts, self.trainer.optimizers[0], facts)

    def _channels(self) -> int:
        """Return C of the embeddings, from a look at one batch where it has to be known."""
        if all(term.kind != "auxiliary" for term in self.plan.objective):
            return 0
        batch = self.batches(0)
        told = {} if batch.vector is None else {"vector": batch.vector[:1]}
        mask = None if batch.mask is None else batch.mask[:1]
        self.network.eval()
        with torch.no_grad():
            return int(self.network(batch.x[:1], mask, **told).parts.shape[1])


class _Stream(IterableDataset[TensorBatch]):
    """The batches from one step on."""

    def __init__(self, make: Callable[[int], TensorBatch], first: int, steps: int) -> None:
        self._make, self._first, self._steps = make, first, steps

    def __iter__(self) -> Iterator[TensorBatch]:
        return (self._make(step) for step in range(self._first, self._steps))


class _Watch(lightning.Callback):
    """Looks at the validation people, keeps the state, and tells how far it is."""

    def __init__(self, lesson: Lesson, state: FitState | None, kept_at: Path | None) -> None:
        self._lesson, self._kept_at = lesson, kept_at
        facts = state.facts if state else {}
        self.best: dict[str, torch.Tensor] = state.part("best") if state else {}
        self.best_step: int = facts.get("best_step", 0)
        self.best_loss: float = facts.get("best_loss", float("inf"))
        self.seconds: float = facts.get("seconds", 0.0)
        self._looks: int = facts.get("looks", 0)
        self._began = self._kept = time.monotonic()
        self.progress: Progress | None = None

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: object) -> None:  # noqa: ANN401
        """Count, look, keep, tell."""
        module: LessonModule = pl_module
        module.count()
        self._look(trainer, module)
        if self._kept_at is not None and time.monotonic() - self._kept > _KEEP_S:
            self.keep(module)
        if self.progress:
            self.progress(min(module.step / self._lesson.steps, 1.0))

    def keep(self, module: LessonModule) -> None:
        """Write where the fit stands."""
        self._kept = time.monotonic()
        facts = {
            "best_step": self.best_step, "best_loss": self.best_loss, "looks": self._looks,
            "seconds": self.elapsed(),
        }  # fmt: skip
        if self._kept_at is not None:
            write_state(self._kept_at, module.state(self.best, facts))

    def elapsed(self) -> float:
        """Return the seconds of all runs of this fit."""
        return self.seconds + time.monotonic() - self._began

    def _look(self, trainer: Any, module: LessonModule) -> None:  # noqa: ANN401
        stopping, people = self._lesson.plan.stopping, self._lesson.validation
        is_last = module.step >= self._lesson.steps
        if people is None or not (is_last or (stopping and module.step % stopping.every == 0)):
            return
        loss = validation_loss(self._lesson, module.weights())
        if loss < self.best_loss:
            self.best_loss, self.best_step, self._looks = loss, module.step, 0
            self.best = module.weights()
        else:
            self._looks += 1
        if stopping and self._looks >= stopping.patience:
            trainer.should_stop = True


def tensors(arrays: Arrays) -> dict[str, torch.Tensor]:
    """Return arrays as tensors."""
    return {key: torch.from_numpy(np.array(array)) for key, array in arrays.items()}


def scorer_of(lesson: Lesson, arrays: Arrays) -> NetworkScorer:
    """Return a fitted network as it will be asked in use."""
    return _scorer(lesson, tensors(arrays))


def _scorer(lesson: Lesson, arrays: Mapping[str, torch.Tensor]) -> NetworkScorer:
    module = new_network(lesson)
    module.load_state_dict(dict(arrays))
    n_classes = len(lesson.learners.classes)
    return NetworkScorer(fast(module), entry_of(lesson.plan, lesson.network, n_classes))


def scores_of(lesson: Lesson, arrays: Mapping[str, torch.Tensor], people: Prepared) -> Floats:
    """Return the log-probabilities of the records of some people, (N, K), by one network."""
    scorer = _scorer(lesson, arrays)
    return np.stack([scorer.window_scores(record.clip).mean(0) for record in people.records])


def validation_loss(lesson: Lesson, arrays: Mapping[str, torch.Tensor]) -> float:
    """Return the negative log-probability of the validation people's labels; people count alike.

    Of people with many records some are looked at: a look says when to stop, and judges nobody.
    """
    assert lesson.validation is not None  # noqa: S101  for the type checker
    looked_at = lesson.validation.few_of_each(_LOOKED_AT)
    return person_loss(scores_of(lesson, arrays, looked_at), looked_at)


def person_loss(scores: Floats, people: Prepared) -> float:
    """Return the mean over people of their mean negative log-probability of the label.

    Parameters
    ----------
    scores
        (N, K) log-probabilities of the records.
    people
        Whose they are.
    """
    labels = np.array([record.label for record in people.records])
    losses = -scores[np.arange(len(labels)), labels]
    names = np.array([record.person for record in people.records])
    return float(np.mean([losses[names == name].mean() for name in dict.fromkeys(names)]))


def fit_network(
    lesson: Lesson,
    kept_at: Path | None = None,
    progress: Progress | None = None,
    device: str = "cpu",
) -> Fit:
    """Fit one network.

    Parameters
    ----------
    lesson
        What is learned.
    kept_at
        File that keeps the state; a fit of the same lesson goes on from it. It is left there.
    progress
        Is told how far it is.
    device
        ``cpu`` or ``cuda``.

    Raises
    ------
    BadInputError
        If a stage or the specification of the network is none, or the state cannot be written.
    KeyboardInterrupt
        If it is interrupted; the last state that was kept stays.
    """
    state = read_state(kept_at) if kept_at is not None else None
    module, watch = LessonModule(lesson, state), _Watch(lesson, state, kept_at)
    watch.progress = progress
    steps = lesson.steps - module.step
    if steps > 0:
        stream = _Stream(module.batches, module.step, lesson.steps)
        with _quiet():
            trainer = lightning.Trainer(
                accelerator="gpu" if device == "cuda" else "cpu", devices=1, max_epochs=1,
                max_steps=steps, callbacks=[watch],
                gradient_clip_val=lesson.plan.optimiser.clip_norm, logger=False,
                enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
                num_sanity_val_steps=0,
            )  # fmt: skip
            _run(trainer, module, DataLoader(stream, batch_size=None))
    found = watch.best if watch.best else module.weights()
    taken = watch.best_step if watch.best else module.step
    loss = watch.best_loss if watch.best else None
    arrays = {key: value.cpu().numpy() for key, value in found.items()}
    return Fit(arrays, taken, loss, module.frozen, watch.elapsed())


def _run(
    trainer: lightning.Trainer, module: LessonModule, batches: DataLoader[TensorBatch]
) -> None:
    """Run the trainer; an interruption goes up as what it is.

    Lightning turns an interruption into an exit and no longer listens to it: both are undone.
    """
    listening = signal.getsignal(signal.SIGINT)
    try:
        trainer.fit(module, batches)
    except SystemExit as error:
        signal.signal(signal.SIGINT, listening)
        raise KeyboardInterrupt from error


def set_threads(count: int) -> None:
    """Say how many threads PyTorch computes with in this process; they sleep while they wait."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    torch.set_num_threads(count)


def check_device(device: str) -> None:
    """Refuse a device that is not there, before any data are read.

    Raises
    ------
    BadInputError
        If it is not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise BadInputError(
            "PyTorch finds no CUDA device here.",
            "Use --device cpu, or install the build of PyTorch that fits your card.",
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what Lightning says of its surroundings."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
