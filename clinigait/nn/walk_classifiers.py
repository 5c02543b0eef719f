"""Three plain classifiers of walks of one length, about equal in size: GRU, LSTM and CNN.

What an augmentation is worth is asked of them (arXiv 2603.14409 asks the same three kinds).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

KINDS = ("gru", "lstm", "cnn")
#: Widths that give each about 24 000 weights for 53 channels and 6 classes.
_WIDTHS = {"gru": 64, "lstm": 54, "cnn": 36}
_KERNEL = 5


class WalkClassifier(nn.Module):
    """Features over time, pooled to mean and peak, and a linear head.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    channels
        C of the walks.
    classes
        K.
    dropout
        Share of the pooled features that is left out in training.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, kind: str, channels: int, classes: int, dropout: float = 0.3) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("spread", torch.ones(channels))
        width = _WIDTHS[kind]
        self.over_time: nn.Module
        if kind == "cnn":
            self.over_time = nn.Sequential(
                nn.Conv1d(channels, width, _KERNEL, 2, padding=_KERNEL // 2),
                nn.GroupNorm(4, width), nn.GELU(),
                nn.Conv1d(width, width, _KERNEL, 2, padding=_KERNEL // 2),
                nn.GroupNorm(4, width), nn.GELU(),
                nn.Conv1d(width, width, _KERNEL, padding=_KERNEL // 2),
                nn.GroupNorm(4, width), nn.GELU(),
            )  # fmt: skip
        else:
            recurrent = nn.GRU if kind == "gru" else nn.LSTM
            self.over_time = recurrent(channels, width, batch_first=True)
        self.recurs = kind != "cnn"
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * width, classes)

    def standardise_by(self, walks: Tensor) -> None:
        """Take the scale of every channel from (N, C, T) walks."""
        flat = walks.transpose(1, 2).flatten(0, 1)
        self.mean.copy_(flat.mean(0))
        self.spread.copy_(flat.std(0).clamp(min=1e-3))

    def features(self, walks: Tensor) -> Tensor:
        """Return (N, F) of (N, C, T) walks."""
        x = (walks - self.mean[:, None]) / self.spread[:, None]
        if self.recurs:
            out: Tensor = self.over_time(x.transpose(1, 2))[0].transpose(1, 2)
        else:
            out = self.over_time(x)
        return torch.cat([out.mean(2), out.amax(2)], 1)

    def forward(self, walks: Tensor) -> Tensor:
        """Return (N, K) log-probabilities of (N, C, T) walks."""
        logits = self.head(self.dropout(self.features(walks)))
        return functional.log_softmax(logits, 1)
