"""What the networks of a bundle say of a walk. Needs PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from clinigait.core import BadInputError, RefusedError, Typicality, WalkEmbedding
from clinigait.io.bundle import TYPICAL
from clinigait.models.network_inputs import network_frames, network_vector, window_starts
from clinigait.nn import GaitOutput, build_network
from clinigait.nn.precision import fast
from clinigait.representations.clip import Clip
from clinigait.stats import Gaussians

if TYPE_CHECKING:
    from clinigait.io.bundle import Bundle

Floats = NDArray[np.float64]
#: Frames that are looked at together: memory stays bounded for long walks.
_BATCH_FRAMES = 512
#: A walk of fewer frames says nothing in any window.
_FEWEST_FRAMES = 5


@dataclass(frozen=True, eq=False)
class Looked:
    """What a network says of the windows of a walk.

    Parameters
    ----------
    scores
        (W, K) log-probabilities.
    vectors
        (W, E) embeddings, mean over their parts.
    tokens
        (W, R, C) what it saw of each region of the body; None of networks that have none.
    """

    scores: Floats
    vectors: Floats
    tokens: Floats | None = None


class NetworkScorer:
    """One network, with what it sees.

    Parameters
    ----------
    module
        The network, in evaluation mode whenever it is asked.
    entry
        As in a card: ``inputs``, ``window_frames``, ``hop_frames``, ``mirror``.
    """

    def __init__(self, module: torch.nn.Module, entry: Mapping[str, Any]) -> None:
        self.kinds: tuple[str, ...] = tuple(entry["inputs"])
        self.window: int | None = entry.get("window_frames")
        self.hop: int | None = entry.get("hop_frames")
        self.mirror = bool(entry.get("mirror", False))
        self.module = module

    def look(self, clip: Clip) -> Looked:
        """Return what the network says of the windows, mean over mirror images.

        Raises
        ------
        BadInputError
            If the clip has not what the network sees.
        RefusedError
            If values are missing.
        """
        starts = window_starts(len(clip), self.window, self.hop)
        length = min(len(clip), self.window or len(clip))
        vector = network_vector(clip, self.kinds)
        looks: list[list[Looked]] = []
        for mirror in (False, True) if self.mirror else (False,):
            frames = torch.from_numpy(network_frames(clip, self.kinds, mirror=mirror))
            size = max(1, _BATCH_FRAMES // length)
            parts = [starts[i : i + size] for i in range(0, len(starts), size)]
            batches = (torch.stack([frames[:, s : s + length] for s in p]) for p in parts)
            looks.append([self._looked(batch, vector) for batch in batches])
        return _mean([_joined(each) for each in looks])

    def window_scores(self, clip: Clip) -> Floats:
        """Return the log-probabilities of the windows, (W, K), mean over mirror images.

        Raises
        ------
        BadInputError, RefusedError
            As of :meth:`look`.
        """
        return self.look(clip).scores

    def centres(self, n_frames: int) -> Floats:
        """Return the middle frame of each window, (W,)."""
        length = min(n_frames, self.window or n_frames)
        return np.array(window_starts(n_frames, self.window, self.hop)) + length / 2

    def _looked(self, x: torch.Tensor, vector: NDArray[np.float32] | None) -> Looked:
        device = next(self.module.parameters()).device
        told = {}
        if vector is not None:
            told["vector"] = torch.from_numpy(vector).expand(len(x), -1).to(device)
        with torch.inference_mode():
            output: GaitOutput = self.module(x.to(device), **told)
            scores = output.decision_logits().log_softmax(-1)
        tokens = None if output.tokens is None else _array(output.tokens)
        return Looked(_array(scores), _array(output.parts.float().mean(-1)), tokens)


def _array(tensor: torch.Tensor) -> Floats:
    return np.asarray(tensor.double().cpu().numpy())


def _joined(parts: Sequence[Looked]) -> Looked:
    """Return the windows of several batches as one."""
    return _each(parts, np.concatenate)


def _mean(looks: Sequence[Looked]) -> Looked:
    """Return the mean of looks at the same windows."""
    return _each(looks, lambda arrays: np.mean(arrays, axis=0, dtype=np.float64))


def _each(looks: Sequence[Looked], of: Callable[[list[Floats]], Floats]) -> Looked:
    tokens = [look.tokens for look in looks if look.tokens is not None]
    return Looked(
        np.asarray(of([look.scores for look in looks])),
        np.asarray(of([look.vectors for look in looks])),
        np.asarray(of(tokens)) if len(tokens) == len(looks) else None,
    )


class Scorer:
    """The networks of a bundle, ready to judge walks; results do not depend on what came before.

    Parameters
    ----------
    bundle
        Card and weights.

    Raises
    ------
    BadInputError
        If the weights do not fit the networks of the card.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.card = bundle.card
        n_classes = len(self.card.classes)
        self._typical = _typical_of(bundle.arrays, n_classes)
        self._networks = []
        for number, entry in enumerate(self.card.networks):
            spec = {**entry["spec"], "classes": n_classes}
            module = load_network(spec, own_arrays(bundle.arrays, number))
            self._networks.append(NetworkScorer(fast(module), entry))

    def window_scores(self, clip: Clip) -> Floats:
        """Return log-probabilities window by window, mean over networks and mirror images.

        Networks that look through unlike windows are read on those of the one with the most
        windows, each at its nearest window.

        Parameters
        ----------
        clip
            What :func:`clinigait.representations.inputs.prepare` gives for the card's inputs.

        Returns
        -------
        numpy.ndarray
            (W, K), classes in the order of the card.

        Raises
        ------
        RefusedError
            If the clip is too short, or lacks values.
        """
        return self.look(clip)[0]

    def look(self, clip: Clip) -> tuple[Floats, Looked]:
        """Return :meth:`window_scores`, and what the first network says by itself.

        Raises
        ------
        RefusedError
            If the clip is too short, or lacks values.
        """
        check_length(clip, self.card.networks)
        looks = [network.look(clip) for network in self._networks]
        scores = [look.scores for look in looks]
        most = int(np.argmax([len(each) for each in scores]))
        wanted = self._networks[most].centres(len(clip))
        read = [
            each[np.abs(wanted[:, None] - network.centres(len(clip))[None]).argmin(1)]
            for each, network in zip(scores, self._networks, strict=True)
        ]
        return np.asarray(np.mean(read, axis=0)), looks[0]

    def typicality_of(self, looks: Sequence[Looked]) -> Typicality | None:
        """Return how like the walks of the test a walk looks; None where nobody knows.

        Parameters
        ----------
        looks
            What :meth:`look` says of each record.
        """
        if self._typical is None or not looks:
            return None
        gaussians, limit = self._typical
        vector = np.concatenate([look.vectors for look in looks]).mean(axis=0)
        if len(vector) != gaussians.means.shape[1]:
            raise BadInputError(
                f"The network makes {len(vector)} numbers of a walk; {gaussians.means.shape[1]} "
                "are known of typical ones.",
                "Take the bundle anew from where it came from.",
            )
        return Typicality(float(gaussians.distance(vector[None])[0]), limit)

    def embedding_of(self, looks: Sequence[Looked]) -> WalkEmbedding | None:
        """Return the embedding of a walk, mean over the windows of its records.

        Parameters
        ----------
        looks
            What :meth:`look` says of each record.

        Returns
        -------
        WalkEmbedding or None
            None of networks that see no regions of the body.
        """
        tokens = [look.tokens for look in looks if look.tokens is not None]
        if not looks or len(tokens) < len(looks):
            return None
        mean = np.concatenate(tokens).mean(axis=0)
        module = self._networks[0].module
        names = tuple(getattr(module, "region_names", ()))
        usual = tuple(f"region {number}" for number in range(1, len(mean) + 1))
        return WalkEmbedding(
            vector=np.concatenate([look.vectors for look in looks]).mean(axis=0).astype(np.float32),
            tokens=mean.astype(np.float32),
            regions=names if len(names) == len(mean) else usual,
            card_id=self.card.id,
            weights_sha256=self.card.weights_sha256,
        )

    def score(self, clips: Sequence[Clip]) -> Floats:
        """Return the mean log-probabilities, (K,), over the windows of several records of a walk.

        Raises
        ------
        BadInputError
            If there is no clip.
        RefusedError
            If a clip is too short, or lacks values.
        """
        if not clips:
            raise BadInputError("There is no walk to judge.", "Give one record or more.")
        return np.asarray(np.concatenate([self.window_scores(clip) for clip in clips]).mean(0))

    def probabilities(self, clips: Sequence[Clip]) -> Floats:
        """Return the calibrated probabilities of the classes, (K,), of the records of a walk."""
        return self.probabilities_of(self.score(clips))

    def probabilities_of(self, scores: Floats) -> Floats:
        """Return the calibrated probabilities, (..., K), of log-probabilities of that shape."""
        return softmax(scores / self.card.calibration.temperature)


