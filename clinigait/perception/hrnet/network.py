"""An exported network with its card: what goes in, what its heatmaps mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.perception.hrnet import topdown
from clinigait.perception.hrnet.card import Card
from clinigait.perception.runtime import PictureNetwork

#: A point is believed from this heatmap maximum on.
BELIEVED = 0.2


def picture_network(onnx: Path, card: Card) -> PictureNetwork:
    """Return the network of a card, for the runtime."""
    return PictureNetwork(onnx, card.input_size_px, card.mean, card.std)


def cut(
    image: NDArray[np.uint8], box: NDArray[np.float64], card: Card, *, flip_test: bool = False
) -> tuple[NDArray[np.uint8], topdown.Window]:
    """Cut a person out of a picture.

    Parameters
    ----------
    image
        (H, W, 3) RGB.
    box
        (4,) x0, y0, x1, y1 in image pixels.
    card
        Of the network.
    flip_test
        Add the mirror image.

    Returns
    -------
    crops, view
        (1 or 2, H, W, 3) pictures for the network, and the window that they show.
    """
    view = topdown.window(box, card.input_size_px, card.padding)
    matrix = topdown.affine(view, card.input_size_px, card.decoding)
    crops = topdown.crop(image, matrix, card.input_size_px)[None]
    return (np.concatenate([crops, crops[:, :, ::-1]]) if flip_test else crops), view


def decoded(
    maps: NDArray[np.float32], card: Card, *, flip_test: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return (N, K, 2) points in heatmap pixels and (N, K) maxima, as the card says.

    With the flip test, the second half of ``maps`` is of the mirrored crops.
    """
    if flip_test:
        half = len(maps) // 2
        maps = topdown.merge_flipped(
            maps[:half], maps[half:], card.flip_indices, shift=card.flip_shift
        )
    return topdown.decode(maps, card.decoding, card.blur_kernel_px)


def in_image(points: NDArray[np.float32], view: topdown.Window, card: Card) -> NDArray[np.float64]:
    """Take (..., 2) points from heatmap pixels to image pixels."""
    return topdown.to_image(points, view, card.heatmap_size_px, card.decoding)


def in_crop(points: NDArray[np.float32], card: Card) -> NDArray[np.float64]:
    """Take (..., 2) points from heatmap pixels to crop pixels."""
    less = 1 if card.decoding == "udp" else 0
    crop, maps = np.array(card.input_size_px) - less, np.array(card.heatmap_size_px) - less
    return np.asarray(points * (crop / maps))
