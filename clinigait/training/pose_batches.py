"""Batches for a pose network: pictures changed by chance, heatmaps to aim at, what misses cost.

Chance comes from numpy, so that a step draws the same on every device. Needs PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from clinigait.training.pose_set import PosePart

#: Rows of the grids that clouds of light are grown from.
_CLOUDS = (4, 8, 16, 32)
#: What lies behind something that was laid over the picture counts so much less.
_GUESSED = 0.3


@dataclass(frozen=True)
class PoseAugment:
    """How pictures are changed while a network learns.

    Parameters
    ----------
    flip
        Chance of the mirror image.
    rotation_deg, scale, shift
        Standard deviation of the turn, of the logarithm of the size, and of the move in shares of
        the crop.
    colour
        Standard deviation of the logarithm of each colour's gain; brightness varies twice as much.
    cutout
        Chance that up to two rectangles are laid over the picture.
    contrast, saturation
        Standard deviations of the logarithms of contrast and gamma, and of how colourful it is
        (1 as it was, 0 grey).
    folds
        Mean strength of uneven light: cloth, hair and ground of people are never as even as ours.
    sharpness
        Standard deviation of what is added of the difference to a blurred copy.
    """

    flip: float = 0.5
    rotation_deg: float = 14.0
    scale: float = 0.14
    shift: float = 0.03
    colour: float = 0.12
    cutout: float = 0.3
    contrast: float = 0.2
    saturation: float = 0.35
    folds: float = 0.08
    sharpness: float = 0.5


@dataclass(frozen=True, eq=False)
class PoseBatch:
    """N crops on a device.

    Parameters
    ----------
    crops
        (N, 3, H, W) float32, 0 to 255.
    keypoints_px
        (N, K, 2) float32.
    weight, visible
        (N, K) float32, see :class:`~clinigait.training.pose_set.PosePart`.
    """

    crops: Tensor
    keypoints_px: Tensor
    weight: Tensor
    visible: Tensor


def batch_of(part: PosePart, device: str) -> PoseBatch:
    """Return crops and labels as tensors."""
    crops = torch.from_numpy(np.ascontiguousarray(part.crops)).to(device)
    return batch_on(crops, part, device)


def batch_on(crops: Tensor, part: PosePart, device: str) -> PoseBatch:
    """Return (N, H, W, 3) crops that lie on the device already, with their labels."""
    labels = (
        torch.from_numpy(np.asarray(values, np.float32)).to(device)
        for values in (part.keypoints_px, part.weight, part.visible)
    )
    return PoseBatch(crops.permute(0, 3, 1, 2).float(), *labels)


def scaled(crops: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """Return crops as the network takes them."""
    middle, spread = (crops.new_tensor(values)[None, :, None, None] for values in (mean, std))
    return ((crops - middle) / spread).contiguous(memory_format=torch.channels_last)


def halved(batch: PoseBatch) -> PoseBatch:
    """Return a batch of half the width and height."""
    # The middle of the first pixel of the small crop is between the first two of the large one.
    points = (batch.keypoints_px - 0.5) / 2
    return replace(batch, crops=functional.avg_pool2d(batch.crops, 2), keypoints_px=points)


# ---------------------------------------------------------------- chance


def augmented(
    batch: PoseBatch, how: PoseAugment, mirrored: tuple[int, ...], rng: np.random.Generator
) -> PoseBatch:
    """Return a batch turned, moved, scaled, mirrored, covered, its light and colours changed.

    Parameters
    ----------
    batch
        As read.
    how
        How much.
    mirrored
        Index of every point's partner on the other side.
    rng
        Chance.
    """
    flips = rng.random(len(batch.crops)) < how.flip
    matrices = _matrices(flips, batch.crops.shape[2:], how, rng)
    moved = _moved(_mirrored(batch, flips, mirrored), matrices)
    crops = moved.crops
    for change in (_uneven, _sharpened, _tinted, _developed):
        crops = change(crops, how, rng)
    return _inside(_covered(replace(moved, crops=crops), how, rng))


def _matrices(
    flips: NDArray[np.bool_],
    size: torch.Size,
    how: PoseAugment,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return (N, 2, 3) from pixels of the crop to pixels of the changed crop."""
    n, (height, width) = len(flips), size
    turn = np.radians(np.clip(rng.normal(0, how.rotation_deg, n), -45, 45))
    grow = np.exp(np.clip(rng.normal(0, how.scale, n), -0.5, 0.4))
    middle = np.array([width - 1, height - 1]) / 2
    move = rng.normal(0, how.shift, (n, 2)) * (width, height)
    linear = np.empty((n, 2, 2))
    linear[:, 0, 0] = linear[:, 1, 1] = np.cos(turn)
    linear[:, 0, 1], linear[:, 1, 0] = -np.sin(turn), np.sin(turn)
    linear *= grow[:, None, None]
    linear[:, :, 0] *= np.where(flips, -1, 1)[:, None]
    return np.concatenate([linear, (middle + move - linear @ middle)[:, :, None]], axis=2)


