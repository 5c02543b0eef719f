"""Fits a generator of walks of named pathologies (after arXiv 2603.14409).

Everything is drawn by seed and number of the step: the same lesson gives the same weights on one
machine, and a fit that was stopped goes on as if it had not been. There are two optimisers that
take turns, which Lightning would have to be told by hand: this is a plain loop.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from clinigait.core import BadInputError, Progress
from clinigait.nn.walk_gan import WalkDecoder, WalkEncoder, WalkJudge
from clinigait.representations.skeletons import BODY_17, PARENTS
from clinigait.representations.walk_windows import DURATION, FRAMES, PLACES, SPEED
from clinigait.training.checkpoint import (
    FitState,
    Keeper,
    give_memory,
    take_state,
)

_FEET = (BODY_17.index("left_ankle"), BODY_17.index("right_ankle"))
#: Bones with a length: the pelvis hangs on nothing.
_JOINTS = tuple(range(1, len(BODY_17)))


@dataclass(frozen=True)
class LossWeights:
    """What each term of the generator's loss counts.

    Parameters
    ----------
    pose, velocity
        Mean absolute error of what is made anew from a walk, and of its change from frame to
        frame, in standard deviations of the channels.
    bones
        Spread of each bone's length over time, as a share of it.
    contact
        Speed over the floor of the slower ankle, in body sizes a second: in walking one foot
        stands.
    label
        Cross-entropy of the label that the judge reads.
    latent
        Divergence of the latents from a standard normal distribution, in nats: without it, a walk
        could not be made of chance alone.
    """

    pose: float = 10.0
    velocity: float = 5.0
    bones: float = 5.0
    contact: float = 1.0
    label: float = 1.0
    latent: float = 0.02


@dataclass(frozen=True)
class GeneratorPlan:
    """Sizes of the networks, and how they are fitted.

    Parameters
    ----------
    channels, latent
        See :class:`WalkEncoder`.
    steps, batch
        Steps, and walks in each: as many of every label.
    rate, judge_rate
        Learning rates of Adam: two time scales (arXiv:1706.08500).
    weights
        Of the losses.
    ema
        The mean of the decoder's weights forgets this share a step.
    """

    channels: int = 48
    latent: int = 48
    steps: int = 1000
    batch: int = 32
    # With 2e-4 and 4e-4, usual where steps are many, the pose is learned several times as slowly.
    rate: float = 1e-3
    judge_rate: float = 2e-3
    weights: LossWeights = field(default_factory=LossWeights)
    ema: float = 0.995


@dataclass(frozen=True, eq=False)
class GeneratorLesson:
    """What is learned.

    Parameters
    ----------
    plan
        How.
    windows
        (N, 53, 64) of :mod:`clinigait.representations.walk_windows`.
    labels
        (N,) class numbers.
    classes
        Names of the classes: each has to be among the labels.
    seed
        Of all chance.
    """

    plan: GeneratorPlan
    windows: NDArray[np.float32]
    labels: NDArray[np.intp]
    classes: tuple[str, ...]
    seed: int

    def __post_init__(self) -> None:
        missing = set(range(len(self.classes))) - set(self.labels.tolist())
        if missing:
            raise BadInputError(
                f"Nobody walks as {self.classes[min(missing)][:40]}: it cannot be learned.",
                "Add walks of that label.",
            )

    @property
    def spec(self) -> dict[str, int]:
        """What :func:`clinigait.nn.walk_gan.build_decoder` builds the decoder from."""
        return {
            "in_channels": self.windows.shape[1], "frames": FRAMES, "classes": len(self.classes),
            "channels": self.plan.channels, "latent": self.plan.latent,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class GeneratorFit:
    """A fitted decoder.

    Parameters
    ----------
    arrays
        Its mean weights by name.
    losses
        Terms of the last step, unweighted; ``judge`` is that of the discriminator.
    seconds
        Wall time of all runs.
    """

    arrays: dict[str, NDArray[Any]]
    losses: dict[str, float]
    seconds: float


def fit_generator(
    lesson: GeneratorLesson, kept_at: Path | None = None, progress: Progress | None = None
) -> GeneratorFit:
    """Fit a generator.

    Parameters
    ----------
    lesson
        What is learned.
    kept_at
        File that keeps the state; a fit of the same lesson goes on from it. It is left there.
    progress
        Is told how far it is.

    Raises
    ------
    BadInputError
        If the state cannot be written.
    """
    keeper = Keeper(kept_at)
    bout = _Bout(lesson, keeper.state)
    losses: dict[str, float] = keeper.state.facts["losses"] if keeper.state else {}
    while bout.step < lesson.plan.steps:
        losses = bout.take_step()
        keeper.keep(bout.state, {"losses": losses}, now=bout.step == lesson.plan.steps)
        if progress:
            progress(bout.step / lesson.plan.steps)
    arrays = {key: value.detach().numpy().copy() for key, value in bout.mean.items()}
    return GeneratorFit(arrays, losses, keeper.seconds)


class _Bout:
    """The networks while they learn."""

    def __init__(self, lesson: GeneratorLesson, state: FitState | None) -> None:
        self.lesson, plan = lesson, lesson.plan
        shape, classes = lesson.windows.shape[1:], len(lesson.classes)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(lesson.seed)
            encoder = WalkEncoder(shape, classes, plan.channels, plan.latent)
            self.decoder = WalkDecoder(shape, classes, plan.channels, plan.latent)
            self.judge = WalkJudge(shape, classes, plan.channels)
        self.decoder.standardise_by(torch.from_numpy(lesson.windows))
        self.generator = nn.ModuleDict({"encoder": encoder, "decoder": self.decoder})
        self.of_label = [np.flatnonzero(lesson.labels == k) for k in range(classes)]
        betas = (0.5, 0.9)
        self.makes = torch.optim.Adam(self.generator.parameters(), plan.rate, betas)
        self.judges = torch.optim.Adam(self.judge.parameters(), plan.judge_rate, betas)
        self.step = 0
        self.mean = {k: v.clone() for k, v in self.decoder.state_dict().items()}
        if state is not None:
            self.step, self.mean = state.step, state.part("mean")
            self.generator.load_state_dict(state.part("generator"))
            give_memory(state, self.makes)
            judging = FitState(state.step, state.part("judging"))
            self.judge.load_state_dict(judging.part("judge"))
            give_memory(judging, self.judges)

    def state(self, facts: dict[str, Any]) -> FitState:
        """Return all that is needed to go on."""
        parts = {"generator": self.generator.state_dict(), "mean": self.mean}
        made = take_state(self.step, parts, self.makes, facts)
        judging = take_state(self.step, {"judge": self.judge.state_dict()}, self.judges, {})
        made.tensors |= {f"judging/{key}": value for key, value in judging.tensors.items()}
        return made

    def take_step(self) -> dict[str, float]:
        """Let the judge learn once, then the generator; return the losses."""
        plan = self.lesson.plan
        with torch.random.fork_rng(devices=[]):
            draws = np.random.SeedSequence([self.lesson.seed, self.step, 0x6A17])
            torch.manual_seed(int(draws.generate_state(1)[0]))
            real, label = self._batch(np.random.default_rng(draws))
            mean, log_variance = self.generator["encoder"](real, label)
            latent = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
            again = self.decoder(latent, label)
            anew = self.decoder(torch.randn_like(mean), label)
        made = torch.cat([again, anew])
        judging = self._judge_learns(real, made.detach(), label)
        terms = _terms(real, again, self.decoder.plain(made))
        terms["latent"] = _divergence(mean, log_variance)
        twice = label.repeat(2, 1)
        score, guess = self.judge(made, twice)
        terms["label"] = functional.cross_entropy(guess, twice)
        weights = plan.weights
        loss = -score.mean() + sum(getattr(weights, name) * value for name, value in terms.items())
        self.makes.zero_grad()
        loss.backward()
        self.makes.step()
        self._follow()
        terms["adversarial"] = -score.mean()
        return {"judge": judging, **{k: round(float(v.detach()), 5) for k, v in terms.items()}}

    def _batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        classes = len(self.of_label)
        # As many of every label as can be; what is left over goes round.
        numbers = (np.arange(self.lesson.plan.batch) + self.step) % classes
        rows = [rng.choice(self.of_label[k]) for k in numbers]
        real = self.decoder.standardised(torch.from_numpy(self.lesson.windows[rows]))
        return real, functional.one_hot(torch.from_numpy(numbers), classes).to(real.dtype)

    def _judge_learns(self, real: Tensor, made: Tensor, label: Tensor) -> float:
        """Take a step of the judge: hinge loss, and the labels of the real."""
        on_real, guess = self.judge(real, label)
        on_made, _ = self.judge(made, label.repeat(2, 1))
        loss = functional.relu(1 - on_real).mean() + functional.relu(1 + on_made).mean()
        loss = loss + self.lesson.plan.weights.label * functional.cross_entropy(guess, label)
        self.judges.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # PyTorch's types lack it
        self.judges.step()
        return round(float(loss.detach()), 5)

    def _follow(self) -> None:
        """Count the step, and let the mean of the decoder's weights follow."""
        self.step += 1
        # Early on the mean follows quickly, so that the start is forgotten.
        decay = min(self.lesson.plan.ema, (1 + self.step) / (10 + self.step))
        for key, value in self.decoder.state_dict().items():
            self.mean[key].lerp_(value, 1 - decay)


