"""Losses over the parts of a `GaitOutput`; all sums in float32.

Metric losses take `output.parts`, (N, C, P), and any labels (people or grades); losses of classes
take `output.logits`, (N, K, P), in which the scale is already contained.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from clinigait.nn.ordinal import class_places


def part_distances(parts: Tensor) -> Tensor:
    """Return the Euclidean distances of (N, C, P) among each other, part by part, (P, N, N)."""
    each = parts.float().permute(2, 0, 1)
    # Not by way of products: those leave equal embeddings apart, and their root no slope.
    return torch.cdist(each, each, compute_mode="donot_use_mm_for_euclid_dist")


def batch_all_triplet(parts: Tensor, labels: Tensor, margin: float = 0.2) -> Tensor:
    """Mean of the triplet losses that are not zero, over all triplets of the batch, part by part.

    The anchor counts among its own positives (arXiv:1703.07737, with the non-zero average).

    Parameters
    ----------
    parts
        Embeddings, (N, C, P).
    labels
        (N,).
    margin
        How much farther the other has to be.

    Returns
    -------
    Tensor
        Scalar, mean over the parts; 0 where no triplet is violated.
    """
    distances = part_distances(parts)
    same = labels[:, None] == labels[None, :]
    anchor, positive, negative = (same[:, :, None] & ~same[:, None, :]).nonzero().unbind(1)
    losses = functional.relu(
        distances[:, anchor, positive] - distances[:, anchor, negative] + margin
    )
    violated = (losses > 0).sum(1)
    return (losses.sum(1) / violated.clamp(min=1)).mean()


def part_cross_entropy(
    logits: Tensor,
    labels: Tensor,
    smoothing: float = 0.1,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Cross-entropy with smoothed labels, mean over sequences and parts.

    Parameters
    ----------
    logits
        (N, K, P).
    labels
        (N,), class indices.
    smoothing
        Share of the label that is spread over all classes.
    class_weights
        (K,), or None for equal ones.
    """
    spread = labels[:, None].expand(-1, logits.shape[2])
    weights = None if class_weights is None else class_weights.to(logits.device).float()
    return functional.cross_entropy(
        logits.float(), spread, weight=weights, label_smoothing=smoothing
    )


def focal_loss(
    logits: Tensor, labels: Tensor, gamma: float = 2.0, class_weights: Tensor | None = None
) -> Tensor:
    """Cross-entropy times (1 - p)^gamma: easy sequences count less (arXiv:1708.02002).

    Parameters
    ----------
    logits
        (N, K, P).
    labels
        (N,), class indices.
    gamma
        Power; 0 is plain cross-entropy.
    class_weights
        (K,), or None for equal ones.
    """
    logs = _log_probability_of(logits.float().log_softmax(1), labels)  # (N, P)
    losses = -((1 - logs.exp()).clamp(min=0) ** gamma) * logs
    return _weighted_mean(losses, labels, class_weights)


def supervised_contrastive(parts: Tensor, labels: Tensor, temperature: float = 0.07) -> Tensor:
    """Pull equal labels together against all others, part by part (arXiv:2004.11362).

    Parameters
    ----------
    parts
        Embeddings, (N, C, P); their directions count.
    labels
        (N,).
    temperature
        Divides the cosines.

    Returns
    -------
    Tensor
        Scalar: mean over parts and over the sequences that have another of their label; 0 where
        none has.
    """
    each = functional.normalize(parts.float().permute(2, 0, 1), dim=-1)
    itself = torch.eye(len(labels), dtype=torch.bool, device=parts.device)
    cosines = (each @ each.transpose(1, 2) / temperature).masked_fill(itself, -torch.inf)
    logs = cosines.log_softmax(-1).masked_fill(itself, 0.0)
    positives = (labels[:, None] == labels[None, :]) & ~itself
    counts = positives.sum(1)
    per_anchor = -(logs * positives).sum(-1) / counts.clamp(min=1)  # (P, N)
    anchors = (counts > 0).sum().clamp(min=1)
    return (per_anchor.sum(1) / anchors).mean()


def cumulative_link_loss(
    logits: Tensor,
    labels: Tensor,
    order: Sequence[int] | None = None,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Cross-entropy of each question "is the class above k?": mistakes cost by their distance.

    P(class > k) is what softmax gives to the classes above k, so that the K-1 answers never
    contradict each other and the class probabilities stay those of softmax. With two classes it is
    the cross-entropy. For a model with one score and thresholds see
    `clinigait.nn.ordinal.OrdinalClassifier`, whose logits fit here as well.

    Parameters
    ----------
    logits
        (N, K, P).
    labels
        (N,), class indices.
    order
        Class indices from the lowest to the highest; None for 0 to K-1.
    class_weights
        (K,), or None for equal ones.

    Returns
    -------
    Tensor
        Scalar: summed over the K-1 questions, mean over sequences and parts.
    """
    sequence = list(range(logits.shape[1])) if order is None else list(order)
    places = class_places(sequence).to(labels.device)
    ordered = logits.float()[:, sequence].log_softmax(1)
    below = ordered.logcumsumexp(1)[:, :-1]  # log P(class <= k), (N, K-1, P)
    above = ordered.flip(1).logcumsumexp(1).flip(1)[:, 1:]
    questions = torch.arange(len(sequence) - 1, device=labels.device)
    higher = (places[labels][:, None] > questions)[..., None]
    losses = -torch.where(higher, above, below).sum(1)
    return _weighted_mean(losses, labels, class_weights)


def gait_and_side_loss(
    sides: Tensor,
    label: Tensor,
    side: Tensor,
    smoothing: float,
    class_weights: Tensor | None = None,
) -> Tensor:
    """Return the mean cross-entropy of gait and affected side.

    Parameters
    ----------
    sides
        (N, 2, classes) log-probabilities of a network that tells sides: affected on the first
        side, on the other.
    label
        (N,) the gait.
    side
        (N,) 0 or 1, the affected side; -1 where it has none or nobody knows: either counts.
    smoothing
        Share of the label that is spread over all gaits.
    class_weights
        (classes,) or None.
    """
    gaits = sides.logsumexp(dim=1)
    either = gaits.gather(1, label[:, None])[:, 0]
    numbers = torch.arange(len(label), device=label.device)
    told = torch.where(side < 0, either, sides[numbers, side.clamp(min=0), label])
    losses = -((1 - smoothing) * told + smoothing * gaits.mean(dim=1))
    return _weighted_mean(losses[:, None], label, class_weights)


def _log_probability_of(logs: Tensor, labels: Tensor) -> Tensor:
    return logs.gather(1, labels[:, None, None].expand(-1, 1, logs.shape[2]))[:, 0]


def _weighted_mean(losses: Tensor, labels: Tensor, class_weights: Tensor | None) -> Tensor:
    """Mean of (N, P), each sequence weighted by its class."""
    if class_weights is None:
        return losses.mean()
    weights = class_weights.to(losses)[labels]
    return (losses.mean(1) * weights).sum() / weights.sum()