def _mirrored(batch: PoseBatch, flips: NDArray[np.bool_], mirrored: tuple[int, ...]) -> PoseBatch:
    """Exchange left and right of those that will be mirrored; their places are not yet moved."""
    flip = torch.from_numpy(flips).to(batch.crops.device)
    other = list(mirrored)
    return PoseBatch(
        batch.crops,
        torch.where(flip[:, None, None], batch.keypoints_px[:, other], batch.keypoints_px),
        torch.where(flip[:, None], batch.weight[:, other], batch.weight),
        torch.where(flip[:, None], batch.visible[:, other], batch.visible),
    )


def _moved(batch: PoseBatch, matrices: NDArray[np.float64]) -> PoseBatch:
    """Move pictures and points by (N, 2, 3) matrices; black comes in from outside."""
    _, _, height, width = batch.crops.shape
    device = batch.crops.device
    back = np.linalg.inv(matrices[:, :, :2])
    origin = -(back @ matrices[:, :, 2:])[:, :, 0]
    forth_t, back_t, origin_t = (
        torch.from_numpy(values.astype(np.float32)).to(device)
        for values in (matrices, back, origin)
    )
    y, x = torch.meshgrid(
        torch.arange(height, device=device, dtype=torch.float32),
        torch.arange(width, device=device, dtype=torch.float32),
        indexing="ij",
    )
    pixels = torch.stack([x, y], dim=-1)
    places = torch.einsum("nij,hwj->nhwi", back_t, pixels) + origin_t[:, None, None]
    grid = 2 * places / places.new_tensor([width - 1, height - 1]) - 1
    crops = functional.grid_sample(batch.crops, grid, align_corners=True)
    points = torch.einsum("nij,nkj->nki", forth_t[:, :, :2], batch.keypoints_px)
    return replace(batch, crops=crops, keypoints_px=points + forth_t[:, None, :, 2])


