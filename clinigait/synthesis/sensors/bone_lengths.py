"""Bones do not change their length: what they seem to do tells how keypoints err."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, KeypointLayout

Array = NDArray[np.float64]
#: Bones by name: the joints at their ends, and the limb.
BONES = {
    "thigh": ("hip", "knee", "leg"),
    "shank": ("knee", "ankle", "leg"),
    "upper_arm": ("shoulder", "elbow", "arm"),
    "forearm": ("elbow", "wrist", "arm"),
}
_HARMONICS = 4


@dataclass(frozen=True)
class BoneLength:
    """How the length of a bone seems to change over a walk; the mean of both sides.

    Parameters
    ----------
    length_m
        Mean.
    locked_sd_m
        Standard deviation of what repeats with the strides (four harmonics).
    rest_sd_m
        Of what is left after that and a linear trend.
    correlation_frame, correlation_100ms
        Of what is left with itself a 60th of a second, and a tenth, later.
    moved_m
        Root of the sum of the variances, at both ends and on three axes, of the repeating
        movement against the pelvis.
    left_less_right_m
        Difference of the mean lengths.
    """

    length_m: float
    locked_sd_m: float
    rest_sd_m: float
    correlation_frame: float
    correlation_100ms: float
    moved_m: float
    left_less_right_m: float


def bone_lengths(
    points_m: Array, layout: KeypointLayout, rate_hz: float, stride_s: float
) -> dict[str, BoneLength]:
    """Return what the bones of a walk seem to do.

    Parameters
    ----------
    points_m
        (T, K, 3) without gaps, with hips, knees, ankles, shoulders, elbows and wrists.
    layout
        Their names.
    rate_hz, stride_s
        Frames a second, and the stride time.
    """
    basis = _basis(len(points_m), rate_hz, stride_s)
    hips = [layout.index("hip", side) for side in SIDES]
    own = points_m - points_m[:, hips].mean(axis=1, keepdims=True)
    found = {}
    for bone, (near, far, _) in BONES.items():
        rows = []
        for side in SIDES:
            ends = own[:, [layout.index(near, side), layout.index(far, side)]]
            apart = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
            locked, rest = _parts(apart, basis)
            moved = _parts(ends.reshape(len(ends), 6), basis)[0]
            rows.append(
                (
                    apart.mean(), locked.std(), rest.std(),
                    _correlation(rest, rate_hz / 60), _correlation(rest, rate_hz / 10),
                    np.sqrt(moved.var(axis=0).sum()),
                )
            )  # fmt: skip
        left, right = rows
        mean = [float(value) for value in np.mean(rows, axis=0)]
        length, locked_sd, rest_sd, frame, tenth, far_m = mean
        found[bone] = BoneLength(
            length, locked_sd, rest_sd, frame, tenth, far_m, float(left[0] - right[0])
        )
    return found


def without_what_repeats(signal: Array, rate_hz: float, stride_s: float) -> Array:
    """Return (T, …) signals without mean, trend and what repeats with the strides."""
    return _parts(signal, _basis(len(signal), rate_hz, stride_s))[1]


def _basis(n_frames: int, rate_hz: float, stride_s: float) -> Array:
    time_s = np.arange(n_frames) / rate_hz
    turns = 2 * np.pi * np.outer(time_s / stride_s, np.arange(1, _HARMONICS + 1))
    plain = np.column_stack([np.ones_like(time_s), time_s - time_s.mean()])
    return np.hstack([plain, np.cos(turns), np.sin(turns)])


def _parts(signal: Array, basis: Array) -> tuple[Array, Array]:
    """Return what repeats, and what is left without mean and trend."""
    weights = np.linalg.lstsq(basis, signal, rcond=None)[0]
    return basis[:, 2:] @ weights[2:], signal - basis @ weights


def _correlation(signal: Array, lag_frames: float) -> float:
    lag = max(1, round(lag_frames))
    variance = float(signal.var())
    return float((signal[lag:] * signal[:-lag]).mean() / variance) if variance > 0 else 0.0
