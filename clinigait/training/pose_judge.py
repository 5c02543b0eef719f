"""How good a pose network is on people who were left out, and what makes its certainty true.

Needs PyTorch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from clinigait.core import SIDES, KeypointLayout
from clinigait.perception.hrnet.compact import BLUR_KERNEL_PX, MEAN, STD, CompactHrnet
from clinigait.perception.hrnet.topdown import decode
from clinigait.training.pose_batches import batch_of, halved, scaled
from clinigait.training.pose_set import PoseSet

_BATCH = 32
#: A point is found if it is no farther away than this, in percent of the stature.
NEAR_PCT = 5.0
#: A place is judged where it counts in full: what is hidden by something else is a guess.
_JUDGED = 0.5
_TEMPERATURES = np.exp(np.linspace(np.log(0.25), np.log(8.0), 101))


@dataclass(frozen=True, eq=False)
class PoseScores:
    """What a network said of N crops, beside the truth.

    Parameters
    ----------
    layout
        Which points.
    error_pct
        (N, K) distances in percent of the stature; NaN where a place is not judged.
    logits, visible
        (N, K) of the network, and what was true; NaN where nobody knows.
    """

    layout: KeypointLayout
    error_pct: NDArray[np.float64]
    logits: NDArray[np.float64]
    visible: NDArray[np.float64]

    def metrics(self, temperature: float) -> dict[str, float]:
        """Return numbers by name, as a card tells them."""
        judged = np.isfinite(self.error_pct)
        near = self.error_pct[judged] <= NEAR_PCT
        found = {
            "people_left_out_crops": float(len(self.error_pct)),
            "median_error_pct": _median(self.error_pct),
            "within_5_pct": float(near.mean()) if len(near) else 0.0,
            "visibility_nats": self.cross_entropy(temperature),
            "visibility_calibration_error": self.calibration_error(temperature),
        }
        for point in dict.fromkeys(name.split("_", 1)[-1] for name in self.layout.points):
            columns = [k for k, name in enumerate(self.layout.points) if _is(name, point)]
            found[f"{point}_median_error_pct"] = _median(self.error_pct[:, columns])
        return {name: round(value, 4) for name, value in found.items()}

    def cross_entropy(self, temperature: float) -> float:
        """Return the mean cross-entropy of the visibilities in nats."""
        logits, visible = self._known()
        scaled_logits = logits / temperature
        each = np.logaddexp(0, scaled_logits) - visible * scaled_logits
        return float(each.mean()) if len(each) else 0.0

    def calibration_error(self, temperature: float, bins: int = 10) -> float:
        """Return how far visibilities are off, in the mean over ten bins of what was said."""
        logits, visible = self._known()
        if not len(logits):
            return 0.0
        said = 1 / (1 + np.exp(-np.clip(logits / temperature, -50, 50)))
        number = np.minimum((said * bins).astype(int), bins - 1)
        count = np.bincount(number, minlength=bins)
        gap = np.bincount(number, said - visible, minlength=bins)
        return float(np.abs(gap).sum() / count.sum())

    def best_temperature(self) -> float:
        """Return what logits have to be divided by so that visibilities come true."""
        return float(min(_TEMPERATURES, key=self.cross_entropy))

    def _known(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        known = np.isfinite(self.visible)
        return self.logits[known], self.visible[known]


def judged(
    network: CompactHrnet, left_out: PoseSet, device: str = "cpu", *, half: bool = False
) -> PoseScores:
    """Ask a network about people who were left out.

    Parameters
    ----------
    network
        On the device, not to be trained.
    left_out
        Crops with their labels.
    device
        ``cpu`` or ``cuda``.
    half
        Whether it sees crops of half the size, as it did so far.
    """
    errors, logits, visible = [], [], []
    numbers = np.arange(len(left_out))
    for begin in range(0, len(numbers), _BATCH):
        part = left_out.rows(numbers[begin : begin + _BATCH])
        batch = batch_of(part, device)
        batch = halved(batch) if half else batch
        with torch.no_grad():
            maps, said = network(scaled(batch.crops, MEAN, STD))
        points, _ = decode(maps.float().cpu().numpy(), "udp", BLUR_KERNEL_PX)
        places = in_crop(points, batch.crops.shape[2:], maps.shape[2:])
        places = 2 * places + 0.5 if half else places
        distance = np.linalg.norm(places - part.keypoints_px, axis=2)
        error = 100 * np.nan_to_num(distance, nan=np.inf) / part.stature_px[:, None]
        # What is lost is as far away as can be, and is not left out.
        errors.append(np.where(part.weight >= _JUDGED, np.minimum(error, 100.0), np.nan))
        logits.append(said.float().cpu().numpy().astype(np.float64))
        visible.append(part.visible.astype(np.float64))
    return PoseScores(network.layout, *(np.concatenate(rows) for rows in (errors, logits, visible)))


def in_crop(
    points: NDArray[np.float32], crop: tuple[int, ...], maps: tuple[int, ...]
) -> NDArray[np.float64]:
    """Take (..., 2) points from pixels of heatmaps to pixels of crops, of (height, width) each."""
    last_of_crop, last_of_map = (np.array(size)[::-1] - 1 for size in (crop, maps))
    return np.asarray(points * (last_of_crop / last_of_map), np.float64)


def _is(name: str, point: str) -> bool:
    return name == point or name in {f"{side}_{point}" for side in SIDES}


def _median(values: NDArray[np.float64]) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else 0.0