def check_length(clip: Clip, entries: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a clip that is too short for the networks of a card.

    Raises
    ------
    RefusedError
        If it has fewer frames than half of the shortest window.
    """
    shortest = min(entry.get("window_frames") or _FEWEST_FRAMES for entry in entries)
    needed = max(_FEWEST_FRAMES, shortest // 2)
    if len(clip) < needed:
        raise RefusedError(
            "clip_too_short",
            f"The walk has {len(clip)} usable frames; the model needs {needed}.",
            "Film a longer way.",
        )


def softmax(scores: Floats) -> Floats:
    """Return probabilities, (..., K), of logits or log-probabilities of that shape."""
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def own_arrays(arrays: Mapping[str, NDArray[Any]], number: int) -> dict[str, NDArray[Any]]:
    """Return the weights of one network of a bundle, by the keys of its state."""
    start, beside = f"{number}.", f"{number}.{TYPICAL}"
    return {
        k.removeprefix(start): a
        for k, a in arrays.items()
        if k.startswith(start) and not k.startswith(beside)
    }


def _typical_of(
    arrays: Mapping[str, NDArray[Any]], n_classes: int
) -> tuple[Gaussians, float] | None:
    """Return what a bundle knows of how typical walks look to its first network.

    Raises
    ------
    BadInputError
        If it is damaged.
    """
    start = f"0.{TYPICAL}"
    found = {k.removeprefix(start): a for k, a in arrays.items() if k.startswith(start)}
    if not found:
        return None
    means, precision, limit = (found.get(n, np.zeros(0)) for n in ("means", "precision", "limit"))
    size = precision.shape[:1]
    fits = means.shape == (n_classes, *size) and precision.shape == (*size, *size)
    if not (size and fits and limit.shape == (1,) and limit[0] > 0):
        raise BadInputError(
            "The weights do not say how typical walks look as a bundle does.",
            "Take the bundle anew from where it came from.",
        )
    return Gaussians(means.astype(float), precision.astype(float)), float(limit[0])


def load_network(spec: Mapping[str, object], arrays: Mapping[str, NDArray[Any]]) -> torch.nn.Module:
    """Return a network with its weights, in evaluation mode, in float32.

    Parameters
    ----------
    spec
        As of :func:`clinigait.nn.build_network`.
    arrays
        Weights by the keys of its state; float16 is widened.

    Raises
    ------
    BadInputError
        If there is no such network, or the weights are not its.
    """
    # Nobody's random numbers change because a network is read.
    with torch.random.fork_rng(devices=[]):
        try:
            module = build_network(spec)
        except ValueError as error:
            raise BadInputError(
                f"The card describes a network that cannot be built: {error}.",
                "Take a bundle of this version of clinigait.",
            ) from error
    state = {key: _tensor(array) for key, array in arrays.items()}
    wanted = module.state_dict()
    unlike = [k for k in {**wanted, **state} if _shape(wanted, k) != _shape(state, k)]
    if unlike:
        raise BadInputError(
            f"The weights do not fit the network of the card: {sorted(unlike)[0][:80]}.",
            "Take the bundle anew from where it came from.",
        )
    module.load_state_dict(state)
    return module.eval()


def _tensor(array: NDArray[Any]) -> torch.Tensor:
    widened = array.astype(np.float32) if array.dtype.kind == "f" else array
    return torch.from_numpy(np.array(widened))  # a copy: bundles may be read-only


def _shape(state: Mapping[str, torch.Tensor], key: str) -> tuple[int, ...] | None:
    return tuple(state[key].shape) if key in state else None
