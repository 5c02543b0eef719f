"""Silhouettes: which pixels show the person, which the walking aid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Silhouettes
from clinigait.synthesis.figure import AID
from clinigait.synthesis.scene import Shot


@dataclass(frozen=True, eq=False)
class Mask:
    """Pixels of one moment.

    Parameters
    ----------
    body
        (H, W) bool the person and what they wear.
    aid
        (H, W) bool the walking aid where nothing hides it.
    """

    body: NDArray[np.bool_]
    aid: NDArray[np.bool_]

    def packed(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return person and aid together, and the aid, one bit a pixel as a walk carries them."""
        return Silhouettes.pack(self.body | self.aid), Silhouettes.pack(self.aid)


@dataclass(frozen=True)
class Masks:
    """Exact masks, without noise: what a perfect segmentation would find."""

    name: str = "silhouettes"

    def take(self, shot: Shot, rng: np.random.Generator) -> Mask:  # noqa: ARG002
        """Return the masks of one moment."""
        return mask_of(shot)


def mask_of(shot: Shot) -> Mask:
    """Return the exact masks of one moment."""
    labels = shot.labels
    return Mask((labels > 0) & (labels < AID), labels == AID)


def packed(masks: Iterable[Mask]) -> Silhouettes:
    """Return masks of whole pictures, one bit a pixel, as a :class:`Walk` carries them.

    The crop is the whole picture: mask pixels are image pixels. The masks of a film take
    width * height / 4 bytes a frame.

    Raises
    ------
    ValueError
        If there is none.
    """
    bits, aids, width = [], [], 0
    for mask in masks:
        width = mask.body.shape[1]
        both, aid = mask.packed()
        bits.append(both)
        aids.append(aid)
    if not bits:
        raise ValueError("no masks")
    affine = np.broadcast_to(np.eye(2, 3), (len(bits), 2, 3)).copy()
    return Silhouettes(np.stack(bits), width, affine, np.stack(aids))
