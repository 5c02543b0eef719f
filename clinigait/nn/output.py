"""What every network of this package gives back."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class GaitOutput:
    """Embeddings and logits of a batch, part by part.

    Parameters
    ----------
    parts
        Embeddings before batch normalisation, (N, C, P): what metric losses compare.
    parts_bn
        The same after batch normalisation, of length 1 in every part, (N, C, P): what cosine
        distances compare.
    logits
        Logits of the classes, (N, K, P), already multiplied by the scale that the classifier
        stores: softmax over K gives probabilities as they are. The decision is the argmax of
        their mean over the parts.
    features
        Feature map before temporal pooling, (N, C, T', h, w) or (N, C, T', J), zero where there
        is no frame. It lies on the way from the input to the logits, so that gradients of a logit
        with respect to it exist (Grad-CAM).
    sides
        Log-probabilities of each class on either side of the body, (N, 2, K), of networks that
        tell sides; None for others.
    tokens
        What was seen of each region of the body, (N, R, C), averaged over the frames, of networks
        whose pictures show it; None for others.
    """

    parts: Tensor
    parts_bn: Tensor
    logits: Tensor
    features: Tensor | None = None
    sides: Tensor | None = None
    tokens: Tensor | None = None

    def decision_logits(self) -> Tensor:
        """Return the logits averaged over the parts, (N, K)."""
        return self.logits.float().mean(-1)

    def probabilities(self) -> Tensor:
        """Return the probabilities of the classes, (N, K)."""
        return self.decision_logits().softmax(-1)