def _terms(real: Tensor, again: Tensor, made: Tensor) -> dict[str, Tensor]:
    """Return losses of what was made anew, standardised, and of all that was made, plain."""
    places = made[:, :PLACES].reshape(len(made), len(BODY_17), 3, FRAMES)
    hung = [PARENTS[joint] for joint in _JOINTS]
    lengths = (places[:, list(_JOINTS)] - places[:, hung]).square().sum(2).add(1e-8).sqrt()
    bones = lengths.std(2) / lengths.mean(2)
    # Clamped: in the first steps durations may be anything.
    step_s = made[:, DURATION, :1].clamp(-1, 2).exp() / (FRAMES - 1)
    moving = places[:, list(_FEET)].diff(dim=3) / step_s[:, None, None]
    along = moving[:, :, 0] + made[:, None, SPEED, 1:]
    over_floor = (along.square() + moving[:, :, 1].square() + 1e-8).sqrt()
    return {
        "pose": functional.l1_loss(again, real),
        "velocity": functional.l1_loss(again.diff(dim=2), real.diff(dim=2)),
        "bones": bones.mean(),
        "contact": over_floor.amin(1).mean(),
    }


def _divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the mean divergence of normal distributions from the standard one, in nats."""
    each = mean.square() + log_variance.exp() - log_variance - 1
    return each.sum(1).mean() / 2