def _uneven(crops: Tensor, how: PoseAugment, rng: np.random.Generator) -> Tensor:
    """Multiply by clouds of light, of another size each time."""
    n, _, height, width = crops.shape
    cells = int(rng.choice(_CLOUDS))
    rough = rng.standard_normal((n, 1, cells, max(1, cells * width // height)), np.float32)
    strength = rng.exponential(how.folds, n) if how.folds else np.zeros(n)
    rough *= np.minimum(strength, 3 * how.folds).astype(np.float32)[:, None, None, None]
    clouds = torch.from_numpy(rough).to(crops.device)
    return crops * functional.interpolate(
        clouds, (height, width), mode="bicubic", align_corners=False
    ).exp().clamp(max=4.0)  # fmt: skip


def _sharpened(crops: Tensor, how: PoseAugment, rng: np.random.Generator) -> Tensor:
    """Add differences to a blurred copy, as cameras do, or take of them."""
    amount = np.clip(rng.normal(0, how.sharpness, len(crops)), -0.9, 1.5)
    soft = functional.avg_pool2d(crops, 3, 1, 1, count_include_pad=False)
    return crops + _each(amount, crops) * (crops - soft)


def _developed(crops: Tensor, how: PoseAugment, rng: np.random.Generator) -> Tensor:
    """Change contrast, gamma and how colourful pictures are."""
    n = len(crops)
    contrast, gamma = np.exp(rng.normal(0, how.contrast, (2, n)))
    colourful = np.clip(rng.normal(1, how.saturation, n), 0, 2)
    screen = (crops / 255).clamp(0, 1) ** _each(gamma, crops)
    middle = screen.mean(dim=(1, 2, 3), keepdim=True)
    screen = middle + _each(contrast, crops) * (screen - middle)
    grey = screen.mean(dim=1, keepdim=True)
    return 255 * (grey + _each(colourful, crops) * (screen - grey)).clamp(0, 1)


def _each(values: NDArray[np.float64], crops: Tensor) -> Tensor:
    """Return (N,) numbers so that each goes with its crop."""
    return torch.from_numpy(values.astype(np.float32)).to(crops.device)[:, None, None, None]


def _tinted(crops: Tensor, how: PoseAugment, rng: np.random.Generator) -> Tensor:
    n = len(crops)
    gain = np.exp(rng.normal(0, how.colour, (n, 3)) + rng.normal(0, 2 * how.colour, (n, 1)))
    lift = 255 * rng.normal(0, how.colour / 3, (n, 3))
    given = (
        torch.from_numpy(values.astype(np.float32)).to(crops.device)[:, :, None, None]
        for values in (gain, lift)
    )
    factor, offset = given
    return (crops * factor + offset).clamp(0, 255)


def _covered(batch: PoseBatch, how: PoseAugment, rng: np.random.Generator) -> PoseBatch:
    """Lay rectangles of one colour over some pictures; what lies behind them is hidden."""
    n, _, height, width = batch.crops.shape
    crops, device = batch.crops, batch.crops.device
    hidden = torch.zeros_like(batch.weight, dtype=torch.bool)
    for _ in range(2):
        wanted = rng.random(n) < how.cutout / 1.5
        reach = rng.uniform(0.03, 0.16, (n, 2)) * (width, height) * wanted[:, None]
        at = rng.random((n, 2)) * (width, height)
        colour = torch.from_numpy(rng.uniform(0, 255, (n, 3)).astype(np.float32)).to(device)
        low, high = (
            torch.from_numpy(edge.astype(np.float32)).to(device)
            for edge in (at - reach, at + reach)
        )
        x = torch.arange(width, device=device)[None]
        y = torch.arange(height, device=device)[None]
        columns = (x > low[:, :1]) & (x < high[:, :1])
        rows = (y > low[:, 1:]) & (y < high[:, 1:])
        mask = (rows[:, :, None] & columns[:, None, :])[:, None]
        crops = torch.where(mask, colour[:, :, None, None], crops)
        points = batch.keypoints_px
        hidden |= ((points > low[:, None]) & (points < high[:, None])).all(dim=2)
    weight = torch.where(hidden, batch.weight * _GUESSED, batch.weight)
    return replace(batch, crops=crops, weight=weight, visible=_unseen(batch.visible, hidden))


def _inside(batch: PoseBatch) -> PoseBatch:
    """Let points that left the crop count for nothing, and be unseen."""
    _, _, height, width = batch.crops.shape
    points = batch.keypoints_px
    size = points.new_tensor([width, height])
    gone = ~((points >= -0.5) & (points < size - 0.5)).all(dim=2)
    weight = batch.weight.masked_fill(gone, 0.0)
    return replace(batch, weight=weight, visible=_unseen(batch.visible, gone))


def _unseen(visible: Tensor, hidden: Tensor) -> Tensor:
    """Return visibilities that are 0 where something hides a point."""
    return visible.masked_fill(hidden, 0.0)


# ---------------------------------------------------------------- aims


def heatmaps(
    keypoints_px: Tensor, crop_px: Tensor, size_px: tuple[int, int], sigma: float
) -> Tensor:
    """Return (N, K, H, W) Gaussians about (N, K, 2) points, between pixels too.

    Parameters
    ----------
    keypoints_px
        In pixels of the crop.
    crop_px
        (2,) width and height of the crop.
    size_px
        Width and height of the heatmaps: their first and last pixels are those of the crop (UDP).
    sigma
        Standard deviation in pixels of the heatmap.
    """
    width, height = size_px
    last = keypoints_px.new_tensor([width - 1, height - 1])
    points = keypoints_px * (last / (crop_px - 1))
    x, y = (torch.arange(n, device=points.device, dtype=points.dtype) for n in (width, height))
    across = torch.exp(-((x - points[:, :, :1]) ** 2) / (2 * sigma**2))
    down = torch.exp(-((y - points[:, :, 1:]) ** 2) / (2 * sigma**2))
    return down[:, :, :, None] * across[:, :, None, :]


def losses(maps: Tensor, logits: Tensor, batch: PoseBatch, sigma: float) -> tuple[Tensor, Tensor]:
    """Return what misses cost: of places, and of visibilities.

    Parameters
    ----------
    maps, logits
        (N, K, H, W) and (N, K) of the network.
    batch
        What it saw.
    sigma
        Of the Gaussians.

    Returns
    -------
    places, visibilities
        The mean square of what heatmaps miss, in that of a whole Gaussian: 1 for nothing found,
        0 for everything; and the mean cross-entropy in nats, where it is known what is seen.
    """
    _, _, height, width = maps.shape
    _, _, tall, wide = batch.crops.shape
    size = batch.keypoints_px.new_tensor([wide, tall])
    aim = heatmaps(batch.keypoints_px, size, (width, height), sigma)
    missed = ((maps.float() - aim) ** 2).sum(dim=(2, 3)) / (np.pi * sigma**2)
    places = (batch.weight * missed).sum() / batch.weight.sum().clamp(min=1e-6)
    known = ~torch.isnan(batch.visible)
    wanted = torch.where(known, batch.visible, torch.zeros_like(batch.visible))
    each = functional.binary_cross_entropy_with_logits(logits.float(), wanted, reduction="none")
    return places, (each * known).sum() / known.sum().clamp(min=1)
