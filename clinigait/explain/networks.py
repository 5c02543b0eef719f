"""The networks of a bundle so that gradients can be had, and what they see of a walk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinigait.core import Card
from clinigait.explain.seen import SeenWalk
from clinigait.io.bundle import Bundle
from clinigait.models.network_inputs import (
    MIRRORS,
    frame_kinds,
    network_frames,
    network_vector,
    window_starts,
)
from clinigait.models.scoring import NetworkScorer, check_length, load_network, own_arrays
from clinigait.nn import GaitOutput, build_network
from clinigait.nn.temporal_net import EitherSide
from clinigait.representations.clip import Clip
from clinigait.representations.rgbd_pictures import RGBD
from clinigait.representations.skeleton_inputs import GAIT_ANGLES

Voices = Sequence[NetworkScorer]
#: Frames that a network looks at together: memory stays bounded.
BATCH_FRAMES = 96
#: Buffers that a network learns from batches; all others are given to it.
_LEARNED = ("running_mean", "running_var", "num_batches_tracked")
_KNOWN_DEPTH = 0.5

#: What stands in the place of what is taken away, in words, by kind of input.
BASELINE_WORDS = {
    GAIT_ANGLES: "the average of those who taught the network",
    RGBD: "the mean colour of the pictures and a flat board at the distance of the trunk",
}
_EMPTY = "a picture of nobody"


def baseline_words(kinds: tuple[str, ...]) -> str:
    """Return what stands in the place of what is taken away."""
    return " and ".join(dict.fromkeys(BASELINE_WORDS.get(kind, _EMPTY) for kind in kinds))


def voices_of(bundle: Bundle) -> Voices:
    """Return the networks of a bundle, in evaluation mode and single precision.

    Raises
    ------
    BadInputError
        If the weights do not fit the networks of the card.
    """
    return [
        _voice(load_network(spec_of(bundle.card, i), own_arrays(bundle.arrays, i)), entry)
        for i, entry in enumerate(bundle.card.networks)
    ]


def spec_of(card: Card, number: int) -> dict[str, object]:
    """Return the specification of a network of a card."""
    return {**card.networks[number]["spec"], "classes": len(card.classes)}


def untaught(card: Card, voices: Voices, seed: int) -> Voices:
    """Return networks as they are before they have learned anything.

    Parameters
    ----------
    card
        Their specifications.
    voices
        The networks that learned: what was given to them, not learned, stays.
    seed
        The same seed gives the same networks.
    """
    fresh = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for number, voice in enumerate(voices):
            module = build_network(spec_of(card, number)).eval()
            given = dict(voice.module.named_buffers())
            for name, buffer in module.named_buffers():
                if not name.endswith(_LEARNED):
                    buffer.copy_(given[name])
            fresh.append(_voice(module, card.networks[number]))
    return fresh


def _voice(module: torch.nn.Module, entry: Mapping[str, Any]) -> NetworkScorer:
    """Return a network that nobody trains: only what it sees has gradients."""
    module.requires_grad_(False)
    for each in module.modules():
        if isinstance(each, torch.nn.Conv2d):  # a fifth faster
            each.weight.data = each.weight.data.contiguous(memory_format=torch.channels_last)
    return NetworkScorer(module, entry)


@dataclass(frozen=True, eq=False)
class Part:
    """Windows of a walk as one network sees them.

    Parameters
    ----------
    number
        Of the network.
    kinds
        Kinds of frames, one after the other along the channels.
    mirror
        Whether left and right change places.
    starts
        (W,) first frames.
    x, baseline
        (W, C, L, ...) what is seen, and what stands for nothing; all numbers are known.
    vector
        (W, V) what the network is told of the walk; None where it is nothing.
    weight
        What each window counts in the mean of all.
    """

    number: int
    kinds: tuple[str, ...]
    mirror: bool
    starts: tuple[int, ...]
    x: Tensor
    baseline: Tensor
    vector: Tensor | None
    weight: float

    def __len__(self) -> int:
        return len(self.x)

    @property
    def length(self) -> int:
        """Frames of a window."""
        return self.x.shape[2]

    def answer(self, voices: Voices) -> Callable[..., Tensor]:
        """Return a function of (N, C, L, ...) and vectors that gives (N, K) log-probabilities."""
        module = voices[self.number].module

        def log_probabilities_of(x: Tensor, vector: Tensor | None = None) -> Tensor:
            told = {} if vector is None else {"vector": vector}
            output: GaitOutput = module(x, **told)
            return output.decision_logits().log_softmax(-1)

        return log_probabilities_of


def parts_of(seen: SeenWalk, card: Card, voices: Voices, most_windows: int | None) -> list[Part]:
    """Return what the networks see of a walk.

    Parameters
    ----------
    seen
        The walk.
    card
        Of the model.
    voices
        Its networks.
    most_windows
        Of a walk with more windows so many count, evenly spread; None for all.

    Raises
    ------
    RefusedError
        If the walk is too short, or lacks values.
    """
    clip = seen.clip
    check_length(clip, card.networks)
    parts = []
    for number, voice in enumerate(voices):
        starts = window_starts(len(clip), voice.window, voice.hop)
        if most_windows is not None and len(starts) > most_windows:
            chosen = np.linspace(0, len(starts) - 1, most_windows).round().astype(int)
            starts = [starts[i] for i in chosen]
        length = min(len(clip), voice.window or len(clip))
        told = network_vector(clip, voice.kinds)
        looks = (False, True) if voice.mirror else (False,)
        for mirror in looks:
            frames = torch.from_numpy(network_frames(clip, voice.kinds, mirror=mirror))
            empty = _baseline(frames, clip, frame_kinds(clip, voice.kinds), voice.module)
            known = torch.where(torch.isfinite(frames), frames, empty)
            x, baseline = (
                torch.stack([each[:, s : s + length] for s in starts]) for each in (known, empty)
            )
            parts.append(
                Part(
                    number=number,
                    kinds=frame_kinds(clip, voice.kinds),
                    mirror=mirror,
                    starts=tuple(starts),
                    x=x,
                    baseline=baseline,
                    vector=None if told is None else torch.from_numpy(told).expand(len(x), -1),
                    weight=1 / (len(voices) * len(looks) * len(starts)),
                )
            )
    return parts


def log_probabilities(
    parts: Sequence[Part], voices: Voices, xs: Sequence[Tensor] | None = None
) -> NDArray[np.float64]:
    """Return the (K,) mean log-probabilities of what is seen.

    Parameters
    ----------
    parts, voices
        What is seen, and by whom.
    xs
        What is shown instead, one a part; None for the walk itself.
    """
    total = np.zeros(())
    with torch.inference_mode():
        for part, x in zip(parts, xs or [part.x for part in parts], strict=True):
            answer = part.answer(voices)
            found = [answer(*some).sum(0) for some in batches(part, x)]
            total = total + part.weight * torch.stack(found).sum(0).double().numpy()
    return total


def batches(part: Part, x: Tensor) -> Iterator[tuple[Tensor, Tensor | None]]:
    """Return windows of what is shown with what is told of them, a bounded number at a time."""
    size = max(1, BATCH_FRAMES // part.length)
    for first in range(0, len(x), size):
        told = None if part.vector is None else part.vector[first : first + size]
        yield x[first : first + size], told


def placed(
    part: Part, values: NDArray[np.float64], seen: SeenWalk
) -> dict[str, NDArray[np.float64]]:
    """Lay (W, C, L, ...) values of windows back upon the walk, by kind of input.

    Returns
    -------
    dict
        (T, ...) of the shape of the labels, summed over the channels of pictures; what several
        windows see adds up.
    """
    n_frames = len(seen.clip)
    whole = np.zeros((values.shape[1], n_frames, *values.shape[3:]))
    for start, window in zip(part.starts, values, strict=True):
        whole[:, start : start + part.length] += part.weight * window
    found, first = {}, 0
    for kind in part.kinds:
        channels = seen.clip.frames[kind].shape[1]
        own = whole[first : first + channels].swapaxes(0, 1)
        if part.mirror:
            own = _unmirrored(kind, own)
        found[kind] = own if kind == GAIT_ANGLES else own.sum(axis=1)
        first += channels
    return found


def _unmirrored(kind: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T, C, ...) contributions where the walk itself has them: signs stay."""
    turned = MIRRORS[kind](values).astype(np.float64)
    if kind == GAIT_ANGLES:
        turned = turned * MIRRORS[kind](np.ones_like(values[:1])).astype(np.float64)
    return turned


def _baseline(
    frames: Tensor, clip: Clip, kinds: tuple[str, ...], module: torch.nn.Module
) -> Tensor:
    """Return what stands for nothing, (C, T, ...) like the frames.

    Pictures of outlines: nobody is there. Channels: the average of those who taught the network,
    where it knows that, else of this walk. Colour: its mean over the walk; depth: a flat board at
    the trunk, unknown where it is unknown, since holes in the depth are no movement.
    """
    empty, first = torch.zeros_like(frames), 0
    for kind in kinds:
        channels = clip.frames[kind].shape[1]
        own = slice(first, first + channels)
        if kind == GAIT_ANGLES:
            usual = (
                module.net.mean
                if isinstance(module, EitherSide)
                else frames[own].nanmean(dim=(1, 2)).nan_to_num()
            )
            empty[own] = usual[:, None, None].expand_as(frames[own])
        elif kind == RGBD:
            colour = frames[own][:3]
            empty[own][:3] = colour.mean(dim=(1, 2, 3), keepdim=True).expand_as(colour)
            empty[own][3] = torch.where(frames[own][3] > 0, _KNOWN_DEPTH, 0.0)
        first += channels
    return empty
