"""Real frames of a padded batch, laid one after the other.

Whatever works frame by frame never sees a padding frame: it costs nothing, and it reaches neither
a result nor the statistics of a batch normalisation. Whatever works along time asks for the padded
form, in which padding is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Frames:
    """Real frames of N sequences.

    Parameters
    ----------
    values
        (M, C, …), M real frames, sequence by sequence, in order.
    mask
        (N, T), True where there is a real frame; the real frames of a sequence come first.
    full
        Whether all N·T frames are real.
    """

    values: Tensor
    mask: Tensor
    full: bool

    @staticmethod
    def of(x: Tensor, mask: Tensor | None = None) -> Frames:
        """Take the real frames out of a padded batch.

        Parameters
        ----------
        x
            (N, C, T, …); padding may hold anything.
        mask
            (N, T) bool, or None if every frame is real.

        Raises
        ------
        ValueError
            If the mask does not fit, a sequence has no frame or padding comes before a real frame.
        """
        flat = x.transpose(1, 2).flatten(0, 1)
        if mask is None:
            every = torch.ones(x.shape[0], x.shape[2], dtype=torch.bool, device=x.device)
            return Frames(flat, every, full=True)
        if mask.shape != (x.shape[0], x.shape[2]) or mask.dtype != torch.bool:
            raise ValueError(
                f"the mask has to be bool of shape {(x.shape[0], x.shape[2])}, one value for each "
                f"sequence and frame, not {mask.dtype} of shape {tuple(mask.shape)}"
            )
        if not bool(mask[:, 0].all()):
            raise ValueError("every sequence needs a real frame, and the real frames come first")
        if bool((mask[:, 1:] & ~mask[:, :-1]).any()):
            raise ValueError("padding has to come after the real frames of a sequence")
        full = bool(mask.all())
        return Frames(flat if full else flat[mask.flatten()], mask, full)

    def map(self, function: Callable[[Tensor], Tensor]) -> Frames:
        """Apply a function of (M, C, …) to the frames."""
        return replace(self, values=function(self.values))

    def padded(self) -> Tensor:
        """Return the frames as (N, C, T, …), zero where there is no frame."""
        values = self.values
        if not self.full:
            room = values.new_zeros(self.mask.numel(), *values.shape[1:])
            values = room.index_copy(0, self.mask.flatten().nonzero()[:, 0], values)
        return values.reshape(*self.mask.shape, *values.shape[1:]).transpose(1, 2)

    def lengths(self) -> Tensor:
        """Return the number of real frames of each sequence, (N,)."""
        return self.mask.sum(1)

    def ends(self) -> tuple[Tensor, Tensor]:
        """Return the places in `values` of each sequence's first and last frame, (N,) both."""
        after = self.lengths().cumsum(0)
        return after - self.lengths(), after - 1
